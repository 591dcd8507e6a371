"""`explain compare`: a student's model beside the reference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from explainer.cli.declare import Declared, argument, option
from explainer.cli.exit_codes import EXIT_DISAGREES, EXIT_INCOMPLETE, EXIT_USAGE
from explainer.cli.shared_options import DEBUG, INPUT, JSON, LANG
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, Lang
from explainer.i18n.printable import json_text, visible


def run(
    spoken: Lang,
    submission: str,
    reference: str,
    inputs: tuple[str, ...],
    outputs: tuple[Path, ...],
    as_json: bool,
    lang: str | None,
) -> int:
    """0 the same, 1 they differ (or the submission does not run), 2 wrong use, 3 undecided. A folder is compared file by file."""
    from explainer.comparison import compare_models
    from explainer.comparison.compare import is_configuration
    from explainer.comparison.report import document, lines
    from explainer.comparison.report_json import to_dict
    from explainer.options import langs_of

    langs = langs_of(lang)
    folder, _, name = submission.partition(":")
    if Path(folder).is_dir() and not is_configuration(folder):
        return _folder(spoken, langs, folder, name, reference, inputs, as_json)
    comparison = compare_models(submission, reference, inputs)
    if as_json:
        click.echo(json_text(to_dict(comparison, spoken)))
    elif not outputs:
        click.echo("\n\n".join("\n".join(line[one] for line in lines(comparison)) for one in langs))
    failed = 0
    for path in outputs:
        from explainer.homework.worksheets.answer_key import write_document

        try:
            write_document(document(comparison, langs), path)
        except UserError as error:
            click.echo(error.message[spoken], err=True)
            failed += 1
    return EXIT_USAGE if failed else comparison.exit_code


def _folder(
    spoken: Lang,
    langs: tuple[Lang, ...],
    folder: str,
    name: str,
    reference: str,
    inputs: tuple[str, ...],
    as_json: bool,
) -> int:
    """Every file of a folder beside the reference."""
    from explainer.comparison import grade_models
    from explainer.comparison.report import lines
    from explainer.comparison.report_json import to_dict

    found: list[dict[str, Any]] = []
    codes: set[int] = set()
    for path, comparison in grade_models(folder, reference, inputs, name=name):
        codes.add(comparison.exit_code)
        if as_json:
            found.append({"submission": visible(path.name)} | to_dict(comparison, spoken))
            continue
        click.echo(visible(path.name))
        click.echo("\n".join(f"  {line[one]}" for one in langs for line in lines(comparison)))
    if as_json:
        click.echo(json_text(found))
    return next((code for code in (EXIT_DISAGREES, EXIT_INCOMPLETE) if code in codes), 0)


COMMAND = Declared(
    help=Bi(
        zh="把学生写的模型与参考模型比较，指出哪些层不同、如何不同：explain compare submission.py:Net reference.py:Net。"
        "学生的代码在隔离的进程中运行。",
        en="Compare a student's model with the reference and say in which layers they differ, and by what: explain compare "
        "submission.py:Net reference.py:Net. The student's code runs in an isolated process.",
    ),
    parameters=(
        argument("submission", metavar="SUBMISSION"),
        argument("reference", metavar="REFERENCE"),
        LANG,
        INPUT,
        option(
            "-o",
            "--output",
            "outputs",
            help=Bi(
                "比较结果的页面：.md、.html 或 .pdf；可重复",
                "a page of the comparison: .md .html .pdf; may be repeated",
            ),
            multiple=True,
            type=Path,
            metavar="FILE",
        ),
        JSON,
        DEBUG,
    ),
    run=run,
)
