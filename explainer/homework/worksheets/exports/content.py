"""What every format says of a question: its text, the forms of a right answer, the derivation, the wrong answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal

from explainer.formula.printing import Plain, ascii_formula, plain
from explainer.homework.question import right_value, value_text
from explainer.homework.worksheets.distractors import wrong_values
from explainer.homework.worksheets.input_text import shown_shape
from explainer.homework.worksheets.question_text import asked, option_text
from explainer.homework.worksheets.sheet import Item, Sheet, letter
from explainer.i18n.bilingual import Bi, Lang, grouped, joined, same, shape_text
from explainer.i18n.printable import visible

if TYPE_CHECKING:
    from explainer.formula.derivation import Derivation
    from explainer.homework.mistakes.explanation import Diagnosis

Form = Literal["number", "text", "choice"]
MAX_WRONG = 12
TITLE = Bi(zh="第{n}题　{name}", en="Question {n}: {name}")
RIGHT = Bi(zh="正确。", en="Correct.")
OF_MODEL = Bi(zh="模型{model}：{what}", en="Model {model}: {what}")
INPUT = Bi(zh="输入尺寸为{shapes}", en="input size {shapes}")
WRITE_SHAPE = Bi(zh="（请按{example}的格式作答）", en=" (written like {example})")


@dataclass(frozen=True)
class Option:
    """One choice. feedback: what is said to who takes it."""

    ident: str
    text: Bi
    right: bool
    feedback: Bi


@dataclass(frozen=True)
class Wrong:
    """A wrong number that a misconception leads to, and what to say."""

    value: int
    text: str
    feedback: Bi


@dataclass(frozen=True)
class Content:
    """One question, ready to be written down. form: how it is answered; accepted: the right answer as it may be typed."""

    item: Item
    ident: str
    form: Form
    title: Bi
    text: tuple[Bi, ...]
    code: str
    value: int | None
    accepted: tuple[str, ...]
    options: tuple[Option, ...]
    wrong: tuple[Wrong, ...]
    solution: tuple[Bi, ...]

    @property
    def points(self) -> str:
        """Full marks as a decimal number; thirds are rounded to what marks can show."""
        return f"{float(self.item.points):.6g}"


def contents(sheet: Sheet) -> list[Content]:
    """Every question of the sheet, in order."""
    return [content(item) for item in sheet.items]


def content(item: Item) -> Content:
    """One question."""
    question = item.question
    form: Form = "choice" if item.style == "choice" else "text"
    value = None
    if form == "text" and item.style == "number" and not question.is_shape:
        form, value = "number", question.value
    words = asked(item)
    text = [words.find]
    if form == "text" and question.is_shape and item.style == "number":
        text = [words.find + WRITE_SHAPE.format(example="[8, 14, 14]")]
    head = []
    if question.walk.source != "topic":
        head.append(OF_MODEL.format(model=visible(question.walk.name), what=_visible(question.text)))
    if question.layer is None:
        shapes = [same(shape_text(shape)) for shape in question.walk.run.input_shapes]
        head += [INPUT.format(shapes=joined(shapes))] if shapes else []
    return Content(
        item=item,
        ident=f"q{item.number}",
        form=form,
        title=TITLE.format(n=str(item.number), name=visible(question.name)),
        text=(*head, *([words.given] if words.given.zh else []), *text),
        code=visible(words.layer),
        value=value,
        accepted=accepted(item) if form != "choice" else (),
        options=tuple(_option(item, at) for at in range(len(item.choices))),
        wrong=tuple(_wrong(item)) if form != "choice" else (),
        solution=solution(item),
    )


def accepted(item: Item) -> tuple[str, ...]:
    """The forms in which a right answer may be typed, the usual one first."""
    question = item.question
    if item.style == "formula":
        return _formulas([derivation for _, derivation in question.sizes], question.is_shape)
    if not question.is_shape:
        return tuple(dict.fromkeys([str(question.value), grouped(question.value)]))
    return tuple(dict.fromkeys(form for shape in _shapes(item) for form in _written(shape)))


def _shapes(item: Item) -> list[tuple[int, ...]]:
    whole = item.question.shape
    return list(dict.fromkeys([shown_shape(item.question, whole), whole]))


def _written(shape: Sequence[int]) -> list[str]:
    numbers = [str(size) for size in shape]
    bare = [mark.join(numbers) for mark in ("×", "x", "*", ",", ", ", " × ", " x ")]
    return [*bare, *(f"{left}{mark.join(numbers)}{right}" for left, right in ("[]", "()") for mark in (", ", ","))]


def _formulas(derivations: Sequence[Derivation], is_shape: bool) -> tuple[str, ...]:
    """The formula with its numbers, with other signs for ×; the steps and the value are right as well."""
    if is_shape:
        return (f"[{', '.join(ascii_formula(derivation.substituted) for derivation in derivations)}]",)
    derivation = derivations[0]
    forms: list[str] = []
    for expr in (derivation.substituted, *derivation.steps):
        text = ascii_formula(expr)
        forms += [text, text.replace("*", "×"), text.replace("*", "·"), f"{text}={derivation.value}"]
    return tuple(dict.fromkeys([*forms, str(derivation.value), grouped(derivation.value)]))


def solution(item: Item) -> tuple[Bi, ...]:
    """The derivation, line by line: the reason, then symbols = numbers = … = value."""
    question = item.question
    rows: list[Bi] = list(_reasons(item))
    for dim, derivation in question.sizes:
        chain = [derivation.symbolic, derivation.substituted, *derivation.steps]
        texts = list(dict.fromkeys([*([dim] if dim else []), *(plain(expr, Plain()) for expr in chain)]))
        texts += [] if texts[-1] == grouped(derivation.value) else [grouped(derivation.value)]
        rows.append(Bi("=".join(texts), " = ".join(texts)))
    if question.is_shape:
        rows.append(same(shape_text(shown_shape(question, question.shape))))
    return tuple(rows)


def _visible(text: Bi) -> Bi:
    return Bi(visible(text.zh), visible(text.en))


def _reasons(item: Item) -> list[Bi]:
    layer = item.question.layer
    parameters = getattr(layer, "parameters", None)
    asks = item.question.quantity in ("params", "weights", "bias")
    return [joined(list(parameters.why), "", " ")] if asks and parameters and parameters.why else []


def _option(item: Item, at: int) -> Option:
    choice = item.choices[at]
    feedback = RIGHT if choice.right else choice.diagnosis.message if choice.diagnosis else same("")
    return Option(letter(at), option_text(item, choice.text), choice.right, feedback)


def _wrong(item: Item) -> list[Wrong]:
    """The wrong numbers, each once; only whole ones, which can be compared exactly."""
    if item.style == "formula" or item.question.is_shape:
        return []
    found: list[Diagnosis] = list(islice(wrong_values(item.question, MAX_WRONG), MAX_WRONG))
    right = right_value(item.question)
    return [
        Wrong(int(one.value), value_text(one.value), one.message)
        for one in found
        if not isinstance(one.value, tuple) and int(one.value) == one.value and one.value != right
    ]


def lines(texts: Sequence[Bi], langs: Sequence[Lang]) -> list[str]:
    """Texts in the languages asked for, in reading order; what reads alike is there once."""
    return [line for text in texts for line in dict.fromkeys(text[lang] for lang in langs)]


def one_line(text: Bi, langs: Sequence[Lang]) -> str:
    """One text in all languages, a slash between."""
    return " / ".join(dict.fromkeys(text[lang] for lang in langs))


def title_of(sheet: Sheet) -> Bi:
    """The sheet's title; a model's name in it may contain anything."""
    return _visible(sheet.title)
