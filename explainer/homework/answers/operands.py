"""Which words and names of an answer belong to its formulas: symbols where symbols can stand, units behind numbers."""

from __future__ import annotations

from explainer.homework.answers.account_tokens import CLOSING, LETTERS, OPENING, SIGNS, IsSymbol
from explainer.homework.answers.lexicon import FUNCTIONS
from explainer.homework.answers.prose_words import JOINS, LABELS, LEADING, LINKS, PLACED
from explainer.homework.answers.tokens import Token
from explainer.homework.answers.units import unit_named
from explainer.vocabulary.quantity import Quantity


class Operands:
    """The rules for one question. is_symbol: whether a name may stand in a formula here."""

    def __init__(self, quantity: Quantity | None, is_symbol: IsSymbol) -> None:
        self.quantity, self.is_symbol = quantity, is_symbol

    def is_hyphen(self, before: Token, token: Token, following: list[Token]) -> bool:
        """Between words, or a number and a word: multiply-adds, 300-dimensional."""
        after = following[0]
        if token.spaced or after.kind not in LETTERS or before.kind not in ("number", *LETTERS):
            return False
        return not (after.spaced and before.kind == "number") and not self.is_operand(after, token, following[-1])

    def is_operand(self, token: Token, before: Token | None, after: Token) -> bool:
        """Whether a name stands where a symbol can: between signs, or behind a number as in 2C."""
        if token.text in FUNCTIONS and after.text == "(":
            return True
        if before is not None and before.kind == "number" and self.is_unit(token, after):
            return True
        if not self.is_symbol(token.text) or after.kind in ("word", "name", "number"):
            return False
        opens = before is None or before.text in (*SIGNS, *OPENING, "=", "≈", ",", ":", ";", "\n")
        opens = opens or (after.text == "=" and before is not None and before.text.lower() in JOINS)  # with d = 768
        if after.text in OPENING and after.spaced and not (before is not None and before.text in SIGNS):
            return False  # C1 (5·5+1)·6
        if (
            before is not None
            and before.kind == "number"
            and token.spaced
            and (len(token.text) > 2 or (len(token.text) == 2 and after.text not in SIGNS))
            and "_" not in token.text
        ):
            return False  # 4 gates; 32 in, 64 out
        closes = after.kind == "end" or after.text in (*SIGNS, *CLOSING, *OPENING, "=", "≈", ",", ";", "\n")
        if token.text.lower() in LABELS and len(token.text) > 1:
            return opens and after.text in SIGNS
        return closes and (opens or (before is not None and (before.kind == "number" or before.text in CLOSING)))

    def is_unit(self, token: Token, after: Token) -> bool:
        unit = unit_named(token.text)
        counts = unit is not None and (unit.factor != 1 or unit.of in ("bytes", "bits", "macs", "flops"))
        return counts or (token.text == "B" and (after.kind != "sign" or self.quantity == "bytes"))

    # Claims.


def has_ended(before: Token | None) -> bool:
    """Whether a formula may end here."""
    return before is not None and (before.kind == "number" or before.text in CLOSING)


def bounded_number(at: int, cut: list[Token]) -> Token | None:
    """The number that a word such as "over" or "max" bounds, before it or behind: up to 64, 64 at most; not max pooling."""
    following = next((token for token in cut[at + 1 :] if token.text.lower() not in LINKS), cut[-1])
    if following.kind == "number":
        heard = cut[at - 1] if at else cut[at]
        placed = cut[at].text.lower() in PLACED and heard.kind in LETTERS and heard.text.lower() not in LEADING
        return None if at and placed else following
    before = next((token for token in reversed(cut[:at]) if token.text.lower() not in LINKS), None)
    return before if before is not None and before.kind == "number" and following.kind not in LETTERS else None
