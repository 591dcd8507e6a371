"""A recurrent layer opened: its gates as blocks of one matrix, their equations with the sizes, and the formulas."""

from __future__ import annotations

import re
from functools import cache

from msgspec import Struct

from explainer.figures import formulas
from explainer.figures.figure import Figure, Maker
from explainer.figures.parts import heading
from explainer.figures.reading import of_role
from explainer.figures.svg.canvas import SMALLEST, WIDTH, Canvas, Run
from explainer.figures.svg.colours import INK, ROLES, RULE, paint
from explainer.formula.role import Role
from explainer.i18n.bilingual import Bi, Lang, grouped, same
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer, Walkthrough

TITLE = Bi("循环层{path}的门", "The gates of the recurrent layer {path}")
CAPTION = Bi(
    "每个门都由输入x（{inputs}个特征）和上一时刻的状态h′（{hidden}个值）算出：左边是第1层一个方向上的全部权重，右边是各门的计算。⊙是逐元素相乘。粗体表示向量，状态h的长度就是公式中的h。{letters}",
    "Every gate sees the input x ({inputs} features) and the state before, h′ ({hidden} values): at the left all weights of one "
    "direction of the first layer, at the right what each gate computes. ⊙ multiplies element by element. Bold letters are "
    "vectors; the length of the state h is the h of the formulas.{letters}",
)
LETTERS = Bi(
    "W和b的下标中，前一个字母表示来自输入（i）还是状态（h），后一个表示哪个门。",
    " In the indices of W and b the first letter says where it comes from, the input (i) or the state (h), the second which gate it is.",
)
CELL = Bi("c、c′是这一时刻和上一时刻的记忆元。", " c and c′ are the cell state now and before.")
ALT = Bi(
    "{count}个门，各有{hidden}×{inputs}和{hidden}×{hidden}的权重。参数量{params}，乘加{macs}次。",
    "{count} gates, each with weights of {hidden}×{inputs} and {hidden}×{hidden}. {params} parameters, {macs} "
    "multiply-accumulates.",
)
WEIGHTS = Bi("权重", "weights")
EQUATIONS = Bi("每一步", "each step")


FACES = {"tanh": "regular"}


class Gate(Struct, frozen=True):
    """A gate: its letter, its name, its activation, and whether the state is gated before it is used."""

    letter: str
    name: Bi
    activation: str
    reset: bool = False


LSTM = (
    Gate("i", Bi("输入门", "input gate"), "σ"),
    Gate("f", Bi("遗忘门", "forget gate"), "σ"),
    Gate("g", Bi("候选记忆元", "candidate"), "tanh"),
    Gate("o", Bi("输出门", "output gate"), "σ"),
)
GRU = (
    Gate("r", Bi("重置门", "reset gate"), "σ"),
    Gate("z", Bi("更新门", "update gate"), "σ"),
    Gate("n", Bi("候选隐藏状态", "candidate"), "tanh", reset=True),
)
PLAIN = (Gate("h", Bi("状态", "state"), "tanh"),)
AFTER = {
    4: ("c = f ⊙ c′ + i ⊙ g", "h = o ⊙ tanh(c)"),
    3: ("h = (1 − z) ⊙ n + z ⊙ h′",),
    1: (),
}


def make(walk: Walkthrough) -> Figure | None:
    """The figure of the first recurrent layer."""
    layer = next((layer for layer in walk.layers if layer.kind is Kind.RECURRENT and layer.checked), None)
    if layer is None or layer.params is None or layer.macs is None or layer.parameters is None:
        return None
    values = layer.parameters.values
    count, inputs, hidden = (of_role(values, role) for role in (Role.GATES, Role.FEATURES_IN, Role.HIDDEN))
    if len(inputs) != 1 or len(hidden) != 1 or any(of_role(values, Role.PROJECTED)):
        return None
    gates = {4: LSTM, 3: GRU, 1: PLAIN}.get(count[0] if count else 1)
    if gates is None:
        return None
    if len(gates) == 1 and layer.call.option("nonlinearity") == "relu":
        gates = (Gate("h", PLAIN[0].name, "ReLU"),)
    found, biased = gates, any(of_role(values, Role.BIAS))

    @cache
    def drawing(lang: Lang) -> Canvas:
        return _draw(layer, found, inputs[0], hidden[0], biased, lang)

    sizes = {"inputs": inputs[0], "hidden": hidden[0]}
    alt = ALT.format(count=len(gates), params=layer.params.value, macs=layer.macs.value, **sizes)
    return Figure(
        "gates",
        TITLE.format(path=same(layer.path)),
        CAPTION.format(letters=LETTERS + CELL if gates is LSTM else LETTERS if len(gates) > 1 else same(""), **sizes),
        alt,
        drawing,
        layer.index,
    )


def _draw(layer: Layer, gates: tuple[Gate, ...], inputs: int, hidden: int, biased: bool, lang: Lang) -> Canvas:
    canvas = Canvas(lang)
    assert layer.params is not None and layer.macs is not None
    after = AFTER[len(gates)]
    high, top = 23.0, 34.0
    bottom = top + high * max(len(gates), 2)
    heading(canvas, 0, 9, WEIGHTS)
    _weights(canvas, gates, inputs, hidden, top, high)
    heading(canvas, 226, 9, EQUATIONS)
    y = top + high / 2 + 3
    for gate in gates:
        _equation(canvas, 226, y, gate, biased)
        y += high
    for text in after:
        words = re.split(r"(tanh|[a-z]′?)", text)
        canvas.runs(
            226,
            y,
            [Run(word, FACES.get(word, "bold" if word[0].isalpha() else "regular")) for word in words if word],
            9,
        )
        y += 17
    y = max(bottom, y) + 4
    canvas.line((0, y), (WIDTH, y), RULE, 0.4)
    y += 16
    y = formulas.draw_both(canvas, y, layer, size=9.4, apart=25)
    canvas.height = y - 12
    return canvas


def _weights(canvas: Canvas, gates: tuple[Gate, ...], inputs: int, hidden: int, top: float, high: float) -> None:
    """The rows of W_ih and W_hh, a band a gate; the widths to square roots."""
    x = max(canvas.wide(gate.name, 7.4) for gate in gates) + 30
    room = 206 - x
    unit = room / (inputs**0.5 + hidden**0.5)
    first, second = max(inputs**0.5 * unit, 26), max(hidden**0.5 * unit, 26)
    if first + second > room:
        first, second = (room - 26, 26.0) if first > second else (26.0, room - 26)
    look = paint(Kind.RECURRENT)
    for i, gate in enumerate(gates):
        y = top + i * high
        canvas.text(0, y + high / 2 + 2.6, gate.name, 7.4)
        canvas.text(x - 4, y + high / 2 + 2.6, grouped(hidden), SMALLEST, anchor="end", fill=ROLES["out"])
        canvas.rect(x, y + 1, first, high - 2, look.top, INK, 0.5)
        canvas.rect(x + first + 5, y + 1, second, high - 2, look.front, INK, 0.5)
        for start, wide, of in ((x, first, "i"), (x + first + 5, second, "h")):
            runs = [Run("W", "italic"), Run(f"{of}{gate.letter}", "italic", INK, 0.22, 0.78)]
            canvas.runs(start + wide / 2, y + high / 2 + 2.4, runs, 9, "middle")
    canvas.text(x + first / 2, top - 4, f"x: {grouped(inputs)}", SMALLEST, anchor="middle", fill=ROLES["in"])
    canvas.text(
        x + first + 5 + second / 2, top - 4, f"h: {grouped(hidden)}", SMALLEST, anchor="middle", fill=ROLES["out"]
    )


def _equation(canvas: Canvas, x: float, y: float, gate: Gate, biased: bool) -> None:
    """f = σ(W_if x + b_if + W_hf h′ + b_hf): torch's letters, so that no W_ih is two things."""
    letter = gate.letter

    def weight(of: str, name: str) -> list[Run]:
        bias = (
            [Run(" + ", "regular"), Run("b", "bold"), Run(f"{of}{letter}", "italic", INK, 0.22, 0.78)] if biased else []
        )
        return [Run("W", "italic"), Run(f"{of}{letter}", "italic", INK, 0.22, 0.78), Run(f" {name}", "bold"), *bias]

    state = weight("h", "h′")
    if gate.reset:
        state = [Run("r", "bold"), Run(" ⊙ (", "regular"), *state, Run(")", "regular")]
    runs = [
        Run(letter, "bold"),
        Run(f" = {gate.activation}( ", "regular"),
        *weight("i", "x"),
        Run(" + ", "regular"),
        *state,
    ]
    canvas.runs(x, y, [*runs, Run(" )", "regular")], 9)


FIGURE = Maker(
    "gates",
    Bi("循环层的门：权重、每一步的计算与公式", "a recurrent layer's gates: weights, equations, formulas"),
    make,
    order=47,
)
