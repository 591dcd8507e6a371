"""A residual connection whose shortcut goes through layers of its own: a 1×1 convolution, an identity, a pooling."""

from __future__ import annotations

from collections.abc import Mapping

from explainer.vocabulary.kind import Kind
from explainer.walkthrough.parts import Layer
from explainer.walkthrough.story import Part

_WEIGHTS = (Kind.CONVOLUTION, Kind.LINEAR)
_ON_THE_WAY = (Kind.CONVOLUTION, Kind.NORMALIZATION, Kind.POOLING)


def shortcut(add: Layer, inside: Mapping[int, Layer]) -> tuple[Layer, ...]:
    """The layers through which an addition gets the block's input beside what more layers make of it; none if it is none.

    inside: the block's calls by index. On the way there is no activation. Two branches of equal weight are no shortcut, and
    neither is what comes from elsewhere.
    """
    sources = [source for source in add.call.inputs if isinstance(source, int)]
    if add.kind is not Kind.ELEMENTWISE or add.type != "add" or len(sources) != 2:
        return ()
    return next((way for short, long in (sources, sources[::-1]) if (way := _way(short, long, inside))), ())


def _way(short: int, long: int, inside: Mapping[int, Layer]) -> tuple[Layer, ...]:
    way: list[Layer] = []
    at: int | str = short
    while isinstance(at, int) and at in inside:
        layer = inside[at]
        kept = layer.call.input_shapes[:1] == layer.call.output_shapes[:1]
        if len(layer.call.inputs) != 1 or not (layer.kind in _ON_THE_WAY or (layer.kind is Kind.RESHAPE and kept)):
            return ()
        way.append(layer)
        at = layer.call.inputs[0]
    found, before = _behind(long, inside)
    more = sum(layer.kind in _WEIGHTS for layer in found) > sum(layer.kind in _WEIGHTS for layer in way)
    active = any(layer.kind is Kind.ACTIVATION for layer in found)
    return tuple(way) if at in before and more and active else ()


def _behind(index: int, inside: Mapping[int, Layer]) -> tuple[list[Layer], set[int | str]]:
    """The block's calls that lead to one of them, and what they begin with."""
    waiting: list[int | str] = [index]
    found: dict[int, Layer] = {}
    before: set[int | str] = set()
    while waiting:
        one = waiting.pop()
        if not isinstance(one, int) or one not in inside:
            before.add(one)
        elif one not in found:
            found[one] = inside[one]
            waiting += inside[one].call.inputs
    return list(found.values()), before


def inside_of(part: Part, path: str) -> dict[int, Layer]:
    """The calls of one instance by their index."""
    start = f"{path}." if path else ""
    return {layer.index: layer for layer in part.layers if f"{layer.path}.".startswith(start)}


def instances_of(part: Part) -> dict[str, dict[int, Layer]]:
    """The calls of each instance of a block by their index, by the instance's path."""
    found: dict[str, dict[int, Layer]] = {row.path: {} for row in (part.template.rows if part.template else ())}
    for layer in part.layers:
        path = layer.path
        while path and path not in found:
            path = path.rpartition(".")[0]
        if path in found:
            found[path][layer.index] = layer
    return found


def adds_input(part: Part) -> set[str]:
    """The names of the block's additions that in some instance are a residual connection's."""
    return {
        layer.path[len(path) :].lstrip(".")
        for path, inside in instances_of(part).items()
        for layer in inside.values()
        if layer.call.bypass or shortcut(layer, inside)
    }
