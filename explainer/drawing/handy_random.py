"""Chance that prefers what textbooks print: 16, 32, 64 rather than 57, square kernels, the usual options."""

from __future__ import annotations

from random import Random
from typing import Any, TypeVar

from explainer.rules.draw import HandyChance

T = TypeVar("T")

_ROUND = (
    *range(1, 11), 12, 14, 16, 20, 24, 28, 30, 32, 36, 40, 48, 50, 56, 60, 64, 80, 96, 100, 112, 120, 128, 150, 160,
    192, 200, 224, 240, 256, 300, 320, 384, 400, 500, 512, 600, 768, 800, 1000, 1024, 2000, 2048, 4096, 5000,
)  # fmt: skip
_ALIKE = {1: 1.0, 2: 0.9, 3: 0.5}
_MOST = {1: 128, 2: 512, 3: 5000}


class HandyRandom(HandyChance):
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

    def side(self, least: int, most: int) -> int:
        plain = self._level == 1 and (least, most) == (1, 2)
        alike = self._last is not None and self._last[:2] == (least, most)
        if self._last is not None and alike and not plain and self._chance.random() < _ALIKE[self._level]:
            return self._last[2]
        return self.randint(least, most)

    def randint(self, a: int, b: int) -> int:
        if self._level == 1 and (a, b) == (1, 2):
            return a
        round_ones = [n for n in _ROUND if a <= n <= min(b, _MOST[self._level])]
        drawn = self._chance.choice(round_ones) if round_ones else self._chance.randint(a, b)
        self._last = (a, b, drawn)
        return drawn

    def choice(self, seq: Any) -> Any:
        usual: Any = max(seq, key=list(seq).count) if len(seq) else None
        if self._level == 1 and list(seq).count(usual) > 1:
            return usual
        return self._chance.choice(seq)
