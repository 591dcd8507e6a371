r"""Running text → answers: Markdown, the paragraphs of a .docx, the cells of a notebook.

`- features.0.params: 1792`, `features.0.params = (3*3*3+1)*64 = 1792`, `## features.0.params` with the working under it,
tables, and a worksheet's own questions (`1. …`, `答：…`) filled in. Whatever stands between one question and the next
belongs to the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from explainer.homework.expressions import expression
from explainer.homework.submissions.base import (
    MAX_ANSWER,
    MAX_LINES,
    MAX_TEXT,
    TOO_MUCH_TEXT,
    Entry,
    Found,
    plain,
    stated,
    who,
)
from explainer.homework.submissions.scan import (
    HEAD,
    Ordinal,
    asks,
    farewell,
    is_rule,
    name_in,
    named,
    ordinal,
    reply,
    says_something,
    section,
    spoken,
    unrolled,
)
from explainer.homework.submissions.tables import adds_up, asks_questions, read_rows

MAX_LINE = 2 * MAX_ANSWER  # characters: more than an answer may have
SKIPPED_AT_MOST = 10  # questions left out in a row: a number further on is a figure, not a question
MOST_QUESTIONS = 100
_SHEET = expression(
    r"\b(?:sheet|worksheet|练习编号)\s{0,3}[=:：]\s{0,3}((?:[^\s,，;；>]|,(?=\d)){1,120})"
)  # its commas: net.py:Net@1,1,28,28
_UNESCAPE = expression(r"\\([*_|#.+\-`<>~$])")
_ESCAPED_PIPE = expression(r"(?<!\\)\|")
_BREAK = expression(r"<br\s?/?>", re.IGNORECASE)
_WIDE = expression(r"\s{3,}+")
_KEY = expression(
    r"[\s;；,，]{1,3}(?=(?:学号|姓名|班级|得分|student(?: number| id)?|name|class|score)\s{0,3}[:：])", re.IGNORECASE
)
_EQUAL = expression("=")
_WORKED = expression(r"[\d)）]\s{0,3}[=＝≈]")  # `3*3=9`, and not the `kernel_size=(3, 3)` of the question
_ID = expression(r"[TM]\d-.{1,150}-[nfcm]\d{1,3}-l\d-s\d.{0,60}-[2-9A-Z]{2}")  # a worksheet's
_COUNT = expression(r"-[nfcm](\d{1,3})-l\d-s\d")


def read_lines(text: str, found: Found, *, markdown: bool = True, on_sheet: bool = False) -> list[Found]:
    """The answers in a text go into `found`; a table of several students makes a `Found` for each.

    on_sheet: the answers are those of a worksheet, by their numbers, though the text does not carry its id.
    """
    reader = LineReader(found, markdown=markdown, on_sheet=on_sheet)
    reader.feed(text)
    return reader.close()


def bounded(text: str, found: Found) -> list[str]:
    """The lines that are read: so many characters of so many lines, each as far as an answer may go; told where it is less."""
    lines = list(islice(text[:MAX_TEXT].splitlines(), MAX_LINES + 1))
    if len(text) > MAX_TEXT or len(lines) > MAX_LINES:
        found.problems.append(TOO_MUCH_TEXT.format(most=MAX_TEXT, lines=MAX_LINES))
    return [line[:MAX_LINE] for line in lines[:MAX_LINES]]


def without_comments(text: str) -> tuple[str, list[str]]:
    """The text and what stood in its `<!-- comments -->`; one that is never closed is text."""
    kept, comments, at = [], [], 0
    while (begin := text.find("<!--", at)) >= 0 and (end := text.find("-->", begin)) >= 0:
        kept.append(text[at:begin])
        comments.append(text[begin + 4 : end])
        at = end + 3
    return "".join([*kept, text[at:]]), comments


class LineReader:
    """One pass over lines and tables; `entry` is the question that is open for an answer."""

    def __init__(self, found: Found, *, markdown: bool = True, on_sheet: bool = False, wrapped: bool = False) -> None:
        self.found = found
        self.wrapped = wrapped  # lines end where the page ends: a printed question may go over several
        self.markdown = markdown
        self.on_sheet = on_sheet
        self.all = [found]
        self.entry: Entry | None = None
        self.replied: Entry | None = None  # the question whose 解： or 答： was read
        self.numbers: dict[str, Entry] = {}  # the questions opened by their numbers
        self.style = ""  # how the first of them was written
        self.spoken = False  # its questions are a layer's name and a word: c层参数：112
        self.by_name = False  # the text names its questions: a bare number is a step of an answer
        self.step: Ordinal | None = None  # the last numbered step inside the answer
        self.rows: list[list[str]] = []
        self.fence: str = ""
        self.fenced_in: Entry | None = None
        self.blank = False
        self.bullet = ""  # of the line before

    # ---- what is fed in

    def feed(self, text: str, *, aside: bool = False) -> None:
        """A text of several lines. aside: lines that answer only where nothing else does (a program's code)."""
        if self.markdown and not aside:
            text, comments = without_comments(text)
            for comment in comments:
                sheet = _SHEET.search(comment[:MAX_LINE])
                if sheet:
                    self.found.say("sheet", sheet[1])
        lines = bounded(text, self.found)
        if not self.numbers:
            self._look_ahead(lines)
        if not self.by_name and not aside:
            lines = unrolled(lines, self._count())
        for at, line in enumerate(lines):
            if at < 50 and self.found.sheet_id is None and (printed := _printed_id(line)):
                self.found.say("sheet", printed)
            self.line(line, aside=aside)

    def _look_ahead(self, lines: Iterable[str]) -> None:
        """Whether questions are called by their names, or `1.1792` is how the first answer is numbered."""
        for line in lines:
            bare, _ = _without_marker(line)
            self.by_name = self.by_name or named(bare[:HEAD]) is not None
            first = None if self.style or self.by_name else ordinal(bare[:HEAD], tight=True)
            if first is not None and first.style.endswith("t") and first.number == "1":
                self.style = "t"
            elif first is not None:
                self.style = "-"
        self.style = self.style.strip("-")

    def line(self, raw: str, *, aside: bool = False) -> None:
        """One line."""
        bare = raw.lstrip()
        mark = bare[:3]
        if (
            self.markdown
            and mark in ("```", "~~~")
            and (not self.fence or mark == self.fence)
            and mark[0] not in bare.lstrip(mark[0])
        ):
            self.fence = "" if self.fence else mark
            self.fenced_in = self.entry
            return
        if self.markdown and not self.fence and bare.startswith("|"):
            self.rows.append(cells(raw))
            return
        self.close_table()
        if not bare or (not self.fence and is_rule(bare)):
            self.blank = True
            return
        line = raw if self.fence or not self.markdown else _BREAK.sub("\n", _UNESCAPE.sub(r"\1", raw))
        self._text(line, aside)
        self.blank = False

    def table(self, rows: list[list[str]]) -> None:
        """A table: of questions and answers, or a part of the answer that is open."""
        sums = self.entry is not None and self.entry.name.startswith("total.") and not self.entry.text.strip()
        if self.entry is not None and (not asks_questions(rows) or (sums and adds_up(rows))):
            for row in rows[1:] if asks_questions(rows) else rows:
                filled = [cell.strip() for cell in row if cell.strip()]
                if filled:
                    self.entry.add(": ".join(filled) if len(filled) == 2 else "  ".join(filled))
            return
        more = read_rows(rows, self.found)
        self.all += [one for one in more if one is not self.found]
        self.entry = None

    def close_table(self) -> None:
        """A table of Markdown has ended."""
        rows = [row for row in self.rows if not all(set(cell.strip()) <= set(":-") for cell in row)]
        self.rows = []
        if rows:
            self.table(rows)

    def close(self) -> list[Found]:
        """What was found, once the text has ended."""
        self.close_table()
        return self.all

    # ---- what a line is

    def _text(self, line: str, aside: bool) -> None:
        bare, marker = _without_marker(line)
        step = self.step
        inside = bool(self.fence) and self.fenced_in is not None
        if section(line) and not inside and reply(bare) is None:
            self.blank = True
            return
        if self._opens(bare, len(line) - len(line.lstrip()), aside) or self._replies(bare) or self._says_who(bare):
            self.bullet = marker
            return
        if self.entry is None:
            return
        if marker == "#" and not inside:
            self.blank = True
            return
        closing = farewell(bare) or (self.blank and not says_something(bare))
        if aside or (closing and self.entry.text.strip("_＿ …\n") and not inside):
            self.entry.set_aside(line.strip())  # a line of code, "thank you"
            return
        if self.step is not None and self.step is not step:
            bare, marker = self.step.rest, "1"
        self.entry.add(self._continued(line, bare, marker, inside))
        self.bullet = marker

    def _continued(self, line: str, bare: str, marker: str, inside: bool) -> str:
        """A line of an answer: without the mark of a list, unless it is the sign of a sum or a product."""
        if inside:
            return line.rstrip()
        sign = marker in ("+", "-", "*") and marker != self.bullet and bare[:1] in "0123456789([（"
        return line.strip() if sign and self.entry is not None and self.entry.text.strip() else bare.rstrip()

    def _opens(self, line: str, indent: int, aside: bool) -> bool:
        """A line that names a question, and perhaps answers it at once."""
        whole = named(line)
        if whole is None and self._may_be_spoken():
            whole = spoken(line)
            self.spoken = self.spoken or whole is not None
        if whole is not None:
            self._open(Entry(whole[1], whole[0], "", whole[0]))
            return True
        number = ordinal(line, tight=self.style == "t")
        if number is None or (aside and number.style != "Q"):
            return False
        inner = named(number.rest)
        if inner is not None:
            self._open(Entry(inner[1], inner[0], number.number, inner[0]), number)
            return True
        if not self._is_next(number, indent):
            return False
        answer, wording = _parted(number.rest)
        self._open(Entry(answer, name_in(number.rest), number.number, wording[:HEAD] or number.number), number)
        return True

    def _may_be_spoken(self) -> bool:
        """Whether `conv1层参数：1792` may be a question: inside the answer to another kind of question it is a step."""
        inside = bool(self.fence) and self.fenced_in is not None
        return not (self._sheet() or self.by_name or inside) and (self.entry is None or self.spoken)

    def _is_next(self, number: Ordinal, indent: int) -> bool:
        """Whether a numbered line begins a question, and not a step of the answer that is open."""
        if self.entry is not None and self.fence and self.fenced_in is not None:
            return False
        spelled = number.style.endswith("Q")
        if self.by_name and not self._sheet() and self.entry is not None and not spelled and not asks(number.rest):
            return False
        if not 1 <= int(number.number) <= self._count():
            return False
        if self.entry is None or spelled:
            return True
        known, alike = self.numbers.get(number.number), number.style == self.style and indent < 2
        step = (
            self.step is not None
            and self.step.style == number.style
            and int(self.step.number) + 1 == int(number.number)
        )
        if not alike and (step or (known is not None and (known is self.entry or known.text.strip()))):
            self.step = number  # 1) 2) 3) inside an answer
            return False
        if known is not None and known.text.strip():
            return bool(self.entry.text.strip())
        furthest = max((int(opened) for opened in self.numbers), default=0)
        return int(number.number) <= furthest + SKIPPED_AT_MOST and (indent < 2 or number.style == self.style)

    def _sheet(self) -> bool:
        return self.on_sheet or self.found.sheet_id is not None

    def _count(self) -> int:
        """How many questions there may be: what the worksheet's id says."""
        said = _COUNT.search(self.found.sheet_id or "")
        return int(said[1]) if said else MOST_QUESTIONS

    def _open(self, entry: Entry, number: Ordinal | None = None) -> None:
        if number is not None:
            self.numbers[number.number] = entry
            self.style = self.style or number.style
        self.entry, self.step = entry, None
        self.found.entries.append(entry)

    def _replies(self, line: str) -> bool:
        """`答：1792` under a question; working that stood before it stays, the question's own words do not."""
        said = reply(line)
        if said is None or self.entry is None:
            return False
        answered = self.replied is self.entry and bool(self.entry.text.strip("_＿ …\n"))  # 解：… stands before 答：…
        self.replied = self.entry
        told = _WORKED if self.wrapped else _EQUAL
        before = [line for line in self.entry.text.splitlines() if answered or (told.search(line) and not asks(line))]
        self.entry.text = "\n".join([*before, said] if said.strip("_＿ …") else before)
        return True

    def _says_who(self, line: str) -> bool:
        """`学号：2023…    姓名：张三`, in one line or in two."""
        taken = False
        for piece in _WIDE.sub("\0", line[:HEAD]).split("\0"):
            for part in _KEY.split(piece):
                said = stated(part)
                if said and self.entry is not None and who(said[0]) == "other" and not self.blank:
                    continue
                taken = bool(said and self.found.say(*said)) or taken
        return taken


def _printed_id(line: str) -> str:
    """A worksheet's id in a line, "" if there is none."""
    for token in re.split(r"[\s,，*`<>：:=]", line[:1000]):
        if 12 <= len(token) <= 250 and token[0] in "TM" and _ID.fullmatch(token):
            return token
    return ""


def _without_marker(line: str) -> tuple[str, str]:
    """(the line without the mark of a heading, a list or a quotation, that mark): `- [x] a` → ("a", "-")."""
    bare = line.lstrip(" \t\u3000>")
    if bare.startswith("#"):
        text = bare.lstrip("#")
        return (text.lstrip(), "#") if len(bare) - len(text) <= 6 and text[:1].isspace() else (bare, "")
    if bare[:1] in ("-", "*", "+", "•", "·", "–") and bare[1:2].isspace():
        text = bare[2:].lstrip()
        box = text[:1] == "[" and text[1:2] in " xX" and text[2:4] == "] "
        return (text[4:] if box else text).lstrip(), bare[0]
    return bare, ""


def _parted(rest: str) -> tuple[str, str]:
    """(answer, wording) of what stands behind a question's number."""
    if not asks(rest):
        return (rest, "") if says_something(rest) or not rest.strip("_ …＿") else ("", rest.strip(" *_:："))
    wording = rest[:HEAD]
    at = max(wording.rfind(sign) for sign in ":：=＝?？")
    tail = rest[at + 1 :] if at >= 0 else ""
    answered = says_something(plain(tail)) and not asks(tail) and len(tail) < HEAD
    return (tail.strip() if answered else ""), wording.strip(" *_:：")


def cells(line: str) -> list[str]:
    r"""`| a | b \| c |` → ["a", "b | c"]."""
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [_BREAK.sub("\n", _UNESCAPE.sub(r"\1", cell)).strip() for cell in _ESCAPED_PIPE.split(inner)]
