"""A total as a polynomial: made from runs of the model at a few sizes, proved by runs at others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from itertools import product as grid

from explainer.measure.again import Unmeasured
from explainer.measure.scaling.interpolation import fitted, powers_up_to
from explainer.measure.scaling.resized_run import Runs, Totals
from explainer.measure.scaling.sizes import Variable
from explainer.walkthrough.measured import Sizes
from explainer.walkthrough.polynomial import Polynomial, Powers

Quantity = Callable[[Totals], int]
QUANTITIES: tuple[Quantity, ...] = (lambda totals: totals.macs, lambda totals: totals.activations)


@dataclass(frozen=True)
class Attempt:
    """Sizes to run at: from `start` steps above the trace's own on, by these steps; the highest power to fit."""

    steps: Mapping[str, int]
    degree: int = 1
    start: int = 0

    def size(self, variable: Variable, i: int) -> int:
        """The i-th size: sequences get shorter (positions are limited), images larger."""
        step, down = self.steps[variable.name], variable.name == "T" and variable.value > 12
        return variable.value + (self.start + i) * (-step if down else step)


@dataclass(frozen=True)
class Found:
    macs: Polynomial
    activations: Polynomial
    bases: tuple[Sizes, ...]
    proof: tuple[Sizes, ...]


def fit(runs: Runs, batch: Variable, n: int, free: Sequence[Variable], attempt: Attempt) -> Found | None:
    """Fit at a grid of sizes and two batches from n on, prove at sizes apart; None if it does not hold or not run."""
    variables = (batch, *free)
    names = [variable.name for variable in variables]
    degree = attempt.degree
    places = list(grid(*([attempt.size(size, i) for i in range(degree + 1)] for size in free)))
    points = [(n, *place) for place in places] + [(n + 1, *places[0])]
    held = [
        (n + 2, *(attempt.size(size, degree + 1 + i) for i, size in enumerate(free))),
        (n + 4, *(attempt.size(size, degree + 2 + 2 * (len(free) - i)) for i, size in enumerate(free))),
    ]
    if not _even(runs, batch, n, free, attempt):
        return None
    symbols = tuple(variable.symbol for variable in variables)
    inner = powers_up_to([degree] * len(free))
    # In proportion to the batch, but for a constant, which the second batch's run determines.
    exponents = [*((1, *powers) for powers in inner), (0,) * len(variables)]

    def through(quantity: Quantity, exponents: list[Powers], points: list[tuple[int, ...]]) -> Polynomial | None:
        values = [quantity(runs.at(dict(zip(names, point, strict=True)))) for point in points]
        polynomial = fitted(symbols, exponents, points, values)
        for point in held if polynomial is not None else ():
            sizes = dict(zip(names, point, strict=True))
            if polynomial is None or polynomial.at(sizes) != quantity(runs.at(sizes)):
                return None
        return polynomial

    try:
        macs = through(QUANTITIES[0], exponents, points)
        activations = through(QUANTITIES[1], exponents, points) if macs is not None else None
        if macs is not None and activations is None and free:
            # What does not grow with the batch (positions, masks) may still grow with the size.
            points = [(n + i, *place) for i in (0, 1) for place in places]
            every = [(i, *powers) for i in (0, 1) for powers in inner]
            activations = through(QUANTITIES[1], every, points)
    except Unmeasured:
        return None
    if macs is None or activations is None:
        return None
    bases, proof = ([dict(zip(names, point, strict=True)) for point in some] for some in (points, held))
    return Found(macs, activations, tuple(bases), tuple(proof))


def _even(runs: Runs, batch: Variable, n: int, free: Sequence[Variable], attempt: Attempt) -> bool:
    """Whether the totals have this degree along the first size: a cheap check before the whole grid is run."""
    if not free:
        return True
    try:
        line = [runs.at({batch.name: n, free[0].name: attempt.size(free[0], i)}) for i in range(attempt.degree + 2)]
    except Unmeasured:
        return False
    for quantity in QUANTITIES:
        values = [quantity(totals) for totals in line]
        while len(values) > 1:  # the differences of order degree + 1 vanish
            values = [after - before for before, after in pairwise(values)]
        if values != [0]:
            return False
    return True
