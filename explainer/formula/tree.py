"""Formulas that keep the order a teacher writes them in.

sympy sorts its terms: (3·3·512+1)·512 becomes (1+3·3·512)·512. So a formula is an ordered tree of ours, built with
Python's operators; its leaves keep their symbol, and with it the *role* of each number (kernel height, bias, ...):

    (k_h * k_w * C_in / g + bias) * C_out
    specialise → (k_h * k_w * C_in + 1) * C_out        what is not there disappears: bias, groups, dilation, padding
    substitute → (3 * 3 * 512 + 1) * 512
    steps      → (4608 + 1) * 512, 4609 * 512
    value      → 2359808

sympy does the algebra (`to_sympy`): equality, expansion, totals.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Union

from explainer.formula.role import Role
from explainer.i18n.bilingual import Bi

Operand = Union["Expr", int]
Value = int | Fraction


class Expr:
    """A node of a formula. `*`, `/`, `+`, `-` build chains that read from left to right."""

    def __mul__(self, other: Operand) -> Expr:
        return _chain(Product, self, True, other)

    def __rmul__(self, other: int) -> Expr:
        return _chain(Product, Number(other), True, self)

    def __truediv__(self, other: Operand) -> Expr:
        return _chain(Product, self, False, other)

    def __add__(self, other: Operand) -> Expr:
        return _chain(Sum, self, True, other)

    def __radd__(self, other: int) -> Expr:
        return _chain(Sum, Number(other), True, self)

    def __sub__(self, other: Operand) -> Expr:
        return _chain(Sum, self, False, other)

    def __rsub__(self, other: int) -> Expr:
        return _chain(Sum, Number(other), False, self)

    def children(self) -> tuple[Expr, ...]:
        """The operands, in the order written."""
        return ()

    def rebuilt(self, children: tuple[Expr, ...]) -> Expr:
        """The same operation on other operands."""
        return self

    def apply(self, values: list[Value]) -> Value:
        """The operation done on numbers."""
        raise TypeError(f"{type(self).__name__} is not an operation")


@dataclass(frozen=True)
class Symbol(Expr):
    """A named quantity.

    meaning: its entry in the legend; label: what stands under its number in a formula;
    family: the entry that it shares with its neighbours ("kernel height and width"), if all `family_size` are there
    (0: however many);
    neutral: the value at which it disappears from the formula (a group count of 1, a padding of 0);
    several: what stands there where the number is another than 1;
    literal: printed as its number even among symbols (the bias's +1);
    role: what it stands for; whoever must decide by what a symbol is asks this, not its name.
    """

    name: str
    meaning: Bi = field(compare=False)
    label: Bi | None = field(default=None, compare=False)
    family: Bi | None = field(default=None, compare=False)
    family_size: int = field(default=2, compare=False)
    neutral: int | None = field(default=None, compare=False)
    literal: bool = field(default=False, compare=False)
    role: Role | None = field(default=None, compare=False)
    several: Bi | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Number(Expr):
    """A number, and the symbol that it was put in for."""

    value: Value
    source: Symbol | None = None

    @property
    def label(self) -> Bi | None:
        """What stands under it in a formula: 1 bias, 2 biases."""
        if self.source is None:
            return None
        return self.source.several if self.source.several and self.value != 1 else self.source.label


@dataclass(frozen=True)
class Sum(Expr):
    """Terms with their signs: `parts` holds (True for +, term)."""

    parts: tuple[tuple[bool, Expr], ...]

    def children(self) -> tuple[Expr, ...]:
        return tuple(term for _, term in self.parts)

    def rebuilt(self, children: tuple[Expr, ...]) -> Expr:
        return Sum(tuple((plus, term) for (plus, _), term in zip(self.parts, children, strict=True)))

    def apply(self, values: list[Value]) -> Value:
        return sum(value if plus else -value for (plus, _), value in zip(self.parts, values, strict=True))


@dataclass(frozen=True)
class Product(Expr):
    """Factors and divisors from left to right: `parts` holds (True for ·, False for /)."""

    parts: tuple[tuple[bool, Expr], ...]

    def children(self) -> tuple[Expr, ...]:
        return tuple(factor for _, factor in self.parts)

    def rebuilt(self, children: tuple[Expr, ...]) -> Expr:
        return Product(tuple((times, factor) for (times, _), factor in zip(self.parts, children, strict=True)))

    def apply(self, values: list[Value]) -> Value:
        result: Value = 1
        for (times, _), value in zip(self.parts, values, strict=True):
            result = result * value if times else _divided(result, value)
        return result


@dataclass(frozen=True)
class Powers(Product):
    """A product written with powers: 12d² for 12·d·d, which is what it is in every other respect."""

    def rebuilt(self, children: tuple[Expr, ...]) -> Expr:
        return Powers(tuple((times, factor) for (times, _), factor in zip(self.parts, children, strict=True)))


@dataclass(frozen=True)
class Rounded(Expr):
    """⌊numerator/denominator⌋, or ⌈…⌉ with `up`."""

    numerator: Expr
    denominator: Expr
    up: bool = False

    def children(self) -> tuple[Expr, ...]:
        return (self.numerator, self.denominator)

    def rebuilt(self, children: tuple[Expr, ...]) -> Expr:
        return Rounded(children[0], children[1], self.up)

    def apply(self, values: list[Value]) -> Value:
        quotient = Fraction(values[0]) / values[1]
        return math.ceil(quotient) if self.up else math.floor(quotient)


Env = Mapping[Symbol, int]


def symbols(expr: Expr) -> Iterator[Symbol]:
    """The symbols of a formula in the order written, each once."""
    seen: set[Symbol] = set()
    for node in walk(expr):
        symbol = node.source if isinstance(node, Number) else node
        if isinstance(symbol, Symbol) and symbol not in seen:
            seen.add(symbol)
            yield symbol


def walk(expr: Expr) -> Iterator[Expr]:
    """Every node, parents first."""
    yield expr
    for child in expr.children():
        yield from walk(child)


def specialise(expr: Expr, env: Env) -> Expr:
    """The formula without what this layer does not have.

    A symbol at its neutral value disappears with its operation: (k_h·k_w·C_in/g + b)·C_out with g = 1 and b = 0 is
    k_h·k_w·C_in·C_out. Sizes never disappear: a 1×1 kernel stays 1·1.
    """
    result = _without_neutral(expr, env)
    return Number(result) if isinstance(result, int) else result


def substitute(expr: Expr, env: Env) -> Expr:
    """Put the numbers in; each keeps the symbol that it stands for."""
    if isinstance(expr, Symbol):
        return Number(env[expr], expr)
    children = expr.children()
    return expr.rebuilt(tuple(substitute(child, env) for child in children)) if children else expr


def reduce_once(expr: Expr) -> Expr:
    """Do every innermost operation that has only numbers: (3·3·512+1)·512 → (4608+1)·512."""
    children = expr.children()
    if not children:
        return expr
    values = [child.value for child in children if isinstance(child, Number)]
    if len(values) == len(children):
        return number(expr.apply(values))
    return expr.rebuilt(tuple(reduce_once(child) for child in children))


def steps(substituted: Expr) -> tuple[Expr, ...]:
    """The lines between the numbers put in and the value, both left out."""
    lines: list[Expr] = []
    line = reduce_once(substituted)
    while not isinstance(line, Number):
        lines.append(line)
        line = reduce_once(line)
    return tuple(lines)


def evaluate(expr: Expr, env: Env | None = None) -> int:
    """The value as an integer.

    Raises ValueError if the formula does not come out whole: a figure is never rounded silently.
    """
    result = value_of(expr, env or {})
    if isinstance(result, Fraction):
        if result.denominator != 1:
            raise ValueError(f"formula gives {result}, not a whole number")
        return result.numerator
    return result


def value_of(expr: Expr, env: Env) -> Value:
    """The value, a fraction where it does not come out whole.

    Raises KeyError for a symbol without a number, ZeroDivisionError.
    """
    if isinstance(expr, Number):
        return expr.value
    if isinstance(expr, Symbol):
        return env[expr]
    return expr.apply([value_of(child, env) for child in expr.children()])


def number(value: Value) -> Number:
    """A number as a leaf; whole fractions become integers."""
    if isinstance(value, Fraction) and value.denominator == 1:
        value = value.numerator
    return Number(value)


def product(factors: list[Expr]) -> Expr:
    """factors[0]·factors[1]·…; the empty product is 1."""
    return _join(Product, [(True, factor) for factor in factors], 1)


def total(terms: list[Expr]) -> Expr:
    """terms[0]+terms[1]+…; the empty sum is 0."""
    return _join(Sum, [(True, term) for term in terms], 0)


def _as_expr(operand: Operand) -> Expr:
    return operand if isinstance(operand, Expr) else Number(operand)


def _chain(kind: type[Sum] | type[Product], left: Expr, plain: bool, right: Operand) -> Expr:
    """a*b*c is one chain of three; a*(b*c) joins too, a/(b*c) and a-(b+c) keep their brackets."""
    other = _as_expr(right)
    head = left.parts if isinstance(left, kind) else ((True, left),)
    tail = other.parts if isinstance(other, kind) and plain else ((plain, other),)
    return kind(head + tail)


def _join(kind: type[Sum] | type[Product], parts: list[tuple[bool, Expr]], empty: int) -> Expr:
    if not parts:
        return Number(empty)
    if len(parts) == 1 and parts[0][0]:
        return parts[0][1]
    return kind(tuple(parts))


def _without_neutral(expr: Expr, env: Env) -> Expr | int:
    """The specialised formula, or 0 or 1 where the whole of it has vanished."""
    match expr:
        case Symbol():
            value = env.get(expr)
            if value is not None and value == expr.neutral:
                return value
            return Number(value, expr) if expr.literal and value is not None else expr
        case Sum():
            terms = [(plus, _without_neutral(term, env)) for plus, term in expr.parts]
            kept = [(plus, _as_expr(term)) for plus, term in terms if not (isinstance(term, int) and term == 0)]
            return _join(Sum, kept, 0) if kept else 0
        case Product():
            factors = [(times, _without_neutral(factor, env)) for times, factor in expr.parts]
            if any(factor == 0 for _, factor in factors if isinstance(factor, int)):
                return 0
            left: list[tuple[bool, Expr]] = []
            for (times, factor), (_, before) in zip(factors, expr.parts, strict=True):
                if isinstance(factor, Product) and times and not isinstance(before, Product):  # the bias's brackets
                    left += factor.parts
                elif not isinstance(factor, int):
                    left.append((times, factor))
            if left and not left[0][0]:
                left.insert(0, (True, Number(1)))  # what was divided has vanished: 1/C_in
            return _join(Product, left, 1) if left else 1
        case Rounded():
            numerator, denominator = (_without_neutral(child, env) for child in expr.children())
            return Rounded(_as_expr(numerator), _as_expr(denominator), expr.up)
    return expr


def _divided(above: Value, below: Value) -> Value:
    """Whole numbers stay whole numbers: they are the fastest."""
    if isinstance(above, int) and isinstance(below, int) and below and above % below == 0:
        return above // below
    return Fraction(above) / below
