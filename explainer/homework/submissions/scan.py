"""The signs by which a line begins a question, found in one pass: `features.0.params: …`, `3. …`, `第3题`, `q3 = …`, `答：…`.

Written by hand or with possessive patterns on a bounded beginning of the line, so that no text takes more than linear time.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from explainer.homework.expressions import expression

QUANTITIES = frozenset(("params", "weights", "bias", "shape", "macs", "flops", "activations", "bytes"))
HEAD = 400  # characters of a line in which its beginning is looked for
_TOKEN = expression(r"[A-Za-z0-9_.@]++")
_PATH = expression(r"[A-Za-z0-9_][A-Za-z0-9_.]*+(?:@\d++)?")
_MARKS = " \t\u3000*`\"'“”"
_EQUALS = expression(r"(?:[:：=＝]|-+>|→|⇒|—+|–|- |是|为|等于|(?i:is|equals)\b)")
_SPELLED = expression(
    r"(?:第\s{0,3}(\d{1,3})\s{0,3}[小大]?题"
    r"|(?:Question|Problem|Exercise|Q|问题|习题|练习|题目?)\s{0,3}[.#．]?\s{0,3}(\d{1,3})(?!\d|\.\S|\s{0,3}[xX×+/^\-]|\s{1,3}\*|\*(?!\*?(?:\s|[:：.]|$)))"  # **Question 1**, not Q1*4
    r"|(?:Answer|Ans|No|答案|答)\s{0,3}[.#．]?\s{0,3}(\d{1,3})(?=\s{0,3}[:：、)）]|[.．]\s))"
    r"\s{0,3}[.、．:：)）=＝]{0,3}",
    re.IGNORECASE,
)
_BRACKETED = expression(r"[(（](\d{1,3})[)）](?!\d|\s{0,3}[*×·+\-/^=＝xX)）])[.、．:：]?")
_PLAIN = expression(r"(\d{1,3})\s?(?:[、)）:：](?!\s{0,3}[*×·+/^])|[.．](?!\d))[*]{0,2}[、.．:：)）]?")
_TIGHT = expression(r"(\d{1,3})[.．](?=\d)")
_REPLY = expression(
    r"(?:(?:答|解)\s(?=Answer|Working))?(?:答案?|解答?|解题过程|过程|Working|回答|作答|你的答案|我的答案|Your answer|My answer|Answer|Ans|Solution|A)[\s*_]{0,6}[:：=＝][\s*_]{0,6}",
    re.I,
)
_POINTS = expression(r"[(（]\s{0,3}(?:本题)?\d{1,3}(?:\.\d{1,2})?\s{0,3}(?:分|points?|marks?|pts?)\s{0,3}[)）]", re.I)
_ASKS = expression(
    r"求(?!得|出|和|解)|计算(?!量|得|出|结果|过程)|多少|是几|下列哪|[（(][\s_＿]{0,20}[)）]|[?？]\s*$"
    r"|\b(?:find|how many|what (?:is|are)|compute|calculate|determine|give the)\b",
    re.IGNORECASE,
)
_QUANTITY_WORDS = expression(
    r"参数量|参数个数|权重的个数|偏置的个数|输出尺寸|输出形状|计算量|乘加次数|浮点运算次数|元素个数|字节数"
    r"|number of (?:parameters|weights|biases|multiply-accumulates|output elements|bytes)|output (?:size|shape)",
    re.IGNORECASE,
)
_SECTION = expression(
    r"[一二三四五六七八九十]{1,3}\s?[、．.]|第[一二三四五六七八九十]{1,3}[部大]|(?:part|section)\s[A-Z0-9ivx]{1,4}\b",
    re.IGNORECASE,
)
_EACH = expression(r"每题[^分]{0,12}分|points? each|points? in all[)]$|[(][\d.,]{1,9} points?[)]$", re.IGNORECASE)
_THANKS = expression(
    r"(?:thank(?:s| you)|cheers|(?:best|kind|warm) (?:regards|wishes)|谢谢|感谢|多谢|辛苦|老师辛苦)", re.IGNORECASE
)
_SAYS_NOTHING_ELSE = expression(r"没有|不含|无|零|相同|一样|同上|\b(?:no|none|zero|nil|same|ditto)\b", re.IGNORECASE)
_DIGIT = expression(r"[\d０-９①-⑳一二三四五六七八九十百千万亿]")


def is_name(token: str) -> bool:
    """Whether it is a question's name: `features.0.params`, `relu@2.shape`, `total.params.bytes`."""
    path, _, quantity = token.rpartition(".")
    return quantity in QUANTITIES and _PATH.fullmatch(path) is not None


def name_in(text: str) -> str:
    """The first question's name in a text, "" if there is none."""
    return next((name for token in _TOKEN.finditer(text[:HEAD]) if is_name(name := token[0].strip("."))), "")


# ｃｏｎｖ１．ｐａｒａｍｓ from a Chinese keyboard: letters, figures, the dot and the underline, each one character for one.
_HALF_WIDTH = {
    wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F) if chr(wide - 0xFEE0) in "._" or chr(wide).isalnum()
}


def named(line: str) -> tuple[str, str] | None:
    """(name, what stands behind it) of a line that begins with a question's name; None for any other."""
    bare = line.lstrip(_MARKS)
    token = _TOKEN.match(bare[:HEAD].translate(_HALF_WIDTH))
    if token is None:
        return None
    name = token[0].rstrip(".")
    if not is_name(name):
        name = name.strip("_")  # _emphasised_
        bare = bare.lstrip("_")
        if not is_name(name):
            return None
    rest = bare[len(name) :].lstrip(_MARKS + "_")
    if rest[:1] in ("(", "（"):  # features.0.params（卷积层）：…
        close = min((at for sign in ")）" if (at := rest.find(sign, 1, 80)) > 0), default=-1)
        behind = rest[close + 1 :].lstrip(_MARKS + "_") if close > 0 else "x"
        if not behind or _EQUALS.match(behind):
            rest = behind
    sign = _EQUALS.match(rest)
    if sign:
        return name, rest[sign.end() :].lstrip(" \t\u3000")
    if not rest or says_something(rest):
        return name, rest
    return None


_SPOKEN = expression(  # a layer by its name, and what is asked of it in words
    r"(?P<path>[A-Za-z_][A-Za-z0-9_.]*+(?:@\d++)?|(?P<all>整个网络|全网|网络|总))\s{0,3}层?\s{0,3}的?\s{0,3}"
    r"(?:(?P<params>参数量|参数个数|参数数量|参数数|参数)|(?P<weights>权重的?个数|权重数)|(?P<bias>偏置的?个数|偏置数)"
    r"|(?P<shape>输出尺寸|输出形状|输出大小)|(?P<macs>乘加次数|乘加数|计算量)|(?P<flops>浮点运算次数|浮点运算量)"
    r"|(?P<activations>输出的?元素个数)|(?P<bytes>参数所占字节数|字节数))"
    r"[\s*_`]{0,4}(?:[:：=＝]|是|为)"
)


def spoken(line: str) -> tuple[str, str] | None:
    """(name, what stands behind it) of a line that names layer and quantity in Chinese; None for any other.

    >>> spoken("c层参数：112"), spoken("总参数量是 1792"), spoken("参数：112")
    (('c.params', '112'), ('total.params', '1792'), None)
    """
    bare = line.lstrip(_MARKS)
    found = _SPOKEN.match(bare[:HEAD])
    if found is None:
        return None
    quantity = next(name for name in QUANTITIES if found[name])
    path = "total" if found["all"] else found["path"].rstrip(".")
    return f"{path}.{quantity}", bare[found.end() :].lstrip(" \t\u3000*_`")


@dataclass(frozen=True)
class Ordinal:
    """The number of a question at the beginning of a line, what follows it, and how it was written ("1." or "第1题")."""

    number: str
    rest: str
    style: str


def ordinal(line: str, *, tight: bool = False) -> Ordinal | None:
    """`第3题`, `Q3:`, `(3)`, `3.`, `3、`; with `tight` also `3.1792`, which is 1792 for question 3."""
    marks = len(line) - len(line.lstrip("*_ \t\u3000"))
    bare = line[marks:]
    if "①" <= bare[:1] <= "⑳":
        return Ordinal(str(ord(bare[0]) - ord("①") + 1), _behind(bare[1:].lstrip(".、．:：")), "①")
    head = bare[:40]
    for style, pattern in (("Q", _SPELLED), ("(", _BRACKETED), (".", _PLAIN), *([("t", _TIGHT)] if tight else [])):
        found = pattern.match(head)
        if found:
            number = next(group for group in found.groups() if group)
            bold = "*" if "*" in line[:marks] else ""
            sign = next((char for char in found[0] if char in "、)）:：.．"), "") if style == "." else style
            return Ordinal(str(int(number)), _behind(bare[found.end() :]), bold + sign)
    return None


_INLINE = expression(r"(?<=[\s,，;；])(\d{1,2})([.)）、])(?=\s)")


def unrolled(lines: list[str], most: int) -> list[str]:
    """`1) 7880 2) 6120 3) 8x7x7` → a line each, where those numbers begin no line of their own and the next line goes on from them.

    most: how many questions there may be. One pass; a line that has steps of an answer stays whole.
    """
    begins = [found if (found := ordinal(line[:HEAD])) and found.style in ")）.、" else None for line in lines]
    following: list[int] = []  # the number of the next numbered line, from the end
    for begin in reversed(begins):
        following.append(int(begin.number) if begin else following[-1] if following else 0)
    after = [*following[-2::-1], 0] if lines else []
    told: list[str] = []
    for at, (line, begin, then) in enumerate(zip(lines, begins, after, strict=True)):
        told += _unrolled(line, begin, then, most, len(told) > at) if begin and len(line) <= HEAD else [line]
    return told


def _unrolled(line: str, begin: Ordinal, then: int, most: int, before: bool) -> list[str]:
    """before: a line above had several already."""
    number, cuts = int(begin.number), [0]
    for found in _INLINE.finditer(line):
        if found[2] == begin.style and int(found[1]) == number + len(cuts):
            cuts.append(found.start())
    last = number + len(cuts) - 1
    whole = then != last + 1 if then else len(cuts) < 3 and last != most and not before
    if len(cuts) == 1 or whole or last > most:
        return [line]
    return [line[at:end].strip(" \t,，;；") for at, end in zip(cuts, [*cuts[1:], len(line)], strict=True)]


def _behind(rest: str) -> str:
    """Without the marks that close an emphasis, and without a question's points."""
    rest = rest.lstrip("*_ \t\u3000")
    points = _POINTS.match(rest)
    return rest[points.end() :].lstrip(" \t\u3000") if points else rest


def reply(line: str) -> str | None:
    """What stands behind `答：`, `Answer:`; None where the line is none."""
    bare = line.lstrip("*_ \t\u3000")
    found = _REPLY.match(bare, 0, 60)
    return bare[found.end() :] if found else None


def asks(text: str) -> bool:
    """Whether a text is the wording of a question, not an answer to one."""
    head = text[:HEAD]
    if _ASKS.search(head):
        return True
    words = list(_QUANTITY_WORDS.finditer(head))
    return bool(words) and not re.search(r"[\d=＝:：]", head[words[-1].end() :]) and len(text) <= HEAD


def says_something(text: str) -> bool:
    """Whether a text may be an answer: it has a figure, or says that there is none."""
    head = text[:HEAD]
    return bool(_DIGIT.search(head) or _SAYS_NOTHING_ELSE.search(head) or re.match(r"\W*[A-Ha-h]\W*$", head))


def section(line: str) -> bool:
    """`二、选择题（每题25分，共25分）`, `1. Numbers (100 points in all)`, `3. Formulas (12 points)`, `Part B`: the heading of a part of a worksheet."""
    bare = unicodedata.normalize("NFKC", line[:120]).strip("#*_ ")
    return bool(_EACH.search(bare) or _SECTION.match(bare))


def farewell(line: str) -> bool:
    """`Thank you for marking!`, `谢谢老师`: closing words, which are no part of an answer."""
    return _THANKS.match(line.lstrip("*_ \t\u3000")) is not None and not _DIGIT.search(line[:HEAD])


def is_rule(line: str) -> bool:
    """`---`, `* * *`: a line across the page."""
    signs = "".join(line[:HEAD].split())
    return len(signs) >= 3 and len(set(signs)) == 1 and signs[0] in "-*_=＿"
