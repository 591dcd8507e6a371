"""The right figure, said of something else: `1792 filters`, `1792 without bias`, parts that are not this total's."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from explainer.homework.answers.claims import Claim
from explainer.homework.answers.prose_words import LABELS
from explainer.homework.grading.worked_claims import PARTS, WorkedClaim, WorkedOut, is_named

WEIGHTS = frozenset(["weight", "weights", "权重", "个权重", "个"])
THINGS = frozenset(
    [
        "filters",
        "filter",
        "kernels",
        "neurons",
        "channels",
        "卷积核",
        "个卷积核",
        "神经元",
        "个神经元",
        "通道",
        "个通道",
        "滤波器",
    ]
)
PARAMETERS = frozenset(["parameters", "params", "parameter", "参数", "个参数"])
BESIDE = frozenset(
    ["with", "incl", "including", "included", "plus", "带", "含", "带有", "有", "包括", "包含", "加上"]
)  # with bias: 2432
COUNTS = ("params", "weights", "bias")


def contradicts(told: WorkedOut, main: WorkedClaim) -> bool:
    """`1792 without bias` of a number that has the biases in it; `1792 filters`."""
    claim = main.claim
    if _is_of_another_layer(told, claim):
        return True
    if told.parts.get("bias", Fraction(0)) > 0 and claim.without_bias:
        return True
    if len(claim.parts) == 1 and told.question.quantity not in COUNTS and PARAMETERS.intersection(claim.said):
        return True  # 86704128 parameters, of multiply-accumulates
    if len(claim.parts) > 1 or told.question.quantity not in ("params", "macs", "flops"):
        return False
    plainly = (claim.headed and not _is_beside(claim)) or all(word in WEIGHTS for word in claim.said)
    plainly = plainly or (is_named(claim) and not _is_beside(claim) and not {"weights", "bias"} <= claim.labels)
    if len(claim.labels & {"scale", "shift"}) == 1 and not claim.labels & {"each", "total"}:
        plainly = plainly or not _is_beside(claim)
    if plainly and len(claim.labels & PARTS) == 1 and not claim.without_bias:
        return any(main.value != told.parts[label] for label in claim.labels & PARTS if label in told.parts)
    if {"each", "total"} <= claim.labels:  # one for each channel, 48 in all
        return False
    return bool(THINGS.intersection(claim.said)) and "parameters" not in claim.said


def _is_of_another_layer(told: WorkedOut, claim: Claim) -> bool:
    """`fc2 has 1290`, of fc3: the layer that an answer names is not the one asked about."""
    layer = told.question.layer
    if layer is None:
        return False
    own = layer.path.rpartition(".")[2].lower()
    others = {
        one.path.rpartition(".")[2].lower() for one in told.question.walk.layers if any(map(str.isalpha, one.path))
    }
    named = {word for word in claim.lead if word in others and not word.isdigit() and word not in LABELS}
    return bool(named) and own not in claim.lead


def _is_beside(claim: Claim) -> bool:
    """`with bias: 2432`, 参数量为2432（含偏置）: the part is only mentioned, before the number or behind it."""
    sides = (claim.lead, claim.said[len(claim.lead) :])
    return any(word in BESIDE and LABELS.get(after) in PARTS for side in sides for word, after in pairwise(side))


def adds_up(told: WorkedOut, main: WorkedClaim) -> bool:
    """Weights and biases named beside a total are just its parts."""
    named = {label: [one for one in claims if one is not main] for label, claims in told.named.items()}
    labels = {label for label, claims in named.items() if claims}
    if not told.parts or labels != {"weights", "bias"} or told.question.quantity != "params":
        return True
    firsts = sum((Fraction(named[label][0].value or 0) for label in labels), Fraction(0))
    every = sum((Fraction(one.value or 0) for label in labels for one in named[label]), Fraction(0))
    return told.question.value in (firsts, every)
