"""`explain which MODEL NUMBER`: "I got this number": what it is, who counts so, and what is in it.

A claim's readings (units, misread units) meet the hypotheses (totals, parts, tools, batches, layers). A match is exact,
or rounded as the digits allow; odd readings of odd figures need more digits. Only where nothing matches, something
`close` is named, with what remains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from explainer.i18n.bilingual import Bi
from explainer.ledger.identify.documented import documented, of_others
from explainer.ledger.identify.hypotheses import PARAMS, hypotheses
from explainer.ledger.identify.hypothesis import Hypothesis
from explainer.ledger.identify.number_reader import Claim, Reading, read
from explainer.ledger.identify.rows import at_other_batches
from explainer.ledger.words import as_printed, units_of
from explainer.walkthrough.counted import Line, Term
from explainer.walkthrough.model import Walkthrough

AS_IT_STANDS = Bi("照所写的读", "as it is written")
Fit = Literal["exact", "rounded", "cut", "close"]
_RANK: dict[Fit, int] = {"exact": 0, "rounded": 1, "cut": 2, "close": 3}
Left = tuple[Fit, Fraction]

# How odd a meaning may be (reading and figure together), by the number of digits claimed.
_ALLOWED = {1: 0, 2: 2, 3: 4, 4: 7, 5: 9}
_ANYTHING = 20
_MOST = 8
_EXACT_ROW = 3  # digits of a figure of a tool's row, written out: tools print them so
_SPREAD = 3  # a meaning that much odder than the best is not worth showing


@dataclass(frozen=True)
class Match:
    """One meaning of a number.

    label: what it is; value: exactly; how: the way the number is read, times `factor`; fit: exact to the unit, rounded or cut as its digits
    say, or only close; remainder: what was given less the value, in its unit. lines: the tools that print it; terms: of
    the first, from the true figure. working: how the value comes about (`138,357,544·4`), or empty. cost: how odd the meaning is.
    """

    label: Bi
    value: int
    how: Bi
    factor: Fraction
    fit: Fit
    remainder: Fraction
    lines: tuple[Line, ...]
    terms: tuple[Term, ...]
    working: str
    cost: int


def which(walk: Walkthrough, text: str) -> tuple[Match, ...]:
    """The meanings of a number, the most plausible first; empty where nothing explains it.

    Raises UserError if the text is no number; NotMeasured if the tools' figures were not, or the number may be one of bytes
    and the memory (`explainer.measure.needs.IN_BYTES`) was not measured.
    """
    claim = read(text)
    known = (*hypotheses(walk, claim.may_be_bytes), *documented(walk))
    found = _all(claim, known)
    rounded = claim.rounded
    if rounded is not None and not any(match.fit == "exact" for match in found):
        found = _all(rounded, known) or found  # 110 M claims what 1.1亿 claims, and no more
    found = found or _of_rows(walk, claim, known) or _of_others(walk, claim)
    if not found:
        found = [match for meaning in known for reading in claim.readings if (match := _close(claim, reading, meaning))]
        found = sorted(found, key=lambda match: abs(match.remainder) / match.value)[:1]
    return tuple(_best(found))


def fits(text: str) -> Callable[[int], Left | None]:
    """For a number of parameters how the claim fits, and what is left, where it is that number rounded or cut to the claim's digits."""
    claim = read(text)

    def left(value: int) -> Left | None:
        meaning = Hypothesis(PARAMS, value, "params", 0)
        matches = _all(claim, (meaning,))
        if matches:
            return matches[0].fit, matches[0].remainder
        for reading in claim.readings:  # 28.94 M is called 28 M as well
            over = value - claim.number * reading.factor
            if (
                "params" in reading.families
                and reading.cost == 0
                and claim.digits > 1
                and 0 <= over < claim.step * reading.factor
            ):
                return "cut", -over
        return None

    return left


def varied(value: int, changes: Mapping[str, object], left: Left) -> Match:
    """The match that the model has when it is built otherwise."""
    said = ", ".join(f"{name}={choice!r}" for name, choice in changes.items())
    label = Bi(f"构造参数改为 {said} 时的参数量", f"parameters when it is built with {said}")
    return Match(label, value, AS_IT_STANDS, Fraction(1), *left, (), (), "", 3 + len(changes))


def _of_rows(walk: Walkthrough, claim: Claim, known: Iterable[Hypothesis]) -> list[Match]:
    """What is believed only where nothing else fits: a figure just as a tool writes it, however few its digits; rows at another batch."""
    rows = [meaning for meaning in known if any(line.layer for line in meaning.lines)]
    found = _all(claim, at_other_batches(walk, claim, rows))
    for meaning in known:
        written = {factor for line in meaning.lines for factor in as_printed(line, claim.written)}
        for reading in claim.readings:
            if meaning.family in reading.families and reading.factor in written and reading.cost <= 1:
                remainder = claim.number * reading.factor - meaning.value
                found.append(_made(meaning, reading, "rounded" if remainder else "exact", remainder, meaning.cost))
    return found


def _of_others(walk: Walkthrough, claim: Claim) -> list[Match]:
    """The parameters of another well-known model."""
    others = tuple(of_others(walk))
    rounded = claim.rounded
    found = _all(claim, others) or (_all(rounded, others) if rounded is not None else [])
    return [match for match in found if claim.digits >= _EXACT_ROW]


def _all(claim: Claim, known: Iterable[Hypothesis]) -> list[Match]:
    return [match for meaning in known for reading in claim.readings if (match := _match(claim, reading, meaning))]


def _best(found: list[Match]) -> list[Match]:
    """In order, each value in its least odd meaning, without what is much odder than the best."""
    found.sort(key=lambda match: (_RANK[match.fit], match.cost, abs(match.remainder) / match.value))
    kept: dict[int, Match] = {}
    for match in found:
        kept.setdefault(match.value, match)
    best = list(kept.values())
    return [match for match in best if match.cost <= best[0].cost + _SPREAD][:_MOST]


def _match(claim: Claim, reading: Reading, meaning: Hypothesis) -> Match | None:
    """Equal, or equal within the last digit; the claim's digits must bear the oddity."""
    if meaning.family not in reading.families:
        return None
    given = claim.number * reading.factor
    remainder = given - meaning.value
    step, digits = claim.step * reading.factor, claim.digits
    cost = reading.cost + meaning.cost
    if any(reading.factor in units_of(line) for line in meaning.lines):
        cost = meaning.cost  # the unit that the tool itself has
    in_row = any(line.layer for line in meaning.lines)
    if remainder == 0 and step == 1 and in_row and digits >= _EXACT_ROW and reading.cost <= 1:
        return _made(meaning, reading, "exact", remainder, cost)
    if remainder == 0 and (step <= 1 or digits >= len(str(meaning.value))):
        return _made(meaning, reading, "exact", remainder, cost) if cost <= _allowed(digits) else None
    zeros = _zeros(claim)
    if zeros >= 3:  # 15,500,000,000 claims three digits, whatever its commas say
        step, digits = step * 10**zeros, digits - zeros
    if abs(remainder) * 2 <= step and cost <= _allowed(digits):
        return _made(meaning, reading, "rounded", remainder, cost)
    return None


def _close(claim: Claim, reading: Reading, meaning: Hypothesis) -> Match | None:
    """Off by a little: two in a thousand, or one in ten thousand of a number that claims six digits or more."""
    cost, digits = reading.cost + meaning.cost, claim.digits - (_zeros(claim) if _zeros(claim) >= 3 else 0)
    if meaning.family not in reading.families or cost > 2 or digits < 3:
        return None
    remainder = claim.number * reading.factor - meaning.value
    tolerance = Fraction(1, 500) if digits < 6 else Fraction(1, 10_000)
    return _made(meaning, reading, "close", remainder, cost) if abs(remainder) <= tolerance * meaning.value else None


def _made(meaning: Hypothesis, reading: Reading, fit: Fit, remainder: Fraction, cost: int) -> Match:
    terms = next((line.terms for line in meaning.lines if len(line.terms) > 1), ())
    terms = terms or next((line.terms for line in meaning.lines), ())
    return Match(
        meaning.label,
        meaning.value,
        reading.how,
        reading.factor,
        fit,
        remainder,
        meaning.lines,
        terms,
        meaning.working,
        cost,
    )


def _allowed(digits: int) -> int:
    return _ALLOWED.get(digits, _ANYTHING if digits > 5 else -1)


def _zeros(claim: Claim) -> int:
    """The zeros at the end of a number written out to the unit."""
    written = str(claim.number) if claim.whole else ""
    return len(written) - len(written.rstrip("0"))
