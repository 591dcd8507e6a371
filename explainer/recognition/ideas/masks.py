"""What the weights of attention show where all scores are equal: which positions are seen, and with what bias."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

CLOSE = 1e-6
SEEN = 1e-12


@dataclass(frozen=True)
class Mask:
    """kind: who sees whom; window: how many positions at most; bias: what is added to the scores: by distance, or learned."""

    kind: Literal["causal", "full", "window", "other"]
    window: int | None = None
    bias: Literal["alibi", "position"] | None = None


def mask_of(weights: torch.Tensor) -> Mask:
    """The mask of weights that all scores of 0 give; the last two dimensions are queries and keys."""
    tables = weights.reshape(-1, *weights.shape[-2:])
    seen = tables > SEEN
    first = seen[0]
    if not bool((seen == first).all()):
        return Mask("other", bias=_bias(tables, seen))
    rows, columns = first.shape
    i, j = torch.arange(rows)[:, None], torch.arange(columns)[None, :]
    late = columns - rows
    if bool(first.all()):
        return Mask("full", bias=_bias(tables, seen))
    if bool((first == (j <= i + late)).all()):
        return Mask("causal", bias=_bias(tables, seen))
    width = int(first.sum(-1).max())
    if bool((first == ((j <= i + late) & (j > i + late - width))).all()):
        return Mask("window", width, _bias(tables, seen))
    return Mask("other", bias=_bias(tables, seen))


def _bias(tables: torch.Tensor, seen: torch.Tensor) -> Literal["alibi", "position"] | None:
    even = seen / seen.sum(-1, keepdim=True).clamp_min(1)
    if bool(((tables - even).abs() <= CLOSE).all()):
        return None
    logs = torch.where(seen, tables.clamp_min(1e-300).log(), torch.nan)
    steps = logs[..., 1:] - logs[..., :-1]  # by distance: the same step from each key to the next, in a head
    known = ~steps.isnan()
    for table, there in zip(steps, known, strict=True):
        values = table[there]
        if values.numel() and float(values.max() - values.min()) > 1e-4:
            return "position"
    return "alibi"
