"""The figure of a mixture of experts: both counts, and never more experts used than are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explainer.figures.kinds import experts
from explainer.figures.svg.faults import faults
from explainer.i18n.bilingual import LANGS, Bi, grouped
from explainer.walkthrough.idea import Active, Experts, Proof
from tests.nets import MnistCnn, walked

PROOF = Proof("gradients", Bi("以一个词求导", "by the gradients of one token"))


def with_experts(total: int, *groups: tuple[int, int, int, int]):
    found = tuple(Experts((f"w{i}",), *group) for i, group in enumerate(groups))
    return replace(walked(MnistCnn(), (1, 1, 28, 28)), active=Active(total, found, None, PROOF))


@pytest.mark.parametrize(
    ("total", "groups"),
    [
        (46702792704, [(32, 8, 2, 176160768)]),
        (30532122624, [(48, 128, 8, 4718592)]),
        (6919161856, [(16, 64, 8, 4194304), (16, 64, 8, 2097152)]),  # two tensors of one mixture
        (1000, [(1, 3, 1, 100)]),
        (2000, [(2, 9, 3, 50)]),
    ],
)
def test_both_counts_are_drawn(total, groups):
    walk = with_experts(total, *groups)
    one = experts.make(walk)
    used = total - sum(m * (e - k) * n for m, e, k, n in groups)
    for lang in LANGS:
        assert faults(one.canvas(lang)) == []
        said = [label.text for label in one.canvas(lang).labels]
        assert {grouped(total), grouped(used)} <= set(said) and grouped(used) in one.caption[lang]
    lanes = experts.lanes_of(experts.mixture_of(walk.active))
    drawn = [lane for lane in lanes if not isinstance(lane, Bi)]
    e, k = groups[0][1:3]
    assert sum(use for _, use in drawn) <= k and sum(not use for _, use in drawn) <= e - k


def test_a_network_without_experts_has_no_such_figure():
    assert experts.make(walked(MnistCnn(), (1, 1, 28, 28))) is None
