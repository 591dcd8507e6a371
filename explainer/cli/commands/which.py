"""`explain which MODEL NUMBER`: what a number means for a model, and who counts so."""

from __future__ import annotations

from typing import Any

import click

from explainer.cli.declare import Declared, argument
from explainer.cli.exit_codes import EXIT_DISAGREES, EXIT_INCOMPLETE
from explainer.cli.shared_options import JSON, MODEL, RUNNING
from explainer.cli.show import show
from explainer.cli.strangers_output import strangers_to_stderr
from explainer.cli.walked import walked
from explainer.i18n.bilingual import Bi, Lang

EXIT_NOTHING = EXIT_DISAGREES
PLAIN = 1  # a meaning that odd is what most people mean
MOST_VARIANTS = 4


def run(spoken: Lang, model: str, number: str, as_json: bool, lang: str | None, **given: Any) -> int:
    """0 where something explains the number, 1 where nothing does, 3 where that is not known. Raises UserError for no number."""
    from explainer.cli.progress import progress

    with progress(spoken, 0) as stage, strangers_to_stderr():
        stage("torch")
        from explainer.cost.published import explained
        from explainer.ledger.document import which_document
        from explainer.ledger.identify.number_reader import read
        from explainer.ledger.identify.search import which
        from explainer.measure.needs import IN_BYTES
        from explainer.measuring import measured
        from explainer.options import langs_of

        langs = langs_of(lang)
        in_bytes = IN_BYTES if read(number).may_be_bytes else frozenset()
        walk = measured(walked(stage, model, **given), {"rows", *in_bytes})
        if any(one.figure.of == "active" for one in explained(walk)):  # a mixture of experts: what one token uses
            walk = measured(walk, {"ideas"})
        matches = which(walk, number)
        if walk.complete and (not matches or matches[0].fit == "close" or matches[0].cost > PLAIN):
            matches = (*_varied(walk, number), *matches)
    if as_json:
        _print_json(matches)
    else:
        show(which_document(walk, number, langs, matches))
    if matches and (walk.complete or matches[0].fit != "close"):
        return 0
    return EXIT_NOTHING if walk.complete else EXIT_INCOMPLETE


def _varied(walk: Any, number: str) -> list[Any]:
    """The number as parameters of the same model built a little otherwise, where we have built it."""
    from explainer.ledger.identify.search import fits, varied
    from explainer.probing.variants import variants

    left = fits(number)
    found = variants(getattr(walk, "made_by", None), lambda params: left(params) is not None)
    made = [varied(one.params, one.changes, fit) for one in found if (fit := left(one.params)) is not None]
    return sorted(made, key=lambda match: abs(match.remainder))[:MOST_VARIANTS]


def _print_json(matches: Any) -> None:
    from explainer.i18n.printable import json_text

    found = [
        {
            "label": match.label.en,
            "value": match.value,
            "read_as": match.how.en,
            "fit": match.fit,
            "remainder": str(match.remainder),
            "tools": [
                {"tool": line.tool, "version": line.version, "quantity": line.quantity}
                | ({"layer": line.layer} if line.layer else {})
                for line in match.lines
            ],
            "terms": [{"label": term.label.en, "value": term.value} for term in match.terms],
        }
        for match in matches
    ]
    click.echo(json_text(found))


COMMAND = Declared(
    help=Bi(
        zh='查一个数从何而来：哪个工具会给出它，其中包含什么。例如 explain which vgg16 15523225576，或 explain which vgg16 "527.79 MiB"。',
        en="Say where a number comes from: which tool prints it, and what is in it. For example explain which vgg16 15523225576, or "
        'explain which vgg16 "527.79 MiB".',
    ),
    parameters=(MODEL, argument("number", metavar="NUMBER"), *RUNNING, JSON),
    run=run,
)
