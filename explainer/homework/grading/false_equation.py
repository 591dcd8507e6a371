"""An equation between whole numbers, somewhere in an answer's words, that does not hold: `there are 5*5*3*48=3500 weights`.

Only what can mean nothing else is looked at: digits and operators, one "=", one whole number without a unit, and nothing calculated
with it behind (27·64 = 1728+64 runs on, which is another fault).
"""

from __future__ import annotations

from explainer.homework.answers.answer_parser import parse
from explainer.homework.answers.units import unit_named
from explainer.homework.answers.unreadable import Unreadable
from explainer.homework.expressions import expression
from explainer.homework.grading.messages import ARITHMETIC, number_text
from explainer.homework.grading.number_answer import is_symbolic
from explainer.homework.grading.per_one import MOST
from explainer.homework.grading.vocabulary import number_of
from explainer.homework.mistakes.explanation import Diagnosis
from explainer.i18n.bilingual import Bi, same

DOES_NOT_HOLD = Bi(
    zh="“{text}”不成立：等号左边等于{value}。", en="'{text}' does not hold: its left side comes to {value}."
)
RECKON_AGAIN = Bi(zh="“{text}”不成立，请重新计算。", en="'{text}' does not hold: work it out again.")
_OPERATOR = r"[+*/×·÷−＋＊xX-]"
_NUMBER = r"\d{1,12}(?:,\d{3}){0,4}"
_EQUATION = expression(
    rf"(?<![A-Za-z0-9_.,)）\]^=＝²³+*/×·÷−＋＊-])(?<!{_OPERATOR}\s)(?<![=＝]\s)"
    rf"(?P<left>[(（\s]{{0,4}}{_NUMBER}(?:[\s()（）]{{0,4}}{_OPERATOR}[\s()（）]{{0,4}}{_NUMBER}){{1,12}}[)）]{{0,3}})"
    rf"\s?[=＝]\s?(?P<right>{_NUMBER})(?![\d,.]*\d)(?!\s*{_OPERATOR}\s*[\d(（])(?!\s*[%/^²³])(?P<behind>\s*(?:[A-Za-z]+|[万千亿百兆])?)"
)


def false_equation(text: str) -> Diagnosis | None:
    """What is wrong with the first equation that does not hold; None where there is none.

    >>> found = false_equation("共5×5×3×48=3500个，加上48个偏置")
    >>> found.id, found.message.en, found.hint.en
    ('slip.arithmetic', "'5×5×3×48=3500' does not hold: its left side comes to 3600.", "'5×5×3×48=3500' does not hold: work it out again.")
    >>> false_equation("27*64=1728+64=1792 weights"), false_equation("3*3*64=1.7K"), false_equation("27*64=1728 weights")
    (None, None, None)
    """
    for found in _EQUATION.finditer(text[-MOST:]):
        unit = unit_named(found["behind"].strip())
        if unit is not None and unit.factor != 1:
            continue
        try:
            left, right = (parse(found[side]).last.expr for side in ("left", "right"))
        except Unreadable:
            continue
        if left is None or right is None or is_symbolic(left) or is_symbolic(right):
            continue
        value, told = number_of(left), number_of(right)
        if value is not None and value.denominator == 1 and value != told:
            equation = same(found.group()[: found.end("right") - found.start()].strip())
            message = DOES_NOT_HOLD.format(text=equation, value=number_text(value))
            return Diagnosis((ARITHMETIC,), message, RECKON_AGAIN.format(text=equation), value.numerator)
    return None
