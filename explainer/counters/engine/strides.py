"""How the tensors of a trace lie in memory: torch adds a bias within a product only where the input is in one piece.

The trace keeps shapes; the strides are found anew by repeating, on the meta device, the steps that only look at a tensor
in another way (`permute`, `transpose`, `reshape`, …). Other steps write a new tensor in one piece, and element by element
ones keep the order they find.
"""

from __future__ import annotations

import re
from typing import Any

import torch
from torch.utils._pytree import tree_map

from explainer.tracing.call import Call, Source, TensorRef, Trace
from explainer.tracing.leaves import tensors_in
from explainer.vocabulary.shape import Shape

_SAME = {"T": lambda x: x.T, "mT": lambda x: x.mT, "H": lambda x: x.mH, "mH": lambda x: x.mH}
_VIEWS = re.compile(
    r"permute|transpose|swapaxes|swapdims|movedim|moveaxis|t|adjoint|view|reshape|flatten|unflatten|squeeze|unsqueeze|"
    r"expand|broadcast_to|expand_as|getitem|chunk|split|tensor_split|split_with_sizes|unbind|narrow|select|view_as"
)
_KEEPING = re.compile(
    r"add|sub|mul|div|rsub|relu|relu6|gelu|silu|sigmoid|tanh|dropout|hardswish|hardsigmoid|elu|leaky_?relu|clamp|pow|"
    r"sqrt|exp|neg|stochastic_?depth"
)


class Strides:
    """The layout of each call's outputs; a tensor that no call made and nobody gave lies in one piece."""

    def __init__(self, trace: Trace) -> None:
        given = tensors_in((trace.args, dict(trace.kwargs)))
        scattered = {tuple(tensor.shape): tensor.stride() for tensor in given if not tensor.is_contiguous()}
        self._known: dict[Source, dict[Shape, tuple[int, ...]]] = {"input": scattered}
        for call in trace.calls:
            self._known[call.index] = self._of(call)

    def contiguous(self, call: Call, position: int, turned: bool = False) -> bool:
        """Whether the call's tensor argument of that position lies in memory in one piece.

        turned: after its first two dimensions have changed places, as a `batch_first` module has it.
        """
        if position >= len(call.operands):
            return True
        tensor = self.tensor(call.operands[position])
        return (tensor.transpose(0, 1) if turned else tensor).is_contiguous()

    def tensor(self, ref: TensorRef) -> torch.Tensor:
        """A tensor on the meta device like the one of the trace: its shape, kind of numbers, and place in memory."""
        kept = self._known.get(ref.source, {}).get(ref.shape)
        if kept is None:
            return torch.empty(ref.shape, dtype=ref.dtype, device="meta")
        return torch.empty_strided(ref.shape, kept, dtype=ref.dtype, device="meta")

    def _of(self, call: Call) -> dict[Shape, tuple[int, ...]]:
        """The strides of those outputs that do not lie in one piece, by shape."""
        name = call.type if call.module is None else type(call.module).__name__.lower()
        if getattr(call.module, "batch_first", False) and len(call.output_shapes[0]) == 3:
            rows, steps, features = call.output_shapes[0]  # made with the sequence first, and turned back
            return {call.output_shapes[0]: (features, rows * features, 1)} if rows > 1 and steps > 1 else {}
        if _VIEWS.fullmatch(name) or name in _SAME:
            return self._looked_at(call, name)
        if _KEEPING.fullmatch(name) and call.operands and call.output_shapes == (call.operands[0].shape,):
            first = self.tensor(call.operands[0])
            return {} if first.is_contiguous() else {call.operands[0].shape: first.stride()}
        return {}

    def _looked_at(self, call: Call, name: str) -> dict[Shape, tuple[int, ...]]:
        args, kwargs = tree_map(
            lambda value: self.tensor(value) if isinstance(value, TensorRef) else value, (call.args, dict(call.kwargs))
        )
        try:
            output = self._step(call, name, args, kwargs)
        except (RuntimeError, TypeError, IndexError, AttributeError):
            return {}  # a `.contiguous()` came between, which leaves no trace
        tensors = output if isinstance(output, tuple | list) else [output]
        return {tuple(x.shape): x.stride() for x in tensors if not x.is_contiguous()}

    def _step(self, call: Call, name: str, args: Any, kwargs: Any) -> Any:
        if name in _SAME:
            return _SAME[name](args[0])
        if call.module is not None:  # torchvision's Permute, nn.Flatten, nn.Unflatten
            return call.module(*args, **kwargs)
        if name == "getitem":
            return args[0][args[1]]
        return getattr(torch.Tensor, name, None)(*args, **kwargs)  # type: ignore[misc]
