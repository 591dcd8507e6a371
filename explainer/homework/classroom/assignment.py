"""What was asked: the questions of a model or of a worksheet, and which of them a student's own words mean."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from explainer.errors import UserError
from explainer.homework.expressions import expression
from explainer.homework.grading.policy import Policy
from explainer.homework.question import WORDS, Question
from explainer.homework.questions import find, questions
from explainer.homework.submissions.base import Submission
from explainer.homework.submissions.limits import GRADING, TooLong, within
from explainer.homework.worksheets.sheet import Item, Sheet
from explainer.homework.worksheets.sheet_id import read_id
from explainer.homework.worksheets.sheet_source import SheetSource, marked_by, sheet_on
from explainer.i18n.bilingual import Bi, same, words_in_a_row
from explainer.i18n.printable import visible

if TYPE_CHECKING:
    from explainer.homework.grading.rubric import Rubric
    from explainer.walkthrough.model import Walkthrough

NO_MODEL = Bi(
    zh="没有指定模型，文件里也没有练习编号，不知道题目是什么；请写 explain check 模型 文件。",
    en="No model is named and the file carries no worksheet id, so the questions are unknown; write explain check MODEL FILE.",
)
NO_SUCH = Bi(
    zh="没有“{name}”这个题目{near}。",
    en="There is no question '{name}'{near}.",
)
NEAR = Bi(zh="，相近的有 {names}", en=" (did you mean {names}?)")
NOT_ON_SHEET = Bi(
    zh="练习 {id} 上没有“{name}”这一题（共{n}题）。",
    en="Worksheet {id} has no question '{name}' (it has {n:question|questions}).",
)
OTHER_MODEL = Bi(
    zh="这份练习（{id}）出自另一个模型，不是 {model}。",
    en="This worksheet ({id}) is on another model, not on {model}.",
)
NAMES_A_FILE = Bi(
    zh="练习编号 {id} 指向一个程序文件；为安全起见不会运行它，请在命令中写明模型：explain check 模型 文件。",
    en="The worksheet id {id} names a file of code, which is not run for safety; name the model: explain check MODEL FILE.",
)
SLOW_SHEET = Bi(
    zh="还原练习 {id} 超过了{n}秒，已放弃。",
    en="Making worksheet {id} again took more than {n} seconds and was given up.",
)
NOBODYS = Bi(
    zh="练习编号是发给学号 {theirs} 的，交作业的是 {own}。",
    en="The worksheet was handed out to student {theirs}, and {own} hands it in.",
)
_SAFE_MODEL = expression(r"[A-Za-z0-9_]+|timm:[A-Za-z0-9_.\-]+|hf:[A-Za-z0-9_\-]+")
MOST_SHEETS = 1_000  # kept at once


@dataclass(frozen=True)
class Asked:
    """One question with its marks. key: its name, on a worksheet its number; item: on a worksheet."""

    key: str
    question: Question
    points: float = 1.0
    item: Item | None = None

    @property
    def title(self) -> Bi:
        return self.question.text


@dataclass
class Assignment:
    """Finds the question that an answer is meant for; sheets are made again from their ids, each once.

    points: full marks by question's name, where they are not all 1. rubric: of a worksheet's marks.
    source: where worksheets come from that are not on `walk`. policy: how answers are judged, where the rubric does not say.
    """

    walk: Walkthrough | None
    points: dict[str, float] = field(default_factory=dict)
    rubric: Rubric | None = None
    source: SheetSource = field(default_factory=SheetSource)
    policy: Policy | None = None
    _sheets: dict[str, Sheet | Bi] = field(default_factory=dict)
    _found: dict[str, Asked | Bi] = field(default_factory=dict)
    _names: dict[str, None] = field(default_factory=dict)

    def sheet(self, submission: Submission) -> Sheet | None:
        """The worksheet that was filled in; None if the answers are on the model itself. Raises UserError."""
        id = submission.sheet_id
        if id is None:
            if self.walk is not None:
                return None
            if self.source.only is None:
                raise UserError(NO_MODEL)
            return marked_by(self.source.only, self.rubric)
        if id not in self._sheets:
            if len(self._sheets) >= MOST_SHEETS:
                self._sheets.clear()
            try:
                with within(GRADING):
                    self._sheets[id] = self._made(id)
            except UserError as error:
                self._sheets[id] = error.message
            except TooLong:
                self._sheets[id] = SLOW_SHEET.format(id=same(visible(id)), n=int(GRADING))
        made = self._sheets[id]
        if isinstance(made, Bi):
            raise UserError(made)
        return made

    def _made(self, id: str) -> Sheet:
        source = read_id(id)
        if source.kind == "topics" or source.text in self.source.kept:
            return self.source.sheet(id, self.rubric)
        name = source.names[0]
        if self.walk is not None:
            shown = self.walk.name
            if name.rpartition(":")[2].removesuffix(".json") not in (shown, shown.rpartition(":")[2]):
                raise UserError(OTHER_MODEL.format(id=same(visible(id)), model=shown))
            return sheet_on(id, self.walk, self.rubric)
        if not _SAFE_MODEL.fullmatch(name):
            raise UserError(NAMES_A_FILE.format(id=same(visible(id))))
        return self.source.sheet(id, self.rubric)

    def asked(self, name: str, sheet: Sheet | None) -> Asked:
        """The question that a student's wording means. Raises UserError, with the nearest names, if there is none."""
        if sheet is not None:
            item = sheet.find(name) or _worded(sheet, name)
            if item is None:
                raise UserError(
                    NOT_ON_SHEET.format(id=same(sheet.id), name=same(visible(name)[:80]), n=len(sheet.items))
                )
            return of_item(item)
        if name not in self._found:
            self._found[name] = self._of_model(name)
        found = self._found[name]
        if isinstance(found, Bi):
            raise UserError(found)
        return found

    def _of_model(self, name: str) -> Asked | Bi:
        assert self.walk is not None
        if not self._names:  # once: a model has hundreds of questions, and a file may have thousands of wrong names
            self._names = {question.name: None for question in questions(self.walk)}
        plain = straightened(name)
        if plain.removesuffix(".params.bytes") + ".bytes" not in self._names and plain not in self._names:
            near = difflib.get_close_matches(plain[:100], self._names, 3)
            hint = NEAR.format(names=words_in_a_row(near)) if near else same("")
            return NO_SUCH.format(name=same(visible(name)[:80]), near=hint)
        question = find(self.walk, plain)
        points = self.points.get(question.name, 1.0 if not self.points else 0.0)
        return Asked(question.name, question, points)


def of_item(item: Item) -> Asked:
    """A worksheet's question; its column is its number, since each student's sheet asks something else there."""
    return Asked(str(item.number), item.question, float(item.points), item)


def _worded(sheet: Sheet, name: str) -> Item | None:
    """The item whose wording a student has copied."""
    wanted = _squeezed(name)
    return next(
        (
            item
            for item in sheet.items
            if wanted in (_squeezed(item.question.text.zh), _squeezed(item.question.text.en))
        ),
        None,
    )


def straightened(name: str) -> str:
    """A question's name as students type it: full-width letters, blanks, 参数量 for params, features.0（卷积层）的参数量."""
    text = unicodedata.normalize("NFKC", name)[:300]
    text = re.sub(r"\([^()]*\)", "", text)
    text = re.sub(r"\s+", "", text).strip("\"'`*:.。：")
    for quantity, words in WORDS.items():
        word = re.sub(r"\(.*?\)", "", unicodedata.normalize("NFKC", words.zh))
        if text.endswith(word) and len(text) > len(word):
            path = text.removesuffix(word).removesuffix("的").rstrip(".")
            path = "total" if path == "整个网络" else path
            return f"{path}.{quantity}"
    return text


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower()


def whose(sheet: Sheet, submission: Submission) -> tuple[Bi, ...]:
    """A sentence where the sheet was handed out to another student."""
    theirs, own = sheet.source.student, submission.student
    if theirs and own and theirs.lower() != own.lower():
        return (NOBODYS.format(theirs=same(visible(theirs)), own=same(visible(own))),)
    return ()


def all_asked(sheet: Sheet) -> Sequence[Asked]:
    """Every question of a worksheet."""
    return [of_item(item) for item in sheet.items]
