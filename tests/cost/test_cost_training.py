"""What training takes, against autograd and torch's optimizers on real tensors."""

from __future__ import annotations

import pytest
import torch
from nets import costs, meta, walked
from torch import nn

from explainer.cost.training import TrainingMemory
from explainer.derive.pipeline import walk_model
from explainer.export.cost_json import total_dict
from explainer.source import load
from explainer.walkthrough.measured import Training


def saved(model: nn.Module, *inputs: torch.Tensor) -> int:
    """The bytes that autograd keeps in a real run in training mode, parameters and buffers not counted."""
    known = {tensor.untyped_storage().data_ptr() for tensor in (*model.parameters(), *model.buffers())}
    kept = {}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.nbytes() and storage.data_ptr() not in known:
            kept[storage.data_ptr()] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output = model.train()(*inputs)
    total = sum(storage.nbytes() for storage in kept.values())
    del output
    return total


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "vit_b_16", "convnext_tiny", "densenet121"])
def test_kept_for_backward_is_what_autograd_saves(name):
    model = load(name).model
    shape = (2, 3, 224, 224) if name.startswith("vit") else (2, 3, 96, 96)  # the others take any size
    kept = costs(walked(model, shape), "training").training.kept
    model.to_empty(device="cpu")
    with torch.no_grad():  # what lay in the memory before may be slow to multiply
        for parameter in model.parameters():
            parameter.zero_()
    assert kept.bytes == pytest.approx(saved(model, torch.zeros(shape)), rel=1e-4)


def test_unet_and_its_calls():
    model = load("examples/unet.py:UNet").model
    walk = walked(model, (3, 1, 64, 64))
    kept = costs(walk, "training").training.kept
    assert kept.bytes == saved(model.to_empty(device="cpu"), torch.zeros(3, 1, 64, 64))
    assert set(kept.by_call) <= {call.path for call in walk.trace.calls}
    assert kept.input_bytes == kept.by_call["down.0.0"] == 3 * 64 * 64 * 4


def test_a_frozen_layer_keeps_less():
    def net():
        return nn.Sequential(nn.Linear(8, 16), nn.Sigmoid(), nn.Linear(16, 4))

    frozen = net()
    frozen[0].requires_grad_(False)
    free = costs(walked(net(), (5, 8)), "training").training
    some = costs(walked(frozen, (5, 8)), "training").training
    assert some.kept.bytes == saved(frozen, torch.zeros(5, 8))
    assert free.kept.bytes == saved(net(), torch.zeros(5, 8))
    assert some.kept.bytes < free.kept.bytes
    assert some.gradients.value == 4 * (16 * 4 + 4)
    assert some.measured.frozen_bytes == 4 * (8 * 16 + 16)


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("sgd", lambda p: torch.optim.SGD(p, 0.1)),
        ("momentum", lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
        ("adam", lambda p: torch.optim.Adam(p)),
    ],
)
def test_gradients_and_optimizer_states_are_torchs(kind, make):
    model = nn.Sequential(nn.Linear(7, 5), nn.ReLU(), nn.Linear(5, 3)).double()
    walk = walk_model(model, (meta(2, 7, dtype=torch.float64),), {}, name="net", source="test")
    training = costs(walk, "training").training
    optimizer = make(model.parameters())
    model(torch.ones(2, 7, dtype=torch.float64)).sum().backward()
    optimizer.step()
    gradients = sum(p.grad.numel() * p.grad.itemsize for p in model.parameters())
    states = sum(
        value.numel() * value.itemsize
        for state in optimizer.state.values()
        for value in state.values()
        if isinstance(value, torch.Tensor) and value.dim()
    )
    assert training.gradients.value == gradients
    assert training.optimizer(kind).value == states
    assert training.total(kind).value == 2 * gradients + states - (gradients - 8 * 58) + training.kept.bytes


def test_mixed_precision_is_16_bytes_a_parameter(vgg16):
    training = costs(vgg16, "training").training
    assert training.mixed.value == 16 * 138_357_544
    assert training.gradients.value == 4 * 138_357_544


def test_two_data_types_are_summed():
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4).half())
    walk = walked(model[:1], (1, 4))
    both = costs(walk, "training").training
    assert both.gradients.value == 80
    mixed = TrainingMemory(Training(((2, 20), (4, 20)), 0, None))
    assert mixed.gradients.value == 120
    assert mixed.optimizer("adam").value == 240
    assert mixed.total("adam") is None


def test_a_batch_of_one_that_cannot_be_trained_says_so():
    model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))
    training = costs(walked(model, (1, 3, 8, 8)), "training").training
    assert training.kept is None
    assert "batch of two" in training.unknown.en
    assert costs(walked(model, (2, 3, 8, 8)), "training").training.kept.bytes == saved(model, torch.zeros(2, 3, 8, 8))


def test_several_inputs_and_recurrent_layers_are_measured():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed, self.lstm, self.out = nn.Embedding(50, 8), nn.LSTM(8, 16, batch_first=True), nn.Linear(24, 2)

        def forward(self, ids, extra):
            last, _ = self.lstm(self.embed(ids))
            return self.out(torch.cat([last[:, -1], extra], dim=1))

    walk = walk_model(Two(), (meta(3, 10, dtype=torch.int64), meta(3, 8)), {}, name="two", source="test", train=True)
    cost = costs(walk)
    assert cost.peak.inputs_bytes == 3 * 10 * 8 + 3 * 8 * 4
    assert cost.training.kept.bytes > 0
    assert cost.relations["lstm"] == "new"
    assert total_dict(cost)["training"]["optimizer_bytes"]["adam"] == 8 * sum(p.numel() for p in Two().parameters())


def test_a_model_that_is_false_is_a_model():
    """A compiled one has no length and says so, an empty list of layers has the length 0."""

    class Nothing(nn.Sequential):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(3))

        def forward(self, x):
            return self.scale * x

    compiled = torch.compile(nn.Sequential(nn.Linear(4, 5)))
    for model, shape, parameters in [(compiled, (1, 4), 25), (Nothing(), (1, 3), 3)]:
        assert costs(walked(model, shape), "training").training.measured.trainable == ((4, parameters),)
