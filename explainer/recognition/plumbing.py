"""Plumbing: steps that no value of an input and no parameter reaches, such as position numbers and masks. A question of the graph."""

from __future__ import annotations

from collections.abc import Iterator

from explainer.i18n.bilingual import Bi
from explainer.recognition.place import owner_of
from explainer.walkthrough.idea import Idea, Proof
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.parts import Layer

# Of what they are given they look at the shape alone.
_BY_SHAPE = {
    "ones_like",
    "zeros_like",
    "empty_like",
    "full_like",
    "new_ones",
    "new_zeros",
    "new_empty",
    "new_full",
    "new_tensor",
}
SAID = Bi(
    zh="从输入的值和任何参数出发，都到不了这些步骤：它们只取决于输入的尺寸。",
    en="No value of an input and no parameter reaches these steps: they depend on the sizes of the input alone.",
)


def ideas(walk: Walkthrough) -> Iterator[Idea]:
    """The plumbing of each module's forward, as one idea for each module."""
    reached: set[int] = set()
    plumbing: dict[str, list[int]] = {}
    for layer in walk.layers:
        if _is_reached(layer, reached):
            reached.add(layer.index)
        else:
            plumbing.setdefault(owner_of(layer.call), []).append(layer.index)
    for path, calls in plumbing.items():
        yield Idea("plumbing", path, tuple(calls), {}, Proof("graph", SAID), stretch=True)


def _is_reached(layer: Layer, reached: set[int]) -> bool:
    call = layer.call
    if layer.owned or (call.op is not None and call.op.tensors):
        return True
    if call.type in _BY_SHAPE:
        return False
    for operand in call.operands:
        if operand.parameter is not None or operand.source == "input" or operand.source in reached:
            return True
    return not call.operands
