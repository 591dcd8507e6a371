"""A whole class's submissions graded: the files that come of it, and what the terminal says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from explainer.cli.show import WRITTEN
from explainer.homework.submissions.decode import name_text
from explainer.i18n.bilingual import Bi, Lang
from explainer.i18n.printable import json_text, visible

if TYPE_CHECKING:
    from explainer.homework.classroom.grade_class import ClassResult
    from explainer.homework.classroom.sheet_codes import SheetCodes
    from explainer.homework.grading.policy import Policy
    from explainer.homework.worksheets.sheet_source import SheetSource
    from explainer.walkthrough.model import Walkthrough

GRADED = Bi(
    zh="批改了{n}份作业，平均得分率{mean}（满分{full}分）。",
    en="Graded {n:submission|submissions}, {mean} on average (of {full}).",
)
NOT_GRADED = Bi(
    zh="{n}份还没有成绩，不计入平均。",
    en="{n:submission has|submissions have} no mark yet; the mean is without them.",
)
BY_HAND = Bi(
    zh="{n}个答案待教师判断，见小结；评分后用 --marks 交回。",
    en="{n:answer is|answers are} left to you, see the summary; give your marks back with --marks.",
)
MORE = Bi(
    zh="另有{n}份作业有问题，见成绩表的备注。",
    en="{n:more submission has|more submissions have} problems; see the remarks in the grades.",
)
SENTENCES = Bi(zh="{file}：{problem}", en="{file}: {problem}")
MOST_SAID = 50  # submissions whose problems the terminal lists


@dataclass(frozen=True)
class CheckOptions:
    """What `explain check` was told beside the files and the model; each as its option says."""

    output: Path | None = None
    feedback: Path | None = None
    summary: Path | None = None
    pages: str = "html"
    questions: Path | None = None
    rubric: Path | None = None
    sheet: str | None = None
    variants: Path | None = None
    marks: Path | None = None
    as_json: bool = False
    hint: bool = False
    tolerance: str | None = None
    layout: str | None = None
    terms: Path | None = None

    def policy(self) -> Policy | None:
        """How answers are judged; None where nothing is said of it. Raises UserError."""
        from explainer.homework.grading.policy import policy_of

        return policy_of(self.tolerance, self.layout, self.terms)


def check_class(
    spoken: Lang,
    langs: tuple[Lang, ...],
    folder: Path,
    walk: Walkthrough | None,
    options: CheckOptions,
    codes: SheetCodes,
    source: SheetSource,
) -> int:
    """Grade a folder; a line on the terminal says what came of it."""
    from explainer.cli.bar import class_progress
    from explainer.homework.classroom.grade_class import Outputs, check_folder
    from explainer.homework.classroom.hand_marks import hand_marks_of
    from explainer.homework.classroom.question_list import questions_of
    from explainer.homework.grading.rubric import read_rubric

    pages = options.pages if options.pages.startswith(".") else f".{options.pages}"
    outputs = Outputs(options.output, options.feedback, options.summary, pages)
    counted = questions_of(options.questions) if options.questions else None
    rules = read_rubric(options.rubric) if options.rubric else None
    marks = hand_marks_of(options.marks) if options.marks else None
    with class_progress(spoken) as report:
        result = check_folder(
            folder,
            walk,
            outputs,
            langs,
            questions=counted,
            rubric=rules,
            source=source,
            hint=options.hint,
            codes=codes,
            marks=marks,
            policy=options.policy(),
            report=report,
        )
    if options.as_json:
        click.echo(json_text([one.to_dict(spoken) for one in result.marked]))
        return result.exit_code
    _say(spoken, result)
    named = [path for path in (options.output, options.feedback, options.summary) if path]
    for path in result.written if len(result.written) < 8 else named:
        click.echo(WRITTEN.format(path=visible(name_text(path)))[spoken], err=True)
    return result.exit_code


def _say(spoken: Lang, result: ClassResult) -> None:
    """The problems of single submissions, then the class in one line: the figures that the summary prints."""
    from explainer.homework.classroom.record import points_text
    from explainer.homework.classroom.summary import percent

    figures = result.figures
    said = [one for one in figures.problems if one.problems or one.warnings]
    for one in said[:MOST_SAID]:
        for problem in (*one.problems, *one.warnings):
            click.echo(SENTENCES.format(file=visible(one.file), problem=problem)[spoken], err=True)
    if len(said) > MOST_SAID:
        click.echo(MORE.format(n=figures.with_problems - MOST_SAID)[spoken], err=True)
    line = GRADED.format(n=figures.graded, mean=percent(figures.mean), full=points_text(figures.full))[spoken]
    if figures.graded < figures.counted:
        line += ("" if spoken == "zh" else " ") + NOT_GRADED.format(n=figures.counted - figures.graded)[spoken]
    click.echo(line)
    if figures.open:
        click.echo(BY_HAND.format(n=figures.open)[spoken])
