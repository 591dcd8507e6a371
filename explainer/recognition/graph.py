"""The graph of a pass as the recognisers see it: which steps work number by number, which are linear, what lies between two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from explainer.recognition.replay import OF_THE_SIZE, Replay
from explainer.recognition.tape import Given, Made, Ref, Step, Tape
from explainer.tracing.function_names import MOVES, SILENT
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.family import Setting
from explainer.walkthrough.idea import Kind as IdeaKind
from explainer.walkthrough.idea import Plain, Proof
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.parts import Layer

POINTWISE = {
    *(
        "add",
        "sub",
        "mul",
        "div",
        "rsub",
        "rdiv",
        "radd",
        "rmul",
        "pow",
        "rpow",
        "sqrt",
        "rsqrt",
        "square",
        "neg",
        "reciprocal",
    ),
    *(
        "exp",
        "log",
        "log1p",
        "expm1",
        "erf",
        "tanh",
        "sigmoid",
        "abs",
        "relu",
        "relu6",
        "gelu",
        "silu",
        "mish",
        "softplus",
        "elu",
    ),
    *(
        "leaky_relu",
        "hardswish",
        "hardsigmoid",
        "hardtanh",
        "clamp",
        "clamp_min",
        "clamp_max",
        "clip",
        "minimum",
        "maximum",
    ),
    *(
        "where",
        "logsigmoid",
        "selu",
        "celu",
        "softsign",
        "dropout",
        "truediv",
        "true_divide",
        "multiply",
        "divide",
        "subtract",
    ),
    *(
        "iadd",
        "isub",
        "imul",
        "itruediv",
        "threshold",
        "sign",
        "heaviside",
        "masked_fill",
        "gt",
        "lt",
        "ge",
        "le",
        "cos",
        "sin",
    ),
}
REDUCING = {
    "mean",
    "var",
    "std",
    "sum",
    "var_mean",
    "std_mean",
    "norm",
    "vector_norm",
    "linalg_vector_norm",
    "linalg_norm",
    "normalize",
}
SHAPING = {
    *(
        "view",
        "reshape",
        "transpose",
        "permute",
        "flatten",
        "unflatten",
        "squeeze",
        "unsqueeze",
        "contiguous",
        "expand",
        "movedim",
    ),
    *(
        "swapaxes",
        "swapdims",
        "t",
        "T",
        "mT",
        "view_as",
        "reshape_as",
        "expand_as",
        "chunk",
        "split",
        "unbind",
        "getitem",
        "select",
    ),
    *(
        "narrow",
        "tensor_split",
        "repeat",
        "repeat_interleave",
        "broadcast_to",
        "tile",
        "moveaxis",
        "split_with_sizes",
        "slice",
    ),
}
MOST_STEPS = 80  # of a stretch
PRODUCTS = {"matmul", "bmm", "einsum", "baddbmm"}
_ACTIVATIONS = {Kind.ACTIVATION, Kind.DROPOUT}
_ALONG = {"Softmax", "Softmin", "Softmax2d", "LogSoftmax", "GLU", "PReLU", "RReLU"}  # not number by number
_PLAIN_SHAPES = {"Flatten", "Unflatten", "Identity"}


@dataclass(frozen=True)
class Stretch:
    """Steps that make `y` of `x`, and of parameters and constants only; nothing in them is used elsewhere.

    steps: on the way from x to y; beside: those that work on parameters alone (1+w).
    """

    x: Ref
    y: Ref
    steps: tuple[int, ...]
    beside: tuple[int, ...]


@dataclass(frozen=True)
class Found:
    """An idea before it has its place: `calls` are numbers of the walkthrough's calls."""

    kind: IdeaKind
    calls: tuple[int, ...]
    settings: dict[str, Plain]
    proof: Proof


class Graph:
    """A walkthrough, the tape of its pass (of a small model of the same calls, it may be), and what runs stretches of it.

    model: the settings in which that model differs.
    """

    def __init__(
        self, walk: Walkthrough, tape: Tape, replay: Replay, model: tuple[tuple[str, Setting], ...] = ()
    ) -> None:
        self.walk, self.tape, self.replay, self.model = walk, tape, replay, model
        self.fed = self._reached(lambda ref: isinstance(ref, Given) and ref.what in ("input", "unknown"))
        self.learned = self._reached(lambda ref: isinstance(ref, Given) and ref.what == "parameter", layers=True)
        self.taken: set[int] = set()

    def _reached(self, source: object, layers: bool = False) -> set[int]:
        """The steps that something of a source flows into."""
        found: set[int] = set()
        for step in self.tape.steps:
            if step.name in OF_THE_SIZE and not layers:
                continue
            own = layers and step.module is not None and next(step.module.parameters(), None) is not None
            if own or any(source(ref) or (isinstance(ref, Made) and ref.step in found) for ref in step.refs):  # type: ignore[operator]
                found.add(step.at)
        return found

    def layer(self, step: Step) -> Layer | None:
        """The walkthrough's layer of a step; None for one that is no call."""
        return self.walk.layers[step.call - 1] if step.call is not None else None

    def kind(self, step: Step) -> Kind:
        layer = self.layer(step)
        return layer.kind if layer is not None else Kind.OTHER

    def real_shape(self, ref: Ref) -> Shape:
        """The shape in the model itself, which may be larger than the one that runs."""
        step = self.tape.step_of(ref)
        while step is not None and self.silent(step) and len(step.refs) == 1 and len(step.shapes) == 1:
            ref, step = step.refs[0], self.tape.step_of(step.refs[0])  # it is no call, and of its input's shape
        layer = self.layer(step) if step is not None else None
        if layer is None or not isinstance(ref, Made):
            return self.tape.shape_of(ref)
        return layer.call.output_shapes[ref.output]

    def silent(self, step: Step) -> bool:
        return step.call is None and step.name in SILENT | MOVES

    def pointwise(self, step: Step) -> bool:
        """Each number of the output comes from the numbers in its place (dropout is none in a lesson)."""
        if self.silent(step):
            return True
        if step.module is not None:
            layer = self.layer(step)
            rule = layer.rule.name if layer and layer.rule else ""
            return (self.kind(step) in _ACTIVATIONS and rule not in _ALONG) or rule == "identity"
        return step.name in POINTWISE

    def shaping(self, step: Step) -> bool:
        """Numbers are put in another order, repeated or left out; none changes."""
        if step.module is not None:
            return self.kind(step) is Kind.RESHAPE
        return step.name in SHAPING or self.silent(step)

    def linear(self, step: Step) -> bool:
        """A matrix times the vector at each position: a linear layer, or a convolution with a 1×1 kernel."""
        layer = self.layer(step)
        if layer is None or layer.rule is None:
            return False
        if self.kind(step) is Kind.LINEAR:
            return layer.rule.name in ("linear", "linear_stored_by_input")
        if self.kind(step) is not Kind.CONVOLUTION or step.module is None:
            return False
        call = layer.call
        kernel, stride = call.option("kernel_size"), call.option("stride")
        padding, groups = call.option("padding"), call.option("groups", default=1)
        ones = isinstance(kernel, tuple) and set(kernel) == {1} and isinstance(stride, tuple) and set(stride) == {1}
        return ones and groups == 1 and isinstance(padding, tuple) and not any(padding)

    def features(self, step: Step) -> int:
        """The axis, from the end, along which a linear step works."""
        return -1 if self.kind(step) is Kind.LINEAR else 1 - len(step.shape)

    def data(self, step: Step) -> Ref | None:
        """The first operand that something of the inputs flows into, or any that was made."""
        made = [ref for ref in step.refs if not (isinstance(ref, Given) and ref.what == "parameter")]
        fed = [ref for ref in made if self.is_fed(ref)]
        return next(iter(fed or made), None)

    def is_fed(self, ref: Ref) -> bool:
        """Whether it depends on the inputs' values."""
        return ref.step in self.fed if isinstance(ref, Made) else ref.what in ("input", "unknown")

    def is_learned(self, ref: Ref) -> bool:
        """Whether it depends on a parameter."""
        return ref.step in self.learned if isinstance(ref, Made) else ref.what == "parameter"

    def stretch(self, x: Ref, y: Ref, most: int = MOST_STEPS) -> Stretch | None:
        """What lies between, if it is closed: everything else that comes in are parameters, and nothing is used outside."""
        whole = self._behind(x, y, most)
        if whole is None:
            return None
        after = set[int]()
        for at in sorted(whole):
            refs = self.tape.steps[at].refs
            if x in refs or any(isinstance(ref, Made) and ref.step in after for ref in refs):
                after.add(at)
        if not isinstance(y, Made) or y.step not in after or any(at in self.fed for at in whole - after):
            return None
        for at in after - {y.step}:
            for number in range(len(self.tape.steps[at].shapes)):
                if any(user not in after for user in self.tape.users.get(Made(at, number), ())):
                    return None
        learned = sorted(at for at in whole - after if at in self.learned)
        return Stretch(x, y, tuple(sorted(after)), tuple(learned))

    def _behind(self, x: Ref, y: Ref, most: int) -> set[int] | None:
        """The steps that make y once x is there; None where something else of the inputs flows in, or they are too many."""
        first = x.step if isinstance(x, Made) else -1
        found: set[int] = set()
        waiting = [y]
        while waiting:
            ref = waiting.pop()
            if ref == x or (isinstance(ref, Made) and ref.step in found):
                continue
            if isinstance(ref, Given):
                if ref.what in ("input", "unknown"):
                    return None
                continue
            if (ref.step <= first and ref.step in self.fed) or len(found) >= most:
                return None
            found.add(ref.step)
            waiting += self.tape.steps[ref.step].refs
        return found

    def calls(self, steps: Iterable[int]) -> tuple[int, ...]:
        """The numbers of the calls among these steps."""
        numbers = [self.tape.steps[at].call for at in steps]
        return tuple(sorted({number for number in numbers if number is not None}))

    def parameters(self, steps: Iterable[int]) -> tuple[Given, ...]:
        """The parameters that functions among these steps take directly."""
        refs = [ref for at in steps for ref in self.tape.steps[at].refs]
        return tuple(dict.fromkeys(ref for ref in refs if isinstance(ref, Given) and ref.what == "parameter"))

    def numbers(self, steps: Iterable[int]) -> Iterator[float]:
        """The fractions that stand in these steps: an eps among them."""
        for at in steps:
            step = self.tape.steps[at]
            for value in (*step.args, *step.kwargs.values()):
                if isinstance(value, float):
                    yield value

    def back(self, ref: Ref, through: object) -> Ref:
        """The tensor that this one comes from, back through steps of one operand for which `through` holds."""
        while isinstance(ref, Made) and through(self.tape.steps[ref.step]):  # type: ignore[operator]
            before = self.data(self.tape.steps[ref.step])
            if before is None:
                break
            ref = before
        return ref
