"""Figures in every output: Markdown with files beside it, pages with them inside, the command, notebooks."""

from __future__ import annotations

import io
import re

import defusedxml.ElementTree as ElementTree
import pytest
import torch
from pypdf import PdfReader

from examples.lstm import TextClassifier
from examples.unet import UNet
from explainer.api import Explanation, load
from explainer.cli.console import main
from explainer.derive.pipeline import walk_model
from explainer.figures.table import of_lesson
from explainer.render.files import from_markdown
from explainer.render.html.page import to_html
from explainer.render.html.svg import cleaned
from tests.nets import MnistCnn, walked

# What a lesson on this network shows; one more kind of figure is one more in every output.
SHOWN = {"bars.svg", "kernel.svg", "matrices.svg", "volumes.svg"}
NET = "examples/mnist_cnn.py:MnistCNN"


@pytest.fixture(scope="module")
def walk():
    return walked(MnistCnn(), (1, 1, 28, 28))


@pytest.fixture(scope="module")
def count(walk):
    """How many figures its lesson has."""
    files = Explanation(walk, ("en",)).files()
    assert set(files) >= SHOWN
    assert not set(files) & {
        "unet.svg",
        "stages.svg",
        "gates.svg",
        "attention.svg",
        "receptive-field.svg",
        "scaling.svg",
    }
    return len(files)


@pytest.fixture(scope="module")
def saved(tmp_path_factory, walk):
    """The lesson's JSON: figures are made of it as of the model."""
    path = tmp_path_factory.mktemp("lesson") / "mnist.json"
    Explanation(walk, ("en",)).save(path)
    return path


def test_markdown_has_its_pictures_beside_it(walk, count, tmp_path):
    lesson = Explanation(walk, ("zh",))
    lesson.save(tmp_path / "我的 (1).md")
    text = (tmp_path / "我的 (1).md").read_text("utf-8")
    folder = tmp_path / "我的 (1).files"
    names = {path.name for path in folder.iterdir()}
    assert names >= SHOWN and len(names) == count
    addresses = re.findall(r"!\[图\d+　[^\]]+\]\(([^)]*)\)", text)
    assert len(addresses) == count and not any(" " in one or "(" in one for one in addresses)
    page = to_html(text, base=tmp_path)
    assert page.count("<svg") == count and "no-image" not in page
    for path in folder.iterdir():
        svg = path.read_text("utf-8")
        assert "<text" not in svg and ElementTree.fromstring(svg).tag.endswith("svg")


def test_figures_are_numbered_in_order_and_told_in_both_languages(walk, count):
    text = Explanation(walk, ("zh", "en")).to_markdown()
    assert [int(n) for n in re.findall(r"\*\*图(\d+)　", text)] == [*range(1, count + 1)]
    assert [int(n) for n in re.findall(r"\*\*Figure (\d+)\. ", text)] == [*range(1, count + 1)]


def test_detail_and_the_wish_for_none(walk):
    assert Explanation(walk, ("en",), "brief").files().keys() & SHOWN == {"volumes.svg"}
    assert "receptive-field.svg" in Explanation(walk, ("en",), show=("params", "receptive-field")).files()
    without = Explanation(walk, ("en",), pictures=False)
    assert without.files() == {} and "![" not in without.to_markdown()


def test_html_and_pdf_have_them_inside(walk, count):
    lesson = Explanation(walk, ("zh",))
    page = lesson.to_html()
    assert page.count("<svg") == count and page.count('class="figure"') == count and page.count('caption">') == count
    assert "<title" in page and "MnistCnn的特征图</title>" in page
    content = from_markdown(lesson.to_markdown(), ".pdf", pictures=lesson.drawings())
    text = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(content)).pages)
    assert "图1" in text and "卷积核在一边上有多少个位置" in text  # letters, not outlines


def test_a_pdf_is_tagged_and_says_what_a_figure_shows(walk):
    lesson = Explanation(walk, ("en",))
    content = from_markdown(lesson.to_markdown(), ".pdf", pictures=lesson.drawings())
    reader = PdfReader(io.BytesIO(content))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en"
    assert b"pdfuaid" in root["/Metadata"].get_data()
    said: list[str] = []

    def visit(node):
        node = node.get_object()
        if isinstance(node, dict):
            if "/Alt" in node:
                said.append(str(node["/Alt"]))
            visit_all(node.get("/K", []))

    def visit_all(kids):
        for kid in kids if isinstance(kids, list) else [kids]:
            if not isinstance(kid, int):
                visit(kid)

    visit(root["/StructTreeRoot"])
    assert any(
        one.startswith("From left to right: 16×28×28 (416 parameters, 313,600 multiply-accumulates)") for one in said
    )


def test_a_notebook_has_them_in_the_text(walk, count):
    text = Explanation(walk, ("en",))._repr_markdown_()
    assert text.count("](data:image/svg+xml;base64,") == count and ".files/" not in text


def test_in_python(walk):
    found = Explanation(walk, ("zh",)).figures
    assert {"volumes", "bars", "kernel"} <= set(found)
    assert found["volumes"].to_svg().startswith("<svg") and "特征图" in found["volumes"].to_svg()
    assert "Feature maps" in found["volumes"].to_svg("en")
    assert found["bars"]._repr_svg_() == found["bars"].to_svg()


def test_the_command_writes_one_figure_in_each_format(saved, tmp_path, capsys):
    files = [tmp_path / f"v.{ending}" for ending in ("svg", "png", "pdf")]
    assert main(["model", str(saved), "--figure", "volumes", *(f"-o{path}" for path in files), "--lang", "en"]) == 0
    assert ElementTree.fromstring(files[0].read_text("utf-8")).tag.endswith("svg")
    assert files[1].read_bytes().startswith(b"\x89PNG")
    sheet = PdfReader(files[2]).pages[0]
    assert float(sheet.mediabox.width) == pytest.approx(462, abs=1) and "parameters" in sheet.extract_text()
    assert main(["model", str(saved), "--figure", "bars", "--lang", "zh"]) == 0  # into a pipe
    assert capsys.readouterr().out.startswith("<svg")


def test_the_command_writes_all_into_a_folder(saved, tmp_path):
    assert main(["model", str(saved), "--figure", "all", "-o", str(tmp_path / "all")]) == 0
    assert {"volumes.svg", "bars.svg", "kernel.svg", "receptive-field.svg"} <= {
        path.name for path in (tmp_path / "all").iterdir()
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--figure", "pie", "-o", "x.svg"], "volumes"),
        (["--figure", "unet", "-o", "x.svg"], "unet"),
        (["--figure", "volumes", "-o", "x.gif"], ".svg"),
        (["--figure", "volumes,bars", "-o", "x.svg"], "-o"),
        (["--figure", "all"], "-o"),
        (["--figure", "all", "-o", "nowhere/there"], "nowhere"),
    ],
)
def test_wrong_use_is_one_sentence(saved, tmp_path, monkeypatch, capsys, words, said):
    monkeypatch.chdir(tmp_path)
    assert main(["model", str(saved), *words, "--lang", "en"]) == 2
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error and list(tmp_path.iterdir()) == []


def test_a_lesson_read_back_has_the_same_figures(saved, walk):
    assert load(saved, lang="en").files() == Explanation(walk, ("en",)).files()


def test_render_keeps_the_figures_of_an_edited_markdown(walk, count, tmp_path):
    Explanation(walk, ("en",)).save(tmp_path / "x.md")
    edited = (tmp_path / "x.md").read_text("utf-8").replace("## Overview", "## What it is")
    (tmp_path / "x.md").write_text(edited, encoding="utf-8")
    assert main(["render", str(tmp_path / "x.md"), "-o", str(tmp_path / "y.html"), "-o", str(tmp_path / "y.pdf")]) == 0
    page = (tmp_path / "y.html").read_text("utf-8")
    assert page.count("<svg") == count and "What it is" in page and page.count('caption">') == count


HOSTILE = {
    "a script": "<script>alert(1)</script>",
    "a handler": '<rect width="5" height="5" onload="alert(1)"/>',
    "html": '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><p>x</p></body></foreignObject>',
    "a link": '<a href="https://example.org"><rect width="5" height="5"/></a>',
    "an image": '<image href="https://example.org/x.png"/>',
    "another file": '<use href="https://example.org/x.svg#a"/>',
    "a style": '<style>@import "https://example.org/x.css";</style>',
    "an attribute's style": '<rect style="fill:url(https://example.org/x)"/>',
    "an address for paint": '<rect fill="url(https://example.org/x#y)"/>',
    "an address in disguise": '<rect fill="URL( https://example.org/x )"/>',
    "an animation": '<animate attributeName="href" to="https://example.org"/>',
    "a comment": "<!-- https://example.org -->",
    "an instruction": "<?xml-stylesheet href='https://example.org'?>",
}


@pytest.mark.parametrize("inside", HOSTILE.values(), ids=HOSTILE)
def test_of_a_strange_svg_only_what_is_drawn_is_kept(inside, tmp_path):
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><circle r="3" id="a"/>{inside}</svg>'
    (tmp_path / "a.svg").write_text(svg)
    page = to_html("# x\n\n![a](a.svg)\n", base=tmp_path, fonts=False)
    kept = page[page.index("<svg") :]
    assert "<circle" in kept
    for word in ("example.org", "alert", "onload", "script", "foreignObject", "<style", "style="):
        assert word not in kept


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg",
        b"<html/>",
        b"\x89PNG\r\n\x1a\n",
        b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        b"<svg xmlns='urn:other'><script/></svg>",
    ],
)
def test_what_is_no_svg_is_no_picture(content):
    assert cleaned(content) is None


def test_names_in_a_file_meet_no_names_of_the_page():
    kept = cleaned(
        b'<svg xmlns="http://www.w3.org/2000/svg"><path id="overview" d="M0 0"/><use href="#overview"/></svg>'
    )
    name = re.search(r'id="([^"]+)"', kept)[1]
    assert name != "overview" and f'href="#{name}"' in kept


def test_a_handout_without_a_picture_of_the_whole_shows_its_heaviest_layer():
    walk = walk_model(
        TextClassifier(), (torch.zeros(1, 9, dtype=torch.int64, device="meta"),), {}, name="x", source="test"
    )
    pictures = of_lesson(walk, ("zh",), "handout", ("params", "shape", "macs"))
    assert [one.name for one in pictures["overview"]] == ["gates"]


def test_the_one_picture_of_a_u_net_s_handout_is_the_u():
    pictures = of_lesson(walked(UNet(), (1, 1, 64, 64)), ("zh",), "handout", ("params", "shape", "macs"))
    assert [one.name for one in pictures["overview"]] == ["unet"]
