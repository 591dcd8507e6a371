"""Slips of arithmetic and of writing: they explain a number only where no misconception does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from explainer.formula.rewrite import drop, role, walk_products
from explainer.formula.tree import Expr, Number, Sum
from explainer.homework.mistakes.base import NUMBERS, Mistake, Way
from explainer.homework.mistakes.facts import Facts
from explainer.homework.mistakes.form import Form
from explainer.homework.mistakes.units import scaled
from explainer.i18n.bilingual import Bi


def _swapped(form: Form, facts: Facts) -> Iterator[Way]:
    """Two neighbouring digits exchanged."""
    if isinstance(facts.right, int) and form.how != "shape":
        digits = str(facts.right)
        for i in range(len(digits) - 1):
            if digits[i] != digits[i + 1]:
                wrong = digits[:i] + digits[i + 1] + digits[i] + digits[i + 2 :]
                if wrong[0] != "0":
                    yield _written(int(wrong), f"{digits[i]}{digits[i + 1]}")


def _missing(form: Form, facts: Facts) -> Iterator[Way]:
    """One digit left out."""
    digits = str(facts.right)
    if isinstance(facts.right, int) and form.how != "shape" and len(digits) > 3:
        for i in range(len(digits)):
            wrong = digits[:i] + digits[i + 1 :]
            if wrong[0] != "0":
                yield _written(int(wrong), digits[i])


def _repeated(form: Form, facts: Facts) -> Iterator[Way]:
    """One digit written twice."""
    digits = str(facts.right)
    if isinstance(facts.right, int) and form.how != "shape" and len(digits) > 2:
        for i in range(len(digits)):
            yield _written(int(digits[: i + 1] + digits[i:]), digits[i])


def _written(number: int, digits: str) -> Way:
    return Way(Form((Number(number),)), {"digits": digits}, shown=False)


NAMED = ("C_in", "C_out", "F_out", "N", "gates", "dirs", "projections")  # left out, each is a misconception of its own


def _factor(form: Form, facts: Facts) -> Iterator[Way]:
    """Any other factor left out."""
    seen = set(NAMED)
    for part in form.parts:
        for product in walk_products(part):
            for multiplied, factor in product.parts:
                name = role(factor)
                if multiplied and name is not None and name not in seen:
                    seen.add(name)
                    parts = tuple(drop(each, (name,)) for each in form.parts)
                    if form.how != "shape":
                        yield Way(replace(form, parts=parts), {"factor": facts.get(name)})


def _bare_sum(form: Form, facts: Facts) -> Iterator[Way]:
    """A term of a sum left out."""
    if form.how == "shape" or facts.question.parts:
        return
    for i, part in enumerate(form.parts):
        if isinstance(part, Sum) and len(part.parts) > 1:
            for at in range(len(part.parts)):
                kept = part.parts[:at] + part.parts[at + 1 :]
                new: Expr = kept[0][1] if len(kept) == 1 and kept[0][0] else Sum(kept)
                yield Way(replace(form, parts=(*form.parts[:i], new, *form.parts[i + 1 :])))


def _powers(*exponents: int) -> tuple[tuple[int, int], ...]:
    return tuple(pair for n in exponents for pair in ((10**n, 1), (1, 10**n)))


def _power_of_ten(form: Form, facts: Facts) -> Iterator[Way]:
    for above, below in _powers(2, 3, 5, 6):
        yield from scaled(above, below)(form, facts)


def _ten_thousand(form: Form, facts: Facts) -> Iterator[Way]:
    for above, below in _powers(4):
        yield from scaled(above, below)(form, facts)


FACTORS = tuple(quantity for quantity in NUMBERS if quantity != "activations")
TENS = Bi("数一数位数：与算式的结果一样长吗？", "Count the digits: are there as many as in the result?")
CHECK = Bi(
    "方法看来对，再核对一遍计算和抄写。", "The method looks right; check the arithmetic and the copying once more."
)

MISTAKES = (
    Mistake(
        "slip.digits_swapped",
        "slip",
        Bi("相邻两位数字颠倒", "two digits swapped"),
        Bi(
            "相邻的两位数字写颠倒了，应为“{digits}”。",
            "two neighbouring digits are swapped; they should read '{digits}'.",
        ),
        CHECK,
        0.05,
        _swapped,
        NUMBERS,
        whole=True,
    ),
    Mistake(
        "slip.digit_missing",
        "slip",
        Bi("漏写一位数字", "a digit left out"),
        Bi("漏写了一位数字“{digits}”。", "the digit '{digits}' is left out."),
        CHECK,
        0.03,
        _missing,
        NUMBERS,
        whole=True,
    ),
    Mistake(
        "slip.digit_repeated",
        "slip",
        Bi("一位数字写了两遍", "a digit written twice"),
        Bi("数字“{digits}”多写了一遍。", "the digit '{digits}' is written twice."),
        CHECK,
        0.02,
        _repeated,
        NUMBERS,
        whole=True,
    ),
    Mistake(
        "slip.zero_more",
        "slip",
        Bi("多一个零（成了10倍）", "a zero too many"),
        Bi(
            "这是正确的数的10倍，多写了一个零，或者把千万当成了亿、千当成了万。",
            "this is 10 times too large: there is a zero too many.",
        ),
        TENS,
        0.06,
        scaled(10),
        NUMBERS,
    ),
    Mistake(
        "slip.zero_less",
        "slip",
        Bi("少一个零（成了1/10）", "a zero too few"),
        Bi(
            "这是正确的数的1/10，少写了一个零，或者把亿当成了千万、万当成了千。",
            "this is 10 times too small: a zero is missing.",
        ),
        TENS,
        0.06,
        scaled(1, 10),
        NUMBERS,
    ),
    Mistake(
        "slip.ten_thousand",
        "slip",
        Bi("万的换算错误（相差10⁴倍）", "wrong by a factor of ten thousand"),
        Bi(
            "相差10⁴倍，像是漏写或多写了“万”。1万=10⁴，1亿=10⁸。",
            "this is wrong by a factor of 10⁴, as if the Chinese unit 10⁴ were left out or added.",
        ),
        Bi("1万、1亿各是10的几次方？", "Which power of ten does the unit stand for?"),
        0.055,
        _ten_thousand,
        NUMBERS,
    ),
    Mistake(
        "slip.power_of_ten",
        "slip",
        Bi("单位换算差了10的若干次方", "wrong by a power of ten"),
        Bi(
            "数字对，数量级不对，差了10的若干次方。K是10³，M是10⁶，G是10⁹；例如6000万=60 M，不是0.0006 M。",
            "the digits are right, the power of ten is not. K is 10³, M is 10⁶, G is 10⁹; 60 million, for example, is 60 M and not "
            "0.0006 M.",
        ),
        Bi("K、M、G各是10的几次方？", "Which powers of ten are K, M and G?"),
        0.055,
        _power_of_ten,
        NUMBERS,
    ),
    Mistake(
        "slip.factor",
        "slip",
        Bi("漏乘一个因数", "a factor dropped"),
        Bi("漏乘了因数{factor}。", "the factor {factor} is left out."),
        Bi("算式中的每个因数都乘了吗？", "Is every factor of the formula there?"),
        0.06,
        _factor,
        FACTORS,
    ),
    Mistake(
        "slip.term",
        "slip",
        Bi("漏加一项", "a term dropped"),
        Bi("漏加了一项。", "a term of the sum is left out."),
        Bi("算式中的每一项都加了吗？", "Is every term of the sum there?"),
        0.04,
        _bare_sum,
        FACTORS,
    ),
)
