"""Files of weights: tensors by name, shape and dtype, read without running code and without their values."""

from explainer.source.weight_files.read import from_weight_file, is_weight_file

__all__ = ["from_weight_file", "is_weight_file"]
