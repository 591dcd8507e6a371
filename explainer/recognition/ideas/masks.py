"""What the weights of attention show where all scores are equal: which positions are seen, and with what bias."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

CLOSE = 1e-6
SEEN = 1e-12


@dataclass(frozen=True)
class Mask:
    """kind: who sees whom (regions: those of one region see one another, as where a window was shifted over the edge); window: how many positions at most; bias: what is added to the scores: by distance, or learned."""

    kind: Literal["causal", "full", "window", "regions", "other"]
    window: int | None = None
    bias: Literal["alibi", "position"] | None = None


def mask_of(weights: torch.Tensor) -> Mask:
    """The mask of weights that all scores of 0 give; the last two dimensions are queries and keys."""
    tables = weights.reshape(-1, *weights.shape[-2:])
    seen = tables > SEEN
    first = seen[0]
    if not bool((seen == first).all()):
        return Mask("regions" if _in_regions(seen) else "other", bias=_bias(tables, seen))
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
    return Mask("regions" if _in_regions(seen) else "other", bias=_bias(tables, seen))


def _in_regions(seen: torch.Tensor) -> bool:
    """Whether seeing is mutual and goes on: who sees one of a region sees all of it, and nobody else."""
    if seen.shape[-1] != seen.shape[-2] or bool(seen.all()):
        return False
    itself = bool(seen.diagonal(dim1=-2, dim2=-1).all())
    onward = (seen.double() @ seen.double()) > 0
    return itself and bool((seen == seen.transpose(-1, -2)).all()) and bool((onward == seen).all())


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
