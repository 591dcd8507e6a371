"""Whatever a model is, and however its forward ends, it comes back as it was: compared before and after, all of it."""

from __future__ import annotations

import random
from collections import OrderedDict, deque
from contextlib import suppress

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from explainer.api import explain
from explainer.errors import UserError


class ReadOnly(OrderedDict):
    """A dictionary that lets nobody write, as diffusers' configurations are."""

    def __init__(self, *given):
        super().__init__(*given)
        self.frozen = True

    def __setitem__(self, key, value):
        if getattr(self, "frozen", False):
            raise RuntimeError("read-only")
        super().__setitem__(key, value)

    def clear(self):
        raise RuntimeError("read-only")

    def update(self, *given, **named):
        if getattr(self, "frozen", False):
            raise RuntimeError("read-only")
        super().update(*given, **named)

    def __copy__(self):
        raise RuntimeError("read-only")


class Counting:
    """State of the user's own in an attribute."""

    def __init__(self):
        self.calls, self.seen = 0, []


class Messy(nn.Module):
    """Everything that a forward may do to its module."""

    def __init__(self, ends=None):
        super().__init__()
        self.head, self.norm, self.ends = nn.Linear(4, 4), nn.BatchNorm1d(4), ends
        self.config = ReadOnly({"width": 4})
        self.table, self.steps = torch.arange(4.0), torch.zeros((), dtype=torch.long)
        self.cache, self.recent, self.names = {"keys": [], "sizes": {"a": 1}}, deque(maxlen=3), {"x"}
        self.state = Counting()
        self.hidden = [nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))]
        self.head.weight.requires_grad_(False)
        self.norm.eval()

    def forward(self, x):
        self.steps += 1
        self.table[0] = 7.0
        self.cache["keys"].append(x)
        self.cache["sizes"]["b"] = 2
        self.recent.append(3)
        self.names.add("y")
        self.state.calls += 1
        self.state.seen.append(x)
        self.made = nn.Linear(4, 4)
        self.other = 5
        self.head.weight.requires_grad_(True)
        self.norm.train()
        x = self.hidden[0](self.norm(self.head(x)))
        del self.names
        random.random()
        torch.rand(3)
        if self.ends is not None:
            raise self.ends
        return x + self.table


class Hooked(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 2)
        self.first.register_forward_hook(lambda module, given, made: made * 2)
        self.register_forward_pre_hook(lambda module, given: None)
        self.first.weight.register_hook(lambda grad: grad)

    def forward(self, x):
        self.second.register_forward_hook(lambda module, given, made: made)
        return self.second(self.first(x))


class PartlyScripted(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.head = torch.jit.script(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))), nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.inner(x))


class Freezes(nn.Module):
    """Its train() freezes a part."""

    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Linear(4, 4), nn.Linear(4, 2)

    def train(self, mode=True):
        super().train(mode)
        self.body.weight.requires_grad_(False)
        return self

    def forward(self, x):
        return self.head(self.body(x))


def pruned():
    from torch.nn.utils import prune

    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
    prune.l1_unstructured(model[0], "weight", amount=0.5)
    return model


def quantised():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
    return torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8)


def tied():
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    model[1].weight = model[0].weight
    return model


KINDS = {
    "messy": Messy,
    "hooked": Hooked,
    "partly scripted": PartlyScripted,
    "scripted": lambda: torch.jit.script(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Dropout())),
    "scripted, in evaluation": lambda: torch.jit.script(nn.Sequential(nn.Linear(4, 4), nn.Dropout())).eval(),
    "traced": lambda: torch.jit.trace(nn.Sequential(nn.Linear(4, 4), nn.ReLU()), torch.zeros(2, 4)),
    "quantised": quantised,
    "parametrized": lambda: nn.Sequential(parametrizations.weight_norm(nn.Linear(4, 4)), nn.Linear(4, 2)),
    "spectral": lambda: nn.Sequential(parametrizations.spectral_norm(nn.Linear(4, 4)), nn.Linear(4, 2)),
    "orthogonal": lambda: nn.Sequential(parametrizations.orthogonal(nn.Linear(4, 4)), nn.Linear(4, 2)),
    "pruned": pruned,
    "tied": tied,
    "frozen": lambda: nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2)).requires_grad_(False).eval(),
    "freezes in train()": Freezes,
    "lazy": lambda: nn.Sequential(nn.LazyLinear(3), nn.Linear(3, 2)),
    "half": lambda: nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2)).half(),
}


def everything(model):
    """All that can be seen of a model: attributes by identity, contents, tensors with their values, modes, hooks."""
    return [_of_module(name, module) for name, module in model.named_modules()]


def _of_module(name, module):
    attributes = {key: _of(value) for key, value in vars(module).items() if key != "_modules"}
    tensors = [
        (key, _of(tensor))
        for table in (module._parameters, module._buffers)
        for key, tensor in table.items()
        if tensor is not None
    ]
    return name, type(module).__name__, module.training, attributes, tensors, list(dict(module.named_children()))


def _of(value, depth=5):
    if isinstance(value, torch.nn.parameter.UninitializedTensorMixin):
        return id(value), "lazy"
    if isinstance(value, torch.Tensor):
        grad = value.grad if value.is_leaf else None
        return str(value.dtype), str(value.device), value.requires_grad, value.tolist(), grad is None
    if isinstance(value, nn.Module):
        return id(value), [_of_module(*pair) for pair in value.named_modules()]
    if isinstance(value, dict) and depth:
        return type(value), {key: _of(part, depth - 1) for key, part in value.items()}
    if isinstance(value, list | tuple | deque) and depth:
        return type(value), [_of(part, depth - 1) for part in value]
    if isinstance(value, Counting):
        return id(value), _of(vars(value))
    return value if isinstance(value, int | float | str | set | type(None)) else id(value)


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_the_model_comes_back_as_it_was(kind, train):
    torch.manual_seed(0)
    model = KINDS[kind]()
    given = torch.zeros(2, 4, dtype=torch.half if kind == "half" else torch.float32)
    before, chance, dice = everything(model), torch.get_rng_state(), random.getstate()
    try:
        explain(model, inputs=(given,), train=train, lang="en").to_dict()
    except UserError:
        assert kind == "quantised"  # in training mode, or where its operators have no shapes
    assert everything(model) == before
    assert torch.equal(torch.get_rng_state(), chance)
    assert random.getstate() == dice
    if kind not in ("lazy", "half"):
        model(given)  # and it runs


@pytest.mark.parametrize("ends", [ValueError("no"), SystemExit(3), KeyboardInterrupt(), RuntimeError("meta tensor")])
def test_however_the_pass_ends(ends):
    model = Messy(ends)
    before = everything(model)
    with suppress(UserError, KeyboardInterrupt):
        explain(model, (2, 4), lang="en")
    assert everything(model) == before


@pytest.mark.parametrize("real", [False, True])
def test_a_scripted_model_keeps_what_torch_knows_of_it(real):
    """Trainable before, trainable after: its mode and its tensors are in C++."""
    model = torch.jit.script(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 2)))
    given = torch.ones(1, 3, 8, 8)
    wanted = model(given)
    lesson = explain(model, inputs=(given,), real=real, lang="en")
    assert model.training
    assert all(parameter.requires_grad and not parameter.is_meta for parameter in model.parameters())
    assert torch.equal(model(given), wanted)
    assert lesson.to_dict()["totals"]["trainable"] == 3 * 4 * 9 + 4 + 144 * 2 + 2


def test_a_real_tensor_changed_in_place_keeps_its_storage():
    model = Messy()
    looked_at = model.table.numpy()
    explain(model, (2, 4), lang="en")
    assert looked_at.tolist() == [0.0, 1.0, 2.0, 3.0]
    model.table[1] = 9.0
    assert looked_at[1] == 9.0
