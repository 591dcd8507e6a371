"""What a user names → its walkthrough: a model's name, a Python file, weights, or a lesson's JSON.

Every way in (the command line, `explain_source`, homework) comes through here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from explainer import cache
from explainer.collector import settled
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi
from explainer.known_sizes import with_known_sizes
from explainer.plain_file import NO_STREAM
from explainer.walkthrough.broken_rules import broken_rules
from explainer.walkthrough.file.read import is_walkthrough_file, read_file

if TYPE_CHECKING:
    from torch import nn

    from explainer.derive.live import LiveWalkthrough
    from explainer.walkthrough.model import Walkthrough

FIXED = Bi(
    zh="{path}是已经写好的讲义文件，不会再运行模型：{options}只能在由模型生成讲义时使用，请去掉。",
    en="{path} is a finished lesson, and no model is run again: leave out {options}, of use only where a lesson is made "
    "from a model.",
)
RECORDED = Bi(
    zh="各数由explainer {explainer}与PyTorch {torch}核对并记录在文件中；本次只重新比较，没有再运行模型。",
    en="The figures were recorded by explainer {explainer} with PyTorch {torch}; they were compared again, the model was "
    "not run again.",
)
NO_FILE = Bi(zh="没有这个文件：{path}。请检查路径。", en="There is no file {path}: check the path.")


class Stages(Protocol):
    """Told what is going on, for a progress bar."""

    @property
    def call(self) -> Callable[[Any], None] | None:
        """Called with each recorded call."""

    def __call__(self, name: str, **details: Any) -> None: ...

    def say(self, text: Bi) -> None:
        """A sentence for the user: how the model was found or built."""


class Silent:
    """Nobody watches."""

    call: Callable[[Any], None] | None = None

    def __call__(self, name: str, **details: Any) -> None:
        """Say nothing."""

    def say(self, text: Bi) -> None:
        """Say nothing."""


def walk_target(
    target: str,
    inputs: Sequence[str] = (),
    arguments: Sequence[str] = (),
    *,
    batch: int | None = None,
    train: bool = False,
    real: bool = False,
    stage: Stages | None = None,
    cached: bool = False,
    ideas: bool = False,
) -> Walkthrough:
    """The walkthrough of what `target` names.

    inputs: shapes as on the command line, `1,3,224,224` or `ids=1,128:int64`; arguments: the constructor's, `n_layer=2`.
    batch: another batch for the shapes that we chose. train, real: as in `explain`. stage: told of the progress.
    cached: take it from the cache, or keep it there; it then comes without its model, and nothing can be measured on it.
    ideas: with what its modules and stretches were proven to be.
    A lesson's JSON is read, not run; it is a LiveWalkthrough in every other case. Raises UserError.

    >>> walk_target("vgg16").totals.params    # doctest: +SKIP
    138357544
    """
    if target == "-":
        raise UserError(NO_STREAM)
    path = Path(target)
    if is_walkthrough_file(path):
        _check_fixed(path, inputs=inputs, arguments=arguments, train=train, real=real, batch=batch)
        return read_file(path)
    if path.suffix.lower() == ".json" and not path.exists():  # said where there is no PyTorch as well
        raise UserError(NO_FILE.format(path=target))
    sized = with_known_sizes(target, arguments)
    target, arguments = sized.target, sized.arguments
    if sized.note is not None and stage is not None:
        stage.say(sized.note)
    name = cache.key(target, inputs, arguments, batch, train, real) if cached else None
    if name and (kept := cache.load(name)) and (kept.measured.has("ideas") or not ideas):
        return replace(kept, name=sized.name) if sized.name else kept
    walk = _walked(target, inputs, arguments, batch, train, real, stage or Silent())
    if ideas:
        from explainer.recognition.recognise import with_ideas
        from explainer.rules import default_registry

        with redirect_stdout(sys.stderr):
            walk = with_ideas(walk, walk.trace, walk.made_by, default_registry())
    if name and not broken_rules(walk):
        cache.store(name, walk)
    return walk.told(name=sized.name) if sized.name else walk


def recorded_by(walk: Walkthrough) -> Bi:
    """What is said of a lesson from a file: who checked its figures, and that nothing was run."""
    return RECORDED.format(explainer=walk.versions["explainer"], torch=walk.versions["torch"])


def _check_fixed(path: Path, *, inputs: object, arguments: object, train: bool, real: bool, batch: object) -> None:
    """What can be asked of a model only. Raises UserError."""
    given = {"--input": inputs, "--arg": arguments, "--train": train, "--real": real, "--batch": batch}
    used = [name for name, value in given.items() if value]
    if used:
        raise UserError(FIXED.format(path=str(path), options=Bi("、".join(used), " and ".join(used))))


def _walked(
    target: str,
    inputs: Sequence[str],
    arguments: Sequence[str],
    batch: int | None,
    train: bool,
    real: bool,
    stage: Stages,
) -> LiveWalkthrough:
    """source → trace → derive → verify."""
    from explainer.derive.pipeline import walk_guesses
    from explainer.source import input_guesses, load, parse_arguments, parse_input
    from explainer.source.build import for_real

    specs = [parse_input(text) for text in inputs]
    settled()
    stage("build")
    building = for_real() if real else nullcontext()
    with redirect_stdout(sys.stderr), building:  # a model's own print() does not belong to the lesson
        loaded = load(target, parse_arguments(list(arguments)))
        for note in loaded.notes:
            stage.say(note)
        guesses = input_guesses(loaded, specs, real, batch)

        def anew() -> nn.Module:
            """The same model with its own initial values."""
            with for_real():
                return load(target, parse_arguments(list(arguments))).model

        stage("run")
        walk = walk_guesses(
            loaded.model,
            guesses,
            better=None if specs else loaded.better,
            name=loaded.name,
            source=loaded.source,
            arguments=tuple(arguments),
            train=train,
            real=real,
            anew=anew,
            tolerant=(loaded.invented and not specs) or loaded.weights_only,
            weights_only=loaded.weights_only,
            on_call=stage.call,
        )
        return walk.told(made_by=loaded.made_by)
