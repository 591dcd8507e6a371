"""All mistakes in one list. A new one is one entry in the file of its theme."""

from __future__ import annotations

from explainer.homework.mistakes import (
    attention,
    bias,
    channels,
    cost,
    embedding,
    experts,
    kernel,
    layout,
    linear,
    mixed_up,
    normalization,
    pooling,
    recurrent,
    shape,
    slips,
    totals,
    units,
)
from explainer.homework.mistakes.base import Mistake

THEMES = (
    bias,
    channels,
    kernel,
    shape,
    layout,
    normalization,
    linear,
    embedding,
    recurrent,
    attention,
    cost,
    pooling,
    totals,
    experts,
    mixed_up,
    units,
    slips,
)
MISTAKES: tuple[Mistake, ...] = tuple(mistake for theme in THEMES for mistake in theme.MISTAKES)
BY_ID: dict[str, Mistake] = {mistake.id: mistake for mistake in MISTAKES}
