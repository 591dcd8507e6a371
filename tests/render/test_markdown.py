"""Markdown that every reader shows alike: nothing in a name becomes markup, and the mathematics stays mathematics."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nets import Tiny, walked
from torch import nn

from explainer.api import Explanation
from explainer.document.nodes import (
    Bullets,
    Code,
    Document,
    Equation,
    Heading,
    Math,
    Note,
    Paragraph,
    Row,
    Strong,
    Table,
)
from explainer.formula.tree import Number
from explainer.lesson.compose import compose
from explainer.render.markdown import code, escaped, to_markdown
from explainer.vocabulary.symbols import C_in, C_out, kernel

LANGUAGES = {"zh": ("zh",), "en": ("en",), "zh,en": ("zh", "en")}
CHINESE = "\u2e80-\u9fff\uff00-\uffef"
DISPLAY = re.compile(r"^\$\$\n.*?\n\$\$$", re.M | re.S)
CODE_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")


def commonmark() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).use(dollarmath_plugin)


def tokens(markdown: str, kind: str) -> list:
    """All tokens of a type, those inside paragraphs and cells too."""
    found = []
    for token in commonmark().parse(markdown):
        found += [each for each in (token, *(token.children or ())) if each.type == kind]
    return found


def written(*blocks, langs=("zh",), title="标题") -> str:
    return to_markdown(Document(langs, (title,), ("副标题",), tuple(blocks)))


# VGG16, whole.


@pytest.mark.parametrize("languages", LANGUAGES)
def test_vgg16_is_the_golden_document(vgg16, golden, languages):
    same_everywhere = replace(vgg16, versions={"explainer": "0.0.0", "torch": "0.0.0", "python": "3.0.0"})
    golden(f"vgg16.{languages}.md", Explanation(same_everywhere, LANGUAGES[languages]).to_markdown())


@pytest.mark.parametrize("detail", ["brief", "standard", "full"])
@pytest.mark.parametrize("languages", LANGUAGES)
def test_every_block_of_the_document_is_read_back_as_what_it_is(resnet18, languages, detail):
    document = compose(resnet18, LANGUAGES[languages], detail=detail)
    markdown = to_markdown(document)
    count = {kind: sum(isinstance(block, kind) for block in document.blocks) for kind in (Heading, Table, Equation)}
    assert len(tokens(markdown, "heading_open")) == count[Heading] + 1  # the title
    assert len(tokens(markdown, "table_open")) == count[Table]
    assert len(tokens(markdown, "math_block")) == count[Equation]
    inline = sum(isinstance(part, Math) for block in document.blocks for part in parts_of(block))
    assert len(tokens(markdown, "math_inline")) == inline
    strong = sum(isinstance(part, Strong) for block in document.blocks for part in parts_of(block))
    assert len(tokens(markdown, "strong_open")) == strong
    spans = sum(isinstance(part, Code) for block in document.blocks for part in parts_of(block))
    assert len(tokens(markdown, "code_inline")) == spans
    for unwanted in ("hr", "code_block", "fence", "blockquote_open", "ordered_list_open", "image"):
        assert tokens(markdown, unwanted) == [], unwanted
    assert {token.content for token in tokens(markdown, "html_inline")} <= {"<br>"}  # between the languages of an item
    assert [token.content.strip() for token in tokens(markdown, "html_block")] == [
        f"<!-- explainer lang={languages}{'' if document.contents else ' contents=screen'} -->"
    ]


def parts_of(block):
    """The inline parts of a block, in all its languages."""
    match block:
        case Heading():
            yield from block.text
        case Paragraph() | Note():
            for words in block.words.values():
                yield from words
        case Bullets():
            for item in block.items:
                for words in item.values():
                    yield from words
        case Table():
            for row in (block.header, *block.rows):
                for cell in row:
                    yield from cell


def outside_formulas(markdown: str) -> str:
    return CODE_SPAN.sub("", DISPLAY.sub("", markdown)).replace(r"\$", "")


@pytest.mark.parametrize("languages", LANGUAGES)
def test_a_dollar_never_touches_a_chinese_character(vgg16_pages, languages):
    text = outside_formulas(vgg16_pages[languages])
    formulas = re.findall(r"(.?)\$([^$\n]+)\$(.?)", text)
    assert formulas
    for before, inside, after in formulas:
        assert before in (" ", "")
        assert not re.match(f"[{CHINESE}A-Za-z0-9]", after), (inside, after)
        assert inside == inside.strip()
    assert text.count("$") == 2 * len(formulas)


@pytest.mark.parametrize("languages", LANGUAGES)
def test_a_display_formula_stands_between_blank_lines(vgg16_pages, languages):
    lines = vgg16_pages[languages].splitlines()
    fences = [i for i, line in enumerate(lines) if line == "$$"]
    assert fences
    assert len(fences) % 2 == 0
    for opening, closing in zip(fences[::2], fences[1::2], strict=True):
        assert lines[opening - 1] == ""
        assert lines[closing + 1] == ""
        assert all(lines[opening + 1 : closing]), "a blank line ends the formula"


BLOCK_START = re.compile(r"\s*([-+*=#>~`|<]|\d+[.)]\s|\[)|\t| {4}")


@pytest.mark.parametrize("languages", LANGUAGES)
def test_no_line_of_a_formula_looks_like_another_block(vgg16_pages, languages):
    for block in DISPLAY.findall(vgg16_pages[languages]):
        for line in block.splitlines()[1:-1]:
            assert not BLOCK_START.match(line), line


@pytest.mark.parametrize("languages", LANGUAGES)
def test_without_mathematics_a_formula_is_still_one_paragraph(vgg16_pages, languages):
    plain = MarkdownIt("commonmark").enable("table").parse(vgg16_pages[languages])
    kinds = {token.type for token in plain}
    assert kinds <= {
        f"{name}_{end}"
        for name in (
            "heading",
            "paragraph",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "blockquote",
            "bullet_list",
            "list_item",
        )
        for end in ("open", "close")
    } | {"inline", "html_block"}


def cells(row: str) -> list[str]:
    return re.split(r"(?<!\\)\|", row.strip())[1:-1]


@pytest.mark.parametrize("languages", LANGUAGES)
def test_every_row_of_a_table_has_as_many_cells(vgg16_pages, languages):
    lines = vgg16_pages[languages].splitlines()
    rules = [i for i, line in enumerate(lines) if re.fullmatch(r"\|(?: :?-+:? \|)+", line)]
    assert rules
    for rule in rules:
        columns = len(cells(lines[rule]))
        end = next(i for i in range(rule, len(lines)) if not lines[i].startswith("|"))
        for line in lines[rule - 1 : end]:
            assert len(cells(line)) == columns, line


@pytest.mark.parametrize("languages", LANGUAGES)
def test_the_page_can_be_read_as_plain_text(vgg16_pages, languages):
    assert max(map(len, vgg16_pages[languages].splitlines())) < 1000
    assert "  \n" not in vgg16_pages[languages]
    assert vgg16_pages[languages].endswith("\n")
    assert "\n\n\n" not in vgg16_pages[languages]
    assert "None" not in vgg16_pages[languages]
    assert "Bi(" not in vgg16_pages[languages]


def test_two_languages_share_their_formulas_and_tables(vgg16_pages):
    both = vgg16_pages["zh,en"]
    for kind in ("math_block", "table_open", "heading_open"):
        assert len(tokens(both, kind)) == len(tokens(vgg16_pages["zh"], kind)) == len(tokens(vgg16_pages["en"], kind))
    assert len(both) < 0.95 * (len(vgg16_pages["zh"]) + len(vgg16_pages["en"]))


def test_each_language_alone_is_in_that_language(vgg16_pages):
    english = vgg16_pages["en"].split("## Terms")
    glossary_gone = english[0] + english[1].split("## ", 1)[1]
    left = re.findall("[\u4e00-\u9fff]+", glossary_gone)
    assert left == []
    sentences = re.sub(r"`[^`]*`|\$[^$]*\$", "", vgg16_pages["zh"])
    assert not re.search(r"\b(?:the|of|and|with|each|is)\b", sentences.split("## 术语")[0])


def test_both_languages_say_as_much(vgg16_pages):
    assert len(tokens(vgg16_pages["zh"], "paragraph_open")) == len(tokens(vgg16_pages["en"], "paragraph_open"))
    counted_in_yi = re.compile(r"约[\d.]+[万亿]，")  # Chinese has its own units beside M and G
    plainly = {lang: counted_in_yi.sub("", vgg16_pages[lang]).replace("{,}", ",") for lang in ("zh", "en")}
    figures = {lang: re.findall(r"\d[\d,]*\d", plainly[lang]) for lang in ("zh", "en")}
    assert set(figures["zh"]) == set(figures["en"])


# Names that could do harm.

HOSTILE = [
    "a*b*c",
    "_under_",
    "<script>alert(1)</script>",
    "a|b",
    "`tick`",
    "``two``",
    "$x$",
    "$$",
    "[link](http://x)",
    "![image](x.png)",
    "a\nb",
    "a\n\n# heading",
    "x\u202ey\u2066z",
    "\\",
    "~~gone~~",
    "&lt;&copy;",
    "1. list",
    "- item",
    "# title",
    "> quote",
    "<!-- comment",
    "--",
    "===",
    "“引号”",
    "http://example.com",
    "\x07bell",
    "\u200b",
]


def named(name: str) -> nn.Module:
    """A network with a layer of that name, of a class of that name, that prints like that."""
    model = nn.Sequential()
    name = name.replace(".", "-")
    kind = type(name, (nn.Linear,), {"extra_repr": lambda self: name})
    model.add_module(name, kind(3, 4))
    model.add_module("plain", nn.Sequential())
    model.plain.add_module(name, nn.LayerNorm(4))
    model.register_parameter(name + "p", nn.Parameter(model.plain[0].weight.detach().clone()))
    return model


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_name_stays_a_name(name):
    walk = replace(walked(named(name), (1, 3)), name=name)
    harmless = replace(walked(named("name"), (1, 3)), name="name")
    for detail in ("standard", "full"):
        text, expected = (Explanation(each, ("zh", "en"), detail).to_markdown() for each in (walk, harmless))
        for kind in ("heading_open", "table_open", "tr_open", "td_open", "math_block", "math_inline", "paragraph_open"):
            assert len(tokens(text, kind)) == len(tokens(expected, kind)), kind
        for kind in ("html_inline", "em_open", "link_open", "image", "s_open", "bullet_list_open", "hr", "hardbreak"):
            assert len(tokens(text, kind)) == len(tokens(expected, kind)), kind
        assert len(tokens(text, "html_block")) == 1
        assert len(text.splitlines()) == len(expected.splitlines())
        assert not re.search("[\u0000-\u0009\u000b-\u001f\u007f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_escaped_text_reads_as_itself(text):
    (paragraph,) = [token for token in commonmark().parse("x" + escaped(text)) if token.type == "inline"]
    assert all(child.type in ("text", "text_special") for child in paragraph.children)
    shown = "".join(child.content for child in paragraph.children)
    assert shown == "x" + re.sub("[\u0000-\u001f\u200b\u202e\u2066]", lambda c: f"\\u{ord(c[0]):04x}", text)


@pytest.mark.parametrize("text", [name for name in HOSTILE if name != "\u200b"], ids=ascii)
def test_code_reads_as_itself(text):
    (paragraph,) = [token for token in commonmark().parse("x " + code(text)) if token.type == "inline"]
    kinds = [child.type for child in paragraph.children]
    assert kinds == ["text", "code_inline"]


@pytest.mark.parametrize("text", ["", " ", "  "])
def test_code_of_nothing_is_no_open_fence(text):
    assert "``" not in written(Paragraph({"zh": ("前", Code(text), "后")})).replace("` `", "")


@pytest.mark.parametrize(
    "text", ["1. 一", "2) 二", "- 三", "+ 四", "# 五", "> 六", "= 七", "---", "===", "* 八", "    九", "1.", "|十|"]
)
def test_a_paragraph_stays_a_paragraph(text):
    markdown = written(Paragraph({"zh": ("前一段",)}), Paragraph({"zh": (text,)}))
    kinds = [token.type for token in commonmark().parse(markdown)]
    assert kinds.count("paragraph_open") == 3  # the subtitle too
    assert not {"bullet_list_open", "ordered_list_open", "blockquote_open", "code_block", "hr", "table_open"} & set(
        kinds
    )
    assert kinds.count("heading_open") == 1


# The other blocks.


def test_a_note_is_a_quotation_and_an_alarm_is_strong():
    markdown = written(Note({"zh": ("小心",)}, alarm=True), Note({"zh": ("提示",)}))
    assert len(tokens(markdown, "blockquote_open")) == 2
    assert len(tokens(markdown, "strong_open")) == 1


@pytest.mark.parametrize("hostile", ["*", "**", "a**b", "_x_", "`"])
def test_an_alarm_stays_strong_whatever_it_says(hostile):
    markdown = written(Note({"zh": (f"不一致 {hostile} ✗",)}, alarm=True))
    line = next(token for token in commonmark().parse(markdown) if token.type == "inline" and "不一致" in token.content)
    kinds = [child.type for child in line.children if child.type != "text" or child.content]
    assert kinds[0] == "strong_open"
    assert kinds[-1] == "strong_close"


def test_an_alarm_with_code_in_it_is_strong():
    markdown = written(Note({"zh": ("不一致：", Code("features.0"), "的参数量")}, alarm=True))
    assert len(tokens(markdown, "strong_open")) == 1
    assert len(tokens(markdown, "code_inline")) == 1


def test_bullets():
    markdown = written(Bullets(({"zh": ("一",)}, {"zh": ("二",)})))
    assert len(tokens(markdown, "list_item_open")) == 2


def test_formulas_in_running_text_get_their_spaces():
    k_h, k_w = kernel(2)
    text = written(Paragraph({"zh": ("式中：", Math(k_h), "、", Math(k_w), "为卷积核的高和宽，", Math(C_in), "。")}))
    assert len(tokens(text, "math_inline")) == 3
    assert re.search(r"： \$k_h\$ 、 \$k_w\$ 为", text)


def test_an_equation_is_aligned_at_the_equals_sign():
    values = {C_out: 64}
    rows = (
        Row("参数量", (2 * C_out,)),
        Row(None, (Number(2) * Number(64, C_out),), labelled=True),
        Row(None, (Number(128),)),
    )
    (block,) = tokens(written(Equation(rows)), "math_block")
    lines = block.content.strip().splitlines()
    assert lines[0] == r"\begin{aligned}"
    assert lines[-1] == r"\end{aligned}"
    assert all(line.count("&=") == 1 for line in lines[1:-1])
    assert lines[1].startswith(r"\text{参数量}")
    assert all(line.endswith(r"\\") for line in lines[1:-2])
    assert values


@pytest.mark.parametrize("left", ["a}b", "$x$", "50%", "a_b^c", "\\input{x}", "#&~"])
def test_words_on_the_left_of_an_equation_cannot_break_it(left):
    markdown = written(Equation((Row(left, (Number(1),)),)))
    (block,) = tokens(markdown, "math_block")
    inside = re.search(r"\\text\{([^{}]*)\}", block.content)
    assert inside
    assert not re.search(r"[\\$%#_^&~]", inside[1])


def test_the_languages_are_named_at_the_top():
    markdown = to_markdown(Document(("zh", "en"), ("标题 Title",), ("副 Sub",), ()))
    assert markdown.splitlines()[0] == "<!-- explainer lang=zh,en -->"


def test_the_other_times_sign_is_used_everywhere():
    walk = walked(Tiny(), (1, 3, 8, 8))
    text = Explanation(walk, ("zh",), times="×").to_markdown()
    assert "·" not in text
    assert r"\cdot" not in text
    assert r"\times" in text
    assert "(3×3×3+1)×4" in text
