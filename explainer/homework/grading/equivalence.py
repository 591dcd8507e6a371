"""Whether two formulas are the same: by algebra for all sizes, never by one number; undecided where it stays open.

`equal(a, b)` proves by the normal form (`polynomial.py`) and disproves by it or by a counterexample. `compare` is the
same for an answer and a question: the layer's flags (bias, groups, dilation) have their numbers, its sizes are free.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import permutations
from random import Random

from explainer.formula.any_order import in_any_order
from explainer.formula.normal_form import Algebra, Work
from explainer.formula.rewrite import rewritten
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Product, Rounded, Symbol, walk
from explainer.homework.grading.vocabulary import Vocabulary, number_of
from explainer.i18n.bilingual import same

TRIALS = 160
FEWEST = 6  # trials where nothing is left of the effort for this answer
EFFORT = 120_000  # nodes evaluated in the search for one counterexample
ONES = 5  # factors 1 in one formula
STRIDES = frozenset({Role.STRIDE, Role.PADDING, Role.OUTPUT_PADDING, Role.PADDING_TOGETHER})
KERNELS = frozenset({Role.KERNEL, Role.WINDOW})
LENGTHS = frozenset({Role.SIZE, Role.SIZE_OUT, Role.TOKENS})
Roles = Mapping[str, Role | None]


def equal(a: Expr, b: Expr, fixed: Mapping[str, int] | None = None) -> bool | None:
    """Whether two formulas are equal for all sizes of their symbols, told apart by name; None if it cannot be decided.

    fixed: numbers of symbols that are not free.
    """
    proved = Algebra(fixed).same(a, b)
    if proved is not None:
        return proved
    return False if counterexample(a, b, {}, dict(fixed or {})) else None


@dataclass(frozen=True)
class Compared:
    """What came of it. equal: for all sizes, or with `put_in` for those only; None: undecided.

    same_form: right as it is taught, but for order and brackets. counterexample: sizes for which the two differ, with
    the two values; all symbols of the two formulas are in it.
    """

    equal: bool | None
    same_form: bool = False
    put_in: dict[str, int] = field(default_factory=dict)
    counterexample: dict[str, int] | None = None
    theirs: Fraction | None = None
    ours: Fraction | None = None


def compare(student: Expr, expected: Expr, words: Vocabulary, *, settings: bool = False) -> Compared:
    """A symbolic formula against the right one. Both have the question's symbols.

    settings: a layer's kernel, stride and padding may be left unsaid where they have cancelled out (a size of a shape).
    """
    key = (student, expected, settings)
    if key not in words.compared:
        words.compared[key] = _compare(student, expected, words, settings)
    found = words.compared[key]
    assert isinstance(found, Compared)
    return found


def _compare(student: Expr, expected: Expr, words: Vocabulary, settings: bool) -> Compared:
    merged = words.merged([student, expected])
    theirs, ours = renamed(student, merged), renamed(expected, merged)
    mentioned = names(theirs)
    fixed: dict[str, int] = dict(words.fixed)
    if "N" not in mentioned and words.numbers.get("N") == 1:
        fixed["N"] = 1
    defined = {name: renamed(expr, merged) for name, expr in words.defined.items()}
    open_theirs, open_ours = expanded(theirs, defined), expanded(ours, defined)
    undecided = False
    for left, right in ((theirs, ours), (open_theirs, open_ours)):
        found = Algebra(fixed, words.work).same(left, right)
        if found:
            return Compared(True, in_any_order(left) == in_any_order(right))
        undecided = undecided or found is None
    left, right = (theirs, ours) if names(theirs) <= names(ours) else (open_theirs, open_ours)
    put_in, ones = _put_in(left, right, words, fixed)
    told = any(isinstance(node, Number) for node in walk(left)) or not _needs_number(put_in, words)
    if (put_in or ones) and (told or (settings and {words.role(name) for name in put_in} <= KERNELS | STRIDES)):
        said = mentioned & names(ours)  # a flag that both name must not pass for a size of the same number
        unsaid = {name: value for name, value in fixed.items() if name not in said}
        for written in _ones_as(left, right, ones):
            if Algebra(unsaid | put_in, words.work).same(written, right):
                return Compared(True, put_in=put_in | dict.fromkeys(ones, 1))
    base = {name: value for name, value in words.values().items() if name not in fixed}
    for held in ({**fixed, **put_in}, fixed):
        sizes = counterexample(left, right, base, held, effort=words.effort)
        if sizes is not None:
            shown = {name: value for name, value in sizes.items() if name not in fixed}
            return Compared(False, False, {}, shown, number_of(left, sizes), number_of(right, sizes))
    return Compared(None if undecided else False)


def names(expr: Expr) -> set[str]:
    """The names of the symbols in a formula."""
    return {node.name for node in walk(expr) if isinstance(node, Symbol)}


def renamed(expr: Expr, merged: Mapping[str, str]) -> Expr:
    """k_h and k_w as k."""

    def change(node: Expr) -> Expr:
        if isinstance(node, Symbol) and node.name in merged:
            return Symbol(merged[node.name], node.meaning, role=node.role)
        return node

    return rewritten(expr, change)


def expanded(expr: Expr, defined: Mapping[str, Expr]) -> Expr:
    """H_out by its formula."""
    return rewritten(expr, lambda node: defined.get(node.name, node) if isinstance(node, Symbol) else node)


def _put_in(theirs: Expr, ours: Expr, words: Vocabulary, fixed: Mapping[str, int]) -> tuple[dict[str, int], list[str]]:
    """Symbols that the answer does not mention, where their numbers may have been put in instead.

    A size of 1 may have been forgotten as well as put in: those are listed apart.
    """
    values = words.values()
    missing = [name for name in sorted(names(ours) - names(theirs)) if name in values and name not in fixed]
    ones = [name for name in missing if values[name] == 1 and words.role(name) not in STRIDES]
    return {name: values[name] for name in missing if name not in ones}, ones


def _ones_as(expr: Expr, ours: Expr, missing: list[str]) -> Iterator[Expr]:
    """The formula with its factors 1 as the sizes of 1 that it does not mention, in every way: k·k·1 as k·k·C_in.

    Factors 1 that the right formula has itself stand for themselves.
    """
    own = sum(1 for _ in _one_factors(ours)) if missing else 0
    count = sum(1 for _ in _one_factors(expr))
    if len(missing) > count - own or (missing and count > ONES):
        return
    for places in permutations(range(count), len(missing)):
        chosen = {place: Symbol(name, same(name)) for place, name in zip(places, missing, strict=True)}
        yield _placed(expr, chosen, iter(range(count)))


def _one_factors(expr: Expr) -> Iterator[Expr]:
    for node in walk(expr):
        if isinstance(node, Product):
            yield from (factor for _, factor in node.parts if _is_one(factor))


def _is_one(expr: Expr) -> bool:
    return isinstance(expr, Number) and expr.value == 1


def _placed(expr: Expr, chosen: Mapping[int, Symbol], places: Iterator[int]) -> Expr:
    """The factors 1, counted product by product, replaced."""

    def change(node: Expr) -> Expr:
        if not isinstance(node, Product):
            return node
        parts = ((times, chosen.get(next(places), part) if _is_one(part) else part) for times, part in node.parts)
        return Product(tuple(parts))

    return rewritten(expr, change)


def _needs_number(put_in: Mapping[str, int], words: Vocabulary) -> bool:
    return any(value != 1 or words.role(name) not in STRIDES for name, value in put_in.items())


def counterexample(
    a: Expr, b: Expr, base: Mapping[str, int], held: Mapping[str, int], seed: int = 0, effort: Work | None = None
) -> dict[str, int] | None:
    """Sizes for which the two differ: one size of `base` changed if that is enough, else sizes at random.

    The second formula must come out whole and positive, as the size or number of something must.
    """
    free = sorted((names(a) | names(b)) - set(held))
    nodes = sum(1 for _ in walk(a)) + sum(1 for _ in walk(b))
    left = min(TRIALS, max(FEWEST, min(EFFORT, effort.left if effort else EFFORT) // max(1, nodes)))
    for sizes in _variants(free, base, Random(seed), _roles(a) | _roles(b)):
        left -= 1
        if left < 0:
            return None
        if effort is not None:
            effort.left -= nodes
        values = {**sizes, **held}
        right = number_of(b, values)
        if right is None or right <= 0 or right.denominator != 1 or not _sound(b, values):
            continue
        if number_of(a, values) != right:
            return values
    return None


def _sound(expr: Expr, values: dict[str, int]) -> bool:
    """No negative size inside a floor, and no part of it a fraction: sizes that such a layer can have."""
    for node in walk(expr):
        if isinstance(node, Rounded):
            inner = number_of(node.numerator, values)
            if inner is None or inner < 0 or inner.denominator != 1:
                return False
    return True


def _roles(expr: Expr) -> dict[str, Role | None]:
    """What each symbol stands for."""
    return {node.name: node.role for node in walk(expr) if isinstance(node, Symbol)}


def _variants(free: list[str], base: Mapping[str, int], random: Random, roles: Roles) -> Iterator[dict[str, int]]:
    if all(name in base for name in free):
        own = {name: base[name] for name in free}
        yield own
        for name in free:
            for value in _others(roles[name], own[name]):
                yield {**own, name: value}
    while True:
        yield {
            name: random.choice(_usual(roles[name])) + (random.randrange(3) if roles[name] in LENGTHS else 0)
            for name in free
        }


def _others(role: Role | None, value: int) -> tuple[int, ...]:
    """Other values that a teacher would try."""
    if role in KERNELS:
        return (5 if value != 5 else 3, value + 1)
    if role in STRIDES:
        return (value + 1, value + 2)
    return (2 * value, value + 1, 3 * value)


def _usual(role: Role | None) -> tuple[int, ...]:
    if role in KERNELS:
        return (1, 2, 3, 5, 7)
    if role is Role.STRIDE:
        return (1, 2, 3, 4)
    if role in STRIDES:
        return (0, 1, 2, 3)
    if role in LENGTHS:
        return (12, 17, 28, 32, 45, 56, 112)
    return (2, 4, 6, 8, 12, 16, 24, 48, 120)
