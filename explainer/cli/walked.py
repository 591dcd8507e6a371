"""What the command line names, walked: from a model, the cache or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from explainer.cli.strangers_output import strangers_to_stderr
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.i18n.printable import visible

if TYPE_CHECKING:
    from explainer.cli.progress import Stage
    from explainer.walkthrough.model import Walkthrough

BROKEN_PACKAGE = Bi(
    zh="第三方规则 {entry} 无法载入（{reason}），已跳过；其余规则照常使用。",
    en="The plug-in {entry} cannot be used ({reason}) and is passed over; all other rules are used as usual.",
)


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
    ideas: bool = False,
    **_: Any,
) -> Walkthrough:
    """The walkthrough of what the command line names; broken rules are said on stderr. Raises UserError.

    cached: it may come from the cache, since nothing has to be measured on its model. ideas: with what its stretches
    were proven to be.
    """
    from explainer.targets import walk_target
    from explainer.walkthrough.broken_rules import broken_rules

    walk = walk_target(
        model,
        inputs,
        arguments,
        batch=batch,
        train=train,
        real=real,
        stage=stage,
        cached=cached and not no_cache,
        ideas=ideas,
    )
    if hasattr(walk, "trace"):
        from explainer import rules

        for entry, reason in rules.default_registry().broken:
            stage.say(BROKEN_PACKAGE.format(entry=same(visible(entry)), reason=same(visible(reason))))
    for sentence in broken_rules(walk):
        stage.say(sentence)
    return walk


def walked_alone(spoken: Lang, model: str, **given: Any) -> Walkthrough:
    """The walkthrough for a command that needs nothing else of the model; a progress bar on a terminal."""
    from explainer.cli.progress import progress

    with progress(spoken, 0) as stage, strangers_to_stderr():
        stage("torch")
        return walked(stage, model, cached=True, **given)
