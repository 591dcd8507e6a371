"""What is kept of a call: plain data, without the module or the tensors that ran."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from msgspec import Struct

from explainer.memory import cached_property
from explainer.vocabulary.shape import Shape, shown

Source = int | Literal["input", "constant"]
Order = tuple[int, ...]  # for each dimension the place that it has in the usual order; () for the usual order itself


@dataclass(frozen=True)
class TensorRef:
    """A tensor argument: shape, dtype (`float32`), and where it came from.

    source: the index of the producing call, "input", or "constant"; output: which of that call's outputs.
    parameter: the name of the model's parameter that it is, if it is one.
    order: where its dimensions stand in the usual order (N, C, H, W), after a permute or transpose; () for that order.
    """

    shape: Shape
    dtype: str
    source: Source
    parameter: str | None = None
    order: Order = ()
    output: int = 0

    @property
    def reordered(self) -> bool:
        """Its dimensions are not in the usual order."""
        return bool(self.order)


@dataclass(frozen=True)
class Other:
    """An argument that is no plain value: only what it was is kept (`dtype` float32, `object` of a class)."""

    kind: str
    text: str


@dataclass(frozen=True)
class Op:
    """The module that a call ran, in words and numbers.

    cls: the class with its home (`torch.nn.modules.conv.Conv2d`); text: hyperparameters as torch prints them.
    options: its plain public attributes; tensors: the shapes of its parameters and buffers, its children's too.
    declared: for tensors that are of another shape than its settings say, what those say.
    """

    cls: str
    text: str
    options: Mapping[str, Any] = field(default_factory=dict)
    tensors: Mapping[str, Shape] = field(default_factory=dict)
    declared: Mapping[str, Shape] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One execution of a layer or of a function.

    path: `features.0`, `layer1.0.relu@2`; a function's is the path of the module whose forward calls it, and its name.
    type: `Conv2d`, `flatten`. op: the module, None for a function. operands: every tensor among the arguments.
    args, kwargs: as given, tensors replaced by `TensorRef`, what is not plain by `Other`.
    flops: torch's own count, or None where no counter ran. uncounted: operators in it that may multiply and that torch's counter
    has no count of. training: the module's mode during the run.
    bypass: an addition of a tensor and what was computed from it (a residual connection).
    """

    index: int
    path: str
    type: str
    op: Op | None
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    operands: tuple[TensorRef, ...] = ()
    output_shapes: tuple[Shape, ...] = ()
    output_dtypes: tuple[str, ...] = ()
    flops: int | None = None
    training: bool = False
    bypass: bool = False
    uncounted: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Call {self.index} {self.path} {self.type}: {shown(self.shapes)} → {shown(self.output_shapes)}>"

    @property
    def kind(self) -> Literal["module", "function"]:
        return "function" if self.op is None else "module"

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes of all tensor arguments, parameters given to a function among them."""
        return tuple(operand.shape for operand in self.operands)

    @cached_property
    def inputs(self) -> tuple[Source, ...]:
        """The producing call of each input tensor; parameters are no inputs."""
        return tuple(operand.source for operand in self.operands if operand.parameter is None)

    @cached_property
    def input_shapes(self) -> tuple[Shape, ...]:
        """The shapes of the input tensors."""
        return tuple(operand.shape for operand in self.operands if operand.parameter is None)

    def option(self, name: str, position: int | None = None, default: Any = None) -> Any:
        """A hyperparameter: the module's attribute, or the function's argument by name or position."""
        if self.op is not None:
            return self.op.options.get(name, default)
        if name in self.kwargs:
            return self.kwargs[name]
        return self.args[position] if position is not None and position < len(self.args) else default

    def tensor_shape(self, name: str, position: int | None = None) -> Shape | None:
        """The shape of the layer's tensor of that name, or None if it has none."""
        if self.op is not None:
            return self.op.tensors.get(name)
        tensor = self.option(name, position)
        return tensor.shape if isinstance(tensor, TensorRef) else None


class Stopped(Struct, frozen=True):
    """Where a forward pass ended before its end: the innermost module that was running, and what was said.

    operation: the function that could not be run (`item`, `nonzero`); "" where none was. with_values: a run with values did not
    reach the end either. of_file: the graph came from a file, and this operator of it cannot be followed.
    """

    path: str
    reason: str
    operation: str = ""
    with_values: bool = False
    of_file: bool = False


class Unregistered(Struct, frozen=True):
    """A module that the forward called and that is no part of the model (kept in a plain list, or made in a forward).

    owner: the module that called it; params: how many parameters of its own are missing from `model.parameters()`.
    """

    type: str
    owner: str
    params: int


Place = Literal["first", "second", "none"]


@dataclass(frozen=True)
class Run:
    """The pass as a whole: what went in, what came out, in which mode, and where it stopped if it did.

    values: whether the tensors had values (`real`) or only shapes (`meta`); drawn: some of the values were drawn at random
    (always the same), for the user gave none; asked: the user wanted values.
    torch_flops: the count of torch's counter for the whole pass, None where none ran. unseen: operators outside all calls that
    may multiply and that it does not count.
    weights_only: there was nothing to run, only tensors. unregistered: modules that ran and are no part of the model.
    batch: which dimension of the inputs is the batch, as far as the pass shows it.
    """

    input_shapes: tuple[Shape, ...]
    input_dtypes: tuple[str, ...]
    output_shapes: tuple[Shape, ...]
    mode: Literal["eval", "train"]
    values: Literal["meta", "real"] = "meta"
    drawn: bool = False
    asked: bool = False
    stopped: Stopped | None = None
    torch_flops: int | None = None
    unseen: tuple[str, ...] = ()
    weights_only: bool = False
    unregistered: tuple[Unregistered, ...] = ()
    batch: Place = "first"
