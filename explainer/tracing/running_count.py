"""torch's count as the pass runs, read before and after each call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from explainer.tracing.patches import flop_counter
from explainer.tracing.products import Product

Counted = tuple[int, int, int]  # the total, how many operators it could not count, and how many it could


class RunningCount:
    """flops: torch's total so far; None where no counter runs. uncounted: operators that it has no count of, as they run;
    products: those that it has one of, by their sizes."""

    def __init__(self) -> None:
        self.flops: Callable[[], int] | None = None
        self.uncounted: list[str] = []
        self.products: list[Product] = []
        self._counter: Any = None  # the counter itself, if it is ours

    def listen(self, flops: Callable[[], int]) -> None:
        """Read torch's count as it runs; one that names what it cannot count is listened to."""
        self.flops = flops
        self._counter = counter = getattr(flops, "__self__", None)
        self.uncounted = getattr(counter, "uncounted", self.uncounted)
        self.products = getattr(counter, "products", self.products)

    def now(self) -> Counted:
        """How far it is."""
        return (self.flops(), len(self.uncounted), len(self.products)) if self.flops else (0, 0, 0)

    def since(self, before: Counted) -> tuple[int | None, tuple[str, ...], tuple[Product, ...]]:
        """What was counted since, the operators without a count (they are the call's, and taken off the list), the products."""
        if self.flops is None:
            return None, (), ()
        uncounted = self.uncounted[before[1] :]
        del self.uncounted[before[1] :]
        return self.flops() - before[0], tuple(dict.fromkeys(uncounted)), tuple(self.products[before[2] :])

    def mark(self) -> Callable[[], None]:
        """The way back to here: what it returns forgets all that was counted since."""
        counts = self._counter.counts() if self._counter is not None else {}
        _, uncounted, products = self.now()

        def back() -> None:
            del self.uncounted[uncounted:], self.products[products:]
            if self._counter is not None:
                self._counter.go_on_from(counts)

        return back


@contextmanager
def counting(count: RunningCount) -> Iterator[None]:
    """Within it the count is torch's."""
    with flop_counter() as flops:
        count.listen(flops)
        yield
