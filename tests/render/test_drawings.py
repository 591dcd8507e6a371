"""Drawings in a PDF: our way of writing them beside WeasyPrint's, point by point, and what is left to WeasyPrint."""

import io
import re

import pytest
from pypdf import PdfReader
from pypdf.generic import ContentStream

from explainer.figures.svg.canvas import Canvas
from explainer.figures.svg.colours import PAINTS
from explainer.figures.svg.write import to_svg
from explainer.render.html.svg import cleaned
from explainer.render.pdf import drawings
from explainer.render.pdf.write import svg_page, to_pdf
from explainer.vocabulary.kind import Kind


def canvas() -> Canvas:
    """Every kind of element that a canvas has."""
    drawn = Canvas("zh", 120, 200)
    drawn.rect(10, 10, 30, 20, "#b8d3ea")
    drawn.rect(50, 10, 30, 20, "none", "#a3391d", 1.2, radius=4)
    drawn.box(90, 10, 30, 20, PAINTS[Kind.JOIN], "x")
    drawn.circle(140, 20, 6, "#ffffff")
    drawn.arrow([(10, 50), (60, 50), (60, 70)], bend=5, dash="3 2")
    drawn.polygon(((100, 40), (120, 45), (110, 60)), "#4a7a63")
    drawn.text(10, 90, "卷积核 3×3 fi AV “引”…", 8)
    drawn.text(10, 105, "Bold 粗体", 9, "bold", fill="#a3391d")
    drawn.text(100, 90, "layer4.0_x", 7.5, "code")
    drawn.text(150, 90, "k", 9, "italic")
    drawn.text(180, 100, "upwards 向上", 7.5, turn=-90)
    return drawn


def points(content: bytes) -> tuple[list[tuple[float, float]], set[tuple[str, float, float]], str]:
    """Where lines and rectangles have their corners, curves their ends; letters and where each begins; all colours and widths."""
    page = PdfReader(io.BytesIO(content)).pages[0]
    stream = ContentStream(page["/Contents"], PdfReader(io.BytesIO(content)))
    matrix, stack, found, style = (1.0, 0, 0, 1.0, 0, 0), [], set(), set()

    def at(x: float, y: float) -> tuple[float, float]:
        a, b, c, d, e, f = matrix
        return round(a * x + c * y + e, 1), round(b * x + d * y + f, 1)

    for operands, operator in stream.operations:
        values = [float(value) for value in operands] if operator in (b"m", b"l", b"c", b"re", b"cm") else operands
        match operator:
            case b"q":
                stack.append(matrix)
            case b"Q":
                matrix = stack.pop()
            case b"cm":
                a, b, c, d, e, f = matrix
                g, h, i, j, k, m = values
                matrix = (
                    a * g + c * h,
                    b * g + d * h,
                    a * i + c * j,
                    b * i + d * j,
                    a * k + c * m + e,
                    b * k + d * m + f,
                )
            case b"m" | b"l":
                found.add(at(*values))
            case b"c":
                found.add(at(*values[4:]))
            case b"re":
                x, y, w, h = values
                found |= {at(x, y), at(x + w, y), at(x, y + h), at(x + w, y + h)}
            case b"rg" | b"RG":
                style.add((operator, *(round(255 * float(value)) for value in values)))
    return sorted(found), style, page.extract_text()


def test_our_way_draws_what_weasyprints_draws(monkeypatch):
    svg = to_svg(canvas(), "标题", "说明", outlined=False)
    ours = svg_page(svg, 70, 42, "x")
    monkeypatch.setattr(drawings.Drawings, "placed", lambda self, svg: svg)
    theirs = svg_page(svg, 70, 42, "x")
    (mine, colours, said), (other, shades, read) = points(ours), points(theirs)
    assert b"/Form" not in ours and len(mine) > 40
    close = [one for one in mine if not any(abs(one[0] - p[0]) < 0.25 and abs(one[1] - p[1]) < 0.25 for p in other)]
    assert not close
    assert colours <= shades
    letters = [sorted(re.sub(r"\s", "", text)) for text in (said, read)]
    assert letters[0] == letters[1] and "卷积核" in re.sub(r"\s", "", said)


def test_a_file_taken_back_into_a_page_is_drawn_like_the_figure():
    page = to_svg(canvas(), "标题", "说明", outlined=False)
    back = cleaned(to_svg(canvas(), "标题", "说明").encode())
    assert back == page
    quoted = ('a "b" & <c>', "it's")
    assert cleaned(to_svg(canvas(), *quoted).encode()) == to_svg(canvas(), *quoted, outlined=False)
    assert points(svg_page(page, 70, 42, "x")) == points(svg_page(back, 70, 42, "x"))


HEAD = '<svg xmlns="http://www.w3.org/2000/svg" width="9mm" height="9mm" viewBox="0 0 9 9">'


@pytest.mark.parametrize(
    "inside",
    [
        '<g><rect width="3" height="3" fill="#000000"/></g>',
        '<rect width="3" height="3" fill="red"/>',
        '<rect width="3" height="3" opacity="0.5" fill="#000000"/>',
        '<path d="m0 0l3 3" fill="#000000"/>',
        '<path d="M0 0 L3 3 4 4" fill="#000000"/>',
        '<path d="" fill="#000000"/>',
        '<text x="1" y="5" fill="#000000" font-family="serif" font-size="3">a<tspan>b</tspan></text>',
        '<text x="1" y="5" fill="#000000" font-family="serif" font-size="3" transform="rotate(45 1 5)">a</text>',
        '<rect width="x" height="3" fill="#000000"/>',
    ],
)
def test_anything_else_is_weasyprints(inside):
    svg = f"{HEAD}{inside}</svg>"
    assert drawings.Drawings(None).placed(svg) == svg


def test_letters_that_no_font_has_do_no_harm():
    svg = f'{HEAD}<text x="1" y="5" fill="#000000" font-family="Explainer Latin" font-size="3">a\U000e1234\U0001f600b</text></svg>'
    text = "# x\n\n![a](a.svg)\n"
    content = to_pdf(text, pictures={"a.svg": lambda: svg})
    said = PdfReader(io.BytesIO(content)).pages[0].extract_text()
    assert "a" in said and "b" in said
