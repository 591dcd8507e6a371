"""Formulas: LaTeX to MathML, and to compact HTML."""

import re
import unicodedata
from html import unescape

import pytest

from explainer.render.math.latex import MathError, check_size, mathml_tree, to_compact, to_mathml
from explainer.render.math.screen import wide

OURS = {
    r"C_{\mathrm{in}}": "Cin",
    r"(3\cdot3\cdot512+1)\cdot512": "(3·3·512+1)·512",
    r"2{,}359{,}808": "2,359,808",
    r"\text{参数量}=1792": "参数量 = 1792",
    r"\underbrace{3\cdot3}_{\text{卷积核}}": "3·3卷积核",
    r"\left\lfloor\frac{H+2p-k_h}{s}\right\rfloor+1": "⌊H+2p−khs⌋+1",
    r"\left\lceil\frac{a}{b}\right\rceil": "⌈ab⌉",
    r"\lceil x\rceil": "⌈x⌉",
    r"\begin{aligned}a&=b\\&=\dfrac{1}{2}\end{aligned}": "a= b= 12",
    r"|x|=\begin{cases}x,&x\ge0\\-x,&\text{否则}\end{cases}": "|x| = {x,x ≥ 0−x,否则",
    r"138{,}357{,}544\approx1.38\times10^8": "138,357,544 ≈ 1.38×108",
    r"\sum_{i=1}^{n}x_i": "n∑i=1xi",
    r"\sqrt{d_k}": "√dk",
    r"\sqrt[3]{x}": "3√x",
    r"\alpha\quad\beta\le\gamma\mid\Omega": "αβ ≤ γ ∣ Ω",
    r"a\checkmark": "a✓",
    r"\begin{pmatrix}1&2\\3&4\end{pmatrix}": "(1234)",
    r"x\in\mathbb{R}^{3\times4}": "x ∈ ℝ3×4",
    r"\mathbf{W}x+b": "Wx+b",
    r"\max(0,x)": "max(0, x)",
    r"\hat{y}=\overline{xy}": "ŷ = xy",
    r"f'(x)": "f′(x)",
    r"\binom{n}{k}": "(nk)",
    r"-3+(-1)": "−3+(−1)",
    r"100\%": "100%",
    r"\boxed{\text{参数量}=1792}": "参数量 = 1792",
    r"x\bmod2": "xmod2",
    r"\overbrace{a+b}^{n}": "na+b",
    r"\begin{align*}a&=1\\[2pt]b&=2\end{align*}": "a= 1b= 2",
}

ODD = [
    r"\foo", r"\href{javascript:alert(1)}{x}", "{", "}", r"\frac{1}", "a^b^c", r"\left(", r"\begin{aligned}", "&", "\\",
    r"\newcommand{\x}{\x\x}\x", r"\def\a{\a\a}\a", r"\tag{1}x", r"\verb|x|", "\x00", "\ud800", "&lt;", "]]>",
]  # fmt: skip


def words(html: str) -> str:
    return unicodedata.normalize("NFC", unescape(re.sub(r"<[^>]*>", "", html)))


@pytest.mark.parametrize(("latex", "expected"), OURS.items())
def test_compact_text_stands_in_reading_order(latex: str, expected: str) -> None:
    html = to_compact(latex, display=True)
    assert "math-error" not in html
    assert words(html) == expected


@pytest.mark.parametrize("latex", OURS)
@pytest.mark.parametrize("display", [True, False])
def test_both_forms_are_well_formed(latex: str, display: bool) -> None:
    from xml.etree import ElementTree

    for convert in (to_mathml, to_compact):
        html = convert(latex, display=display)
        assert "math-error" not in html
        ElementTree.fromstring(f"<p>{html}</p>")


SUM = "+".join(f"{at}{{,}}123{{,}}456L_{{{at}}}" for at in range(1, 9))


def test_a_long_formula_in_a_text_may_end_a_line_on_the_screen() -> None:
    html = to_mathml(f"P={SUM}")
    assert html.count("<math>") > 4 and '<mo form="infix">+</mo></math><wbr/><math>' in html
    assert re.sub(r"<[^>]*>", "", html) == re.sub(r"<[^>]*>", "", html.replace("<wbr/>", ""))
    assert to_mathml("P=3+4").count("<math>") == 1
    bracketed = to_mathml(r"y=(a+b)\cdot c+\left\lfloor\frac{1+2+3+4}{5+6+7+8+9}\right\rfloor+1000000")
    assert "<mi>a</mi><mo>+</mo><mi>b</mi>" in bracketed


def test_a_long_label_stands_above_its_formula() -> None:
    from xml.etree import ElementTree

    label = "number of bytes that the parameters of this layer take"
    html = to_mathml(f"\\begin{{aligned}}\\text{{{label}}} &= 3 \\\\ &= 4\\end{{aligned}}", display=True)
    rows = ElementTree.fromstring(html).findall("mtable/mtr")
    assert [len(row[0]) for row in rows] == [0, 0, 0] and "".join(rows[0][1].itertext()).replace("\u00a0", " ") == label


@pytest.mark.parametrize("chain", [f"&= {SUM} = 3+4 = 7", "&= " + " = ".join(["1{,}000{,}000+2{,}000{,}000"] * 5)])
def test_a_displayed_row_that_is_too_wide_goes_on_in_the_next(chain: str) -> None:
    from xml.etree import ElementTree

    html = to_mathml(f"\\begin{{aligned}}P {chain} \\\\ Q &= 3\\end{{aligned}}", display=True)
    rows = ElementTree.fromstring(html).findall("mtable/mtr")
    assert len(rows) > 2 and not any(len(row[0]) for row in rows[1:-1]) and all(len(row) == 2 for row in rows)
    assert max(sum(map(wide, row[1])) for row in rows) <= 70
    said = "".join("".join(row.itertext()) for row in rows)
    assert said == re.sub(r"\\text|[{}&\s\\_]|aligned|begin|end", "", f"P{chain}Q=3").replace("cdot", "⋅")


def test_thousands_are_one_number() -> None:
    assert "<mn>2,359,808</mn>" in to_mathml(r"2{,}359{,}808")
    assert "<mn>1,2</mn>" not in to_mathml("(1,2)")


def test_brackets_grow_with_a_fraction() -> None:
    html = to_compact(r"\left\lfloor\frac{H}{s}\right\rfloor", display=True)
    heights = [float(height) for height in re.findall(r"height:([\d.]+)em", html)]
    assert len(heights) == 2
    assert min(heights) > 1.2
    assert "height" not in to_compact(r"\lfloor x\rfloor")


def test_a_plain_product_costs_no_element_for_its_dots() -> None:
    assert to_compact(r"3\cdot3\cdot512") == '<span class="m w">3·3·512</span>'


ALIGNED = r"\begin{aligned}\text{label}&=\left\lfloor\dfrac{H}{2}\right\rfloor\\&=3\end{aligned}"


def test_lines_under_one_label_need_no_table() -> None:
    assert 'class="t' not in to_compact(ALIGNED, display=True)
    for latex in (
        ALIGNED.replace("&=3", r"\text{more}&=3"),  # a second label
        ALIGNED.replace("&=3", "&=" + "a+" * 60 + "a"),  # a line that may have to break
        ALIGNED.replace(r"\text{label}", r"\dfrac{a}{b}"),
        ALIGNED.replace("=3", "=3&b&=4"),
        "x" + ALIGNED,
    ):
        assert 'class="t ta"' in to_compact(latex, display=True)
    assert 'class="t ta"' in to_compact(ALIGNED, display=False)


def test_long_formulas_may_break_after_relations() -> None:
    html = to_compact("a=b=c")
    assert html.count('class="w"') == 3
    assert "</i> =</span> <span" in html


@pytest.mark.parametrize("latex", ODD)
def test_what_cannot_be_set_is_shown_as_source(latex: str) -> None:
    for convert in (to_mathml, to_compact):
        html = convert(latex)
        assert "<script" not in html
        assert "href" not in html or "math-error" in html


def test_the_source_of_a_refused_formula_is_escaped() -> None:
    assert to_mathml(r"\foo<script>") == r'<code class="math-error">\foo&lt;script&gt;</code>'


def test_text_cannot_become_markup() -> None:
    for convert in (to_mathml, to_compact):
        html = convert(r"\text{<img src=x onerror=alert(1)>}")
        assert "<img" not in html
        assert "&lt;img" in html


@pytest.mark.parametrize(
    "latex",
    [
        "{" * 50_000,
        r"\sqrt" * 20_000 + "x",
        r"\frac1" * 5_000 + "x",
        r"\left(" * 9_000,
        "x" * 20_000,
        r"\frac{1}" * 900,
    ],
)
def test_hostile_nesting_is_refused_before_it_reaches_the_converter(latex: str) -> None:
    with pytest.raises(MathError):
        check_size(latex)
    assert to_mathml(latex).startswith('<code class="math-error">')


def test_nesting_within_the_limits_works() -> None:
    assert "math-error" not in to_compact(r"\sqrt{" * 40 + "x" + "}" * 40)
    assert "math-error" not in to_compact("{" * 55 + "x" + "}" * 55)


def test_only_known_elements_come_through() -> None:
    for element in mathml_tree(r"\textcolor{red}{x}\textbf{a}\boxed{b}", True).iter():
        assert element.tag in {"math", "mrow", "mi", "mtext", "b", "menclose"}
        assert set(element.attrib) <= {"display", "style", "notation"}
