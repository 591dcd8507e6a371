"""`explain check`: one submission, a whole class."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from explainer.cli.class_check import CheckOptions, check_class
from explainer.cli.declare import Declared, argument, option
from explainer.cli.shared_options import JUDGING, RUBRIC, RUNNING
from explainer.cli.standard_input import typed
from explainer.cli.walked import walked_alone
from explainer.errors import UserError
from explainer.homework.submissions.decode import name_text
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.i18n.printable import json_text, visible

if TYPE_CHECKING:
    from explainer.homework.classroom.sheet_codes import SheetCodes
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
ONE_TABLE = Bi(
    zh="成绩表一次只写一份：-o 只给一个文件，.csv 或 .xlsx；要另一种格式，再运行一次。",
    en="One table of grades is written at a time: give -o once, a .csv or .xlsx file, and run it again for the other.",
)
NOBODYS_SHEET = Bi(
    zh="--sheet 后面应是一个练习编号，例如 {example}；“{code}”不是。",
    en="--sheet takes a worksheet's id, for example {example}; '{code}' is none.",
)


def run(spoken: Lang, words: tuple[str, ...], lang: str | None, **given: Any) -> int:
    """One file, a folder, or what is typed. 0 all right, 1 not, 2 wrong use."""
    from explainer.options import langs_of

    langs = langs_of(lang)
    tables = given.pop("outputs")
    if len(tables) > 1:
        raise UserError(ONE_TABLE)
    given["output"] = tables[0] if tables else None
    options = CheckOptions(**{one.name: given.pop(one.name) for one in fields(CheckOptions)})
    if not 1 <= len(words) <= 2:
        raise UserError(WHAT_TO_CHECK)
    path = Path(words[-1])
    if str(path) != "-" and not path.exists():
        raise UserError(WHAT_TO_CHECK if len(words) == 1 else NO_PATH.format(path=same(visible(name_text(path)))))
    whole_class = path.is_dir()
    if (options.output or options.feedback or options.summary or options.marks) and not whole_class:
        raise UserError(ONLY_A_CLASS.format(path=same(visible(name_text(path)))))
    for given_file in (options.questions, options.rubric, options.variants, options.marks, options.terms):
        if given_file is not None and not given_file.exists():
            raise UserError(NO_PATH.format(path=same(visible(name_text(given_file)))))
    codes = _codes(options)
    kept = _kept(words)
    source = _source(kept)
    walk = walked_alone(spoken, words[0], ideas=True, **given) if len(words) == 2 and kept is None else None
    if whole_class:
        return check_class(spoken, langs, path, walk, options, codes, source)
    if str(path) == "-" and sys.stdin is not None and sys.stdin.isatty():
        from explainer.homework.classroom.interactive import check_typed

        if walk is None and source.only is None:
            raise UserError(WHAT_TO_CHECK)
        from explainer.homework.classroom.question_list import questions_of
        from explainer.homework.grading.rubric import read_rubric

        counted = questions_of(options.questions) if options.questions else None
        rules = read_rubric(options.rubric) if options.rubric else None
        policy = options.policy()
        return check_typed(
            walk, counted, sheet=source.only, lang=spoken, hint=options.hint, policy=policy, rubric=rules
        )[1]
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
        click.echo(json_text(found[0] if len(found) == 1 else found))
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


COMMAND = Declared(
    help=Bi(
        zh="批改作业：一个文件（.csv、.md、.json、.xlsx、.docx、.pdf、.ipynb，或 - 表示在终端输入），或一个文件夹里全班的作业。"
        "带编号的练习题不用写模型。",
        en="Check homework: a file (.csv .md .json .xlsx .docx .pdf .ipynb, or - to type the answers), or a folder with a whole "
        "class's. A worksheet with an id needs no model.",
    ),
    parameters=(
        argument("words", nargs=-1, metavar="[MODEL] ANSWERS"),
        option(
            "-o",
            "--output",
            "outputs",
            help=Bi("成绩表：.csv 或 .xlsx", "the table of grades: .csv or .xlsx"),
            multiple=True,
            type=Path,
            metavar="FILE",
        ),
        option(
            "--feedback",
            help=Bi("反馈页的文件夹，每份作业一页", "a folder for the feedback pages, one for each submission"),
            type=Path,
            metavar="FOLDER",
        ),
        option(
            "--summary",
            help=Bi("给教师的小结：.html、.md、.pdf 或 .json", "the teacher's summary: .html .md .pdf .json"),
            type=Path,
            metavar="FILE",
        ),
        option(
            "--pages",
            help=Bi("反馈页的格式：html、md、pdf", "the format of the feedback pages: html, md or pdf"),
            type=click.Choice(["html", "md", "pdf"]),
            default="html",
        ),
        option(
            "--questions",
            help=Bi("计分的题目，每行一个；可带分值", "the questions that count, one a line; with marks if you like"),
            type=Path,
            metavar="FILE",
        ),
        RUBRIC,
        option(
            "--sheet",
            help=Bi("没有写练习编号的答卷，一律按这个编号批改", "the worksheet's id, for answers that do not carry it"),
            metavar="CODE",
        ),
        option(
            "--variants",
            help=Bi(
                "谁做的是哪份练习：student,sheet 两列（即 sheets.csv）",
                "who has which worksheet: student,sheet (as in sheets.csv)",
            ),
            type=Path,
            metavar="CSV",
        ),
        option(
            "--marks",
            help=Bi(
                "教师评的分：student,question,score 三列",
                "marks given by hand, taken into the grades: student,question,score",
            ),
            type=Path,
            metavar="CSV",
        ),
        *RUNNING,
        *JUDGING,
    ),
    run=run,
)
