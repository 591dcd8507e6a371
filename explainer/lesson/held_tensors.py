"""What a tensor that a block uses directly does, where its one use shows it: a scale or a shift for each channel."""

from __future__ import annotations

from math import prod

from explainer.i18n.bilingual import Bi
from explainer.lesson.block_ideas import start_of, users
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.parts import Layer
from explainer.walkthrough.story import Part

LEARNED = Bi("可学习的参数张量", "learned parameter tensor")
CHANNELS, FEATURES = (
    {
        "mul": Bi("逐通道缩放因子", "scale per channel"),
        "add": Bi("逐通道平移", "shift per channel"),
    },
    {
        "mul": Bi("逐维缩放因子", "scale per feature"),
        "add": Bi("逐维平移", "shift per feature"),
    },
)
_OF_IMAGE, _OF_SEQUENCE = 4, 3


def name_of_held(part: Part, name: str) -> Bi:
    """Layer scale: all of a map times one factor a channel. Of anything else only that it is learned."""
    at = {layer.index: layer for layer in part.layers}
    whole = f"{start_of(part)}{name}"
    shape = next((raw.shape for raw in part.raw if raw.name == whole), ())
    found = {index: at[index] for index in users(part, name) if index in at}
    reshaped = [one for one in found.values() if one.kind is Kind.RESHAPE]
    if reshaped and len(found) == 1:  # gamma.reshape(1, -1, 1, 1), multiplied in the next step
        (step,) = reshaped
        shape = step.call.output_shapes[0] if step.call.output_shapes else ()
        found = {one.index: one for one in part.layers if step.index in one.call.inputs}
    said = {_said(one, shape, _operation(one, whole)) for one in found.values()}
    return said.pop() if len(said) == 1 else LEARNED


def _operation(layer: Layer, parameter: str) -> str:
    """What is done with it: of shift + scale·x in one call, where it stands."""
    if layer.call.type == "addcmul":
        first = next(iter(layer.call.operands), None)
        return "add" if first is not None and first.parameter == parameter else "mul"
    return layer.call.type.strip("_").removeprefix("i").removesuffix("tiply")


def _said(layer: Layer, shape: tuple[int, ...], operation: str) -> Bi:
    """The tensor has one number for each place along one axis of the step's output, and that axis is told by the rank."""
    result = layer.call.output_shapes[0] if layer.call.output_shapes else ()
    axes = [i - len(shape) for i, size in enumerate(shape) if size > 1]
    if operation not in CHANNELS or len(axes) != 1 or len(shape) > len(result) or result[axes[0]] != prod(shape):
        return LEARNED
    if len(result) == _OF_IMAGE and axes[0] == -3:
        return CHANNELS[operation]
    return FEATURES[operation] if len(result) == _OF_SEQUENCE and axes[0] == -1 else LEARNED
