"""What a figure is, and what makes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from explainer.document.builder import Place
from explainer.document.figures import Shown
from explainer.document.nodes import Block, Picture
from explainer.figures.svg.canvas import Canvas
from explainer.figures.svg.faults import faults
from explainer.i18n.bilingual import Bi, Lang
from explainer.walkthrough.measured import Want
from explainer.walkthrough.model import Walkthrough


@dataclass(frozen=True)
class Figure:
    """A figure of one network, drawn when it is first wanted.

    name: `volumes`. title: its first words, `VGG16's feature maps`; caption: what there is to see; alt: what it shows, in
    words, for whoever does not see it. draw: the drawing in a language. place: where a lesson has it.
    """

    name: str
    title: Bi
    caption: Bi
    alt: Bi
    draw: Callable[[Lang], Canvas]
    place: Place = "overview"
    lang: Lang = "en"

    def canvas(self, lang: Lang | None = None) -> Canvas:
        """The drawing."""
        return self.draw(lang or self.lang)

    def to_svg(self, lang: Lang | None = None, *, outlined: bool = True) -> str:
        """The figure as SVG that needs no fonts; not outlined: with letters as text, for a page that has our fonts."""
        from explainer.figures.svg.write import to_svg

        spoken = lang or self.lang
        return to_svg(self.canvas(spoken), self.title[spoken], self.alt[spoken], outlined)

    def sound(self, lang: Lang) -> bool:
        """Whether its layout has no fault: a figure that has one is not shown."""
        return not faults(self.canvas(lang))

    def spoken(self, lang: Lang) -> Figure:
        """The same figure, its words in this language."""
        return replace(self, lang=lang)

    def picture(self, langs: tuple[Lang, ...], instead: tuple[Block, ...] = ()) -> Picture:
        """The block of a document that shows it: drawn in the first language, told in all. instead: for what shows no pictures."""
        return Picture(
            self.name,
            {lang: (self.title[lang],) for lang in langs},
            {lang: (self.caption[lang],) for lang in langs},
            lambda: self.to_svg(langs[0]),
            lambda: self.to_svg(langs[0], outlined=False),
            instead,
        )

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def __repr__(self) -> str:
        return f"<Figure {self.name}: {self.title[self.lang]}>"


@dataclass(frozen=True)
class Maker:
    """What can make one kind of figure.

    wants: what has to be measured for it. make: the figure, or None where the network has no such thing or the data is not complete. about: what it shows, for
    whoever chooses one. order: its place among the others. show: only in lessons that show this. alone: it may be the one figure of a brief lesson or a handout.
    beside: a handout has it besides that one.
    """

    name: str
    about: Bi
    make: Callable[[Walkthrough], Figure | None]
    order: int
    show: Shown | None = None
    alone: bool = False
    beside: bool = False
    wants: frozenset[Want] = frozenset()
