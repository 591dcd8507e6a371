"""`explain worksheet`: what teachers hand out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explainer.cli.declare import Declared, argument, option
from explainer.cli.shared_options import RUBRIC, RUNNING
from explainer.cli.walked import walked_alone
from explainer.cli.worksheet_files import write_files, write_for_class
from explainer.cli.worksheet_options import WorksheetOptions
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, Lang
from explainer.options import langs_of

if TYPE_CHECKING:
    from explainer.homework.grading.rubric import Rubric
    from explainer.homework.worksheets.class_set import MakeSheet
    from explainer.homework.worksheets.sheet import Sheet
    from explainer.walkthrough.model import Walkthrough

ALREADY_MADE = Bi(
    zh="{path} 里是已经出好的练习：可以换格式、写答案，不能再用 --students、--papers 或 --students-edition。",
    en="{path} holds worksheets that are already made: they can be written in other formats, with keys, but not with "
    "--students, --papers or --students-edition.",
)


def run(spoken: Lang, **given: Any) -> int:
    """Worksheets, answer keys, look-up sheets and the students' edition of a walkthrough."""
    options = WorksheetOptions.of(given)
    langs = langs_of(options.lang)
    if options.new_rubric is not None:
        from explainer.homework.grading.rubric import write_rubric

        write_rubric(options.new_rubric, spoken)
        if not options.outputs and options.edition is None:
            return 0
    options.check()
    rubric = _rubric(options)
    kept = _kept(options)
    if kept:
        return _again(kept, options, langs, rubric)
    walk = _walked(spoken, options.model, options.running) if options.model else None
    if walk is not None and options.edition is not None:
        _edition(walk, langs, options.edition, options.blank)
        if not options.outputs:
            return 0
    make = _maker(walk, options, rubric)
    if options.students is not None:
        return write_for_class(spoken, make, options.students, options, langs, rubric)
    from explainer.homework.worksheets.class_set import papers_of, sheets

    for sheet in sheets(make, papers=papers_of(options.papers) if options.papers else ()):
        write_files(sheet, options, langs, rubric)
    return 0


def _walked(spoken: Lang, model: str, running: Mapping[str, Any]) -> Walkthrough:
    """The walkthrough, with what a token uses of experts where it may have some."""
    from explainer.walkthrough.choosing import may_choose

    walk = walked_alone(spoken, model, **running)
    looked = walk.recorded or walk.measured.has("ideas") or not may_choose(walk.layers)
    return walk if looked else walked_alone(spoken, model, **running, ideas=True)


def _rubric(options: WorksheetOptions) -> Rubric | None:
    if options.rubric is None:
        return None
    from explainer.homework.grading.rubric import read_rubric

    return read_rubric(options.rubric)


def _maker(walk: Walkthrough | None, options: WorksheetOptions, rubric: Rubric | None) -> MakeSheet:
    """What makes a sheet for a student and a paper."""
    if walk is None:
        from explainer.drawing import topic_sheet

        assert options.topic is not None
        topics = [part.strip() for part in options.topic.replace("，", ",").split(",") if part.strip()]
        return partial(topic_sheet, topics, rubric=rubric, **options.drawing)
    from explainer.homework.worksheets.make import make_sheet

    assert options.model is not None
    name = _nameable(options.model) if not options.running["arguments"] else ""
    if walk.recorded:  # whatever the file is called: it is graded beside the lesson, and drawn again from nothing else
        name = f"{walk.name}.json"
    return partial(make_sheet, walk, rubric=rubric, model=name, inputs=options.running["inputs"], **options.drawing)


def _kept(options: WorksheetOptions) -> tuple[Sheet, ...]:
    """The worksheets of a file that was saved with them. Raises UserError."""
    from explainer.homework.worksheets.sheet_file import is_sheet_file, read_sheets

    if not options.model or not is_sheet_file(Path(options.model)):
        return ()
    if options.students is not None or options.edition is not None or options.papers is not None:
        raise UserError(ALREADY_MADE.format(path=options.model))
    return read_sheets(Path(options.model))


def _again(kept: tuple[Sheet, ...], options: WorksheetOptions, langs: tuple[Lang, ...], rubric: Rubric | None) -> int:
    """Saved worksheets in other formats, their keys and look-up sheets; a class's each under the student's number."""
    from explainer.homework.worksheets.class_set import file_name
    from explainer.homework.worksheets.sheet_source import marked_by

    for sheet in kept:
        name = file_name(sheet.student) if len(kept) > 1 and sheet.student else ""
        write_files(marked_by(sheet, rubric), options, langs, rubric, name)
    return 0


def _nameable(model: str) -> str:
    """A model as a sheet's id names it: a file from where we are, not by this machine's folders."""
    file, colon, name = model.rpartition(":") if ":" in model else (model, "", "")
    path = Path(file or name)
    if not path.is_absolute():
        return model
    short = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else Path(path.name)
    return f"{short.as_posix()}{colon}{name}"


def _edition(walk: Walkthrough, langs: tuple[Lang, ...], path: Path, blank: str) -> None:
    from explainer.api import Explanation
    from explainer.homework.worksheets.student_edition import write_edition

    steps = [step.strip() for step in blank.replace("，", ",").split(",") if step.strip()]
    write_edition(Explanation(walk, langs, pictures=False).document(), path, steps, walk)


COMMAND = Declared(
    help=Bi(
        zh="生成练习题，针对一个模型（explain worksheet vgg16 -o sheet.pdf）或若干知识点（--topic conv,batchnorm）；可另附参考答案、"
        "错答速查表和学生版讲义。-o 的结尾可以是 .md、.html、.csv、.pdf、.json（保存下来，以后不需要PyTorch），或 .xml（Moodle）、.gift、.zip（QTI）、.ipynb。",
        en="Make worksheets: on a model (explain worksheet vgg16 -o sheet.pdf) or on topics (--topic conv,batchnorm), with answer "
        "keys, look-up sheets for marking, and students' editions. -o ends in .md .html .csv .pdf, .json (saved, to go on "
        "without PyTorch), or .xml (Moodle) .gift .zip (QTI) .ipynb.",
    ),
    parameters=(
        argument("model", metavar="[MODEL]", required=False),
        option(
            "--topic",
            help=Bi("知识点，逗号隔开，如 conv,batchnorm 或 卷积，批归一化", "topics: conv,batchnorm"),
            metavar="TOPIC,…",
        ),
        option(
            "-o",
            "--output",
            "outputs",
            help=Bi(
                "练习题的文件，格式由结尾决定；可重复；与 --students 合用时是文件夹",
                "the worksheet's file, its ending the format; may be repeated; with --students a folder",
            ),
            multiple=True,
            type=Path,
            metavar="FILE",
        ),
        option("--key", help=Bi("参考答案的文件", "the answer key's file"), type=Path, metavar="FILE"),
        option(
            "--lookup",
            help=Bi(
                "错答速查表的文件：可能的错误答案及其原因",
                "the look-up sheet's file: likely wrong numbers and the mistakes behind them",
            ),
            type=Path,
            metavar="FILE",
        ),
        option("--count", help=Bi("题数，默认10", "how many questions; default: 10"), type=int, default=10),
        option(
            "--seed",
            help=Bi("随机种子；种子相同，题目相同", "the seed; the same seed gives the same questions"),
            type=int,
            default=1,
        ),
        option("--level", help=Bi("难度：1、2、3", "how hard: 1, 2 or 3"), type=int, default=1),
        option(
            "--style",
            help=Bi("题型：number、formula、choice 或 mixed", "how to answer: number, formula, choice or mixed"),
            default="number",
        ),
        option(
            "--students",
            help=Bi("学生名单（CSV），每人一份不同的题", "a list of students (CSV): a variant for each"),
            type=Path,
            metavar="CSV",
        ),
        option(
            "--keys",
            help=Bi("每人一份参考答案（与 --students 合用）", "an answer key for every student (with --students)"),
            is_flag=True,
        ),
        option("--papers", help=Bi("卷别，如 A,B", "papers, such as A,B"), metavar="A,B"),
        RUBRIC,
        option(
            "--new-rubric",
            help=Bi("写出一份可修改的评分标准", "write a rubric that can be edited"),
            type=Path,
            metavar="FILE",
        ),
        option(
            "--students-edition",
            "edition",
            help=Bi(
                "学生版讲义的文件：留出空格待填", "the file of a students' edition of the walkthrough, with blanks"
            ),
            type=Path,
            metavar="FILE",
        ),
        option(
            "--blank",
            help=Bi(
                "学生版讲义留空的步骤：formula,substituted,last,values",
                "what a students' edition leaves blank: formula,substituted,last,values",
            ),
            default="last",
            metavar="STEP,…",
        ),
        option(
            "--tolerance",
            help=Bi(
                "导出时数值题的容差：50、0.5% 或 3sf",
                "the tolerance of numerical questions in an export: 50, 0.5% or 3sf",
            ),
            default="0",
            metavar="50|0.5%|3sf",
        ),
        option(
            "--format",
            "fmt",
            help=Bi(
                "导出格式，如moodle、gift、qti21、qti12、notebook；与 --students 合用时为 pdf、html、md 或 csv",
                "the export format, such as moodle, gift, qti21, qti12 or notebook; with --students pdf, html, md or csv",
            ),
            metavar="NAME",
        ),
        *RUNNING,
    ),
    run=run,
)
