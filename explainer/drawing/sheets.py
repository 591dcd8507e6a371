"""Worksheets that need torch to be made: on topics, whose layers are drawn, and again from an id."""

from __future__ import annotations

from collections.abc import Sequence

from explainer.derive.pipeline import walk_guesses
from explainer.drawing.layers import from_topics
from explainer.homework.grading.rubric import Rubric
from explainer.homework.worksheets.make import check_source, drawn_sheet, model_sheet, student_of, topic_source
from explainer.homework.worksheets.sheet import Sheet, Student
from explainer.homework.worksheets.sheet_id import WITH_WHOLES, SheetId, Styles, read_id
from explainer.homework.worksheets.topics import find_topics
from explainer.recognition.recognise import with_ideas
from explainer.rules import default_registry
from explainer.source import input_guesses, load, parse_input
from explainer.walkthrough.choosing import may_choose
from explainer.walkthrough.model import Walkthrough


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
    who, number = student_of(student)
    source = topic_source(topics, count=count, seed=seed, level=level, styles=styles, student=number, paper=paper)
    return _drawn(source, who, rubric)


def sheet_of_id(
    text: str, *, walk: Walkthrough | None = None, student: Student | None = None, rubric: Rubric | None = None
) -> Sheet:
    """The sheet that an id names, question for question as it was handed out.

    walk: the model's walkthrough if it is at hand; else the model is loaded by the name in the id.
    Raises UserError if the id is mistyped, or names a model that is not there.
    """
    source = read_id(text)
    who = student or (Student(source.student) if source.student else None)
    if source.kind == "topics":
        return _drawn(source, who, rubric)
    return model_sheet(walk or _loaded(source), source, student=who, rubric=rubric)


def _drawn(source: SheetId, student: Student | None, rubric: Rubric | None) -> Sheet:
    check_source(source)
    return drawn_sheet(source, from_topics(find_topics(source.names), source), student=student, rubric=rubric)


def _loaded(source: SheetId) -> Walkthrough:
    loaded = load(source.names[0])
    specs = [parse_input(text) for text in source.inputs]
    guesses = input_guesses(loaded, specs)
    walk = walk_guesses(loaded.model, guesses, name=loaded.name, source=loaded.source, tolerant=loaded.invented)
    if source.version < WITH_WHOLES or not may_choose(walk.layers):
        return walk
    return with_ideas(walk, walk.trace, loaded.made_by, default_registry())
