"""Whether what stands beside the main claim is true of the layer: its sizes, parts of the derivation, layers of the sum."""

from __future__ import annotations

import re
from fractions import Fraction

from explainer.errors import UserError
from explainer.formula.tree import Number, walk
from explainer.homework.answers.prose_words import NUMBERED
from explainer.homework.expressions import expression
from explainer.homework.grading.explained import sums_of
from explainer.homework.grading.names import canonical
from explainer.homework.grading.number_answer import BINARY_OF, tolerance
from explainer.homework.grading.vocabulary import Vocabulary
from explainer.homework.grading.worked_claims import PARTS, WorkedClaim, WorkedOut, is_named
from explainer.homework.questions import find

NUMBERED_NAME = expression(r"[a-z]+[a-z_]*\d{1,2}", re.IGNORECASE)  # conv1, C3, F5


def all_placed(told: WorkedOut, main: WorkedClaim) -> bool:
    """Whether every claim beside the main one is true of this layer, or they are an inventory that adds up to it."""
    pairs = zip([None, *told.worked], told.worked, strict=False)
    return _inventory(told, main) or all(one is main or _is_placed(told, one, main, before) for before, one in pairs)


def _inventory(told: WorkedOut, main: WorkedClaim) -> bool:
    """The claims before the main one add up to it, and every equation in them holds: 156, 2416, …, together 61706."""
    parts = [one for one in told.worked[: told.worked.index(main)] if one.sides and not told.defines(one)]
    others = [one for one in told.worked if one is not main and one not in parts]
    whole = all(one.holds and one.value is not None for one in parts)
    known = told.places | counts(told)
    of_layers = told.question.layer is None and told.question.quantity == "params"
    return (
        len(parts) > 1
        and whole
        and (not of_layers or all(one.value in known or len(one.sides) > 1 for one in parts))
        and sum((one.value or Fraction(0) for one in parts), Fraction(0)) == main.value
        and all(_is_placed(told, one, main, None) for one in others)
        and all(label_fits(told, one) for one in parts)
    )


def _is_placed(told: WorkedOut, one: WorkedClaim, main: WorkedClaim, before: WorkedClaim | None) -> bool:
    """Whether a claim beside the main one is true of this layer."""
    if not one.sides:
        return not any(part.numbers for part in one.claim.parts)
    if not one.holds:
        return False
    if told.is_another_figure(one):
        return is_true_of_another(told, one) or one.value == main.value  # 2 × 117,600 MACs, of 235,200 FLOPs
    if _names_a_layer(told, one):
        return one.value in counts(told)
    bare = not one.claim.said and one.claim.name is None and len(one.sides) == 1 and not one.claim.parts[-1].listed
    if bare and one.last is not None and one.last.literal:
        again = before is not None and one.value == before.value  # (3,3,3,64) → 1728
        right = one.value is not None and abs(one.value - told.question.value) <= tolerance(one.last)
        return one.value == main.value or again or right or is_gone_on_with(told, one)
    if one.claim.name is not None:
        ours = canonical(one.claim.name, told.words)
        if ours in told.words.own:
            return one.value == told.values.get(ours or "")
    if not label_fits(told, one):
        return False
    last = one.last
    if one.value is None or last is None:
        return False
    within = tolerance(last)
    return any(abs(one.value - place) <= within for place in told.places)


def is_gone_on_with(told: WorkedOut, one: WorkedClaim) -> bool:
    """A number by itself that another claim then calculates with: 2304, +64 = 2368."""
    if one.value not in told.places:
        return False
    firsts = [other.sides[0] for other in told.worked if other is not one and other.sides]
    sums = [side.expr for side in firsts if side is not None and side.expr is not None and side.expr.children()]
    return any(isinstance(node, Number) and node.value == one.value for expr in sums for node in walk(expr))


def label_fits(told: WorkedOut, one: WorkedClaim) -> bool:
    """`weights: 1728` is the number of weights, unless it is said of each kernel."""
    labels = one.claim.labels
    known = told.parts
    if one.claim.without_bias:
        named = one.last is not None and one.last.literal  # not the 1×1 of a convolution without biases
        return not named or one.value == known.get("weights", one.value)
    if "each" in labels or not is_named(one.claim) or len(labels & PARTS) != 1 or not known or one.value is None:
        return True
    (label,) = labels & PARTS
    if label == "bias" and one.value != told.question.value and _runs_on(told, one):
        return True
    if label in known and _is_of_each(told, one) and known[label] % one.value == 0:
        return True  # every gate: …, biases 256
    together = sum((Fraction(other.value or 0) for other in told.named.get(label, ())), Fraction(0))
    return label not in known or known[label] in (one.value, together)  # weight_ih 512, weight_hh 256


def _is_of_each(told: WorkedOut, one: WorkedClaim) -> bool:
    """Whether what stands before it was said of each one, and something is multiplied behind it."""
    at = told.worked.index(one)
    each = any("each" in other.claim.labels for other in told.worked[:at])
    return each and bool(one.value) and any(len(other.sides) > 1 for other in told.worked[at + 1 :])


def _runs_on(told: WorkedOut, one: WorkedClaim) -> bool:
    """3·5·5 = 75, plus the bias 76: what comes out with the bias of one kernel, told in passing."""
    before = [other for other in told.worked[: told.worked.index(one)] if other.sides and len(other.sides) > 1]
    return bool(before) and before[-1].value is not None and one.value == before[-1].value + 1


def _names_a_layer(told: WorkedOut, one: WorkedClaim) -> bool:
    """`fc2 500`, in a sum over layers: a number said of one layer by its name."""
    lead, last = one.claim.lead, one.last
    named = bool(lead) and (lead[-1] in NUMBERED or is_numbered(lead[-1], told.words))
    return told.question.layer is None and named and last is not None and last.literal and not one.claim.labels & PARTS


def is_numbered(word: str, words: Vocabulary) -> bool:
    """Whether a word ends in a number and is no symbol of the question: the name of one layer of several."""
    return NUMBERED_NAME.fullmatch(word) is not None and words.named(word) is None


def counts(told: WorkedOut) -> set[Fraction]:
    """What layers and their sums come to."""
    if told.question.quantity != "params":
        return set(told.places)
    return {Fraction(part.counted) for part in told.question.parts} | sums_of(told.question)


def is_true_of_another(told: WorkedOut, one: WorkedClaim) -> bool:
    """Whether that other figure is the layer's."""
    side = one.last
    if side is None or side.unit is None or one.value is None or side.unit.of in ("", "count", "bits"):
        return False
    prefix = told.question.name.removesuffix(".bytes").rpartition(".")[0]
    try:
        right = find(told.question.walk, f"{prefix}.{side.unit.of}".lstrip(".")).value
    except UserError:
        return False
    binary = BINARY_OF.get(side.unit.factor, side.unit.factor) if side.unit.of == "bytes" else side.unit.factor
    within = tolerance(side)
    return any(abs(one.value * scale - right) <= within * scale for scale in (1, Fraction(binary, side.unit.factor)))
