"""What the terminal shows of a graded answer: the verdict, the mistakes, and the right working.

Nothing that a student wrote reaches the terminal as it is: control characters and direction marks are spelled out.
"""

from __future__ import annotations

import unicodedata

from explainer.formula.derivation import Derivation
from explainer.formula.printing import plain
from explainer.formula.tree import Number
from explainer.homework.grading.messages import MATH
from explainer.homework.grading.read_as import READ_AS, differs
from explainer.homework.grading.result import AnswerVerdict, Graded
from explainer.homework.grading.shape_answer import asked
from explainer.homework.mistakes.explanation import worth_telling
from explainer.homework.used_sizes import nothing_counted
from explainer.i18n.bilingual import Bi, Lang, grouped
from explainer.i18n.printable import visible
from explainer.vocabulary.quantity import Quantity

VERDICTS: dict[AnswerVerdict, Bi] = {
    "correct": Bi("正确", "Correct"),
    "equivalent": Bi("正确（与标准式等值）", "Correct (in another form)"),
    "rounded": Bi("正确（近似值）", "Correct (rounded)"),
    "wrong": Bi("错误", "Wrong"),
    "undecided": Bi("无法判定", "Undecided"),
    "unreadable": Bi("无法识别", "Cannot be read"),
}
MARKS: dict[AnswerVerdict, str] = {
    "correct": "✓",
    "equivalent": "✓",
    "rounded": "✓",
    "wrong": "✗",
    "undecided": "?",
    "unreadable": "?",
}
FIRST_WRONG = Bi("第{n}步", "step {n}")
SEVERAL = Bi("这个错误答案有{n}种可能的原因：", "This wrong answer has {n} possible explanations:")
HINT = Bi("提示：{hint}", "Hint: {hint}")
WORKING = Bi("推导：", "The working:")
LONGEST = 160  # characters of one line of a derivation; the sum of a whole network is longer

SUMMED = Bi("先分别算出各层，再相加。", "Work out each layer by itself first, then add them up.")
COUNTED = Bi(
    "先写出公式，再代入数字：权重和偏置各有多少个？",
    "Write the formula first, then put the numbers in: how many weights are there, and how many biases?",
)
HINTS: dict[Quantity, Bi] = {
    "params": COUNTED,
    "weights": Bi("只数权重，不数偏置。", "Count the weights only, not the biases."),
    "bias": Bi("想一想每个偏置属于谁。", "Think of what each bias belongs to."),
    "shape": Bi(
        "一维一维地算：这一层改变了输入的哪几维？",
        "Take one dimension at a time: which of the input's does this layer change?",
    ),
    "macs": Bi(
        "先算每个输出元素要做几次乘加，再乘以输出元素的个数。",
        "Count the multiply-accumulates of one output element first, then multiply by how many there are.",
    ),
    "flops": Bi("1次乘加是2次浮点运算。", "One multiply-accumulate is two floating-point operations."),
    "activations": Bi("把输出各维的大小相乘。", "Multiply the sizes of the output's dimensions."),
    "bytes": Bi("参数的个数乘以每个参数的字节数。", "Multiply the number of parameters by the bytes of each."),
}


def said(graded: Graded, lang: Lang, hint: bool = False) -> list[str]:
    """The lines for the terminal. hint: the verdict and one hint, and no answer."""
    hint = hint or graded.hinted
    verdict = VERDICTS[graded.verdict][lang]
    if graded.first_wrong_step is not None:
        step = FIRST_WRONG.format(n=graded.first_wrong_step)[lang]
        verdict += f"（{step}）" if lang == "zh" else f" ({step})"
    lines = [f"{MARKS[graded.verdict]} {verdict}"]
    if graded.read_as is not None and differs(graded.given, graded.read_as):
        lines.append(READ_AS.format(reading=graded.read_as)[lang])
    if graded.verdict == "unreadable":
        lines += pointed(graded.given, graded.caret or 0)
    if hint:
        return lines + _hinted(graded, lang)
    lines += _mistakes(graded, lang)
    lines += [remark[lang] for remark in graded.remarks]
    if graded.verdict == "wrong":
        why = nothing_counted(graded.question)
        lines += [text[lang] for text in why] if why else [WORKING[lang], *derivation(graded)]
    return lines


def hint_text(graded: Graded) -> Bi:
    """The first hint for a wrong answer: of its mistake, else of what was asked for."""
    if graded.mistakes:
        return graded.mistakes[0].hint
    question = graded.question
    return SUMMED if question.layer is None and question.quantity != "bytes" else HINTS[question.quantity]


def derivation(graded: Graded) -> list[str]:
    """The right working, as the walkthrough has it: with symbols, with numbers, each step, the value."""
    question = graded.question
    if not question.is_shape:
        return _steps(question.derivation)
    sides = ((name, _sides(size)) for name, size in asked(question))
    return [" = ".join([name, *(chain[1:] if chain[0] == name else chain)]) for name, chain in sides]


def pointed(given: str, caret: int) -> list[str]:
    """The line of the answer that cannot be read, with a caret under the place."""
    caret = min(max(caret, 0), len(given))
    start = given.rfind("\n", 0, caret) + 1
    end = given.find("\n", caret)
    line = given[start : end if end >= 0 else len(given)]
    at = caret - start
    before, after = line[:at], line[at:]
    if len(before) > 60:
        before = "…" + before[-59:]
    shown = visible(before.replace("\t", " "))
    rest = visible(after[:60].replace("\t", " ")) + ("…" if len(after) > 60 else "")
    return [f"  {shown}{rest}", f"  {' ' * _width(shown)}^"]


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _hinted(graded: Graded, lang: Lang) -> list[str]:
    lines = [remark[lang] for remark in graded.remarks]
    if graded.verdict == "wrong":
        lines.append(HINT.format(hint=hint_text(graded))[lang])
    return lines


def _mistakes(graded: Graded, lang: Lang) -> list[str]:
    messages = [found.message[lang] for found in worth_telling(graded.mistakes)]
    if len(messages) < 2:
        return messages
    numbered = [f"{n}. {message}" for n, message in enumerate(messages, 1)]
    return [SEVERAL.format(n=len(messages))[lang], *numbered]


def _steps(derived: Derivation) -> list[str]:
    first, *rest = _sides(derived)
    return [f"  {first}", *(f"  = {side}" for side in rest)]


def _sides(derived: Derivation) -> list[str]:
    sides = [derived.symbolic, derived.substituted, *derived.steps, Number(derived.value)]
    texts = [_short(plain(side, MATH)) if not isinstance(side, Number) else MATH.number(side.value) for side in sides]
    return [text for at, text in enumerate(texts) if at == 0 or text != texts[at - 1]] or [grouped(derived.value)]


def _short(text: str) -> str:
    """A long sum with its middle left out."""
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    left, right = text[:half], text[-half:]
    return left[: left.rfind("+") + 1 or half] + "…" + right[max(right.find("+"), 0) :]
