"""Costs as plain dictionaries, language-free, for the JSON of a walkthrough."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from msgspec.structs import asdict

from explainer.cost.cost import Cost
from explainer.cost.plan import NOTHING_PLANNED, Plan
from explainer.cost.precision import Precision
from explainer.cost.sharding import states_of
from explainer.cost.training_steps import TrainingSteps
from explainer.formula.derivation import Derivation
from explainer.formula.printing import ascii_formula
from explainer.walkthrough.model import Layer
from explainer.walkthrough.receptive_field.fields import Receptive


def call_dict(cost: Cost, layer: Layer) -> dict[str, Any]:
    """`memory` and `receptive_field` of one call; null where something could not be measured."""
    memory = cost.memory[layer.index]
    kept = cost.training.kept
    intensity = memory.intensity
    return {
        "memory": {
            "output_bytes": memory.output.value,
            "param_bytes": memory.param_bytes,
            "saved_for_backward_bytes": kept.by_call.get(layer.path, 0) if kept else None,
            "read_bytes": memory.read.value,
            "written_bytes": memory.written.value,
            "view": memory.view if memory.relation else None,
            "relation": memory.relation,
            "intensity": round(float(intensity), 6) if intensity is not None else None,
        },
        "receptive_field": _field(cost.receptive.get(layer.index)),
    }


def total_dict(cost: Cost, plan: Plan = NOTHING_PLANNED) -> dict[str, Any]:
    """`activations_bytes`, `peak_bytes`, `training`, `kv_cache`, `saved_file_bytes` and `in_symbols`."""
    peak, training, cache, file = cost.peak, cost.training, cost.kv_cache, cost.saved_file
    found = cost.in_symbols
    return {
        "activations_bytes": cost.activations.value if cost.activations else None,
        "peak_bytes": peak.bytes if peak else None,
        "peak": {
            "at": peak.at,
            "activations_bytes": peak.activations_bytes,
            "inputs_bytes": peak.inputs_bytes,
            "weights_bytes": peak.weights_bytes,
            "alive": [{"path": a.path, "shape": list(a.shape), "bytes": a.bytes} for a in peak.alive],
            "timeline": [asdict(moment) for moment in peak.timeline],
        }
        if peak
        else None,
        "training": {
            "saved_for_backward_bytes": training.kept.bytes if training.kept else None,
            "gradients_bytes": training.gradients.value,
            "optimizer_bytes": {
                "sgd": training.optimizer("sgd").value,
                "momentum": training.optimizer("momentum").value,
                "adam": training.optimizer("adam").value,
            },
            "mixed_precision_adam_bytes": training.mixed.value,
            **_steps(cost, plan),
        },
        **({"in_format": _in_format(cost, plan)} if plan.dtype else {}),
        "kv_cache_bytes": cache.bytes if cache else None,
        "saved_file_bytes": file.bytes if file else None,
        "in_symbols": {
            "params": str(found.params),
            "macs": found.macs.ascii() if found.macs else None,
            "activations": found.activations.ascii() if found.activations else None,
            "proved_at": [dict(sizes) for sizes in found.proof],
        },
    }


def _steps(cost: Cost, plan: Plan) -> dict[str, Any]:
    """What a step computes, and what the plan's tokens, checkpoints and shards make of it."""
    steps = TrainingSteps(cost)
    found: dict[str, Any] = {
        "forward_flops": worked(steps.forward),
        "backward_flops": worked(steps.backward),
        "step_flops": worked(steps.step),
        "flops_at_least": steps.at_least,
    }
    if plan.tokens is not None:
        found["tokens"] = {"number": plan.tokens, "flops": worked(steps.of_tokens(plan.tokens))}
    if plan.checkpoint:
        kept = steps.checkpoint
        found["checkpoint"] = (
            {"segments": kept.segments, "saved_for_backward_bytes": worked(kept.kept), "step_flops": worked(kept.step)}
            if kept
            else None
        )
    if plan.shards is not None:
        states = states_of(cost, plan)
        stages = {str(number): worked(states.stage(number)) for number in range(4)} if states else None
        found["shards"] = {"number": plan.shards, "adam_bytes_per_device": stages}
    return found


def _in_format(cost: Cost, plan: Plan) -> dict[str, Any]:
    """The memory in the plan's number format."""
    assert plan.dtype is not None
    found = Precision(cost, plan.dtype)
    names = {"cache": "kv_cache", "token": "kv_cache_of_a_token", "kept": "saved_for_backward"}
    figures = {f"{names.get(name, name)}_bytes": worked(one) for name, one in found.figures.items()}
    return {"dtype": plan.dtype, "weights_only": found.weights_only, **figures}


def worked(derivation: Derivation | None) -> dict[str, Any] | None:
    """A figure with its formula and steps; null where there is none."""
    if derivation is None:
        return None
    return {
        "symbolic": ascii_formula(derivation.symbolic, spaced=True),
        "substituted": ascii_formula(derivation.substituted),
        "steps": [ascii_formula(step) for step in derivation.steps],
        "value": derivation.value,
    }


def _field(field: Receptive | None) -> dict[str, Any] | None:
    """Plain numbers for a square field, lists where the axes differ; null figures where the whole image is seen."""
    if field is None:
        return None
    if field.whole:
        return {"size": None, "stride": None, "padding": None, "whole_image": True}
    strides = [_plain(stride) for stride in field.strides]
    if field.square:
        return {"size": field.sizes[0], "stride": strides[0], "padding": field.paddings[0], "whole_image": False}
    return {"size": list(field.sizes), "stride": strides, "padding": list(field.paddings), "whole_image": False}


def _plain(value: Fraction) -> int | float:
    return value.numerator if value.denominator == 1 else float(value)
