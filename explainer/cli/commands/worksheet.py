"""`explain worksheet`, `explain compare`: what teachers hand out, and a student's model beside the reference."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from explainer.cli.commands import EXIT_USAGE
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, Lang

if TYPE_CHECKING:
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
ONLY_A_MODEL = Bi(
    zh="学生版（--students-edition）是某个模型的推导，请写出模型。",
    en="A students' edition (--students-edition) is of a model's walkthrough: name the model.",
)
FILE_ENDINGS = (".pdf", ".md", ".html", ".csv", ".xml", ".gift", ".zip", ".ipynb")


def run_worksheet(
    spoken: Lang,
    model: str | None,
    topic: str | None,
    outputs: tuple[Path, ...],
    key: Path | None,
    lookup: Path | None,
    keys: bool,
    students: Path | None,
    papers: str | None,
    rubric: Path | None,
    new_rubric: Path | None,
    edition: Path | None,
    blank: str,
    tolerance: str,
    fmt: str | None,
    lang: str | None,
    **given: Any,
) -> int:
    """Worksheets, answer keys, look-up sheets and the students' edition of a walkthrough."""
    from explainer.options import langs_of

    langs = langs_of(lang)
    if new_rubric is not None:
        from explainer.homework.grading.rubric import write_rubric

        write_rubric(new_rubric, spoken)
        if not outputs and edition is None:
            return 0
    if bool(model) == bool(topic):
        raise UserError(MODEL_OR_TOPIC)
    if edition is not None and model is None:
        raise UserError(ONLY_A_MODEL)
    if not outputs and edition is None:
        raise UserError(NO_TARGET)
    rules = None
    if rubric is not None:
        from explainer.homework.grading.rubric import read_rubric

        rules = read_rubric(rubric)
    drawing: dict[str, Any] = {name: given.pop(name) for name in ("count", "seed", "level")}
    drawing["styles"] = given.pop("style")
    of: Walkthrough | Sequence[str]
    if model:
        from explainer.cli.commands.check import _walk

        of = _walk(spoken, model, **given)
        if edition is not None:
            _edition(of, langs, edition, blank)
            if not outputs:
                return 0
        drawing |= {"inputs": given["inputs"], "model": _nameable(model) if not given["arguments"] else ""}
    else:
        assert topic is not None
        of = [part.strip() for part in topic.replace("，", ",").split(",") if part.strip()]
    from explainer.homework.worksheets.class_set import paper_path, papers_of, sheets

    letters = papers_of(papers) if papers else ()
    if students is not None:
        drawing["ending"] = f".{(fmt or 'pdf').lstrip('.')}"
        return _for_class(spoken, of, students, outputs, key, langs, letters, keys, rules, drawing)
    for sheet in sheets(of, papers=letters, rubric=rules, **drawing):
        for path in outputs:
            _write(sheet, paper_path(path, sheet.source.paper), langs, tolerance, fmt)
        _companions(sheet, key, lookup, langs, rules)
    return 0


def _nameable(model: str) -> str:
    """A model as a sheet's id names it: a file from where we are, not by this machine's folders."""
    file, colon, name = model.rpartition(":") if ":" in model else (model, "", "")
    path = Path(file or name)
    if not path.is_absolute():
        return model
    short = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else Path(path.name)
    return f"{short.as_posix()}{colon}{name}"


def _write(sheet: Sheet, path: Path, langs: tuple[Lang, ...], tolerance: str, fmt: str | None) -> None:
    """A page, or by its ending another program's format."""
    from explainer.homework.worksheets.exports.formats import ENDINGS, export
    from explainer.homework.worksheets.page import write_sheet

    if tolerance != "0" and not (fmt or path.suffix.lower() in ENDINGS):
        raise UserError(NO_TOLERANCE.format(path=str(path)))
    if fmt or path.suffix.lower() in ENDINGS:
        export(sheet, path, fmt, langs, tolerance=tolerance)
    else:
        write_sheet(sheet, path, langs)


def _companions(sheet: Sheet, key: Path | None, lookup: Path | None, langs: tuple[Lang, ...], rules: Any) -> None:
    from explainer.homework.worksheets.answer_key import write_key
    from explainer.homework.worksheets.class_set import paper_path
    from explainer.homework.worksheets.lookup_sheet import write_lookup

    if key is not None:
        write_key(sheet, paper_path(key, sheet.source.paper), langs, rules)
    if lookup is not None:
        write_lookup(sheet, paper_path(lookup, sheet.source.paper), langs, rules)


def _for_class(
    spoken: Lang,
    of: Any,
    students: Path,
    outputs: tuple[Path, ...],
    key: Path | None,
    langs: tuple[Lang, ...],
    papers: tuple[str, ...],
    keys: bool,
    rules: Any,
    drawing: dict[str, Any],
) -> int:
    """A sheet for every student of a list, into a folder."""
    from explainer.cli.bar import class_progress
    from explainer.cli.commands.explain import WRITTEN
    from explainer.homework.worksheets.class_set import students_of, write_class

    if len(outputs) != 1:
        raise UserError(NO_TARGET)
    if outputs[0].suffix.lower() in FILE_ENDINGS and not outputs[0].is_dir():
        raise UserError(NO_FOLDER.format(path=str(outputs[0])))
    if key is not None:
        raise UserError(ONE_SHEET)
    listed = students_of(students)
    done: list[Path] = []
    with class_progress(spoken) as report:

        def made(sheet: Sheet, path: Path) -> None:
            done.append(path)
            if report is not None:
                report("sheets", len(done), len(listed))

        written = write_class(
            of, listed, outputs[0], langs, papers=papers, keys=keys, rubric=rules, on_sheet=made, **drawing
        )
    click.echo(WRITTEN.format(path=f"{outputs[0]} ({len(written)})")[spoken], err=True)
    return 0


def _edition(walk: Walkthrough, langs: tuple[Lang, ...], path: Path, blank: str) -> None:
    from explainer.api import Explanation
    from explainer.homework.worksheets.student_edition import write_edition

    steps = [step.strip() for step in blank.replace("，", ",").split(",") if step.strip()]
    write_edition(Explanation(walk, langs).document(), path, steps)


def run_compare(
    spoken: Lang,
    submission: str,
    reference: str,
    inputs: tuple[str, ...],
    outputs: tuple[Path, ...],
    as_json: bool,
    lang: str | None,
) -> int:
    """0 the same, 1 they differ (or the submission does not run), 2 wrong use. A folder is compared file by file."""
    from explainer.comparison import compare_models
    from explainer.comparison.report import document, lines, to_dict
    from explainer.options import langs_of

    langs = langs_of(lang)
    folder, _, name = submission.partition(":")
    if Path(folder).is_dir():
        return _folder(spoken, folder, name, reference, inputs, as_json)
    comparison = compare_models(submission, reference, inputs)
    if as_json:
        click.echo(json.dumps(to_dict(comparison, spoken), ensure_ascii=False, indent=1))
    elif not outputs:
        click.echo("\n".join(line[spoken] for line in lines(comparison)))
    failed = 0
    for path in outputs:
        from explainer.homework.worksheets.answer_key import write_document

        try:
            write_document(document(comparison, langs), path)
        except UserError as error:
            click.echo(error.message[spoken], err=True)
            failed += 1
    return EXIT_USAGE if failed else 0 if comparison.same else 1


def _folder(spoken: Lang, folder: str, name: str, reference: str, inputs: tuple[str, ...], as_json: bool) -> int:
    """Every file of a folder beside the reference."""
    from explainer.comparison import grade_models
    from explainer.comparison.report import lines, to_dict

    found: list[dict[str, Any]] = []
    alike = True
    for path, comparison in grade_models(folder, reference, inputs, name=name):
        alike = alike and comparison.same
        if as_json:
            found.append({"submission": path.name} | to_dict(comparison, spoken))
            continue
        click.echo(path.name)
        click.echo("\n".join(f"  {line[spoken]}" for line in lines(comparison)))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
    return 0 if alike else 1
