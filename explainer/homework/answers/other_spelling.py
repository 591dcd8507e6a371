"""An answer spelt so that it can only be read in one way, where the usual reading fails: number words as digits, commas that join no digits."""

from __future__ import annotations

import re
from math import prod

from explainer.homework.answers.labelled_list import without_names
from explainer.homework.answers.number_words import in_digits
from explainer.homework.expressions import expression

# b=64，832+64=896: what is calculated with stands alone; what is only told may be one number, 64,832.
_APART = expression(r"(?<=\d)[,，](?=\d{3}(?:[,，]\d{3})*\s?[+*/×·xX÷=＝＋＊−-])")
LONGEST = 2_000  # characters of an answer that is looked at


# 6-14-14: sizes with hyphens or strokes between them, as on a drawing.
_DASHED = expression(r"\s*(?P<first>\d{1,9})(?P<rest>(?:\s?[-–—/_]\s?\d{1,9}){2,4})\s*")


# 64×55×55=193,600: the product of a shape's sizes, with the comma that groups digits.
_ELEMENTS = expression(
    r"(?P<sizes>\d{1,9}(?:\s?[×xX*·]\s?\d{1,9}){1,4})(?P<equal>\s?[=＝]\s?)(?P<count>\d{1,3}(?:[,，]\d{3})+)(?!\d)"
)
_BYTES = expression(r"(?<=[\d\])）])\s+[KMGT]?i?B\s*$")  # 64×55×55 B


def of_a_shape(text: str) -> str:
    """A shape whose product has commas, with the product as one number; bytes behind it are a word, no size.

    >>> of_a_shape("64×55×55=193,600个元素"), of_a_shape("2×3=1,600"), of_a_shape("64×55×55 B")
    ('64×55×55=193600个元素', '2×3=1,600', '64×55×55字节')
    """
    text = _BYTES.sub("字节", with_sizes_apart(text))
    for found in _ELEMENTS.finditer(text) if len(text) <= LONGEST else ():
        count = re.sub("[,，]", "", found["count"])
        if prod(int(size) for size in re.findall(r"\d+", found["sizes"])) == int(count):
            text = text.replace(found.group(), found["sizes"] + found["equal"] + count)
    return text


def with_sizes_apart(text: str) -> str:
    """A shape whose sizes have hyphens between them, as a list.

    >>> with_sizes_apart("6-14-14"), with_sizes_apart("28-2+1")
    ('6,14,14', '28-2+1')
    """
    found = _DASHED.fullmatch(text)
    return found["first"] + re.sub(r"\s?[-–—/_]\s?", ",", found["rest"]) if found else text


def in_other_words(text: str, *, shape: bool) -> str:
    """The answer with its number words as digits; of a shape, also without the names of its sizes."""
    return without_names(in_digits(text)) if shape else in_digits(text)


def with_commas_apart(text: str) -> str:
    """The answer with a space behind every comma that may begin the next step instead of grouping digits.

    >>> with_commas_apart("b是64，832+64=896"), with_commas_apart("2,359,808")
    ('b是64， 832+64=896', '2,359,808')
    """
    return _APART.sub(lambda comma: f"{comma.group()} ", text) if len(text) <= LONGEST else text
