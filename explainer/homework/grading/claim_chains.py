"""Which claims belong together: one that begins with "=" goes on with an earlier one; what counts another thing stands alone."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from explainer.homework.answers.claims import Claim, Part
from explainer.homework.grading.number_answer import is_symbolic
from explainer.homework.grading.vocabulary import number_of


def joined(claims: tuple[Claim, ...]) -> list[Claim]:
    """Each claim with what goes on with it, cut where another kind of thing is counted."""
    return _joined(tuple(cut for claim in claims for cut in _by_kind(claim)))


def _joined(claims: tuple[Claim, ...]) -> list[Claim]:
    """`3·3·3·64+b, b = 64, = 1792`: a claim that begins with "=" goes on with the nearest that is no definition."""
    made: list[Claim] = []
    for claim in claims:
        at = next((n for n in range(len(made) - 1, -1, -1) if made[n].name is None or n == 0), None)
        if claim.goes_on and _sums_up(made, claim):  # w = 288, b 32, = 320
            made.append(replace(claim, labels=claim.labels | {"total"}, goes_on=False))
        elif claim.goes_on and at is not None and not _of_another_kind(made[at].parts[-1], claim.parts[0]):
            made[at] = replace(
                made[at],
                parts=made[at].parts + claim.parts,
                labels=made[at].labels | claim.labels,
                said=made[at].said + claim.said,
            )
        else:
            made.append(claim)
    return made


def _by_kind(claim: Claim) -> tuple[Claim, ...]:
    """`6M MACs = 12 MFLOPs` in two: the same work counted in another way is no equation."""
    for at in range(1, len(claim.parts)):
        if _of_another_kind(claim.parts[at - 1], claim.parts[at]):
            rest = replace(claim, parts=claim.parts[at:], labels=frozenset(), said=(), name=None, headed=False, lead=())
            return (replace(claim, parts=claim.parts[:at]), *_by_kind(rest))
    return (claim,)


def _of_another_kind(before: Part, after: Part) -> bool:
    """Whether two sides count different things."""
    units = [part.side.unit for part in (before, after) if part.side is not None and part.side.unit is not None]
    kinds = {unit.of for unit in units if unit.of in ("macs", "flops", "params", "bytes")}
    return len(units) == len(kinds) == 2


def _sums_up(before: list[Claim], claim: Claim) -> bool:
    """Whether a claim that begins with "=" is the sum of those before it, and not equal to the last."""
    ends = [one.parts[-1].side for one in before]
    values = [
        number_of(side.expr)
        for side in ends
        if side is not None and side.expr is not None and not is_symbolic(side.expr)
    ]
    end = claim.parts[-1].side
    value = number_of(end.expr) if end is not None and end.expr is not None and not is_symbolic(end.expr) else None
    return len(values) == len(before) > 1 and value is not None and sum(v or Fraction(0) for v in values) == value
