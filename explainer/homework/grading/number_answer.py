"""One answer without working: a number, a formula in numbers, or a formula in symbols."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from explainer.formula.rewrite import rewritten
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Symbol, walk
from explainer.homework.answers.syntax import Side
from explainer.homework.grading import messages as say
from explainer.homework.grading.equivalence import Compared, compare
from explainer.homework.grading.policy import Policy
from explainer.homework.grading.result import AnswerVerdict
from explainer.homework.grading.term_diff import term_by_term
from explainer.homework.grading.vocabulary import Vocabulary, number_of
from explainer.homework.mistakes.explanation import Diagnosis
from explainer.homework.question import WORDS, Question, Value
from explainer.i18n.bilingual import Bi, grouped, same

UNSAID = {"K": 10**3, "M": 10**6, "G": 10**9, "万": 10**4, "亿": 10**8}
BINARY_OF = {10**3: 2**10, 10**6: 2**20, 10**9: 2**30}  # what is meant by a MB that is a MiB
UNSAID_BYTES = {"MiB": 2**20, "MB": 10**6, "KiB": 2**10, "KB": 10**3, "GiB": 2**30, "GB": 10**9}


@dataclass(frozen=True)
class Outcome:
    """What came of one side. remarks: always said; instead: said where no mistake explains it.

    value, expr (a shape: sizes), within: what the mistakes are searched with; mistakes: named already;
    slips: named where no likely misconception explains the value.
    """

    verdict: AnswerVerdict
    remarks: tuple[Bi, ...] = ()
    instead: tuple[Bi, ...] = ()
    value: Value | None = None
    expr: Expr | None = None
    within: Fraction = Fraction(0)
    mistakes: tuple[Diagnosis, ...] = ()
    slips: tuple[Diagnosis, ...] = ()
    sizes: tuple[Expr, ...] = ()


def judge_number(question: Question, side: Side, words: Vocabulary) -> Outcome:
    """One side against the number that was asked for. The side's formula has the question's symbols."""
    if side.expr is None:
        return Outcome("wrong", (say.NUMBER_WANTED,))
    symbolic = is_symbolic(side.expr)
    if symbolic and side.unit is None:
        return _symbolic(question, side.expr, words)
    value = number_of(side.expr, words.values())
    if value is None:
        return Outcome("wrong", (say.NO_VALUE,))
    if side.unit is not None:
        if not side.unit.fits(question.quantity):
            return _wrong_unit(question, side, value)
        if side.unit.of == "bits" and question.quantity == "bytes":
            return _in_bits(question, side, value)
    if symbolic:
        return _symbolic(question, side.expr, words)
    return _numeric(question, side, value, words.policy)


def is_symbolic(expr: Expr) -> bool:
    """Whether a formula has symbols."""
    return any(isinstance(node, Symbol) for node in walk(expr))


def tolerance(side: Side) -> Fraction:
    """How far the exact value may be: half a unit of the last digit given, or what the rounded numbers in it make."""
    if side.half is not None:
        return side.half
    if not side.loose or side.expr is None:
        return Fraction(0)
    middle = number_of(side.expr)
    if middle is None:
        return Fraction(0)
    moved = [number_of(_moved(side.expr, value, half)) for value, half in side.loose]
    return sum((abs(found - middle) for found in moved if found is not None), Fraction(0))


def _moved(expr: Expr, value: Fraction, half: Fraction) -> Expr:
    return rewritten(
        expr, lambda node: Number(value + half) if isinstance(node, Number) and node.value == value else node
    )


def _numeric(question: Question, side: Side, value: Fraction, policy: Policy) -> Outcome:
    right = question.value
    exact = say.EXACT.format(value=right)
    if value == right:
        if side.literal:
            return Outcome("correct")
        return Outcome("equivalent", (say.SIMPLIFIED.format(value=right),))
    within = tolerance(side)
    if within and value and abs(value - right) <= within:
        if policy.fine_enough(value, within) or policy.rightly_rounded(value, Fraction(right)):
            return Outcome("rounded", (exact,))
        return Outcome("wrong", (say.TOO_FEW_DIGITS.format(digits=policy.digits),), (), _whole(value))
    plain = side.roughly and side.literal and "." not in side.text  # 3.60K says more
    if value and plain and policy.rightly_rounded(value, Fraction(right)):  # about 250K
        return Outcome("rounded", (exact,))
    if value and policy.near(value, Fraction(right)):
        return Outcome("rounded", (exact,))
    named = _unit_missing(question, side, value)
    if named is not None:
        return Outcome("wrong", value=_whole(value), mistakes=(named,))
    cut = _cut_off(question, side, value)
    if cut is not None:
        return Outcome("wrong", value=_whole(value), within=within, slips=(cut,))
    expr = None if side.literal else side.expr
    return Outcome("wrong", (), _about_number(question, side, value), _whole(value), expr, within)


def _whole(value: Fraction) -> int | Fraction:
    return value.numerator if value.denominator == 1 else value


def _about_number(question: Question, side: Side, value: Fraction) -> tuple[Bi, ...]:
    """What can be said of a wrong number where no mistake explains it."""
    right = question.value
    found: list[Bi] = []
    if value.denominator != 1:
        found.append(say.NOT_WHOLE.format(value=say.number_text(value)))
    terms = term_by_term(side.expr, question) if side.expr is not None and not side.literal else None
    if terms is not None:
        found.append(terms)
    elif value.denominator == 1:
        found.append(_difference(value, Fraction(right)))
    return tuple(found)


def _unit_missing(question: Question, side: Side, value: Fraction) -> Diagnosis | None:
    """527.8 for 527.8 MiB, 2.36 for 2.36 million: the number is right, its unit is not written."""
    if side.unit is not None or (side.literal and side.half is None):
        return None
    multiples = UNSAID_BYTES if question.quantity == "bytes" else UNSAID
    for unit, factor in multiples.items():
        if abs(value * factor - question.value) <= tolerance(side) * factor and value > 0:
            message = say.UNIT_MISSING.format(unit=same(unit))
            return Diagnosis(("units.missing",), message, say.UNIT_HINT, _whole(value))
    return None


def _cut_off(question: Question, side: Side, value: Fraction) -> Diagnosis | None:
    """2.35M for 2,359,808: the last digits cut off instead of rounded."""
    if side.half is None or not 0 < question.value - value < 2 * side.half or not value:
        return None
    unit = 2 * side.half
    rounded = (Fraction(question.value) / unit + Fraction(1, 2)) // 1 * unit
    given = side.text if len(side.text) <= 40 else side.text[:39] + "…"
    message = say.CUT.format(given=same(given), rounded=same(say.number_text(rounded)))
    return Diagnosis(("slip.cut_off",), message, say.CUT_HINT, _whole(value))


def _difference(value: Fraction, right: Fraction) -> Bi:
    direction = say.MORE if value > right else say.LESS
    difference = say.number_text(abs(value - right))
    ratio = value / right if right else Fraction(0)
    if ratio > 0 and (ratio.denominator == 1 or ratio.numerator == 1):
        return say.DIFFERENCE.format(direction=direction, difference=difference, ratio=say.number_text(ratio))
    return say.DIFFERENCE_ONLY.format(direction=direction, difference=difference)


def _symbolic(question: Question, expr: Expr, words: Vocabulary) -> Outcome:
    expected = question.derivation.symbolic
    found = compare(expr, expected, words)
    if found.equal and not _flags_in_place(expr, expected, words):
        return Outcome("wrong", (say.FLAG,), about_formula(found), question.value)
    if found.equal:
        return Outcome(*right_formula(found, expected, question.value))
    value = number_of(expr, words.values())
    shown = None if value is None else _whole(value)
    if found.equal is None:
        return Outcome("undecided", (say.UNDECIDED,))
    chance = (say.BY_CHANCE,) if value == question.value else ()
    return Outcome("wrong", chance, about_formula(found), shown, expr)


def _flags_in_place(expr: Expr, expected: Expr, words: Vocabulary) -> bool:
    """Whether a flag that the formula names (b, 1 for a bias) stands where it belongs: 1792·b is right only while b is 1."""
    values = words.values()
    named = {node.name for node in walk(expr) if isinstance(node, Symbol) and node.name in words.fixed}
    flags = [name for name in named if words.role(name) is Role.BIAS and values.get(name) == 1]
    moved = values | dict.fromkeys(flags, 2)
    freed = _freed(expected, frozenset(flags))
    return not flags or number_of(expr, moved) == number_of(freed, moved)


def _freed(expr: Expr, flags: frozenset[str]) -> Expr:
    """The formula with its flags as symbols again: (27+1)·64 as (27+b)·64."""

    def free(node: Expr) -> Expr:
        source = node.source if isinstance(node, Number) else None
        return source if source is not None and source.name in flags else node

    return rewritten(expr, free)


def right_formula(found: Compared, expected: Expr, value: int) -> tuple[AnswerVerdict, tuple[Bi, ...]]:
    """The verdict on a formula that is right, and what is said beside."""
    if found.put_in:
        numbers = say.sizes_text(found.put_in)
        return "equivalent", (say.PUT_IN.format(numbers=numbers, formula=say.formula(expected)),)
    if found.same_form:
        return "correct", (say.SIMPLIFIED.format(value=value),)
    return "equivalent", (say.NAMED.format(formula=say.formula(expected)), say.SIMPLIFIED.format(value=value))


def about_formula(found: Compared) -> tuple[Bi, ...]:
    """Why a formula is wrong: sizes for which it fails."""
    if found.counterexample is None:
        return ()
    if found.theirs is None:
        return (say.NO_VALUE,)
    sizes = say.sizes_text(found.counterexample)
    theirs, ours = say.number_text(found.theirs), say.number_text(found.ours or 0)
    return (say.COUNTEREXAMPLE.format(sizes=sizes, theirs=theirs, ours=ours),)


def _wrong_unit(question: Question, side: Side, value: Fraction) -> Outcome:
    assert side.unit is not None
    message = say.UNIT.format(unit=same(side.unit.name), wanted=WORDS[question.quantity])
    mistake = Diagnosis(("units.wrong",), message, say.UNIT_HINT, _whole(value))
    return Outcome("wrong", (), (), _whole(value), mistakes=(mistake,))


def _in_bits(question: Question, side: Side, value: Fraction) -> Outcome:
    """Bytes given in bits: right if eight times as many."""
    right, within = 8 * question.value, tolerance(side)
    exact = say.EXACT.format(value=Bi(f"{grouped(question.value)}字节", f"{grouped(question.value)} bytes"))
    if value == right:
        return Outcome("equivalent", (exact,))
    if within and value and abs(value - right) <= within:
        return Outcome("rounded", (exact,))
    return Outcome("wrong", (), (), _whole(value), None, within)
