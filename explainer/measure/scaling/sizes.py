"""The model's inputs at other sizes: which dimensions may vary, and the inputs with sizes of our choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import nn
from torch.utils._pytree import tree_flatten, tree_unflatten

from explainer.formula.tree import Symbol
from explainer.i18n.bilingual import Bi
from explainer.tracing.call import Trace
from explainer.vocabulary.symbols import N
from explainer.walkthrough.model import Walkthrough

H = Symbol("H", Bi("输入图像的高", "height of the input image"))
W = Symbol("W", Bi("输入图像的宽", "width of the input image"))
D = Symbol("D", Bi("输入的深（帧数）", "depth of the input (frames)"))
L = Symbol("L", Bi("输入信号的长度", "length of the input signal"))
T = Symbol("T", Bi("序列长度", "sequence length"))
SEQUENCE_FIRST = (nn.RNNBase, nn.MultiheadAttention)


@dataclass(frozen=True)
class Variable:
    """A size of the input that may vary: its symbol, the value that it has, and where it stands.

    places: (number of the tensor among the inputs, dimension).
    """

    symbol: Symbol
    value: int
    places: tuple[tuple[int, int], ...]

    @property
    def name(self) -> str:
        return self.symbol.name


def variables_of(trace: Trace, walk: Walkthrough) -> tuple[Variable, ...]:
    """The batch, and height and width, length or sequence length, by the inputs' shapes and types."""
    tensors = _inputs(trace)
    if not tensors or not tensors[0].dim():
        return ()
    first = tensors[0]
    batch = 1 if first.dim() == 3 and _is_sequence_first(trace, first) else 0
    found = [_variable(N, tensors, batch, first.shape[batch])]
    named: list[tuple[Symbol, int, int]] = []
    for i, tensor in enumerate(tensors):
        floats = tensor.dtype.is_floating_point
        if tensor.dim() in (4, 5) and floats:
            symbols = (H, W) if tensor.dim() == 4 else (D, H, W)
            named += [(symbol, i, at + 2) for at, symbol in enumerate(symbols)]
        elif tensor.dim() == 3 and floats:
            named.append((L, i, 2) if _is_signal(walk, tensor) else (T, i, 1 - batch))
        elif tensor.dim() == 2 and (not floats or _is_signal(walk, tensor)):
            named.append((L if floats else T, i, 1))
    for symbol in dict.fromkeys(symbol for symbol, _, _ in named):
        places = [(i, dim) for other, i, dim in named if other == symbol]
        value = tensors[places[0][0]].shape[places[0][1]]
        equal = tuple((i, dim) for i, dim in places if tensors[i].shape[dim] == value)
        found.append(Variable(symbol, value, equal))
    return tuple(found)


def _is_sequence_first(trace: Trace, tensor: torch.Tensor) -> bool:
    """T×N×F: the first recurrent or attention layer that is called takes it so, as it is or turned round."""
    for call in trace.calls:
        if isinstance(call.module, SEQUENCE_FIRST) and call.shapes and len(call.shapes[0]) == 3:
            at = 0 if call.module.batch_first else 1
            turned = call.shapes[0][:2] == tensor.shape[1::-1] != tensor.shape[:2]
            return (at == 1) != turned
    model = trace.model
    return model is not None and any(
        isinstance(module, SEQUENCE_FIRST) and not module.batch_first for module in model.modules()
    )


def _variable(symbol: Symbol, tensors: list[torch.Tensor], dim: int, value: int) -> Variable:
    places = tuple((i, dim) for i, tensor in enumerate(tensors) if tensor.dim() > dim and tensor.shape[dim] == value)
    return Variable(symbol, value, places)


def _is_signal(walk: Walkthrough, tensor: torch.Tensor) -> bool:
    """N×C×L, or N×L of samples: a one-dimensional convolution takes it (perhaps with a channel put in)."""
    last = tensor.shape[-1]
    return any(
        layer.rule is not None and layer.rule.name == "conv1d" and layer.call.shapes[0][-1] == last
        for layer in walk.layers[:8]
    )


def resized(trace: Trace, variables: tuple[Variable, ...], values: Mapping[str, int]) -> Trace:
    """The same trace's inputs at other sizes, to be run again; what it recorded still speaks of the old ones."""
    leaves, spec = tree_flatten((trace.args, dict(trace.kwargs)))
    at = [i for i, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor)]
    shapes = {i: list(leaves[at[i]].shape) for i in range(len(at))}
    for variable in variables:
        for i, dim in variable.places:
            shapes[i][dim] = values.get(variable.name, variable.value)
    for i, shape in shapes.items():
        leaves[at[i]] = torch.empty(shape, dtype=leaves[at[i]].dtype, device="meta")
    args, kwargs = tree_unflatten(leaves, spec)
    sizes = tuple(tuple(shape) for shape in shapes.values())
    return replace(trace, args=args, kwargs=kwargs, input_shapes=sizes)


def _inputs(trace: Trace) -> list[torch.Tensor]:
    leaves, _ = tree_flatten((trace.args, dict(trace.kwargs)))
    return [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
