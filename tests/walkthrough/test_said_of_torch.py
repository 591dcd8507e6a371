"""What a document says of torch stands on a run: another count, another document; no count, no sentence."""

import pytest
import torch
from nets import walked
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from explainer.api import Explanation, explain
from explainer.i18n.bilingual import grouped
from explainer.tracing.running_count import RunningCount
from explainer.walkthrough.verdict import Verdict


def net():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 6 * 6, 2))


MACS = 3 * 3 * 3 * 4 * 36 + 144 * 2


def pages(walk):
    return Explanation(walk, ("en",)).to_markdown(), Explanation(walk, ("zh",)).to_markdown()


def test_the_count_that_is_printed_is_torch_s():
    walk = walked(net(), (1, 3, 8, 8))
    with FlopCounterMode(display=False) as torch_itself:
        net()(torch.zeros(1, 3, 8, 8))
    assert walk.macs.torch == torch_itself.get_total_flops() // 2 == MACS
    assert walk.macs.verdict is Verdict.AGREES
    assert f"counts {grouped(2 * MACS)} FLOPs; half of that agrees" in pages(walk)[0]


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        (lambda total: 2 * total, Verdict.DISAGREES),
        (lambda total: total // 2, Verdict.DISAGREES),
        (lambda total: 0, Verdict.UNCHECKED),
        (lambda total: 1000, Verdict.UNCHECKED),
    ],
    ids=["twice", "half", "nothing", "always the same"],
)
def test_another_result_of_the_counter_is_another_document(monkeypatch, result, verdict):
    before = pages(walked(net(), (1, 3, 8, 8)))
    torch_itself = FlopCounterMode.get_total_flops
    monkeypatch.setattr(FlopCounterMode, "get_total_flops", lambda self: result(torch_itself(self)))
    walk = walked(net(), (1, 3, 8, 8))
    after = pages(walk)
    assert walk.macs.verdict is verdict
    assert all(one != other for one, other in zip(before, after, strict=True))
    for page in after:
        assert f"{grouped(2 * MACS)} FLOPs" not in page
        assert "half of that agrees" not in page
        assert "除以2后与推导一致" not in page


@pytest.mark.parametrize("detail", ["brief", "handout", "standard", "full"])
@pytest.mark.parametrize("languages", [("en",), ("zh",), ("zh", "en")])
def test_every_kind_of_page_takes_its_ticks_from_the_run(monkeypatch, detail, languages):
    """Another count: no page that said that the computation agrees says so still, and what disagrees is said."""

    def page():
        return Explanation(walked(net(), (1, 3, 8, 8)), languages, detail).to_markdown()

    before = page()
    torch_itself = FlopCounterMode.get_total_flops
    monkeypatch.setattr(FlopCounterMode, "get_total_flops", lambda self: 2 * torch_itself(self))
    after = page()
    assert after != before
    assert "⚠" in after or "✗" in after or "disagree" in after or "不一致" in after
    assert "half of that agrees" not in after
    assert "除以2后与推导一致" not in after


def test_the_json_takes_its_verdicts_from_the_run(monkeypatch):
    def data():
        lesson = Explanation(walked(net(), (1, 3, 8, 8)), ("en",)).to_dict()
        return lesson["cost"]["macs"], [call["macs"]["verdict"] for call in lesson["calls"]]

    assert data() == (
        {"value": MACS, "torch": MACS, "verdict": "agrees", "at_least": False},
        ["agrees", "unchecked", "unchecked", "agrees"],
    )
    torch_itself = FlopCounterMode.get_total_flops
    monkeypatch.setattr(FlopCounterMode, "get_total_flops", lambda self: 2 * torch_itself(self))
    total, calls = data()
    assert (total["torch"], total["verdict"]) == (2 * MACS, "disagrees")
    assert calls == ["disagrees", "unchecked", "unchecked", "disagrees"]


def test_another_formula_of_torch_s_is_another_document(monkeypatch):
    from torch.utils import flop_counter

    monkeypatch.setitem(flop_counter.flop_registry, torch.ops.aten.addmm, lambda *_, **__: 2)
    walk = walked(net(), (1, 3, 8, 8))
    assert walk.macs.verdict is Verdict.DISAGREES
    assert not walk.agrees


def test_without_a_counter_nothing_is_said_of_its_count(monkeypatch):
    monkeypatch.setattr(RunningCount, "listen", lambda self, flops: None)
    walk = walked(net(), (1, 3, 8, 8))
    assert walk.macs.value == MACS
    assert walk.macs.torch is None
    assert walk.macs.verdict is Verdict.UNCHECKED
    english, chinese = pages(walk)
    assert "was not run: the computation is unchecked" in english
    assert "没有运行，计算量未核对" in chinese
    assert "FLOPs; half" not in english
    assert "counts" not in english.split("FlopCounterMode")[1][:40]
    assert "were also checked against" not in english


@pytest.mark.parametrize("real", [False, True])
def test_the_counter_runs_with_values_too(real):
    lesson = explain(net(), (1, 3, 8, 8), real=real, lang="en")
    assert lesson.walkthrough.macs.torch == MACS
    assert lesson.walkthrough.run.values == ("real" if real else "meta")
    said = "with values" if real else "on the meta device"
    assert said in lesson.to_markdown().split("## Verification")[1]


def test_what_torch_counts_inside_torchscript_is_not_ours():
    """The counter sees the scripted layer, the derivation does not: half a count is no agreement."""

    class Partly(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner, self.head = torch.jit.script(nn.Linear(8, 8)), nn.Linear(8, 2)

        def forward(self, x):
            return self.head(self.inner(x))

    lesson = explain(Partly(), (1, 8), lang="en")
    assert lesson.walkthrough.macs.torch == 8 * 8 + 8 * 2
    if not lesson.walkthrough.complete:
        assert "agrees with the derivation" not in lesson.to_markdown()
