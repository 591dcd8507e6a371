"""Numbers written in words as digits: `two hundred and fifty-six` → 256, 两千四百三十二 → 2432, `four matrices` → 4 matrices."""

from __future__ import annotations

import re

from explainer.homework.expressions import expression

_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ENGLISH = {word: n for n, word in enumerate(_ONES.split())} | {word: 10 * n for n, word in enumerate(_TENS.split(), 2)}
_POWERS = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9}
_WORD = "|".join(sorted((*_ENGLISH, *_POWERS), key=len, reverse=True))
_RUN = expression(rf"\b(?:{_WORD})(?:(?:[\s-]|\s+and\s+){{1,3}}(?:{_WORD}))*\b", re.IGNORECASE)
_DIGITS = {char: n for n, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
_UNITS = {"十": 10, "百": 10**2, "千": 10**3}
_GREAT = {"万": 10**4, "亿": 10**8}
_CHINESE = expression(
    r"(?<![\d.])[零〇一二三四五六七八九两兩十百千万亿]{2,24}|[二三四五六七八九两](?=[个张层组份倍维])"
)
LONGEST = 2_000  # characters of an answer that is looked at


def in_digits(text: str) -> str:
    """The answer with its number words as digits; "one" and 一 stay, which are said of anything.

    >>> in_digits("six hundred thirty-seven"), in_digits("一共两千四百三十二个")
    ('637', '一共2432个')
    """
    if len(text) > LONGEST:
        return text
    return _CHINESE.sub(_from_chinese, _RUN.sub(_from_english, text))


def _from_english(found: re.Match[str]) -> str:
    words = [word for word in re.split(r"[\s-]+", found.group().lower()) if word != "and"]
    if words in (["one"], ["zero"]) or words[0] in _POWERS:  # 1.5 million
        return found.group()
    whole = part = last = 0
    for word in words:
        if word in _ENGLISH:
            value = _ENGLISH[word]
            if (last and last <= value) or (last and last % 10 and last < 100):  # two three: no number
                return found.group()
            part, last = part + value, value
        elif word == "hundred":
            part, last = (part or 1) * 100, 0
        else:
            whole, part, last = whole + (part or 1) * _POWERS[word], 0, 0
    return str(whole + part)


def _from_chinese(found: re.Match[str]) -> str:
    run = found.group()
    if run[0] in "万亿百千" or (len(run) > 1 and not any(char in _UNITS or char in _GREAT for char in run)):
        return run
    whole = part = digit = 0
    for char in run:
        if char in _DIGITS:
            digit = _DIGITS[char]
        elif char in _UNITS:
            part, digit = part + (digit or 1) * _UNITS[char], 0
        else:
            whole, part, digit = (whole + part + digit) * _GREAT[char], 0, 0
    rest = part + digit
    great = (
        run[-1] if not rest and run[-1] in _GREAT and whole >= 10 * _GREAT[run[-1]] else ""
    )  # 二百三十六万: 236万; 两万: 20000
    return f"{whole // _GREAT[great]}{great}" if great else str(whole + rest)
