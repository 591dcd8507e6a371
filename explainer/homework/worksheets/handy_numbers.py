"""Chance that prefers what textbooks print: 16, 32, 64 rather than 57, square kernels, the usual options."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

from torch import nn

from explainer.vocabulary.shape import Shape

T = TypeVar("T")

_ROUND = (
    *range(1, 11), 12, 14, 16, 20, 24, 28, 30, 32, 36, 40, 48, 50, 56, 60, 64, 80, 96, 100, 112, 120, 128, 150, 160,
    192, 200, 224, 240, 256, 300, 320, 384, 400, 500, 512, 600, 768, 800, 1000, 1024, 2000, 2048, 4096, 5000,
)  # fmt: skip
_ALIKE = {1: 1.0, 2: 0.9, 3: 0.5}
_MOST = {1: 128, 2: 512, 3: 5000}


class Tidy(Random):
    """Stands in for `Random` in the rules' samplers.

    Numbers are round and not larger than the level wants; the sides of a kernel or an image often agree (3×3); at level 1 a
    choice with a usual answer takes it, and rare options stay away.
    """

    def __init__(self, chance: Random, level: int) -> None:
        self._chance, self._level = chance, level
        self._last: tuple[int, int, int] | None = None
        super().__init__(0)

    def random(self) -> float:
        drawn = self._chance.random()
        return 0.3 + 0.7 * drawn if self._level == 1 else drawn

    def getrandbits(self, k: int, /) -> int:
        return self._chance.getrandbits(k)

    def randint(self, a: int, b: int) -> int:
        if self._level == 1 and (a, b) == (1, 2):
            return a
        side = a != 1 or b < 8  # of a kernel or an image; what begins at 1 and goes far is a number of channels
        if side and self._last is not None and self._last[:2] == (a, b) and self._chance.random() < _ALIKE[self._level]:
            return self._last[2]
        round_ones = [n for n in _ROUND if a <= n <= min(b, _MOST[self._level])]
        drawn = self._chance.choice(round_ones) if round_ones else self._chance.randint(a, b)
        self._last = (a, b, drawn)
        return drawn

    def choice(self, seq: Any) -> Any:
        usual: Any = max(seq, key=list(seq).count) if len(seq) else None
        if self._level == 1 and list(seq).count(usual) > 1:
            return usual
        return self._chance.choice(seq)


def by_hand(layer: nn.Module, inputs: Sequence[Shape], level: int) -> bool:
    """Whether the level knows all of the layer's options, and its sizes tell apart: asked before the layer is run."""
    if _coincide(layer):
        return False
    if level == 3:
        return True
    sides = [getattr(layer, name, 1) for name in ("kernel_size", "stride", "padding", "dilation", "output_padding")]
    if any(isinstance(side, tuple) and len(set(side)) > 1 for side in sides):
        return False
    image = inputs[0][2:]
    if hasattr(layer, "kernel_size") and (len(set(image)) > 1 or set(_tuple(layer.kernel_size)) == {1}):
        return False
    if _too_much_padding(layer):
        return False
    if getattr(layer, "proj_size", 0) or getattr(layer, "kdim", None) != getattr(layer, "embed_dim", None):
        return False
    spread, several = set(_tuple(getattr(layer, "dilation", 1))) != {1}, getattr(layer, "groups", 1) > 1
    if level == 2:
        return not (spread and several) and getattr(layer, "num_layers", 1) <= 2
    return not (
        spread
        or several
        or isinstance(getattr(layer, "padding", 0), str)
        or set(_tuple(getattr(layer, "output_padding", 0))) != {0}
        or getattr(layer, "ceil_mode", False)
        or (hasattr(layer, "kernel_size") and inputs[0][0] != 1)
        or getattr(layer, "num_layers", 1) > 1
        or getattr(layer, "bidirectional", False)
        or getattr(layer, "bias_k", None) is not None
        or getattr(layer, "add_zero_attn", False)
        or not getattr(layer, "affine", True)
        or not getattr(layer, "elementwise_affine", True)
        or len(getattr(layer, "normalized_shape", (1,))) > 1
    )


_PAIRS = (
    ("in_channels", "out_channels"),
    ("in_features", "out_features"),
    ("input_size", "hidden_size"),
    ("num_embeddings", "embedding_dim"),
    ("kernel_size", "in_channels"),
    ("kernel_size", "out_channels"),
)


def _coincide(layer: nn.Module) -> bool:
    """Two sizes of different meaning are equal, or one of them is 1."""
    for one, other in _PAIRS:
        if hasattr(layer, one) and hasattr(layer, other):
            mine, theirs = set(_tuple(getattr(layer, one))), set(_tuple(getattr(layer, other)))
            if mine & theirs or 1 in theirs or (1 in mine and one != "kernel_size"):
                return True
    return False


def _too_much_padding(layer: nn.Module) -> bool:
    """More than half a kernel of padding on a side: whole windows of zeros."""
    padding = getattr(layer, "padding", 0)
    return not isinstance(padding, str) and max(_tuple(padding)) > max(_tuple(getattr(layer, "kernel_size", 9))) // 2


def _tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)
