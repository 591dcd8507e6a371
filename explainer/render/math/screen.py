"""Long formulas on a screen: browsers break no line within a formula, so it is given them in pieces.

In a text a formula may end a line after a relation, a long one after + and · too; a row of a displayed formula that is wider than the page's
column goes on in the next row, which begins with its relation.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from xml.etree.ElementTree import Element, SubElement, tostring

from explainer.render.math.characters import CLOSING, OPENING, OPERATIONS, RELATIONS, characters

_INLINE = 20.0  # letters of an unbroken piece within a text, before it may also break after + and ·
_WITHIN = 34.0  # before it may break within brackets too
_ROW = 70.0  # letters that the page's column holds
_LABEL = 34.0  # of a label beside its formula
_UNDER = 0.6  # of a letter: one of a label under a factor
_INDENT = "2em"


def inline(math: Element) -> str:
    """A formula in a text: one element, or several between which a line may end."""
    if sum(map(wide, math)) <= _INLINE:
        return _text(math)
    pieces = list(_pieces(list(math)))
    return _text(math) if len(pieces) == 1 else "<wbr/>".join(_text(_like(math, piece)) for piece in pieces)


def displayed(math: Element) -> str:
    """A displayed formula, rows that are too wide for the column going on in the next."""
    tables = [child for child in math if child.tag == "mtable" and child.get("displaystyle") == "true"]
    for table in tables if len(tables) == len(math) == 1 else ():
        rows = list(table)
        if all(len(row) == 2 for row in rows):
            rows = [line for row in rows for line in _apart(row)]
            room = _ROW - max(sum(map(wide, row[0])) for row in rows)
            for row in list(table):
                table.remove(row)
            for row in rows:
                table.extend(_rows(row, room))
    return _text(math)


def wide(element: Element) -> float:
    """About how wide it is, in letters: a Chinese one counts twice."""
    if element.tag == "mfrac":
        return max(map(wide, element))
    if element.tag in ("munder", "mover", "munderover"):
        return max((wide(child) * _small(child) for child in element if child.tag != "mo"), default=1.0)
    if element.tag in ("msub", "msup", "msubsup"):
        base, *scripts = map(wide, element)
        return base + 0.7 * max(scripts, default=0.0)
    if len(element):
        return sum(map(wide, element))
    text = characters(element)
    if element.tag == "mo" and (text in RELATIONS or text in OPERATIONS):
        return 2.2
    return sum(2.0 if letter > "\u2e7f" and letter < "\U0001d400" else 1.0 for letter in text)


def _small(element: Element) -> float:
    """A label under a factor is set smaller than the factor."""
    return _UNDER if element.tag == "mtext" else 1.0


def _apart(row: Element) -> Iterator[Element]:
    """A label that takes half the column stands in a row of its own."""
    left, right = row
    if sum(map(wide, left)) <= _LABEL:
        yield row
        return
    above, below = Element("mtr", row.attrib), Element("mtr", row.attrib)
    SubElement(above, "mtd", left.attrib)
    SubElement(above, "mtd", right.attrib).extend(list(left))
    SubElement(below, "mtd", left.attrib)
    below.append(right)
    yield from (above, below)


def _rows(row: Element, room: float) -> Iterator[Element]:
    left, right = row
    if sum(map(wide, right)) <= room:
        yield row
        return
    lines: list[list[Element]] = [[]]
    for segment in _segments(list(right)):
        if lines[-1] and sum(map(wide, lines[-1] + segment)) > room:
            lines.append([])
        lines[-1] += segment
    for at, line in enumerate(lines):
        for again, piece in enumerate(_fitting(line, room)):
            made = Element("mtr", row.attrib)
            made.append(left if not at and not again else Element("mtd", left.attrib))
            cell = SubElement(made, "mtd", right.attrib)
            if again:
                SubElement(cell, "mspace", {"width": _INDENT})
            cell.extend(piece)
            yield made


def _segments(children: list[Element]) -> Iterator[list[Element]]:
    """The row cut before each relation, its first one apart."""
    segment: list[Element] = []
    for at, child, depth in _deep(children):
        if at and not depth and characters(child) in RELATIONS and child.tag == "mo":
            yield segment
            segment = []
        segment.append(child)
    yield segment


def _fitting(line: list[Element], room: float) -> Iterator[list[Element]]:
    """One step of a derivation that is itself too wide: it goes on after an operation."""
    piece: list[Element] = []
    after: list[Element] = []  # what stands behind the last place at which the line may end
    for _, child, depth in _deep(line):
        if piece and sum(map(wide, piece + after)) + wide(child) > room:
            yield piece
            piece, room = [], room - 4
        after.append(child)
        if child.tag == "mo" and characters(child) in OPERATIONS and depth <= 1:
            piece, after = piece + after, []
    yield piece + after


def _pieces(children: list[Element]) -> Iterator[list[Element]]:
    piece: list[Element] = []
    for at, child, depth in _deep(children):
        piece.append(child)
        if child.tag != "mo" or at in (0, len(children) - 1):
            continue
        long = sum(map(wide, piece))
        relation = not depth and characters(child) in RELATIONS
        if relation or (characters(child) in OPERATIONS and long > (_WITHIN if depth else _INLINE)):
            yield piece
            piece = []
    if piece:
        yield piece


def _deep(children: list[Element]) -> Iterator[tuple[int, Element, int]]:
    """Each child with its place and how many brackets are open there."""
    depth = 0
    for at, child in enumerate(children):
        sign = characters(child) if child.tag == "mo" else ""
        depth -= sign in CLOSING
        yield at, child, depth
        depth += sign in OPENING


def _like(math: Element, children: list[Element]) -> Element:
    """A formula of these children; a sign at an end of it keeps the room that it has between two terms."""
    made = Element("math", math.attrib)
    for at, child in enumerate(children):
        if child.tag == "mo" and at == len(children) - 1 and at:
            child = copy(child)
            child.set("form", "infix")
        made.append(child)
    return made


def _text(math: Element) -> str:
    return tostring(math, encoding="unicode", short_empty_elements=False)
