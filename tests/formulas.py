"""Random formulas for hypothesis, each with its value worked out by Python's exact fractions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import sympy
from hypothesis import strategies as st

from explainer.formula.printing import ascii_formula
from explainer.formula.tree import Expr, Number, Product, Rounded, Sum, Symbol, symbols
from explainer.i18n.bilingual import Bi


def symbol(name: str, **options) -> Symbol:
    return Symbol(name, Bi(f"符号{name}", f"symbol {name}"), **options)


def to_sympy(expr: Expr) -> sympy.Expr:
    """The formula for sympy, a judge of algebra (equality, expansion) that is not ours."""
    match expr:
        case Symbol():
            return sympy.Symbol(expr.name, integer=True, positive=True)
        case Number():
            return sympy.Rational(expr.value)
        case Sum():
            return sympy.Add(*(to_sympy(term) if plus else -to_sympy(term) for plus, term in expr.parts))
        case Product():
            return sympy.Mul(*(to_sympy(part) if times else 1 / to_sympy(part) for times, part in expr.parts))
        case Rounded():
            quotient = to_sympy(expr.numerator) / to_sympy(expr.denominator)
            return sympy.ceiling(quotient) if expr.up else sympy.floor(quotient)
    raise TypeError(f"no algebra for {type(expr).__name__}")


SYMBOLS = {
    "k": symbol("k"),
    "C_in": symbol("C_in"),
    "H": symbol("H"),
    "g": symbol("g", neutral=1),
    "d": symbol("d", neutral=1),
    "p": symbol("p", neutral=0),
    "b": symbol("b", neutral=0, literal=True),
}
_DIVISORS = ("k", "C_in", "g", "d")  # never 0


@dataclass(frozen=True)
class Case:
    """A formula, numbers for its symbols, and its value."""

    expr: Expr
    env: dict[Symbol, int]
    value: Fraction

    def __repr__(self) -> str:
        numbers = ", ".join(f"{found.name}={self.env[found]}" for found in symbols(self.expr) if found in self.env)
        return f"{ascii_formula(self.expr)} with {numbers} (value {self.value})"


@st.composite
def cases(draw) -> Case:
    """Sums, differences, products, quotients and roundings, a few levels deep."""
    numbers = {
        "k": st.integers(1, 7),
        "C_in": st.integers(1, 512),
        "H": st.integers(1, 224),
        "g": st.integers(1, 4),
        "d": st.integers(1, 3),
        "p": st.integers(0, 2),
        "b": st.integers(0, 1),
    }
    env = {SYMBOLS[name]: draw(strategy) for name, strategy in numbers.items()}
    expr, value = draw(_trees(env))
    return Case(expr, env, value)


def _trees(env: dict[Symbol, int]):
    leaf = st.sampled_from([*SYMBOLS.values()]).map(lambda s: (s, Fraction(env[s]))) | st.integers(-3, 9).map(
        lambda n: (Number(n), Fraction(n))
    )
    divisor = st.sampled_from([SYMBOLS[name] for name in _DIVISORS]).map(lambda s: (s, Fraction(env[s]))) | st.integers(
        1, 9
    ).map(lambda n: (Number(n), Fraction(n)))
    divisor |= st.tuples(divisor, divisor).map(lambda two: (two[0][0] * two[1][0], two[0][1] * two[1][1]))
    divisor |= st.tuples(divisor, divisor).map(lambda two: (two[0][0] / two[1][0], two[0][1] / two[1][1]))
    divisor |= st.tuples(divisor, divisor).map(lambda two: (two[0][0] + two[1][0], two[0][1] + two[1][1]))

    def grow(trees):
        return st.one_of(
            st.tuples(trees, trees).map(lambda t: (t[0][0] + t[1][0], t[0][1] + t[1][1])),
            st.tuples(trees, trees).map(lambda t: (t[0][0] - t[1][0], t[0][1] - t[1][1])),
            st.tuples(trees, trees).map(lambda t: (t[0][0] * t[1][0], t[0][1] * t[1][1])),
            st.tuples(trees, divisor).map(lambda t: (t[0][0] / t[1][0], t[0][1] / t[1][1])),
            st.tuples(trees, divisor).map(lambda t: (Rounded(t[0][0], t[1][0]), _whole(math.floor, t))),
            st.tuples(trees, divisor).map(lambda t: (Rounded(t[0][0], t[1][0], up=True), _whole(math.ceil, t))),
        )

    return st.recursive(leaf, grow, max_leaves=8)


def _whole(rounding, pair) -> Fraction:
    (_, above), (_, below) = pair
    return Fraction(rounding(above / below))
