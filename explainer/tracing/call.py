"""What is kept of a forward pass: its calls in order, with the tensors that they take and make."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import nn

from explainer.errors import GraphEnds, text_of
from explainer.tracing.computed_weights import attribute
from explainer.tracing.declared import declared_shape
from explainer.tracing.log import Log
from explainer.tracing.products import Product
from explainer.vocabulary.shape import Shape, shown
from explainer.walkthrough.call import Order, Unregistered

Source = int | Literal["input", "constant"]
_NEEDS_VALUES = re.compile(
    r"meta tensor|nonzero|fake impl|'Meta' backend|on the meta device|data-dependent|torchvision::|custom C\+\+ ops"
    r"|'lengths' argument should be"  # pack_padded_sequence
)


@dataclass(frozen=True)
class TensorRef:
    """What is kept of a tensor argument: shape, dtype, and where it came from.

    output: which of the call's outputs, where it makes several.
    order: where its dimensions stand in the usual order (N, C, H, W), after a permute or transpose; () for that order.
    """

    shape: Shape
    dtype: torch.dtype
    source: Source
    parameter: str | None = None
    order: Order = ()
    output: int = 0

    @property
    def reordered(self) -> bool:
        """Its dimensions are not in the usual order."""
        return bool(self.order)


@dataclass(frozen=True)
class Call:
    """One execution of a layer or of a function.

    path: `features.0`, `layer1.0.relu@2`; a function's is the path of the module whose forward calls it, and its name.
    type: `Conv2d`, `flatten`; an operator that is not torch's own with its namespace, `mine::scan`. operands: every tensor among the
    arguments. flops: torch's own count, or None where no counter ran. uncounted: operators in it that may multiply and that
    the counter has no count of. products: the operators that it counted, by their sizes.
    mapped: the sizes of the batches over which torch.func.vmap runs the call, outermost first; its operands and
    options are those of one example, its output has these dimensions in front. transformed: inside torch.func or
    forward derivatives, where torch may compute more than the function.
    args, kwargs: as given, tensors replaced by `TensorRef`. training: the module's mode during the run.
    bypass: an addition of a tensor and what was computed from it (a residual connection).
    """

    index: int
    path: str
    type: str
    module: nn.Module | None
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    operands: tuple[TensorRef, ...] = ()
    output_shapes: tuple[Shape, ...] = ()
    output_dtypes: tuple[torch.dtype, ...] = ()
    flops: int | None = None
    training: bool = False
    bypass: bool = False
    uncounted: tuple[str, ...] = ()
    products: tuple[Product, ...] = ()
    mapped: tuple[int, ...] = ()
    transformed: bool = False

    def __repr__(self) -> str:
        return f"<Call {self.index} {self.path} {self.type}: {shown(self.shapes)} → {shown(self.output_shapes)}>"

    @property
    def kind(self) -> Literal["module", "function"]:
        return "function" if self.module is None else "module"

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of all tensor arguments, parameters given to a function among them."""
        return tuple(operand.shape for operand in self.operands)

    @property
    def inputs(self) -> tuple[Source, ...]:
        """The producing call of each input tensor; parameters are no inputs."""
        return tuple(operand.source for operand in self.operands if operand.parameter is None)

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        """The shapes of the input tensors."""
        return tuple(operand.shape for operand in self.operands if operand.parameter is None)

    def option(self, name: str, position: int | None = None, default: Any = None) -> Any:
        """A hyperparameter: the module's attribute, or the function's argument by name or position."""
        if self.module is not None:
            return attribute(self.module, name, default)
        if name in self.kwargs:
            return self.kwargs[name]
        return self.args[position] if position is not None and position < len(self.args) else default

    def tensor_shape(self, name: str, position: int | None = None) -> Shape | None:
        """The shape of the layer's tensor of that name, or None if it has none: a module's as its settings declare it."""
        tensor = self.option(name, position)
        if not isinstance(tensor, TensorRef | torch.Tensor):
            return None
        declared = declared_shape(self.module, name) if self.module is not None else None
        return declared or tuple(tensor.shape)


@dataclass(frozen=True)
class Trace:
    """All calls of one forward pass, in order.

    stopped: where it had to end, if a step depended on values that the meta device does not have.
    torch_flops: the counter's total for the whole pass, None where none ran. unseen: operators outside all calls that may multiply
    and that it does not count. unregistered: modules that ran and are no part of the model.
    values_tried: where it stopped, a small copy was run with values too, and did not reach the end either.
    model, args, kwargs: what was run, so that later stages can ask of its modules and run it again at other sizes.
    values: whether the tensors had values (`real`) or only shapes (`meta`); drawn: some of the values at random; asked: the user
    wanted values. grad: whether gradients were on. log: the steps with their tensors, of a complete pass by shapes alone.
    """

    calls: tuple[Call, ...]
    input_shapes: tuple[Shape, ...]
    input_dtypes: tuple[str, ...]
    output_shapes: tuple[Shape, ...]
    mode: Literal["eval", "train"]
    stopped: ForwardFailed | None = None
    values: Literal["meta", "real"] = "meta"
    drawn: bool = False
    asked: bool = False
    grad: bool = False
    model: nn.Module | None = field(default=None, repr=False, compare=False)
    args: tuple[Any, ...] = field(default=(), repr=False, compare=False)
    kwargs: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    torch_flops: int | None = None
    unseen: tuple[str, ...] = ()
    unregistered: tuple[Unregistered, ...] = ()
    values_tried: bool = False
    log: Log | None = field(default=None, repr=False, compare=False)


class ForwardFailed(Exception):
    """The forward pass broke: where, on what, in which function ("" if in none), what torch said, and the calls before it."""

    def __init__(
        self,
        root: nn.Module,
        path: str,
        module: nn.Module,
        shapes: Sequence[Shape],
        cause: BaseException,
        operation: str = "",
        calls: Sequence[Call] = (),
    ) -> None:
        super().__init__(text_of(cause))
        self.root, self.path, self.module, self.shapes, self.cause = root, path, module, tuple(shapes), cause
        self.operation, self.calls = operation, tuple(calls)

    @property
    def needs_values(self) -> bool:
        """Not the user's mistake: the step depends on values, or on an operator that was not compiled, or is not known here."""
        return isinstance(self.cause, GraphEnds) or bool(_NEEDS_VALUES.search(text_of(self.cause)))
