"""An answer cut into numbers, names, words and signs; LaTeX and full-width writing come out as the same tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from explainer.homework.answers.characters import Plain, is_chinese
from explainer.homework.answers.lexicon import DENIALS, EQUALS, FILLERS, OPERATORS
from explainer.homework.answers.limits import DIGITS, TOKENS
from explainer.homework.answers.unreadable import Unreadable
from explainer.homework.expressions import expression
from explainer.i18n.bilingual import Bi

Kind = Literal["number", "name", "word", "sign", "end"]

TOO_MANY_DIGITS = Bi(
    zh="这个数太长：最多{limit}位数字。", en="This number is too long: at most {limit} digits can be read."
)
TOO_MANY = Bi(zh="式子太长：请化简后重写。", en="The formula is too long: simplify it and write it again.")
COMMAND = Bi(zh="不认识LaTeX命令“{command}”。", en="The LaTeX command '{command}' is not known here.")
UNEXPECTED = Bi(zh="这里的“{char}”无法识别。", en="'{char}' cannot be read here.")


@dataclass(frozen=True)
class Token:
    """text: as plain characters; start, end: its place there; spaced: a space stands before it.

    value, places: of a number, with its decimal places (None: whole). aside: 1 where a remark with numbers begins, -1 where it ends.
    """

    kind: Kind
    text: str
    start: int
    end: int
    spaced: bool = False
    value: Fraction = Fraction(0)
    places: int | None = None
    aside: int = 0


GROUPED = expression(r"\d{1,3}(?:(?P<comma>,|\{,\}|'|\\,| |_)\d{3})(?:(?P=comma)\d{3})*(?![\d@]|\.\d*,)")
NUMBER = expression(r"\d+")
DECIMALS = expression(r"\.\d+")
POWER_OF_TEN = expression(r"[eE][+-]?\d{1,3}(?![\w.])")
DOTTED = expression(r"[A-Za-z_]\w*(?:\.\w+)+")
LETTERS = expression(r"[A-Za-zΑ-ω]+\d*")
LAYER = expression(r"[A-Za-z]{3,}\d+[A-Za-z]\w*")  # conv2d_1, MaxPool2d: names of layers
SPOKEN = expression(r"(?P<sign>multiplied by|divided by|added to|by)(?=\s+[\d(])")
SPOKEN_SIGNS = {"multiplied": "*", "divided": "/", "added": "+", "by": "*"}
INDEX = expression(r"_(?:\{(?P<braced>[\w,\s]*)\}|(?P<bare>[A-Za-zΑ-ω]+\d*|\d+))")
COMMAND_NAME = expression(r"\\(?:[A-Za-z]+|.)")
STYLED = expression(r"\\(?:text|textrm|textit|mathrm|mathit|mathbf|mathsf|operatorname|rm|it)\s*\{([^{}\\$]*)\}")
SIGNS = {
    "times": "*",
    "cdot": "*",
    "ast": "*",
    "bullet": "*",
    "div": "/",
    "lfloor": "⌊",
    "rfloor": "⌋",
    "lceil": "⌈",
    "rceil": "⌉",
    "approx": "≈",
    "simeq": "≈",
    "sim": "≈",
    "frac": "frac",
    "dfrac": "frac",
    "tfrac": "frac",
    "to": "\n",
    "rightarrow": "\n",
    "Rightarrow": "\n",
    "therefore": "\n",
    "\\": "\n",
    "newline": "\n",
    "lbrack": "[",
    "rbrack": "]",
}
IGNORED = set(" ,;:!()[]") | {
    *("left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "quad", "qquad", "displaystyle", "textstyle"),
    *("limits", "nonumber", "begin", "end", "enspace", "thinspace"),
}
SINGLE = set("+-*/^=≈()[]{}⌊⌋⌈⌉,;:@\n")


def tokens(source: Plain, *, shape: bool) -> list[Token]:
    """The tokens of an answer, an `end` last. With `shape`, commas and spaces never group digits.

    Raises Unreadable at what cannot be cut.
    """
    text = _unstyled(source.text)
    found: list[Token] = []
    at, spaced, square = 0, False, 0
    while at < len(text):
        char = text[at]
        if char in ' $&"`' or text.startswith("'", at):
            spaced, at = True, at + 1
            continue
        made = _at(text, at, found, shape or square > 0, source)
        at = made.end if made else COMMAND_NAME.match(text, at).end()  # type: ignore[union-attr]
        if made is None:  # \left, \quad, \begin{…}
            at = _past_environment(text, at)
            continue
        square += {"[": 1, "]": -1}.get(made.text, 0) if made.kind == "sign" else 0
        found.append(replace(made, spaced=spaced))
        if len(found) > TOKENS:
            raise Unreadable(TOO_MANY, source.place(at))
        spaced = False
    return [*found, Token("end", "", len(text), len(text), spaced)]


def _unstyled(text: str) -> str:
    """Taken out of LaTeX's `\\text{in}`, with the rest left at its place: spaces stand for what is gone."""
    return STYLED.sub(lambda m: " " * (m.start(1) - m.start()) + m.group(1) + " ", _joined_index(text))


def _joined_index(text: str) -> str:
    r"""`C_{\text{in}}` → `C_{in}` and `C_\text{in}` → `C_{in}`, of the same length: blanks stand behind the index."""
    for pattern in (rf"_\{{\s*{STYLED.pattern}\s*\}}", rf"_{STYLED.pattern}"):
        text = re.sub(pattern, lambda m: "_{" + m.group(1).strip().ljust(len(m.group()) - 3) + "}", text)
    return text


def _past_environment(text: str, at: int) -> int:
    """`{aligned}` after \\begin and \\end."""
    name = re.compile(r"\{[a-z]+\*?\}").match(text, at)
    return name.end() if name and text[:at].endswith(("\\begin", "\\end")) else at


def _at(text: str, at: int, before: list[Token], ungrouped: bool, source: Plain) -> Token | None:
    """The token that begins here; None for a LaTeX command without meaning."""
    char = text[at]
    if char.isdigit() or (char == "." and text[at + 1 : at + 2].isdigit()):
        return _number(text, at, ungrouped, source)
    if char == "\\":
        return _command(text, at, source)
    if char in "xX" and _is_times(text, at, before):
        return Token("sign", "*", at, at + 1)
    if LETTERS.match(char):
        return _name(text, at, before)
    if is_chinese(char):
        return _word(text, at, source)
    for long, sign in (("**", "^"), ("//", "//"), ("==", "="), ("=>", "\n"), ("->", "\n"), ("~=", "≈"), ("~", "≈")):
        if text.startswith(long, at):
            return Token("sign", sign, at, at + len(long))
    if char == "、":
        return Token("sign", ",", at, at + 1)
    if char in SINGLE:
        return Token("sign", ";" if char == ";" else char, at, at + 1)
    if text.startswith("...", at):
        return Token("sign", ";", at, at + 3)
    if char == "." and text[at + 1 : at + 2].strip() in ("", ")"):
        return Token("sign", ";", at, at + 1)  # a full stop
    raise Unreadable(UNEXPECTED.format(char=char), source.place(at))


def _number(text: str, at: int, ungrouped: bool, source: Plain) -> Token:
    match = (None if ungrouped else GROUPED.match(text, at)) or NUMBER.match(text, at)
    end = match.end() if match else at
    decimals = DECIMALS.match(text, end)
    end = decimals.end() if decimals else end
    digits = re.sub(r"[^\d.]", "", text[at:end])
    if len(digits) > DIGITS:
        raise Unreadable(TOO_MANY_DIGITS.format(limit=DIGITS), source.place(at))
    value = Fraction(digits if digits[0] != "." else "0" + digits)
    places = len(decimals.group()) - 1 if decimals else None
    if power := POWER_OF_TEN.match(text, end):
        exponent = int(power.group()[1:])
        if abs(exponent) > DIGITS:
            raise Unreadable(TOO_MANY_DIGITS.format(limit=DIGITS), source.place(at))
        value *= Fraction(10) ** exponent
        places = (places or 0) - exponent
        end = power.end()
    return Token("number", text[at:end], at, end, value=value, places=places)


def _command(text: str, at: int, source: Plain) -> Token | None:
    match = COMMAND_NAME.match(text, at)
    name = match.group()[1:] if match else ""
    if match and name in SIGNS:
        return Token("sign", SIGNS[name], at, match.end())
    if name in IGNORED:
        return None
    if name in ("{", "}") and match:
        return Token("sign", "(" if name == "{" else ")", at, match.end())
    raise Unreadable(COMMAND.format(command=f"\\{name}"), source.place(at))


def _is_times(text: str, at: int, before: list[Token]) -> bool:
    """An x between two operands: 7x7, 3 x 3, k x k; in other places it is a letter."""
    after = text[at + 1 :].lstrip()[:1]
    if not before or not after or not (after.isalnum() or after in "([⌊⌈\\"):
        return False
    last = before[-1]
    operand = last.kind == "number" or last.text in (")", "]", "}", "⌋", "⌉")
    next_is_letter = text[at + 1 : at + 2].isalpha() or text[at + 1 : at + 2] == "_"
    if operand:
        return not next_is_letter or text[at + 1 : at + 2].isupper() or text[at + 1] in "k"
    return last.kind in ("name", "word") and text[at + 1 : at + 2] == " " and text[at - 1] == " "


def _name(text: str, at: int, before: list[Token]) -> Token:
    """`C_{in}`, `Cin`, `k1`; a dotted path and a word that means nothing are words."""
    if dotted := DOTTED.match(text, at):
        function = dotted.group().rpartition(".")[2] if dotted.group().startswith("math.") else ""
        kind: Kind = "name" if function else "word"
        return Token(kind, function or dotted.group(), at, dotted.end())
    if layer := LAYER.match(text, at):
        return Token("word", layer.group(), at, layer.end())
    if (spoken := SPOKEN.match(text, at)) and (spoken["sign"] != "by" or (before and before[-1].kind == "number")):
        return Token("sign", SPOKEN_SIGNS[spoken["sign"].partition(" ")[0]], at, spoken.end("sign"))
    match = LETTERS.match(text, at)
    assert match is not None
    name, end = match.group(), match.end()
    while index := INDEX.match(text, end):
        inner = index.group("braced") if index.group("bare") is None else index.group("bare")
        name += "_" + re.sub(r"[\s,]+", "_", inner.strip()).lower() if inner.strip() else ""
        end = index.end()
    if name in OPERATORS and text[end : end + 1] == " ":
        return Token("sign", OPERATORS[name], at, end)
    if name in EQUALS:
        return Token("sign", "=", at, end)
    return Token("word" if name in FILLERS or name.lower() in FILLERS - {"a"} else "name", name, at, end)


def _word(text: str, at: int, source: Plain) -> Token:
    end = at
    while end < len(text) and is_chinese(text[end]):
        end += 1
    word = text[at:end]
    if word in DENIALS:  # "不是1792" must not pass for 1792
        raise Unreadable(UNEXPECTED.format(char=word), source.place(at))
    if word in OPERATORS:
        return Token("sign", OPERATORS[word], at, end)
    if word in EQUALS:
        return Token("sign", "=", at, end)
    return Token("word", word, at, end)
