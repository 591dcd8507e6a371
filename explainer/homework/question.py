"""A question: one figure of a walkthrough that a student is asked for, with its derivation.

Names are `PATH.QUANTITY`, parsed from the right: `features.0.params`, `classifier.params` (a container: its subtotal), `h.*.params`
(one of the equal blocks of a container), `total.params.bytes`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, get_args

from explainer.formula.derivation import Derivation
from explainer.homework.one_token import OF_ONE_TOKEN
from explainer.i18n.bilingual import Bi, grouped, same, shape_text
from explainer.vocabulary.quantity import Quantity
from explainer.vocabulary.shape import Shape
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
    "macs": Bi("计算量", "number of multiply-accumulates"),
    "flops": Bi("浮点运算次数（FLOPs）", "number of floating-point operations (FLOPs)"),
    "activations": Bi("输出元素个数", "number of output elements"),
    "bytes": Bi("参数所占字节数", "number of bytes taken by the parameters"),
}
ONE_OF = Bi(zh="{where}中的一块", en="one block of {where}")


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
        path = parsed(self.name)[0]
        return blocks_of(self.walk).get(path, path)

    @property
    def tensors(self) -> tuple[RawParameter, ...]:
        """What it is of uses these directly, in no layer."""
        return used_directly(self.walk, self.place)

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


def parsed(name: str) -> tuple[str, Quantity | None]:
    """`total.params.bytes` → ("total", "bytes"); `features.0.shape` → ("features.0", "shape")."""
    path, _, last = name.rpartition(".")
    if last == "bytes" and path.rpartition(".")[2] == "params":
        path = path.rpartition(".")[0]
    found = next((quantity for quantity in QUANTITIES if quantity == last), None)
    return path, found


def used_directly(walk: Walkthrough, path: str) -> tuple[RawParameter, ...]:
    """The tensors that a part uses without a layer."""
    return tuple(raw for raw in walk.raw_parameters if path == "total" or raw.name.startswith(f"{path}."))
