"""Walkthroughs kept between runs, for models whose source is a versioned package: the second `explain vgg16` is quick.

Kept is only what the same packages would give again: torchvision's models, `timm:NAME`, `hf:TYPE` and `hf:config.json`.
Never a user's file, `--real`, or what the Python API explains. A file of the cache that is broken, cut off or somebody
else's is as good as none: the model is run. Nothing here imports torch, and nothing here raises.
"""

from explainer.cache.entries import clear, folder, load, size, store
from explainer.cache.keys import key

__all__ = ["clear", "folder", "key", "load", "size", "store"]
