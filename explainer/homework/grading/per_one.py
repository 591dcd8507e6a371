"""A number said of each one is not the number of all: "64 filters of 36928", "每个卷积核36928"."""

from __future__ import annotations

import re
from collections.abc import Collection

from explainer.homework.expressions import expression

# A clause ends where something new is said.
_CLAUSES = expression(
    r"[,，;；。！!？?\n=＝:：→⇒]|->|=>|\.(?!\d)|\b(?:makes?|gives?|comes?\s+to|(?:which|that)\s+is|that['’]s)\b"
)
EACH = expression(
    r"\b(?:each|per|every|apiece|a\s+piece)\b|(?<=[a-z])/(?=(?:[a-z]{4,}|map|row)\b)|每|各(?!层|个层)|单个|一个(?=卷积核|核|神经元|通道|滤波器|filter|输出)",
    re.IGNORECASE,
)
_OF = expression(r"\d\s*[a-z\u3400-\u9fff]+s?\s+(?:of|with)\s+[\d.,]*\d", re.IGNORECASE)
_ALL = expression(
    r"\b(?:total|altogether|in\s+all|for\s+all|overall|together|sum)\b|共|总|合计|一起|加起来", re.IGNORECASE
)
_ONE_EACH = expression(  # 64 (one per filter): the one is said of each, not the 64
    r"\b(?:one|two|a|1|2)\s+(?:[a-z]+\s+){0,2}(?:per|for\s+each|for\s+every|each)(?:\s+of\s+the)?\b"
    r"|每个?[\u3400-\u9fff]{1,5}?(?:各|都|有|配)?[一两12]个",
    re.IGNORECASE,
)
_MULTIPLES = (
    re.compile(
        r"\b(?:half|twice|double|triple|a quarter|a third)\b(?:\s+(?:of|the|as|that|a))*\s*[\[(]?(?P<n>\d{1,18})(?!\d)",
        re.IGNORECASE,
    ),
    re.compile(r"(?<!\d)(?P<n>\d{1,18})\s*的\s*(?:一半|[两二三四\d]+倍|[二三四]分之)"),
)
_NUMBERS = expression(r"\d+")
_REMARK = expression(
    r"[(（]([^()（）]*[A-Za-z\u3400-\u9fff][^()（）]*\d|[^()（）]*\d\s*[A-Za-z\u3400-\u9fff]+)[^()（）]*[)）]"
)  # 512 (256 each)
MOST = 2_000  # characters looked at: an answer's last words are at its end


def said_of_each(text: str, value: int) -> bool:
    """Whether the last clause that has the value says it of each one, and nothing makes it the number of all.

    >>> said_of_each("64 filters of 36928", 36928), said_of_each("each kernel has 577, 36928 in all", 36928)
    (True, False)
    """
    digits = str(value)
    said = _REMARK.sub(lambda m: f",{m.group()[1:-1]},", ungrouped(text[-MOST:]))
    said = _ONE_EACH.sub(" ", said) if value > 2 else said
    holding = [clause for clause in _CLAUSES.split(said) if digits in _NUMBERS.findall(clause)]
    if not holding:
        return False
    last = holding[-1]
    return bool(EACH.search(last) or _OF.search(last)) and not _ALL.search(last)


def said_as_multiple(text: str, values: Collection[int]) -> bool:
    """Whether one of the values stands there only to be doubled or halved: "half of 64×112×112", "1792的两倍"."""
    found = [match for pattern in _MULTIPLES for match in pattern.finditer(ungrouped(text[-MOST:]))]
    return any(int(match["n"]) in values for match in found)


def ungrouped(text: str) -> str:
    """36,928 as one number: a comma between clauses has no three digits behind it."""
    return re.sub(r"(?<=\d)[,_](?=\d{3}(?!\d))", "", text)
