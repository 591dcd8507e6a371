"""What the names in a student's formula stand for: the question's own symbols, else one of the notations of textbooks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from explainer.formula.rewrite import rewritten, same_operation
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Symbol, walk
from explainer.homework.answers.dialects.catalogue import ALL
from explainer.homework.answers.dialects.table import Dialect
from explainer.homework.grading.vocabulary import UnknownName, Vocabulary

Bound = Mapping[str, Expr]


def is_name(name: str, words: Vocabulary) -> bool:
    """Whether a name may stand in a formula: as one of the question's symbols, or in any notation."""
    return words.named(name) is not None or bool(words.split(name)) or is_variable(name) or _in_a_dialect(name, words)


def is_variable(name: str) -> bool:
    """A letter, maybe numbered, that a student gives to a result: P, w, b1."""
    return name.replace("_", "").rstrip("0123456789").isascii() and len(name.replace("_", "").rstrip("0123456789")) == 1


def _in_a_dialect(name: str, words: Vocabulary) -> bool:
    return any(dialect.symbol(name, words.symbols) for dialect in (*words.policy.notations, *ALL))


def canonical(name: str, words: Vocabulary) -> str | None:
    """Our symbol, where a name is just that (`C_out`, `Cout`, `k`); None for a name of another kind."""
    for ours in (*words.symbols, *(["k"] if words.together("k") else [])):
        if name == ours or (len(ours) > 1 and name.replace("_", "").lower() == ours.replace("_", "").lower()):
            return ours
    return None


def has_own_letters(expr: Expr, words: Vocabulary) -> bool:
    """Whether every name in a formula is just one of the question's symbols: N, not n, which other courses use for a size."""
    return all(canonical(name, words) is not None for name in _names(expr))


def readings(expr: Expr, words: Vocabulary, bound: Bound) -> Iterator[tuple[Expr, Dialect | None]]:
    """The formula in our symbols, in every notation in which all its names are known. bound: the student's own names."""
    expr = _bound(expr, bound)
    with contextlib.suppress(UnknownName):
        yield words.resolved(expr), None
    if has_own_letters(expr, words):
        return
    for dialect in (*words.policy.notations, *ALL):
        found = _translated(expr, words, dialect)
        if found is not None:
            yield found, dialect


def _bound(expr: Expr, bound: Bound) -> Expr:
    return rewritten(expr, lambda node: bound.get(node.name, node) if isinstance(node, Symbol) else node)


def _names(expr: Expr) -> set[str]:
    return {node.name for node in walk(expr) if isinstance(node, Symbol)}


def _translated(expr: Expr, words: Vocabulary, dialect: Dialect) -> Expr | None:
    """The formula as this notation means it; None if a name is neither its own nor one of ours."""

    seen: dict[str, int] = {}

    def change(node: Expr) -> Expr:
        if not isinstance(node, Symbol):
            return node
        seen[node.name] = seen.get(node.name, 0) + 1
        again = seen[node.name] % 2 == 0
        ours = (
            dialect.side(node.name, words.symbols, again)
            or dialect.symbol(node.name, words.symbols)
            or canonical(node.name, words)
        )
        found = words.named(ours) if ours is not None else None
        if found is None:
            raise LookupError(node.name)
        return found

    try:
        return rewritten(expr, change)
    except LookupError:
        return None


def moves_a_side(written: Expr, meant: Expr, words: Vocabulary) -> bool:
    """Whether a notation takes sides of the input for those of the output, where they are not the same numbers."""
    values, before, after = words.values(), _names(written), _names(meant)
    gone = [values[name] for name in before - after if words.role(name) is Role.SIZE and name in values]
    come = [values[name] for name in after - before if words.role(name) is Role.SIZE_OUT and name in values]
    return bool(gone) and bool(come) and sorted(gone) != sorted(come)


def alike(symbolic: Expr, numeric: Expr, words: Vocabulary) -> bool:
    """Whether the second formula is the first with numbers put in, each name always with the same one.

    A name that is just one of our symbols must have its number.
    """
    seen: dict[str, object] = {}
    return _alike(symbolic, numeric, seen) and all(
        words.values().get(ours) == value
        for name, value in seen.items()
        if (ours := canonical(name, words)) is not None
    )


def _alike(a: Expr, b: Expr, seen: dict[str, object]) -> bool:
    if isinstance(a, Symbol):
        return isinstance(b, Number) and seen.setdefault(a.name, b.value) == b.value
    if isinstance(a, Number):
        return isinstance(b, Number) and a.value == b.value
    pairs = zip(a.children(), b.children(), strict=False)
    return same_operation(a, b) and all(_alike(x, y, seen) for x, y in pairs)
