"""Other values to build a model at: near its own, and such that what divides what stays so.

Heads divide a width, a patch an image: nobody says so, but a model's own numbers show it, and one that breaks it often
cannot be built. Whether a divisibility is really needed is found out later (`conditions.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from math import gcd, lcm, log
from random import Random

from explainer.walkthrough.family import Setting

GEOMETRIC = 0  # in place of a number of steps: double, four times, half
NEAREST = -1  # the next values only: where a cap or a choice is not far, a formula holds up to it
MANY = 12


def divides(a: Setting, b: Setting) -> bool:
    """Whether a divides b, both whole, and neither trivially."""
    return isinstance(a, int) and isinstance(b, int) and 1 < a < b and b % a == 0


class Lattice:
    """Values for `names` around `values`, in `steps` of what keeps the divisibilities.

    least: of what some must be multiples (an image's side, of the strides together). chance: divisibilities that need not be
    kept. With twenty numbers almost every small one divides the larger ones, and to keep all of these takes sizes of millions.
    """

    def __init__(
        self,
        values: Mapping[str, Setting],
        names: Iterable[str],
        steps: int,
        least: Mapping[str, int],
        chance: Collection[tuple[str, str]] = (),
    ) -> None:
        self.values, self.names, self.steps, self.least = dict(values), tuple(names), steps, least
        self.chance = chance

    def _divides(self, a: str, b: str) -> bool:
        return (a, b) not in self.chance and divides(self.values[a], self.values[b])

    def near(self, name: str) -> list[Setting]:
        """Candidates for one value, the others staying as they are; the best first."""
        v = self.values[name]
        if isinstance(v, float):
            return [v + 0.5, 2 * v, v / 2] if self.steps == 1 else [2 * v, 3 * v, 4 * v]
        if self.steps == GEOMETRIC:
            return _others(v, [2 * v, 4 * v, *([v // 2] if v % 2 == 0 else []), 8 * v, 3 * v])
        if self.steps == NEAREST:
            step = self._step(name)
            return _others(v, [v + step, v - step, v + 2 * step, v - 2 * step, v + 3 * step])
        step = self._step(name) * self.steps
        found: list[int] = []
        multiples = [self.values[other] for other in self.names if self._divides(name, other)]
        if multiples:
            common = gcd(*multiples)  # type: ignore[arg-type]
            divisors = [q for q in range(1, min(common, 8 * v) + 1) if common % q == 0 and q != v]
            divisors.sort(key=lambda q: abs(log(q / v)))
            good = [q for q in divisors if q % step == 0]
            found += good if self.steps == 1 and len(good) > 2 else [*good[:4], *divisors[:4]]
        found += [v + step, v + 2 * step, 2 * v, v + 1, v + 2, 3 * v, *([v // 2] if v % 2 == 0 else [])]
        return _others(v, found)

    def _step(self, name: str) -> int:
        below = [self.values[other] for other in self.names if other != name and self._divides(other, name)]
        return lcm(self.least.get(name, 1), *below)  # type: ignore[arg-type]

    def joint(self, random: Random, free: Iterable[str]) -> dict[str, Setting]:
        """Another value for each of `free` at once, the small ones first and the others in their multiples."""
        free = set(free)
        new: dict[str, Setting] = {}
        for name in sorted(free, key=lambda name: (self.values[name], name)):
            v = self.values[name]
            if isinstance(v, float):
                new[name] = v * random.choice([1, 2, 3])
                continue
            below = [
                int(new.get(other, self.values[other]))
                for other in self.names
                if (other in new or other not in free) and self._divides(other, name)
            ]
            step = lcm(self.least.get(name, 1), *below)
            new[name] = self._random(random, v, step)
        return new

    def _random(self, random: Random, v: int, step: int) -> int:
        if self.steps == GEOMETRIC:
            factors = [1, 2, 3] if v <= 4 and v != 2 else [1, 2, 4, 8] if v % 2 else [1, 2, 4]
            return v * random.choice(factors)
        if self.steps == NEAREST:
            return max(1, round(v / step) + random.randint(-2, 2)) * step
        if v <= 4:
            return random.choice([v, v + 1, v + 2]) if step == 1 else step * random.choice([1, 2, 3])
        step *= self.steps
        low = max(1, round(v * 0.6 / step))
        return random.randint(low, max(low + 1, round(v * 1.5 / step))) * step


def _others(v: int, found: list[int]) -> list[Setting]:
    values: list[Setting] = [q for q in dict.fromkeys(found) if q != v and q > 0]
    return values[:MANY]
