"""What an answer takes back, blanked out at its place: `64... sorry, 128`, `3600? no, 3648`, `not 16 but 32`."""

from __future__ import annotations

import re

from explainer.homework.expressions import expression

STRUCK = expression(  # 64... sorry, 128
    r"(?<![\w.])\d{1,15}\s?(?:\.{2,3}|…|[,，]|—|--)?\s?(?:(?:oh|no)[,，]?\s)?(?:sorry|oops|no wait|wait no|wait)\b[,，:：]?(?=\D{0,40}\d)",
    re.IGNORECASE,
)
GIVEN_UP = expression(  # …+1 = 46.5... wait, …: the clause before is taken back
    r"[^,，;；。\n]{0,100}?\d[\s)）⌋\]]{0,3}(?:\.{2,3}|…{1,2})\s?(?:(?:oh|no)[,，]?\s|哦)?(?:sorry|oops|wait|hmm|不对|不是|等等|等一下|错了|算错了)(?![a-z])[,，:：]?\s?(?=[^\n]*\d)",
    re.IGNORECASE,
)
TAKEN_BACK = expression(  # 3600? no, 3648
    r"^[^;；。\n?？]{1,100}[?？]\s?(?:(?:no|nope)(?=\s?[,，:：]|\s+(?:it|that)\b)|不对|不(?=[,，]))\s?[,，:：]?\s?(?=[^?？]*\d)",
    re.IGNORECASE | re.MULTILINE,
)
DENIED_NUMBER = expression(  # not 16 but 32, 而不是1792: what it is not says nothing of what it is
    r"(?:而|并)?不是\s?\d[\d,]{0,15}[^\d,，。;；:：)）]{0,6}?(?=而是?|但是|[,，。;；:：)）]|$)"
    r"|(?:\binstead\s+of\b|\bnot\b)\s+\d[\d,]{0,14}\d?(?:\s[a-z]{2,12})?(?=\s+but\b|\s?[,;:.)](?!\d)|\s*$)",
    re.IGNORECASE,
)


def without_retractions(text: str) -> str:
    """The answer without what it takes back or denies; of the same length."""
    if ".." in text or "…" in text:
        text = GIVEN_UP.sub(blank, text)
    if "sorry" in text or "oops" in text or "wait" in text:
        text = STRUCK.sub(blank, text)
    if "?" in text or "？" in text:
        text = TAKEN_BACK.sub(blank, text)
    return text


def without_denials(text: str) -> str:
    """Without the numbers that it says it is not: 而不是1792."""
    if "不是" in text or "not" in text or "NOT" in text or "instead" in text:
        return unless_empty(DENIED_NUMBER, text)
    return text


def blank(found: re.Match[str]) -> str:
    """Spaces in its place."""
    return " " * len(found.group())


def unless_empty(pattern: re.Pattern[str], text: str) -> str:
    """What the pattern finds blanked out, where other numbers are left: "25%" alone is all that was said."""
    left = pattern.sub(lambda m: " " * len(m.group()), text)
    return left if any(char.isdigit() for char in left) else text
