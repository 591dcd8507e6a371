"""The PDF: text that can be found, outline, fonts, paging, and what it refuses."""

import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pypdf import PageObject, PdfReader
from test_html import EVIL, PNG, ZH

from explainer.render.pdf.write import PdfUnavailable, print_html, to_pdf

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
    margin = 595.28 - 19 * 72 / 25.4
    assert sum(abs(end - margin) < 0.6 for end in ends) >= 6


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


def test_without_weasyprint_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(PdfUnavailable) as raised:
        to_pdf("# x")
    assert raised.value.missing == "weasyprint"
