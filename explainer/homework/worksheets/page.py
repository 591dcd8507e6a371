"""The sheet that students get: as a document for Markdown and HTML, as CSV, and written to files of any format."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from explainer.document.nodes import Block, Bullets, Code, Document, Inline, Paragraph, Strong, Text
from explainer.homework.question import WORDS, Question, bytes_each
from explainer.homework.worksheets.sheet import Item, Sheet, Style, letter
from explainer.i18n.bilingual import Bi, Lang, same, shape_text

if TYPE_CHECKING:
    from explainer.vocabulary.shape import Shape
    from explainer.walkthrough.call import Call

BLANK = "＿" * 8
SECTIONS: dict[Style, Bi] = {
    "number": Bi("填空题", "Numbers"),
    "choice": Bi("选择题", "Multiple choice"),
    "formula": Bi("列式题", "Formulas"),
}
ORDINALS = "一二三"
EACH = Bi(zh="（每题{each}分，共{total}分）", en=" ({each} points each, {total} in all)")
IN_ALL = Bi(zh="（共{total}分）", en=" ({total} points in all)")
FULL = Bi(zh="练习编号：{id}　满分：{points}分", en="Sheet: {id}, {points} points")
NAME, NUMBER, GROUP, MARK = Bi("姓名", "Name"), Bi("学号", "Student number"), Bi("班级", "Class"), Bi("得分", "Score")
WORTH = Bi(zh="（{points}分）", en=" ({points} points) ")
INPUT = Bi(zh="输入尺寸为{shape}", en="input size {shape}")
BATCH = Bi(zh="，批量大小为{n}", en=", batch of {n}")
FIND: dict[Style, Bi] = {
    "number": Bi(zh="求{what}。", en="Find the {what}."),
    "choice": Bi(zh="{what}是（　　）。", en="What is the {what}?"),
    "formula": Bi(
        zh="列出{what}的算式，代入数值，不必算出结果。",
        en="Write the formula for the {what} and put the numbers in; no result is needed.",
    ),
}
EACH_BYTES = Bi(zh="每个参数占{n}字节，", en="Each parameter takes {n:byte|bytes}. ")
ANSWER = Bi(zh="答：", en="Answer: ")
OF_MODEL = Bi(
    zh="各题中的层都出自{name}，层的名称写在题首。",
    en="All layers are those of {name}; each question begins with the layer's name.",
)
NUMBERS = Bi(
    zh="数可以写成2,359,808、236万或2.36 M；写出过程的，按步骤给分。",
    en="Numbers may be written as 2,359,808 or 2.36 M; where you show your working, each step is marked.",
)
SIZES = Bi(
    zh="图像的尺寸写作“通道×高×宽”，例如64×112×112。",
    en="Sizes of images are written channels×height×width, as 64×112×112.",
)
BIASES = Bi(
    zh="除非题中写着bias=False，各层都有偏置，偏置计入参数量。",
    en="Layers have a bias unless they say bias=False, and biases count as parameters.",
)
OPERATIONS = Bi(
    zh="计算量按一次前向传播计，不含偏置的加法；1次乘加算2次浮点运算。",
    en="Operations are those of one forward pass, without the additions of biases; a multiply-accumulate is two floating-point "
    "operations.",
)
COLON, COMMA, STOP = Bi("：", ": "), Bi("，", ", "), Bi("。", ". ")


def sheet_document(sheet: Sheet, langs: tuple[Lang, ...]) -> Document:
    """The questions with room for the answers, in one language or in two."""
    from explainer.document.builder import Page

    page = Page(langs, "standard")
    page.blocks += [Paragraph({lang: _who(sheet, lang) for lang in langs}), instructions(page, sheet)]
    for heading, items in sections(sheet):
        page.heading(2, heading)
        for item in items:
            page.blocks += _question(item, langs)
    return document(sheet, langs, sheet.title, page.blocks)


def document(sheet: Sheet, langs: tuple[Lang, ...], title: Bi, blocks: Sequence[Block]) -> Document:
    """A page about a sheet: its title, and the id and full marks under it."""
    from explainer.homework.grading.rubric import points_text

    under = FULL.format(id=sheet.id, points=points_text(sheet.points))
    return Document(
        langs=langs,
        title=(" ".join(dict.fromkeys(title[lang] for lang in langs)),),
        subtitle=(" ".join(dict.fromkeys(under[lang] for lang in langs)),),
        blocks=tuple(blocks),
    )


def instructions(page: object, sheet: Sheet) -> Bullets:
    """How to answer."""
    from explainer.document.builder import Page

    assert isinstance(page, Page)
    asked_for = {item.question.quantity for item in sheet.items}
    kinds = {layer.rule.kind.name for item in sheet.items if (layer := item.question.layer) and layer.rule}
    said = [OF_MODEL.format(name=_name(sheet))] if sheet.source.kind == "model" else []
    said.append(NUMBERS)
    said += [SIZES] if "shape" in asked_for and kinds & _IMAGES else []
    said += [BIASES] if asked_for & {"params", "bytes"} else []
    said += [OPERATIONS] if asked_for & {"macs", "flops"} else []
    return Bullets(tuple(page.words(text) for text in said))


def sections(sheet: Sheet) -> Iterator[tuple[Bi, list[Item]]]:
    """一、填空题（每题10分，共40分）: the questions by their style, in the sheet's order."""
    styles = list(dict.fromkeys(item.style for item in sheet.items))
    for at, style in enumerate(styles):
        items = [item for item in sheet.items if item.style == style]
        yield _numbered(at, SECTIONS[style] + _points(items)), items


def _numbered(at: int, title: Bi) -> Bi:
    return Bi(f"{ORDINALS[at]}、{title.zh}", f"{at + 1}. {title.en}")


def _points(items: Sequence[Item]) -> Bi:
    from explainer.homework.grading.rubric import points_text

    total = points_text(sum((item.points for item in items), 0))
    if len({item.points for item in items}) == 1:
        return EACH.format(each=points_text(items[0].points), total=total)
    return IN_ALL.format(total=total)


def _name(sheet: Sheet) -> str:
    from explainer.lesson.architectures import proper_name

    return proper_name(sheet.walk.name) if sheet.walk.source == "torchvision" else sheet.walk.name


def _who(sheet: Sheet, lang: Lang) -> Text:
    """姓名＿＿＿＿　学号＿＿＿＿　班级＿＿＿＿　得分＿＿＿＿: filled in where it is known."""
    who = sheet.student
    known = {NAME: who.name if who else "", NUMBER: who.number if who else "", GROUP: who.group if who else ""}
    parts = [f"{word[lang]}{COLON[lang]}{known.get(word) or BLANK}" for word in (NAME, NUMBER, GROUP, MARK)]
    return ("　　".join(parts),)


@dataclass(frozen=True)
class Asked:
    """A question in words. layer: its line as in a program; given: what is known; find: what is asked."""

    path: str
    layer: str
    kind: Bi
    given: Bi
    find: Bi
    answer: Bi


def asked(item: Item) -> Asked:
    """The layer's line, its input size, and what to find."""
    question = item.question
    call = getattr(question.layer, "call", None)
    named = bool(question.layer) and question.walk.source != "topic"
    rule = question.layer.rule if question.layer else None
    given = _given(call, rule.kind.name if rule else "") if call is not None else same("")
    what = WORDS[question.quantity]
    find = FIND[item.style].format(what=what)
    if question.quantity == "bytes":
        find = EACH_BYTES.format(n=question.derivation.values[bytes_each]) + find
    return Asked(
        path=question.layer.path if question.layer and named else "",
        layer=_line(call) if call is not None else "",
        kind=rule.title if rule else _whole(question),
        given=given,
        find=find,
        answer=same("") if item.style == "choice" else ANSWER,
    )


def _whole(question: Question) -> Bi:
    """What a question without a layer is about."""
    part = question.name.split(".", 1)[0]
    return Bi("整个网络", "the whole network") if part == "total" else same(question.name.rpartition(".")[0])


def hides_batch(call: Call, kind: str) -> bool:
    """Whether an image is printed without its batch, as teachers write 3×224×224."""
    rank = len(call.shapes[0]) if call.shapes else 0
    by_channel = kind == "ACTIVATION" or call.option("num_features") or call.option("num_channels")
    return (kind in _IMAGES and rank > 2) or (kind in ("ACTIVATION", "NORMALIZATION") and rank == 4 and by_channel)


def shown_shape(question: Question, shape: Shape) -> Shape:
    """A shape without the batch where the question is printed without it."""
    layer = question.layer
    call = getattr(layer, "call", None)
    if call is None or layer is None or layer.rule is None or not hides_batch(call, layer.rule.kind.name):
        return shape
    return shape[1:] if len(shape) > 1 and shape[0] == call.shapes[0][0] else shape


def option_text(item: Item, text: Bi) -> Bi:
    """An option as printed; shapes without the batch where all of them begin with it."""
    if not item.question.is_shape or not all("×" in choice.text.en for choice in item.choices):
        return text
    shape = item.question.shape
    if shown_shape(item.question, shape) == shape:
        return text
    alike = all(choice.text.en.startswith(f"{shape[0]}×") for choice in item.choices)
    return same(text.en.partition("×")[2]) if alike else text


def _given(call: Call, kind: str) -> Bi:
    shapes = call.input_shapes
    if not shapes:
        return same("")
    if hides_batch(call, kind):
        shape: Shape = shapes[0][1:]
        return INPUT.format(shape=shape_text(shape)) + (BATCH.format(n=shapes[0][0]) if shapes[0][0] > 1 else same(""))
    each = list(dict.fromkeys(shape_text(shape) for shape in shapes))
    return INPUT.format(shape=Bi("、".join(each), ", ".join(each)))


_IMAGES = {"CONVOLUTION", "TRANSPOSED", "POOLING"}
_NO_MATTER = ("eps=", "momentum=", "inplace=", "p=")
_USUAL = {"affine=True", "elementwise_affine=True", "track_running_stats=True", "dilation=1", "ceil_mode=False"}


def _line(call: Call) -> str:
    """`Conv2d(3, 64, kernel_size=(3, 3), padding=(1, 1))`, without what does not bear on the figures."""
    op = call.op
    if op is None:
        return call.type
    if "embed_dim" in op.options and "num_heads" in op.options:  # attention, which torch does not print
        width = op.options["embed_dim"]
        options = f"embed_dim={width}, num_heads={op.options['num_heads']}"
        options += "" if "in_proj_bias" in op.tensors else ", bias=False"
        other = op.options.get("kdim", width) != width
        options += f", kdim={op.options['kdim']}, vdim={op.options['vdim']}" if other else ""
        options += ", add_bias_kv=True" if "bias_k" in op.tensors else ""
        return f"{call.type}({options})"
    options = op.text
    dull = _USUAL | ({"bias=True"} if "affine" in options else set())
    kept = [part for part in options.split(", ") if part not in dull and not part.startswith(_NO_MATTER)]
    return f"{call.type}({', '.join(kept)})"


def _question(item: Item, langs: tuple[Lang, ...]) -> list[Block]:
    from explainer.homework.grading.rubric import points_text

    words = asked(item)
    worth = WORTH.format(points=points_text(item.points))
    said: dict[Lang, Text] = {}
    for lang in langs:
        parts: list[Inline] = [Strong(f"{item.number}．" if lang == "zh" else f"{item.number}."), worth[lang]]
        if words.path:
            parts += [Code(words.path), COLON[lang]]
        if words.layer:
            parts += [words.kind[lang], " " if lang == "en" else "", Code(words.layer)]
        else:
            parts.append(words.kind[lang])
        if words.given.en:
            parts.append(COMMA[lang] + words.given[lang])
        parts.append(STOP[lang] + words.find[lang])
        said[lang] = tuple(part for part in parts if part)
    blocks: list[Block] = [Paragraph(said)]
    if item.choices:
        dot, gap = ("．", "　　") if langs[0] == "zh" else (". ", "    ")
        listed = [
            f"{letter(i)}{dot}{option_text(item, choice.text)[langs[0]]}" for i, choice in enumerate(item.choices)
        ]
        blocks.append(Paragraph({langs[0]: (gap.join(listed),)}))
    blocks.append(Paragraph({langs[0]: (f"{ANSWER[langs[0]]}{BLANK * (4 if item.style == 'formula' else 2)}",)}))
    return blocks


def sheet_csv(sheet: Sheet) -> str:
    """`question,answer` with the sheet's id above; to be filled in with a spreadsheet."""
    output = io.StringIO()
    output.write(f"# sheet: {sheet.id}\n")
    if sheet.student:
        output.write(f"# student: {sheet.student.number}\n")
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(["question", "answer"])
    writer.writerows([item.name, ""] for item in sheet.items)
    return output.getvalue()


SHEET_FORMATS = (".md", ".html", ".pdf", ".csv")


def sheet_bytes(sheet: Sheet, ending: str, langs: tuple[Lang, ...]) -> bytes:
    """The sheet as a file. Raises UserError for an unknown ending, or PDF where it is not available."""
    from explainer.render.files import from_markdown
    from explainer.render.markdown import to_markdown

    if ending == ".csv":
        return ("\ufeff" + sheet_csv(sheet)).encode()
    if ending == ".pdf":
        from explainer.homework.worksheets.pdf_form import form_pdf

        return form_pdf(sheet, langs)
    text = to_markdown(sheet_document(sheet, langs))
    head, _, rest = text.partition("\n")
    return from_markdown(f"{head.removesuffix(' -->')} sheet={sheet.id} -->\n{rest}", ending)


def write_sheet(sheet: Sheet, path: Path, langs: tuple[Lang, ...]) -> None:
    """Write the sheet; the ending (.md, .html, .pdf with fields, .csv) chooses the format. Raises UserError."""
    from explainer.render.files import check_target, write

    check_target(path, SHEET_FORMATS)
    write(path, sheet_bytes(sheet, path.suffix.lower(), langs))
