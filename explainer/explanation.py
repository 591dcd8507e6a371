"""One model explained: its figures, verdicts, and every format in which the lesson is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from explainer.collector import collector_off
from explainer.cost.plan import NOTHING_PLANNED, Plan
from explainer.document.exercises import Pitfall
from explainer.formats.table import by_ending, endings
from explainer.i18n.bilingual import Lang
from explainer.lesson.compose import USUALLY, Detail, Shown, compose
from explainer.lesson.terminology import Terms
from explainer.measure.needs import needs
from explainer.measuring import measured
from explainer.render.files import check_target, ending_of, folder_written, write
from explainer.walkthrough.measured import Want
from explainer.walkthrough.model import By, Layer, Walkthrough
from explainer.walkthrough.totals import Totals
from explainer.walkthrough.verdict import Verdict

if TYPE_CHECKING:
    from explainer.document.nodes import Document, Picture
    from explainer.family import FamilyFormulas
    from explainer.figures.figure import Figure


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

    >>> lesson = explain_source("vgg16", lang="en")          # doctest: +SKIP
    >>> lesson.totals.params, lesson.walkthrough.macs.value    # doctest: +SKIP
    (138357544, 15470264320)
    >>> lesson.save("vgg16.md", "vgg16.pdf")                   # doctest: +SKIP
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
    _made: list[Document] = field(default_factory=list, init=False, repr=False, compare=False)
    plan: Plan = NOTHING_PLANNED
    changes: Mapping[str, Any] = field(default_factory=dict)
    relatives: bool = False
    css: str = ""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Every call of the forward pass, in order, with its formulas and its verdicts."""
        return self.walkthrough.layers

    @property
    def totals(self) -> Totals:
        """Sums over the network's parameters and buffers, as numbers of elements; `walkthrough.macs` has the multiply-accumulates."""
        return self.walkthrough.totals

    @property
    def checks(self) -> dict[str, int]:
        """How many figures agree with torch, disagree, are unchecked, were not reached: `{"agrees": 5, "disagrees": 0, …}`."""
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
        """The lesson, before it takes a format; composed once, since its options fix what must be measured for it."""
        if not self._made:
            walk = self._with(self._needs())
            with collector_off():
                self._made.append(self._composed(walk))
        return self._made[0]

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
            form = by_ending()[ending_of(path, endings())]
            named = replace(self, folder=f"{path.stem}.files", css=style)
            object.__setattr__(named, "_made", self._made)  # neither changes the document
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
