"""The text of a PDF that was printed from Word, a browser or LaTeX, put together again line by line.

A PDF has no lines: it has letters at places. Letters on one baseline are a line; smaller ones above it an exponent, below it
an index. What cannot be put in order for certain (columns side by side, a fraction set in two storeys, letters without
their code) is marked as doubtful, and its answers go to the teacher as they stand.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from explainer.homework.expressions import expression
from explainer.homework.submissions.pdf_page import UNKNOWN, Bar, Letter, Sheet
from explainer.homework.submissions.scan import reply

_ON_LINE = 0.12  # ems that a baseline may differ by
_SMALLER = 0.92  # an exponent's size beside the line's, at most
_CLOSE = 0.8  # ems between baselines that stand in each other's way
_CELL = 0.9  # ems between the cells of a table
_MARGIN = 0.075  # of the page's height, where its header and its footer stand
_TITLE = 4  # letters of what is printed on several pages, at least
_COLUMN = 3  # lines side by side that make two columns
MOST_STRIPS = 3_000  # baselines of one page: more is no text
MOST_RUNS = 300  # of a page whose text goes up and down
_FOOTER = expression(
    r"(?:\W*(?:第|page|p\.)?\s*(?P<n>\d{1,4})\s*页?(?:\s*(?:/|of|共|，共|,)\s*共?\s*\d{1,4}\s*页?)?\W*"
    r"|\d{1,4}[/.\-年]\d{1,2}[/.\-月]\d{1,4}日?[,，]?(?:\s.{0,60})?|(?:file|https?):/\S+(?:\s.{0,20})?)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Line:
    """What stands on one baseline, its letters from left to right. doubtful: it may not say what was meant."""

    y: float
    size: float
    letters: list[Letter] = field(default_factory=list)
    raised: dict[int, str] = field(default_factory=dict)  # exponents and indices, by the letter's order
    doubtful: bool = False
    crowded: bool = False  # another line stands in its way
    block: int = 0

    @property
    def left(self) -> float:
        return self.letters[0].left

    @property
    def right(self) -> float:
        return self.letters[-1].right

    def cells(self) -> list[tuple[float, str]]:
        """(left edge, text), cut where there is a gap as between the cells of a table."""
        runs: list[list[Letter]] = []
        end = 0.0
        for letter in self.letters:
            if not letter.text.strip() and (not runs or letter.left - end > 0):
                continue
            if not runs or letter.left - end > _CELL * self.size:
                runs.append([])
            runs[-1].append(letter)
            end = max(end, letter.right) if len(runs[-1]) > 1 else letter.right
        return [(run[0].left, text) for run in runs if (text := self._text(run))]

    def text(self) -> str:
        """All of it, the cells apart."""
        return "   ".join(text for _, text in self.cells())

    def between(self, left: float, right: float) -> str:
        """The text that begins between two edges."""
        return self._text([letter for letter in self.letters if left <= letter.left < right])

    def _text(self, run: list[Letter]) -> str:
        pieces: list[str] = []
        sign = ""
        before: Letter | None = None
        for letter in run:
            now = self.raised.get(letter.order, "") if letter.text.strip() else sign
            if now != sign:
                pieces.append("}" * bool(sign) + (now + "{" if now else ""))
                sign = now
            gap = letter.left - before.right if before is not None else 0.0
            chinese = 0 if before is None else before.wide + letter.wide
            if gap > (0.15, 0.4, 0.2)[chinese] * self.size and not pieces[-1].endswith((" ", "{")):
                pieces.append(" ")
            pieces.append(letter.text)
            before = letter
        return "".join([*pieces, "}" * bool(sign)]).replace(" }", "} ").strip()


def lines_of(page: Sheet) -> list[Line]:
    """The lines of a page in the order in which they are read."""
    strips = _strips(page.letters)
    if len(strips) > MOST_STRIPS:
        return [Line(strip.y, strip.size, strip.letters, doubtful=True) for strip in strips]
    _fractions(strips, [bar for bar in page.bars if bar.across])
    lines = _with_raised([strip for strip in strips if strip.letters])
    starts = _columns(page.letters)
    for line in lines:
        line.letters.sort(key=lambda letter: letter.left)
        line.block = bisect_right(starts, min(letter.order for letter in line.letters))
        line.doubtful = bool(starts) or any(UNKNOWN in letter.text for letter in line.letters)
    lines.sort(key=lambda line: (line.block, -line.y, line.left))
    lines = _side_by_side(lines)
    for above, below in pairwise(lines):
        if _close(above, below):
            above.crowded = below.crowded = True
    _mark_fractions(lines, page.bars)
    return lines


def _close(above: Line, below: Line) -> bool:
    return above.block == below.block and above.y - below.y < _CLOSE * min(above.size, below.size)


def _side_by_side(lines: list[Line]) -> list[Line]:
    """Two lines, and no third, that stand one beside the other and not quite as high are one: what was typed into a form."""
    kept: list[Line] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if at < len(lines) and _close(line, lines[at]):
            other = lines[at]
            alone = not (kept and _close(kept[-1], line)) and not (at + 1 < len(lines) and _close(other, lines[at + 1]))
            left, right = sorted((line, other), key=lambda one: one.left)
            if alone and left.right <= right.left:
                left.letters += right.letters
                left.raised |= right.raised
                left.doubtful = left.doubtful or right.doubtful
                line = left
                at += 1
        kept.append(line)
    return kept


def _strips(letters: Iterable[Letter]) -> list[Line]:
    """Letters of about one size on about one baseline."""
    strips: list[Line] = []
    ordered = sorted((letter for letter in letters), key=lambda letter: (-letter.y, -letter.size, letter.left))
    for letter in ordered:
        for strip in reversed(strips[-8:]):
            near = abs(letter.y - strip.y) <= _ON_LINE * max(letter.size, strip.size)
            if near and (_SMALLER < letter.size / strip.size < 1 / _SMALLER or not letter.text.strip()):
                strip.letters.append(letter)
                break
        else:
            if letter.text.strip():
                strips.append(Line(letter.y, letter.size, [letter]))
    return strips


def _fractions(strips: list[Line], bars: list[Bar]) -> None:
    """A stroke in the middle of a line, where the line itself has a gap, with letters above and below: `(…)/(…)`."""
    for bar in bars[:MOST_RUNS]:
        near = [strip for strip in strips if abs(strip.y - bar.bottom) < 2 * strip.size]
        mains = [strip for strip in near if 0.1 < (bar.bottom - strip.y) / strip.size < 0.5 and _around(strip, bar)]
        if len(mains) != 1:
            continue
        (main,) = mains
        above = [strip for strip in near if 0 < strip.y - bar.bottom < 0.9 * main.size]
        below = [
            strip for strip in near if 0.2 * main.size < bar.bottom - strip.y < 1.3 * main.size and strip is not main
        ]
        over, under = _inside(above, bar), _inside(below, bar)
        if len(over) != 1 or len(under) != 1:
            continue
        texts = [strip.between(bar.left - 2, bar.right + 2) for strip in (over[0], under[0])]
        order = min(letter.order for letter in _inside_letters(over[0], bar))
        for strip in (over[0], under[0]):
            strip.letters = [letter for letter in strip.letters if letter not in _inside_letters(strip, bar)]
        text = "({})/({})".format(*texts)
        main.letters.append(Letter(text, bar.left, bar.right, main.y, main.size, order))


def _around(strip: Line, bar: Bar) -> bool:
    """Whether the line goes on beside the bar, and has nothing where the bar is."""
    beside = any(-0.1 < (left - bar.right) / strip.size < 1.0 or -0.1 < (bar.left - right) / strip.size < 1.0
                 for left, right in ((letter.left, letter.right) for letter in strip.letters))  # fmt: skip
    return beside and not _inside_letters(strip, bar)


def _inside(strips: list[Line], bar: Bar) -> list[Line]:
    return [strip for strip in strips if _inside_letters(strip, bar)]


def _inside_letters(strip: Line, bar: Bar) -> list[Letter]:
    return [one for one in strip.letters if bar.left - 2 <= one.left and one.right <= bar.right + 2]


def _with_raised(strips: list[Line]) -> list[Line]:
    """Strips of small letters become exponents and indices of the line beside them, as far as they touch it."""
    kept = sorted(strips, key=lambda strip: -strip.size)
    for _ in range(2):  # an exponent may stand behind an index
        lines, kept = kept, []
        for strip in lines:
            strip.letters.sort(key=lambda letter: letter.left)
            rest = strip.letters
            for line in kept[-MOST_RUNS:]:
                up = (strip.y - line.y) / line.size
                if strip.size <= _SMALLER * line.size and -0.5 < up < 0.8:
                    rest = _raise(rest, line, "^" if up > 0.02 else "_" if up < -0.02 else "")
            if any(letter.text.strip() for letter in rest):
                strip.letters = rest
                kept.append(strip)
    return kept


def _raise(letters: list[Letter], line: Line, sign: str) -> list[Letter]:
    """Take over the runs of letters that begin right behind a letter of the line; the others are handed back."""
    ends = sorted(letter.right for letter in line.letters if letter.text.strip())
    taken: list[Letter] = []
    rest: list[Letter] = []
    inside, end = False, 0.0
    for letter in letters:
        if not (inside and letter.left - end < 0.35 * line.size):
            at = bisect_right(ends, letter.left + 0.15 * line.size) - 1
            inside = at >= 0 and letter.left - ends[at] < 0.45 * line.size
        (taken if inside else rest).append(letter)
        end = letter.right
    line.letters += taken
    line.raised |= {letter.order: sign for letter in taken if sign}
    return rest


def _columns(letters: list[Letter]) -> list[int]:
    """Where the text goes back up the page to stand beside itself: the orders at which a column begins."""
    runs: list[list[Letter]] = []
    for letter in letters:
        if not letter.text.strip():
            continue
        if not runs or letter.y > runs[-1][-1].y + 2.5 * letter.size:
            runs.append([])
        runs[-1].append(letter)
    if len(runs) > MOST_RUNS:
        return [runs[0][0].order]
    starts = []
    for before, after in pairwise(runs):
        low = max(min(one.y for one in before), min(one.y for one in after)) - 1
        high = min(max(one.y for one in before), max(one.y for one in after)) + 1
        old = [one for one in before if low <= one.y <= high]
        new = [one for one in after if low <= one.y <= high]
        if not old or not new or max(one.right for one in old) > min(one.left for one in new):
            continue
        if min(len({round(one.y) for one in old}), len({round(one.y) for one in new})) >= _COLUMN:
            starts.append(after[0].order)
    return starts


def _mark_fractions(lines: list[Line], bars: list[Bar]) -> None:
    """A bar with small letters right above and right below: two storeys that were taken for exponent and index."""
    for bar in bars:
        if not bar.across:
            continue
        for line in lines:
            if not line.raised or not -0.5 * line.size < bar.bottom - line.y < line.size:
                continue
            over = [one for one in line.letters if one.order in line.raised and bar.left - 1 <= one.left < bar.right]
            if {line.raised[one.order] for one in over} == {"^", "_"}:
                line.doubtful = True


def without_margins(pages: list[tuple[Sheet, list[Line]]]) -> list[tuple[Sheet, list[Line]]]:
    """The pages without page numbers, dates, addresses and running heads.

    A running head stands at the same height on several pages, or says a heading of the text in smaller letters. What is only
    said twice (`没有参数`) may be an answer, and `答：A` is one wherever it stands.
    """
    largest: dict[str, float] = {}
    levels: dict[tuple[str, int], set[int]] = {}  # at which height of which pages a text stands
    for number, (_, lines) in enumerate(pages, start=1):
        for line in lines:
            for text in _said(line, number):
                largest[text] = max(line.size, largest.get(text, 0))
                for level in _levels(line):
                    levels.setdefault((text, level), set()).add(number)

    def again(text: str, line: Line) -> bool:
        return line.size < _SMALLER * largest[text] or any(len(levels[text, level]) > 1 for level in _levels(line))

    def kept(line: Line, page: Sheet, number: int) -> bool:
        if not _on_edge(line, page) or reply(line.text()) is not None:
            return True
        texts = _said(line, number)
        head = sum(map(len, texts)) >= _TITLE and all(again(text, line) for text in texts)
        return not (head or _is_footer(line, number))

    return [
        (page, [line for line in lines if kept(line, page, number)])
        for number, (page, lines) in enumerate(pages, start=1)
    ]


def _on_edge(line: Line, page: Sheet) -> bool:
    margin = _MARGIN * (page.top - page.bottom)
    return not page.bottom + margin < line.y < page.top - margin


def _levels(line: Line) -> tuple[int, int]:
    """A line's height, to about a point."""
    return round(line.y), round(line.y + 0.5)


def _said(line: Line, page: int) -> list[str]:
    """Its cells, with the page's own number as "#"."""
    return [re.sub(rf"(?<!\d){page}(?!\d)", "#", text) for _, text in line.cells()]


def _is_footer(line: Line, page: int) -> bool:
    found = _FOOTER.fullmatch(line.text()[:200])
    return found is not None and (found["n"] is None or int(found["n"]) == page)
