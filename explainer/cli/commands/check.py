"""`explain ask`, `explain check`: one answer, one submission, a whole class."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from explainer.errors import UserError
from explainer.homework.submissions.base import MAX_BYTES
from explainer.homework.submissions.decode import decoded, name_text
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.i18n.printable import visible

if TYPE_CHECKING:
    from explainer.homework.classroom.grade_class import ClassResult
    from explainer.homework.classroom.sheet_codes import SheetCodes
    from explainer.homework.grading.policy import Policy
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
    zh="批改了{n}份作业，平均得分率{mean}（满分{full}分）。",
    en="Graded {n:submission|submissions}, {mean} on average (of {full}).",
)
NOT_GRADED = Bi(
    zh="{n}份还没有成绩，不计入平均。",
    en="{n:submission has|submissions have} no mark yet and are left out of the mean.",
)
BY_HAND = Bi(
    zh="{n}个答案待老师判断，见小结；评分后用 --marks 交回。",
    en="{n:answer is|answers are} left to you, see the summary; give your marks back with --marks.",
)
SENTENCES = Bi(zh="{file}：{problem}", en="{file}: {problem}")
MORE = Bi(
    zh="另有{n}份作业有问题，见成绩表的备注。",
    en="{n:more submission has|more submissions have} problems; see the remarks in the grades.",
)
NOBODYS_SHEET = Bi(
    zh="--sheet 后面应是一个练习编号，例如 {example}；“{code}”不是。",
    en="--sheet takes a worksheet's id, for example {example}; '{code}' is none.",
)
MOST_SAID = 50  # submissions whose problems the terminal lists


NO_INPUT = Bi(
    zh="标准输入已关闭，读不到答案；请把答案写在命令中。",
    en="Standard input is closed, so no answer can be read; write the answer into the command.",
)


def typed_line() -> str:
    """One line from the terminal or a pipe. Raises UserError where there is no standard input."""
    if sys.stdin is None or sys.stdin.closed:
        raise UserError(NO_INPUT)
    if sys.stdin.isatty():
        return input("> ")
    return sys.stdin.readline(MAX_BYTES).strip()


def typed() -> str:
    """All that comes through the pipe, as far as a file may go. Raises UserError where there is no standard input."""
    if sys.stdin is None or sys.stdin.closed:
        raise UserError(NO_INPUT)
    content = sys.stdin.buffer.read(MAX_BYTES) if hasattr(sys.stdin, "buffer") else sys.stdin.read(MAX_BYTES).encode()
    return decoded(content) if content.strip() else ""


def dumped(value: Any) -> str:
    """JSON for the terminal: what could act on it is spelled out as JSON itself does it."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return "".join(char if char == "\n" or visible(char) == char else json.dumps(char)[1:-1] for char in text)


def run_ask(
    spoken: Lang,
    model: str,
    question: str,
    answer: str | None,
    as_json: bool,
    hint: bool,
    lang: str | None,
    tolerance: str | None = None,
    layout: str | None = None,
    terms: Path | None = None,
    **given: Any,
) -> int:
    """Judge one answer. 0 right, 1 not, 2 wrong use."""
    from explainer.options import langs_of

    langs = langs_of(lang)
    walk = _walk(spoken, model, **given)
    from explainer.homework.grading.grade import grade
    from explainer.homework.grading.policy import Policy, policy_of
    from explainer.homework.grading.terminal import said
    from explainer.homework.question import find

    found = find(walk, question)
    if answer is None:
        click.echo(found.text[spoken])
        answer = typed_line()
    graded = grade(found, answer, hint=hint, policy=policy_of(tolerance, layout, terms) or Policy())
    if as_json:
        click.echo(dumped(graded.to_dict(spoken)))
    else:
        click.echo("\n\n".join("\n".join(said(graded, one, hint)) for one in langs))
    return 0 if graded.verdict in ("correct", "equivalent", "rounded") else 1


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


def run_check(spoken: Lang, words: tuple[str, ...], lang: str | None, options: CheckOptions, **given: Any) -> int:
    """One file, a folder, or what is typed. 0 all right, 1 not, 2 wrong use."""
    from explainer.options import langs_of

    langs = langs_of(lang)
    if not 1 <= len(words) <= 2:
        raise UserError(WHAT_TO_CHECK)
    path = Path(words[-1])
    if str(path) != "-" and not path.exists():
        raise UserError(WHAT_TO_CHECK if len(words) == 1 else NO_PATH.format(path=same(visible(name_text(path)))))
    whole_class = path.is_dir()
    if (options.output or options.feedback or options.summary or options.marks) and not whole_class:
        raise UserError(ONLY_A_CLASS.format(path=same(visible(name_text(path)))))
    codes = _codes(options)
    kept = _kept(words)
    source = _source(kept)
    walk = _walk(spoken, words[0], **given) if len(words) == 2 and kept is None else None
    if whole_class:
        return _class(spoken, langs, path, walk, options, codes, source)
    if str(path) == "-" and sys.stdin is not None and sys.stdin.isatty():
        from explainer.homework.classroom.interactive import check_typed

        if walk is None and source.only is None:
            raise UserError(WHAT_TO_CHECK)
        return check_typed(walk, sheet=source.only, lang=spoken, hint=options.hint, policy=options.policy())[1]
    return _one(spoken, langs, path, walk, options, codes, source)


def _one(
    spoken: Lang,
    langs: tuple[Lang, ...],
    path: Path,
    walk: Walkthrough | None,
    options: CheckOptions,
    codes: SheetCodes,
    source: SheetSource,
) -> int:
    """One file, or what comes through a pipe."""
    from explainer.homework.classroom.one_file import check_file, check_text, lines
    from explainer.homework.classroom.question_list import questions_of
    from explainer.homework.grading.rubric import read_rubric

    if str(path) == "-":
        marked, code = check_text(typed(), walk, source=source, hint=options.hint, codes=codes, policy=options.policy())
    else:
        counted = questions_of(options.questions) if options.questions else None
        rules = read_rubric(options.rubric) if options.rubric else None
        marked, code = check_file(
            path,
            walk,
            questions=counted,
            rubric=rules,
            source=source,
            hint=options.hint,
            codes=codes,
            policy=options.policy(),
        )
    if options.as_json:
        found = [one.to_dict(spoken) for one in marked]
        click.echo(dumped(found[0] if len(found) == 1 else found))
    else:
        click.echo("\n\n".join("\n".join(lines(one, in_, hint=options.hint)) for one in marked for in_ in langs))
    return code


def _codes(options: CheckOptions) -> SheetCodes:
    """Whose worksheet is which, as --sheet and --variants say. Raises UserError where an id is none."""
    from explainer.homework.classroom.sheet_codes import SheetCodes, variants_of
    from explainer.homework.worksheets.sheet_id import EXAMPLE, read_id

    variants = variants_of(options.variants) if options.variants else {}
    if options.sheet is not None:
        try:
            read_id(options.sheet)
        except UserError as error:
            if options.sheet[1:2].isdigit():
                raise
            raise UserError(NOBODYS_SHEET.format(code=same(visible(options.sheet)), example=same(EXAMPLE))) from error
    return SheetCodes(options.sheet or "", variants)


def _class(
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
        click.echo(dumped([one.to_dict(spoken) for one in result.marked]))
        return result.exit_code
    _say(spoken, result)
    from explainer.cli.commands.explain import WRITTEN

    named = [path for path in (options.output, options.feedback, options.summary) if path]
    for path in result.written if len(result.written) < 8 else named:
        click.echo(WRITTEN.format(path=visible(name_text(path)))[spoken], err=True)
    return result.exit_code


def _kept(words: tuple[str, ...]) -> Path | None:
    """The file of saved worksheets that stands in the model's place, if one does."""
    from explainer.homework.worksheets.sheet_file import is_sheet_file

    return Path(words[0]) if len(words) == 2 and is_sheet_file(Path(words[0])) else None


def _source(kept: Path | None) -> SheetSource:
    """Worksheets are those of a file, or made again from their ids; torch is loaded when the first one is."""
    from explainer.homework.worksheets.sheet_source import SheetSource

    def redraw(text: str, /, *, rubric: Rubric | None = None) -> Sheet:
        from explainer.drawing import sheet_of_id

        return sheet_of_id(text, rubric=rubric)

    if kept is None:
        return SheetSource(redraw=redraw)
    from explainer.homework.worksheets.sheet_file import read_sheets

    return SheetSource(read_sheets(kept), redraw)


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


def _walk(spoken: Lang, model: str, **given: Any) -> Walkthrough:
    from explainer.cli.commands.explain import walked
    from explainer.cli.progress import progress

    with progress(spoken, 0) as stage:
        stage("torch")
        return walked(stage, model, cached=True, **given)
