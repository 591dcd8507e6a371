"""What the tools say of a model, where it was worked out."""

from __future__ import annotations

from explainer.cost.not_measured import NotMeasured
from explainer.walkthrough.counted import Counted
from explainer.walkthrough.model import Walkthrough


def counters_of(walk: Walkthrough) -> Counted:
    """What the tools would print. Raises NotMeasured if it was not wanted when the model was there."""
    if walk.measured.counters is None:
        raise NotMeasured("counters")
    return walk.measured.counters
