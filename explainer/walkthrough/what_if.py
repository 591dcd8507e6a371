"""A model built with other arguments beside the model itself: what changes, and by how much."""

from __future__ import annotations

from msgspec import Struct, field

from explainer.vocabulary.shape import Shape
from explainer.walkthrough.difference.terms import Amount, Term
from explainer.walkthrough.family import Setting
from explainer.walkthrough.verdict import Verdict, compare


class Changed(Struct, frozen=True):
    """An argument as the source names it, before and after, as they are written; before: empty where it is not known."""

    name: str
    before: str
    after: str


class State(Struct, frozen=True):
    """One of the two models: its figures beside torch's own. at_least: the pass is known in part only.

    torch_macs: None where torch's counter has no figure for the whole.
    """

    amount: Amount
    torch_params: int
    torch_macs: int | None
    output_shapes: tuple[Shape, ...]
    at_least: bool = False

    @property
    def verdict(self) -> Verdict:
        """Of the number of parameters."""
        return compare(self.amount.params, self.torch_params)

    @property
    def macs_verdict(self) -> Verdict:
        """Of the multiply-accumulates."""
        return Verdict.UNCHECKED if self.at_least else compare(self.amount.macs, self.torch_macs)


class WhatIf(Struct, frozen=True):
    """changes: what was asked for. terms: the difference as a sum, empty where one of the passes is known in part only.

    input_shapes: of both passes. settings: the changed numbers by their names in the family, where its formula was tested for
    them and gives what the model built with them has; empty where not.
    """

    changes: tuple[Changed, ...]
    before: State
    after: State
    terms: tuple[Term, ...]
    input_shapes: tuple[tuple[Shape, ...], tuple[Shape, ...]] = ((), ())
    settings: dict[str, Setting] = field(default_factory=dict)

    @property
    def difference(self) -> Amount:
        return self.after.amount - self.before.amount

    @property
    def agrees(self) -> bool:
        """No figure of the model built with the changes disagrees with torch."""
        return Verdict.DISAGREES not in (self.after.verdict, self.after.macs_verdict)
