"""Formulas as text: ASCII for machines, Unicode for tables and the terminal, LaTeX for the page."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import groupby

from msgspec import Struct

from explainer.formula.tree import Expr, Number, Powers, Product, Rounded, Sum, Symbol, Value
from explainer.i18n.bilingual import Lang, grouped


class Plain(Struct, frozen=True):
    """How a formula is written in plain text."""

    times: str = "·"
    minus: str = "−"
    space: str = ""
    floor: tuple[str, str] = ("⌊", "⌋")
    ceil: tuple[str, str] = ("⌈", "⌉")
    commas: bool = True
    juxtapose: bool = True
    power: str = ""  # d², or with this sign d**2

    def number(self, value: Value) -> str:
        if isinstance(value, Fraction):
            return _decimal(value) or f"{value.numerator}/{value.denominator}"
        return grouped(value) if self.commas else str(value)


ASCII = Plain(
    times="*", minus="-", floor=("floor(", ")"), ceil=("ceil(", ")"), commas=False, juxtapose=False, power="**"
)
ASCII_SPACED = Plain("*", "-", " ", ("floor(", ")"), ("ceil(", ")"), commas=False, juxtapose=False, power="**")
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def plain(expr: Expr, style: Plain) -> str:
    """`(3·3·512+1)·512`; as ASCII `(3*3*512+1)*512`."""
    match expr:
        case Number():
            return style.number(expr.value)
        case Symbol():
            return expr.name
        case Sum():
            text = ""
            for plus, term in expr.parts:
                sign = f"{style.space}{'+' if plus else style.minus}{style.space}"
                text += (sign if text or not plus else "") + _bracketed(term, not plus, style)
            return text
        case Product():
            return _plain_product(expr, style)
        case Rounded():
            opening, closing = style.ceil if expr.up else style.floor
            above, below = (_bracketed(side, True, style, divisor=side is expr.denominator) for side in expr.children())
            return f"{opening}{above}/{below}{closing}"
    raise TypeError(f"no notation for {type(expr).__name__}")


def _plain_product(expr: Product, style: Plain) -> str:
    """Factors in order; `3·3·(32/4)·64`: a quotient inside a product gets brackets where people read it.

    A product inside a product was grouped on purpose: `(64·224·224)·(3·3·3)`.
    """
    text, piece, last = "", "", None
    parts = _counted(expr)
    for at, (times, factor, exponent) in enumerate(parts):
        written = _bracketed(factor, True, style, divisor=not times or isinstance(factor, Product))
        if exponent > 1:
            written += f"{style.power}{exponent}" if style.power else str(exponent).translate(_SUPERSCRIPT)
        if last is None:
            text = piece = written
        elif times:
            joint = "" if style.juxtapose and _is_coefficient(last, factor) else style.times
            piece = written
            text += joint + piece
        elif style.juxtapose and at + 1 < len(parts) and len(text) > len(piece):
            quotient = f"({piece}/{written})"
            text = text[: len(text) - len(piece)] + quotient
            piece = quotient
        else:
            text += "/" + written
            piece += "/" + written
        last = factor
    return text


def _counted(expr: Product) -> list[tuple[bool, Expr, int]]:
    """Factors and divisors, each with its exponent: in `Powers`, equal symbols side by side are one."""
    found: list[tuple[bool, Expr, int]] = []
    for times, factor in expr.parts:
        if isinstance(expr, Powers) and found and isinstance(factor, Symbol) and found[-1][:2] == (times, factor):
            found[-1] = (times, factor, found[-1][2] + 1)
        else:
            found.append((times, factor, 1))
    return found


def ascii_formula(expr: Expr, spaced: bool = False) -> str:
    """The formula as the JSON has it: `*` for ×; symbolic ones with spaces around + and -."""
    return plain(expr, ASCII_SPACED if spaced else ASCII)


class Tex(Struct, frozen=True):
    """How a formula is written in LaTeX; with `labels`, the role of each number stands under it."""

    times: str = r"\cdot"
    labels: tuple[Lang, ...] = ()


def latex(expr: Expr, style: Tex) -> str:
    r"""`(k_h\cdot k_w\cdot C_{\mathrm{in}}+1)\cdot C_{\mathrm{out}}`."""
    match expr:
        case Number():
            return _labelled(_tex_number(expr.value), expr, style)
        case Symbol():
            return tex_symbol(expr.name)
        case Sum():
            text = ""
            for plus, term in expr.parts:
                text += ("+" if plus else "-") if text or not plus else ""
                text += _tex_bracketed(term, not plus, style)
            return text
        case Powers():
            return _tex_powers(expr, style)
        case Product():
            return _tex_product(expr, style)
        case Rounded():
            above, below = (latex(side, style) for side in expr.children())
            left, right = ("lceil", "rceil") if expr.up else ("lfloor", "rfloor")
            return rf"\left\{left}\frac{{{above}}}{{{below}}}\right\{right}"
    raise TypeError(f"no notation for {type(expr).__name__}")


def tex_symbol(name: str) -> str:
    r"""`C_in` → `C_{\mathrm{in}}`, `k_h` → `k_h`."""
    base, _, index = name.partition("_")
    index = index.replace("_", ",")  # d_2_out: index 2, out
    if len(base) > 1 and base.isascii():  # an argument without a letter of its own is its name
        return rf"\mathtt{{{name.replace('_', chr(92) + '_')}}}"
    if not index:
        return base
    return f"{base}_{index}" if len(index) == 1 else rf"{base}_{{\mathrm{{{index}}}}}"


def tex_text(text: str) -> str:
    r"""Words inside a formula: `\text{…}` with everything TeX would act on taken out."""
    return r"\text{" + re.sub(r"[\\{}$%#&~^_]", " ", text) + "}"


def _tex_number(value: Value) -> str:
    if isinstance(value, Fraction):
        return _decimal(value) or rf"\frac{{{value.numerator}}}{{{value.denominator}}}"
    return grouped(value).replace(",", "{,}")


def _tex_product(expr: Product, style: Tex) -> str:
    """Factors in order; neighbours of one role share a brace: 3·3 over "kernel"."""
    text, piece, last = "", "", None
    over, under = "", list[Expr]()
    for key, run in groupby(expr.parts, key=lambda part: _role(part, style)):
        parts = list(run)
        times, first = parts[0]
        if not times:  # over the factor before it: C_in over g, then the other factors; a/b/c under one line
            start = len(text) - len(piece)
            over = over if under else _unbracketed(piece)
            under.append(first)
            below = [_tex_bracketed(one, len(under) > 1, style, isinstance(one, Product)) for one in under]
            piece = rf"\frac{{{over}}}{{{_unbracketed(f'{style.times} '.join(below))}}}"
            text = text[:start] + piece
            last = first
            continue
        if last is not None:
            text += "" if _is_coefficient(last, first) else f"{style.times} "
        under = []
        bare = Tex(style.times) if isinstance(key, str) else style
        body = f"{style.times} ".join(
            _tex_bracketed(factor, True, bare, isinstance(factor, Product)) for _, factor in parts
        )
        piece = _brace(body, key)
        text += piece
        last = parts[-1][1]
    return text


def _tex_powers(expr: Powers, style: Tex) -> str:
    r"""`12d^{2}`; what divides stands under one line: `\frac{d\cdot n}{h}`."""
    lines: dict[bool, str] = {True: "", False: ""}
    last: dict[bool, Expr | None] = {True: None, False: None}
    for times, factor, exponent in _counted(expr):
        written = _tex_bracketed(factor, True, style, isinstance(factor, Product))
        before = last[times]
        if before is not None:
            lines[times] += "" if _is_coefficient(before, factor) else f"{style.times} "
        lines[times] += written + (f"^{{{exponent}}}" if exponent > 1 else "")
        last[times] = factor
    return rf"\frac{{{lines[True]}}}{{{lines[False]}}}" if lines[False] else lines[True]


def _role(part: tuple[bool, Expr], style: Tex) -> str | int:
    """What groups neighbouring factors: their label, or nothing (each by itself)."""
    times, factor = part
    label = _label(factor, style) if times else ""
    return label or id(part)


def _brace(body: str, label: str | int) -> str:
    return rf"\underbrace{{{body}}}_{{{label}}}" if isinstance(label, str) else body


def _labelled(body: str, leaf: Number, style: Tex) -> str:
    label = _label(leaf, style)
    return _brace(body, label) if label else body


def _label(leaf: Expr, style: Tex) -> str:
    if not style.labels or not isinstance(leaf, Number) or leaf.label is None:
        return ""
    words = leaf.label
    return tex_text(" ".join(words[lang] for lang in style.labels))


def _is_coefficient(before: Expr, factor: Expr) -> bool:
    """2p, not 2·p: a bare number before a symbol; a name of several letters is kept apart."""
    letter = isinstance(factor, Symbol) and len(factor.name.partition("_")[0]) == 1
    return letter and isinstance(before, Number) and before.source is None


def _needs_brackets(expr: Expr, in_product: bool, divisor: bool) -> bool:
    """Brackets for a sum in a product, a product under a slash, a negative number, a fraction like 1/3."""
    if isinstance(expr, Number):
        return expr.value < 0 or (in_product and isinstance(expr.value, Fraction) and not _decimal(expr.value))
    return (isinstance(expr, Sum) and in_product) or (isinstance(expr, Product) and divisor)


def _bracketed(expr: Expr, in_product: bool, style: Plain, divisor: bool = False) -> str:
    text = plain(expr, style)
    return f"({text})" if _needs_brackets(expr, in_product, divisor) else text


def _tex_bracketed(expr: Expr, in_product: bool, style: Tex, divisor: bool = False) -> str:
    text = latex(expr, style)
    return f"({text})" if _needs_brackets(expr, in_product, divisor) and not _one_fraction(text) else text


def _unbracketed(text: str) -> str:
    """What stands over a line needs no brackets of its own."""
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if not depth:
            return text[1:-1] if at and at == len(text) - 1 else text
    return text


def _one_fraction(text: str) -> bool:
    r"""Whether all of it stands over and under one line, \frac{C}{2}, which brackets it by itself."""
    if not text.startswith(r"\frac{"):
        return False
    depth, groups = 0, 0
    for at, sign in enumerate(text):
        depth += (sign == "{") - (sign == "}")
        groups += sign == "}" and depth == 0
        if groups == 2:
            return at == len(text) - 1
    return False


def _decimal(value: Fraction) -> str:
    """A fraction that ends as a decimal (111.5), else nothing."""
    digits = next((n for n in range(1, 7) if (value * 10**n).denominator == 1), None)
    return f"{float(value):.{digits}f}" if digits else ""
