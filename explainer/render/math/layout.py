"""MathML tree ⇒ compact HTML: real text, inline-block fractions, brackets drawn to size.

Only what has a shape gets an element; everything else is text, because a PDF costs by the element. Between the parts
of a long formula stand ordinary spaces (after relations), where a line may end; the parts themselves never break.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from xml.etree.ElementTree import Element

from explainer.render.math import boxes as boxes
from explainer.render.math.boxes import Box
from explainer.render.math.characters import (
    BIG_OPERATORS,
    BINARY,
    CLOSING,
    COMBINING,
    INVISIBLE,
    LENGTH,
    OPERATIONS,
    RELATIONS,
    SAME,
    brace_of,
    cell_class,
    characters,
    fences_of,
    is_one_of,
    is_slanted,
    plain_letters,
)  # fmt: skip


class UnsupportedError(ValueError):
    """A construct that compact HTML has no form for."""


_BREAK = " "
_TORN = 1.5  # times as long a product may be before it is torn
_LONG = 42  # characters in one unbreakable part before it may also break after + and ·
_LONG_INLINE = 24  # the same within a text or a cell of a table
_LINE = 66  # characters of a label and the part beside it
_NEVER_TOO_LONG = 70  # characters of a formula on a line of its own that always stand beside each other


def compact(math: Element, *, display: bool) -> str:
    """The formula as one ``<span class="m">``; raises ``UnsupportedError``."""
    try:
        return _Setter(display).formula(math)
    except RecursionError as error:
        raise UnsupportedError("nested too deeply") from error


class _Setter:
    """Walks one formula; knows only whether it is displayed and how deep in scripts it is."""

    def __init__(self, display: bool) -> None:
        self.display = display
        self.level = 0
        self.long = _LONG if display else _LONG_INLINE

    def formula(self, math: Element) -> str:
        children = _unwrapped(list(math))
        if self.display and (labelled := self.labelled(children)):
            return labelled
        whole, parts = self.parts(children)
        if len(parts) > 1:
            return f'<span class="m">{_parted(parts)}</span>'
        return f'<span class="{"m w tb" if self.display and _is_aligned(children) else "m w"}">{whole.html}</span>'

    def labelled(self, children: list[Element]) -> str | None:
        """A label, and its lines beside it: what a table would set, at a third of a table's cost in a PDF.

        None where only a table can: several labels, or a line that is long and may end within the formula.
        """
        rows = _rows_under_one_label(children)
        if not rows:
            return None
        label = self.row(list(rows[0][0]))
        lines = [self.parts(_unwrapped(list(cell)))[0] for _, cell in rows]
        if label.tall or any(_length([label, line]) > _NEVER_TOO_LONG for line in lines):
            return None
        return boxes.labelled(label, lines)

    # ------------------------------------------------------------------ rows

    def breakable(self, children: list[Element]) -> Box:
        """A row that may end a line at a relation: displayed, the next line begins with it."""
        whole, parts = self.parts(_unwrapped(children))
        html = f'<span class="w">{whole.html}</span>' if len(parts) == 1 else _parted(parts)
        return Box(html, whole.up, whole.down)

    def parts(self, children: list[Element]) -> tuple[Box, list[list[Box]]]:
        """A row as a whole, and the parts between which it may end a line."""
        parts: list[list[Box]] = [[]]
        depth = 0
        for index, child in enumerate(children):
            depth += is_one_of(child, frozenset("([")) - is_one_of(child, frozenset(")]"))
            relation = is_one_of(child, RELATIONS) and 0 < index < len(children) - 1
            if relation and self.display and parts[-1]:
                parts.append([])
            parts[-1].append(self.in_row(children, index))
            if (relation and not self.display) or self.may_end(child, depth, _length(parts[-1])):
                parts.append([])
        return boxes.join([box for part in parts for box in part]), parts

    def may_end(self, child: Element, depth: int, length: int) -> bool:
        """Whether a line may end behind it: between the terms of a sum rather than inside of one."""
        if not is_one_of(child, OPERATIONS):
            return False
        if is_one_of(child, frozenset("+−-")):
            return length > (self.long / 2 if depth == 0 else self.long)
        return length > _TORN * self.long

    def row(self, children: list[Element]) -> Box:
        return boxes.join([self.in_row(children, index) for index in range(len(children))])

    def in_row(self, children: list[Element], index: int) -> Box:
        child = children[index]
        if child.tag == "mo":
            return self.operator(child, children, index)
        return self.element(child)

    def operator(self, mo: Element, row: list[Element], index: int) -> Box:
        """An operator with the space that its place in the row asks for."""
        character = characters(mo)
        if not character or character in INVISIBLE:
            width = LENGTH.fullmatch(mo.get("lspace", ""))  # between sin and x
            return boxes.space(float(width[1])) if width else Box("")
        if size := LENGTH.fullmatch(mo.get("minsize", "")):
            return boxes.bracket(character.translate(SAME), float(size[1]))
        shown = character.translate(SAME)
        last = index == len(row) - 1
        if self.level or (index == 0 and last):
            return boxes.text(shown)
        if character in RELATIONS:
            before = "" if index == 0 else " "
            return boxes.text(f"{before}{shown}{'' if last else ' '}")
        if character in BINARY and not self.is_sign(row, index) and not last:
            return Box(f'<span class="o">{boxes.text(shown).html}</span>')
        if character in ",;" and not last and mo.get("rspace") != "0":
            return boxes.text(shown + " ")
        return boxes.text(shown)

    @staticmethod
    def is_sign(row: list[Element], index: int) -> bool:
        """Whether + or − at this place is a sign, not an operation."""
        if index == 0:
            return True
        before = row[index - 1]
        if before.tag != "mo":
            return False
        character = characters(before)
        return character not in CLOSING and character not in "!%′|‖"

    # -------------------------------------------------------------- elements

    def element(self, element: Element) -> Box:
        setter = _SETTERS.get(element.tag)
        if setter is None:
            raise UnsupportedError(element.tag)
        return setter(self, element)

    def group(self, element: Element) -> Box:
        children = list(element)
        fences = fences_of(element)
        outer = self.display
        self.display = {"true": True, "false": False}.get(element.get("displaystyle", ""), outer)
        if fences:
            inner = self.row(children[1:-1])
            opening, closing = (characters(mo).translate(SAME) for mo in fences)
            box = boxes.fenced(opening.strip("".join(INVISIBLE)), inner, closing.strip("".join(INVISIBLE)))
        else:
            box = self.row(children)
        self.display = outer
        color = re.fullmatch(r"color:\s*(#[0-9A-Fa-f]{6});?", element.get("style", ""))
        return Box(f'<span style="color:{color[1]}">{box.html}</span>', box.up, box.down) if color else box

    def identifier(self, element: Element) -> Box:
        name = characters(element)
        plain, tag = plain_letters(name)
        if tag is None and len(plain) == 1 and is_slanted(plain) and element.get("mathvariant") != "normal":
            tag = "i"
        shown = plain.translate(SAME)
        return boxes.styled(tag, shown) if tag else boxes.text(shown)

    def number(self, element: Element) -> Box:
        return boxes.text(characters(element))

    def lone_operator(self, element: Element) -> Box:
        return self.operator(element, [element], 0)

    def words(self, element: Element) -> Box:
        content = "".join(element.itertext())
        inner = {child.tag for child in element.iter()}
        tag = "b" if "b" in inner else "i" if "i" in inner else None
        return boxes.styled(tag, content) if tag else boxes.text(content)

    def blank(self, element: Element) -> Box:
        width = LENGTH.fullmatch(element.get("width", ""))
        if width is None:
            width = re.search(r"margin-left:\s*(-?[\d.]+)em", element.get("style", ""))
        return boxes.space(float(width[1])) if width else Box("")

    def fraction(self, element: Element) -> Box:
        above, below = element
        big = self.display or element.get("displaystyle") == "true"
        if element.get("displaystyle") == "false":
            big = False
        scale = 1.0 if big and not self.level else 0.8
        outer, self.display = self.display, False
        box = boxes.fraction(
            self.element(above), self.element(below), scale=scale, bar=element.get("linethickness") != "0"
        )
        self.display = outer
        return box

    def square_root(self, element: Element) -> Box:
        return boxes.root(self.row(list(element)), None)

    def nth_root(self, element: Element) -> Box:
        base, index = element
        return boxes.root(self.element(base), self.small(index))

    def small(self, element: Element) -> Box:
        """Something set in script size: no space around operators, no tall fractions."""
        self.level += 1
        try:
            return self.element(element)
        finally:
            self.level -= 1

    def scripts(self, element: Element) -> Box:
        base = self.element(element[0])
        if element.tag == "msub":
            return boxes.script(base, self.small(element[1]), None)
        if element.tag == "msup":
            if is_one_of(element[1], frozenset("′″‴")):
                return boxes.join([base, boxes.text(characters(element[1]))])
            return boxes.script(base, None, self.small(element[1]))
        return boxes.script(base, self.small(element[1]), self.small(element[2]))

    def limits(self, element: Element) -> Box:
        """munder, mover, munderover: accents, braces, labels on braces, limits of sums."""
        base = element[0]
        under = element[1] if element.tag != "mover" else None
        over = element[-1] if element.tag != "munder" else None
        if element.get("accent") == "true" and over is not None and under is None:
            return self.accent(base, over)
        if element.get("accentunder") == "true" and under is not None and over is None:
            mark = characters(under)
            inner = self.element(base)
            return boxes.under_brace(inner, Box("")) if mark == "⏟" else boxes.line_under(inner)
        brace = brace_of(base)
        if brace == "⏟" and under is not None and over is None:
            return boxes.under_brace(self.element(base[0]), self.small(under))
        if brace == "⏞" and over is not None and under is None:
            return boxes.over_brace(self.element(base[0]), self.small(over))
        big = is_one_of(base, BIG_OPERATORS)
        if big and not self.display:
            sub, sup = (None if part is None else self.small(part) for part in (under, over))
            return boxes.script(self.element(base), sub, sup)
        lower, upper = (None if part is None else self.small(part) for part in (under, over))
        return boxes.stack(self.element(base), lower, upper, big=big)

    def accent(self, base: Element, over: Element) -> Box:
        mark = characters(over)
        inner = self.element(base)
        if mark == "⏞":
            return boxes.over_brace(inner, Box(""))
        if mark == "̲" or (mark == "¯" and over.get("stretchy") == "true"):
            return boxes.line_over(inner)
        letter = characters(base) if base.tag == "mi" else ""
        if len(letter) == 1 and mark in COMBINING:
            return boxes.styled("i" if is_slanted(letter) else "span", letter + COMBINING[mark])
        shown = {"⃗": "→", "̂": "ˆ", "̃": "˜"}.get(mark, mark)
        css = "a v" if shown in "→←↔" else "a"
        return Box(
            f'<span class="{css}"><span>{boxes.text(shown).html}</span>{inner.html}</span>',
            inner.up + 0.15,
            inner.down,
        )

    def table(self, element: Element) -> Box:
        aligned = element.get("displaystyle") == "true"
        outer, self.display, long = self.display, aligned, self.long
        if aligned:  # a long label leaves less room beside it
            self.long = max(12, min(_LONG, _LINE - max((_letters(row[0]) for row in element if len(row)), default=0)))
        rows = [
            [(cell_class(cell, column, aligned), self.cell(cell, column, aligned)) for column, cell in enumerate(row)]
            for row in element
        ]
        self.display, self.long = outer, long
        box = boxes.table(rows, gap=0.24 if aligned else 0.0)
        return Box(box.html.replace('class="t"', 'class="t ta"', 1), box.up, box.down) if aligned else box

    def cell(self, element: Element, column: int, aligned: bool) -> Box:
        children = list(element)
        return self.breakable(children) if aligned and column % 2 else self.row(children)

    def unseen(self, element: Element) -> Box:
        box = self.row(list(element))
        return Box(f'<span class="h">{box.html}</span>', box.up, box.down)

    def enclosed(self, element: Element) -> Box:
        box = self.row(list(element))
        css = {
            "box": "bx",
            "updiagonalstrike": "st",
            "downdiagonalstrike": "st",
            "horizontalstrike": "st",
        }.get(element.get("notation", ""))
        if css is None:
            raise UnsupportedError(element.get("notation", "menclose"))
        return Box(f'<span class="{css}">{box.html}</span>', box.up + 0.1, box.down + 0.1)


_SETTERS: dict[str, Callable[[_Setter, Element], Box]] = {
    "math": _Setter.group, "mrow": _Setter.group, "mstyle": _Setter.group, "mpadded": _Setter.group,
    "mi": _Setter.identifier, "mn": _Setter.number, "mo": _Setter.lone_operator, "mtext": _Setter.words,
    "mspace": _Setter.blank, "mfrac": _Setter.fraction, "msqrt": _Setter.square_root, "mroot": _Setter.nth_root,
    "msub": _Setter.scripts, "msup": _Setter.scripts, "msubsup": _Setter.scripts,
    "munder": _Setter.limits, "mover": _Setter.limits, "munderover": _Setter.limits,
    "mtable": _Setter.table, "mphantom": _Setter.unseen, "menclose": _Setter.enclosed,
}  # fmt: skip


def _unwrapped(children: list[Element]) -> list[Element]:
    """What stands in rows within rows that mean nothing."""
    while len(children) == 1 and children[0].tag in ("mrow", "mstyle") and not fences_of(children[0]):
        children = list(children[0])
    return children


def _is_aligned(children: list[Element]) -> bool:
    """Whether a formula is one aligned table."""
    return len(children) == 1 and children[0].tag == "mtable" and children[0].get("displaystyle") == "true"


def _rows_under_one_label(children: list[Element]) -> list[Element]:
    """The rows of a formula that is one aligned table of two columns with nothing left of the later rows; or none."""
    if not _is_aligned(children):
        return []
    rows = list(children[0])
    plain = all(
        len(row) == 2 and cell_class(row[0], 0, True) == "r" and cell_class(row[1], 1, True) == "l" for row in rows
    )
    return rows if plain and not any(len(row[0]) for row in rows[1:]) else []


def _parted(parts: list[list[Box]]) -> str:
    """The parts as text that may end a line between them, and nowhere else: at the space of a relation, or at no space."""
    whole = [boxes.join(part).html for part in parts]
    ends = [_BREAK if (a[-1:] + b[:1]).count(" ") else "<wbr/>" for a, b in pairwise(whole)]
    pieces = [f'<span class="w">{html.strip(" ")}</span>' for html in whole]
    return "".join(piece + end for piece, end in zip(pieces, [*ends, ""], strict=True))


def _letters(element: Element) -> int:
    """How wide its text is, in letters: a Chinese one counts twice."""
    text = "".join(element.itertext())
    return len(text) + sum(character > "\u2e7f" for character in text)


def _length(parts: list[Box]) -> int:
    return sum(len(re.sub(r"<[^>]*>", "", box.html)) for box in parts)
