"""Dilations that change from block to block, as in a WaveNet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from explainer.figures.reading import window_of
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.fold import Block


def dilations_of(blocks: Sequence[Block]) -> list[int]:
    """The dilation of each block in order, [1, 2, 4, 8]; empty where all are equal, or a block has several. 1×1 has none."""
    found: list[int] = []
    for block in blocks:
        windows = [window_of(layer) for layer in block.layers if layer.kind is Kind.CONVOLUTION]
        ones = {size for window in windows if window and prod(window.kernel) > 1 for size in window.dilation}
        if len(ones) > 1:
            return []
        found += ones
    return found if len(set(found)) > 1 else []


def row_of(numbers: Sequence[int]) -> str:
    """1, 2, 4, …, 512; of a row that comes again: 1, 2, 4, 8 (×3)."""
    turn = next((n for n in range(1, len(numbers)) if len(numbers) % n == 0 and _comes_again(numbers, n)), len(numbers))
    row = numbers[:turn]
    if len(row) > 5:
        grows = all(a < b for a, b in pairwise(row))
        row_text = ", ".join(map(str, [*row[:3], "…", row[-1]])) if grows else f"{min(row)}–{max(row)}"
    else:
        row_text = ", ".join(map(str, row))
    return row_text if turn == len(numbers) else f"{row_text} (×{len(numbers) // turn})"


def _comes_again(numbers: Sequence[int], turn: int) -> bool:
    return all(number == numbers[i % turn] for i, number in enumerate(numbers))
