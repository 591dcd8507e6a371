"""The peak of inference memory against real runs on the CPU, measured by torch's own memory tracker and profiler."""

from __future__ import annotations

import gc

import pytest
import torch
from nets import Function, costs, walked, walked_by_shapes
from torch import nn
from torch.distributed._tools.mem_tracker import MemTracker

from explainer.cost.inference import peak_sum
from explainer.export.cost_json import call_dict, total_dict
from explainer.source import load


def tracked(model: nn.Module, *inputs: torch.Tensor) -> int:
    """The activations alive together in a real run, by torch's MemTracker: all but parameters, buffers, inputs."""
    tracker = MemTracker()
    tracker.track_external(model, *inputs)
    with torch.no_grad(), tracker:
        model.eval()(*inputs)
    (snapshot,) = tracker.get_tracker_snapshot("peak").values()
    by_kind = {str(getattr(kind, "value", kind)): size for kind, size in snapshot.items()}
    return by_kind["Activation"] + by_kind["Temp"]


def profiled(model: nn.Module, *inputs: torch.Tensor) -> int:
    """The bytes that torch's allocator has given out at most, by torch's profiler: scratch memory included."""
    with torch.no_grad():
        model.eval()(*inputs)
        gc.collect()
        with torch.autograd.profiler.profile(profile_memory=True) as profile:
            model(*inputs)
    events = [event for event in profile.kineto_results.events() if event.name() == "[memory]"]
    now = peak = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        now += event.nbytes()
        peak = max(peak, now)
    return peak


@pytest.mark.parametrize(
    ("name", "shape"),
    [("vgg16", (1, 3, 224, 224)), ("resnet50", (2, 3, 224, 224)), ("examples/unet.py:UNet", (1, 1, 64, 64))],
)
def test_the_peak_is_that_of_a_real_run(name, shape):
    model = load(name).model
    peak = costs(walked(model, shape), "memory").peak
    real = tracked(model.to_empty(device="cpu"), torch.zeros(shape))
    assert peak.activations_bytes == pytest.approx(real, rel=0.01)
    assert peak.inputs_bytes == 4 * torch.Size(shape).numel()
    assert peak.bytes == peak.activations_bytes + peak.inputs_bytes
    assert peak_sum(peak).value == peak.total_bytes == peak.bytes + peak.weights_bytes
    assert sum(alive.bytes for alive in peak.alive) == peak.activations_bytes


@pytest.mark.parametrize("kernel", ["sdpa", "eager"])
@pytest.mark.parametrize("length", [128, 512])
def test_a_gpt2_block_within_15_percent_of_the_allocator(kernel, length):
    transformers = pytest.importorskip("transformers")
    from transformers.models.gpt2.modeling_gpt2 import GPT2Block

    block = GPT2Block(transformers.GPT2Config(attn_implementation=kernel), layer_idx=0)
    peak = costs(walked(block, (1, length, 768)), "memory").peak
    assert peak.activations_bytes == pytest.approx(profiled(block, torch.randn(1, length, 768)), rel=0.15)


def test_torch_attention_within_15_percent_of_the_allocator():
    layer = nn.TransformerEncoderLayer(256, 4, 1024, batch_first=True)
    peak = costs(walked(layer, (2, 100, 256)), "memory").peak
    enabled = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        real = profiled(layer, torch.randn(2, 100, 256))
    finally:
        torch.backends.mha.set_fastpath_enabled(enabled)
    assert peak.activations_bytes == pytest.approx(real, rel=0.15)


def test_vgg16_is_largest_between_its_first_two_convolutions(vgg16):
    peak = costs(vgg16, "memory").peak
    assert peak.at == "features.2"
    assert peak.activations_bytes == 2 * 64 * 224 * 224 * 4
    assert [alive.path for alive in peak.alive] == ["features.0", "features.2"]


def test_whose_memory_an_output_is(vgg16):
    cost = costs(vgg16, "memory")
    assert cost.relations["features.0"] == "new"
    assert cost.relations["features.1"] == "in_place"
    assert cost.relations["flatten"] == "view"
    assert cost.relations["classifier.2"] == "unchanged"  # dropout in evaluation
    first, relu = cost.memory[1], cost.memory[2]
    assert first.output.value == first.new_bytes == 64 * 224 * 224 * 4
    assert first.read.value == (3 * 224 * 224 + 1792) * 4
    assert first.intensity == pytest.approx(2 * 86_704_128 / (first.read.value + first.output.value))
    assert relu.view
    assert relu.new_bytes == 0
    assert relu.read.value == relu.written.value == relu.output.value
    assert cost.activations.value == sum(memory.new_bytes for memory in cost.memory.values()) == 60_448_672


def test_an_output_that_shares_memory_through_a_chain_of_views():
    def halves(x):
        left, right = x.chunk(2, dim=1)
        return left.transpose(1, 2).contiguous() + right.transpose(1, 2)

    cost = costs(walked(Function(halves), (2, 6, 4)), "memory")
    relations = {path: relation for path, relation in cost.relations.items() if path != ""}
    assert relations == {"chunk": "view", "transpose": "view", "transpose@2": "view", "add": "new"}
    assert cost.peak.activations_bytes == 2 * (2 * 3 * 4) * 4  # the copy and the sum


def test_a_tensor_made_on_the_cpu_counts_once():
    cost = costs(walked(Function(lambda x: torch.baddbmm(torch.zeros(2, 3, 3), x, x)), (2, 3, 3)), "memory")
    assert cost.peak.activations_bytes == 2 * (2 * 3 * 3) * 4  # the zeros and the sum


def test_what_a_frame_holds_stays():
    class Skip(nn.Module):
        def __init__(self, release):
            super().__init__()
            self.release = release

        def forward(self, x):
            a = x + 1
            b = a * 2
            if self.release:
                del a
            return (b * 3) * 4

    sizes = [costs(walked(Skip(release), (1000,)), "memory").peak.activations_bytes for release in (False, True)]
    assert sizes == [4 * 4000, 3 * 4000]


def test_a_trace_that_stopped_is_unknown_and_raises_nothing():
    cost = costs(walked_by_shapes(Function(lambda x: x[x > 0] + 1), (4, 4)))
    assert cost.walk.trace.stopped is not None
    assert cost.peak is None
    assert cost.activations is None
    assert cost.training.kept is None
    assert "values" in cost.unknown.en
    assert cost.in_symbols.macs is None
    assert total_dict(cost)["peak_bytes"] is None
    assert all(call_dict(cost, layer)["memory"]["view"] is None for layer in cost.walk.layers)


def test_the_model_comes_back_as_it_was():
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
    weight, mean = model[0].weight, model[1].running_mean.clone()
    costs(walked(model, (2, 3, 8, 8)))
    assert model[0].weight is weight
    assert weight.requires_grad
    assert model.training
    assert torch.equal(model[1].running_mean, mean)
    assert model[1].num_batches_tracked == 0
