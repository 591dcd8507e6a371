"""A number said of each one is not the number of all: "64 filters of 36928", "每个卷积核36928"."""

from __future__ import annotations

import re

# A clause ends where something new is said.
_CLAUSES = re.compile(r"[,，;；。！!？?\n=＝:：]|\.(?!\d)")
_EACH = re.compile(r"\b(?:each|per|every|apiece|a\s+piece)\b|每|各(?!层|个层)|单个", re.IGNORECASE)
_OF = re.compile(r"\d\s*[a-z\u3400-\u9fff]+s?\s+(?:of|with)\s+[\d.,]*\d", re.IGNORECASE)
_ALL = re.compile(r"\b(?:total|altogether|in\s+all|overall|together|sum)\b|共|总|合计|一起|加起来", re.IGNORECASE)
_NUMBERS = re.compile(r"\d+")
MOST = 2_000  # characters looked at: an answer's last words are at its end


def said_of_each(text: str, value: int) -> bool:
    """Whether the last clause that has the value says it of each one, and nothing makes it the number of all.

    >>> said_of_each("64 filters of 36928", 36928), said_of_each("each kernel has 577, 36928 in all", 36928)
    (True, False)
    """
    digits = str(value)
    holding = [clause for clause in _CLAUSES.split(_ungrouped(text[-MOST:])) if digits in _NUMBERS.findall(clause)]
    if not holding:
        return False
    last = holding[-1]
    return bool(_EACH.search(last) or _OF.search(last)) and not _ALL.search(last)


def _ungrouped(text: str) -> str:
    """36,928 as one number: a comma between clauses has no three digits behind it."""
    return re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
