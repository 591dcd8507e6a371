"""A formula in a figure: every number in the colour of what it measures, with its name under it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from msgspec import Struct

from explainer.figures.parts import heading
from explainer.figures.svg.canvas import SMALLEST, WIDTH, Canvas
from explainer.figures.svg.colours import INK, ROLES
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Product, Rounded, Sum, Symbol
from explainer.i18n.bilingual import Bi, grouped
from explainer.walkthrough.model import Layer

CLOSING = ")⌋⌉"
PARAMS, MACS = Bi("参数量", "parameters"), Bi("计算量", "MACs")
COLOURS: dict[Role, str] = {
    Role.KERNEL: ROLES["kernel"],
    Role.WINDOW: ROLES["kernel"],
    Role.STRIDE: ROLES["kernel"],
    Role.CHANNELS_IN: ROLES["in"],
    Role.FEATURES_IN: ROLES["in"],
    Role.CHANNELS_OUT: ROLES["out"],
    Role.FEATURES_OUT: ROLES["out"],
    Role.HIDDEN: ROLES["out"],
    Role.BIAS: ROLES["bias"],
    Role.SIZE_OUT: ROLES["place"],
    Role.TOKENS: ROLES["place"],
}


class Token(Struct, frozen=True):
    """A number with the symbol that it stands for, or a sign."""

    text: str
    label: Bi | None = None
    role: Role | None = None

    @property
    def number(self) -> bool:
        return self.text[0].isdigit()

    @property
    def colour(self) -> str:
        return COLOURS.get(self.role, INK) if self.role else INK


def tokens(expr: Expr, inside: bool = False) -> Iterator[Token]:
    """A formula with its numbers put in, from left to right. inside: a sum there needs brackets."""
    match expr:
        case Number():
            source = expr.source
            yield Token(
                grouped(expr.value) if isinstance(expr.value, int) else str(expr.value),
                expr.label,
                source.role if source else None,
            )
        case Symbol():
            yield Token(expr.name)
        case Sum():
            if inside:
                yield Token("(")
            for i, (plus, term) in enumerate(expr.parts):
                if i or not plus:
                    yield Token("+" if plus else "−")
                yield from tokens(term, not plus and isinstance(term, Sum))
            if inside:
                yield Token(")")
        case Product():
            for i, (times, factor) in enumerate(expr.parts):
                if i:
                    yield Token("·" if times else "/")
                nested = isinstance(factor, Sum) or (isinstance(factor, Product) and len(expr.parts) > 1)
                if isinstance(factor, Product) and nested:
                    yield Token("(")
                    yield from tokens(factor)
                    yield Token(")")
                else:
                    yield from tokens(factor, nested)
        case Rounded():
            yield Token("⌈" if expr.up else "⌊")
            yield from tokens(expr.numerator, isinstance(expr.numerator, Sum))
            yield Token("/")
            yield from tokens(expr.denominator, True)
            yield Token("⌉" if expr.up else "⌋")


def draw(canvas: Canvas, x: float, y: float, expr: Expr, value: int, right: float, size: float = 10.0) -> float:
    """The formula and what it comes to, from x on; the baseline of the last line. It goes on below where it is too long."""
    start, under = x, size + 1
    parts = list(tokens(expr))
    result = f"= {grouped(value)}"
    lines = 0
    for i, token in enumerate(parts):
        step = _step(canvas, token, size)
        after = step + (_step(canvas, parts[i + 1], size) if i + 1 < len(parts) and token.text in "·+" else 0)
        closing = len(list(takewhile(lambda one: one.text in CLOSING, parts[i + 1 :]))) if token.number else 0
        after += sum(_step(canvas, one, size) for one in parts[i + 1 : i + 1 + closing])  # no line begins with them
        if x + after > right and x > start and token.text not in CLOSING:
            x, y, lines = start + 8, y + size + under + 3, lines + 1
        if token.number:
            canvas.text(x + step / 2, y, token.text, size, "bold", "middle", token.colour)
            if token.label:
                half = canvas.wide(token.text, size, "bold") / 2 + 0.5
                canvas.line((x + step / 2 - half, y + 2.6), (x + step / 2 + half, y + 2.6), token.colour, 0.6)
                canvas.text(x + step / 2, y + under - 0.6, token.label, SMALLEST, "regular", "middle", token.colour)
        else:
            canvas.text(x + step / 2, y, token.text, size, "regular", "middle")
        x += step
    if x + canvas.wide(result, size) + 6 > right:
        x, y = start + 8, y + size + under + 3
    canvas.text(x + 5, y, result, size)
    return y


def draw_both(canvas: Canvas, y: float, layer: Layer, size: float = 10.0, apart: float = 26) -> float:
    """The layer's parameters and multiply-accumulates, one under the other, each with its name before it; where the next line stands."""
    assert layer.params is not None and layer.macs is not None
    left = max(canvas.wide(PARAMS, 7.8, "bold"), canvas.wide(MACS, 7.8, "bold")) + 16
    for name, derivation in ((PARAMS, layer.params), (MACS, layer.macs)):
        heading(canvas, 0, y, name)
        y = draw(canvas, left, y, derivation.substituted, derivation.value, WIDTH, size) + apart
    return y


def _step(canvas: Canvas, token: Token, size: float) -> float:
    """How far the pen moves: names under numbers keep apart."""
    wide = canvas.wide(token.text, size, "bold" if token.number else "regular")
    if token.label:
        return max(wide, canvas.wide(token.label, SMALLEST)) + 4
    return wide + (0.8 if token.text in "()⌊⌋" else 3)
