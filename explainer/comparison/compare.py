"""`explain compare submission.py:Net reference.py:Net`, and a folder of submissions against one reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from explainer.comparison.before_it_broke import compare_seen
from explainer.comparison.differences import Comparison, compare_facts
from explainer.comparison.facts import Facts, facts_of
from explainer.comparison.sandbox.client import Sandbox
from explainer.comparison.sandbox.limits import Failure, Limits, missing
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, same
from explainer.known_sizes import with_known_sizes
from explainer.targets import FIXED, NO_FILE, recorded_by
from explainer.walkthrough.file.read import is_walkthrough_file, read_file

NO_REFERENCE = Bi(zh="参考模型无法运行：{why}", en="The reference could not be run: {why}")
NO_SUBMISSIONS = Bi(
    zh="{path} 里没有 .py 文件：请指向放提交的模型的文件夹。",
    en="There are no .py files in {path}: name the folder with the submitted models.",
)


def compare_models(
    submission: str, reference: str, inputs: Sequence[str] = (), *, limits: Limits | None = None
) -> Comparison:
    """Compare a submitted file's model with the reference; each file's code runs in a locked process of its own.

    inputs: as `--input` takes them; by default the reference's own. A library's model (`vgg16`, `timm:…`) may stand for
    either, and runs in this process. Raises UserError for wrong use, and where the reference does not run.
    """
    with ExitStack() as stack:
        box = Box(stack, limits)
        finished = [target for target in (submission, reference) if is_walkthrough_file(Path(target))]
        if inputs and finished:
            raise UserError(FIXED.format(path=finished[0], options=same("--input")))
        expected = box.reference(reference, inputs)
        if not _is_file(submission):
            found = _beside(submission, expected, own=not inputs)
            note = expected.note or found.note
            return replace(compare_facts(expected, found, note), peers=not _is_file(reference))
        return box.compared(submission, reference, expected, alone=False)


def grade_models(
    folder: str | Path, reference: str, inputs: Sequence[str] = (), *, limits: Limits | None = None, name: str = ""
) -> Iterator[tuple[Path, Comparison]]:
    """Each .py file of a folder against one reference, in order of their names; one bad file never stops the others.

    name: the class or function that every file must have (else the file's only model class). A submission does not see
    the files beside it, nor the reference. Raises UserError for wrong use, and where the reference does not run.
    """
    paths = sorted(path for path in Path(folder).glob("*.py") if not path.is_dir())
    if not paths:
        raise UserError(NO_SUBMISSIONS.format(path=str(folder)))
    with ExitStack() as stack:
        box = Box(stack, limits)
        expected = box.reference(reference, inputs)
        for path in paths:
            target = f"{path}:{name}" if name else str(path)
            try:
                yield path, box.compared(target, reference, expected, alone=True)
            except UserError as error:
                yield path, Comparison(expected, None, failure=error.message)


class Box:
    """The sandbox, started when the first file has to be run. Closed with the stack."""

    def __init__(self, stack: ExitStack, limits: Limits | None) -> None:
        self._stack, self._limits = stack, limits
        self._sandbox: Sandbox | None = None

    @property
    def sandbox(self) -> Sandbox:
        if self._sandbox is None:
            self._sandbox = self._stack.enter_context(Sandbox(self._limits))
        return self._sandbox

    def reference(self, target: str, inputs: Sequence[str] = ()) -> Facts:
        """The figures of the reference: a file like a submission, but with what it imports beside it."""
        if not _is_python_file(target):
            return trusted_facts(target, inputs)
        found = self.sandbox.run(target, inputs)
        if isinstance(found, Failure):
            raise UserError(found.message if found.id == "user" else NO_REFERENCE.format(why=found.message))
        return found

    def compared(self, target: str, reference: str, expected: Facts, *, alone: bool) -> Comparison:
        """A submission against the reference's figures. Raises UserError for a bad path."""
        teachers = reference if _is_python_file(reference) else ""
        fit = _goes_through(expected)
        found = self.sandbox.run(target, expected.inputs, alone=alone, reference=teachers, inputs_fit=fit)
        note = (missing(self.sandbox.granted) if self.sandbox.granted is not None else None) or expected.note
        if isinstance(found, Failure):
            seen = compare_seen(expected, found.seen) if found.seen else ()
            return Comparison(expected, None, seen, failure=found.message, note=note)
        return compare_facts(expected, found, note)


def _goes_through(facts: Facts) -> bool:
    """Whether a model takes its inputs to the end, so that they are not to blame where another does not."""
    return bool(facts.inputs) and not facts.stopped


def _beside(target: str, expected: Facts, own: bool) -> Facts:
    """A library's model on the reference's inputs; where it does not take them, on its own (unless they were asked for)."""
    try:
        return trusted_facts(target, expected.inputs, inputs_fit=_goes_through(expected))
    except UserError:
        if not own:
            raise
        return trusted_facts(target)


def trusted_facts(target: str, inputs: Sequence[str] = (), *, inputs_fit: bool = False) -> Facts:
    """The figures of a model that was installed, by name: it runs in this process. inputs_fit: the reference takes them.

    Those of a finished lesson are in its file, for the inputs with which it was made.
    """
    if is_walkthrough_file(Path(target)):
        return _recorded_facts(target)
    if target.endswith(".json") and not Path(target).exists():
        raise UserError(NO_FILE.format(path=target))
    from explainer.derive.pipeline import walk_guesses
    from explainer.source import InputSpec, input_guesses, load, parse_arguments, parse_input, texts_of
    from explainer.source.construction import built_with

    sized = with_known_sizes(target)
    loaded = load(sized.target, parse_arguments(list(sized.arguments)))
    specs = [parse_input(text) for text in inputs]
    tolerant = loaded.invented and not specs
    guesses = input_guesses(loaded, specs)
    walk = walk_guesses(
        loaded.model,
        guesses,
        name=sized.name or loaded.name,
        source=loaded.source,
        tolerant=tolerant,
        inputs_fit=inputs_fit,
    )
    known = [specs] if specs else [loaded.inputs or (), *loaded.alternatives]
    shapes = [tuple(one.shape for one in guess if isinstance(one, InputSpec)) for guess in known]
    used = next((guess for guess, made in zip(known, shapes, strict=True) if made == walk.run.input_shapes), known[0])
    return facts_of(walk, texts_of(used), built_with(loaded.made_by))


def _recorded_facts(path: str) -> Facts:
    run = (walk := read_file(Path(path))).run
    inputs = [
        ",".join(map(str, shape)) + ("" if dtype == "float32" else f":{dtype}")
        for shape, dtype in zip(run.input_shapes, run.input_dtypes, strict=True)
    ]
    return replace(facts_of(walk, inputs), note=recorded_by(walk))


def is_configuration(target: str) -> bool:
    """Whether a folder is that of a transformers model: its configuration is data."""
    return (Path(target) / "config.json").is_file()


def _is_python_file(target: str) -> bool:
    return target.endswith(".py") or target.rpartition(":")[0].endswith(".py")


def _is_file(target: str) -> bool:
    """Anything but a library's model, or a configuration, is a stranger's code."""
    if target.endswith(".json") or is_configuration(target):
        return False
    return not (target.startswith(("timm:", "hf:")) or (":" not in target and "." not in target and "/" not in target))
