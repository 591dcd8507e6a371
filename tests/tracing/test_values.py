"""A small model whose forward asks for values gets them, in a copy; what was run is said, and torch's counter runs along."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import explainer
from explainer.tracing import values


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.yes, self.no = nn.Linear(6, 6), nn.Linear(6, 3)

    def forward(self, x):
        return self.yes(x) if x.sum().item() > 0 else self.no(x)


class Packed(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(8, 6, batch_first=True, bidirectional=True)

    def forward(self, x, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
        return nn.utils.rnn.pad_packed_sequence(self.rnn(packed)[0], batch_first=True)[0]


class Numpy(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        return self.layer(torch.from_numpy(x.detach().numpy() * 2))


class Derived(nn.Module):
    """A network of physics: its own derivative with respect to the input, under the user's gradients."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, 8), nn.Linear(8, 1)

    def forward(self, x):
        x.requires_grad_(True)
        u = self.b(torch.tanh(self.a(x)))
        return u, torch.autograd.grad(u.sum(), x, create_graph=True)[0]


def figures(model, *inputs, **options):
    found = explainer.explain(model, inputs=inputs, lang="en", **options).to_dict()
    return found["run"], found["cost"]["macs"]


@pytest.mark.parametrize(("sign", "macs"), [(1, 6 * 6), (-1, 6 * 3)])
def test_the_branch_that_the_values_choose(sign, macs):
    run, cost = figures(Branching(), sign * torch.ones(1, 6))
    assert run == {"mode": "real", "values": "given"}
    assert (cost["value"], cost["verdict"]) == (macs, "agrees")


def test_values_that_nobody_gave_are_seeded_and_always_the_same():
    with torch.device("meta"):
        model = Branching()
    runs = [figures(model, torch.empty(1, 6, device="meta")) for _ in range(2)]
    assert runs[0] == runs[1]
    assert runs[0][0] == {"mode": "real", "values": "seeded"}
    assert all(parameter.is_meta for parameter in model.parameters())


def test_a_large_model_is_not_copied(monkeypatch):
    monkeypatch.setattr(values, "SMALL", 10)
    found = explainer.explain(Branching(), inputs=(torch.ones(1, 6),), lang="en").to_dict()
    assert found["run"] == {"mode": "meta", "values": None}
    assert found["completeness"]["stopped"]["operation"] == "item"


def test_true_lengths_of_packed_sequences_by_shape_alone():
    run, cost = figures(Packed(), torch.zeros(3, 5, 8), torch.tensor([5, 2, 4]))
    assert run["mode"] == "meta"
    assert cost["value"] == (5 + 2 + 4) * 2 * 4 * (8 * 6 + 6 * 6)  # steps, directions, gates
    assert cost["verdict"] == "agrees"


def test_numpy_in_the_forward():
    run, cost = figures(Numpy(), torch.zeros(2, 4))
    assert (run["mode"], cost["value"], cost["verdict"]) == ("real", 2 * 4 * 4, "agrees")


def test_a_forward_that_derives_is_counted_with_its_backward_pass():
    forward = 4 * (2 * 8 + 8 * 1)
    _, cost = figures(Derived(), torch.zeros(4, 2))
    assert (cost["value"], cost["verdict"]) == (2 * forward, "agrees")  # each product once more, for its input


def test_on_the_cpu_torch_counts_no_lstm_and_nothing_is_claimed():
    run, cost = figures(nn.LSTM(8, 6), torch.zeros(5, 3, 8), real=True)
    assert (run["mode"], cost["value"]) == ("real", 5 * 3 * 4 * (8 * 6 + 6 * 6))
    assert cost["verdict"] == "unchecked"


def test_real_runs_torch_s_counter():
    run, cost = figures(nn.Sequential(nn.Linear(6, 4), nn.ReLU()), torch.zeros(2, 6), real=True)
    assert run["mode"] == "real"
    assert (cost["torch"], cost["verdict"]) == (2 * 6 * 4, "agrees")


def test_the_document_says_that_values_were_used():
    model, inputs = Branching(), (torch.ones(1, 6),)
    assert "a small copy of the model was run" in explainer.explain(model, inputs=inputs, lang="en").to_markdown()
    assert "小副本" in explainer.explain(model, inputs=inputs, lang="zh").to_markdown()
    assert "The pass was run with values" in explainer.explain(model, inputs=inputs, lang="en", real=True).to_markdown()


def test_the_model_and_the_random_numbers_are_left_alone():
    model = Branching().train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    figures(model, torch.ones(1, 6))
    assert torch.equal(torch.rand(2), expected)
    assert model.training
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
