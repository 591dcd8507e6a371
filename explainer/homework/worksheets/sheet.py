"""A worksheet: questions in order with their styles and points, and the id from which all of it is made again.

    topic_sheet(["conv", "batchnorm"], count=10, seed=7, level=1, student="2024001").id
    → "T1-conv+bn-n10-l1-s7-2024001-KE"

The same id gives the same sheet on every machine: all chance comes from a hash of the id's own text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from explainer.errors import UserError
from explainer.homework.worksheets.sheet_id import SheetId, Styles, read_id
from explainer.i18n.bilingual import Bi, grouped, same, shape_text

if TYPE_CHECKING:
    from explainer.homework.grading.result import Diagnosis, Value
    from explainer.homework.grading.rubric import Rubric
    from explainer.homework.question import Question
    from explainer.walkthrough.model import Walkthrough

Style = Literal["number", "formula", "choice"]
MOST_QUESTIONS = 100

BAD_COUNT = Bi(
    zh="题数不能是{count}：请取1到{most}之间的整数。",
    en="A sheet cannot have {count} questions: choose a number from 1 to {most}.",
)
BAD_LEVEL = Bi(zh="难度不能是{level}：可用的有1、2、3。", en="The level cannot be {level}: choose 1, 2 or 3.")
BAD_STYLE = Bi(
    zh="题型不能是“{style}”：可用的有 number（填空）、formula（列式）、choice（选择）、mixed（混合）。",
    en="The style cannot be '{style}': choose number, formula, choice or mixed.",
)
TITLE = Bi(zh="{name}练习题", en="Worksheet: {name}")
BAD_SEED = Bi(
    zh="种子不能是{seed}：请取0到999999999999之间的整数。",
    en="The seed cannot be {seed}: choose a whole number from 0 to 999999999999.",
)
BAD_PAPER = Bi(zh="卷别不能是“{paper}”：请用一个大写字母。", en="A paper cannot be '{paper}': use one capital letter.")
PAPER = Bi(zh="（{paper}卷）", en=" (paper {paper})")


@dataclass(frozen=True)
class Student:
    """Who gets a sheet; the number stays text, so that leading zeros are kept."""

    number: str
    name: str = ""
    group: str = ""


@dataclass(frozen=True)
class Choice:
    """One option of a multiple choice; diagnosis: the mistake that leads to a wrong one."""

    text: Bi
    right: bool
    diagnosis: Diagnosis | None = None


@dataclass(frozen=True)
class Item:
    """One question of a sheet. number: from 1; choices: in the order printed, empty unless the style is "choice"."""

    number: int
    question: Question
    style: Style
    points: int | Fraction
    choices: tuple[Choice, ...] = ()

    @property
    def name(self) -> str:
        """What an answer is filed under: `features.0.params`, on a topic's sheet `q3.params`."""
        return self.question.name

    @property
    def right_letter(self) -> str:
        """The letter of the right option ("" if this is no multiple choice)."""
        return next((letter(i) for i, choice in enumerate(self.choices) if choice.right), "")

    def choice_of(self, given: str) -> Choice | None:
        """The option that "B", "b", "（Ｂ）" or "B." names; None if it names none."""
        import unicodedata

        plain = unicodedata.normalize("NFKC", given).strip(" ().、\t").upper()
        return next((choice for i, choice in enumerate(self.choices) if plain == letter(i)), None)


@dataclass(frozen=True)
class Sheet:
    """A worksheet. source: what its id says; walks: the walkthroughs that its questions are of, each once."""

    id: str
    title: Bi
    items: tuple[Item, ...]
    source: SheetId
    walks: tuple[Walkthrough, ...] = field(default=(), repr=False, compare=False)
    student: Student | None = None

    @property
    def walk(self) -> Walkthrough:
        """The model's walkthrough (of a topic's sheet: the first question's)."""
        return self.walks[0]

    @property
    def points(self) -> int | Fraction:
        """Full marks."""
        return sum((item.points for item in self.items), 0)

    def find(self, name: str) -> Item | None:
        """The item that an answer belongs to: by the question's name or by its number ("3", "第3题", "q3")."""
        wanted = name.strip()
        number = wanted.removeprefix("第").removesuffix("题").strip().lower().removeprefix("q").rstrip(".．、")
        found = next((item for item in self.items if item.name == wanted), None)
        return found or next((item for item in self.items if number == str(item.number)), None)


def make_sheet(
    walk: Walkthrough,
    *,
    count: int = 10,
    seed: int = 1,
    level: int = 2,
    styles: Styles = "number",
    student: Student | str | None = None,
    paper: str = "",
    model: str = "",
    inputs: Sequence[str] = (),
    rubric: Rubric | None = None,
) -> Sheet:
    """A worksheet on a model: other seeds, students and papers ask other questions of it.

    model: what loads it again (`vgg16`, `net.py:Net`), by default as the walkthrough's source says; inputs: the texts
    given to `--input`, if any. Fewer questions than `count` if the model has no more.
    Raises UserError for a wrong count, level or style, or a model without anything to ask.
    """
    from explainer.homework.worksheets.draw import from_model

    who, number = _student(student)
    source = SheetId(
        kind="model",
        names=(model or _loadable(walk),),
        inputs=tuple(inputs),
        count=count,
        level=level,
        style=styles,
        seed=seed,
        paper=paper,
        student=number,
    )
    _check(source)
    drawn = from_model(walk, source)
    title = TITLE.format(name=_shown(walk)) + _paper(paper)
    return _sheet(source, title, drawn, (walk,), who, rubric)


def topic_sheet(
    topics: Sequence[str],
    *,
    count: int = 10,
    seed: int = 1,
    level: int = 1,
    styles: Styles = "number",
    student: Student | str | None = None,
    paper: str = "",
    rubric: Rubric | None = None,
) -> Sheet:
    """A worksheet on topics ("conv", "卷积", …): every variant has layers of its own.

    Raises UserError for an unknown topic, a wrong count, level or style.
    """
    from explainer.homework.worksheets.draw import from_topics
    from explainer.homework.worksheets.topics import find_topics

    who, number = _student(student)
    found = find_topics(topics)
    source = SheetId(
        kind="topics",
        names=tuple(topic.key for topic in found),
        count=count,
        level=level,
        style=styles,
        seed=seed,
        paper=paper,
        student=number,
    )
    _check(source)
    drawn = from_topics(found, source)
    names = Bi("、".join(topic.title.zh for topic in found), ", ".join(topic.title.en for topic in found))
    title = TITLE.format(name=names) + _paper(paper)
    return _sheet(source, title, drawn, tuple(question.walk for question, _ in drawn), who, rubric)


def sheet_of_id(
    text: str, *, walk: Walkthrough | None = None, student: Student | None = None, rubric: Rubric | None = None
) -> Sheet:
    """The sheet that an id names, question for question as it was handed out.

    walk: the model's walkthrough if it is at hand; else the model is loaded by the name in the id.
    Raises UserError if the id is mistyped, or names a model that is not there.
    """
    source = read_id(text)
    if source.kind == "topics":
        return topic_sheet(
            source.names,
            count=source.count,
            seed=source.seed,
            level=source.level,
            styles=source.style,
            student=student or source.student or None,
            paper=source.paper,
            rubric=rubric,
        )
    return make_sheet(
        walk or _loaded(source),
        count=source.count,
        seed=source.seed,
        level=source.level,
        styles=source.style,
        student=student or source.student or None,
        paper=source.paper,
        model=source.names[0],
        inputs=source.inputs,
        rubric=rubric,
    )


def letter(position: int) -> str:
    """A, B, C, D."""
    return "ABCDEFGH"[position]


def value_text(value: Value) -> str:
    """A number or a shape as printed: 2,359,808; 64×112×112."""
    if isinstance(value, tuple):
        return shape_text(value)
    if isinstance(value, Fraction) and value.denominator != 1:
        return f"{float(value):,.6g}"
    return grouped(int(value))


def right_value(question: Question) -> Value:
    """What is asked for: a number, or all sizes of a shape."""
    return question.shape if question.is_shape else question.value


def _sheet(
    source: SheetId,
    title: Bi,
    drawn: Sequence[tuple[Question, Style]],
    walks: tuple[Walkthrough, ...],
    student: Student | None,
    rubric: Rubric | None,
) -> Sheet:
    from explainer.homework.grading.rubric import even_points
    from explainer.homework.worksheets.distractors import choices

    items = []
    for at, (question, style) in enumerate(drawn, start=1):
        options = choices(question, source.random("choices", at)) if style == "choice" else ()
        points = rubric.points_of(question, len(drawn)) if rubric else even_points(len(drawn))
        kind: Style = "number" if style == "choice" and not options else style
        items.append(Item(at, question, kind, points, options))
    return Sheet(source.text, title, tuple(items), source, walks, student)


def _student(student: Student | str | None) -> tuple[Student | None, str]:
    who = Student(student) if isinstance(student, str) else student
    return who, who.number.strip() if who else ""


def _paper(paper: str) -> Bi:
    return PAPER.format(paper=paper) if paper else same("")


def _check(source: SheetId) -> None:
    if not 1 <= source.count <= MOST_QUESTIONS:
        raise UserError(BAD_COUNT.format(count=source.count, most=MOST_QUESTIONS))
    if source.level not in (1, 2, 3):
        raise UserError(BAD_LEVEL.format(level=source.level))
    if not 0 <= source.seed < 10**12:
        raise UserError(BAD_SEED.format(seed=str(source.seed)))
    if source.paper not in ("", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
        raise UserError(BAD_PAPER.format(paper=source.paper[:20]))
    if source.style not in ("number", "formula", "choice", "mixed"):
        raise UserError(BAD_STYLE.format(style=source.style))


def _loadable(walk: Walkthrough) -> str:
    """The name that `explain` loads the model by, as far as the walkthrough knows it."""
    prefix = {"timm": "timm:", "transformers": "hf:"}.get(walk.source, "")
    return prefix + walk.name


def _shown(walk: Walkthrough) -> str:
    from explainer.lesson.architectures import proper_name

    return proper_name(walk.name) if walk.source == "torchvision" else walk.name


def _loaded(source: SheetId) -> Walkthrough:
    from explainer.derive.pipeline import walk_guesses
    from explainer.source import input_guesses, load, parse_input

    loaded = load(source.names[0])
    specs = [parse_input(text) for text in source.inputs]
    guesses = input_guesses(loaded, specs)
    return walk_guesses(loaded.model, guesses, name=loaded.name, source=loaded.source, tolerant=loaded.invented)
