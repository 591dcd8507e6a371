"""`explainer.explain`: any `nn.Module` → an explanation with figures, verdicts and every output format."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, unquote

from explainer.collector import collector_off
from explainer.cost.plan import NOTHING_PLANNED, Plan, plan_of
from explainer.document.builder import DETAILS
from explainer.document.exercises import Pitfall
from explainer.errors import UserError
from explainer.formats.table import by_ending, endings
from explainer.i18n.bilingual import Bi, Lang
from explainer.lesson.compose import USUALLY, Detail, Shown, compose
from explainer.lesson.terminology import Terms, check_terms
from explainer.measure.needs import needs
from explainer.options import check_choice, langs_of, shown_with
from explainer.render.files import check_target, folder_written, write
from explainer.torch_missing import torch_needed
from explainer.walkthrough.broken_rules import broken_rules
from explainer.walkthrough.measured import Want
from explainer.walkthrough.model import By, Layer, Totals, Walkthrough
from explainer.walkthrough.verdict import Verdict

if TYPE_CHECKING:
    import torch
    from torch import nn

    from explainer.document.nodes import Document, Picture
    from explainer.family import FamilyFormulas
    from explainer.figures.figure import Figure

W = TypeVar("W", bound=Walkthrough)


@dataclass(frozen=True)
class Explanation:
    """One model explained.

    layers: every call in order, each with its derivations (`params`, `shape`, `macs`) and verdicts.
    show: which figures of each layer the document has. ledger: the document is the table of what each tool would print,
    and the JSON has it. measure: the saved file is measured.
    batch: with a table of what the batch changes. symbols: with the formulas of the model's family. pictures: with figures; folder: where the Markdown has them, by default
    `vgg16.files`; `save` puts them there, `files` has them.
    relatives: with a table of the ready-made models of the family.
    changes: the document is that of the model with these arguments beside it (`what_if`).
    What a document or the JSON needs to have measured is measured when it is first made, and stays in `walkthrough`.
    totals: sums over the network. checks: how many figures agree with torch, disagree, or are unchecked.
    """

    walkthrough: Walkthrough
    langs: tuple[Lang, ...]
    detail: Detail = "standard"
    times: str = "·"
    terms: Terms | None = None
    group: By | None = None
    show: tuple[Shown, ...] = USUALLY
    ledger: bool = False
    measure: bool = False
    batch: bool = False
    pictures: bool = True
    folder: str = ""
    symbols: bool = False
    _made: list[tuple[Walkthrough, Document]] = field(default_factory=list, init=False, repr=False, compare=False)
    plan: Plan = NOTHING_PLANNED
    changes: Mapping[str, Any] = field(default_factory=dict)
    relatives: bool = False
    css: str = ""

    @property
    def layers(self) -> tuple[Layer, ...]:
        return self.walkthrough.layers

    @property
    def totals(self) -> Totals:
        return self.walkthrough.totals

    @property
    def checks(self) -> dict[str, int]:
        return {verdict.value: count for verdict, count in self.walkthrough.checks.items()}

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdict of every figure by its question's name: `features.0.params`, `features.0.shape`, `total.params`."""
        found = {}
        for layer in self.layers:
            prefix = f"{layer.path}." if layer.path else ""
            found[f"{prefix}params"] = layer.params_verdict
            found[f"{prefix}shape"] = layer.shape_verdict
        found["total.params"] = self.totals.verdict
        return found

    @property
    def agrees(self) -> bool:
        """Nothing disagrees with torch."""
        return self.walkthrough.agrees

    @property
    def complete(self) -> bool:
        """The whole forward pass is here; if not, `walkthrough.completeness` has what is missing, and costs are at least so much."""
        return self.walkthrough.complete

    @property
    def figures(self) -> dict[str, Figure]:
        """Every figure that this network gets, by name, each with `to_svg()`; drawn when it is wanted.

        Those of what must be measured (`memory`, `scaling`) are there once it is: `explain(…, show="all")`.
        """
        from explainer.figures.table import figures

        return figures(self._with(self._needs()), self.langs[0])

    @property
    def family(self) -> FamilyFormulas:
        """The model's family: its hyperparameters, and the formulas in them. Raises UserError where there is none.

        >>> explain_source("hf:gpt2").family.params_at(n_embd=1600, n_layer=48)   # doctest: +SKIP
        1557611200
        """
        from explainer.family import FamilyFormulas

        return FamilyFormulas.of(self._with({"family"}), lambda: self._with({"family", "family_macs"}).family)

    def what_if(self, **changes: Any) -> Explanation:
        """The same model with other arguments beside it: its document, files and `walkthrough.what_if` are the comparison.

        changes: by the names of the model's class or configuration, `width_per_group=128`, `**{"layers[2]": 23}`. Raises
        UserError for a name that there is not, and for a value with which the model cannot be built or run.

        >>> change = explain_source("resnet50").what_if(width_per_group=128)   # doctest: +SKIP
        >>> change.walkthrough.what_if.difference.params                       # doctest: +SKIP
        43326208
        """
        found = replace(self, changes={**self.changes, **changes}, walkthrough=replace(self.walkthrough, what_if=None))
        found._with(frozenset())
        return found

    def document(self) -> Document:
        """The lesson, before it takes a format."""
        walk = self._with(self._needs())
        if not self._made or self._made[0][0] is not walk:
            with collector_off():
                self._made[:] = [(walk, self._composed(walk))]
        return self._made[0][1]

    def _composed(self, walk: Walkthrough) -> Document:
        if walk.what_if is not None:
            from explainer.lesson.what_if import what_if_document

            return what_if_document(walk, self.langs, self.times)
        if self.ledger:
            from explainer.ledger.document import ledger_document

            return ledger_document(walk, self.langs)
        pictures = None
        if self.pictures:
            from explainer.figures.table import of_lesson

            pictures = of_lesson(walk, self.langs, self.detail, self.show)
        pitfalls: tuple[Pitfall, ...] = ()
        if self.detail == "handout":
            from explainer.homework.pitfalls import pitfalls_of

            pitfalls = pitfalls_of(walk)
        return compose(
            walk,
            self.langs,
            detail=self.detail,
            group=self.group,
            show=self.show,
            measure=self.measure,
            batch=self.batch,
            symbols=self.symbols,
            relatives=self.relatives,
            plan=self.plan,
            times=self.times,
            terms=self.terms,
            pictures=pictures,
            pitfalls=pitfalls,
        )

    def to_markdown(self) -> str:
        """The lesson as Markdown; its pictures are the `files` of a folder beside it."""
        from explainer.render.markdown import to_markdown

        with collector_off():
            return to_markdown(self.document(), self._address)

    def files(self) -> dict[str, bytes]:
        """The pictures that the Markdown names, by their names in its folder: SVG that needs no fonts."""
        return {f"{one.name}.svg": one.svg().encode() for one in self._pictures()}

    def drawings(self) -> dict[str, Callable[[], str]]:
        """What draws each picture for a page, by the address that the Markdown has for it."""
        return {unquote(self._address(one.name)): one.inline for one in self._pictures()}

    def _pictures(self) -> list[Picture]:
        from explainer.document.nodes import Picture

        return [block for block in self.document().blocks if isinstance(block, Picture)]

    def _address(self, name: str) -> str:
        folder = self.folder or re.sub(r"[^\w.-]+", "-", self.walkthrough.name) + ".files"
        return quote(f"{folder}/{name}.svg")

    def to_html(self) -> str:
        """One self-contained page."""
        from explainer.render.html.page import to_html

        return to_html(self.to_markdown(), pictures=self.drawings(), css=self.css)

    def to_dict(self) -> dict[str, Any]:
        """The figures, language-free, as docs/interfaces.md describes."""
        from explainer.export.json import to_dict

        with collector_off():
            return to_dict(self._with(self._needs(json=True)), ledger=self.ledger, plan=self.plan)

    def to_json(self) -> str:
        """The same as text, ending in a newline."""
        return self.to_json_bytes().decode()

    def to_json_bytes(self) -> bytes:
        """The same in UTF-8, as a file has it; of a large model it takes a fraction of the memory of `to_dict`."""
        written = BytesIO()
        self.json_writer()(written)
        return written.getvalue()

    def json_writer(self) -> Callable[[IO[bytes]], None]:
        """What writes it into a file, when all is measured; no more of it is kept than a piece at a time."""
        from explainer.export.json import write_json

        walk = self._with(self._needs(json=True))

        def written(file: IO[bytes]) -> None:
            with collector_off():
                write_json(file, walk, self.ledger, self.plan)

        return written

    def save(self, *paths: str | Path, css: str | Path | None = None) -> None:
        """Write the lesson; the ending (.md, .html, .pdf, .json) chooses the format. css: the file of a style sheet for HTML and PDF.

        Raises UserError if a format is unknown, a file cannot be written, or PDF is not available.
        """
        style = self.css
        if css is not None:
            from explainer.render.own_style import own_style

            style = own_style(Path(css))
        for path in map(Path, paths):
            check_target(path, endings())
            form = by_ending()[path.suffix.lower()]
            named = replace(self, folder=f"{path.stem}.files", css=style)
            content = form.write(named)
            files = form.beside(named) if form.beside else {}
            object.__setattr__(self, "walkthrough", named.walkthrough)  # what was measured is kept
            if files:
                with folder_written(path.parent / named.folder, files):
                    write(path, content)
            else:
                write(path, content)

    def _needs(self, json: bool = False) -> frozenset[Want]:
        if self.changes and not json:
            return frozenset()
        return needs(
            self.show,
            measure=self.measure,
            batch=self.batch,
            ledger=self.ledger,
            json=json,
            symbols=self.symbols,
            relatives=self.relatives,
            detail=self.detail,
        )

    def _with(self, wants: Collection[Want]) -> Walkthrough:
        """The walkthrough with these measured; kept, so that nothing is measured twice."""
        walk = measured(self.walkthrough, wants)
        if self.changes and (walk.what_if is None or walk.recorded):
            from explainer.what_if import with_what_if

            walk = with_what_if(walk, self.changes)
        object.__setattr__(self, "walkthrough", walk)
        return walk

    def _repr_markdown_(self) -> str:
        """For a notebook: the pictures are in the text itself."""
        import base64

        text = self.to_markdown()
        for one in self._pictures():
            inside = base64.b64encode(one.svg().encode()).decode()
            text = text.replace(f"]({self._address(one.name)})", f"](data:image/svg+xml;base64,{inside})")
        return text

    def _repr_html_(self) -> str:
        """For a notebook: the page in a frame of its own, formulas set, with nothing to be loaded."""
        from html import escape

        return f'<iframe srcdoc="{escape(self.to_html())}" style="width:100%;height:70vh;border:0"></iframe>'

    def __repr__(self) -> str:
        total, checks = self.totals.params, self.checks
        return f"<Explanation of {self.walkthrough.name}: {total:,} parameters, {checks['agrees']} figures agree, {checks['disagrees']} disagree>"


def explain(
    model: nn.Module,
    input_size: Sequence[int] | Sequence[Sequence[int]] | None = None,
    *,
    inputs: Sequence[Any] | Mapping[str, Any] | torch.Tensor | None = None,
    kwargs: Mapping[str, Any] | None = None,
    lang: str | Sequence[str] | None = None,
    detail: Detail = "standard",
    times: str = "·",
    terms: Mapping[str, Any] | None = None,
    group: By | None = None,
    show: str | Sequence[str] | None = None,
    train: bool = False,
    real: bool = False,
    name: str | None = None,
    dtype: str | None = None,
    tokens: str | int | None = None,
    checkpoint: bool = False,
    shards: int | None = None,
) -> Explanation:
    """Explain a model; it comes back as it was.

    input_size: the input's shape, batch included (or a list of shapes, for several inputs); or give `inputs`, tensors
    or other values, and `kwargs`. lang: "zh", "en" or "zh,en"; by default from the locale. detail: "brief", "handout",
    "standard" or "full". times: "·" or "×". terms: {"步幅": "步长"}. group: "block", "kind" or "stage", how the
    subtotals are made. show: "params,shape,macs" (the default), with "memory" and "receptive-field", or "all".
    train: explain the training mode. real: run a copy with values; by itself that is done for a model of at most ten million
    parameters where shapes do not suffice. dtype: "float32", "float16", "bfloat16" of weights and activations, "int8", "int4" of the
    weights alone; tokens, checkpoint, shards: what a training would take. Each of the four shows the memory.
    Raises UserError if the forward pass fails or an argument is wrong.
    """
    import torch

    from explainer.derive.pipeline import copied, walk_model
    from explainer.source.inputs import shapes_of

    _check(model, detail, times, group)
    plan = plan_of(dtype, tokens, checkpoint, shards)
    figures = shown_with(show, plan)
    shapes = shapes_of(input_size) if input_size is not None else []
    if isinstance(inputs, torch.Tensor | Mapping):  # one input, not its rows or its keys
        inputs = (inputs,)
    given = tuple(inputs) if inputs is not None else tuple(torch.empty(shape, device="meta") for shape in shapes)
    try:
        walk = walk_model(
            copied(model) if real else model,
            given,
            dict(kwargs or {}),
            name=name or type(model).__name__,
            source=type(model).__module__,
            train=train,
            real=real,
        )
    except UserError as error:
        nothing_given = input_size is None and inputs is None and kwargs is None
        message = NO_SIZE if nothing_given and _wants_an_input(model) else error.message
        raise UserError(message, langs_of(lang)[0]) from error.__cause__
    for sentence in broken_rules(walk):
        warnings.warn(sentence["en"], RuntimeWarning, stacklevel=2)
    words = check_terms(terms) if terms else None
    return Explanation(walk, langs_of(lang), detail, times, words, group, figures, plan=plan)


def _takes_tokens(trace: Any) -> bool:
    """Whether the inputs are sequences of whole numbers."""
    given = [*trace.args, *trace.kwargs.values()]
    return any(getattr(one, "dim", int)() == 2 and not one.dtype.is_floating_point for one in given)


NO_SIZE = Bi(
    zh="没有给出输入：请写出输入的形状，批量在前，例如 explain(model, (1, 3, 224, 224))；索引等其他输入用 inputs=，例如 "
    "inputs=[torch.zeros(1, 128, dtype=torch.int64)]。",
    en="No input is given: name its shape, the batch first, as in explain(model, (1, 3, 224, 224)); other inputs, such as indices, go into inputs=, "
    "as in inputs=[torch.zeros(1, 128, dtype=torch.int64)].",
)


def _wants_an_input(model: nn.Module) -> bool:
    """Whether the forward cannot be called without arguments."""
    import inspect

    try:
        inspect.signature(model.forward).bind()
    except (TypeError, ValueError):
        return True
    return False


def measured(walk: W, wants: Collection[Want]) -> W:
    """The walkthrough with these measured, if its model is at hand; one that comes from a file has what it has."""
    trace = getattr(walk, "trace", None)
    if not wants or trace is None:
        return walk
    from explainer.counters.predict import with_counters
    from explainer.measure.measure import measure
    from explainer.rules import default_registry

    registry = default_registry()
    with redirect_stdout(sys.stderr):  # the model runs again, and what it prints does not belong to the lesson
        walk = measure(trace, walk, wants, registry)
        if "ideas" in wants:
            from explainer.recognition.recognise import with_ideas

            walk = with_ideas(walk, trace, getattr(walk, "made_by", None), registry)
        if "family" in wants:
            from explainer.probing.family import with_family

            walk = with_family(walk, getattr(walk, "made_by", None), registry)
        if "family_macs" in wants or ("sequence_macs" in wants and _takes_tokens(trace)):
            from explainer.probing.family import with_family_macs

            walk = with_family_macs(walk, trace, getattr(walk, "made_by", None), registry)
        if "relatives" in wants:
            from explainer.relatives import with_relatives

            walk = with_relatives(walk)
        return with_counters(trace, walk, registry, "rows" in wants) if {"counters", "rows"} & {*wants} else walk


def explain_source(
    target: str,
    *,
    inputs: Sequence[str] = (),
    arguments: Mapping[str, Any] | Sequence[str] = (),
    lang: str | Sequence[str] | None = None,
    detail: Detail = "standard",
    times: str = "·",
    terms: Mapping[str, Any] | None = None,
    group: By | None = None,
    show: str | Sequence[str] | None = None,
    batch: int | None = None,
    train: bool = False,
    real: bool = False,
    ledger: bool = False,
    measure: bool = False,
    symbols: bool = False,
    relatives: bool = False,
    dtype: str | None = None,
    tokens: str | int | None = None,
    checkpoint: bool = False,
    shards: int | None = None,
) -> Explanation:
    """Explain what the command line could name: `vgg16`, `timm:…`, `hf:gpt2`, `net.py:Net`, weights, a lesson's JSON.

    inputs: shapes as the command takes them; arguments: the constructor's, {"n_layer": 2} or ["n_layer=2"]; the other
    options as in `explain`, with `batch`, `real`, `ledger`, `measure`, `symbols`, `relatives` as on the command line.
    Raises UserError where the command would exit with 2.

    >>> explain_source("hf:gpt2", inputs=["1,128:int64"], arguments={"n_layer": 2}, lang="zh")   # doctest: +SKIP
    """
    from explainer.targets import walk_target

    _check_choices(detail, times, group)
    plan = plan_of(dtype, tokens, checkpoint, shards)
    figures, langs = shown_with(show, plan), langs_of(lang)
    written = (
        [f"{name}={value!r}" for name, value in arguments.items()] if isinstance(arguments, Mapping) else arguments
    )
    with torch_needed():
        walk = walk_target(target, inputs, written, batch=batch, train=train, real=real)
    words = check_terms(terms) if terms else None
    return Explanation(
        walk,
        langs,
        detail,
        times,
        words,
        group,
        figures,
        ledger,
        measure,
        bool(batch),
        plan=plan,
        symbols=symbols,
        relatives=relatives,
    )


def load(
    path: str | Path,
    *,
    lang: str | Sequence[str] | None = None,
    detail: Detail = "standard",
    show: str | Sequence[str] | None = None,
    dtype: str | None = None,
    tokens: str | int | None = None,
    checkpoint: bool = False,
    shards: int | None = None,
) -> Explanation:
    """The explanation that a lesson's JSON holds; nothing is run, and torch is not needed.

    Its verdicts are computed anew from the figures in the file. Raises UserError if it is no lesson of ours.

    >>> explain_source("vgg16").save("lesson.json"); load("lesson.json", lang="zh").save("lesson.pdf")  # doctest: +SKIP
    """
    from explainer.walkthrough.file.read import read_file

    _check_choices(detail, "·", None)
    plan = plan_of(dtype, tokens, checkpoint, shards)
    return Explanation(read_file(Path(path)), langs_of(lang), detail, show=shown_with(show, plan), plan=plan)


NOT_A_MODEL = Bi(
    zh="explain的第一个参数应是模型实例（nn.Module），得到的却是{kind}；类要先构造，例如 Net()。",
    en="explain's first argument must be a model instance (an nn.Module), but is {kind}; build a class first, as in Net().",
)


def _check(model: object, detail: object, times: object, group: object) -> None:
    """Wrong use in one sentence. Raises UserError."""
    from torch import nn

    if not isinstance(model, nn.Module):
        kind = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        raise UserError(NOT_A_MODEL.format(kind=kind))
    _check_choices(detail, times, group)


def _check_choices(detail: object, times: object, group: object) -> None:
    """Options in words. Raises UserError."""
    check_choice("detail", detail, DETAILS)
    check_choice("times", times, ("·", "×"))
    check_choice("group", group, (None, "block", "kind", "stage"))
