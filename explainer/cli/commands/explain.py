"""`explain MODEL`: source → trace → derive → verify → compose → render."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from explainer.cli.commands.show import show as show_document
from explainer.cli.exit_codes import EXIT_DISAGREES, EXIT_USAGE
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.i18n.printable import visible

if TYPE_CHECKING:
    from explainer.cli.progress import Stage
    from explainer.walkthrough.model import Walkthrough

DISAGREES = Bi(
    zh="不一致 ✗　有{n}个数与PyTorch不符，详见输出中标有“不一致”的各处。",
    en="DISAGREES ✗  {n:figure does|figures do} not agree with PyTorch; see the places marked DISAGREES in the output.",
)
BROKEN_PACKAGE = Bi(
    zh="第三方规则 {entry} 无法载入（{reason}），已跳过；其余规则照常使用。",
    en="The plug-in {entry} cannot be used ({reason}) and is passed over; all other rules are used as usual.",
)
RECORDED = Bi(
    zh="各数由explainer {explainer}与PyTorch {torch}核对并记录在文件中；本次只重新比较，没有再运行模型。",
    en="The figures were recorded by explainer {explainer} with PyTorch {torch}; they were compared again, the model was "
    "not run again.",
)
WRITTEN = Bi(zh="已写出 {path}", en="Wrote {path}")


def run_model(
    spoken: Lang,
    model: str,
    outputs: tuple[Path, ...],
    terms: Path | None,
    show: str | None,
    ledger: bool,
    **given: Any,
) -> int:
    """The lesson, or with `ledger` the table of what each tool would print; a progress bar on a terminal."""
    from explainer.cli.progress import progress

    unwritable = _failures(outputs)
    good = [path for path in outputs if path not in unwritable]
    if outputs and not good:
        raise next(iter(unwritable.values()))
    with progress(spoken, len(good)) as stage:
        stage("torch")
        from explainer.api import Explanation
        from explainer.lesson.terminology import read_terms
        from explainer.measure.needs import needs
        from explainer.options import langs_of, shown

        langs = langs_of(given["lang"])
        words = read_terms(terms) if terms else None
        figures = shown(show)
        with_json = any(path.suffix.lower() == ".json" for path in good)
        wants = needs(figures, measure=given["measure"], batch=bool(given["batch"]), ledger=ledger, json=with_json)
        walk = walked(stage, model, cached=not wants, **given)
        lesson = Explanation(
            walk,
            langs,
            given["detail"],
            given["times"],
            words,
            given["group"],
            figures,
            ledger,
            given["measure"],
            bool(given["batch"]),
        )
        failed = unwritable | _written(lesson, good, stage)
    if not outputs:
        show_document(lesson.document())
    if walk.recorded:
        said = RECORDED.format(explainer=walk.versions["explainer"], torch=walk.versions["torch"])
        click.echo(said[spoken], err=True)
    return _outcome(spoken, lesson, failed, [path for path in good if path not in failed])


def walked(
    stage: Stage,
    model: str,
    inputs: tuple[str, ...] = (),
    arguments: tuple[str, ...] = (),
    batch: int | None = None,
    train: bool = False,
    real: bool = False,
    no_cache: bool = False,
    cached: bool = False,
    **_: Any,
) -> Walkthrough:
    """The walkthrough of what the command line names; broken rules are said on stderr. Raises UserError.

    cached: it may come from the cache, since nothing has to be measured on its model.
    """
    from explainer.targets import walk_target
    from explainer.walkthrough.broken_rules import broken_rules

    walk = walk_target(
        model, inputs, arguments, batch=batch, train=train, real=real, stage=stage, cached=cached and not no_cache
    )
    if hasattr(walk, "trace"):
        from explainer import rules

        for entry, reason in rules.default_registry().broken:
            stage.say(BROKEN_PACKAGE.format(entry=same(visible(entry)), reason=same(visible(reason))))
    for sentence in broken_rules(walk):
        stage.say(sentence)
    return walk


def _failures(paths: tuple[Path, ...]) -> dict[Path, UserError]:
    """The files that cannot be written, each with the reason."""
    from explainer.formats.table import endings
    from explainer.render.files import check_target

    failed = {}
    for path in paths:
        try:
            check_target(path, endings())
        except UserError as error:
            failed[path] = error
    return failed


def _written(lesson: Any, paths: list[Path], stage: Any) -> dict[Path, UserError]:
    """Write what can be written; what cannot is reported, and the others are still made."""
    failed: dict[Path, UserError] = {}
    for path in paths:
        stage("write", path=path.name)
        try:
            lesson.save(path)
        except UserError as error:
            failed[path] = error
    return failed


def _outcome(lang: Lang, lesson: Any, failed: dict[Path, UserError], written: list[Path]) -> int:
    from explainer.walkthrough.verdict import Verdict

    if sys.stderr.isatty():
        for path in written:
            click.echo(WRITTEN.format(path=str(path))[lang], err=True)
    wrong = lesson.walkthrough.checks[Verdict.DISAGREES] + lesson.walkthrough.macs_checks[Verdict.DISAGREES]
    if wrong:
        click.echo(DISAGREES.format(n=wrong)[lang], err=True)
    for error in failed.values():
        click.echo(error.message[lang], err=True)
    return EXIT_USAGE if failed else 0 if lesson.agrees else EXIT_DISAGREES
