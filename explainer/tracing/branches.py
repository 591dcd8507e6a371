"""`torch.cond`: one of two branches is run, and which one depends on a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch

from explainer.tracing.running_count import RunningCount


class Recording(Protocol):
    """What is asked of whoever writes the calls down."""

    count: RunningCount

    def mark(self) -> Callable[[], None]: ...


def one_branch(
    recorder: Recording,
    condition: Any,
    if_true: Callable[..., Any],
    if_false: Callable[..., Any],
    operands: Sequence[Any] = (),
) -> Any:
    """Run the branch that the condition chooses; where it has no value, the one that computes more, as torch counts it."""
    if not (isinstance(condition, torch.Tensor) and condition.is_meta):
        return (if_true if bool(condition) else if_false)(*operands)
    costs = []
    for branch in (if_true, if_false):
        back, before = recorder.mark(), recorder.count.now()[0]
        branch(*operands)
        costs.append(recorder.count.now()[0] - before)
        back()
    return (if_true if costs[0] >= costs[1] else if_false)(*operands)
