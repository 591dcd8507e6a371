"""What a question's layer has and where it stands in the network: all that an edit may ask for."""

from __future__ import annotations

from functools import cached_property
from math import prod

from explainer.formula.rewrite import roles
from explainer.formula.role import Role
from explainer.formula.tree import Symbol
from explainer.homework.mistakes.form import Form, form_of
from explainer.homework.parameter_bytes import element_sizes
from explainer.homework.question import Question, Value
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.quantity import Quantity
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.call import Call
from explainer.walkthrough.model import Layer

KERNEL = (Role.KERNEL, Role.WINDOW)
PADDING = (Role.PADDING, Role.PADDING_TOGETHER)
_OUTPUTS = (Role.CHANNELS_OUT, Role.FEATURES_OUT, Role.HIDDEN, Role.FEATURES, Role.CHANNELS)
PASSES = (Kind.ACTIVATION, Kind.DROPOUT, Kind.NORMALIZATION)  # they keep the shape

_OWNERS = {
    Kind.CONVOLUTION: (Bi("卷积核", "kernel"), Bi("{n}个卷积核", "{n:kernel|kernels}")),
    Kind.LINEAR: (Bi("神经元", "neuron"), Bi("{n}个神经元", "{n:neuron|neurons}")),
    Kind.OTHER: (Bi("输出", "output"), Bi("{n}个输出", "{n:output|outputs}")),
}
_OWNERS[Kind.TRANSPOSED] = _OWNERS[Kind.CONVOLUTION]
CONVOLUTIONS = (Kind.CONVOLUTION, Kind.TRANSPOSED)
CHANNEL, FEATURE = Bi("通道", "channel"), Bi("特征", "feature")


class Facts:
    """A question with its formula, the numbers of all symbols, and the steps before its layer."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.quantity: Quantity = question.quantity
        self.layer = question.layer if isinstance(question.layer, Layer) else None
        self.call: Call | None = self.layer.call if self.layer else None
        rule = question.layer.rule if question.layer else None
        self.rule = rule.name if rule else ""
        self.kind = rule.kind if rule else Kind.OTHER
        self.form: Form = form_of(question)
        self.right: Value = question.shape if question.is_shape else question.value

    @cached_property
    def values(self) -> dict[Symbol, int]:
        """The numbers of the symbols of all figures of the layer."""
        found: dict[Symbol, int] = {}
        if self.layer is not None and self.layer.output is not None:
            found |= self.layer.output.values
        if self.layer is not None and self.layer.parameters is not None:
            found |= self.layer.parameters.values
        for _, size in self.question.sizes:
            found |= size.values
        return found

    @cached_property
    def symbols(self) -> dict[str, Symbol]:
        """The symbols by their names."""
        return {symbol.name: symbol for symbol in self.values}

    @cached_property
    def roles(self) -> set[str]:
        """The roles in the right formula."""
        return {name for part in self.form.parts for name in roles(part)}

    def named(self, *wanted: Role) -> tuple[str, ...]:
        """The names of the symbols that stand for this: k_h and k_w for the kernel."""
        return tuple(symbol.name for symbol in self.values if symbol.role in wanted)

    def of(self, *wanted: Role, default: int = 0) -> int:
        """The number of the first symbol that stands for this."""
        return next((value for symbol, value in self.values.items() if symbol.role in wanted), default)

    def get(self, name: str, default: int = 0) -> int:
        """The number of a symbol."""
        symbol = self.symbols.get(name)
        return self.values[symbol] if symbol is not None else default

    @cached_property
    def element_bytes(self) -> int:
        """The bytes of one parameter; 0 where the tensors differ in that, or there are none."""
        parts = (self.question.layer,) if self.question.layer is not None else self.question.parts
        sizes = element_sizes(tensor for part in parts for tensor in part.owned)
        return sizes[0] if len(sizes) == 1 else 0

    @cached_property
    def batch(self) -> int:
        """The batch size; 1 where the input has none."""
        return self.of(Role.BATCH, default=1)

    @cached_property
    def kernel(self) -> tuple[str, ...]:
        """The names of the kernel's sides."""
        return self.named(*KERNEL)

    @cached_property
    def axes(self) -> tuple[tuple[Symbol, Symbol], ...]:
        """The sides of the image with the kernel's: (H, k_h), (W, k_w)."""
        if self.kind not in (Kind.CONVOLUTION, Kind.TRANSPOSED, Kind.POOLING):
            return ()
        sizes, sides = self.named(Role.SIZE), self.kernel
        if len(sizes) != len(sides):
            return ()
        return tuple((self.symbols[size], self.symbols[side]) for size, side in zip(sizes, sides, strict=True))

    @cached_property
    def image(self) -> Shape:
        """The sides of the input image."""
        return tuple(self.values[size] for size, _ in self.axes)

    @cached_property
    def positions(self) -> Shape:
        """The sides of the output, for a layer on images or sequences; empty otherwise."""
        if self.call is None or not self.call.output_shapes:
            return ()
        shape = self.call.output_shapes[0]
        if self.kind in (Kind.CONVOLUTION, Kind.TRANSPOSED, Kind.POOLING):
            return shape[-len(self.kernel) :] if self.kernel else ()
        return shape[2:] if self.kind is Kind.NORMALIZATION and self.rule != "layer_norm" else ()

    def outputs(self) -> int:
        """How many kernels, neurons or hidden units there are."""
        return next((self.of(role) for role in _OUTPUTS if self.named(role)), 0)

    @cached_property
    def words(self) -> dict[str, object]:
        """What sentences may name: every symbol's number, the kernels or neurons, the right value."""
        owner, owners = _OWNERS.get(self.kind, _OWNERS[Kind.OTHER])
        n = self.outputs()
        plain: dict[str, object] = {symbol.name: value for symbol, value in self.values.items()}
        return plain | {
            "n": n,
            "owner": owner,
            "owners": owners.format(n=n),
            "channel": CHANNEL if self.kind in CONVOLUTIONS else FEATURE,
            "window": Bi("卷积核", "kernel") if self.kind in CONVOLUTIONS else Bi("窗口", "window"),
            "right": self.right,
            "positions": prod(self.positions),
            "area": "×".join(map(str, self.positions)),
            "stride": "×".join(str(self.get(name)) for name in self.named(Role.STRIDE)),
        }

    # The steps before.

    def producer(self, layer: Layer, operand: int = 0) -> Layer | None:
        """The step that made an input."""
        inputs = layer.call.inputs
        source = inputs[operand] if operand < len(inputs) else None
        layers = self.question.walk.layers
        if type(source) is not int:
            return None
        if source < len(layers) and layers[source].index == source:
            return layers[source]
        return next((found for found in layers if found.index == source), None)

    def before(self, layer: Layer | None, passing: tuple[Kind, ...] = PASSES) -> Layer | None:
        """The nearest step before that does more than those passed over."""
        found = self.producer(layer) if layer is not None else None
        while found is not None and found.kind in passing:
            found = self.producer(found)
        return found
