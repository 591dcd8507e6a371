"""Rows, lists and numbering around an answer's parts, as the signs that its grammar has: `| bias | 64 |` as `bias : 64`."""

from __future__ import annotations

import re

from explainer.homework.expressions import expression

ROW = expression(r"^[ \t]*[|｜].*$", re.MULTILINE)
OPEN_ROW = expression(r"^[^\n|｜]*[|｜][^\n]*$", re.MULTILINE)  # conv1 | 156: a table without its outer bars
IN_ONE_LINE = expression(
    r"(?<=[\d)）])\s[|｜/]\s(?=\s{0,3}[A-Za-z\u3400-\u9fff][\w.]{1,15}[\s:：=])"
)  # conv1 760 | conv2 2275
SUMMARY = expression(  # fc1.weight  [256, 784]  200704: a line of what a program prints
    r"^[ \t]*(?P<name>[A-Za-z][\w.]*)(?P<n>-\d+)?(?:[ \t]*\([\w.]+\))?[ \t]+(?P<shape>[\[(][-\d,\s]*[\])])(?=[ \t]+\d[\d,]*[ \t]*$)",
    re.MULTILINE,
)
RULE = expression(r"[\s|｜:\-—]*")
BULLET = expression(r"^[ \t]*[-*•‣▪][ \t]+(?=(?P<digit>\d)?)", re.MULTILINE)
NUMBERED = expression(r"^[ \t]*[(（]?(?P<n>[1-9]\d?)(?:[.．、)）](?!\d))[ \t]*(?=\S)", re.MULTILINE)
INLINE = expression(r"[(（](?P<n>[1-9])[)）](?=\s?[^\s\d+*/×^=)）-])")  # (1) weights 2400 (2) biases 32
WHICH = expression(  # (B) 1792, 1) 1792
    r"\s*(?:[(（](?:[1-5]|[A-Fa-f])[)）]|(?:[1-9]|[A-Fa-f])[)）](?=\s*\d))(?:\s+(?=\d)|\s*(?=[A-Za-z\u3400-\u9fff=(（])|(?<=[A-Fa-f].|.）)(?=\d))"
)


def without_rows(text: str) -> str:
    """Tables, with their outer bars or without, as lines; of the same length."""
    if "|" in text or "｜" in text:
        text = ROW.sub(lambda row: _row(row.group()), text)
        if len(OPEN_ROW.findall(text)) > 1:
            text = OPEN_ROW.sub(lambda row: _row(f"|{row.group()}")[1:], text)
    return text


def without_summary(text: str) -> str:
    """A line of what a program prints, its name before a colon: fc1.weight  [256, 784]  200704."""
    return SUMMARY.sub(_summary, text) if "[" in text or "(" in text else text


def in_several_lines(text: str) -> str:
    """Rows in one line, `conv1 760 | conv2 2275`, with semicolons between them."""
    return IN_ONE_LINE.sub(" ; ", text) if len(IN_ONE_LINE.findall(text)) > 1 else text


def without_numbering(text: str) -> str:
    """Without `(1) … (2) …`, and without the number or letter that says which question it is."""
    if "(1)" in text or "（1）" in text:
        text = _unnumbered(text)
    if ")" in text[:6] or "）" in text[:6]:
        text = _without_which(text)
    return text


def _row(row: str) -> str:
    """`| bias | 64 |` as `  bias : 64  `; what rules the table, and its head, are blank."""
    if RULE.fullmatch(row) or not any(char.isdigit() for char in row):
        return " " * len(row)
    bars = [at for at, char in enumerate(row) if char in "|｜"]
    signs = list(row)
    for n, at in enumerate(bars):
        outer = n == 0 or not row[at + 1 :].strip()
        signs[at] = " " if outer else ":" if n == 1 and not any(char.isdigit() for char in row[:at]) else ","
    return "".join(signs)


def _summary(found: re.Match[str]) -> str:
    """The line's name before a colon; a kind with its number (`Linear-1`) says nothing."""
    line = found.group()
    if found["n"] is not None:
        return " " * len(line)
    shape = found.start("shape") - found.start()
    return line[:shape] + ":".ljust(len(line) - shape)


def unlisted(text: str) -> str:
    """A list's marks blanked out, where at least two lines have them: `- conv1: 156`, `1. 156` with numbers that go up by one."""
    bullets = list(BULLET.finditer(text))
    if len(bullets) > 1 or (bullets and not bullets[0]["digit"]):
        text = BULLET.sub(lambda m: " " * (m.end() - m.start()) + "", text)
    numbers = list(NUMBERED.finditer(text))
    counted = [int(found["n"]) for found in numbers]
    if len(counted) > 1 and counted == list(range(1, len(counted) + 1)):
        signs = list(text)
        for found in numbers:
            signs[found.start() : found.end()] = " " * (found.end() - found.start())
        text = "".join(signs)
    return text


def _unnumbered(text: str) -> str:
    """Numbers in brackets that count up, as the end of what is before: `(1) … (2) …`."""
    found = list(INLINE.finditer(text))
    if len(found) < 2 or [int(one["n"]) for one in found] != list(range(1, len(found) + 1)):
        return text
    return INLINE.sub(";  ", text)


def _without_which(text: str) -> str:
    """Without the number or letter that says which question it is; a text with several of them is a list, read elsewhere."""
    found = WHICH.match(text)
    if (
        found is None
        or INLINE.search(text, found.end())
        or (found.group()[-1] in ")）" and text[found.end()].isalpha())
    ):
        return text  # (a)x(b): a factor
    return " " * found.end() + text[found.end() :]
