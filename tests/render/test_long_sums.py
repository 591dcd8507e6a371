"""A sum that is wider than a line goes on before a + or a −, and says the same."""

from explainer.document.nodes import Document, Equation, Row
from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Number, Product, Sum, Symbol
from explainer.i18n.bilingual import Bi
from explainer.render.long_sums import continued_with, in_lines
from explainer.render.markdown import to_markdown

WIDTH = Symbol("w", Bi("宽度", "width"), Bi("宽度", "width"))
TERM = Product(((True, WIDTH), (True, Sum(((True, Number(1234)), (True, Number(5)))))))
SIGNS = (True, False, True, True, False, True, True, True, False, True)
LONG = Sum(tuple((plus, TERM) for plus in SIGNS))


def test_the_lines_together_are_the_sum_and_none_is_wider_than_the_room() -> None:
    lines = in_lines(LONG, 30)
    written = [continued_with(line) * bool(at) + plain(line, Plain()) for at, line in enumerate(lines)]
    assert "".join(written) == plain(LONG, Plain())
    assert len(lines) > 3 and all(len(line) <= 31 for line in written)
    assert all(line.count("(") == line.count(")") for line in written)


def test_a_short_sum_and_a_long_product_stay_one_line() -> None:
    assert in_lines(TERM, 5) == [TERM]
    assert in_lines(LONG, 1000) == [LONG]


def test_markdown_sets_the_lines_under_one_sign_of_equality() -> None:
    document = Document(
        langs=("en",), title=("sum",), subtitle=(), blocks=(Equation((Row("total", (LONG, Number(8673))),)),)
    )
    rows = to_markdown(document).split("\\\\\n")
    assert [row.count("&=") for row in rows] == [1, *[0] * (len(rows) - 1)]
    assert all(row.lstrip().startswith(r"&\quad {}") for row in rows[1:])
    assert rows[-1].count("= 8673") == 1
