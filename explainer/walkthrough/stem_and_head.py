"""What leads from the input to the first block of a network, and from the last block to its output."""

from __future__ import annotations

from collections.abc import Sequence

from explainer.vocabulary.kind import Kind
from explainer.walkthrough.call import Run
from explainer.walkthrough.idea import Idea
from explainer.walkthrough.parts import Layer

_STEM = {
    Kind.CONVOLUTION,
    Kind.EMBEDDING,
    Kind.NORMALIZATION,
    Kind.ACTIVATION,
    Kind.POOLING,
    Kind.DROPOUT,
    Kind.RESHAPE,
    Kind.JOIN,
    Kind.ELEMENTWISE,
}


def is_stem(layers: list[Layer]) -> bool:
    """From the input, through convolutions or embeddings and what belongs to them alone, to the first block."""
    kinds = {layer.kind for layer in layers}
    made = {Kind.CONVOLUTION, Kind.EMBEDDING} & kinds
    widened = {Kind.LINEAR} if Kind.EMBEDDING in made else set()  # ALBERT's narrow embeddings
    return len(made) == 1 and kinds <= _STEM | widened and any("input" in layer.call.inputs for layer in layers)


_HEAD = {
    Kind.LINEAR,
    Kind.NORMALIZATION,
    Kind.ACTIVATION,
    Kind.POOLING,
    Kind.DROPOUT,
    Kind.RESHAPE,
    Kind.REDUCTION,
    Kind.JOIN,
}


def of_norms(ideas: Sequence[Idea]) -> frozenset[int]:
    """The calls of normalisations written by hand."""
    norms = [idea for idea in ideas if idea.kind in ("rms_norm", "layer_norm", "l2_norm")]
    return frozenset(index for idea in norms for index in idea.calls)


def is_head(layers: list[Layer], run: Run, norms: frozenset[int]) -> bool:
    """From the last block to the model's output, which a fully connected layer makes; or a convolution at each place, whose scores
    are averaged over the places. Other such convolutions may come first.
    """
    kinds = {layer.kind for layer in layers if layer.index not in norms and not _at_each_place(layer)}
    if not layers or run.stopped or kinds - _HEAD:
        return False
    weighted = [layer for layer in layers if layer.kind is Kind.LINEAR or _at_each_place(layer)]
    if not weighted:
        return False
    last = weighted[-1]
    behind = {layer.kind for layer in layers if layer.index > last.index}
    if last.kind is Kind.LINEAR:
        made, after = last, {Kind.RESHAPE, Kind.ACTIVATION}
    else:
        made, after = layers[-1], {Kind.RESHAPE, Kind.ACTIVATION, *_TOGETHER}
        if not behind & _TOGETHER or any(max(shape[2:], default=1) > 1 for shape in made.call.output_shapes):
            return False
    return behind <= after and bool(set(made.call.output_shapes[:1]) & set(run.output_shapes))


_TOGETHER = {Kind.POOLING, Kind.REDUCTION}


def _at_each_place(layer: Layer) -> bool:
    """A convolution whose kernel is 1 long on every side."""
    kernel = layer.call.option("kernel_size")
    return layer.kind is Kind.CONVOLUTION and isinstance(kernel, tuple | list) and set(kernel) == {1}
