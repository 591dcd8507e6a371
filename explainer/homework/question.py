"""A question: one figure of a walkthrough that a student is asked for, with its derivation.

Names are `PATH.QUANTITY`, parsed from the right: `features.0.params`, `classifier.params` (a container: its subtotal), `h.*.params`
(one of the equal blocks of a container), `total.params.bytes`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, get_args

from explainer.errors import UserError
from explainer.formula.derivation import Derivation, derive
from explainer.formula.normal_form import slope
from explainer.formula.tree import Env, Expr, Number, product, total
from explainer.homework.not_known import of_part, of_sum
from explainer.homework.one_token import ACTIVE, MET, OF_ONE_TOKEN, macs_of_one_token
from explainer.homework.parameter_bytes import bytes_of_all, bytes_of_layer
from explainer.i18n.bilingual import Bi, grouped, same, shape_text, words_in_a_row
from explainer.vocabulary.quantity import Quantity
from explainer.vocabulary.shape import Shape
from explainer.vocabulary.symbols import bias
from explainer.walkthrough.model import Layer, RawParameter, Uncalled, Walkthrough
from explainer.walkthrough.templates.template import Row

QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)
Part = Layer | Uncalled
Style = Literal["number", "formula", "choice"]  # how a question is asked
Value = int | Fraction | tuple[int, ...]  # a number, or the sizes of a shape

WORDS: dict[Quantity, Bi] = {
    "params": Bi("参数量", "number of parameters"),
    "weights": Bi("权重的个数", "number of weights"),
    "bias": Bi("偏置的个数", "number of biases"),
    "shape": Bi("输出尺寸", "output size"),
    "macs": Bi("计算量（乘加次数）", "number of multiply-accumulates"),
    "flops": Bi("浮点运算次数（FLOPs）", "number of floating-point operations (FLOPs)"),
    "activations": Bi("输出的元素个数", "number of output elements"),
    "bytes": Bi("参数所占字节数", "number of bytes taken by the parameters"),
}
UNKNOWN = Bi(
    zh="没有名为“{name}”的题目{near}。题目写作“层的路径.量”，例如 {example}；量可以是 {quantities}。",
    en="There is no question '{name}'{near}. A question is written 'path of the layer.quantity', for example {example}; the "
    "quantities are {quantities}.",
)
ONE_OF = Bi(zh="{where}中的一块", en="one block of {where}")
NEAR = Bi(zh="，相近的有 {names}", en=" (did you mean {names}?)")


@dataclass(frozen=True)
class Question:
    """One figure that can be asked for.

    name: `features.0.params`. layer: None for a container or the whole network, whose layers are `parts`.
    sizes: the derivation of a number by itself, or one for each dimension of a shape with the dimension's name.
    undecided: why nobody can say what is right (the forward pass is known in part only); `sizes` may then be empty.
    """

    name: str
    quantity: Quantity
    walk: Walkthrough = field(repr=False, compare=False)
    sizes: tuple[tuple[str, Derivation], ...] = field(repr=False, compare=False)
    layer: Part | None = field(default=None, repr=False, compare=False)
    parts: tuple[Part, ...] = field(default=(), repr=False, compare=False)
    undecided: Bi | None = field(default=None, repr=False, compare=False)

    @property
    def is_shape(self) -> bool:
        return self.quantity == "shape"

    @property
    def derivation(self) -> Derivation:
        """A number's derivation (of a shape: its first dimension's)."""
        return self.sizes[0][1]

    @property
    def value(self) -> int:
        """The number asked for. Not for a shape."""
        return self.derivation.value

    @property
    def shape(self) -> Shape:
        """The output's sizes, batch included."""
        return tuple(size.value for _, size in self.sizes)

    @property
    def place(self) -> str:
        """The path of what it is of: of equal blocks the first, `h.0` of `h.*`."""
        path = _parsed(self.name)[0]
        return blocks_of(self.walk).get(path, path)

    @property
    def tensors(self) -> tuple[RawParameter, ...]:
        """What it is of uses these directly, in no layer."""
        return _used_directly(self.walk, self.place)

    @property
    def figure(self) -> Bi:
        """What is asked for, in words, whatever it is of: `number of parameters`."""
        return OF_ONE_TOKEN.get(self.name, WORDS[self.quantity])

    @property
    def text(self) -> Bi:
        """`features.0（卷积层）的参数量`, as a heading or in a sentence."""
        if self.name in OF_ONE_TOKEN:
            return self.figure
        if self.layer is None:
            where = same(self.name.rpartition(".")[0])
            if "*" in self.name:
                where = ONE_OF.format(where=where)
            if self.name.startswith("total."):
                where = Bi("整个网络", "the whole network")
            return Bi(f"{where.zh}的{WORDS[self.quantity].zh}", f"{WORDS[self.quantity].en} of {where.en}")
        kind = self.layer.rule.title if self.layer.rule else same(self.layer.type)
        path = self.layer.path or self.layer.type
        words = WORDS[self.quantity]
        if self.walk.source == "topic":  # its layers have no names
            return Bi(f"{kind.zh}的{words.zh}", f"{words.en} of the {kind.en}")
        named = (
            re.sub("[（）]", "", kind.zh),
            re.sub("[()]", "", kind.en),
        )  # no brackets within brackets: 长短期记忆层（LSTM）
        return Bi(f"{path}（{named[0]}）的{words.zh}", f"{words.en} of {path} ({named[1]})")


def right_value(question: Question) -> Value:
    """What is asked for: a number, or all sizes of a shape."""
    return question.shape if question.is_shape else question.value


def value_text(value: Value) -> str:
    """A number or a shape as printed: 2,359,808; 64×112×112."""
    if isinstance(value, tuple):
        return shape_text(value)
    if isinstance(value, Fraction) and value.denominator != 1:
        return f"{float(value):,.6g}"
    return grouped(int(value))


def find(walk: Walkthrough, name: str) -> Question:
    """The question of that name. Raises UserError if there is none, with the names most like it."""
    path, quantity = _parsed(name.strip())
    question = _question(walk, path, quantity, name.strip()) if quantity else None
    question = _of_one_token(walk, name.strip()) or question
    if question is None:
        known = [found.name for found in questions(walk)]
        near = difflib.get_close_matches(name, known, 3)
        hint = NEAR.format(names=words_in_a_row(near)) if near else same("")
        example = known[0] if known else "features.0.params"
        raise UserError(UNKNOWN.format(name=name, near=hint, example=example, quantities=words_in_a_row(QUANTITIES)))
    return question


def questions(walk: Walkthrough) -> Iterator[Question]:
    """Every question that can be asked of a model: each layer's, the containers' and the totals."""
    paths = [layer.path for layer in walk.layers] + [part.path for part in walk.uncalled]
    containers = dict.fromkeys(parent for path in paths for parent in _parents(path))
    for path in [*paths, *containers, *blocks_of(walk), "total"]:
        for quantity in QUANTITIES:
            question = _question(walk, path, quantity, f"{path}.{quantity}" if path else quantity)
            if question is not None:
                yield question
    yield from filter(None, (_of_one_token(walk, name) for name in ACTIVE))


def _of_one_token(walk: Walkthrough, name: str) -> Question | None:
    """`total.active`, `total.active.macs`: what one token uses of a mixture of experts."""
    quantity = ACTIVE.get(name)
    if quantity is None or walk.active is None:
        return None
    if quantity == "params":
        return Question(name, quantity, walk, (("", walk.active.derivation),))
    macs = macs_of_one_token(walk)
    return Question(name, quantity, walk, (("", macs),)) if macs else Question(name, quantity, walk, (), undecided=MET)


def blocks_of(walk: Walkthrough) -> dict[str, str]:
    """`h.*` → `h.0`: blocks of one container that are equal in every figure, asked for as one of them."""
    found: dict[str, list[Row]] = {}
    for template in walk.templates:
        for row in template.rows:
            home, _, name = row.path.rpartition(".")
            if name.isdigit() and home:
                found.setdefault(f"{home}.*", []).append(row)
    return {
        name: rows[0].path
        for name, rows in found.items()
        if len(rows) > 1 and len({(row.params, row.macs, row.values, row.options) for row in rows}) == 1
    }


def _parents(path: str) -> list[str]:
    steps = path.partition("@")[0].split(".")
    return [".".join(steps[:i]) for i in range(1, len(steps))]


def _parsed(name: str) -> tuple[str, Quantity | None]:
    """`total.params.bytes` → ("total", "bytes"); `features.0.shape` → ("features.0", "shape")."""
    path, _, last = name.rpartition(".")
    if last == "bytes" and path.rpartition(".")[2] == "params":
        path = path.rpartition(".")[0]
    found = next((quantity for quantity in QUANTITIES if quantity == last), None)
    return path, found


def _question(walk: Walkthrough, path: str, quantity: Quantity, name: str) -> Question | None:
    if "*" in path and (block := blocks_of(walk).get(path)) is not None:
        path = block
    everything: tuple[Part, ...] = (*walk.layers, *walk.uncalled)
    part = next((part for part in everything if part.path == path), None)
    if part is not None:
        sizes, why = _of_layer(part, quantity), of_part(walk, part, quantity)
        return Question(name, quantity, walk, sizes, layer=part, undecided=why) if sizes or why else None
    parts = tuple(part for part in everything if path == "total" or part.path.startswith(f"{path}."))
    if not parts:
        return None
    derivation, why = _summed(walk, path, parts, quantity), of_sum(walk, parts, quantity, whole=path == "total")
    sizes = (("", derivation),) if derivation else ()
    return Question(name, quantity, walk, sizes, parts=parts, undecided=why) if sizes or why else None


def _of_layer(part: Part, quantity: Quantity) -> tuple[tuple[str, Derivation], ...]:
    if part.params is None:
        return ()
    if quantity == "shape":
        return part.shape if isinstance(part, Layer) else ()
    derivation = _number(part, part.params, quantity)
    return (("", derivation),) if derivation else ()


def _number(part: Part, params: Derivation, quantity: Quantity) -> Derivation | None:
    match quantity:
        case "params":
            return params
        case "weights" | "bias":
            return _split(part, params, quantity)
        case "bytes":
            return bytes_of_layer(part, params)
    if not isinstance(part, Layer):
        return None
    if quantity == "activations":
        sizes = part.shape
        values = {symbol: n for _, size in sizes for symbol, n in size.values.items()}
        return derive(product([size.symbolic for _, size in sizes]), values) if sizes else None
    if part.macs is None:
        return None
    return part.macs if quantity == "macs" else derive(2 * part.macs.symbolic, part.macs.values)


def _split(part: Part, params: Derivation, quantity: Quantity) -> Derivation | None:
    """Weights and biases apart: the formula at bias 0, and the rest. None where there is no bias in the formula."""
    formula = part.parameters.formula if isinstance(part, Layer) and part.parameters else None
    if formula is None or bias not in params.values:
        return None
    without: Env = {**params.values, bias: 0}
    weights = derive(formula, without)
    if quantity == "weights":
        return weights
    if not params.values[bias]:
        return None
    found = _per_bias(formula, params.values)
    if found is None:
        return None
    several = params.values[bias] != 1  # a recurrent layer has two biases a unit
    return derive(product([bias, found]) if several else found, params.values)


def _per_bias(formula: Expr, values: Env) -> Expr | None:
    """What the bias is multiplied by, as a product of the formula's own symbols: C_out."""
    found = slope(formula, bias)
    if found is None:
        return None
    count, powers = found
    by_name = {symbol.name: symbol for symbol in values}
    if any(name not in by_name or power != 1 for name, power in powers):
        return None
    numbers: list[Expr] = [Number(count)] if count != 1 else []
    return product([*numbers, *(by_name[name] for name, _ in sorted(powers))])


def _used_directly(walk: Walkthrough, path: str) -> tuple[RawParameter, ...]:
    return tuple(raw for raw in walk.raw_parameters if path == "total" or raw.name.startswith(f"{path}."))


def _summed(walk: Walkthrough, path: str, parts: tuple[Part, ...], quantity: Quantity) -> Derivation | None:
    """A container's or the network's figure as the sum of its layers'."""
    raw = _used_directly(walk, path)
    if quantity == "bytes":
        return bytes_of_all(parts, raw)
    addends: list[int] = []
    if quantity == "params":
        addends = [part.counted for part in parts if part.counted] + [part.params for part in raw]
    elif quantity in ("macs", "flops"):
        factor = 1 if quantity == "macs" else 2
        addends = [factor * part.macs.value for part in parts if isinstance(part, Layer) and part.macs]
    if not addends:
        return None
    return derive(total([Number(addend) for addend in addends]), {})
