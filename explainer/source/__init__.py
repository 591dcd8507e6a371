"""A name or a path → a model and its example input."""

from explainer.source.load import Loaded, load, static_inputs
from explainer.source.parse import InputSpec, parse_arguments, parse_input

__all__ = ["InputSpec", "Loaded", "load", "parse_arguments", "parse_input", "static_inputs"]
