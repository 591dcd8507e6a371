"""For marking on paper: each question's plausible wrong numbers, the mistake behind each, and the marks."""

from __future__ import annotations

from pathlib import Path

from explainer.document.builder import Page
from explainer.document.nodes import Document, Inline, Strong, Table, Text
from explainer.homework.grading.rubric import Rubric, points_text
from explainer.homework.mistakes import BY_ID
from explainer.homework.mistakes.explanation import Diagnosis
from explainer.homework.question import value_text
from explainer.homework.worksheets.answer_key import shown_value, write_document
from explainer.homework.worksheets.distractors import wrong_values
from explainer.homework.worksheets.input_text import shown_shape
from explainer.homework.worksheets.page import document
from explainer.homework.worksheets.sheet import Item, Sheet, letter
from explainer.i18n.bilingual import Bi, Lang, joined

MOST = 6  # rows of one question: what is rarer is found by `explain check`

TITLE = Bi(zh="{title}：错答速查表", en="{title} (wrong answers at a glance)")
HOW = Bi(
    zh="按题号查学生写的数：右边是可能犯的错误和应得的分。每题先列最常见的；表中没有的数，请按步骤给分。",
    en="Look up the number a student wrote: beside it stand the mistake that leads to it and the marks it gets. The most "
    "plausible come first; for a number that is not listed, mark the steps.",
)
HEADER = (
    Bi("题号", "No."),
    Bi("学生写的", "Student wrote"),
    Bi("错在哪里", "Mistake"),
    Bi("得分", "Marks"),
)
RIGHT = Bi(zh="正确：{what}", en="right: {what}")


def lookup_document(sheet: Sheet, langs: tuple[Lang, ...], rubric: Rubric | None = None) -> Document:
    """One table; the right answers are in bold."""
    page = Page(langs, "standard")
    page.say(HOW)
    rows: list[tuple[Text, ...]] = []
    for item in sheet.items:
        rows += _rows(page, item, rubric or Rubric())
    page.blocks.append(Table(tuple(page.both(title) for title in HEADER), "rllr", tuple(rows)))
    return document(sheet, langs, TITLE.format(title=sheet.title), page.blocks)


def write_lookup(sheet: Sheet, path: Path, langs: tuple[Lang, ...], rubric: Rubric | None = None) -> None:
    """Write the look-up sheet as .md, .html or .pdf. Raises UserError."""
    write_document(lookup_document(sheet, langs, rubric), path)


def _rows(page: Page, item: Item, rubric: Rubric) -> list[tuple[Text, ...]]:
    right = f"{item.right_letter}　{shown_value(item)}" if item.choices else shown_value(item)
    what = page.both(RIGHT.format(what=item.question.figure))
    full = points_text(item.points).en
    rows: list[tuple[Text, ...]] = [((Strong(str(item.number)),), (Strong(right),), what, (full,))]
    if item.choices:
        wrong = [(letter(at), choice.diagnosis) for at, choice in enumerate(item.choices) if choice.diagnosis]
    else:
        wrong = [("", found) for found in wrong_values(item.question, MOST)]
    for sign, found in wrong:
        value = shown_shape(item.question, found.value) if isinstance(found.value, tuple) else found.value
        written = f"{sign}　{value_text(value)}" if sign else value_text(value)
        marks = "0" if item.choices else points_text(rubric.after(item.points, found)).en
        cell: tuple[Inline, ...] = page.both(title(found))
        rows.append((("",), (written,), cell, (marks,)))
    return rows


def title(found: Diagnosis) -> Bi:
    """The names of the mistakes, two joined by ＋."""
    return joined([BY_ID[part].title for part in found.mistakes], "＋", " + ")
