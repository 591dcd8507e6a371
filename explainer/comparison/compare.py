"""`explain compare submission.py:Net reference.py:Net`, and a folder of submissions against one reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explainer.comparison.differences import Comparison, compare_facts
from explainer.comparison.facts import Facts, facts_of
from explainer.comparison.sandbox.client import Sandbox
from explainer.comparison.sandbox.limits import Failure, Limits, missing
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi

if TYPE_CHECKING:
    from explainer.source import InputSpec

NO_SUBMISSIONS = Bi(
    zh="{path} 里没有 .py 文件：请指向放提交的模型的文件夹。",
    en="There are no .py files in {path}: name the folder with the submitted models.",
)


def compare_models(
    submission: str, reference: str, inputs: Sequence[str] = (), *, limits: Limits | None = None
) -> Comparison:
    """Compare a submitted file's model with the reference, a model that is trusted (it runs in this process).

    inputs: as `--input` takes them; by default the reference's own. A library's model (`vgg16`, `timm:…`) may stand for
    the submission, and runs here as well. Raises UserError for wrong use, and where the reference does not run.
    """
    expected, given = reference_facts(reference, inputs)
    if not _is_file(submission):
        return compare_facts(expected, reference_facts(submission, given)[0])
    with Sandbox(limits) as box:
        return _compared(box, submission, expected, given, alone=False)


def grade_models(
    folder: str | Path, reference: str, inputs: Sequence[str] = (), *, limits: Limits | None = None, name: str = ""
) -> Iterator[tuple[Path, Comparison]]:
    """Each .py file of a folder against one reference, in order of their names; one bad file never stops the others.

    name: the class or function that every file must have (else the file's only model class). A submission does not see
    the files beside it. Raises UserError for wrong use, and where the reference does not run.
    """
    paths = sorted(path for path in Path(folder).glob("*.py") if path.is_file())
    if not paths:
        raise UserError(NO_SUBMISSIONS.format(path=str(folder)))
    expected, given = reference_facts(reference, inputs)
    with Sandbox(limits) as box:
        for path in paths:
            target = f"{path}:{name}" if name else str(path)
            try:
                yield path, _compared(box, target, expected, given, alone=True)
            except UserError as error:
                yield path, Comparison(expected, None, failure=error.message)


def reference_facts(target: str, inputs: Sequence[str] = ()) -> tuple[Facts, list[str]]:
    """The figures of a trusted model, and the inputs it ran on, as `--input` takes them."""
    from explainer.derive.pipeline import walk_guesses
    from explainer.source import input_guesses, load, parse_input

    loaded = load(target)
    specs = [parse_input(text) for text in inputs]
    guesses = input_guesses(loaded, specs)
    tolerant = loaded.invented and not specs
    walk = walk_guesses(loaded.model, guesses, name=loaded.name, source=loaded.source, tolerant=tolerant)
    used: Sequence[InputSpec] = specs or _as_run(walk.trace.args, walk.trace.kwargs)
    return facts_of(walk), [_text(spec) for spec in used]


def _as_run(args: Sequence[Any], kwargs: Any) -> list[InputSpec]:
    """The inputs that the run had."""
    import torch

    from explainer.source import InputSpec

    named = [(None, value) for value in args] + list(kwargs.items())
    return [
        InputSpec(tuple(value.shape), str(value.dtype).removeprefix("torch."), name)
        for name, value in named
        if isinstance(value, torch.Tensor)
    ]


def _text(spec: InputSpec) -> str:
    sizes = ",".join(map(str, spec.shape))
    return f"{spec.name}={sizes}:{spec.dtype}" if spec.name else f"{sizes}:{spec.dtype}"


def _is_file(target: str) -> bool:
    """Anything but a library's model is a stranger's code."""
    return not (target.startswith(("timm:", "hf:")) or (":" not in target and "." not in target and "/" not in target))


def _compared(box: Sandbox, target: str, expected: Facts, inputs: Sequence[str], *, alone: bool) -> Comparison:
    found = box.run(target, inputs, alone=alone)
    note = missing(box.granted) if box.granted is not None else None
    if isinstance(found, Failure):
        return Comparison(expected, None, failure=found.message, note=note)
    return compare_facts(expected, found, note)
