"""Receptive fields along convolutional paths: from layer to layer by recurrence, at a join the union of the branches.

Normalization is taken position by position: that its statistics see the whole map is left out, as is usual.
"""

from __future__ import annotations

from fractions import Fraction

from msgspec import Struct

from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.call import TensorRef
from explainer.walkthrough.model import Layer, Walkthrough
from explainer.walkthrough.receptive_field.field import THE_INPUT, Field, PathEnds, Result, known
from explainer.walkthrough.receptive_field.moves import EXCHANGES, PERMUTES, met, moved, reduced, reshaped
from explainer.walkthrough.receptive_field.recurrence import Step
from explainer.walkthrough.receptive_field.sentences import KEEPS, WHOLE
from explainer.walkthrough.receptive_field.windows import is_window, padded, through_window

_SAME_PLACE = {"clone", "Identity", "ChannelShuffle", "channel_shuffle", "native_channel_shuffle"}
_MOVING = {*PERMUTES, *EXCHANGES, "movedim", "moveaxis"}
_KEEPING = {Kind.ACTIVATION, Kind.NORMALIZATION, Kind.DROPOUT}
_JOINING = {Kind.ELEMENTWISE, Kind.JOIN}


class Receptive(Struct, frozen=True):
    """A call's receptive field.

    steps: one per axis of the image (height, width); whole: the whole image, whatever its size (then `steps` is empty).
    why: one sentence.
    """

    path: str
    steps: tuple[Step, ...]
    whole: bool
    why: Bi

    @property
    def square(self) -> bool:
        """All axes alike."""
        return len({step.reach for step in self.steps}) == 1

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(step.reach.size for step in self.steps)

    @property
    def strides(self) -> tuple[Fraction, ...]:
        return tuple(step.reach.stride for step in self.steps)

    @property
    def paddings(self) -> tuple[int | None, ...]:
        return tuple(step.reach.padding for step in self.steps)


def receptive_fields(walk: Walkthrough) -> dict[int, Receptive]:
    """The field of every call that has one, by the call's index; empty without convolution or pooling."""
    if not any(layer.kind in (Kind.CONVOLUTION, Kind.POOLING) for layer in walk.layers):
        return {}
    fields: dict[int, Field] = {}
    found: dict[int, Receptive] = {}
    for layer in walk.layers:
        try:
            field, steps, why = _follow(layer, fields)
        except PathEnds:
            continue
        fields[layer.index] = field
        if field.whole:
            found[layer.index] = Receptive(layer.path, (), True, WHOLE)
        elif field.axes is not None:
            found[layer.index] = Receptive(layer.path, steps or tuple(map(Step, field.reach)), False, why)
    return found


def _follow(layer: Layer, fields: dict[int, Field]) -> Result:
    """The field after a call, from those of its inputs. Raises PathEnds."""
    call, kind = layer.call, layer.kind
    known_operands = [
        (operand.shape, _of(operand, fields))
        for operand in call.operands
        if operand.parameter is None and operand.source != "constant"
    ]
    if not known_operands or not call.output_shapes:
        raise PathEnds
    (shape, field), out = known_operands[0], call.output_shapes[0]
    if is_window(layer):
        return through_window(layer, shape, field, out)
    if layer.rule and layer.rule.name == "pad":
        return padded(call, shape, field)
    if kind in _JOINING and len(known_operands) > 1:
        return met(known_operands, out)
    if kind is Kind.REDUCTION:
        return reduced(call, shape, field, out)
    if kind is Kind.LINEAR and (field.whole or (field.axes is not None and len(shape) - 1 not in field.axes)):
        return field, (), KEEPS
    if call.type in _MOVING:
        return moved(call, shape, field)
    keeps = kind in _KEEPING or call.type in _SAME_PLACE or (out == shape and kind is Kind.ELEMENTWISE)
    if keeps and len(out) == len(shape):
        return field, (), KEEPS
    if not keeps and kind in (Kind.RESHAPE, Kind.JOIN, Kind.OTHER):
        return reshaped(shape, field, out)
    raise PathEnds


def _of(operand: TensorRef, fields: dict[int, Field]) -> Field:
    """What is known of an operand. Raises PathEnds where nothing is, or where it has other axes than what it came from."""
    if operand.source == "input":
        return THE_INPUT
    field = known(fields.get(operand.source) if isinstance(operand.source, int) else None)
    if field.axes and field.axes[-1] >= len(operand.shape):
        raise PathEnds
    return field
