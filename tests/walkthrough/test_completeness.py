"""A part is never presented as the whole: what is missing of a pass is data, and every total says so."""

import pytest
import torch
from nets import Function
from nets import walked_by_shapes as walked
from torch import nn

from explainer.api import explain
from explainer.derive.pipeline import walk_model
from explainer.walkthrough.file.read import from_plain
from explainer.walkthrough.file.write import to_plain
from explainer.walkthrough.incomplete import incomplete, unregistered
from explainer.walkthrough.verdict import Verdict


class Branches(nn.Module):
    """Which layer runs depends on a value; the head comes after."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.head = nn.Linear(6, 6), nn.Linear(6, 5), nn.Linear(6, 2)

    def forward(self, x):
        x = self.first(x)
        return self.head(x) if x.sum().item() > 0 else self.second(x)


class InAList(nn.Module):
    """The classic mistake: layers that the model does not know of."""

    def __init__(self):
        super().__init__()
        self.hidden, self.head = [nn.Linear(4, 3), nn.Linear(3, 4)], nn.Linear(4, 2)

    def forward(self, x):
        for layer in self.hidden:
            x = torch.relu(layer(x))
        return self.head(x)


class MadeInForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(nn.Sequential(nn.ReLU(), nn.Linear(4, 4))(x))


class Hidden(nn.Module):
    """What is multiplied out of sight of torch's functions is not written down, but torch's counter sees it."""

    def __init__(self):
        super().__init__()
        self.inner, self.head = nn.Parameter(torch.zeros(8, 8)), nn.Linear(8, 2)

    def forward(self, x):
        with torch._C.DisableTorchFunction():
            x = x @ self.inner
        return self.head(x)


@torch.library.custom_op("explainer_tests::mm", mutates_args=())
def multiplied(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return a @ b


@multiplied.register_fake
def _(a, b):
    return a.new_empty(a.shape[0], b.shape[1])


class CustomOperator(nn.Module):
    """An operator called mm that is not torch's: nobody knows what it does."""

    def __init__(self):
        super().__init__()
        self.weight, self.head = nn.Parameter(torch.zeros(4, 4)), nn.Linear(4, 2)

    def forward(self, x):
        return self.head(torch.ops.explainer_tests.mm(x, self.weight))


def figures(walk):
    """The JSON, without what would have to be measured."""
    from explainer.export.json import completeness_dict

    return completeness_dict(walk.completeness), walk.macs


def test_a_pass_that_came_to_its_end_is_complete():
    walk = walked(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), (5, 3))
    assert figures(walk)[0] == {"complete": True, "stopped": None, "without_rule": []}
    assert walk.macs.value == walk.macs.torch == 5 * (3 * 4 + 4 * 2)
    assert (walk.macs.verdict, walk.macs.at_least) == (Verdict.AGREES, False)
    assert not incomplete(walk)
    assert walk.checks[Verdict.NOT_REACHED] == 0


def test_where_the_pass_stopped_is_data():
    walk = walked(Branches(), (2, 6))
    found, macs = figures(walk)
    assert not found["complete"]
    assert found["stopped"]["at"] == ""
    assert found["stopped"]["operation"] == "item"
    assert "item" in found["stopped"]["reason"]
    assert (macs.value, macs.verdict, macs.at_least) == (2 * 6 * 6, Verdict.UNCHECKED, True)
    assert {part.path for part in walk.not_reached} == {"second", "head"}
    assert walk.checks[Verdict.NOT_REACHED] == 2
    assert walk.totals.verdict is Verdict.AGREES  # the parameters are all there
    assert walk.totals.params == 42 + 35 + 14


def test_the_note_names_the_operation_and_the_remedy():
    (sentence,) = incomplete(walked(Branches(), (2, 6)))
    assert "'item'" in sentence.en
    assert "--real" in sentence.en
    assert "“item”" in sentence.zh
    assert "--real" in sentence.zh


def test_a_step_without_a_rule_is_unknown_and_never_zero(without_rule):
    without_rule("cdist")
    lesson = explain(Function(lambda net, x: net.layer(torch.cdist(x, x)), layer=nn.Linear(5, 4)), (1, 5, 3), lang="en")
    data = lesson.to_dict()
    assert data["completeness"] == {"complete": False, "stopped": None, "without_rule": [1]}
    assert data["calls"][0]["macs"]["value"] is None
    assert data["cost"]["macs"] == {"value": 100, "torch": 100, "verdict": "unchecked", "at_least": True}


@pytest.mark.parametrize(
    ("net", "shape"),
    [(Branches, (2, 6)), (InAList, (1, 4)), (Hidden, (1, 8)), (CustomOperator, (1, 4)), (MadeInForward, (1, 4))],
)
def test_the_calls_and_the_total_never_contradict(net, shape):
    data = explain(net(), shape, lang="en").to_dict()
    assert sum(call["macs"]["value"] or 0 for call in data["calls"]) == data["cost"]["macs"]["value"]


def test_an_operator_is_known_by_its_namespace():
    walk = walked(CustomOperator(), (1, 4))
    assert [layer.type for layer in walk.layers] == ["explainer_tests::mm", "Linear"]
    assert walk.layers[0].rule is None
    assert walk.completeness.without_rule == (1,)
    assert walk.macs.value == 4 * 2  # and what the operator takes is not known
    assert "explainer_tests::mm" in incomplete(walk)[0].en


def test_what_is_multiplied_outside_all_steps_is_missing():
    walk = walked(Hidden(), (1, 8))
    assert not walk.complete
    assert walk.macs.torch == 8 * 8 + 8 * 2  # torch's counter sees the hidden product too
    assert walk.macs.value <= walk.macs.torch
    assert walk.macs.verdict is Verdict.UNCHECKED


@pytest.mark.parametrize(
    ("net", "missing"), [(InAList, [("Linear", 15), ("Linear", 16)]), (MadeInForward, [("Sequential", 20)])]
)
def test_layers_that_are_not_registered_are_named(net, missing):
    walk = walked(net(), (1, 4))
    assert [(one.type, one.params) for one in walk.run.unregistered] == missing
    (sentence,) = unregistered(walk)
    assert "nn.ModuleList" in sentence.en
    assert "model.parameters()" in sentence.zh
    assert walk.totals.params == 10
    assert walk.macs.value == {InAList: 12 + 12 + 8, MadeInForward: 16 + 8}[net]


def test_an_activation_made_in_forward_is_no_mistake():
    assert not walked(Function(lambda x: nn.ReLU()(x)), (2, 3)).run.unregistered


def test_a_step_in_which_torch_s_counter_saw_no_product_leaves_the_pass_complete():
    walk = walked(Function(lambda x: torch.sort(x)[0]), (2, 3))
    unexplained = [layer for layer in walk.layers if layer.rule is None]
    assert all(layer.macs_known for layer in unexplained)
    assert walk.complete


def test_a_product_that_the_counter_does_not_count_is_not_known(without_rule):
    without_rule("cdist")
    walk = walked(Function(lambda x: torch.cdist(x, x)), (1, 5, 3))
    assert not walk.layers[-1].call.flops
    assert not walk.complete


@pytest.mark.parametrize(("net", "shape"), [(Branches, (2, 6)), (InAList, (1, 4)), (CustomOperator, (1, 4))])
def test_a_lesson_s_file_says_the_same(net, shape):
    walk = walked(net(), shape)
    again = from_plain(to_plain(walk))
    assert again.completeness == walk.completeness
    assert again.macs == walk.macs
    assert again.not_reached == walk.not_reached
    assert incomplete(again) == incomplete(walk)
    assert unregistered(again) == unregistered(walk)


def test_without_a_count_there_is_no_tick(monkeypatch):
    """Where torch's counter does not run, nothing agrees with it."""
    from contextlib import contextmanager

    from explainer.tracing import forward

    @contextmanager
    def other(typed=False):
        yield lambda: 0

    monkeypatch.setattr(forward, "flop_counter", other)
    walk = walked(nn.Linear(3, 4), (5, 3))
    assert walk.macs.verdict is not Verdict.AGREES


def test_what_values_did_not_mend_is_not_advised_again():
    class Never(nn.Module):
        def forward(self, x):
            return x[int(x.sum().item()) + 100]  # by shapes not known, by values not there

    (sentence,) = incomplete(walked(Never(), (1, 3), tolerant=True))
    assert "--real" in sentence.en  # nobody has tried
    tried = walk_model(Never(), (torch.zeros(1, 3),), {}, name="Never", source="test", tolerant=True)
    (sentence,) = incomplete(tried)
    assert "--real" not in sentence.en
    assert "--input" in sentence.en


@pytest.mark.parametrize(
    ("step", "more"),
    [
        (lambda x: torch.cdist(x, x[:3]), 6 * 3 * 4),
        (lambda x: torch.cdist(x.repeat(6, 1), x.repeat(6, 1)), 36 * 36 * 4),  # torch makes a product of matrices of it
        (lambda x: torch.cdist(x, x, p=1.0), 0),  # ours is 0, and nobody says so but we
        (nn.functional.pdist, 15 * 4),
        (lambda x: torch.mv(x, x[0]), 6 * 4),
        (lambda x: nn.functional.bilinear(x, x, torch.ones(2, 4, 4, device=x.device)), None),
    ],
)
@pytest.mark.parametrize("real", [False, True])
def test_what_torch_s_counter_cannot_count_is_never_ticked(step, more, real):
    run = walk_model if real else walked
    options = {"name": "net", "source": "test", "real": True} if real else {}
    net = Function(lambda net, x: step(net.layer(x)), layer=nn.Linear(5, 4))
    walk = run(net, (torch.zeros(6, 5),), {}, **options) if real else run(net, (6, 5))
    assert walk.complete
    assert (walk.macs.torch, walk.macs.verdict) == (6 * 5 * 4, Verdict.UNCHECKED)
    assert more is None or walk.macs.value == 6 * 5 * 4 + more
    assert any(layer.blind and layer.macs_verdict is Verdict.UNCHECKED for layer in walk.layers)


@pytest.mark.parametrize(
    "step",
    [
        lambda x: torch.linalg.solve(x.T @ x + torch.eye(4, device=x.device), x.T),
        lambda x: torch.linalg.solve_triangular(x.T @ x, x.T, upper=True),
        lambda x: torch.linalg.svdvals(x),
        lambda x: torch.linalg.inv(x.T @ x),
        lambda x: torch.linalg.qr(x)[0],
        lambda x: torch.cdist(x, x, p=3.0),
        lambda x: torch.conv_tbc(x[None], torch.ones(1, 4, 2, device=x.device), torch.ones(2, device=x.device)),
    ],
)
def test_what_multiplies_and_is_counted_by_nobody_is_unknown_with_a_rule_or_without(step):
    walk = walked(Function(lambda net, x: step(net.layer(x)), layer=nn.Linear(5, 4)), (6, 5))
    assert not walk.complete
    assert (walk.macs.verdict, walk.macs.at_least) == (Verdict.UNCHECKED, True)
