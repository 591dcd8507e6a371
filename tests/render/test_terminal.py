"""The lesson in a terminal: aligned, readable, and without a trace of LaTeX or Markdown."""

from __future__ import annotations

import re

import pytest
from nets import Tiny, walked
from rich.cells import cell_len
from rich.console import Console
from torch import nn

from explainer.api import Explanation
from explainer.document.nodes import Code, Document, Equation, Note, Paragraph, Row
from explainer.formula.tree import Number
from explainer.render.terminal import print_document

LANGUAGES = {"zh": ("zh",), "en": ("en",), "zh,en": ("zh", "en")}


def shown(document: Document, width: int = 100) -> str:
    console = Console(record=True, width=width, file=open("/dev/null", "w"), color_system=None)  # noqa: SIM115
    print_document(document, console)
    return console.export_text()


@pytest.fixture(scope="module", params=LANGUAGES)
def screen(request, vgg16):
    return shown(Explanation(vgg16, LANGUAGES[request.param]).document())


def test_no_markup_is_left(screen):
    for sign in ("$", "\\", "\\cdot", "&=", "**", "| ---", "`", "<!--", "{", "[/"):
        assert sign not in screen, sign


def test_the_figures_are_there(screen):
    for text in (
        "1792",
        "36,928",
        "102,764,544",
        "138,357,544",
        "(3·3·3+1)·64",
        "features.0",
        "conv1-1",
        "25,088",
        "✓",
    ):
        assert text in screen


def column(line: str, sign: str = "=") -> int:
    """The screen column of the first sign; a Chinese character takes two."""
    return cell_len(line[: line.index(sign)])


def test_every_step_of_a_derivation_is_aligned_at_the_equals_sign(screen):
    lines = screen.splitlines()
    start = next(i for i, line in enumerate(lines) if "(k_h·k_w·C_in+1)·C_out" in line)
    derivation = lines[start : start + 5]
    assert [line.split("=", 1)[1].strip() for line in derivation[1:]] == ["(3·3·3+1)·64", "(27+1)·64", "28·64", "1792"]
    assert len({column(line) for line in derivation}) == 1


def test_nothing_is_wider_than_the_screen(vgg16):
    for width in (80, 100, 120):
        text = shown(Explanation(vgg16, ("zh", "en")).document(), width)
        assert max(map(cell_len, text.splitlines())) <= width


def test_a_narrow_screen_loses_no_figure(vgg16):
    text = shown(Explanation(vgg16, ("zh",)).document(), 80)
    assert "138,357,544" in text
    assert "102,764,544" in text


def test_floors_and_minus_signs(vgg16):
    text = shown(Explanation(vgg16, ("en",)).document())
    assert "⌊(H+2p−k_h)/s⌋+1" in text
    assert "⌊(224+2·1−3)/1⌋+1" in text


def test_the_other_times_sign():
    text = shown(Explanation(walked(Tiny(), (1, 3, 8, 8)), ("zh",), times="×").document())
    assert "(3×3×3+1)×4" in text
    assert "·" not in text


@pytest.mark.parametrize("name", ["[red]x", "[/]", "[bold]", "a\x1b[31mb", ":smile:", "x\ny", "\\[x]"])
def test_a_name_is_no_markup_and_no_control_sequence(name):
    model = nn.Sequential()
    model.add_module(name, nn.Linear(3, 4))
    text = shown(Explanation(walked(model, (1, 3)), ("en",)).document())
    assert "\x1b" not in text
    if name.isprintable():
        assert name in text


def test_an_alarm_stands_out():
    words = {"zh": ("不一致 ", Code("f"))}
    document = Document(("zh",), ("标题",), ("副标题",), (Note(words, alarm=True), Paragraph({"zh": ("正文",)})))
    console = Console(record=True, width=60, file=open("/dev/null", "w"), force_terminal=True)  # noqa: SIM115
    print_document(document, console)
    styled = console.export_text(styles=True)
    assert re.search(r"\x1b\[[0-9;]*31m[^\n]*不一致", styled)
    assert not re.search(r"\x1b\[[0-9;]*31m[^\n]*正文", styled)


def test_an_equation_of_words_and_of_symbols_share_their_column():
    rows = (Row("parameters", (Number(3) * Number(4),)), Row(None, (Number(12),)))
    text = shown(Document(("en",), ("t",), ("s",), (Equation(rows),)))
    first, second = (line for line in text.splitlines() if "=" in line)
    assert column(first) == column(second)
    assert first.strip().startswith("parameters")
