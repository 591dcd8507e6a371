"""The HTML page: conventions of the Markdown, safety, pictures, fonts, and what a browser makes of it."""

import base64
import re
import shutil
from pathlib import Path

import pytest

from explainer.render.html.contents import outline
from explainer.render.html.images import data_uri
from explainer.render.html.page import to_html
from explainer.render.html.reader import Page, read_page

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ZH = r"""<!-- explainer lang=zh title-en="VGG16" -->
# VGG16 逐层推导

*输入 3×224×224*

## 总览

各层如下，共 $138{,}357{,}544$ 个参数。

| 层 | 输出 | 参数量 |
| :--- | :---: | ---: |
| `features.0` | 64×224×224 | 1792 |

## 逐层推导

### 1　卷积层 `features.0`（conv1-1）

**参数量**（parameters）

$$
\begin{aligned}\text{参数量}&=(k_h\cdot k_w\cdot C_{\mathrm{in}}+1)\cdot C_{\mathrm{out}}\\&=1792\end{aligned}
$$

式中： $k_h$ 、 $k_w$ 为核的高和宽（ $p$ ）。

> **注意：**每侧填充。
"""
EVIL = r"""# T <script>alert(1)</script> "}</style><script>alert(2)</script>

<script>alert(3)</script> <img src=x onerror=alert(4)>

[a](javascript:alert(5)) [b](data:text/html,x) [c](vbscript:x) [d](file:///etc/passwd) <javascript:alert(6)>
[e](https://example.org/?a=1&b=2) [f](#t) [g](mailto:a@example.org) [h](JaVaScRiPt:alert(7))

![one](/etc/passwd) ![two](http://example.org/x.png) ![three](../secret.png) ![four](file:///etc/passwd) ![<b>](x.svg)

$\href{javascript:alert(8)}{x}$ $\text{<img src=x onerror=alert(9)>}$ $<script>alert(10)</script>$

## <b onclick=alert(11)>

```html" onclick="alert(12)
</code><script>alert(13)</script>
```
"""


def page(markdown: str, base: Path | None = None) -> Page:
    return read_page(markdown, base=base, formula=lambda latex, display: "□" if display else "◇")


# ------------------------------------------------------------- conventions


def test_title_subtitle_and_language() -> None:
    html = to_html(ZH)
    assert '<html lang="zh-CN">' in html
    assert "<title>VGG16 逐层推导</title>" in html
    assert '<p class="subtitle">输入 3×224×224</p>' in html
    assert "explainer lang" not in html
    assert html.count("<h1") == 1


@pytest.mark.parametrize(
    ("markdown", "languages"),
    [
        ("<!-- explainer lang=zh,en -->\n# x", ("zh", "en")),
        ("<!-- explainer lang=en -->\n# 中文", ("en",)),
        ("# 卷积层\n\n每个卷积核有27个权重。`Conv2d(3, 64, kernel_size=3)`", ("zh",)),
        ("# Convolution\n\nNamed 卷积 in Chinese, of course.", ("en",)),
        ("", ("en",)),
    ],
)
def test_language(markdown: str, languages: tuple[str, ...]) -> None:
    assert page(markdown).languages == languages


def test_a_paragraph_that_is_only_partly_emphasised_is_no_subtitle() -> None:
    assert page("# a\n\n*b* c *d*").subtitle_html == ""
    assert page("# a\n\n*b **c***").subtitle_html == "b <strong>c</strong>"


def test_contents_have_sections_and_layers() -> None:
    headings = page(ZH).headings
    assert [(heading.level, heading.text) for heading in headings] == [
        (2, "总览"), (2, "逐层推导"), (3, "1　卷积层 features.0（conv1-1）"),
    ]  # fmt: skip
    html = to_html(ZH)
    for heading in headings:
        assert f'id="{heading.id}"' in html
        assert f'href="#{heading.id}"' in html


def test_equal_headings_have_different_anchors() -> None:
    ids = [heading.id for heading in page("## a\n\n## a\n\n## a-1\n\n## a").headings]
    assert len(set(ids)) == 4


def test_spaces_that_only_markdown_needs_are_closed_up() -> None:
    body = page("式中： $k_h$ 、 $k_w$ 为高（ $p$ ），设 $s$ 为步幅。").body
    assert "式中：◇、◇ 为高（◇），设 ◇ 为步幅。" in body


def test_lines_of_chinese_join_without_a_space() -> None:
    assert "池化只取最大值，没有权重。" in page("池化只取最大值，\n没有权重。").body
    assert "two\nwords" in page("two\nwords").body


def test_emphasis_ends_beside_chinese_marks() -> None:
    assert "<strong>注意：</strong>每侧" in page("**注意：**每侧").body
    assert "共<strong>“64”</strong>个" in page("共**“64”**个").body
    assert "<strong>a</strong>b" in page("**a**b").body
    assert page("2 * 3 * 4").body == "<p>2 * 3 * 4</p>\n"


def test_alignment_is_kept() -> None:
    body = page(ZH).body
    assert re.search(r'<th class="r short">参数量</th>', body)  # one word: never broken
    assert re.search(r'<td class="c">64×224×224</td>', body)
    assert re.search(r'<td class="l"><code class="w">features.0</code></td>', body)


def test_a_long_table_has_fixed_columns_in_print_only() -> None:
    table = "| 序号 | 层 |\n|---:|---|\n" + "\n".join(f"| {i} | `a.{i}` |" for i in range(150))
    printed = read_page(table, base=None, formula=lambda latex, display: "", compact=True).body
    assert printed.count("<col ") == 2
    assert '<td class="l code short">a.7</td>' in printed
    assert "<col" not in page(table).body
    assert "<col" not in read_page(table[:200], base=None, formula=lambda latex, display: "", compact=True).body


def test_long_names_keep_the_contents_in_one_column() -> None:
    def columns(name: str) -> bool:
        text = "## 一\n\n" + "\n\n".join(f"### {i} {name}" for i in range(8))
        return outline(page(text).headings)[0].in_columns

    assert columns("卷积层")
    assert not columns("encoder.layers.encoder_layer_0.self_attention.transpose")


def test_the_english_counterpart_is_marked() -> None:
    body = page(
        "<!-- explainer lang=zh,en -->\n\n参数量。\n\nThe count.\n\n`nn.Conv2d(3, 64, kernel_size=3)`\n\n- 一\n- One\n- 二<br>Two\n\n> 注\n>\n> Note\n"
    ).body
    assert '<p class="en" lang="en">The count.</p>' in body
    assert '<li class="en" lang="en">One</li>' in body
    assert '<span class="en" lang="en">Two</span>' in body
    assert '<p class="en" lang="en">Note</p>' in body
    assert '<p class="program"><code>nn.Conv2d(3, 64, kernel_size=3)</code></p>' in body
    assert 'lang="en"' not in page("中文很多很多很多\n\nEnglish here").body


def test_money_is_not_math() -> None:
    assert "◇" not in page("It costs $5 and then $6.").body


def test_math_right_under_a_line_of_text() -> None:
    assert '<span class="formula">□</span>' in page("参数量 $$a=b$$ 式中").body
    for formula in ("$$a=b$$", "$$\na=b\n$$"):
        body = page(f"**参数量**\n{formula}\n式中").body
        assert body.count("□") == 1
        assert '</p>\n<div class="formula">□</div>\n<p>式中</p>' in body
        assert page(f"> 注\n> {formula.replace(chr(10), chr(10) + '> ')}\n\n- 一\n{formula}").body.count("□") == 2


def test_half_characters_and_control_characters_do_no_harm() -> None:
    html = to_html("# a\ud800b\x00c\x01\n\n$\ud800$ \u202e `\udfff`")
    assert "<title>a?b" in html
    html.encode()


# ------------------------------------------------------------------ safety


def test_hostile_markdown_does_nothing() -> None:
    html = to_html(EVIL, base=Path("/etc"))
    assert "<script" not in html
    assert "<img" not in html
    assert not re.search(r"<[^>]*\son\w+\s*=", html)
    assert "javascript:" not in "".join(re.findall(r'href="([^"]*)"', html)).lower()
    hrefs = set(re.findall(r'href="([^"#][^"]*)"', html))
    assert hrefs == {"https://example.org/?a=1&amp;b=2", "mailto:a@example.org"}
    for words in ("[one]", "[two]", "[three]", "[four]", "[&lt;b&gt;]"):
        assert words in html
    assert "root:" not in html


def test_one_style_block_and_no_address_to_load() -> None:
    html = to_html(EVIL + ZH)
    assert html.count("<style") == html.count("</style>") == 1
    assert not re.findall(r"url\((?!\"data:)", html)
    assert not re.findall(r'\ssrc="(?!data:)', html)


# ---------------------------------------------------------------- pictures


def test_pictures_of_the_folder_are_carried_along(tmp_path: Path) -> None:
    (tmp_path / "a b.png").write_bytes(PNG)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "x.jpg").write_bytes(b"\xff\xd8\xff\xe0rest")
    html = to_html("# t\n\n![图](<a b.png>) ![二](sub/x.jpg)", base=tmp_path)
    assert 'alt="图"' in html
    assert html.count('src="data:image/png;base64,') == 1
    assert html.count('src="data:image/jpeg;base64,') == 1
    assert "[图]" in to_html("![图](<a b.png>)", base=None)


def test_pictures_outside_the_folder_are_not_read(tmp_path: Path) -> None:
    inside = tmp_path / "notes"
    inside.mkdir()
    (tmp_path / "secret.png").write_bytes(PNG)
    (inside / "link.png").symlink_to(tmp_path / "secret.png")
    (inside / "text.png").write_text("not a picture")
    (inside / "big.png").write_bytes(PNG + bytes(21 * 1024 * 1024))
    (inside / "dir.png").mkdir()
    (inside / "ok.png").write_bytes(PNG)
    assert data_uri("ok.png", inside)
    assert data_uri("./ok.png", inside)
    for source in (
        "../secret.png", "link.png", str(tmp_path / "secret.png"), "text.png", "big.png", "dir.png", "none.png",
        "%2e%2e/secret.png", "sub/../../secret.png", "..\\secret.png", "C:\\x.png", "file:ok.png", "//host/ok.png",
        "http://example.org/x.png", "ok.png\x00", "",
    ):  # fmt: skip
        assert data_uri(source, inside) is None, source


# ------------------------------------------------------- fonts and browser


def test_fonts_are_cut_to_the_document() -> None:
    html = to_html(ZH)
    assert len(html) < 400_000
    for family in ("Punctuation", "Latin", "Song", "Hei", "Code", "Math"):
        assert f'@font-face{{font-family:"Explainer {family}"' in html
    assert '"Explainer Math";font-weight' not in to_html("# plain")


def test_the_same_text_gives_the_same_bytes() -> None:
    from explainer.render.html.fonts import subset

    first = to_html(ZH)
    subset.cache_clear()
    assert to_html(ZH) == first


def test_a_browser_shows_it_without_asking_for_anything(tmp_path: Path) -> None:
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        pytest.skip("no browser")
    from playwright.sync_api import sync_playwright

    file = tmp_path / "page.html"
    file.write_text(to_html(ZH + EVIL.replace("# T", "## T")), encoding="utf-8")
    asked, said = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        view = browser.new_page(viewport={"width": 1300, "height": 900})
        view.on("request", lambda request: asked.append(request.url))
        view.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        view.goto(file.as_uri())
        fonts = view.evaluate(
            "document.fonts.ready.then(f => [...f].filter(x => x.status == 'loaded').map(x => x.family))"
        )
        width = view.evaluate("document.documentElement.scrollWidth")
        tall = view.evaluate("document.querySelector('.formula math').getBoundingClientRect().height")
        view.set_viewport_size({"width": 400, "height": 800})
        narrow = view.evaluate("document.documentElement.scrollWidth")
        browser.close()
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
    assert said == []
    assert {"Explainer Song", "Explainer Hei", "Explainer Math"} <= {name.strip('"') for name in fonts}
    assert width <= 1300
    assert narrow <= 400
    assert tall > 30


def test_english_in_a_cell_or_heading_is_marked_whatever_stands_behind_it() -> None:
    head = "<!-- explainer lang=zh,en -->\n\n"
    body = page(
        head + "| 层 |\n|:--|\n| 1×1卷积层 1×1 convolution `a` |\n| 64×7×7 |\n\n### 卷积层 Convolution `a`（b）\n"
    ).body
    assert '1×1卷积层 <span lang="en">1×1 convolution </span><code>a</code>' in body
    assert '卷积层 <span lang="en">Convolution </span><code>a</code>（b）' in body and body.count('lang="en"') == 2
