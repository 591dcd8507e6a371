"""Ideas and what one token uses, to a file and back; what a stranger may not claim."""

import json
from dataclasses import replace

import pytest
from nets import meta
from torch import nn

from explainer.derive.pipeline import walk_model
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.file.limits import Refused
from explainer.walkthrough.file.read import from_plain
from explainer.walkthrough.file.write import to_plain
from explainer.walkthrough.idea import Active, Experts, Idea, Proof

PROOF = Proof("run", Bi("随机输入", "random numbers"), 3, ((2, 8),), 2e-7, -1, (("d", 32), ("p", 0.5)))


def walked():
    """Two linear layers with an activation between them, said to be an MLP; and a mixture of two experts."""
    net = nn.Sequential(nn.Linear(4, 6), nn.GELU(), nn.Linear(6, 4))
    walk = walk_model(net, (meta(1, 4),), {}, name="net", source="here")
    ideas = (
        Idea("mlp", "", (1, 2, 3), {"function": "GELU", "fused": False, "d_in": 4}, PROOF),
        Idea("activation", "1", (2,), {"function": "GELU"}, PROOF, stretch=True),
    )
    active = Active(walk.totals.params, (Experts(("0.weight",), 1, 2, 1, 12),), 40, PROOF, {"E": "experts"})
    return replace(walk, ideas=ideas, active=active)


def test_it_comes_back():
    walk = walked()
    back = from_plain(json.loads(json.dumps(to_plain(walk))))
    assert back.ideas == walk.ideas
    assert back.active == walk.active
    assert to_plain(back) == to_plain(walk)
    assert len(to_plain(walk)["proofs"]) == 1  # written once


def test_active_is_worked_out():
    active = Active(46_702_792_704, (Experts((), 32, 8, 2, 176_160_768),), None, PROOF)
    assert active.params == active.derivation.value == 12_879_925_248
    assert len(active.derivation.steps) >= 1


HOSTILE = {
    "a call that is not there": (("ideas", 0, "calls"), [1, 99]),
    "a call of number nought": (("ideas", 0, "calls"), [0, 1]),
    "no calls": (("ideas", 0, "calls"), []),
    "calls in disorder": (("ideas", 0, "calls"), [2, 1]),
    "a proof that is not there": (("ideas", 0, "proof"), 7),
    "an unknown kind": (("ideas", 0, "kind"), "magic"),
    "a list for a setting": (("ideas", 0, "settings"), {"heads": [1]}),
    "a large setting": (("ideas", 0, "settings"), {"heads": 10**60}),
    "another total": (("active", "total"), 5),
    "more used than there are": (("active", "experts", 0, "used"), 3),
    "nothing left": (("active", "experts", 0, "mixtures"), 10**6),
    "more multiplications than there are": (("active", "macs"), 10**9),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_strangers_claim_is_refused(name):
    (*way, last), value = HOSTILE[name]
    plain = at = json.loads(json.dumps(to_plain(walked())))
    for step in way:
        at = at[step]
    at[last] = value
    with pytest.raises(Refused):
        from_plain(plain)
