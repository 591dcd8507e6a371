"""A number that says which one is no answer to how many: "in layer 73856", "第73856层", "the 73856th"."""

from __future__ import annotations

import re

from explainer.homework.answers.prose_words import COUNTING, PLACES
from explainer.homework.expressions import expression

_NUMBER = r"(?<![\d.])\d{1,15}(?:,\d{3}){0,5}(?:\.\d{1,6})?(?!\d)(?:\s?(?:[kKMB]\b|[千万亿]))?"
_IN_CHINESE = expression(rf"(?:第|编号|序号|[层题]号)\s*(?:为|是)?\s*{_NUMBER}|{_NUMBER}\s*号(?![码])")
_IN_ENGLISH = expression(
    rf"(?P<before>(?:\b[a-z]+\s+){{0,2}})\b(?P<noun>{'|'.join(sorted(PLACES))})\s+(?:no\.?\s*|number\s+|nr\.?\s*|#\s*)?{_NUMBER}"
    rf"(?!\s*(?:[-+*/^×·÷xX@\[(]|(?:{'|'.join(word for word in sorted(COUNTING) if word.isascii())})\b))"
    rf"|\bno\.\s*{_NUMBER}|(?<![\d)])(?<![\d)]\s)(?<![\d)]\s\s)#\s*{_NUMBER}|\b{_NUMBER}(?:st|nd|rd|th)\b",
    re.IGNORECASE,
)
_ONE = frozenset(["this", "that", "first", "last", "whole", "entire", "one", "single", "each", "every", "per"])


def without_ordinals(text: str) -> str:
    """The answer without the numbers that say which one; what they number stays.

    >>> without_ordinals("in layer 73856"), without_ordinals("第5层：73856"), without_ordinals("this layer 73856")
    ('in layer ', '层：73856', 'this layer 73856')
    """
    return _IN_ENGLISH.sub(_noun, _IN_CHINESE.sub("", text))


def _noun(found: re.Match[str]) -> str:
    """Its words alone; "this layer 73856" numbers no layer."""
    if found["noun"] is None:
        return " "
    if _ONE.intersection(found["before"].lower().split()):
        return found.group()
    return f"{found['before']}{found['noun']} "
