"""The layers of a model as far as two models are compared by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from explainer.i18n.bilingual import Bi
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.settings import Setting, settings_of, working_of


@dataclass(frozen=True)
class Piece:
    """A layer as far as two models are compared by it.

    what: its rule's name, or its class where none explains it; kind: of layer, as a name of `Kind`. params: what it adds to the total;
    macs: None where it makes none that are known. working: its parameters with the numbers in the formula.
    """

    path: str
    what: str
    kind: str
    title: Bi | None
    settings: Mapping[str, Setting]
    params: int
    macs: int | None
    shape: Shape
    working: str = ""


def pieces_of(walk: Walkthrough) -> list[Piece]:
    """The layers of a walkthrough, called or not, and its parameters that belong to none."""
    found = [
        Piece(
            path=layer.path,
            what=layer.rule.name if layer.rule else layer.type,
            kind=layer.kind.name,
            title=layer.rule.title if layer.rule else None,
            settings=settings_of(layer),
            params=layer.counted,
            macs=layer.macs.value if layer.macs else None,
            shape=layer.call.output_shapes[0] if layer.call.output_shapes else (),
            working=working_of(layer) if layer.counted == layer.value else "",
        )
        for layer in walk.layers
    ]
    for part in walk.uncalled:
        settings = {symbol.name: value for symbol, value in part.params.values.items()} if part.params else {}
        what, title = (part.rule.name, part.rule.title) if part.rule else (part.type, None)
        kind = part.rule.kind.name if part.rule else "OTHER"
        found.append(Piece(part.path, what, kind, title, settings, part.counted, None, (), working_of(part)))
    return [*found, *raw_pieces({raw.name: raw.params for raw in walk.raw_parameters})]


RAW = Bi("直接使用的参数", "directly used parameter")


def raw_pieces(raw: Mapping[str, int]) -> list[Piece]:
    """Parameters that belong to no layer, by their sizes."""
    return [Piece(name, "", "RAW", RAW, {}, size, None, ()) for name, size in raw.items()]


def sizes_of(settings: Mapping[str, Setting]) -> str:
    """What a layer is called by: the kernel, what goes in and comes out.

    >>> sizes_of({"k_h": 3, "k_w": 3, "C_in": 256, "C_out": 512})
    '3×3, 256→512'
    """
    parts = []
    kernel = [str(settings[name]) for name in ("k", "k_d", "k_h", "k_w") if name in settings]
    if kernel:
        parts.append("×".join(kernel))
    for inside, out in (("C_in", "C_out"), ("F_in", "F_out"), ("V", "D")):
        if inside in settings and out in settings:
            parts.append(f"{settings[inside]}{'×' if inside == 'V' else '→'}{settings[out]}")
            break
    else:
        parts += [str(settings[name]) for name in ("C", "D", "h") if name in settings][:1]
    if settings.get("g", 1) not in (1, None):
        parts.append(f"g={settings['g']}")
    return ", ".join(parts)
