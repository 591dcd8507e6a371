"""`explain ask`, `explain check`: one answer, one submission, a whole class."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, Lang

if TYPE_CHECKING:
    from explainer.homework.grading.rubric import Rubric
    from explainer.homework.worksheets.sheet import Sheet
    from explainer.homework.worksheets.sheet_source import SheetSource
    from explainer.walkthrough.model import Walkthrough

WHAT_TO_CHECK = Bi(
    zh="explain check 后面应是“模型 作业文件或文件夹”，或者带编号的练习题文件，例如 explain check vgg16 answers.csv。",
    en="explain check takes a model and a file or folder of answers, or a filled-in worksheet that carries its id: "
    "for example explain check vgg16 answers.csv.",
)
NO_PATH = Bi(zh="没有文件或文件夹 {path}，请检查路径。", en="There is no file or folder {path}; check the path.")
ONLY_A_CLASS = Bi(
    zh="-o、--feedback 和 --summary 用于批改一个文件夹的作业；{path} 是单个文件，结果直接显示（加 --json 得到JSON）。",
    en="-o, --feedback and --summary are for a folder of submissions; {path} is a single file, whose result is shown here "
    "(--json for JSON).",
)
GRADED = Bi(
    zh="批改了{n}份作业，平均{mean}分（满分{full}）。",
    en="Graded {n:submission|submissions}, {mean} of {full} on average.",
)
SENTENCES = Bi(zh="{file}：{problem}", en="{file}: {problem}")


def run_ask(
    spoken: Lang,
    model: str,
    question: str,
    answer: str | None,
    as_json: bool,
    hint: bool,
    lang: str | None,
    **given: Any,
) -> int:
    """Judge one answer. 0 right, 1 not, 2 wrong use."""
    from explainer.options import langs_of

    langs = langs_of(lang)
    walk = _walk(spoken, model, **given)
    from explainer.homework.grading.grade import grade
    from explainer.homework.grading.terminal import said
    from explainer.homework.question import find

    found = find(walk, question)
    if answer is None:
        click.echo(found.text[spoken])
        answer = sys.stdin.readline().strip() if not sys.stdin.isatty() else input("> ")
    graded = grade(found, answer, hint=hint)
    if as_json:
        click.echo(json.dumps(graded.to_dict(spoken), ensure_ascii=False, indent=1))
    else:
        click.echo("\n\n".join("\n".join(said(graded, one, hint)) for one in langs))
    return 0 if graded.verdict in ("correct", "equivalent", "rounded") else 1


def run_check(
    spoken: Lang,
    words: tuple[str, ...],
    output: Path | None,
    feedback: Path | None,
    summary: Path | None,
    pages: str,
    questions: Path | None,
    rubric: Path | None,
    as_json: bool,
    hint: bool,
    lang: str | None,
    **given: Any,
) -> int:
    """One file, a folder, or what is typed. 0 all right, 1 not, 2 wrong use."""
    from explainer.options import langs_of

    langs = langs_of(lang)
    if not 1 <= len(words) <= 2:
        raise UserError(WHAT_TO_CHECK)
    path = Path(words[-1])
    if str(path) != "-" and not path.exists():
        raise UserError(WHAT_TO_CHECK if len(words) == 1 else NO_PATH.format(path=str(path)))
    whole_class = path.is_dir()
    if (output or feedback or summary) and not whole_class:
        raise UserError(ONLY_A_CLASS.format(path=str(path)))
    from explainer.homework.grading.rubric import read_rubric

    rules = read_rubric(rubric) if rubric else None
    walk = _walk(spoken, words[0], **given) if len(words) == 2 else None
    if whole_class:
        return _class(spoken, lang, path, walk, output, feedback, summary, pages, questions, rules, as_json, hint)
    if str(path) == "-" and sys.stdin.isatty():
        from explainer.homework.classroom.interactive import check_typed

        if walk is None:
            raise UserError(WHAT_TO_CHECK)
        return check_typed(walk, lang=spoken, hint=hint)[1]
    from explainer.homework.classroom.one_file import check_file, check_text, lines
    from explainer.homework.classroom.question_list import questions_of

    if str(path) == "-":
        marked, code = check_text(sys.stdin.read(), walk, source=_source(), hint=hint)
    else:
        counted = questions_of(questions) if questions else None
        marked, code = check_file(path, walk, questions=counted, rubric=rules, source=_source(), hint=hint)
    if as_json:
        found = [one.to_dict(spoken) for one in marked]
        click.echo(json.dumps(found[0] if len(found) == 1 else found, ensure_ascii=False, indent=1))
    else:
        click.echo("\n\n".join("\n".join(lines(one, in_, hint=hint)) for one in marked for in_ in langs))
    return code


def _class(
    spoken: Lang,
    lang: str | None,
    folder: Path,
    walk: Walkthrough | None,
    output: Path | None,
    feedback: Path | None,
    summary: Path | None,
    pages: str,
    questions: Path | None,
    rubric: Rubric | None,
    as_json: bool,
    hint: bool,
) -> int:
    """Grade a folder; a line on the terminal says what came of it."""
    from explainer.cli.bar import class_progress
    from explainer.homework.classroom.grade_class import Outputs, check_folder
    from explainer.homework.classroom.question_list import questions_of
    from explainer.homework.classroom.record import points_text
    from explainer.options import langs_of

    outputs = Outputs(output, feedback, summary, pages if pages.startswith(".") else f".{pages}")
    counted = questions_of(questions) if questions else None
    with class_progress(spoken) as report:
        result = check_folder(
            folder,
            walk,
            outputs,
            langs_of(lang),
            questions=counted,
            rubric=rubric,
            source=_source(),
            hint=hint,
            report=report,
        )
    counting = [one for one in result.marked if not one.superseded]
    if as_json:
        click.echo(json.dumps([one.to_dict(spoken) for one in result.marked], ensure_ascii=False, indent=1))
        return result.exit_code
    for one in result.marked:
        for problem in one.problems:
            click.echo(SENTENCES.format(file=one.file, problem=problem)[spoken], err=True)
    mean = sum(one.score for one in counting) / len(counting) if counting else 0.0
    full = max((one.max_score for one in counting), default=0.0)
    click.echo(GRADED.format(n=len(counting), mean=points_text(mean), full=points_text(full))[spoken])
    from explainer.cli.commands.explain import WRITTEN

    for path in result.written if len(result.written) < 8 else [p for p in (output, feedback, summary) if p]:
        click.echo(WRITTEN.format(path=str(path))[spoken], err=True)
    return result.exit_code


def _source() -> SheetSource:
    """Worksheets are made again from their ids; torch is loaded when the first one is."""
    from explainer.homework.worksheets.sheet_source import SheetSource

    def redraw(text: str, /, *, rubric: Rubric | None = None) -> Sheet:
        from explainer.drawing import sheet_of_id

        return sheet_of_id(text, rubric=rubric)

    return SheetSource(redraw=redraw)


def _walk(spoken: Lang, model: str, **given: Any) -> Walkthrough:
    from explainer.cli.commands.explain import walked
    from explainer.cli.progress import progress

    with progress(spoken, 0) as stage:
        stage("torch")
        return walked(stage, model, **given)
