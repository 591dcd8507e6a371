"""A rule says what a layer costs, never what a tool prints: the ledger is as right with anybody's rule as without it."""

from __future__ import annotations

from random import Random

import pytest
import torch
from nets import Function
from oracle_walks import walk_of_net
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from explainer.counters.engine.operation import Rest
from explainer.counters.predict import counted, subject
from explainer.counters.tools import torch_counter
from explainer.derive.pipeline import walk_model
from explainer.formula.tree import Number
from explainer.i18n.bilingual import same
from explainer.rules import Registry, Rule, default_registry
from explainer.rules.base import Sample
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.case import Axis, Output, Parameters
from explainer.walkthrough.counted import Unpredicted

OWN = default_registry().rules


def flops_by_torch(model, inputs):
    """What FlopCounterMode itself says of one pass on the meta device."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.to("meta")(*(tensor.to("meta") for tensor in inputs))
    return counter.get_total_flops()


@pytest.mark.parametrize("rule", OWN, ids=[rule.name for rule in OWN])
def test_the_line_of_torch_is_what_torch_counts(rule):
    for seed in range(4):
        sample = rule.sample(Random(seed))
        layer = sample.build()
        model = (layer if isinstance(layer, nn.Module) else Function(layer)).eval()
        walk = walk_of_net(model, *sample.inputs())
        line = torch_counter.lines(subject(walk.trace, walk))[0]
        if sample.real:  # torch cannot run it on the meta device: there is no such figure, and none is given
            assert isinstance(line, Unpredicted)
            continue
        assert line.value == flops_by_torch(model, sample.inputs()), (seed, layer)
        macs = sum(each.macs.value for each in walk.layers if each.macs)
        assert line.terms[0].value == 2 * macs
        assert (line.standing == "right") == (line.value == 2 * macs)


@pytest.mark.parametrize(
    "layer", [nn.LSTM(4, 3), nn.Sequential(nn.Linear(4, 4), nn.LSTM(4, 3))], ids=["alone", "after"]
)
def test_a_pass_with_values_does_not_change_what_is_counted_on_meta(layer):
    """On the CPU torch's counter does not know the kernel of an LSTM; the line is about the meta device all the same."""
    walk = walk_model(layer.eval(), (torch.zeros(5, 2, 4),), {}, name="net", source="test", real=True)
    line = torch_counter.lines(subject(walk.trace, walk))[0]
    assert line.value == flops_by_torch(layer, (torch.zeros(5, 2, 4),)) > 0


class Product(nn.Module):
    """A linear layer without a bias, by an operator."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(5, 4))

    def forward(self, x):
        return x @ self.weight.t()


class Called(nn.Module):
    """The same by a function, its bias optional."""

    def __init__(self, bias=False):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.empty(5, 4)), nn.Parameter(torch.empty(5)) if bias else None

    def forward(self, x):
        return F.linear(x, self.weight, self.bias)


class Adapted(nn.Module):
    """A low-rank adapter beside a linear layer."""

    def __init__(self):
        super().__init__()
        self.base, self.down, self.up = nn.Linear(4, 5), nn.Linear(4, 2, bias=False), nn.Linear(2, 5, bias=False)

    def forward(self, x):
        return self.base(x) + self.up(self.down(x))


class Squeezed(nn.Module):
    """Squeeze and excitation."""

    def __init__(self):
        super().__init__()
        self.pool, self.one, self.two = nn.AdaptiveAvgPool2d(1), nn.Conv2d(6, 2, 1), nn.Conv2d(2, 6, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.two(F.relu(self.one(self.pool(x)))))


class Scaled(nn.Module):
    """No product of matrices, but a product for each element."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.empty(4))

    def forward(self, x):
        return x * self.scale


class Summed(nn.Module):
    """Products and their sum written out, in which no tool sees a matrix product."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(5, 4))

    def forward(self, x):
        return (x.unsqueeze(-2) * self.weight).sum(-1)


class Attending(nn.Module):
    """Self-attention with one head, its product fused."""

    def __init__(self):
        super().__init__()
        self.qkv, self.out = nn.Linear(4, 12), nn.Linear(4, 4)

    def forward(self, x):
        q, k, v = (part.unsqueeze(1) for part in self.qkv(x).chunk(3, -1))
        return self.out(F.scaled_dot_product_attention(q, k, v).squeeze(1))


class Remembering(nn.Module):
    """An LSTM within."""

    def __init__(self):
        super().__init__()
        self.lstm, self.out = nn.LSTM(4, 3, batch_first=True), nn.Linear(3, 2)

    def forward(self, x):
        return self.out(self.lstm(x)[0])


class Twice(nn.Module):
    """A layer with a rule of its own within a layer with a rule of its own."""

    def __init__(self):
        super().__init__()
        self.inner, self.outer = Adapted(), nn.Linear(5, 3)

    def forward(self, x):
        return self.outer(F.layer_norm(self.inner(x), (5,)))


class Turned(nn.Module):
    """A layer that is given a tensor scattered in memory, where torch adds biases after the product."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x.transpose(0, 1))


def rule_of(kind, macs, name="somebodys", functions=()):
    """A rule that gives the parameters and the shape as they are, and the cost that it is told."""

    def parameters(call):
        tensors = dict(call.module.named_parameters()) if call.module is not None else {}
        return Parameters(Number(sum(each.numel() for each in tensors.values())), claims=tuple(tensors))

    def output(call):
        axes = tuple(Axis(f"d_{i}", Number(size)) for i, size in enumerate(call.output_shapes[0]))
        return Output(axes, macs=Number(macs) if macs else None, macs_why=(same("as it is"),) if macs else ())

    modules = (kind,) if kind is not None else ()
    sample = Sample(kind or torch.empty, ((1,),))
    return Rule(name, same("somebody's layer"), Kind.LINEAR, parameters, output, lambda _: sample, modules, functions)


def with_rules(model, inputs, *rules):
    """All that the tools say with these rules besides our own."""
    registry = Registry(OWN)
    for rule in rules:
        registry.add(rule, replace=True)
    walk = walk_model(model, inputs, {}, name="net", source="test", registry=registry)
    assert all(any(layer.rule and layer.rule.name == rule.name for layer in walk.layers) for rule in rules[:1])
    return walk, counted(walk.trace, walk, registry)


def figures(found):
    """By tool, backend and quantity; None where nobody vouches for it."""
    known = {(line.tool, line.backend, line.quantity): line.value for line in found.lines}
    return known | {(each.tool, each.backend, each.quantity): None for each in found.unpredicted}


ROWS, STEPS = torch.empty(3, 4), torch.empty(2, 3, 4)
CASES = {
    "product": (Product, ROWS, [rule_of(Product, 3 * 20)]),
    "product on steps": (Product, STEPS, [rule_of(Product, 6 * 20)]),
    "function": (Called, ROWS, [rule_of(Called, 3 * 20)]),
    "bias": (lambda: Called(True), STEPS, [rule_of(Called, 6 * 20)]),
    "adapter": (Adapted, STEPS, [rule_of(Adapted, 6 * 38)]),
    "adapter, scattered input": (lambda: Turned(Adapted()), STEPS, [rule_of(Adapted, 6 * 38)]),
    "bias, scattered input": (lambda: Turned(Called(True)), STEPS, [rule_of(Called, 6 * 20)]),
    "excitation": (Squeezed, torch.empty(2, 6, 5, 5), [rule_of(Squeezed, 2 * 24)]),
    "scale": (Scaled, ROWS, [rule_of(Scaled, None)]),
    "called like another": (Scaled, ROWS, [rule_of(Scaled, None, name="conv_scale_batch_norm")]),
    "sum": (Summed, ROWS, [rule_of(Summed, 3 * 20)]),
    "attention": (Attending, STEPS, [rule_of(Attending, 6 * 64 + 2 * 2 * 9 * 4)]),
    "memory": (Remembering, STEPS, [rule_of(Remembering, 6 * (4 * 3 * 7 + 6))]),
    "nested": (Twice, STEPS, [rule_of(Twice, 6 * (38 + 15)), rule_of(Adapted, 6 * 38, name="inner")]),
    "wrong cost": (Product, ROWS, [rule_of(Product, 7)]),
    "no cost": (Product, ROWS, [rule_of(Product, None)]),
    "torch's own layer": (lambda: nn.Sequential(nn.Linear(4, 5)), STEPS, [rule_of(nn.Linear, 6 * 20)]),
    "torch's own layer without a cost": (lambda: nn.Sequential(nn.Linear(4, 5)), STEPS, [rule_of(nn.Linear, None)]),
    "a function": (
        lambda: Function(lambda x: torch.tensordot(x, x.t(), 1)),
        ROWS,
        [rule_of(None, 36, functions=("tensordot",))],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_rule_of_somebodys_own_changes_no_tools_figure(case):
    make, given, rules = CASES[case]
    model = make().eval()
    _, before = with_rules(model, (given,))
    walk, after = with_rules(model, (given,), *rules)
    assert figures(after) == figures(before)
    torch_line = next(line for line in after.lines if line.tool == "torch")
    assert torch_line.value == flops_by_torch(model, (given,))
    macs = sum(layer.macs.value for layer in walk.layers if layer.macs)
    for line in after.lines:
        if line.quantity in ("macs", "flops", "mult_adds"):
            assert line.terms[0].value in (macs, 2 * macs)


def test_a_right_rule_makes_torchs_line_right():
    for case in ("product", "adapter", "excitation", "memory", "nested"):
        make, given, rules = CASES[case]
        _, found = with_rules(make().eval(), (given,), *rules)
        assert found.lines[0].standing == "right", case


def test_a_figure_that_is_the_true_one_is_not_called_wrong():
    make, given, rules = CASES["product"]
    _, found = with_rules(make(), (given,), *rules)
    line = next(line for line in found.lines if line.quantity == "mult_adds")
    assert (line.value, line.standing) == (60, "right")


@pytest.mark.parametrize("case", ["no cost", "torch's own layer without a cost", "a function"])
def test_what_no_rule_gives_a_cost_is_as_torch_counts_it(case):
    make, given, rules = CASES[case]
    _, found = with_rules(make().eval(), (given,), *(rules if case != "a function" else ()))
    line = found.lines[0]
    assert [term.value for term in line.terms] == [line.value]
    assert (line.value, line.standing) == (flops_by_torch(make().eval(), (given,)), "right")


def test_a_cost_that_is_no_matrix_product_is_left_out_by_torch():
    make, given, rules = CASES["sum"]
    _, found = with_rules(make(), (given,), *rules)
    line = found.lines[0]
    assert (line.value, line.standing) == (0, "wrong")
    assert [term.value for term in line.terms] == [120, -120]


def test_torchs_own_function_that_only_torchs_counter_knows():
    """Nobody says how a tracer would count it: no figure instead of a false one, and torch's as it was recorded."""
    make, given, rules = CASES["a function"]
    for chosen in ((), rules):
        _, found = with_rules(make(), (given,), *chosen)
        unknown = {(each.tool, each.backend) for each in found.unpredicted}
        assert unknown == {("torch", "cpu"), ("fvcore", None), ("ptflops", "aten"), ("torchprofile", None)}
        assert all("tensor contraction" in each.what.en or chosen for each in found.unpredicted)


class Once(nn.Module):
    """Nobody can run it again."""

    def __init__(self):
        super().__init__()
        self.linear, self.runs = nn.Linear(4, 5), torch.nn.Identity()

    def forward(self, x):
        if RAN:
            raise RuntimeError("only once")
        RAN.append(True)
        return self.linear(x)


RAN: list[bool] = []


def test_a_layer_that_cannot_be_followed():
    RAN.clear()
    _, found = with_rules(Once(), (ROWS,), rule_of(Once, 60))
    line = found.lines[0]
    assert (line.tool, line.value, line.standing) == ("torch", 120, "right")
    assert {each.tool for each in found.unpredicted} == {"torch", "fvcore", "torchprofile", "ptflops"}


def test_real_tensors_have_no_count_of_torch():
    """Without torch's counter there is no figure of it for what nobody can follow, and the rest is as on meta."""
    model = nn.Sequential(nn.Linear(4, 5), nn.ReLU())
    walk = walk_model(model, (torch.zeros(3, 4),), {}, name="net", source="test", real=True)
    assert figures(counted(walk.trace, walk))["torch", None, "flops"] == 2 * 60
    assert not any(isinstance(step, Rest) for step in subject(walk.trace, walk).operations)
