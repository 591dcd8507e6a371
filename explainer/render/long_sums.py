"""A sum wider than a line, in pieces: a line ends before a + or a − of its own, never within brackets."""

from __future__ import annotations

from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Expr, Sum


def in_lines(expr: Expr, room: int) -> list[Expr]:
    """The formula, or a sum's terms in lines of at most `room` signs (one term alone may be longer).

    The first line is a formula; each later one is a `Sum` that begins with its sign: write `continued_with` before it.

    >>> from explainer.formula.tree import Number
    >>> [plain(line, Plain()) for line in in_lines(Sum(((True, Number(10)), (False, Number(20)), (True, Number(30)))), 5)]
    ['10−20', '30']
    """
    if not isinstance(expr, Sum) or len(plain(expr, Plain())) <= room:
        return [expr]
    lines: list[list[tuple[bool, Expr]]] = [[]]
    for part in expr.parts:
        if lines[-1] and len(plain(Sum((*lines[-1], part)), Plain())) > room:
            lines.append([])
        lines[-1].append(part)
    return [Sum(tuple(line)) for line in lines]


def continued_with(line: Expr) -> str:
    """The + before a later line of `in_lines`; a − is written by the line itself."""
    return "+" if isinstance(line, Sum) and line.parts[0][0] else ""
