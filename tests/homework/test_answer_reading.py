"""Answers read as students write them, and refused with a caret where they cannot be read."""

from __future__ import annotations

from fractions import Fraction

import pytest

from explainer.formula.printing import ascii_formula
from explainer.homework.answers.answer_parser import parse
from explainer.homework.answers.unreadable import Unreadable
from explainer.homework.grading.vocabulary import number_of


def value(text: str, quantity=None) -> Fraction | None:
    expr = parse(text, quantity).last.expr
    assert expr is not None
    return number_of(expr)


@pytest.mark.parametrize(
    "text",
    [
        "(3×3×512+1)×512",
        "(3*3*512+1)*512=2359808",
        "3^2·512²+512",
        "3**2*512**2+512",
        "（３×３×５１２＋１）×５１２",
        r"\left(3\times3\times512+1\right)\cdot512",
        r"$$(3\cdot 3\cdot 512+1)\cdot 512$$",
        "512(3*3*512+1)",
        "[3*3*512+1]*512",
        "2,359,808",
        "2，359，808",
        "2 359 808",
        "2\u2009359\u2009808",
        "2'359'808",
        "2{,}359{,}808",
        "2359808",
        "２３５９８０８",
        "235万9808",
        "2.359808M",
        "2.359808×10^6",
        "2.359808e6",
        "2359808个",
        "2359808 个参数",
        "2359808 params",
        "答：2359808",
        "参数量 = (3×3×512+1)×512 = 2359808 个",
        "the number of parameters is 2359808.",
        "(3 x 3 x 512 + 1) x 512",
        "3×3×512=4608（一个卷积核），4608+1=4609，4609×512=2359808",
        "\\begin{aligned} P &= (3\\cdot3\\cdot512+1)\\cdot512 \\\\ &= 2359808 \\end{aligned}",
        "3乘3乘512加1=4609\n4609乘以512=2359808",
        "2^9*(3^(1+1)*2^9+1)",
    ],
)
def test_a_number_in_every_writing(text):
    assert value(text) == 2_359_808


@pytest.mark.parametrize(
    ("text", "exact", "half"),
    [
        ("2.36M", 2_360_000, 5_000),
        ("2.36 M", 2_360_000, 5_000),
        ("236万", 2_360_000, 5_000),
        ("1.38亿", 138_000_000, 500_000),
        ("236万个", 2_360_000, 5_000),
        ("约236万", 2_360_000, 5_000),
        ("2.4 million", 2_400_000, 50_000),
        ("1.8k", 1_800, 50),
        ("2.36e6", 2_360_000, 5_000),
        ("2.36×10^6", 2_360_000, 5_000),
        ("528 MiB", 528 * 2**20, 2**19),
        ("15.5 GFLOPs", 15_500_000_000, 50_000_000),
        ("≈2360000", 2_360_000, 5_000),
        ("2360000", 2_360_000, None),
        ("553,430,176 字节", 553_430_176, None),
        ("12.5", Fraction(25, 2), Fraction(1, 20)),
    ],
)
def test_what_a_number_claims_to_know(text, exact, half):
    side = parse(text).last
    assert number_of(side.expr) == exact
    assert side.half == half
    assert side.literal


@pytest.mark.parametrize(
    ("text", "factor", "of"),
    [
        ("528 MiB", 2**20, "bytes"),
        ("4 Gb", 10**9, "bits"),
        ("8 bit", 1, "bits"),
        ("5字节", 1, "bytes"),
        ("3 MACs", 1, "macs"),
    ],
)
def test_units_are_read_with_what_they_count(text, factor, of):
    unit = parse(text).unit
    assert unit is not None
    assert (unit.factor, unit.of) == (factor, of)


def test_a_capital_b_is_a_byte_where_bytes_are_asked_for():
    assert value("138 B", "bytes") == 138
    assert value("1.38B", "params") == 1_380_000_000


@pytest.mark.parametrize(
    "text",
    [
        "[512, 7, 7]",
        "(512,7,7)",
        "512×7×7",
        "512*7*7",
        "512@7x7",
        "512x7x7",
        "512, 7, 7",
        "torch.Size([512, 7, 7])",
        "[512 7 7]",
    ],
)
def test_a_shape_in_every_writing(text):
    from explainer.homework.grading.shape_answer import shape_of

    sizes = shape_of(parse(text, "shape").last)
    assert [number_of(size) for size in sizes] == [512, 7, 7]


def test_commas_group_digits_only_where_no_shape_is_asked_for():
    assert value("1,512,224") == 1_512_224
    assert [number_of(size) for size in parse("1,512,224", "shape").last.shape] == [1, 512, 224]


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("2(3+1)", "2*(3+1)"),
        ("3k²", "3*(k*k)"),
        ("(k*k*C_in+1)C_out", "(k*k*C_in+1)*C_out"),
        (r"C_{\text{in}}·C_\mathrm{out}", "C_in*C_out"),
        ("Cᵢₙ×2", "C_in*2"),
        (r"\frac{224+2\cdot1-3}{1}+1", "(224+2*1-3)/1+1"),
        (r"\left\lfloor\frac{H-k}{s}\right\rfloor+1", "floor((H-k)/s)+1"),
        ("⌊(224+2-3)/1⌋+1", "floor((224+2-3)/1)+1"),
        ("(H-k)//s+1", "floor((H-k)/s)+1"),
        ("ceil(H/2)", "ceil(H/2)"),
        ("向下取整(H/2)", "floor(H/2)"),
        ("(卷积核高×卷积核宽×输入通道数+1)×输出通道数", "(k_h*k_w*C_in+1)*C_out"),
        ("−3+5", "-3+5"),
    ],
)
def test_formulas_keep_the_order_in_which_they_are_written(text, formula):
    assert ascii_formula(parse(text).last.expr) == formula


def test_working_has_its_sides_with_their_places():
    text = "P = (3*3*3+1)*64\n= 28*64 ≈ 1.8k"
    answer = parse(text)
    assert answer.kind == "working"
    assert [[side.text for side in step.sides] for step in answer.steps] == [["P", "(3*3*3+1)*64"], ["28*64", "1.8k"]]
    assert answer.steps[1].goes_on
    assert all(text[side.start : side.end] == side.text for side in answer.sides)


@pytest.mark.parametrize(
    ("text", "caret"),
    [
        ("", 0),
        ("   ", 0),
        ("3*", 2),
        ("3*)", 2),
        (")3", 0),
        ("(3*3", 0),
        ("3 3", 2),
        ("3 个 512", 4),
        ("1/2k", 3),
        ("(3*3*С_in+1)*64", 5),
        ("3*3*\u202e512", 4),
        ("3*3*\u200b512", 4),
        ("3\x00*3", 1),
        ("3*3\x1b[31m", 3),
        ("25%", 2),
        ("2^k", 2),
        ("2^65", 2),
        ("sqrt(4)", 0),
        ("4/0", 1),
        ("不是1792", 0),
        ("not 1792", 4),
        (r"\frac12", 5),
        (r"\input{x}", 0),
        ("__import__('os')", 0),
        ("3;;\u2603", 3),
    ],
)
def test_what_cannot_be_read_is_pointed_at(text, caret):
    with pytest.raises(Unreadable) as error:
        parse(text)
    assert error.value.caret == caret
    assert error.value.message.zh and error.value.message.en


def test_a_lookalike_letter_is_called_by_its_name():
    with pytest.raises(Unreadable) as error:
        parse("С_in*3")
    assert "CYRILLIC CAPITAL LETTER ES" in error.value.message.en
    assert "拉丁字母“C”" in error.value.message.zh
