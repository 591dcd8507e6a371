"""Networks for images that have neither attention nor a sequence: a linear layer there may work along the channels, row by row."""

from __future__ import annotations

from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Walkthrough

IMAGE = 4  # dimensions


def mixes(walk: Walkthrough) -> bool:
    """Whether the rows of a linear layer's input may as well be channels as positions (MLP-Mixer transposes before one and behind it).

    >>> from explainer import explain_source
    >>> mixes(explain_source("alexnet").walkthrough)
    True
    """
    shapes = walk.run.input_shapes
    return bool(shapes) and len(shapes[0]) == IMAGE and not any(layer.kind is Kind.ATTENTION for layer in walk.layers)
