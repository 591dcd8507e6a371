"""Sums over a network: what torch has, what our parts come to, the multiply-accumulates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import Struct

from explainer.walkthrough.parts import Tensor
from explainer.walkthrough.verdict import Verdict


@dataclass(frozen=True)
class Census:
    """What torch itself has, whatever the rules say: taken from the model, each tensor once.

    torch_params: `sum(p.numel())`. bits_by_dtype: the parameters' bits. packed: what quantized layers hold instead of parameters.
    """

    torch_params: int
    trainable: int
    frozen: int
    buffers: tuple[Tensor, ...]
    bits_by_dtype: Mapping[str, int]
    packed: tuple[Tensor, ...] = ()


class Totals(Struct, frozen=True):
    """Sums over the network. params is the sum of the parts; torch_params is torch's own sum.

    independent: whether torch's sum comes from a model, and not from the same list of tensors (a file of weights).
    """

    params: int
    torch_params: int
    explained: int
    raw: int
    unexplained: int
    trainable: int
    frozen: int
    buffers: int
    buffer_names: tuple[str, ...]
    bits_by_dtype: Mapping[str, int]
    independent: bool = True

    @property
    def verdict(self) -> Verdict:
        if self.params != self.torch_params:
            return Verdict.DISAGREES
        return Verdict.AGREES if self.independent else Verdict.UNCHECKED


class MacsTotal(Struct, frozen=True):
    """The multiply-accumulates of the whole pass, as far as it is known.

    value: None where there was no pass. torch: half of the FLOPs that torch's counter saw, None where none ran. at_least: a part is
    missing, and the verdict is `unchecked`.
    """

    value: int | None
    torch: int | None
    verdict: Verdict
    at_least: bool
