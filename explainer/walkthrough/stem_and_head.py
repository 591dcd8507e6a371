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
    """From the last block to the model's output, which a fully connected layer makes."""
    if not layers or run.stopped or {layer.kind for layer in layers if layer.index not in norms} - _HEAD:
        return False
    linear = [layer for layer in layers if layer.kind is Kind.LINEAR]
    made = linear[-1].call.output_shapes if linear else ()
    behind = {layer.kind for layer in layers if linear and layer.index > linear[-1].index}
    return bool(linear) and behind <= {Kind.RESHAPE, Kind.ACTIVATION} and bool(set(made[:1]) & set(run.output_shapes))
