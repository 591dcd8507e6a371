"""A layer of somebody's own, explained as one call, followed inside: its steps are what the tools see."""

from __future__ import annotations

from typing import Any

from torch import nn
from torch.utils._pytree import tree_map

from explainer.counters.engine.step import Step
from explainer.derive.derive import walk_through
from explainer.rules import Registry
from explainer.tracing.call import TensorRef, Trace
from explainer.tracing.forward import trace
from explainer.walkthrough.model import Walkthrough


def own_code(module: nn.Module) -> bool:
    """Whether its forward is not torch's own, so that there may be any number of steps in it."""
    return not type(module).__module__.startswith("torch.nn.modules.")


def followed(step: Step, registry: Registry) -> tuple[Trace, Walkthrough] | None:
    """The layer run on meta tensors like those it was given, step by step; None where that cannot be done."""
    module: Any = step.call.module

    def tensor(value: Any) -> Any:
        return step.layout.tensor(value) if isinstance(value, TensorRef) else value

    args, kwargs = tree_map(tensor, (step.call.args, dict(step.call.kwargs)))
    try:
        inner = trace(
            module,
            args,
            kwargs,
            atomic=lambda part: part is not module and registry.is_atomic(part),
            train=step.call.training,
        )
        if inner.stopped:
            return None
        return inner, walk_through(module, inner, registry, name=step.call.type, source="")
    except Exception:  # whatever a layer does when it is given other tensors than in the model
        return None
