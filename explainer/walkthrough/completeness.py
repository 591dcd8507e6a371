"""Whether a walkthrough covers the whole forward pass, or only a part of it: then its totals are "at least".

Nothing is claimed of what nobody saw. A total of which a part is missing is checked against nothing, and what was not
reached is not "not used".
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from explainer.walkthrough.call import Run, Stopped
from explainer.walkthrough.parts import Layer


class Completeness(Struct, frozen=True):
    """What is missing of a forward pass.

    stopped: where it ended before its end. without_rule: the calls of whose multiply-accumulates nothing is known, by
    index. unseen_flops: what torch's counter saw outside all recorded calls; unseen: operators there that may multiply and that
    it does not count. weights_only: there is no forward pass at all, only tensors, so that none is incomplete.
    """

    stopped: Stopped | None = None
    without_rule: tuple[int, ...] = ()
    unseen_flops: int = 0
    unseen: tuple[str, ...] = ()
    weights_only: bool = False

    @property
    def complete(self) -> bool:
        """Everything that the pass computes is explained. A file of weights has no pass that could be incomplete."""
        return self.weights_only or not (self.stopped or self.without_rule or self.unseen_flops or self.unseen)


def completeness_of(run: Run, layers: Sequence[Layer]) -> Completeness:
    """What is missing, computed from the calls: a file cannot claim to be complete."""
    if run.weights_only:
        return Completeness(weights_only=True)
    seen = sum(layer.call.flops or 0 for layer in layers)
    return Completeness(
        stopped=run.stopped,
        without_rule=tuple(layer.index for layer in layers if not layer.macs_known),
        unseen_flops=max(run.torch_flops - seen, 0) if run.torch_flops is not None else 0,
        unseen=run.unseen,
    )
