"""`explain worksheet`: what teachers hand out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, Lang
from explainer.options import langs_of

if TYPE_CHECKING:
    from explainer.homework.grading.rubric import Rubric
    from explainer.homework.worksheets.class_set import MakeSheet
    from explainer.homework.worksheets.sheet import Sheet
    from explainer.walkthrough.model import Walkthrough

MODEL_OR_TOPIC = Bi(
    zh="请写出模型（explain worksheet vgg16 …）或者知识点（--topic conv,batchnorm），二者选一。",
    en="Name either a model (explain worksheet vgg16 …) or topics (--topic conv,batchnorm), not both.",
)
NO_TARGET = Bi(
    zh="请用 -o 写出练习题的文件，例如 -o sheet.pdf；给全班出题时，-o 后面是文件夹。",
    en="Name the worksheet's file with -o, for example -o sheet.pdf; for a class -o names a folder.",
)
ONE_SHEET = Bi(
    zh="给全班出题时，--key 不带单独的文件；请用 --keys，每人的参考答案会写进文件夹里的 keys。",
    en="For a class --key has no file of its own: use --keys, which writes each answer key into keys/ in the folder.",
)
NO_FOLDER = Bi(
    zh="给全班出题时，-o 后面应是文件夹，例如 -o sheets/；{path} 是文件名。",
    en="For a class -o names a folder, for example -o sheets/; {path} is the name of a file.",
)
NO_TOLERANCE = Bi(
    zh="{path} 这种练习题不能带容差：--tolerance 只用于导出到其他系统的格式（.xml .gift .zip）。",
    en="{path}: a worksheet of this format cannot carry a tolerance; --tolerance is for exports to other systems (.xml .gift "
    ".zip).",
)
ALREADY_MADE = Bi(
    zh="{path} 里是已经出好的练习：可以换格式、写答案，不能再用 --students、--papers 或 --students-edition。",
    en="{path} holds worksheets that are already made: they can be written in other formats, with keys, but not with "
    "--students, --papers or --students-edition.",
)
ONLY_A_MODEL = Bi(
    zh="学生版（--students-edition）是某个模型的推导，请写出模型。",
    en="A students' edition (--students-edition) is of a model's walkthrough: name the model.",
)


@dataclass(frozen=True)
class WorksheetOptions:
    """What was asked for on the command line, under the names of the options.

    model, topic: what the questions are on. count, seed, level, style: which are asked.
    outputs, key, lookup, fmt, tolerance: the files of one sheet. students, keys, papers: those of a class.
    rubric, new_rubric: how answers are marked. edition, blank: the model's lesson with steps left blank.
    running: how the model is built and run.
    """

    model: str | None = None
    topic: str | None = None
    count: int = 10
    seed: int = 1
    level: int = 1
    style: str = "number"
    outputs: tuple[Path, ...] = ()
    key: Path | None = None
    lookup: Path | None = None
    fmt: str | None = None
    tolerance: str = "0"
    students: Path | None = None
    keys: bool = False
    papers: str | None = None
    rubric: Path | None = None
    new_rubric: Path | None = None
    edition: Path | None = None
    blank: str = "last"
    lang: str | None = None
    running: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> WorksheetOptions:
        """From the command's arguments; what is no option of worksheets says how the model is run."""
        own = {option.name for option in fields(cls)} - {"running"}
        ours = {name: value for name, value in given.items() if name in own}
        return cls(**ours, running={name: value for name, value in given.items() if name not in own})

    def check(self) -> None:
        """Whether these go together. Raises UserError."""
        if bool(self.model) == bool(self.topic):
            raise UserError(MODEL_OR_TOPIC)
        if self.edition is not None and self.model is None:
            raise UserError(ONLY_A_MODEL)
        if not self.outputs and self.edition is None:
            raise UserError(NO_TARGET)

    @property
    def drawing(self) -> dict[str, Any]:
        """What decides which questions are asked."""
        return {"count": self.count, "seed": self.seed, "level": self.level, "styles": self.style}


def run_worksheet(spoken: Lang, **given: Any) -> int:
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
    walk = _walk(spoken, options) if options.model else None
    if walk is not None and options.edition is not None:
        _edition(walk, langs, options.edition, options.blank)
        if not options.outputs:
            return 0
    make = _maker(walk, options, rubric)
    if options.students is not None:
        return _for_class(spoken, make, options.students, options, langs, rubric)
    from explainer.homework.worksheets.class_set import papers_of, sheets

    for sheet in sheets(make, papers=papers_of(options.papers) if options.papers else ()):
        _files(sheet, options, langs, rubric)
    return 0


def _rubric(options: WorksheetOptions) -> Rubric | None:
    if options.rubric is None:
        return None
    from explainer.homework.grading.rubric import read_rubric

    return read_rubric(options.rubric)


def _walk(spoken: Lang, options: WorksheetOptions) -> Walkthrough:
    from explainer.cli.commands.check import _walk

    assert options.model is not None
    return _walk(spoken, options.model, **options.running)


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
        _files(marked_by(sheet, rubric), options, langs, rubric, name)
    return 0


def _nameable(model: str) -> str:
    """A model as a sheet's id names it: a file from where we are, not by this machine's folders."""
    file, colon, name = model.rpartition(":") if ":" in model else (model, "", "")
    path = Path(file or name)
    if not path.is_absolute():
        return model
    short = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else Path(path.name)
    return f"{short.as_posix()}{colon}{name}"


def _files(
    sheet: Sheet, options: WorksheetOptions, langs: tuple[Lang, ...], rubric: Rubric | None, name: str = ""
) -> None:
    """One sheet's files: the sheet, its key, its look-up sheet."""
    from explainer.homework.worksheets.answer_key import write_key
    from explainer.homework.worksheets.class_set import paper_path
    from explainer.homework.worksheets.lookup_sheet import write_lookup

    paper = "-".join(part for part in (sheet.source.paper, name) if part)
    for path in options.outputs:
        _write(sheet, paper_path(path, paper), langs, options.tolerance, options.fmt)
    if options.key is not None:
        write_key(sheet, paper_path(options.key, paper), langs, rubric)
    if options.lookup is not None:
        write_lookup(sheet, paper_path(options.lookup, paper), langs, rubric)


def _write(sheet: Sheet, path: Path, langs: tuple[Lang, ...], tolerance: str, fmt: str | None) -> None:
    """A page, or by its ending another program's format."""
    from explainer.homework.worksheets.exports.formats import ENDINGS, export
    from explainer.homework.worksheets.files import write_sheet

    if fmt or path.suffix.lower() in ENDINGS:
        export(sheet, path, fmt, langs, tolerance=tolerance)
        return
    if tolerance != "0":
        raise UserError(NO_TOLERANCE.format(path=str(path)))
    write_sheet(sheet, path, langs)


def _for_class(
    spoken: Lang,
    make: MakeSheet,
    students: Path,
    options: WorksheetOptions,
    langs: tuple[Lang, ...],
    rubric: Rubric | None,
) -> int:
    """A sheet for every student of a list, into a folder."""
    from explainer.cli.bar import class_progress
    from explainer.cli.commands.explain import WRITTEN
    from explainer.homework.worksheets.class_set import papers_of, students_of, write_class
    from explainer.homework.worksheets.exports.formats import ENDINGS
    from explainer.homework.worksheets.files import SHEET_FORMATS

    if len(options.outputs) != 1:
        raise UserError(NO_TARGET)
    folder = options.outputs[0]
    if folder.suffix.lower() in (*SHEET_FORMATS, *ENDINGS) and not folder.is_dir():
        raise UserError(NO_FOLDER.format(path=str(folder)))
    if options.key is not None:
        raise UserError(ONE_SHEET)
    listed = students_of(students)
    done: list[Path] = []
    with class_progress(spoken) as report:

        def made(sheet: Sheet, path: Path) -> None:
            done.append(path)
            if report is not None:
                report("sheets", len(done), len(listed))

        written = write_class(
            make,
            listed,
            folder,
            langs,
            ending=f".{(options.fmt or 'pdf').lstrip('.')}",
            papers=papers_of(options.papers) if options.papers else (),
            keys=options.keys,
            rubric=rubric,
            on_sheet=made,
        )
    click.echo(WRITTEN.format(path=f"{folder} ({len(written)})")[spoken], err=True)
    return 0


def _edition(walk: Walkthrough, langs: tuple[Lang, ...], path: Path, blank: str) -> None:
    from explainer.api import Explanation
    from explainer.homework.worksheets.student_edition import write_edition

    steps = [step.strip() for step in blank.replace("，", ",").split(",") if step.strip()]
    write_edition(Explanation(walk, langs).document(), path, steps)
