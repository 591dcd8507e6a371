"""A model is run as often as needed and no oftener; what was not measured is a sentence."""

from __future__ import annotations

from dataclasses import fields, replace
from fractions import Fraction

import pytest
import torch
from nets import Function, measured, meta, walked, zoo_walk
from torch import nn

import explainer
from explainer.api import Explanation
from explainer.cost.cost import cost_of
from explainer.cost.not_measured import WHAT, NotMeasured
from explainer.counters.predict import with_counters
from explainer.derive.pipeline import walk_model
from explainer.errors import UserError
from explainer.ledger.identify.search import which
from explainer.lesson.compose import compose
from explainer.measure.measure import ORDER, measure
from explainer.measure.memory.peak import peak_of
from explainer.measure.needs import IN_BYTES, ON_THE_PAGE, needs
from explainer.measure.scaling.resized_run import Runs
from explainer.measure.scaling.sizes import variables_of
from explainer.measuring import measured as everything_measured
from explainer.rules import Registry, default_registry
from explainer.source import load
from explainer.vocabulary.dtypes import itemsize
from explainer.vocabulary.symbols import N
from explainer.walkthrough.measured import Measured
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.polynomial import Polynomial


@pytest.fixture
def passes(monkeypatch):
    """`passes(model)` is a list that grows by one whenever the whole model is run."""

    def counting(model: nn.Module) -> list[None]:
        forward, seen = type(model).forward, []

        def counted(self, *args, **kwargs):
            seen.append(None)
            return forward(self, *args, **kwargs)

        monkeypatch.setattr(type(model), "forward", counted)
        return seen

    return counting


def small() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(2048, 4))


def test_one_pass_for_the_default_figures(passes):
    model = load("resnet18").model
    seen = passes(model)
    for detail in ("brief", "standard", "full"):
        seen.clear()
        explainer.explain(model, (1, 3, 224, 224), detail=detail).to_markdown()
        assert len(seen) == 1


class Attending(nn.Module):
    """Something to be recognised: attention by hand, an MLP."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(8, 24), nn.Linear(8, 8)
        self.mlp = nn.Sequential(nn.Linear(8, 32), nn.GELU(), nn.Linear(32, 8))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = self.qkv(x).chunk(3, -1)
        x = x + self.out(torch.softmax(q @ k.transpose(-1, -2) / 8**0.5, -1) @ v)
        return x + self.mlp(x)


def test_ideas_are_recognised_on_what_the_one_pass_kept(passes):
    model = Attending()
    seen = passes(model)
    for detail in ("handout", "standard", "full"):
        seen.clear()
        lesson = explainer.explain(model, (1, 6, 8), detail=detail)
        lesson.to_markdown()
        assert len(seen) == 1
    assert {idea.kind for idea in everything_measured(lesson.walkthrough, {"ideas"}).ideas} >= {"attention", "mlp"}


def test_everything_of_resnet18_in_eleven_passes_whatever_is_made_of_it(passes):
    """One trace, one for the peak, one for training, eight other sizes: before, eleven beside the trace for each output."""
    model = load("resnet18").model
    seen = passes(model)
    lesson = explainer.explain(model, (1, 3, 224, 224), show="all")
    assert len(seen) == 1
    first = lesson.to_markdown()
    assert len(seen) == 11
    assert lesson.to_markdown() == first
    assert len(seen) == 11


def test_another_batch_takes_one_pass_a_figure(passes):
    model = small()
    walk = measured(walked(model, (4, 3, 16, 16)), "memory", "training")
    seen = passes(model)
    table = measured(walk, "batch").measured.at_batch(1)
    assert len(seen) == 3  # totals, peak, what training keeps
    assert {change.key for change in table.changes if change.changes} >= {"macs", "peak_bytes", "kept_bytes"}


def test_the_own_batch_takes_none(passes):
    model = small()
    walk = measured(walked(model, (4, 3, 16, 16)), "memory", "training")
    seen = passes(model)
    assert not any(change.changes for change in measured(walk, "batch", batch=4).measured.at_batch(4).changes)
    assert not seen


def test_what_is_known_is_left_alone(passes):
    model = small()
    walk = measured(walked(model, (2, 3, 16, 16)))
    seen = passes(model)
    assert measured(walk) is walk
    assert measured(walk, "memory") is walk
    assert not seen
    assert walk.measured.done == ON_THE_PAGE


def test_the_peak_and_the_relations_are_of_one_pass(passes):
    model = small()
    walk = walked(model, (2, 3, 16, 16))
    seen = passes(model)
    cost = cost_of(measured(walk, "memory"))
    assert cost.peak and cost.relations and cost.activations and cost.memory
    assert len(seen) == 1


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "swin_t", "shufflenet_v2_x0_5", "vit_b_16"])
def test_the_totals_of_the_walkthrough_are_those_of_a_run_at_its_sizes(name):
    """So no run is needed there."""
    walk = zoo_walk(name)
    relations = {written.path: written.relation for written in peak_of(walk.trace).written}
    runs = Runs(walk.trace, walk, variables_of(walk.trace, walk), relations, default_registry())
    assert runs.at({}) == runs._run(walk.trace)


def test_a_parametrized_layer_counts_at_every_size():
    model = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Conv2d(1, 2, 3, padding=1)), nn.ReLU())
    walk = measured(walked(model, (1, 1, 8, 8)), "in_symbols")
    own = sum(layer.macs.value for layer in walk.layers if layer.macs)
    assert walk.measured.in_symbols.macs.at({"N": 1, "H": 8, "W": 8}) == own == 9 * 2 * 64


@pytest.mark.parametrize("want", ORDER)
def test_what_was_not_measured_is_one_sentence(want):
    cost = cost_of(walked(nn.Linear(4, 2), (1, 4)))
    read = {"memory": lambda: cost.peak, "batch": lambda: cost.at_batch(1)}.get(want, lambda: getattr(cost, want))
    with pytest.raises(NotMeasured) as raised:
        read()
    what, option = WHAT[want]
    for text in (raised.value.message.zh, raised.value.message.en):
        assert option in text
    assert what.en in raised.value.message.en
    assert what.zh in raised.value.message.zh
    assert raised.value.message.zh.endswith("。")


def test_no_reader_measures_by_itself():
    walk = walked(nn.Linear(4, 2), (1, 4))
    for show, options in ((("memory",), {}), (("params",), {"measure": True}), (("params",), {"batch": True})):
        with pytest.raises(NotMeasured):
            compose(walk, ("en",), show=show, **options)
    counted = with_counters(walk.trace, walk)
    for refused in (lambda: which(counted, "40 B"), lambda: which(walk, "8 MACs")):
        with pytest.raises(NotMeasured):
            refused()
    assert which(counted, "8 MACs")


@pytest.mark.parametrize(
    ("options", "wants"),
    [
        ({"show": ("params", "shape", "macs", "receptive-field")}, frozenset()),
        ({"show": ("params", "memory")}, ON_THE_PAGE),
        ({"json": True}, ON_THE_PAGE | {"ideas"}),
        ({"measure": True}, {"saved_file", "file_on_disk"}),
        ({"batch": True}, {"batch"}),
        ({"show": ("memory",), "measure": True, "batch": True}, frozenset(ORDER)),
    ],
)
def test_what_the_options_need_is_enough(options, wants):
    assert needs(**options) == wants
    walk = measured(walked(small(), (2, 3, 16, 16)), *wants) if wants else walked(small(), (2, 3, 16, 16))
    if not options.get("json"):
        assert compose(walk, ("zh", "en"), **options).blocks


def test_what_a_table_of_tools_needs():
    assert not needs(("memory",), measure=True, batch=True, ledger=True) & ON_THE_PAGE
    assert IN_BYTES < ON_THE_PAGE


def test_what_cannot_be_measured_keeps_its_reason():
    walk = walked(Function(lambda x: x[x > 0] + 1), (4, 4))
    found = measured(walk, *ORDER).measured
    assert set(found.unknown) == {"memory", "training", "batch"}
    assert found.done == set(ORDER)
    for why in found.unknown.values():
        assert "values" in why.en
    with pytest.raises(UserError, match="batch 1"):
        cost_of(replace(walk, measured=found)).at_batch(1)


def test_nothing_is_measured_by_default():
    assert Measured() == walked(nn.Linear(2, 2), (1, 2)).measured
    assert not any(Measured().has(want) for want in ORDER)
    walk = walked(nn.Linear(2, 2), (1, 2))
    assert measure(walk.trace, walk, (), default_registry()) is walk


def test_the_bytes_of_a_data_type_are_torchs():
    dtypes = {value for value in vars(torch).values() if isinstance(value, torch.dtype)}
    assert len(dtypes) > 15
    for dtype in dtypes:
        assert itemsize(str(dtype).removeprefix("torch.")) == dtype.itemsize, dtype


class Particular(nn.Module):
    """Its errors have braces in them, as where somebody forgot an f before the quotes."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, x):
        if x.shape[:2] != (2, 6):
            raise ValueError("must be {self.n} by {}, not {{this}}")
        return self.layer(x)


def test_a_models_own_words_are_printed_as_they_are():
    page = Explanation(walked(Particular(), (2, 6, 4)), ("en",), show=("memory",)).to_markdown()
    assert "must be {self.n} by {}, not {{this}}" in page
    with pytest.raises(UserError, match=r"must be \{self\.n\} by \{\}"):
        Explanation(walked(Particular(), (2, 6, 4)), ("en",), batch=True).to_markdown()


def test_a_walkthrough_without_its_model_says_what_it_has_not():
    live = walked(nn.Linear(4, 2), (1, 4))
    plain = Walkthrough(**{field.name: getattr(live, field.name) for field in fields(Walkthrough) if field.init})
    with pytest.raises(NotMeasured, match="show memory"):
        Explanation(plain, ("en",), show=("memory",)).to_markdown()
    assert Explanation(plain, ("en",)).to_markdown() == Explanation(live, ("en",)).to_markdown()
    known = everything_measured(live, needs(json=True))
    kept = replace(plain, measured=known.measured, ideas=known.ideas, active=known.active)
    lessons = [Explanation(walk, ("zh", "en"), show=("memory",)) for walk in (kept, live)]
    assert len({lesson.to_markdown() for lesson in lessons}) == 1
    assert lessons[0].to_json() == lessons[1].to_json()


def test_what_contradicts_itself_is_no_measurement():
    for wrong in (
        {"done": frozenset({"training"})},
        {"done": frozenset({"in_symbols"})},
        {"done": frozenset({"memory"})},
    ):
        with pytest.raises(ValueError, match="not there"):
            Measured(**wrong)
    with pytest.raises(ValueError, match="power"):
        Polynomial((N,), (((1, 2), Fraction(1)),))


def test_a_rule_that_fails_at_another_size_gives_no_formula_and_says_why(monkeypatch):
    """A total that leaves a layer out would be a wrong one."""
    (rule,) = (rule for rule in default_registry().rules if rule.name == "linear")

    def output(call):
        if call.input_shapes[0][0] > 2:
            raise KeyError("no more than two")
        return rule.output(call)

    registry = Registry([replace(rule, output=output)])
    walk = walk_model(nn.Linear(4, 2), (meta(1, 4),), {}, name="net", source="test", registry=registry)
    found = measure(walk.trace, walk, {"in_symbols", "batch"}, registry, batch=3).measured
    assert found.in_symbols.macs is None
    assert not found.batches
    assert "KeyError" in found.unknown["batch"].en
    assert measure(walk.trace, walk, {"batch"}, registry, batch=2).measured.at_batch(2)


def test_the_json_has_what_the_document_has(passes):
    model = small()
    lesson = Explanation(walked(model, (4, 3, 16, 16)), ("en",), show=("params", "memory"), measure=True, batch=True)
    lesson.to_json()
    seen = passes(model)
    lesson.to_markdown()
    assert not seen
