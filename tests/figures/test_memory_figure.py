"""The figure of memory: every bar is what the walkthrough says is alive, the highest is the peak, and each part has its reason."""

from __future__ import annotations

from torch import nn

from examples.unet import UNet
from explainer.figures.kinds import memory
from explainer.figures.svg.faults import faults
from explainer.i18n.bilingual import LANGS
from explainer.measure.memory.timeline import Timeline
from tests.nets import MnistCnn, measured, walked


class Holding(nn.Module):
    """Keeps its first layer's output in a variable, needs the second's at the end, returns two things."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c, self.d = (nn.Linear(8, 8, bias=False) for _ in range(4))

    def forward(self, x):
        first = self.a(x)
        second = self.b(first)
        third = self.c(second)
        return self.d(third) + second, third


def timeline(model, sizes):
    walk = measured(walked(model, sizes), "memory")
    return walk.measured.peak


def test_each_part_has_its_reason():
    peak = timeline(Holding(), (1, 8))
    each = 32  # bytes of eight numbers
    found = {one.path: (one.made, one.read, one.later, one.idle) for one in peak.timeline}
    assert found == {
        "a": (each, 0, 0, 0),
        "b": (each, each, 0, 0),
        "c": (each, each, 0, each),  # what a made is still in `first`
        "d": (each, each, each, each),  # the addition needs what b made
        "add": (each, 2 * each, each, each),  # what c made is returned
    }


def test_the_highest_bar_is_the_peak():
    for model, sizes in ((MnistCnn(), (1, 1, 28, 28)), (UNet(), (1, 1, 64, 64))):
        peak = timeline(model, sizes)
        highest = max(peak.timeline, key=lambda one: one.bytes)
        assert (highest.bytes, highest.path) == (peak.activations_bytes, peak.at)
        bars = memory.bars_of(peak)
        assert max(bar.bytes for bar in bars) == peak.bytes


def test_the_figure_is_sound_and_says_the_peak():
    walk = measured(walked(UNet(), (1, 1, 64, 64)), "memory")
    one = memory.make(walk)
    for lang in LANGS:
        assert faults(one.canvas(lang)) == []
        assert any("3,391,488 B" in label.text for label in one.canvas(lang).labels)
    assert "3,391,488" in one.caption.en and "up.3.conv.2" in one.caption.zh
    assert memory.make(walked(MnistCnn(), (1, 1, 28, 28))) is None  # not measured


def test_a_long_network_shares_bars_and_keeps_the_peak():
    layers = [layer for _ in range(120) for layer in (nn.Conv2d(2, 2, 3, padding=1), nn.Sigmoid())]
    long = nn.Sequential(nn.Conv2d(2, 9, 1), nn.Conv2d(9, 2, 1), *layers)
    walk = measured(walked(long, (1, 2, 8, 8)), "memory")
    bars = memory.bars_of(walk.measured.peak)
    assert len(bars) <= memory.MOST_BARS and max(bar.bytes for bar in bars) == walk.measured.peak.bytes
    assert faults(memory.make(walk).canvas("zh")) == []
    assert "several" not in memory.make(walk).caption.en and "share a bar" in memory.make(walk).caption.en


def test_too_long_a_trace_has_no_timeline():
    log = Timeline()
    for _ in range(5_000):
        log.step("x", [log.made(4)])
    assert log.moments([]) == ()


def test_storages_that_come_and_go_within_a_step_are_its_own():
    log = Timeline()
    given = log.made(10)
    log.step("a", [])
    scratch = log.made(5)
    log.freed(scratch)
    log.made(2)
    log.step("b", [given])
    assert [(one.made, one.read, one.later, one.idle) for one in log.moments([])] == [(10, 0, 0, 0), (5, 10, 0, 0)]
