"""A question in words: the layer's line as in a program, what is known, what to find."""

from __future__ import annotations

from dataclasses import dataclass

from explainer.formula.role import Role
from explainer.homework.parameter_bytes import bytes_each
from explainer.homework.question import Question, Style
from explainer.homework.worksheets.input_text import given, shown_shape
from explainer.homework.worksheets.layer_line import layer_line
from explainer.homework.worksheets.sheet import Item
from explainer.homework.worksheets.wholes import told
from explainer.i18n.bilingual import Bi, Lang, begun, joined, same
from explainer.walkthrough.model import Layer

FIND: dict[Style, Bi] = {
    "number": Bi(zh="求{what}。", en="Find the {what}."),
    "choice": Bi(zh="{what}是下列哪一项？", en="What is the {what}?"),
    "formula": Bi(
        zh="列出{what}的算式，代入数值，不必算出结果。",
        en="Write the formula for the {what} and put the numbers in; no result is needed.",
    ),
}
EACH_OF_SIZE = Bi(zh="每个{bits}位参数占{n}字节，", en="Each {bits}-bit parameter takes {n:byte|bytes}. ")
EACH_BYTES = Bi(zh="每个参数占{n}字节，", en="Each parameter takes {n:byte|bytes}. ")
ONE_OF_THESE = Bi(zh="这些相同的块中的一块", en="one of these equal blocks")
ANSWER = Bi(zh="答：", en="Answer: ")


def before_blank(word: Bi, langs: tuple[Lang, ...]) -> str:
    """答：, Answer:, or both before the one line that is filled in: 答 Answer：."""
    if len(langs) == 1:
        return word[langs[0]]
    colon = "：" if langs[0] == "zh" else ": "
    return " ".join(word[lang].rstrip("： :") for lang in langs) + colon


@dataclass(frozen=True)
class QuestionText:
    """A question in words. layer: its line as in a program; given: what is known; find: what is asked."""

    path: str
    layer: str
    kind: Bi
    given: Bi
    find: Bi
    answer: Bi


def asked(item: Item) -> QuestionText:
    """The layer's line, its input size, and what to find."""
    question = item.question
    call = question.layer.call if isinstance(question.layer, Layer) else None
    named = bool(question.layer) and question.walk.source != "topic"
    rule = question.layer.rule if question.layer else None
    find = FIND[item.style].format(what=question.figure)
    if question.quantity == "bytes":
        find = _bytes_of_each(question) + find
    path = question.layer.path if question.layer and named else _several(question)
    kind = rule.title if rule else _whole(question)
    return QuestionText(
        path=path,
        layer=layer_line(call) if call is not None else "",
        kind=kind if path else begun(kind),
        given=given(question) if call is not None else told(question),
        find=find,
        answer=same("") if item.style == "choice" else ANSWER,
    )


def _bytes_of_each(question: Question) -> Bi:
    """What a student is told of the parameters' data types."""
    sizes = {symbol: n for symbol, n in question.derivation.values.items() if symbol.role is Role.BYTES}
    if bytes_each in sizes:
        return EACH_BYTES.format(n=sizes[bytes_each])
    return joined([EACH_OF_SIZE.format(bits=8 * n, n=n) for n in sizes.values()], "", "")


def _whole(question: Question) -> Bi:
    """What a question without a layer is about."""
    part = question.name.split(".", 1)[0]
    if _several(question):
        return ONE_OF_THESE
    return Bi("整个网络", "the whole network") if part == "total" else same(question.name.rpartition(".")[0])


def _several(question: Question) -> str:
    """`h.*`, where one of several equal blocks is asked about."""
    where = question.name.rpartition(".")[0]
    return where if "*" in where else ""


def option_text(item: Item, text: Bi) -> Bi:
    """An option as printed: a shape of all dimensions without the batch."""
    question = item.question
    if not question.is_shape or not all("×" in choice.text.en for choice in item.choices):
        return text
    shape = question.shape
    shown = shown_shape(question, shape)
    if shown == shape:
        return text
    options = [choice.text.en.split("×") for choice in item.choices]
    axis = next(at for at in range(len(shape)) if shape[:at] + shape[at + 1 :] == shown)
    if not all(len(option) == len(shape) and option[axis] == str(shape[axis]) for option in options):
        return text
    sizes = text.en.split("×")
    return same("×".join(sizes[:axis] + sizes[axis + 1 :]))
