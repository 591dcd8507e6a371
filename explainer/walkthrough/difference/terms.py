"""The difference of two models, as plain data: layers and blocks added, taken away and changed, equal ones together."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from explainer.i18n.bilingual import Bi

TermKind = Literal["added", "removed", "changed", "resized"]
"""resized: the same layers on maps of another size, so that only their cost differs."""


class Amount(Struct, frozen=True):
    """What a layer or a block adds to the totals."""

    params: int = 0
    macs: int = 0

    def times(self, count: int) -> Amount:
        return Amount(count * self.params, count * self.macs)

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.params + other.params, self.macs + other.macs)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.params - other.params, self.macs - other.macs)


class Inner(Struct, frozen=True):
    """A layer within a block that has parameters: its name there, and what it is; before: its sizes in the other model, where they are others."""

    name: str
    title: Bi
    sizes: str
    before: str = ""


class Share(Struct, frozen=True):
    """So many of a term's differences, each of which is the same: what stands there before and after."""

    count: int
    before: Amount
    after: Amount

    @property
    def each(self) -> Amount:
        return self.after - self.before


class Term(Struct, frozen=True):
    """Differences of one kind. shares: those that are equal in every figure together; more than one where blocks grow.

    title: of a layer; None for a block, which has `layers` (of the model after, or of the one before where it is taken away).
    paths: the first places, in the model where it stands. sizes, working: of a layer, before and after.
    """

    kind: TermKind
    title: Bi | None
    layer_kind: str
    shares: tuple[Share, ...]
    paths: tuple[str, ...]
    sizes: tuple[str, str] = ("", "")
    working: tuple[str, str] = ("", "")
    layers: tuple[Inner, ...] = ()

    @property
    def count(self) -> int:
        return sum(share.count for share in self.shares)

    @property
    def total(self) -> Amount:
        """What the term adds to the difference of the totals."""
        return sum((share.each.times(share.count) for share in self.shares), Amount())

    @property
    def params(self) -> tuple[int, int] | None:
        """The parameters of one, before and after; None where they are not all the same."""
        found = {(share.before.params, share.after.params) for share in self.shares}
        return next(iter(found)) if len(found) == 1 else None
