"""Formulas as ASCII, Unicode and LaTeX; Python's own parser reads the ASCII back."""

from __future__ import annotations

import ast
import math
import re
from fractions import Fraction

import pytest
from formulas import Case, cases, symbol
from hypothesis import given

from explainer.formula.printing import Plain, Tex, ascii_formula, latex, plain, tex_symbol, tex_text
from explainer.formula.tree import Number, Rounded, evaluate, specialise, steps, substitute
from explainer.vocabulary.symbols import C_in, C_out, bias, kernel

a, b, c, p = map(symbol, "abcp")
H = symbol("H_out")
k_h, k_w = kernel(2)
CONV = (k_h * k_w * C_in + bias) * C_out
FIRST = {k_h: 3, k_w: 3, C_in: 3, C_out: 64, bias: 1}


def test_unicode():
    assert plain(CONV, Plain()) == "(k_h·k_w·C_in+b)·C_out"
    assert plain(substitute(CONV, FIRST), Plain()) == "(3·3·3+1)·64"
    assert plain(a - 1, Plain()) == "a−1"


def test_the_other_times_sign():
    assert plain(substitute(CONV, FIRST), Plain(times="×")) == "(3×3×3+1)×64"
    assert r"3\times 3" in latex(substitute(CONV, FIRST), Tex(r"\times"))


def test_long_numbers_are_grouped_for_readers_and_not_for_machines():
    expr = Number(25088) * 4096
    assert plain(expr, Plain()) == "25,088·4096"
    assert ascii_formula(expr) == "25088*4096"
    assert latex(expr, Tex()) == r"25{,}088\cdot 4096"


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (a / (b * c), "a/(b*c)"),
        (a / b * c, "a/b*c"),
        (a - (b + c), "a-(b+c)"),
        (a - (b - c), "a-(b-c)"),
        (a - b + c, "a-b+c"),
        (a + (b - c), "a+b-c"),
        ((a + b) * c, "(a+b)*c"),
        (a * (b + c), "a*(b+c)"),
        (a / (b + c), "a/(b+c)"),
        (a / (b / c), "a/(b/c)"),
        (a * Number(-3), "a*(-3)"),
        (a - Number(-3), "a-(-3)"),
        (Rounded(a + b, c) + 1, "floor((a+b)/c)+1"),
        (Rounded(a, b * c, up=True), "ceil(a/(b*c))"),
        (a * Rounded(b, c), "a*floor(b/c)"),
    ],
)
def test_brackets_where_they_are_needed_and_nowhere_else(expr, text):
    assert ascii_formula(expr) == text


def test_a_coefficient_stands_before_its_letter():
    assert plain(2 * p, Plain()) == "2p"
    assert latex(2 * p, Tex()) == "2p"
    assert ascii_formula(2 * p) == "2*p"
    assert plain(substitute(2 * p, {p: 1}), Plain()) == "2·1"


@pytest.mark.parametrize(
    ("name", "tex"), [("C", "C"), ("k_h", "k_h"), ("C_in", r"C_{\mathrm{in}}"), ("H_out", r"H_{\mathrm{out}}")]
)
def test_symbols_in_latex(name, tex):
    assert tex_symbol(name) == tex


def test_factors_carry_their_role_and_neighbours_share_it():
    text = latex(substitute(CONV, FIRST), Tex(labels=("zh",)))
    assert text == (
        r"(\underbrace{3\cdot 3}_{\text{卷积核}}\cdot \underbrace{3}_{\text{输入通道}}"
        r"+\underbrace{1}_{\text{偏置}})\cdot \underbrace{64}_{\text{卷积核个数}}"
    )
    assert r"_{\text{kernel}}" in latex(substitute(CONV, FIRST), Tex(labels=("en",)))
    both = latex(substitute(CONV, FIRST), Tex(labels=("zh", "en")))
    assert "卷积核" in both
    assert "kernel" in both


def test_rounding_in_latex():
    assert latex(Rounded(a + b, c) + 1, Tex()) == r"\left\lfloor\frac{a+b}{c}\right\rfloor+1"
    assert latex(Rounded(a, b, up=True), Tex()) == r"\left\lceil\frac{a}{b}\right\rceil"


def test_words_cannot_break_out_of_a_formula():
    assert re.fullmatch(r"\\text\{[^\\{}$%#&~^_]*\}", tex_text(r"a}$\input{x}%_^&#~"))


FUNCTIONS = {"floor": math.floor, "ceil": math.ceil}


def read(text: str) -> Fraction:
    """An arithmetic expression as Python understands it, in exact fractions; nothing is executed."""
    return _read(ast.parse(text, mode="eval").body)


def _read(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=int() | float()):
            return Fraction(str(node.value))
        case ast.UnaryOp(op=ast.USub()):
            return -_read(node.operand)
        case ast.BinOp():
            left, right = _read(node.left), _read(node.right)
            return {
                ast.Add: lambda: left + right,
                ast.Sub: lambda: left - right,
                ast.Mult: lambda: left * right,
                ast.Div: lambda: left / right,
            }[type(node.op)]()
        case ast.Call(func=ast.Name(id=name), args=[inner]):
            return Fraction(FUNCTIONS[name](_read(inner)))
    raise AssertionError(f"not arithmetic: {ast.dump(node)}")


@given(cases())
def test_python_reads_the_same_value_from_the_numbers(case: Case):
    assert read(ascii_formula(substitute(case.expr, case.env))) == case.value


@given(cases())
def test_python_reads_the_same_value_from_the_specialised_formula(case: Case):
    assert read(ascii_formula(substitute(specialise(case.expr, case.env), case.env))) == case.value


@given(cases())
def test_python_reads_the_same_value_from_every_step(case: Case):
    for line in steps(substitute(specialise(case.expr, case.env), case.env)):
        assert read(ascii_formula(line)) == case.value


@given(cases())
def test_unicode_differs_from_ascii_in_signs_only(case: Case):
    bound = substitute(case.expr, case.env)
    shown = plain(bound, Plain())
    ascii_like = shown.replace("·", "*").replace("−", "-").replace(",", "")
    ascii_like = ascii_like.replace("⌊", "floor(").replace("⌈", "ceil(").replace("⌋", ")").replace("⌉", ")")
    assert read(ascii_like) == case.value


@given(cases())
def test_braces_in_latex_are_balanced(case: Case):
    text = latex(substitute(case.expr, case.env), Tex(labels=("zh", "en")))
    depth = 0
    for char in text:
        depth += {"{": 1, "}": -1}.get(char, 0)
        assert depth >= 0
    assert depth == 0
    assert text.count(r"\left") == text.count(r"\right")


def test_a_whole_result_reads_like_its_formula():
    expr = Rounded(Number(224) + 2 * Number(1) - 3, Number(2)) + 1
    assert read(ascii_formula(expr)) == evaluate(expr) == 112  # (224+2-3)/2 = 111.5, and 111+1 = 112
