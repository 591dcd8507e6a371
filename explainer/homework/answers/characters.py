"""The characters of an answer: full-width ones made plain, what does not belong refused by its name.

Each plain character remembers its place in the answer as given, so that a caret can point there.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from explainer.homework.answers.limits import LENGTH
from explainer.homework.answers.unreadable import Unreadable
from explainer.i18n.bilingual import Bi, same

TOO_LONG = Bi(
    zh="答案太长（{length}个字符）：最多{limit}个字符。",
    en="The answer is too long ({length} characters): at most {limit} characters.",
)
INVISIBLE = Bi(
    zh="答案中有看不见的控制字符{name}：请删去后重新输入。",
    en="There is an invisible control character {name} in the answer: delete it and type that place again.",
)
LOOKALIKE = Bi(
    zh="“{char}”（{name}）看起来像拉丁字母“{twin}”，其实不是：请用英文输入法重新输入。",
    en="'{char}' ({name}) looks like the Latin letter '{twin}' but is another: type it again on an English keyboard.",
)
STRANGE = Bi(
    zh="不认识字符“{char}”（{name}）：答案里可以写数字、字母、中文和运算符 + − × / ^ ( )。",
    en="The character '{char}' ({name}) cannot be read: an answer is made of digits, letters, words and + − × / ^ ( ).",
)

TIMES = "×✕✖⨯·⋅∙•・‧∗⁎⊗∙"
PLAIN = (
    dict.fromkeys(TIMES, "*")
    | dict.fromkeys("÷∕⁄➗", "/")
    | dict.fromkeys("−–‒‐‑﹣➖", "-")
    | dict.fromkeys("≈≃≅∼≒", "≈")
    | dict.fromkeys("→⇒⟹➔⟶∴", "\n")
    | dict.fromkeys("←⇐", ";")
    | dict.fromkeys("【〔", "[")
    | dict.fromkeys("】〕", "]")
    | {
        "＾": "^",
        "ˆ": "^",
        "➕": "+",
        "﹢": "+",
        "。": ";",
        "…": ";",
        "—": ";",
        "、": "、",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "∶": ":",
        "∑": "Σ",
        "ℎ": "h",
    }
)
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾", "0123456789+-()", strict=True))
SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789aehijklmnoprstuvx", strict=True))
KEPT = set("\n +-*/^=()[]{}.,;:_@$\\&'\"!%<>|#?~`") | set("⌊⌋⌈⌉≈、")
# Letters of other alphabets that a reader takes for Latin ones.
TWINS = dict(
    zip(
        "АВЕКМНОРСТУХавеокрсухіјѕһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧονκρ",
        "ABEKMHOPCTYXaBeokpcyxijshdqwABEZHIKMNOPTYXovkp",
        strict=True,
    )
)


@dataclass(frozen=True)
class Plain:
    """The answer in plain characters; `places[i]`: where `text[i]` stands in the answer as given."""

    text: str
    places: tuple[int, ...]

    def place(self, at: int) -> int:
        """The place in the answer as given; past the end, its end."""
        if at < len(self.places):
            return self.places[at]
        return self.places[-1] + 1 if self.places else 0


def plain(given: str) -> Plain:
    """Full-width and mathematical characters made plain, super- and subscripts written with ^ and _.

    Raises Unreadable at the first character that has no business in an answer.
    """
    if len(given) > LENGTH:
        raise Unreadable(TOO_LONG.format(length=len(given), limit=LENGTH), LENGTH)
    written: list[tuple[str, int]] = []
    raised = ""  # the ^ or _ whose run goes on
    for at, char in enumerate(given):
        mark = "^" if char in SUPERSCRIPTS else "_" if char in SUBSCRIPTS else ""
        if raised and mark != raised:
            written.append(("}", at))
        if mark and mark != raised:
            written += [(mark, at), ("{", at)]
        raised = mark
        if mark:
            written.append(((SUPERSCRIPTS | SUBSCRIPTS)[char], at))
        elif not (char == "\ufeff" and at == 0):  # the byte order mark of a file
            written += [(one, at) for one in _plain(char, at)]
    if raised:
        written.append(("}", len(given)))
    return Plain("".join(char for char, _ in written), tuple(at for _, at in written))


def _plain(char: str, at: int) -> str:
    if char in PLAIN:
        return PLAIN[char]
    if char in KEPT or (char.isascii() and char.isalnum()):
        return char
    if char in "\t\r\f\v" or unicodedata.category(char) == "Zs":
        return " "
    if 0xFF01 <= ord(char) <= 0xFF5E:
        return _plain(chr(ord(char) - 0xFEE0), at)
    if is_chinese(char) or ("Α" <= char <= "ω" and char not in TWINS):
        return char
    if 0x1D400 <= ord(char) <= 0x1D7FF:  # mathematical letters: 𝐶
        folded = unicodedata.normalize("NFKC", char)
        if folded.isascii():
            return folded
    if unicodedata.category(char) == "So" and ord(char) >= 0x1F000:  # 👍
        return " "
    raise _refused(char, at)


def is_chinese(char: str) -> bool:
    """A Chinese character, or a mark that is written like one."""
    return "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or char in "〇％《》"


def _refused(char: str, at: int) -> Unreadable:
    name = f"U+{ord(char):04X}"
    if unicodedata.category(char)[0] == "C" or unicodedata.category(char) in ("Zl", "Zp"):
        return Unreadable(INVISIBLE.format(name=same(name)), at)
    name += f" {unicodedata.name(char, '')}".rstrip()
    shown = char if unicodedata.category(char)[0] != "M" else f"◌{char}"
    if unicodedata.bidirectional(char) in ("R", "AL", "AN"):
        shown = "□"  # would turn the sentence around
    twin = TWINS.get(char)
    if twin:
        return Unreadable(LOOKALIKE.format(char=shown, name=name, twin=twin), at)
    return Unreadable(STRANGE.format(char=shown, name=name), at)
