"""Formulas: specialised, numbers put in, reduced step by step; sympy and exact fractions as the judges."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
import sympy
from formulas import SYMBOLS, Case, cases, symbol, to_sympy
from hypothesis import given
from hypothesis import strategies as st

from explainer.formula.printing import Tex, ascii_formula, latex
from explainer.formula.tree import (
    Number,
    Rounded,
    Symbol,
    evaluate,
    number,
    product,
    specialise,
    steps,
    substitute,
    symbols,
    total,
)

k_h, k_w, C_in, C_out, C, F_in, F_out = map(symbol, ["k_h", "k_w", "C_in", "C_out", "C", "F_in", "F_out"])
g = symbol("g", neutral=1)
p = symbol("p", neutral=0)
bias = symbol("b", neutral=0, literal=True)
CONV = (k_h * k_w * C_in / g + bias) * C_out
LINEAR = (F_in + bias) * F_out


def conv(c_in: int, c_out: int, k: int, groups: int = 1, has_bias: int = 1) -> dict[Symbol, int]:
    return {k_h: k, k_w: k, C_in: c_in, C_out: c_out, g: groups, bias: has_bias}


# The table of the interface: symbolic, substituted, steps, value.
TABLE = {
    "Conv2d(512, 512, 3)": (
        CONV,
        conv(512, 512, 3),
        "(k_h*k_w*C_in + 1)*C_out",
        "(3*3*512+1)*512",
        ["(4608+1)*512", "4609*512"],
        2359808,
    ),
    "Conv2d(3, 16, 3, bias=False)": (
        CONV,
        conv(3, 16, 3, has_bias=0),
        "k_h*k_w*C_in*C_out",
        "3*3*3*16",
        [],
        432,
    ),
    "Conv2d(32, 64, 3, groups=4)": (
        CONV,
        conv(32, 64, 3, groups=4),
        "(k_h*k_w*C_in/g + 1)*C_out",
        "(3*3*32/4+1)*64",
        ["(72+1)*64", "73*64"],
        4672,
    ),
    "Linear(25088, 4096)": (
        LINEAR,
        {F_in: 25088, F_out: 4096, bias: 1},
        "(F_in + 1)*F_out",
        "(25088+1)*4096",
        ["25089*4096"],
        102764544,
    ),
    "BatchNorm2d(64)": (2 * C, {C: 64}, "2*C", "2*64", [], 128),
}


@pytest.mark.parametrize(("formula", "values", "symbolic", "numbers", "lines", "value"), TABLE.values(), ids=TABLE)
def test_each_row_of_the_interface(formula, values, symbolic, numbers, lines, value):
    special = specialise(formula, values)
    bound = substitute(special, values)
    assert ascii_formula(special, spaced=True) == symbolic
    assert ascii_formula(bound) == numbers
    assert [ascii_formula(step) for step in steps(bound)] == lines
    assert evaluate(bound) == evaluate(formula, values) == value


def test_a_size_of_one_stays():
    values = conv(16, 8, 1)
    assert ascii_formula(substitute(specialise(CONV, values), values)) == "(1*1*16+1)*8"


def test_what_is_not_there_disappears():
    room = Rounded(C + 2 * p - k_h, g) + 1
    assert ascii_formula(specialise(room, {C: 8, p: 0, k_h: 3, g: 2}), spaced=True) == "floor((C - k_h)/g) + 1"


def test_a_vanished_dividend_leaves_a_one():
    share = specialise(g / C_in, {g: 1, C_in: 8})
    assert value_of(substitute(share, {C_in: 8})) == Fraction(1, 8)
    assert ascii_formula(share) == "1/C_in"


def test_a_neutral_symbol_stays_at_any_other_value():
    assert set(symbols(specialise(C + 2 * p, {C: 8, p: 1}))) == {C, p}


def test_the_order_is_the_writers():
    assert ascii_formula(C_out * C_in / g * k_h) == "C_out*C_in/g*k_h"
    assert ascii_formula(1 + C * 3 - k_h) == "1+C*3-k_h"


def test_each_number_keeps_the_symbol_it_stands_for():
    bound = substitute(CONV, conv(3, 64, 3))
    assert [found.name for found in symbols(bound)] == ["k_h", "k_w", "C_in", "g", "b", "C_out"]


def test_the_empty_product_and_sum():
    assert (evaluate(product([])), evaluate(total([]))) == (1, 0)
    assert product([C]) is C
    assert total([C]) is C


@pytest.mark.parametrize("formula", [Number(7) / Number(2), Number(1) / Number(3) + 1])
def test_a_result_that_is_not_whole_is_refused(formula):
    with pytest.raises(ValueError, match="whole"):
        evaluate(formula)


def test_a_whole_fraction_is_an_integer():
    assert number(Fraction(6, 3)) == Number(2)
    assert type(evaluate(Number(6) / Number(3))) is int


@pytest.mark.parametrize("over", [-7, -1, 0, 5, 7])
def test_rounding_down_and_up(over):
    assert evaluate(Rounded(Number(over), Number(2))) == math.floor(over / 2)
    assert evaluate(Rounded(Number(over), Number(2), up=True)) == math.ceil(over / 2)


def value_of(expr) -> Fraction:
    """The exact value, whole or not."""
    exact = to_sympy(expr)
    return Fraction(int(exact.p), int(exact.q))


@given(cases())
def test_the_value_is_what_exact_arithmetic_gives(case: Case):
    if case.value.denominator == 1:
        assert evaluate(case.expr, case.env) == case.value
    else:
        with pytest.raises(ValueError, match="whole"):
            evaluate(case.expr, case.env)


@given(cases())
def test_specialising_leaves_the_value(case: Case):
    assert value_of(substitute(specialise(case.expr, case.env), case.env)) == case.value


@given(cases())
def test_every_step_has_the_value_of_the_whole(case: Case):
    bound = substitute(specialise(case.expr, case.env), case.env)
    for line in steps(bound):
        assert value_of(line) == case.value
        assert not isinstance(line, Number)


@given(cases())
def test_the_last_step_is_one_operation_away_from_the_value(case: Case):
    bound = substitute(specialise(case.expr, case.env), case.env)
    last = [bound, *steps(bound)][-1]
    assert all(isinstance(child, Number) for child in last.children())


@given(cases())
def test_a_neutral_symbol_is_gone_at_its_neutral_value(case: Case):
    special = specialise(case.expr, case.env)
    left = [found for found in symbols(special) if not found.literal]
    assert all(found.neutral is None or case.env[found] != found.neutral for found in left)


@given(cases())
def test_sympy_agrees_with_the_symbolic_form(case: Case):
    algebra = to_sympy(specialise(case.expr, case.env))
    numbers = {name: case.env[SYMBOLS[name]] for name in map(str, algebra.free_symbols)}
    result = algebra.subs({found: numbers[str(found)] for found in algebra.free_symbols})
    assert result == sympy.Rational(case.value)


@given(st.integers(1, 64), st.integers(1, 64), st.integers(1, 7), st.sampled_from([0, 1]), st.sampled_from([1, 2, 4]))
def test_a_convolutions_two_forms_are_one_to_sympy(c_in, c_out, k, has_bias, groups):
    values = conv(c_in * groups, c_out * groups, k, groups, has_bias)
    weights_then_biases = k_h * k_w * C_in * C_out / g + bias * C_out
    assert sympy.expand(to_sympy(CONV) - to_sympy(weights_then_biases)) == 0
    assert evaluate(CONV, values) == evaluate(weights_then_biases, values)


def test_what_is_divided_twice_stands_under_one_line():
    a, b, c = map(symbol, "abc")
    assert latex(a / b / c, Tex()) == r"\frac{a}{b\cdot c}"
    assert latex(c * (a / (b + 1) / c), Tex()) == r"c\cdot \frac{a}{(b+1)\cdot c}"
    assert latex(a / b * c / a, Tex()) == r"\frac{a}{b}\cdot \frac{c}{a}"
