"""What a reader makes of a file: who sends it, and each answer under the name that it was written with.

Whatever stands between one question and the next belongs to the answer. What cannot be read is handed on as it was
written, never as "not answered": docs/submissions.md has the whole specification.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from explainer.errors import UserError
from explainer.homework.expressions import expression
from explainer.i18n.bilingual import Bi, same

MAX_BYTES = 20_000_000  # of one file, and of all that an Office file unpacks to
MAX_TEXT = 2_000_000  # characters of running text that are read
MAX_LINES = 50_000
MAX_ANSWERS = 2_000  # of one student
MAX_ROWS = 20_000  # of one table: a whole class may stand in it
MAX_COLUMNS = 300
MAX_ANSWER = 10_000  # characters of one answer kept: the grammar's own limit is far below
MAX_NAME = 120  # characters of a student's number or name

CUT = Bi(
    zh="{name}的答案长达{n}个字符，只保留前{most}个。",
    en="{name}: the answer has {n} characters; only the first {most} are kept.",
)
TWICE = Bi(
    zh="{name}答了不止一次，以最后一次为准。",
    en="{name} is answered more than once; the last answer counts.",
)
TOO_MANY = Bi(
    zh="文件中有{n}个答案，超过上限{most}个，后面的没有读。",
    en="The file has {n} answers, more than the limit of {most}; the rest was not read.",
)
TOO_MUCH_TEXT = Bi(
    zh="文件太长，只读了前面的部分（{most}个字符以内，{lines}行以内）。",
    en="The file is too long; only its beginning was read (at most {most} characters and {lines} lines).",
)
TOO_MANY_ROWS = Bi(
    zh="表格太大，只读了前{rows}行、前{columns}列。",
    en="The table is too large; only its first {rows} rows and {columns} columns were read.",
)


class Broken(UserError):
    """A file that cannot be read: one sentence, which goes into that student's row."""


@dataclass(frozen=True)
class Submission:
    """What one student sent.

    student: the number as text ("" if neither the file nor its name says it); name: the student's own name.
    sheet_id: of the worksheet that was filled in. answers: by the question's name (or number, or wording, as written);
    an answer left blank is "". problems: what could not be read, in sentences.
    claimed: the number is only what the text says; the file's name does not bear it out. warnings: for the teacher alone.
    wordings: what else stood beside an answer's key. unread: keys of answers that the reader itself could not make out.
    """

    student: str
    name: str
    sheet_id: str | None
    answers: dict[str, str]
    problems: tuple[Bi, ...] = ()
    claimed: bool = False
    warnings: tuple[Bi, ...] = ()
    wordings: dict[str, str] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()


@dataclass(slots=True)
class Entry:
    """One answer as found: the question's name, its number on a sheet, its wording; any may be missing.

    aside: what stood there as well and counts only where there is nothing else (a line of code, a closing word).
    unread: the reader could not make it out; the text is what was written.
    """

    text: str
    name: str = ""
    number: str = ""
    wording: str = ""
    aside: str = ""
    unread: bool = False

    def key(self, on_sheet: bool) -> str:
        """By the number on a worksheet; else by the name, the number or the wording, whichever is there."""
        first = self.number if on_sheet else self.name
        return first or self.name or self.number or self.wording

    def add(self, line: str) -> None:
        """One more line of the answer; what goes far beyond the limit is not kept."""
        if len(self.text) <= MAX_ANSWER:
            self.text = f"{self.text}\n{line}" if self.text.strip() else line

    def set_aside(self, line: str) -> None:
        """A line that is the answer only where nothing else is."""
        if len(self.aside) <= MAX_ANSWER:
            self.aside = f"{self.aside}\n{line}" if self.aside else line


@dataclass
class Found:
    """All that a reader has found in one file for one student."""

    student: str = ""
    name: str = ""
    sheet_id: str | None = None
    entries: list[Entry] = field(default_factory=list)
    problems: list[Bi] = field(default_factory=list)

    def say(self, key: str, value: str) -> bool:
        """Take `学号: 2023…` and the like; False if the key is none of these."""
        kind = who(key)
        value = value[:1_000].strip("_＿*` \t\u3000")
        if kind is None:
            return False
        if not value.strip("_＿ .…"):
            return True
        both = _NAME_AND_NUMBER.fullmatch(value) if kind in ("student", "name") else None
        if both:
            self.name, self.student = self.name or both[1][:MAX_NAME], self.student or both[2][:MAX_NAME]
        elif kind == "student":
            self.student = self.student or value[:MAX_NAME]
        elif kind == "name":
            self.name = self.name or value[:MAX_NAME]
        elif kind == "sheet" and _LIKE_AN_ID.match(value):  # not "练习：卷积"
            self.sheet_id = self.sheet_id or value[:MAX_NAME]
        return True

    def submission(self, *, on_sheet: bool = False) -> Submission:
        """The answers by their keys, each once. on_sheet: they are numbered though the file carries no worksheet's id."""
        problems = list(self.problems)
        if len(self.entries) > MAX_ANSWERS:
            problems.append(TOO_MANY.format(n=len(self.entries), most=MAX_ANSWERS))
        answers: dict[str, str] = {}
        wordings: dict[str, str] = {}
        unread: set[str] = set()
        for entry in self.entries[:MAX_ANSWERS]:
            key = entry.key(on_sheet or self.sheet_id is not None)
            text = plain(entry.text) or plain(entry.aside)
            if len(text) > MAX_ANSWER:
                problems.append(CUT.format(name=_called(key), n=len(text), most=MAX_ANSWER))
                text = text[:MAX_ANSWER]
            if answers.get(key) and text and answers[key] != text:
                problems.append(TWICE.format(name=_called(key)))
            answers[key] = text or answers.get(key, "")
            if entry.wording and entry.wording != key:
                wordings[key] = entry.wording
            if text:
                (unread.add if entry.unread else unread.discard)(key)
        return Submission(
            unicodedata.normalize("NFKC", self.student),  # ２０２３ from a Chinese keyboard is 2023
            self.name,
            self.sheet_id,
            answers,
            tuple(dict.fromkeys(problems)),
            claimed=bool(self.student),
            wordings=wordings,
            unread=frozenset(unread),
        )


def _called(key: str) -> Bi:
    """A question in a sentence: by its name, or its number on a sheet."""
    return Bi(f"第{key}题", f"Question {key}") if key.isdecimal() else same(key[:MAX_NAME])


_NAME_AND_NUMBER = expression(
    r"([^\W\d][^\d(（,，;；]{0,80}?)\s{0,3}[(（,，;；]\s{0,3}([A-Za-z]{0,4}\d{3,20})\s{0,3}[)）]?"
)  # Ann Lee (3003)
_LIKE_AN_ID = expression(r"[A-ZＡ-Ｚ]\s?[0-9０-９]\s?[-－—–]")
WHO = {
    "student": "学号 考号 学生号 student studentid studentnumber studentno sid 学生学号 学籍号",
    "name": "姓名 名字 学生姓名 name studentname fullname",
    "sheet": "sheet sheetid worksheet worksheetid 试卷 试卷号 试卷编号 卷号 练习编号 练习号 练习 作业编号 编号id",
    "other": "班级 班 得分 总分 日期 时间 专业 学院 院系 课程 教师 任课教师 班号 class group score date course teacher",
}
_WHO = {word: kind for kind, words in WHO.items() for word in words.split()}


_RULED = expression(
    r"[ \t]*(?<![_＿])(?:[_＿]{4,80}|＿{2,80})[ \t]*$|^[ \t]*(?:_{4,80}|＿{1,80})[ \t]*", re.MULTILINE
)  # what is left of the line that was written upon


def who(key: str) -> str | None:
    """`学号`, `Student ID` → "student"; `姓名` → "name"; `练习编号`, `sheet` → "sheet"; `班级` → "other"; anything else → None."""
    return _WHO.get(squeezed(key))


def squeezed(key: str) -> str:
    """A column's or a line's heading for comparison: lower case, no blanks, no punctuation."""
    return re.sub(r"[\s_\-.:：*`()（）\[\]#]++", "", key[:200]).lower()


def stated(text: str) -> tuple[str, str] | None:
    """(key, value) of `# 学号: 2023…`, `**Name** = …`: the key of at most 20 characters."""
    bare = text.lstrip(' \t\u3000"#*_')
    at = min((at for sign in ":：=＝" if (at := bare.find(sign, 0, 32)) > 0), default=-1)
    if at < 0:
        return None
    key = bare[:at].strip(" \t\u3000*_`")
    return (key, bare[at + 1 :].strip(' \t\r\n\u3000*_",;')) if 0 < len(key) <= 20 else None


def plain(text: str) -> str:
    """An answer without what wraps it: blanks, code and formula marks, emphasis, a line left to fill in.

    One pass from both ends: the time is linear in the text's length, whatever is in it.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip().strip("\ufeff\u200b")
    begin, end = 0, len(text)
    marks = text.count("`") + text.count("$")
    stars = text.count("**")
    while begin < end:
        if text[begin].isspace():
            begin += 1
        elif text[end - 1].isspace():
            end -= 1
        elif stars % 2 and text.startswith("**", begin, end):
            begin, stars = begin + 2, stars - 1
        elif stars % 2 and text.endswith("**", begin, end):
            end, stars = end - 2, stars - 1
        elif stars == 2 and end - begin >= 4 and text.startswith("**", begin, end) and text.endswith("**", begin, end):
            begin, end, stars = begin + 2, end - 2, 0  # around the whole; `Total: **1792**` keeps both
        elif marks and text[begin] in "`$" and text[end - 1] in "`$":
            left = begin
            while left < end and text[left] == text[begin]:
                left += 1
            right = end
            while right > left and text[right - 1] == text[end - 1]:
                right -= 1
            if (left - begin) + (end - right) != marks:
                break
            begin, end, marks = left, right, 0
        else:
            break
    text = _RULED.sub("", text[begin:end])
    return "" if text and set(text) <= set("_＿ .…—-") else text
