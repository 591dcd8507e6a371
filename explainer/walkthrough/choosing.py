"""Whether a pass may hold a mixture of experts: to route tokens, something must be chosen among scores."""

from __future__ import annotations

from collections.abc import Iterable

from explainer.walkthrough.parts import Layer

CHOOSING = {"topk", "argmax", "sort", "argsort", "max", "kthvalue", "multinomial"}


def may_choose(layers: Iterable[Layer]) -> bool:
    """Whether some call chooses. False: there are no experts to look for."""
    return any(layer.type in CHOOSING for layer in layers)
