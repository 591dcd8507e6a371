r"""Running text → answers: Markdown, the paragraphs of a .docx, the cells of a notebook.

`- features.0.params: 1792`, `features.0.params = (3*3*3+1)*64 = 1792`, `## features.0.params` with the working under it,
tables, and a worksheet's own questions (`1. …`, `答：…`) filled in.
"""

from __future__ import annotations

import re

from explainer.homework.submissions.base import MAX_ANSWER, MAX_NAME, NAME, Entry, Found, plain
from explainer.homework.submissions.tables import read_rows

MAX_LINE = 20_000  # characters: more than an answer may have
_SHEET = re.compile(r"\b(?:sheet|worksheet|练习编号)\s*[=:：]\s*([^\s,;>]+)")
_MARKER = re.compile(r"^\s*(?:>\s*)*(?:#{1,6}\s+|[-*+•]\s+(?:\[[ xX]\]\s+)?)?")
_ORDINAL = re.compile(
    r"^[*_]*(?:第\s*(\d{1,3})\s*题|(?:Q|Question|问题|题目?)\s*(\d{1,3})|[(（](\d{1,3})[)）]|(\d{1,3})(?=\s*(?:[、)）:：]|[.．](?!\d))))"
    r"\s*[.、．:：)）]*[*_]*\s*",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"^[*_`\"'\s]*({NAME.pattern})[`\"'*_\s]*(?:\([^()]*\)|（[^（）]*）)?[*_\s]*(?:(?:[:：=＝]|->|→|⇒|是|为)\s*(.*))?$",
    re.DOTALL | re.ASCII,
)
_REPLY = re.compile(
    r"^[*_]*\s*(?:答案?|解答?|回答|作答|你的答案|Your answer|Answer|A)\s*[*_]*\s*[:：=＝]\s*[*_]*(.*)$", re.I | re.S
)
_META = re.compile(r"^[*_#\s]*([^\W\d_][\w ]{0,19}?)[*_\s]*[:：=＝]\s*[*_]*(.*?)[*_]*\s*$")
_UNESCAPE = re.compile(r"\\([*_|#.+\-`<>~$])")
_ESCAPED_PIPE = re.compile(r"(?<!\\)\|")
_PROSE = re.compile(r"[\u4e00-\u9fff]|[A-Za-z]{2,}[,.]? [A-Za-z]{2,}|[?？]")
_CONTINUES = re.compile(r"^\s*(?:[=＝≈∴⇒→]|[\d(（\[$\\+\-*×·/^]|[A-Za-z_][\w{}^]*\s*[=*×·^+(])")
_KEYS = r"(?:学号|姓名|班级|得分|student(?: number| id)?|name|class|score)\s*[:：]"
_PIECES = re.compile(rf"[\s;；,，]+(?={_KEYS})|\s{{3,}}", re.IGNORECASE)
_ID = re.compile(
    r"(?<![\w-])[TM]\d-[^\s,，*`<>]+-[nfcm]\d{1,3}-l\d-s\d[^\s,，*`<>]*-[2-9A-Z]{2}(?![\w-])"
)  # a worksheet's


def read_lines(text: str, found: Found, *, markdown: bool = True) -> list[Found]:
    """The answers in a text go into `found`; a table of several students makes a `Found` for each."""
    reader = _Reader(found, markdown)
    if markdown:
        text, comments = without_comments(text)
        for comment in comments:
            sheet = _SHEET.search(comment[:MAX_LINE])
            if sheet:
                found.say("sheet", sheet[1])
    for at, line in enumerate(text.splitlines()):
        printed = _ID.search(line[:1000]) if at < 50 and found.sheet_id is None else None
        if printed:
            found.say("sheet", printed[0])
        reader.line(line[:MAX_LINE])
    reader.close_table()
    return reader.all


def without_comments(text: str) -> tuple[str, list[str]]:
    """The text and what stood in its `<!-- comments -->`; one that is never closed is text."""
    kept, comments, at = [], [], 0
    while (begin := text.find("<!--", at)) >= 0 and (end := text.find("-->", begin)) >= 0:
        kept.append(text[at:begin])
        comments.append(text[begin + 4 : end])
        at = end + 3
    return "".join([*kept, text[at:]]), comments


class _Reader:
    """One pass over the lines; `entry` is the question that is open for an answer."""

    def __init__(self, found: Found, markdown: bool) -> None:
        self.found = found
        self.markdown = markdown
        self.all = [found]
        self.entry: Entry | None = None
        self.rows: list[list[str]] = []
        self.fenced = False
        self.blank = False

    def line(self, raw: str) -> None:
        if self.markdown and raw.lstrip().startswith(("```", "~~~")):
            self.fenced = not self.fenced
            return
        if self.markdown and not self.fenced and raw.lstrip().startswith("|"):
            self.rows.append(cells(raw))
            return
        self.close_table()
        line = raw if self.fenced or not self.markdown else _UNESCAPE.sub(r"\1", raw)
        if not line.strip():
            self.blank = True
            return
        self.text_line(line)
        self.blank = False

    def text_line(self, line: str) -> None:
        bare = _MARKER.sub("", line, count=1)
        if self.opens(bare) or self.replies(bare) or self.says_who(bare) or self.entry is None:
            return
        heading = bool(re.match(r"^\s*#{1,6}\s", line))
        fresh = not self.entry.text[:200].strip("_＿ …")
        if heading or not (_CONTINUES.match(bare) or (self.fenced and not fresh) or re.fullmatch(r"\s*[$`]+.*", bare)):
            if heading or (self.blank and not fresh):
                self.entry = None
            return
        if len(self.entry.text) <= MAX_ANSWER:
            self.entry.text = f"{self.entry.text}\n{bare.rstrip()}".lstrip("\n")

    def opens(self, line: str) -> bool:
        """A line that names a question, and perhaps answers it at once."""
        ordinal = None if _NAMED.match(line.strip()) else _ORDINAL.match(line)  # q1.params is a name, not question 1
        number = next((group for group in ordinal.groups() if group), "") if ordinal else ""
        rest = line[ordinal.end() :] if ordinal else line
        named = _NAMED.match(rest.strip())
        if named:
            self.open(Entry(named[2] or "", named[1], number, named[1]))
            return True
        if not number or (self.entry is not None and self.fenced):
            return False
        inside = NAME.search(rest)
        worded = re.search(r"[\u4e00-\u9fff]|[A-Za-z]{3}", rest)
        if not worded and not rest.strip("_ …＿") and not ordinal:
            return False
        if not worded:
            self.open(Entry(rest, "", number, number))
            return True
        blank = re.search(r"[:：=＝]\s*([^:：=＝]*)$", rest)
        answered = blank[1] if blank and not _PROSE.search(plain(blank[1])) else ""
        self.open(Entry(answered, inside[0] if inside else "", number, rest.strip(" *_:：")[:MAX_NAME]))
        return True

    def open(self, entry: Entry) -> None:
        self.entry = entry
        self.found.entries.append(entry)

    def replies(self, line: str) -> bool:
        """`答：1792` under a question."""
        said = _REPLY.match(line)
        if not said or self.entry is None:
            return False
        self.entry.text = said[1]
        return True

    def says_who(self, line: str) -> bool:
        """`学号：2023…    姓名：张三`, in one line or in two."""
        taken = False
        for piece in _PIECES.split(line):
            said = _META.match(piece.strip())
            taken = bool(said and self.found.say(said[1], said[2])) or taken
        return taken

    def close_table(self) -> None:
        """A table has ended: its rows are read like any other's."""
        rows = [row for row in self.rows if not all(re.fullmatch(r"\s*:?-+:?\s*", cell) for cell in row)]
        self.rows = []
        if rows:
            more = read_rows(rows, self.found)
            self.all += [one for one in more if one is not self.found]
            self.entry = None


def cells(line: str) -> list[str]:
    r"""`| a | b \| c |` → ["a", "b | c"]."""
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [_UNESCAPE.sub(r"\1", cell).strip() for cell in _ESCAPED_PIPE.split(inner)]
