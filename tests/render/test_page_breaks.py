"""Where a printed page may end: not behind a heading, not between a figure and its caption, not inside a row; and no sooner than it must."""

import pytest

from explainer.render.pdf.write import laid_out

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="60mm" viewBox="0 0 10 6"><rect x="0" y="0" width="10" height="6" fill="#aaaaaa"/></svg>'
LINE = "一行文字。\n\n"


def ends(markdown):
    """For each page what its body ends with and begins with: the tag of the innermost block, and its text."""
    found = []
    for page in laid_out(markdown, pictures={"f.svg": lambda: SVG}).pages:
        body = page._page_box.children[0].children[0]
        found.append([*blocks(body)])
    return found


def blocks(box):
    """(tag, text) of the innermost blocks, in their order; a row of a table is one."""
    children = [child for child in getattr(box, "children", ()) if hasattr(child, "element_tag")]
    if box.element_tag in ("p", "h1", "h2", "h3", "tr", "li") or not children:
        yield box.element_tag, "".join(text(box))
        return
    for child in children:
        yield from blocks(child)


def text(box):
    yield getattr(box, "text", "")
    for child in getattr(box, "children", ()):
        yield from text(child)


def table(rows):
    return "| 名称 | 值 |\n|---|---|\n" + "".join(f"| 第{at}行 | {at} |\n" for at in range(rows)) + "\n"


@pytest.mark.parametrize("rows", [1, 2, 3, 9])
@pytest.mark.parametrize("before", range(29, 41, 2))
def test_a_heading_keeps_with_two_rows_and_a_row_is_not_left_alone(before, rows):
    pages = ends(LINE * before + f"## 标题\n\n{table(rows)}## 下一节\n\n" + LINE * 3)
    for page in pages[:-1]:
        assert page[-1][0] not in ("h2", "h1"), page[-1]
    for page in pages:
        there = [words for tag, words in page if tag == "tr" and words.startswith("第")]
        assert len(there) in (0, min(rows, 2), rows) or len(there) >= 2


def test_a_short_table_does_not_take_the_next_section_with_it():
    """The break behind its last row is the break behind the table."""

    def pages_of(before):
        return ends(LINE * before + f"## 标题\n\n{table(2)}## 下一节\n\n" + "很长的一段。" * 120)

    fits = [before for before in range(28, 36) if any(words.startswith("第1行") for _, words in pages_of(before)[0])]
    apart = [before for before in fits if ("h2", "下一节") not in pages_of(before)[0]]
    assert apart, "the table ends a page, the next section begins another"


CAPTIONS = "**图1　特征图**　每个方框是一层。\n\n**Figure 1. Feature maps.** Each box is a layer.\n\n"
TALL = '<svg xmlns="http://www.w3.org/2000/svg" width="100mm" height="100mm" viewBox="0 0 100 100"><rect x="0" y="0" width="100" height="100" fill="#aaaaaa"/>{}</svg>'


@pytest.mark.parametrize(("before", "smaller"), [(22, False), (26, True), (32, False)])
def test_a_figure_that_nearly_fits_is_drawn_smaller_and_any_other_begins_the_next_page(before, smaller):
    markdown = f"<!-- explainer lang=zh,en -->\n\n{LINE * before}![](f.svg)\n\n{CAPTIONS}{LINE * 40}"
    pages = laid_out(markdown, pictures={"f.svg": lambda: TALL.format("")}).pages
    (image,) = [one for page in pages for one in images(page._page_box)]
    width = 100 * 96 / 25.4
    assert (image.width < width - 1) is smaller and image.width >= 0.9 * width - 1
    assert image.width == pytest.approx(image.height)
    words = [[said for _, said in blocks(page._page_box.children[0].children[0])] for page in pages]
    assert [any("图1" in one for one in page) for page in words] == [
        any("Figure 1" in one for one in page) for page in words
    ]
    assert len([one for one in words[0] if "一行" in one]) >= 22  # text from behind the figure fills the page


def test_no_letter_of_a_figure_becomes_too_small_to_read():
    text = '<text x="1" y="9" fill="#000000" font-family="Explainer Song" font-size="2.5" font-weight="400">字</text>'
    pages = laid_out(LINE * 26 + "![](f.svg)\n\n" + LINE * 40, pictures={"f.svg": lambda: TALL.format(text)}).pages
    (image,) = [one for page in pages for one in images(page._page_box)]
    assert 2.5 * image.width / 100 * 0.75 >= 6.5  # points


@pytest.mark.parametrize("rows", [5, 8])
def test_a_small_table_is_not_torn(rows):
    pages = ends(LINE * 41 + f"一行文字：\n\n{table(rows)}" + LINE * 3)
    assert sorted(sum(words.startswith("第") for _, words in page) for page in pages) == [0, rows]


def test_a_long_calculation_is_divided_rather_than_leave_a_third_of_a_page_blank():
    lines = r" \\ ".join(f"&= {at}+1" for at in range(20))
    pages = ends(LINE * 29 + "## 标题\n\n$$\\begin{aligned}n " + lines + "\\end{aligned}$$\n\n" + LINE)
    first = [words for _, words in pages[0] if words.startswith("=")]
    assert len(pages) == 2 and "= 3" in first and "= 18" not in first  # two lines stay together at either end


def test_a_last_line_is_drawn_in():
    assert len(ends(LINE * 45)) == 1  # 44 fill a page
    assert len(ends(LINE * 51)) == 2


def images(box):
    if hasattr(box, "replacement"):
        yield box
    for child in getattr(box, "children", ()):
        yield from images(child)


@pytest.mark.parametrize("before", range(20, 36, 3))
def test_a_figure_keeps_with_its_caption(before):
    pages = ends(LINE * before + "![](f.svg)\n\n**图1　特征图**　每个方框是一层。\n\n" + LINE * 9)
    assert sum("图1" in words for page in pages for _, words in page) == 1
    for page in pages:
        caption = next((at for at, (_, words) in enumerate(page) if "图1" in words), None)
        assert caption != 0, "the caption begins a page"


def test_the_line_that_ends_a_section_does_not_begin_a_page():
    from explainer.render.pdf.write import print_html

    long = "每个卷积核在特征图的各个位置上共用同一组参数，所以参数量与图像的大小无关，也与批量的大小无关。"
    html = print_html(f"<!-- explainer: lang=zh -->\n# x\n\n## a\n\n{long}\n\n答案：0。\n\n## b\n\n短。\n\n{long}\n")
    assert '<p class="closing">答案：0。' in html and html.count('class="closing"') == 1
