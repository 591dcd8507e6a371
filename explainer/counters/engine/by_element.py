"""Norms, pooling, resizing, products element by element: no multiply-accumulates, but several tools count them."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from explainer.counters.engine.operation import Operation
from explainer.counters.engine.step import Expansion, Expansions, Step

_TENSOR_MODES = {"bilinear", "nearest", "linear", "trilinear"}
_RESIZED = {"upsample_nearest": "nearest", "upsample_bilinear": "bilinear"}


def _batch_norm(step: Step) -> Iterator[Operation]:
    call = step.call
    training = bool(call.option("training", 5, False))
    if call.module is not None:
        training = call.training or call.option("running_mean") is None
    affine = call.option("weight", 3) is not None
    yield Operation("batch_norm", step.title, call.shapes[:1], step.output, affine=affine, training=training)


def _norm(name: str, weight: int) -> Expansion:
    """weight: where it stands among the function's arguments."""

    def expanded(step: Step) -> Iterator[Operation]:
        affine = step.call.option("weight", weight) is not None
        yield Operation(name, step.title, step.call.shapes[:1], step.output, affine=affine)

    return expanded


def _local_response(step: Step) -> Iterator[Operation]:
    output = step.output
    pool = "avg_pool2d" if len(step.call.shapes[0]) == 3 else "avg_pool3d"
    for name in ("mul", pool, "mul"):
        yield Operation(name, step.title, (output,), output)


def _pool(name: str) -> Expansion:
    def expanded(step: Step) -> Iterator[Operation]:
        yield Operation(name, step.title, step.call.shapes[:1], step.output)

    return expanded


def _power_pool(name: str) -> Expansion:
    def expanded(step: Step) -> Iterator[Operation]:
        yield Operation(name, step.title, step.call.shapes[:1], step.output)
        for _ in range(2):
            yield Operation("mul", step.title, (step.output,), step.output)

    return expanded


def _resized(step: Step) -> Iterator[Operation]:
    call = step.call
    mode = _RESIZED.get(call.type) or str(call.option("mode", 3, "nearest"))
    if mode in _TENSOR_MODES and not call.option("antialias", None, False):
        yield Operation(f"upsample_{mode}{len(step.output) - 2}d", step.title, call.shapes[:1], step.output)


def _grid_sample(step: Step) -> Iterator[Operation]:
    mode = str(step.call.option("mode", 2, "bilinear"))
    yield Operation("grid_sampler", step.title, step.call.shapes[:1], step.output, mode=mode)


def _plain(name: str) -> Expansion:
    def expanded(step: Step) -> Iterator[Operation]:
        yield Operation(name, step.title, step.call.shapes, step.output)

    return expanded


def _both(layer: str, function: str, make: Expansion) -> Expansions:
    """A layer of torch, and the function that it calls."""
    return {getattr(nn, layer): make, function: make}


def _pools() -> Expansions:
    """The poolings in one, two and three dimensions; of the maximum there is only the way back."""
    found: dict[type[nn.Module] | str, Expansion] = {}
    for n in (1, 2, 3):
        average, adaptive = f"avg_pool{n}d", f"adaptive_avg_pool{n}d"
        found |= _both(f"AvgPool{n}d", average, _pool(average))
        found |= _both(f"AdaptiveAvgPool{n}d", adaptive, _pool(adaptive))
        found |= _both(f"LPPool{n}d", f"lp_pool{n}d", _power_pool(average))
        found |= _both(f"MaxUnpool{n}d", f"max_unpool{n}d", _pool("max_unpool"))
    return found


BY_ELEMENT: Expansions = {
    **dict.fromkeys((nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm, "batch_norm"), _batch_norm),
    **_both("LayerNorm", "layer_norm", _norm("layer_norm", 2)),
    **_both("GroupNorm", "group_norm", _norm("group_norm", 2)),
    **dict.fromkeys(
        (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d, "instance_norm"), _norm("instance_norm", 3)
    ),
    **_both("LocalResponseNorm", "local_response_norm", _local_response),
    **_pools(),
    **dict.fromkeys((nn.Upsample, "interpolate", "upsample", "upsample_nearest", "upsample_bilinear"), _resized),
    **dict.fromkeys(("grid_sample", "grid_sampler"), _grid_sample),
    **dict.fromkeys(("mul", "multiply"), _plain("mul")),
    "mean": _plain("mean"),
    **_both("LeakyReLU", "leaky_relu", _plain("leaky_relu")),
}
