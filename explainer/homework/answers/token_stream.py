"""Where the reader of an answer stands among the tokens, and the words that it passes over."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from explainer.homework.answers.characters import Plain
from explainer.homework.answers.defined_units import tokens_of
from explainer.homework.answers.lexicon import FUNCTIONS, ROUGHLY, SYMBOLS
from explainer.homework.answers.tokens import Token
from explainer.homework.answers.units import Unit, unit_named
from explainer.homework.answers.unreadable import Unreadable
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.quantity import Quantity

CLOSING = Bi(zh="这里应有“{sign}”。", en="'{sign}' is expected here.")
UNCLOSED = Bi(zh="括号“{sign}”没有配对。", en="The bracket '{sign}' is never closed.")
CLOSES = {"(": ")", "[": "]", "{": "}", "⌊": "⌋", "⌈": "⌉"}
ENDS = {"=", "≈", "\n", ";", ",", ":", ")", "]", "}"}
MOST_BILLIONS = 10_000  # 10,000 B parameters has no model, 10,000 bytes many a tensor


class Cursor:
    """The tokens of one answer and the place reached. `quantity`: what was asked; `cut`: tokens taken from it already."""

    def __init__(
        self, source: Plain, given: str, quantity: Quantity | None, cut: Sequence[Token] | None = None
    ) -> None:
        self.source, self.given, self.quantity = source, given, quantity
        self.shape = quantity == "shape"
        self.tokens = list(cut) if cut is not None else tokens_of(source, shape=self.shape)
        self.at = 0
        self.depth = 0
        self.side_start = 0
        self.loose: list[tuple[Fraction, Fraction]] = []  # rounded numbers of this side, each with its half unit
        self.bound_unit: Unit | None = None  # what stands behind the numbers of a sum: 411 MB + 67 MB
        self.binds = False
        self.named_side = (-1, False)

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def is_sign(self, *signs: str) -> bool:
        return self.token.kind == "sign" and self.token.text in signs

    def take(self, *signs: str) -> bool:
        if not self.is_sign(*signs):
            return False
        self.at += 1
        return True

    def refuse(self, message: Bi, token: Token | None = None) -> Unreadable:
        return Unreadable(message, self.source.place((token or self.token).start))

    def expect(self, sign: str, opened: Token) -> None:
        if self.take(sign):
            return
        if self.token.kind == "end":
            raise self.refuse(UNCLOSED.format(sign=opened.text), opened)
        raise self.refuse(CLOSING.format(sign=sign))

    def words(self) -> bool:
        """Pass over words that mean nothing here, comments in brackets too. True if one of them says "about"."""
        roughly = False
        while True:
            function = self.token.text in FUNCTIONS and self.peek().text == "("
            operand = function or (self.token.text in SYMBOLS and self.is_operand_word())
            if self.token.kind == "word" and not operand:
                roughly = roughly or self.token.text in ROUGHLY
                self.at += 1
            elif self.token.kind == "name" and self.token.text.lower() in ROUGHLY:
                roughly = True
                self.at += 1
            elif self.is_comment():
                while not self.take(")"):
                    self.at += 1
            else:
                return roughly

    def is_operand_word(self) -> bool:
        """A Chinese name of a symbol where an operand can stand: 输入通道数×3."""
        before = self.tokens[self.at - 1] if self.at else None
        after = self.peek()
        opens = before is None or (before.kind == "sign" and before.text not in (")", "]", "}"))
        closes = after.kind == "end" or (after.kind == "sign" and after.text != ":")
        return opens and closes

    def is_comment(self) -> bool:
        ahead = 1
        if not self.is_sign("("):
            return False
        while self.peek(ahead).kind == "word" and self.peek(ahead).text not in SYMBOLS:
            ahead += 1
        words_only = ahead > 1 or (self.peek().kind == "word" and self.at > 0)
        if self.peek(1).kind == "word" and self.peek(2).text == ")":
            ahead, words_only = 2, self.at > 0 and self.tokens[self.at - 1].kind in ("number", "word", "name")
        return words_only and self.peek(ahead).text == ")"

    def unit_here(self) -> Unit | None:
        """The unit that this word is; B is bytes where bytes are asked for or the number is too large for billions, else billions."""
        if self.token.text == "B":
            before = self.tokens[self.at - 1] if self.at else self.token
            many = before.kind == "number" and before.value >= MOST_BILLIONS
            return Unit("B", 1, "bytes") if many or self.quantity == "bytes" else Unit("B", 10**9)
        return unit_named(self.token.text)

    # Formulas.
