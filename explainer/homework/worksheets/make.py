"""Making a worksheet: of a model's own questions, or of questions that were drawn elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from explainer.errors import UserError
from explainer.homework.grading.rubric import Rubric
from explainer.homework.question import Style
from explainer.homework.worksheets.choose import Drawn, from_model
from explainer.homework.worksheets.distractors import choices
from explainer.homework.worksheets.sheet import Item, Sheet, Student
from explainer.homework.worksheets.sheet_id import VERSION, WITH_WHOLES, SheetId, Styles
from explainer.homework.worksheets.topics import find_topics
from explainer.homework.worksheets.wholes import wholes
from explainer.i18n.bilingual import Bi, same
from explainer.lesson.architectures import proper_name

if TYPE_CHECKING:
    from explainer.walkthrough.model import Walkthrough

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
    who, number = student_of(student)
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
    check_source(source)
    if wholes(walk, source):
        source = replace(source, version=WITH_WHOLES)
    return model_sheet(walk, source, student=who, rubric=rubric)


def model_sheet(
    walk: Walkthrough, source: SheetId, *, student: Student | None = None, rubric: Rubric | None = None
) -> Sheet:
    """The sheet on a model that an id names. Raises UserError as `make_sheet` does."""
    check_source(source)
    return _sheet(source, sheet_title(source, walk), from_model(walk, source), (walk,), student, rubric)


def topic_source(
    topics: Sequence[str],
    *,
    count: int = 10,
    seed: int = 1,
    level: int = 1,
    styles: Styles = "number",
    student: str = "",
    paper: str = "",
) -> SheetId:
    """The id of a sheet on topics ("conv", "卷积", …). Raises UserError: an unknown topic, a wrong count, level or style."""
    keys = tuple(topic.key for topic in find_topics(topics))
    source = SheetId("topics", keys, count, level, styles, seed, paper, student)
    check_source(source)
    return source


def drawn_sheet(
    source: SheetId, drawn: Sequence[Drawn], *, student: Student | None = None, rubric: Rubric | None = None
) -> Sheet:
    """The sheet on topics that an id names, of the questions drawn for it, each on a small walkthrough of its own."""
    walks = tuple(question.walk for question, _ in drawn)
    return _sheet(source, sheet_title(source, walks[0]), drawn, walks, student, rubric)


def sheet_title(source: SheetId, walk: Walkthrough) -> Bi:
    """What stands above a sheet: its topics, or the model's name; and which paper it is."""
    if source.kind == "model":
        name = same(_shown(walk))
    else:
        topics = find_topics(source.names)
        name = Bi("、".join(topic.title.zh for topic in topics), ", ".join(topic.title.en for topic in topics))
    return TITLE.format(name=name) + _paper(source.paper)


def _sheet(
    source: SheetId,
    title: Bi,
    drawn: Sequence[Drawn],
    walks: tuple[Walkthrough, ...],
    student: Student | None,
    rubric: Rubric | None,
) -> Sheet:
    items = []
    for at, (question, style) in enumerate(drawn, start=1):
        options = choices(question, source.random("choices", at)) if style == "choice" else ()
        points = (rubric or Rubric()).points_of(question, at, len(drawn))
        if rubric is None and source.version < VERSION:
            points = 100 // len(drawn) if 100 % len(drawn) == 0 else 10  # as it was printed then
        kind: Style = "number" if style == "choice" and not options else style
        items.append(Item(at, question, kind, points, options))
    return Sheet(source.text, title, tuple(items), source, walks, student)


def student_of(student: Student | str | None) -> tuple[Student | None, str]:
    """Who gets a sheet, and the number in its id."""
    who = Student(student) if isinstance(student, str) else student
    return who, who.number.strip() if who else ""


def _paper(paper: str) -> Bi:
    return PAPER.format(paper=paper) if paper else same("")


def check_source(source: SheetId) -> None:
    """Whether a sheet can be made of these. Raises UserError."""
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
    return proper_name(walk.name, walk.source)
