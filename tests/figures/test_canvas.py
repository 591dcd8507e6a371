"""The canvas: text is measured as the fonts have it, what is drawn is valid SVG, and faults of a layout are found."""

from __future__ import annotations

import re
from pathlib import Path

import defusedxml.ElementTree as ElementTree
import pytest
from fontTools.ttLib import TTFont

import explainer
from explainer.figures.svg.canvas import Canvas
from explainer.figures.svg.colours import PAINTS, Paint
from explainer.figures.svg.faults import faults
from explainer.figures.svg.fonts import FontFile, prepared
from explainer.figures.svg.typefaces import width
from explainer.figures.svg.write import to_svg
from explainer.render.html.assets import fonts_dir
from explainer.render.html.svg import cleaned

BOX = Paint("#ffffff", "#ffffff", "#ffffff")


def advance(file: str, char: str) -> float:
    font = TTFont(fonts_dir() / file)
    return font["hmtx"].metrics[font.getBestCmap()[ord(char)]][0] / font["head"].unitsPerEm


@pytest.mark.parametrize(
    ("char", "face", "lang", "file"),
    [
        ("3", "regular", "en", "latin-regular.ttf"),
        ("3", "bold", "zh", "latin-bold.ttf"),
        ("k", "italic", "en", "latin-italic.ttf"),
        ("⌊", "regular", "en", "symbols.ttf"),
        ("卷", "regular", "zh", "song-regular.ttf"),
        ("卷", "bold", "zh", "hei-bold.ttf"),
        ("，", "regular", "zh", "punctuation.ttf"),
        ("“", "regular", "zh", "punctuation.ttf"),
        ("“", "regular", "en", "latin-regular.ttf"),
        ("_", "code", "en", "mono-regular.ttf"),
    ],
)
def test_a_letter_is_as_wide_as_its_font_has_it(char, face, lang, file):
    assert width(char, 10, face, lang) == pytest.approx(10 * advance(file, char))


def test_text_is_escaped_and_a_page_gets_it_back():
    canvas = Canvas("zh", 30)
    canvas.text(2, 12, "<b>&“卷积”", 8)
    canvas.text(2, 24, "😀 x", 8, "code")
    svg = to_svg(canvas, "<title> & co", "a < b")
    page = cleaned(svg.encode())
    for one in (svg, page):
        root = ElementTree.fromstring(one)
        assert root[0].text == "<title> & co" and root[1].text == "a < b"
    assert "<text" not in svg and "<use" not in page and "<defs" not in page
    shown = [element.text for element in ElementTree.fromstring(page).iter() if element.tag.endswith("}text")]
    assert shown == ["<b>&“卷积”", "☐ x"]  # what no font of ours draws is not left to chance


def test_outlines_advance_as_text_does():
    canvas = Canvas("en", 20)
    canvas.text(0, 10, "10", 10)
    uses = [one for one in ElementTree.fromstring(to_svg(canvas, "", "")).iter() if one.tag.endswith("use")]
    assert float(uses[1].get("x")) == pytest.approx(1000 * advance("latin-regular.ttf", "1"), abs=1)


def test_too_small_a_text_is_refused():
    with pytest.raises(ValueError, match="too small"):
        Canvas("en", 20).text(0, 10, "x", 6.5)


def draw_over(canvas):
    canvas.text(10, 20, "letters", 10)
    canvas.text(20, 22, "upon", 10)


def draw_outside(canvas):
    canvas.text(455, 20, "too far right", 10)


def draw_boxes(canvas):
    canvas.box(10, 10, 50, 20, BOX)
    canvas.box(40, 20, 50, 20, BOX)


def draw_across(canvas):
    canvas.box(10, 10, 50, 20, BOX)
    canvas.text(40, 22, "across the edge", 8)


def draw_wire(canvas):
    canvas.text(10, 20, "a word", 10)
    canvas.arrow([(0, 16.5), (100, 16.5)])


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (draw_over, "text over text"),
        (draw_outside, "outside"),
        (draw_boxes, "box over box"),
        (draw_across, "text across a box"),
        (draw_wire, "wire through text"),
    ],
)
def test_a_fault_is_found(draw, said):
    canvas = Canvas("en", 60)
    draw(canvas)
    assert [fault.partition(":")[0] for fault in faults(canvas)] == [said]


def test_a_sound_layout_has_none():
    canvas = Canvas("zh", 60)
    canvas.box(10, 10, 80, 20, BOX)
    canvas.text(14, 22, "卷积层", 8)
    canvas.text(100, 22, "旁边", 8)
    canvas.arrow([(92, 30), (140, 30)])
    assert faults(canvas) == []


def lightness(colour: str) -> float:
    """L* of a colour."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (red, green, blue)]
    y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


def test_kinds_differ_in_grey():
    """Any two kinds that look different at all differ by lightness or by their hatching."""
    looks = {(paint.front, paint.hatch) for paint in PAINTS.values()}
    for a in looks:
        for b in looks - {a}:
            assert abs(lightness(a[0]) - lightness(b[0])) > 4 or a[1] != b[1], (a, b)


def test_ink_is_legible_on_its_paint():
    def luminance(colour: str) -> float:
        return ((lightness(colour) + 16) / 116) ** 3

    for paint in PAINTS.values():
        high, low = sorted((luminance(paint.front), luminance(paint.ink)), reverse=True)
        assert (high + 0.05) / (low + 0.05) > 4.5, paint


def test_the_letters_at_hand_are_those_of_the_fonts():
    """A sample of `outlines.json.gz` beside the fonts themselves; `tools/build_outlines.py --check` compares all of it."""
    for file in ("latin-regular.ttf", "latin-bold.ttf", "symbols.ttf", "song-regular.ttf", "hei-bold.ttf"):
        letters = prepared()[file]["letters"]
        opened = FontFile(file)
        assert prepared()[file]["em"] == opened.em and len(letters) > 90
        for char in list(letters)[::40]:
            assert tuple(letters[char]) == opened.letter(char)


def test_the_words_of_the_figures_are_at_hand():
    """No figure of ours opens a font with eight thousand letters for a word of its own."""
    home = Path(explainer.__file__).parent / "figures"
    words = set(re.findall(r"[\u4e00-\u9fff]", "".join(path.read_text() for path in home.rglob("*.py"))))
    assert words <= set(prepared()["song-regular.ttf"]["letters"]), "run python tools/build_outlines.py"
