"""Receptive fields through what moves, joins or takes together positions, and looks at no neighbours."""

from __future__ import annotations

from explainer.vocabulary.shape import Shape
from explainer.walkthrough.call import Call
from explainer.walkthrough.receptive_field.field import (
    ALL_OF_IT,
    THE_INPUT,
    Field,
    PathEnds,
    Result,
    axis,
    integers,
    known,
)
from explainer.walkthrough.receptive_field.recurrence import HERE, joined
from explainer.walkthrough.receptive_field.sentences import KEEPS, MEETS, WHOLE

EXCHANGES = ("transpose", "swapaxes", "swapdims")
PERMUTES = ("permute", "Permute")


def met(given: list[tuple[Shape, Field]], out: Shape) -> Result:
    """Addition, multiplication, concatenation: the union of the branches. Raises PathEnds."""
    if any(field.whole for _, field in given):
        return ALL_OF_IT, (), WHOLE
    axes = next((field.axes for _, field in given if field.axes is not None), None)
    if any(len(shape) != len(out) for shape, _ in given):
        raise PathEnds
    if axes is None:
        return THE_INPUT, (), KEEPS
    branches = []
    for shape, field in given:
        if [shape[at] for at in axes] != [out[at] for at in axes] or field.axes not in (None, axes):
            raise PathEnds
        branches.append(field.reach or (HERE,) * len(axes))
    reach = tuple(known(joined([branch[i] for branch in branches])) for i in range(len(axes)))
    return Field(reach, axes), (), KEEPS if len(set(branches)) == 1 else MEETS


def reduced(call: Call, shape: Shape, field: Field, out: Shape) -> Result:
    """A mean over the image's axes sees all of it; over channels with keepdim it sees one position. Raises PathEnds."""
    if field.whole:
        return field, (), WHOLE
    axes = known(field.axes)
    rank = len(shape)
    if len(out) == rank and all(out[at] == shape[at] for at in axes):
        return field, (), KEEPS
    dim = call.option("dim", 1, call.option("axis"))
    gone = {axis(one, rank) for one in ([dim] if isinstance(dim, int) else dim and integers(dim)) or range(rank)}
    if not gone >= set(axes):
        raise PathEnds
    return ALL_OF_IT, (), WHOLE


def moved(call: Call, shape: Shape, field: Field) -> Result:
    """permute, transpose: the image's axes go elsewhere. Raises PathEnds."""
    if field.whole or field.axes is None:
        return field, (), KEEPS
    rank = len(shape)
    if call.type in EXCHANGES:
        first, second = axis(call.option("dim0", 1), rank), axis(call.option("dim1", 2), rank)
        order = list(range(rank))
        order[first], order[second] = second, first
    elif call.type in PERMUTES:
        in_one = call.kind == "module" or len(call.args) <= 2
        order = [axis(one, rank) for one in integers(call.option("dims", 1) if in_one else call.args[1:])]
    else:
        raise PathEnds
    if sorted(order) != list(range(rank)):
        raise PathEnds
    axes = [order.index(at) for at in field.axes]
    if axes != sorted(axes):
        raise PathEnds  # height and width have changed places
    return Field(field.reach, tuple(axes)), (), KEEPS


def reshaped(shape: Shape, field: Field, out: Shape) -> Result:
    """Channels taken apart, joined or chosen leave the image alone; a 1×1 map may be laid flat. Raises PathEnds."""
    if field.whole:
        return field, (), WHOLE
    axes = known(field.axes)
    if out == shape:
        return field, (), KEEPS
    sizes = tuple(shape[at] for at in axes)
    last = tuple(range(len(shape) - len(sizes), len(shape)))
    if axes != last or len(out) <= len(sizes) or out[-len(sizes) :] != sizes:
        raise PathEnds
    return Field(field.reach, tuple(range(len(out) - len(sizes), len(out)))), (), KEEPS
