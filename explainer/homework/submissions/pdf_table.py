"""Tables of a PDF: below a heading (`题号 | 答案`) the lines between two bars across the page are a row."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise

from explainer.homework.expressions import expression
from explainer.homework.submissions.pdf_page import Bar, Sheet
from explainer.homework.submissions.pdf_text import Line
from explainer.homework.submissions.scan import is_name, named, ordinal, reply
from explainer.homework.submissions.tables import heads

_SAME = 5.0  # points: the two sides of one border
_MARKED = expression(r"[•·\-–*]\s")
DOUBT = "\ue000"  # behind a line or a cell that may not say what was meant; no reader knows it


def blocks(page: Sheet, lines: list[Line]) -> Iterator[str | list[list[str]]]:
    """Lines of text and whole tables, in the order of the page."""
    frame = page.right - min((line.left for line in lines), default=0.0)  # margins are alike on both sides
    at = 0
    while at < len(lines):
        head = [text for _, text in lines[at].cells()]
        if len(head) > 1 and heads(head):
            rows, at = _table(page.bars, lines, at)
            yield rows
            continue
        text, doubt = lines[at].text(), lines[at].doubtful or lines[at].crowded
        while at + 1 < len(lines) and _goes_on(lines[at], lines[at + 1], frame):
            at += 1
            text += " " * (not (lines[at - 1].letters[-1].wide or lines[at].letters[0].wide)) + lines[at].text()
            doubt = doubt or lines[at].doubtful or lines[at].crowded
        yield text + f"\n{DOUBT}" * doubt
        at += 1


def _goes_on(line: Line, below: Line, frame: float) -> bool:
    """Whether a line ends only because the page does: the first word of the next one had no room in it."""
    word = 0.0
    for letter in below.letters:
        if word and (letter.wide or not letter.text.strip() or letter.left - below.left > word + 0.15 * below.size):
            break
        word = letter.right - below.left
    room = frame - line.right
    if not (-line.size < room < word + 0.3 * line.size) or line.block != below.block:
        return False
    if not 0 < line.y - below.y < 3 * line.size or abs(line.size - below.size) > 0.2 * line.size:
        return False
    text = below.text()
    return named(text) is None and ordinal(text) is None and reply(text) is None and not _MARKED.match(text)


def _table(bars: list[Bar], lines: list[Line], at: int) -> tuple[list[list[str]], int]:
    """(its rows, the line behind it)."""
    head = lines[at]
    across = [bar for bar in bars if bar.across and bar.left < head.right and bar.right > head.left]
    down = [bar for bar in bars if not bar.across]
    below = [y for y in reversed(_merged(bar.bottom for bar in across)) if y < head.y]
    if not below or head.y - below[0] > 2 * head.size:
        return _without_bars(lines, at)
    width = _length(across, below[0])
    edges = _merged(bar.left for bar in down if bar.bottom < head.y < bar.top + head.size)
    columns = edges if len(edges) > 2 else [left - head.size for left, _ in head.cells()]
    rows = [_row([head], columns)]
    at += 1
    for top, bottom in pairwise(below):
        middle = (top + bottom) / 2
        if _length(across, bottom) < 0.6 * width or (edges and not any(bar.bottom < middle < bar.top for bar in down)):
            break
        inside = []
        while at < len(lines) and bottom < lines[at].y < top:
            inside.append(lines[at])
            at += 1
        if inside:
            rows.append(_row(inside, columns))
    return rows, at


def _length(across: list[Bar], y: float) -> float:
    """How long the bars at a height are together."""
    return sum(bar.right - bar.left for bar in across if abs(bar.bottom - y) <= _SAME)


def _row(lines: list[Line], columns: list[float]) -> list[str]:
    cells: list[list[str]] = [[] for _ in columns]
    where: list[list[float]] = [[] for _ in columns]
    edges = [-math.inf, *(left - 1 for left in columns[1:]), math.inf]
    for line in lines:
        for column, (left, right) in enumerate(pairwise(edges)):
            text = line.between(left, right)
            if text:
                crowded = any(abs(line.y - y) < 0.8 * line.size for y in where[column])
                cells[column].append(text + DOUBT * (line.doubtful or crowded))
                where[column].append(line.y)
    name = "".join(cells[0])
    first = name if is_name(name) else "\n".join(cells[0])  # a long name goes over two lines
    doubt = DOUBT * (DOUBT in first)
    return [first.replace(DOUBT, ""), *("\n".join(texts) + doubt for texts in cells[1:])]


def _without_bars(lines: list[Line], at: int) -> tuple[list[list[str]], int]:
    """No edges are drawn: a line a row; a line under the later columns alone goes on with the row that it is nearer to."""
    second = lines[at].cells()[1][0] - 2 * lines[at].size
    rows: list[list[str]] = []
    doubt = False
    while at < len(lines):
        line, cells = lines[at], [text for _, text in lines[at].cells()]
        if rows and len(cells) == 1 and line.left < second:
            break
        goes_on = line.left >= second
        behind = lines[at + 1].y if at + 1 < len(lines) else -math.inf
        unclear = goes_on and lines[at - 1].y - line.y > 0.9 * (line.y - behind)  # set in the middle of its row
        rows.append(
            [*[""] * goes_on, *cells[:-1], cells[-1] + DOUBT * (doubt or unclear or line.doubtful or line.crowded)]
        )
        doubt = unclear
        at += 1
    return rows, at


def _merged(places: Iterable[float]) -> list[float]:
    """Sorted, the two sides of a border as one."""
    kept: list[float] = []
    for place in sorted(places):
        if not kept or place - kept[-1] > _SAME:
            kept.append(place)
    return kept
