"""`explain ask`: one answer judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from explainer.cli.declare import Declared, argument
from explainer.cli.exit_codes import EXIT_DISAGREES, EXIT_INCOMPLETE
from explainer.cli.shared_options import JUDGING, MODEL, RUNNING
from explainer.cli.standard_input import typed_line
from explainer.cli.walked import walked_alone
from explainer.i18n.bilingual import Bi, Lang
from explainer.i18n.printable import json_text


def run(
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
    walk = walked_alone(spoken, model, ideas=question.strip().startswith("total.active"), **given)
    from explainer.homework.grading.grade import grade
    from explainer.homework.grading.policy import Policy, policy_of
    from explainer.homework.grading.terminal import said
    from explainer.homework.questions import find

    found = find(walk, question)
    if answer is None:
        click.echo(found.text[spoken])
        answer = typed_line()
    graded = grade(found, answer, hint=hint, policy=policy_of(tolerance, layout, terms) or Policy())
    if as_json:
        click.echo(json_text(graded.to_dict(spoken)))
    else:
        click.echo("\n\n".join("\n".join(said(graded, one, hint)) for one in langs))
    return EXIT_INCOMPLETE if graded.not_complete else 0 if graded.right else EXIT_DISAGREES


COMMAND = Declared(
    help=Bi(
        zh='批改一道题。QUESTION形如 features.0.params；ANSWER可以是数、算式或推导过程，如 "(3*3*3+1)*64"。',
        en="Judge one answer. QUESTION is for example features.0.params; ANSWER is a number, a formula or working, such as "
        '"(3*3*3+1)*64".',
    ),
    parameters=(
        MODEL,
        argument("question", metavar="QUESTION"),
        argument("answer", metavar="[ANSWER]", required=False),
        *RUNNING,
        *JUDGING,
    ),
    run=run,
)
