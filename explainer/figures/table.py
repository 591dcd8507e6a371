"""All kinds of figures, and those that a network gets."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Sequence

from explainer.document.builder import Detail, Place
from explainer.document.figures import Shown
from explainer.document.nodes import Picture
from explainer.errors import UserError
from explainer.figures import kinds
from explainer.figures.figure import Figure, Maker
from explainer.i18n.bilingual import Bi, Lang, joined, same, words_in_a_row
from explainer.walkthrough.measured import Want
from explainer.walkthrough.model import Walkthrough

_TELLING = ("unet", "experts", "stages")
NO_SUCH_KIND = Bi(zh="没有叫“{name}”的图；可用的有 {names}。", en="No figure is called '{name}': choose from {names}.")
NOT_OF_THIS = Bi(
    zh="{model}没有“{name}”图（{about}）：网络里没有相应的结构，或者前向传播没有走完。这个模型有 {names}。",
    en="{model} has no figure '{name}' ({about}): the network has no such part, or its forward pass was not complete. It has "
    "{names}.",
)
NONE_AT_ALL = Bi(zh="这个模型没有可画的图。", en="There is no figure of this model.")


@functools.cache
def makers() -> dict[str, Maker]:
    """`volumes` → what makes it: the `FIGURE` of every file in `kinds` that has one, in their order."""
    names = [f"{kinds.__name__}.{found.name}" for found in pkgutil.iter_modules(kinds.__path__)]
    found = [getattr(importlib.import_module(name), "FIGURE", None) for name in names]
    ordered = sorted((one for one in found if isinstance(one, Maker)), key=lambda one: (one.order, one.name))
    return {one.name: one for one in ordered}


def figures(walk: Walkthrough, lang: Lang = "en") -> dict[str, Figure]:
    """Every figure that this network gets, by name; each is drawn when it is wanted."""
    made = {name: maker.make(walk) for name, maker in makers().items()}
    return {name: one.spoken(lang) for name, one in made.items() if one is not None and one.sound(lang)}


def known(names: Sequence[str]) -> None:
    """Every one is the name of a kind of figure, or there is only `all`. Raises UserError."""
    for name in names if list(names) != ["all"] else ():
        if name not in makers():
            raise UserError(NO_SUCH_KIND.format(name=name, names=words_in_a_row([*makers(), "all"])))


def wants_of(names: Sequence[str]) -> frozenset[Want]:
    """What must be measured for these figures, or for `all`."""
    chosen = makers().values() if list(names) == ["all"] else [makers()[name] for name in names]
    return frozenset(want for maker in chosen for want in maker.wants)


def figure(walk: Walkthrough, name: str, lang: Lang = "en") -> Figure:
    """The figure of that name. Raises UserError where there is none, with the names of those that there are."""
    known([name])
    maker = makers()[name]
    one = maker.make(walk)
    if one is None or not one.sound(lang):
        has = list(figures(walk, lang))
        if not has:
            raise UserError(NONE_AT_ALL)
        names = joined([same(each) for each in has])
        raise UserError(NOT_OF_THIS.format(model=walk.name, name=name, about=maker.about, names=names))
    return one.spoken(lang)


def of_lesson(
    walk: Walkthrough, langs: tuple[Lang, ...], detail: Detail, show: Sequence[Shown]
) -> dict[Place, list[Picture]]:
    """The figures that a lesson shows, and where."""
    wanted = [
        maker
        for maker in makers().values()
        if (detail in ("standard", "full") or maker.alone) and (maker.show is None or maker.show in show)
    ]
    if detail == "handout":  # the U, experts, then blocks that repeat, say more of a network than its volumes
        wanted.sort(key=lambda maker: _TELLING.index(maker.name) if maker.name in _TELLING else len(_TELLING))
    placed: dict[Place, list[Picture]] = {}
    for maker in wanted:
        one = maker.make(walk)
        if one is not None and one.sound(langs[0]):
            placed.setdefault(one.place, []).append(one.picture(langs))
            if detail in ("brief", "handout"):
                break
    if detail == "handout" and not placed and (one := _of_the_heaviest(walk, langs[0])):
        placed["overview"] = [one.picture(langs)]
    for maker in makers().values() if detail == "handout" else ():
        if maker.beside and (one := maker.make(walk)) is not None and one.sound(langs[0]):
            placed.setdefault(one.place, []).append(one.picture(langs))
    return placed


def _of_the_heaviest(walk: Walkthrough, lang: Lang) -> Figure | None:
    """A network that has no picture of the whole: that of the layer with the most parameters, its gates or its kernel."""
    made = [maker.make(walk) for maker in makers().values() if maker.show is None]
    inner = {one.place: one for one in made if one is not None and isinstance(one.place, int)}
    heaviest = sorted((layer for layer in walk.layers if layer.index in inner), key=lambda layer: -layer.counted)
    return next((inner[layer.index] for layer in heaviest if inner[layer.index].sound(lang)), None)
