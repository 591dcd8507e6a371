"""What a reader makes of a file: who sends it, and each answer under the name that it was written with."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi

MAX_BYTES = 20_000_000  # of one file, and of all that an Office file unpacks to
MAX_ANSWERS = 2_000  # in one file
MAX_ANSWER = 10_000  # characters of one answer kept: the grammar's own limit is far below
MAX_NAME = 120  # characters of a student's number or name

CUT = Bi(
    zh="{name} 的答案长达{n}个字符，只保留前{most}个。",
    en="The answer to {name} has {n} characters; only the first {most} are kept.",
)
TWICE = Bi(
    zh="{name} 答了不止一次，以最后一次为准。",
    en="{name} is answered more than once; the last answer counts.",
)
TOO_MANY = Bi(
    zh="文件中有{n}个答案，超过上限{most}个，后面的没有读。",
    en="The file has {n} answers, more than the limit of {most}; the rest was not read.",
)

QUANTITY = r"(?:params|weights|bias|shape|macs|flops|activations|bytes)"
NAME = re.compile(rf"[A-Za-z_][\w.]*(?:@\d+)?\.{QUANTITY}", re.ASCII)


class Broken(UserError):
    """A file that cannot be read: one sentence, which goes into that student's row."""


@dataclass(frozen=True)
class Submission:
    """What one student sent.

    student: the number as text ("" if neither the file nor its name says it); name: the student's own name.
    sheet_id: of the worksheet that was filled in. answers: by the question's name (or number, or wording, as written);
    an answer left blank is "". problems: what could not be read, in sentences.
    """

    student: str
    name: str
    sheet_id: str | None
    answers: dict[str, str]
    problems: tuple[Bi, ...] = ()


@dataclass
class Entry:
    """One answer as found: the question's name, its number on a sheet, its wording; any may be missing."""

    text: str
    name: str = ""
    number: str = ""
    wording: str = ""

    def key(self, on_sheet: bool) -> str:
        """By the number on a worksheet; else by the name, the number or the wording, whichever is there."""
        first = self.number if on_sheet else self.name
        return first or self.name or self.number or self.wording


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
        value = value.strip("_＿*` \t\u3000")
        if kind is None:
            return False
        if not value.strip("_＿ .…"):
            return True
        if kind == "student":
            self.student = self.student or value[:MAX_NAME]
        elif kind == "name":
            self.name = self.name or value[:MAX_NAME]
        else:
            self.sheet_id = self.sheet_id or value[:MAX_NAME]
        return True

    def submission(self) -> Submission:
        """The answers by their keys, each once."""
        problems = list(self.problems)
        if len(self.entries) > MAX_ANSWERS:
            problems.append(TOO_MANY.format(n=len(self.entries), most=MAX_ANSWERS))
        answers: dict[str, str] = {}
        for entry in self.entries[:MAX_ANSWERS]:
            key = entry.key(self.sheet_id is not None)
            text = plain(entry.text)
            if len(text) > MAX_ANSWER:
                problems.append(CUT.format(name=key[:MAX_NAME], n=len(text), most=MAX_ANSWER))
                text = text[:MAX_ANSWER]
            if answers.get(key) and text and answers[key] != text:
                problems.append(TWICE.format(name=key[:MAX_NAME]))
            answers[key] = text or answers.get(key, "")
        return Submission(self.student, self.name, self.sheet_id, answers, tuple(dict.fromkeys(problems)))


WHO = {
    "student": "学号 考号 学生号 student studentid studentnumber studentno sid 学生学号 学籍号",
    "name": "姓名 名字 学生姓名 name studentname fullname",
    "sheet": "sheet sheetid worksheet worksheetid 试卷 试卷号 试卷编号 卷号 练习编号 练习号 练习 作业编号 编号id",
}
_WHO = {word: kind for kind, words in WHO.items() for word in words.split()}


def who(key: str) -> str | None:
    """`学号`, `Student ID` → "student"; `姓名` → "name"; `练习编号`, `sheet` → "sheet"; anything else → None."""
    return _WHO.get(squeezed(key))


def squeezed(key: str) -> str:
    """A column's or a line's heading for comparison: lower case, no blanks, no punctuation."""
    return re.sub(r"[\s_\-.:：*`()（）\[\]#]+", "", key).lower()


_FENCES = re.compile(r"^(?:`+|\$+)(.*?)(?:`+|\$+)$", re.DOTALL)


def plain(text: str) -> str:
    """An answer without what wraps it: blanks, code and formula marks, emphasis, a line left to fill in."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip().strip("\ufeff\u200b")
    before = None
    while before != text:
        before = text
        wrapped = _FENCES.match(text)
        if wrapped and "`" not in wrapped[1] and "$" not in wrapped[1]:
            text = wrapped[1].strip()
        text = text.removeprefix("**").removesuffix("**").strip()
    return "" if text and set(text) <= set("_＿ .…—-") else text
