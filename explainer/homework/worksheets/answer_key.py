"""The answer key: the derivation of exactly the questions of a sheet, with the marks for each step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from explainer.document.builder import Page
from explainer.document.given import of_output
from explainer.document.nodes import (
    Bullets,
    Code,
    Document,
    Heading,
    Inline,
    Math,
    Paragraph,
    Strong,
    Text,
    Words,
)
from explainer.formula.tree import Number, Symbol
from explainer.homework.grading.rubric import STEP_WORDS, Rubric, points_text
from explainer.homework.mistakes.facts import Facts
from explainer.homework.question import Question, right_value, value_text
from explainer.homework.worksheets.input_text import shown_shape
from explainer.homework.worksheets.key_working import derivation
from explainer.homework.worksheets.page import COLON, COMMA, STOP, document, sections
from explainer.homework.worksheets.question_text import asked, option_text
from explainer.homework.worksheets.sheet import Item, Sheet, letter
from explainer.i18n.bilingual import Bi, Lang, joined
from explainer.lesson.phrases import capitalised
from explainer.render.files import check_target, from_markdown, write
from explainer.render.markdown import to_markdown
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer

TITLE = Bi(zh="{title}（参考答案）", en="{title} (answer key)")
QUESTION = Bi(zh="第{n}题　{what}", en="{n}. {what}")
RIGHT = Bi(zh="答案：", en="Answer: ")
THAT_IS = Bi(zh="，即", en=", that is ")
UNITS: dict[str, Bi] = {"bytes": Bi("字节", " bytes")}
MARKS = Bi(zh="评分：{steps}，共{points}分。", en="Marks: {steps}; {points} in all.")
FOR_THE_ANSWER = Bi(zh="评分：答案正确得{points}分。", en="Marks: {points} for the right answer.")
STEP = Bi(zh="{step}{marks}分", en="{step} {marks}")
WEIGHTS_EACH = Bi(
    zh="每个{owner}有{each}个权重，{owners}共有{right}个；偏置不计在内。",
    en="Each {owner} has {each:weight|weights}, the {owners} together {right}; biases are not counted.",
)
WEIGHTS = Bi(
    zh="这里只数权重：公式里没有偏置那一项，{biases}个偏置不计在内。",
    en="Only weights are counted: the formula is without its biases, and the {biases:bias is|biases are} left out.",
)
BIASES_EACH = Bi(
    zh="每个{owner}有1个偏置，{owners}共有{right}个；权重不计在内。",
    en="Each {owner} has one bias, the {owners} together {right}; weights are not counted.",
)
BIASES = Bi(zh="这里只数偏置，权重不计在内。", en="Only biases are counted, no weights.")
TWICE = Bi(zh="1次乘加算2次浮点运算。", en="A multiply-accumulate counts as two floating-point operations.")
GAP = Bi("。", ". ")
LISTED = 20  # questions beyond which the printed key has a table of contents
TRAP = Bi(zh="{letter}．", en="{letter}. ")
TRAP_OF = Bi(zh="{letter}．{value}：", en="{letter}. {value}: ")


def key_document(sheet: Sheet, langs: tuple[Lang, ...], rubric: Rubric | None = None) -> Document:
    """Each question's formula with symbols, with numbers, its steps, its value, and why."""
    page = Page(langs, "full")
    for heading, items in sections(sheet):
        page.heading(2, heading)
        for item in items:
            _answer(page, item, rubric or Rubric())
    made = document(sheet, langs, TITLE.format(title=sheet.title), page.blocks)
    return replace(made, contents=len(sheet.items) > LISTED)


def write_key(sheet: Sheet, path: Path, langs: tuple[Lang, ...], rubric: Rubric | None = None) -> None:
    """Write the key as .md, .html or .pdf. Raises UserError."""
    write_document(key_document(sheet, langs, rubric), path)


def write_document(made: Document, path: Path) -> None:
    """A document into a file, whole or not at all. Raises UserError."""
    check_target(path, (".md", ".html", ".pdf"))
    write(path, from_markdown(to_markdown(made), path.suffix.lower()))


def _answer(page: Page, item: Item, rubric: Rubric) -> None:
    question, words = item.question, asked(item)
    page.blocks.append(Heading(3, page.both(QUESTION.format(n=item.number, what=capitalised(question.figure)))))
    said: dict[Lang, Text] = {}
    for lang in page.langs:
        parts: list[Inline] = [Code(words.path), COLON[lang]] if words.path else []
        parts += [words.kind[lang], " " if lang == "en" and words.layer else ""]
        parts += [Code(words.layer)] if words.layer else []
        parts.append((COMMA[lang] + words.given[lang] if words.given.en else "") + STOP[lang].rstrip())
        said[lang] = tuple(part for part in parts if part)
    page.blocks.append(Paragraph(said))
    worked = derivation(page, question)
    page.blocks += worked
    page.together(_why(page, question))
    right = {lang: _right(item, lang) for lang in page.langs}
    if item.choices:
        page.blocks += [Paragraph(right), Bullets(tuple(page.words(text) for text in _traps(item)))]
        return
    marks = _marks(item, rubric, in_steps=bool(worked))  # behind the answer: lines of their own fill pages
    page.blocks.append(Paragraph({lang: (*right[lang], GAP[lang], marks[lang]) for lang in page.langs}))


def _marks(item: Item, rubric: Rubric, *, in_steps: bool) -> Bi:
    question = item.question
    if not in_steps or not _numbers_go_in(question):
        return FOR_THE_ANSWER.format(points=points_text(item.points))
    marks = rubric.step_marks(item.points)
    if item.style == "formula":  # whoever has put the numbers in has finished: nothing is to be worked out
        first = marks.get("formula", 0)
        marks = {"formula": first, "numbers": item.points - first}
    steps = [STEP.format(step=STEP_WORDS[step], marks=points_text(mark)) for step, mark in marks.items() if mark]
    return MARKS.format(steps=joined(steps, "，", ", "), points=points_text(item.points))


def _numbers_go_in(question: Question) -> bool:
    """Whether there is a formula for them: not for a size that is only named, nor for a plain number."""
    if question.is_shape:
        return any(not isinstance(size.symbolic, Symbol | Number) for _, size in question.sizes)
    return bool(question.parts) or not isinstance(question.derivation.symbolic, Number)


def _why(page: Page, question: Question) -> list[Words]:
    layer = question.layer
    if layer is None:
        return []
    parameters = layer.parameters if isinstance(layer, Layer) else None
    if question.quantity in ("weights", "bias"):
        return [page.words(_why_apart(question))]
    if question.quantity in ("params", "bytes"):
        return [page.words(text) for text in parameters.why] if parameters else []
    if not isinstance(layer, Layer) or layer.output is None:
        return []
    if question.quantity in ("macs", "flops"):
        return [page.words(text) for text in (*layer.output.macs_why, *_twice(question))]
    page.unnumbered = {layer.index: layer for layer in question.walk.layers}
    return of_output(page, layer)


def _why_apart(question: Question) -> Bi:
    """Weights or biases by themselves: how many each kernel or neuron has."""
    facts = Facts(question)
    count, layer = facts.outputs(), question.layer
    biases = layer.params.value - question.value if layer is not None and layer.params is not None else 0
    each = question.value // max(count, 1)
    words = facts.words | {"biases": biases, "right": question.value, "each": each}
    single = facts.kind in (Kind.CONVOLUTION, Kind.TRANSPOSED, Kind.LINEAR) and count * each == question.value
    if question.quantity == "weights":
        return (WEIGHTS_EACH if single else WEIGHTS).format(**words)
    return (BIASES_EACH if single and question.value == count else BIASES).format(**words)


def _twice(question: Question) -> list[Bi]:
    return [TWICE] if question.quantity == "flops" else []


def shown_value(item: Item) -> str:
    """The right answer as the sheet would print it: a shape without the batch where the question is without it."""
    question = item.question
    return value_text(shown_shape(question, question.shape) if question.is_shape else right_value(question))


def _right(item: Item, lang: Lang) -> Text:
    value = shown_value(item)
    text = f"{item.right_letter}{'（' if lang == 'zh' else ' ('}{value}{'）' if lang == 'zh' else ')'}"
    if item.choices:
        return (RIGHT[lang], Strong(text))
    if item.style == "formula" and not item.question.is_shape:  # nothing is to be worked out
        return (RIGHT[lang], Math(item.question.derivation.substituted), THAT_IS[lang], value)
    unit = UNITS.get(item.question.quantity)
    return (RIGHT[lang], Strong(value), *((unit[lang],) if unit else ()))


def _traps(item: Item) -> list[Bi]:
    """Why each wrong option is wrong."""
    found: list[Bi] = []
    for at, choice in enumerate(item.choices):
        if choice.diagnosis:
            value, message = option_text(item, choice.text), choice.diagnosis.message
            begins = {lang: _begins(message[lang], value[lang]) for lang in ("zh", "en")}  # said once is enough
            zh, en = ((TRAP if begins[lang] else TRAP_OF)[lang] for lang in ("zh", "en"))
            found.append(Bi(zh, en).format(letter=letter(at), value=value) + message)
    return found


def _begins(message: str, value: str) -> bool:
    """`36 is …`, `The 16 in 3×16×16 is …`."""
    return message.startswith(value) or ("×" in value and value in message[: len(value) + 16])
