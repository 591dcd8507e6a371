"""Totals as polynomials in the batch and the input's size, with exact coefficients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product as grid
from math import prod
from typing import TYPE_CHECKING

from explainer.formula.printing import Plain as PlainStyle
from explainer.formula.printing import Tex, latex, plain
from explainer.formula.tree import Symbol, number

if TYPE_CHECKING:
    import sympy

Powers = tuple[int, ...]
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Polynomial:
    """Σ coefficient·N^a·H^b·…; `terms` from the highest degree down, without zeros.

    >>> Polynomial((N, T), {(1, 2): Fraction(3), (1, 1): Fraction(5)}).text()
    'N·(3·T²+5·T)'
    """

    variables: tuple[Symbol, ...]
    terms: Mapping[Powers, Fraction]

    def at(self, values: Mapping[str, int]) -> Fraction:
        """The value for these sizes, by the variables' names."""
        result = Fraction(0)
        for powers, c in self.terms.items():
            result += c * prod(values[v.name] ** e for v, e in zip(self.variables, powers, strict=True))
        return result

    def degree(self, name: str) -> int:
        """The highest power of a variable: 1 linear, 2 quadratic; 0 if it does not occur."""
        index = [variable.name for variable in self.variables].index(name)
        return max((powers[index] for powers in self.terms), default=0)

    def text(self, times: str = "·") -> str:
        """`N·(3·T²+5·T)`, for tables and the terminal."""
        style = PlainStyle(times=times)
        return self._written(times, lambda c: plain(number(c), style), _superscript, "−", lambda v: v.name)

    def ascii(self) -> str:
        """`N*(3*T^2+5*T)`, as the JSON has it; fractions as 3/4."""
        return self._written("*", str, lambda name, e: name if e == 1 else f"{name}^{e}", "-", lambda v: v.name)

    def latex(self, times: str = r"\cdot") -> str:
        r"""`N\cdot(3\cdot T^{2}+5\cdot T)`."""
        style = Tex(times=times)
        return self._written(
            f"{times} ",
            lambda c: latex(number(c), style),
            lambda name, e: name if e == 1 else f"{name}^{{{e}}}",
            "-",
            lambda v: latex(v, style),
        )

    def to_sympy(self) -> sympy.Expr:
        """For algebra; the symbols are positive integers."""
        import sympy

        names = [sympy.Symbol(variable.name, integer=True, positive=True) for variable in self.variables]
        return sympy.Add(
            *(
                sympy.Rational(c.numerator, c.denominator)
                * sympy.Mul(*(name**e for name, e in zip(names, powers, strict=True)))
                for powers, c in self.terms.items()
            )
        )

    def _written(self, times: str, coefficient: object, power: object, minus: str, name: object) -> str:
        """The common factors first (N·…), then the terms from the highest degree down."""
        assert callable(coefficient) and callable(power) and callable(name)
        if not self.terms:
            return "0"
        ordered = sorted(self.terms.items(), key=lambda term: (-sum(term[0]), tuple(-e for e in term[0])))
        common = [min(powers[i] for powers in self.terms) for i in range(len(self.variables))]
        if len(ordered) == 1:
            common = [0] * len(common)
        text = ""
        for powers, c in ordered:
            factors = [
                power(name(variable), e - shared)
                for variable, e, shared in zip(self.variables, powers, common, strict=True)
                if e > shared
            ]
            if abs(c) != 1 or not factors:
                factors.insert(0, coefficient(abs(c)))
            text += (minus if c < 0 else "+" if text else "") + times.join(factors)
        outside = [power(name(variable), e) for variable, e in zip(self.variables, common, strict=True) if e]
        return times.join([*outside, f"({text})"]) if outside else text


def _superscript(name: str, exponent: int) -> str:
    return name if exponent == 1 else name + str(exponent).translate(_SUPERSCRIPT)


def fitted(
    variables: tuple[Symbol, ...], exponents: Sequence[Powers], points: Sequence[Sequence[int]], values: Sequence[int]
) -> Polynomial | None:
    """The polynomial with these powers through these points; None if they do not determine one."""
    rows = [
        [Fraction(prod(x**e for x, e in zip(point, powers, strict=True))) for powers in exponents] + [Fraction(value)]
        for point, value in zip(points, values, strict=True)
    ]
    solution = _solved(rows, len(exponents))
    if solution is None:
        return None
    return Polynomial(variables, {powers: c for powers, c in zip(exponents, solution, strict=True) if c})


def powers_up_to(degrees: Sequence[int]) -> list[Powers]:
    """All combinations of powers up to these degrees."""
    return list(grid(*(range(degree + 1) for degree in degrees)))


def _solved(rows: list[list[Fraction]], unknowns: int) -> list[Fraction] | None:
    """Gaussian elimination, exact."""
    for column in range(unknowns):
        pivot = next((i for i in range(column, len(rows)) if rows[i][column]), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        head = rows[column]
        rows[column] = head = [entry / head[column] for entry in head]
        for i, row in enumerate(rows):
            if i != column and row[column]:
                factor = row[column]
                rows[i] = [a - factor * b for a, b in zip(row, head, strict=True)]
    if any(row[unknowns] for row in rows[unknowns:]):
        return None
    return [rows[i][unknowns] for i in range(unknowns)]
