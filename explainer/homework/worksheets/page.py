"""The sheet that students get: as a document for Markdown and HTML, as CSV, and written to files of any format."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from explainer.document.builder import Page
from explainer.document.nodes import Block, Bullets, Code, Document, Inline, Paragraph, Strong, Text
from explainer.homework.grading.rubric import points_text
from explainer.homework.question import Style
from explainer.homework.worksheets.input_text import convention
from explainer.homework.worksheets.question_text import ANSWER, asked, before_blank, option_text
from explainer.homework.worksheets.sheet import Item, Sheet, letter
from explainer.i18n.bilingual import Bi, Lang
from explainer.i18n.printable import cell, visible
from explainer.lesson.architectures import proper_name

BLANK = "＿" * 8
LINES = ("＿" * 40,) * 2  # for the working of a question
WORKING = Bi("解：", "Working:")
SECTIONS: dict[Style, Bi] = {
    "number": Bi("计算题", "Numbers"),
    "choice": Bi("选择题", "Multiple choice"),
    "formula": Bi("列式题", "Formulas"),
}
ORDINALS = "一二三"
EACH = Bi(zh="（每题{each}分，共{total}分）", en=" ({each} points each, {total} in all)")
ONE = Bi(zh="（{total}分）", en=" ({total} points)")
IN_ALL = Bi(zh="（共{total}分）", en=" ({total} points in all)")
FULL = Bi(zh="练习编号：{id}　满分：{points}分", en="Sheet: {id}, {points} points")
NAME, NUMBER, GROUP, MARK = Bi("姓名", "Name"), Bi("学号", "Student number"), Bi("班级", "Class"), Bi("得分", "Score")
WORTH = Bi(zh="（{points}分）", en=" ({points} points) ")
OF_MODEL = Bi(
    zh="各题中的层都出自{name}，层的名称写在题首。",
    en="All layers are those of {name}; each question begins with the layer's name.",
)
NUMBERS = Bi(
    zh="数可以写成2,359,808、236万或2.36 M；写出过程的，按步骤给分。",
    en="Numbers may be written as 2,359,808 or 2.36 M; where you show your working, each step is marked.",
)
BIASES = Bi(
    zh="除题中注明bias=False者外，卷积层和全连接层都有偏置，偏置计入参数量。",
    en="Convolutional and fully connected layers have a bias unless the question says bias=False; biases count as parameters.",
)
MACS = Bi(
    zh="计算量指一次前向传播的乘加次数，不含偏置的加法。",
    en="Multiply-accumulates are those of one forward pass, without the additions of biases.",
)
FLOPS = Bi(
    zh="浮点运算次数按一次前向传播计，不含偏置的加法；1次乘加算2次浮点运算。",
    en="Floating-point operations are those of one forward pass, without the additions of biases; a multiply-accumulate counts as "
    "two.",
)
COLON, COMMA, STOP = Bi("：", ": "), Bi("，", ", "), Bi("。", ". ")
GAP = Bi("　　", "    ")
DOT = Bi("．", ". ")  # behind a number or a letter that is counted by


def sheet_document(sheet: Sheet, langs: tuple[Lang, ...]) -> Document:
    """The questions with room for the answers, in one language or in two."""
    page = Page(langs, "standard")
    page.blocks += [Paragraph({langs[0]: (line,)}) for line in _who(sheet, page)]  # to be filled in once
    page.blocks.append(instructions(page, sheet))
    for heading, items in sections(sheet):
        page.heading(2, heading)
        for item in items:
            page.blocks += _question(item, langs)
    return document(sheet, langs, sheet.title, page.blocks)


def document(sheet: Sheet, langs: tuple[Lang, ...], title: Bi, blocks: Sequence[Block]) -> Document:
    """A page about a sheet: its title, and the id and full marks under it."""
    under = FULL.format(id=sheet.id, points=points_text(sheet.points))
    return Document(
        langs=langs,
        title=(" ".join(dict.fromkeys(title[lang] for lang in langs)),),
        subtitle=(" ".join(dict.fromkeys(under[lang] for lang in langs)),),
        blocks=tuple(blocks),
    )


def instructions(page: Page, sheet: Sheet) -> Bullets:
    """How to answer."""
    asked_for = {item.question.quantity for item in sheet.items}
    sizes = convention([item.question.layer for item in sheet.items if item.question.layer is not None])
    said = [OF_MODEL.format(name=_name(sheet))] if sheet.source.kind == "model" else []
    said.append(NUMBERS)
    said += [sizes] if sizes is not None else []
    said += [BIASES] if asked_for & {"params", "bytes"} else []
    said += [MACS] if "macs" in asked_for else []
    said += [FLOPS] if "flops" in asked_for else []
    return Bullets(tuple(page.words(text) for text in said))


def sections(sheet: Sheet) -> Iterator[tuple[Bi, list[Item]]]:
    """一、计算题（每题10分，共40分）: the questions by their style, in the sheet's order."""
    styles = list(dict.fromkeys(item.style for item in sheet.items))
    for at, style in enumerate(styles):
        items = [item for item in sheet.items if item.style == style]
        yield _numbered(at, SECTIONS[style] + _points(items)), items


def _numbered(at: int, title: Bi) -> Bi:
    return Bi(f"{ORDINALS[at]}、{title.zh}", f"{at + 1}. {title.en}")


def _points(items: Sequence[Item]) -> Bi:
    total = points_text(sum((item.points for item in items), 0))
    if len(items) == 1:
        return ONE.format(total=total)
    if len({item.points for item in items}) == 1:
        return EACH.format(each=points_text(items[0].points), total=total)
    return IN_ALL.format(total=total)


def _name(sheet: Sheet) -> str:
    return proper_name(sheet.walk.name, sheet.walk.source)


def _who(sheet: Sheet, page: Page) -> list[str]:
    """姓名＿＿＿＿　学号＿＿＿＿　班级＿＿＿＿　得分＿＿＿＿, in two languages on two lines: filled in where it is known."""
    who = sheet.student
    known = {NAME: who.name if who else "", NUMBER: who.number if who else "", GROUP: who.group if who else ""}
    colon = COLON[page.langs[0]]
    parts = [f"{page.label(word)}{colon}{known.get(word) or BLANK}" for word in (NAME, NUMBER, GROUP, MARK)]
    in_a_line = len(parts) // len(page.langs)
    return ["　　".join(parts[at : at + in_a_line]) for at in range(0, len(parts), in_a_line)]


def _question(item: Item, langs: tuple[Lang, ...]) -> list[Block]:
    words = asked(item)
    worth = WORTH.format(points=points_text(item.points))
    said: dict[Lang, Text] = {}
    for lang in langs:
        parts: list[Inline] = [Strong(f"{item.number}{DOT[lang]}".rstrip()), worth[lang]]
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
        dot, gap = DOT[langs[0]], GAP[langs[0]]
        options = [option_text(item, choice.text) for choice in item.choices]
        listed = [f"{letter(i)}{dot}{Page(langs, 'standard').label(option)}" for i, option in enumerate(options)]
        blocks.append(Paragraph({langs[0]: (gap.join(listed),)}))
    else:  # room to work: steps are marked
        blocks += [Paragraph({langs[0]: (text,)}) for text in (before_blank(WORKING, langs), *LINES)]
    blocks.append(
        Paragraph({langs[0]: (f"{before_blank(ANSWER, langs)}{BLANK * (4 if item.style == 'formula' else 2)}",)})
    )
    return blocks


def sheet_csv(sheet: Sheet) -> str:
    """`question,answer` with the sheet's id above; to be filled in with a spreadsheet."""
    output = io.StringIO()
    output.write(f"# sheet: {sheet.id}\n")
    if sheet.student:
        output.write(f"# student: {visible(sheet.student.number)}\n")
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(["question", "answer"])
    writer.writerows([cell(item.name), ""] for item in sheet.items)
    return output.getvalue()
