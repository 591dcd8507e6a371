"""Pieces of a formula as HTML, each with the height it takes: what compact formulas are put together from.

Every bundled face has ascent 0.98 and descent 0.22, so a line of line-height 1.2 reaches exactly that far above and
below its baseline, whatever script stands in it. Heights of fractions, brackets and braces follow by adding up.
All lengths are in em of the piece's own font size.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

UP, DOWN = 0.98, 0.22
AXIS = 0.25  # height of fraction bars and of the middle of +
SCRIPT = 0.7
_SLACK = 0.2  # white space that a line keeps above and below its ink
_BRACE = 0.36  # the brace under a term, with its margins
_BAR = 0.05
_LINE_PADDING = 0.12  # above and below each line of an aligned formula


@dataclass(frozen=True)
class Box:
    """Markup, and how far it reaches above and below the baseline."""

    html: str
    up: float = UP
    down: float = DOWN

    @property
    def tall(self) -> bool:
        return self.up > UP + 0.1 or self.down > DOWN + 0.25


def text(characters: str) -> Box:
    """Characters as they are."""
    return Box(escape(characters, quote=False))


def styled(tag: str, characters: str) -> Box:
    """Characters in an element."""
    return Box(f"<{tag}>{escape(characters, quote=False)}</{tag}>")


def join(boxes: list[Box]) -> Box:
    """Boxes side by side on one baseline."""
    return Box(
        "".join(box.html for box in boxes),
        max((box.up for box in boxes), default=UP),
        max((box.down for box in boxes), default=DOWN),
    )


def em(length: float) -> str:
    """A length for a style sheet, without needless digits."""
    return f"{length:.3f}".rstrip("0").rstrip(".") + "em"


def space(width: float) -> Box:
    """White space; it may be negative."""
    return Box(f'<span style="margin-left:{em(width)}"></span>')


def fraction(above: Box, below: Box, *, scale: float, bar: bool = True) -> Box:
    """One over the other, the bar on the axis."""
    shift = AXIS / scale - below.up  # of the denominator's baseline, which is the baseline of an inline-block
    size = "" if scale == 1 else f"font-size:{em(scale)};"
    html = (
        f'<span class="{"f" if bar else "f z"}" style="{size}vertical-align:{em(shift)}">'
        f"<span>{above.html}</span><span>{below.html}</span></span>"
    )
    thick = _BAR if bar else 0.0  # it stands on the axis
    return Box(html, AXIS + scale * (above.up + above.down + thick), scale * (below.up + below.down) - AXIS)


def script(base: Box, sub: Box | None, sup: Box | None) -> Box:
    """Index and exponent."""
    drop = max(0.22, base.down - 0.05) if base.tall else 0.22
    rise = max(0.38, base.up - 0.6) if base.tall else 0.38
    if sub and sup:
        gap = (drop + rise) / SCRIPT
        html = (
            f'{base.html}<span class="ss" style="vertical-align:{em(-drop / SCRIPT)};line-height:{gap:.3f}">'
            f"<span>{sup.html}</span><span>{sub.html}</span></span>"
        )
    elif sub:
        style = "" if drop == 0.22 else f' style="vertical-align:{em(-drop / SCRIPT)}"'
        html = f"{base.html}<sub{style}>{sub.html}</sub>"
    else:
        assert sup is not None
        style = "" if rise == 0.38 else f' style="vertical-align:{em(rise / SCRIPT)}"'
        html = f"{base.html}<sup{style}>{sup.html}</sup>"
    up = max(base.up, rise + SCRIPT * (sup.up - _SLACK)) if sup else base.up
    down = max(base.down, drop + SCRIPT * (sub.down - _SLACK / 2)) if sub else base.down
    return Box(html, up, down)


def under_brace(base: Box, label: Box) -> Box:
    """A brace under a term, and a small label under the brace."""
    shift = base.down + _BRACE + SCRIPT * label.up
    html = (
        f'<span class="u" style="vertical-align:{em(-shift)}"><span>{base.html}</span>'
        f'<span class="ub"></span><span class="ul">{label.html}</span></span>'
    )
    return Box(html, base.up, shift + SCRIPT * label.down)


def over_brace(base: Box, label: Box) -> Box:
    """A brace over a term, and a small label over the brace."""
    html = (
        f'<span class="u"><span class="ul">{label.html}</span><span class="uo"></span><span>{base.html}</span></span>'
    )
    return Box(html, base.up + _BRACE + SCRIPT * (label.up + label.down), base.down)


def stack(base: Box, under: Box | None, over: Box | None, *, big: bool) -> Box:
    """Limits above and below an operator; `big` for ∑ and its like, set larger and centred on the axis."""
    up, down = (1.15, 0.47) if big else (base.up - 0.1, base.down)
    near = 0.0 if big else SCRIPT * 0.25  # letters leave room above and below; ∑ does not
    css = "ul" if big else "ul n"
    body = f'<span class="op">{base.html}</span>' if big else f"<span>{base.html}</span>"
    top = f'<span class="{css}">{over.html}</span>' if over else ""
    bottom = f'<span class="{css}">{under.html}</span>' if under else ""
    up += SCRIPT * (over.up + over.down) - near if over else 0.0
    shift = -(1.5 * 0.27 - AXIS) if big else 0.0
    if under:
        shift = near - (down + SCRIPT * under.up)
        down += SCRIPT * (under.up + under.down) - near
    style = f' style="vertical-align:{em(shift)}"' if shift else ""
    return Box(f'<span class="u"{style}>{top}{body}{bottom}</span>', up, down)


def line_over(base: Box) -> Box:
    """A line over a term."""
    return Box(f'<span class="ol">{base.html}</span>', base.up + 0.05, base.down)


def line_under(base: Box) -> Box:
    """A line under a term."""
    return Box(f'<span class="un">{base.html}</span>', base.up, base.down + 0.05)


def root(base: Box, index: Box | None) -> Box:
    """A radical whose sign grows with what stands under it."""
    top, bottom = base.up - (0.0 if base.tall else 0.12), base.down
    stretch = (top + bottom) / 1.187  # the sign's ink is 1.187 high, from −0.265 to 0.922
    lift = top - 0.922 * stretch
    grown = f' style="transform:translateY({em(-lift)}) scaleY({stretch:.3f})"' if base.tall else ""
    mark = f'<span class="ri">{index.html}</span>' if index else ""
    html = f'{mark}<span class="rs"{grown}>√</span><span class="rc">{base.html}</span>'
    return Box(html, max(UP, base.up + 0.05), base.down)


def labelled(label: Box, lines: list[Box]) -> str:
    """Lines below each other, a label in front of the first: a float as high as all of them keeps the others in line."""
    drop = lines[0].up - label.up  # the label stands on the first line's baseline
    lower = f"margin-top:{em(drop)};" if drop > 0 else ""
    height = sum(line.up + line.down + 2 * _LINE_PADDING for line in lines) - lines[-1].down - max(drop, 0.0)
    shown = "".join(f'<span class="w">{line.html}</span>' for line in lines)
    return (
        f'<span class="m al"><span class="lb" style="{lower}height:{em(height)}">{label.html}</span>'
        f'<span class="ln">{shown}</span></span>'
    )


_DRAWN = {
    "⌊": "kl kb", "⌋": "kr kb", "⌈": "kl kt", "⌉": "kr kt", "[": "kl kb kt", "]": "kr kb kt",
    "|": "kl k1", "∣": "kl k1", "‖": "kl kr k2", "∥": "kl kr k2",
}  # fmt: skip


def bracket(character: str, height: float) -> Box:
    """A bracket of this height, centred on the axis; its character stays in the text."""
    shown = escape(character, quote=False)
    half = height / 2
    if height <= 1.15:
        return Box(shown)
    if character in _DRAWN:
        top = max(0.0, AXIS + half - UP)  # from the bracket's top to the line of (unseen) text in it
        html = (
            f'<span class="k {_DRAWN[character]}" style="padding-top:{em(top)};height:{em(height - top)};'
            f'vertical-align:{em(min(0.0, AXIS + half - UP))}">{shown}</span>'
        )
    else:
        wide, high = min(1.2, 0.9 + height / 12), height / 0.92
        html = f'<span class="kp" style="transform:scale({wide:.2f},{high:.2f})">{shown}</span>'
    return Box(html, AXIS + half, half - AXIS)


def fenced(opening: str, inner: Box, closing: str) -> Box:
    """Brackets as tall as what they enclose."""
    height = 2 * max(inner.up - AXIS - _SLACK, inner.down + AXIS - _SLACK / 2)
    parts = [bracket(opening, height)] if opening else []
    parts.append(inner)
    if closing:
        parts.append(bracket(closing, height))
    return join(parts)


def table(rows: list[list[tuple[str, Box]]], *, gap: float) -> Box:
    """Rows of (class, cell); centred on the axis."""
    height = 0.0
    html = ['<span class="t">']
    for row in rows:
        cells = "".join(
            f'<span class="{css}">{box.html}</span>' if css else f"<span>{box.html}</span>" for css, box in row
        )
        html.append(f"<span>{cells}</span>")
        height += max((b.up for _, b in row), default=UP) + max((b.down for _, b in row), default=DOWN) + gap
    html.append("</span>")
    return Box("".join(html), height / 2 + AXIS, height / 2 - AXIS)
