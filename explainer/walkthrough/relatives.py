"""The ready-made models beside this one: built by the same class, or by the same configuration with other settings."""

from __future__ import annotations

from dataclasses import dataclass

from explainer.i18n.bilingual import Bi
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.verdict import Verdict, compare
from explainer.walkthrough.what_if import Changed


@dataclass(frozen=True)
class Relative:
    """One of them, as it was built. changes: what it is built with that the model is not.

    params: the sum over its layers, None where it was built and not derived; torch_params: torch's own; formula: what the family's
    formula gives, None where that was not tested for such values. macs, torch_macs: of a pass on `input_shapes`; None where
    there was none, or it is known in part only. layers: how its layers differ, where the arguments cannot be said in a word.
    """

    name: str
    changes: tuple[Changed, ...]
    torch_params: int
    params: int | None = None
    formula: int | None = None
    macs: int | None = None
    torch_macs: int | None = None
    input_shapes: tuple[Shape, ...] = ()
    layers: Bi | None = None

    @property
    def verdict(self) -> Verdict:
        """The formula's figure, else that of the layers, beside torch's own."""
        return compare(self.params if self.formula is None else self.formula, self.torch_params)

    @property
    def macs_verdict(self) -> Verdict:
        return compare(self.macs, self.torch_macs)


@dataclass(frozen=True)
class Relatives:
    """rows: by size, the model itself among them (`own` is its place). left_out: how many more there are, which differ in more."""

    rows: tuple[Relative, ...]
    own: int
    left_out: int = 0
