"""The shapes that a layer declares for its tensors: by its hyperparameters, and not by looking at the tensors.

A formula that is made of the tensors' own sizes agrees with the tensors whatever they are. Made of what the layer says of itself
(`kernel_size`, `in_features`), it is a check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd

from explainer.vocabulary.shape import Shape

Declared = Callable[[Any], tuple[Any, ...]]


def _kernels(layer: Any) -> tuple[Any, ...]:
    before, after = (layer.in_channels, layer.out_channels)
    first, second = (before, after) if layer.transposed else (after, before)
    return first, second // layer.groups, *layer.kernel_size


def _width(name: str) -> Mapping[str, Declared]:
    def size(layer: Any) -> tuple[Any, ...]:
        return (getattr(layer, name),)

    return {"weight": size, "bias": size}


def _normalized(layer: Any) -> tuple[Any, ...]:
    return tuple(layer.normalized_shape)


def _table(layer: Any) -> tuple[Any, ...]:
    return layer.num_embeddings, layer.embedding_dim


_OF_CLASSES: dict[type[nn.Module], Mapping[str, Declared]] = {
    _ConvNd: {"weight": _kernels, "bias": lambda layer: (layer.out_channels,)},
    nn.Linear: {
        "weight": lambda layer: (layer.out_features, layer.in_features),
        "bias": lambda layer: (layer.out_features,),
    },
    nn.Bilinear: {
        "weight": lambda layer: (layer.out_features, layer.in1_features, layer.in2_features),
        "bias": lambda layer: (layer.out_features,),
    },
    nn.Embedding: {"weight": _table},
    nn.EmbeddingBag: {"weight": _table},
    _NormBase: _width("num_features"),
    nn.GroupNorm: _width("num_channels"),
    nn.LayerNorm: {"weight": _normalized, "bias": _normalized},
    nn.RMSNorm: {"weight": _normalized},
    nn.PReLU: {"weight": lambda layer: (layer.num_parameters,)},
    nn.MultiheadAttention: {
        "in_proj_weight": lambda layer: (3 * layer.embed_dim, layer.embed_dim),
        "in_proj_bias": lambda layer: (3 * layer.embed_dim,),
        "q_proj_weight": lambda layer: (layer.embed_dim, layer.embed_dim),
        "k_proj_weight": lambda layer: (layer.embed_dim, layer.kdim),
        "v_proj_weight": lambda layer: (layer.embed_dim, layer.vdim),
    },
}
_OF_NAMES: dict[str, Mapping[str, Declared]] = {
    "transformers.pytorch_utils.Conv1D": {"weight": lambda layer: (layer.nx, layer.nf)},
}


def declared_shape(module: nn.Module, name: str) -> Shape | None:
    """The shape that the layer's settings give its tensor; None where they say nothing of it.

    A subclass that computes in its own way may keep its tensors in its own way: nothing is said of it.
    """
    for base in type(module).__mro__:
        found = _OF_CLASSES.get(base) or _OF_NAMES.get(f"{base.__module__}.{base.__qualname__}")
        if found is None:
            continue
        if name not in found or _computes_otherwise(type(module), base):
            return None
        try:
            shape = found[name](module)
        except (AttributeError, TypeError, ZeroDivisionError):
            return None
        return shape if all(type(size) is int for size in shape) else None
    return None


def _computes_otherwise(cls: type[nn.Module], base: type[nn.Module]) -> bool:
    """Whether a subclass of one of torch's layers has a forward of its own, or one of no library at all."""
    own = next(part for part in cls.__mro__ if "forward" in vars(part))
    return not own.__module__.startswith(("torch.nn.modules.", base.__module__))
