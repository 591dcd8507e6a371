"""The PDF: text that can be found, outline, fonts, paging, and what it refuses."""

import io
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PageObject, PdfReader
from test_html import EVIL, PNG, ZH

from explainer.document.nodes import Code
from explainer.render.pdf.write import PdfUnavailable, laid_out, load_weasyprint, print_html, to_pdf

FLOOR = r"H_{\mathrm{out}}=\left\lfloor\frac{224+2\cdot1-3}{1}\right\rfloor+1=224"


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


@pytest.fixture(scope="module")
def lesson() -> bytes:
    rows = "\n".join(f"| {i} | 卷积层 | {i * 36_928:,} |" for i in range(1, 90))
    table = f"\n## 大表\n\n| 序号 | 类型 | 参数量 |\n|---:|:---|---:|\n{rows}\n"
    return to_pdf(ZH + f"\n$(3\\cdot3\\cdot512+1)\\cdot512=2{{,}}359{{,}}808$ ✓ ✗\n\n$$\n{FLOOR}\n$$\n" + table)


def test_numbers_and_formulas_are_found_as_text(lesson: bytes) -> None:
    text = text_of(lesson)
    assert "138,357,544" in text
    assert "2,359,808" in text
    assert "(3·3·512+1)·512" in text.replace(" ", "")
    assert "⌊" in text
    assert "式中：" in text
    assert "✓" in text


def test_title_language_and_outline(lesson: bytes) -> None:
    reader = PdfReader(io.BytesIO(lesson))
    assert reader.metadata is not None
    assert reader.metadata.title == "VGG16 逐层推导"
    assert reader.trailer["/Root"]["/Lang"] == "zh-CN"
    titles = str(reader.outline)
    for heading in ("总览", "逐层推导", "features.0", "大表"):
        assert heading in titles


def test_each_part_tells_its_language() -> None:
    markdown = "<!-- explainer lang=zh,en -->\n\n## 概览 Overview\n\n共有3层。\n\nThere are 3 layers.\n\n- 一\n- 上一行<br>The line above\n"
    reader = PdfReader(io.BytesIO(to_pdf(markdown)))
    told = list(languages(reader.trailer["/Root"]["/StructTreeRoot"]["/K"][0]))
    assert set(told) == {("/P", "en"), ("/Span", "en")}
    assert told.count(("/Span", "en")) == 2 and told.count(("/P", "en")) == 1


def languages(tag: Any) -> Iterator[tuple[str, str]]:
    """Kind and language of every tag that has one of its own."""
    tag = tag.get_object()
    if isinstance(tag, dict) and "/S" in tag:
        if "/Lang" in tag:
            yield tag["/S"], tag["/Lang"]
        for child in tag.get("/K", []):
            yield from languages(child)


def test_text_is_drawn_in_the_order_in_which_it_is_read() -> None:
    """Formulas too: what copies text, or `pdftotext -raw`, takes it in this order."""
    wide = "+".join(str(number) for number in range(1000, 1030))
    rows = "&= a+b \\\\\n&= 3+4"
    markdown = f"before\n\n$$\n\\begin{{aligned}}\n\\text{{count}} {rows}\n\\end{{aligned}}\n$$\n\nbetween\n\n"
    markdown += f"$$\n\\begin{{aligned}}\n\\text{{wide}} &= {wide} \\\\ &= 5\n\\end{{aligned}}\n$$\n\nbehind\n"
    text = re.sub(r"\s", "", text_of(to_pdf(markdown)))
    order = ["before", "count", "=a+b", "=3+4", "between", "wide", "=1000", "=5", "behind"]
    places = [text.index(word) for word in order]
    assert places == sorted(places)


def test_an_address_is_a_link_and_nothing_else_of_it() -> None:
    text = "[`arxiv.org/abs/1409.1556`](https://arxiv.org/abs/1409.1556)\n"
    (page,) = PdfReader(io.BytesIO(to_pdf(text))).pages
    assert {link.get_object()["/A"]["/URI"] for link in page["/Annots"]} == {"https://arxiv.org/abs/1409.1556"}
    assert "arxiv.org/abs/1409.1556" in page.extract_text()
    for bad in ("javascript:alert(1)", "https://a.b/)[x](y", "http://a.b", "https://a.b/<i>", "file:///etc"):
        assert Code("x", bad).link == ""


def test_contents_header_and_page_numbers(lesson: bytes) -> None:
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(lesson)).pages]
    assert "目录" in pages[0]
    for number, text in enumerate(pages, 1):
        assert f"第{number}页，共{len(pages)}页" in re.sub(r"\s", "", text)
    assert all("VGG16 逐层推导" in text for text in pages)


def test_a_long_table_repeats_its_head(lesson: bytes) -> None:
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(lesson)).pages]
    assert sum("序号" in text for text in pages) >= 2
    assert "3,286,592" in "".join(pages)


def test_every_font_is_ours_and_embedded(lesson: bytes) -> None:
    fonts: set[str] = set()
    for page in PdfReader(io.BytesIO(lesson)).pages:
        for font in page["/Resources"]["/Font"].values():
            fonts.add(str(font.get_object()["/BaseFont"]))
            descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            assert "/FontFile2" in descriptor
    assert fonts
    assert all("Explainer" in font for font in fonts), fonts


def test_the_same_text_gives_the_same_bytes() -> None:
    assert to_pdf(ZH) == to_pdf(ZH)


def line_ends(page: PageObject) -> list[float]:
    """Where each piece of text on a page starts, in points from the left."""
    ends: list[float] = []

    def visit(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        if text.strip():
            ends.append(tm[4] * cm[0] + cm[4])

    page.extract_text(visitor_text=visit)
    return ends


def test_chinese_lines_are_filled(tmp_path: Path) -> None:
    """Without it a line of Chinese with a long word at its end stays short."""
    pdftotext = shutil.which("pdftotext")
    if pdftotext is None:
        pytest.skip("no pdftotext")
    file = tmp_path / "a.pdf"
    file.write_bytes(to_pdf("# 题\n\n" + "同一个卷积核在各个位置上共享参数所以参数量与图像的大小无关" * 12))
    words = subprocess.run([pdftotext, "-bbox", file, "-"], capture_output=True, text=True, check=True).stdout
    ends = [float(end) for end in re.findall(r'xMax="([\d.]+)"', words)]
    margin = 595.28 - 18 * 72 / 25.4
    assert sum(abs(end - margin) < 0.6 for end in ends) >= 6


def test_bold_words_in_a_justified_line_end_where_the_next_begin() -> None:
    """A font kerns its spaces, and widened ones no longer: what is behind them moved too far."""
    from weasyprint.formatting_structure import boxes
    from weasyprint.text.line_break import line_size

    text = "**Number of parameters of fc (fully connected layer)**. 2048 is 512·4: the biases are missing. There is one for"
    page = laid_out(f"<!-- explainer lang=en -->\n\n{text} each neuron.").pages[0]._page_box
    bold, behind = [box for box in page.descendants() if isinstance(box, boxes.TextBox)][:2]
    assert bold.justification_spacing > 0
    bold.pango_layout.reactivate(bold.style)
    drawn, _ = line_size(bold.pango_layout.get_first_line()[0], bold.style)
    assert behind.position_x == pytest.approx(bold.position_x + drawn, abs=0.1)


def test_justification_is_undone_afterwards() -> None:
    from weasyprint.layout import inline

    before = inline.justify_line
    to_pdf("# 题\n\n中文")
    assert inline.justify_line is before


def test_english_is_set_in_latin() -> None:
    content = to_pdf("# Notes\n\nA “kernel” isn’t a matrix. `Conv2d(3, 64)`\n\n## More\n\n## End\n")
    assert "Page 1 of 1" in re.sub(r"\s+", " ", text_of(content))
    assert b"Punctuation" not in content


def test_hostile_markdown_reads_and_asks_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    text = text_of(to_pdf(EVIL, base=tmp_path))
    assert "root:" not in text
    assert "<script>alert(3)</script>" in text
    for words in ("[one]", "[two]", "[three]", "[four]"):
        assert words in text


def test_only_our_fonts_and_data_addresses_are_opened(tmp_path: Path) -> None:
    import weasyprint

    from explainer.render.html.assets import fonts_dir
    from explainer.render.pdf.write import only_ours

    fetcher = only_ours(weasyprint)
    assert fetcher((fonts_dir() / "latin-regular.ttf").as_uri()).read(4)
    assert fetcher("data:text/plain,x").read() == b"x"
    (tmp_path / "x.ttf").write_bytes(b"x")
    for url in (
        (tmp_path / "x.ttf").as_uri(), "file:///etc/passwd", fonts_dir().as_uri() + "/../page.css",
        "http://localhost/x", "https://example.org/", "ftp://example.org/",
    ):  # fmt: skip
        with pytest.raises(ValueError, match="not allowed"):
            fetcher(url)


def test_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    pages = PdfReader(io.BytesIO(to_pdf("# 题\n\n![图](a.png)", base=tmp_path))).pages
    assert len(pages[0].images) == 1
    assert "[图]" in text_of(to_pdf("# 题\n\n![图](a.png)"))


def test_many_layers_leave_only_sections_in_the_contents() -> None:
    many = "# 题\n\n## 一\n\n## 二\n\n" + "\n\n".join(f"### {i}　层\n\n零" for i in range(61))
    contents = print_html(many).split("</nav>")[0]
    assert "#二" in contents
    assert "#7层" not in contents
    assert "60" not in contents.split('class="contents"')[1]


@pytest.mark.parametrize("first", ["3", r"\left\lfloor\dfrac{H}{2}\right\rfloor", r"\underbrace{3}_{\text{kernel}}"])
def test_the_lines_of_a_formula_stand_below_each_other_and_the_label_on_the_first(first: str) -> None:
    latex = rf"\begin{{aligned}}\text{{label}}&={first}\\&=\dfrac{{1}}{{2}}\\&=7\\&=8\end{{aligned}}"
    page = PdfReader(io.BytesIO(to_pdf(f"# x\n\n$$\n{latex}\n$$\n\nbelow\n"))).pages[0]
    places: dict[str, list[tuple[float, float]]] = {"label": [], "=": [], "below": []}

    def visit(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        for word in places:
            if text.strip().startswith(word):
                places[word].append((round(tm[4] * cm[0] + cm[4], 1), round(tm[5] * cm[3] + cm[5], 1)))

    page.extract_text(visitor_text=visit)
    lines, (label,), (below,) = places["="], places["label"], places["below"]
    assert len(lines) == 4 and len({x for x, _ in lines}) == 1
    assert label[0] < lines[0][0] and label[1] == lines[0][1]
    assert [y for _, y in lines] == sorted({y for _, y in lines}, reverse=True)
    assert below[0] < label[0] and below[1] < lines[-1][1]  # the next paragraph starts at its margin


def test_a_character_no_font_has_does_no_harm() -> None:
    assert to_pdf("# 题\n\n𠮷 😀 한국어 Привет ﷺ").startswith(b"%PDF")


def test_long_formulas_break_in_narrow_cells() -> None:
    cell = "$" + "=".join(["(3\\cdot3\\cdot512+1)\\cdot512"] * 6) + "$"
    content = to_pdf(f"# 题\n\n| a | b | c |\n|---|---|---|\n| {cell} | {cell} | {cell} |\n")
    reader = PdfReader(io.BytesIO(content))
    ends = [end for end in line_ends(reader.pages[0]) if end > 0]
    assert len(reader.pages) == 1
    assert max(ends) < 595 - 50


def test_without_pango_the_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0': libpango-1.0-0: cannot open shared object file")

    for name in [name for name in sys.modules if name.split(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    with pytest.raises(PdfUnavailable) as raised:
        to_pdf("# x")
    assert raised.value.missing == "libpango-1.0-0"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only there is the search in vain")
def test_no_program_is_started_to_find_libraries_and_the_search_comes_back() -> None:
    script = (
        "import ctypes.util, subprocess\nbefore = ctypes.util.find_library\n"
        "def refuse(*_, **__): raise AssertionError('a program was started')\n"
        "subprocess.Popen.__init__ = refuse\n"
        "from explainer.render.pdf.write import load_weasyprint\n"
        "load_weasyprint()\nassert ctypes.util.find_library is before"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr


def test_a_library_that_only_the_search_finds_is_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import ctypes.util
    import importlib

    searching = []
    real, search = importlib.import_module, ctypes.util.find_library

    def imported(name: str, package: str | None = None) -> object:
        if name == "weasyprint":
            searching.append(ctypes.util.find_library is search)
            if not searching[-1]:
                raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", imported)
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    load_weasyprint()
    assert searching == [False, True] if sys.platform.startswith("linux") else [True]


def test_without_weasyprint_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(PdfUnavailable) as raised:
        to_pdf("# x")
    assert raised.value.missing == "weasyprint"
