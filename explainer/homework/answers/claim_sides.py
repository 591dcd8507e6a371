"""The sides of a claim: their tokens read as formulas, `[64, 3, 3, 3]` as what it multiplies to."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from explainer.homework.answers.account_tokens import CLOSING, SIGNS
from explainer.homework.answers.characters import Plain
from explainer.homework.answers.claims import Part
from explainer.homework.answers.syntax import Side
from explainer.homework.answers.token_stream import CLOSES
from explainer.homework.answers.tokens import Token
from explainer.homework.answers.unreadable import Unreadable
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.quantity import Quantity

NO_FORMULA = Bi(zh="这里读不出式子。", en="No formula could be read here.")


class ClaimSides:
    """Reads the sides of one answer's claims. source, text: the answer in plain characters, and as given."""

    def __init__(self, source: Plain, text: str, quantity: Quantity | None) -> None:
        self.source, self.text, self.quantity = source, text, quantity

    def part(self, side: list[Token], roughly: bool) -> Part:
        """A side; none where it is no formula."""
        numbers = any(token.kind == "number" for token in side)
        cut, listed = _multiplied(side) if self.quantity != "shape" else (side, False)
        end = Token("end", "", side[-1].end, side[-1].end)
        try:
            return Part(self._formula([*cut, end], roughly), listed, numbers)
        except (Unreadable, IndexError):
            return Part(None, listed, numbers, applied=self._applied([*cut, end]))

    def _applied(self, cut: list[Token]) -> Side | None:
        if cut[0].text not in SIGNS:
            return None
        with contextlib.suppress(Unreadable, IndexError):
            return self._formula(cut[1:], False)
        return None

    def _formula(self, cut: list[Token], roughly: bool) -> Side:
        from explainer.homework.answers.answer_parser import Reader

        reader = Reader(self.source, self.text, self.quantity, cut)
        side = reader.side(roughly)
        if reader.token.kind != "end":
            raise Unreadable(NO_FORMULA, self.source.place(reader.token.start))
        return side


def is_more(side: list[Token], before: list[Token]) -> bool:
    """Whether a number is greater than the one before: what comes out, and not what is added."""
    if len(side) != 1 or len(before) != 1 or side[0].kind != "number" or before[0].kind != "number":
        return False
    return side[0].value > before[0].value


def bracketed(before: list[Token], sign: Token) -> list[Token]:
    """75+1, and then ×12: the sum stands in brackets."""
    if sign.text == "+" or len(before) < 2:
        return before
    first, last = before[0], before[-1]
    opened = Token("sign", "(", first.start, first.start)
    return [opened, *before, Token("sign", ")", last.end, last.end)]


def _multiplied(side: list[Token]) -> tuple[list[Token], bool]:
    """`[64, 3, 3, 3]` as 64·3·3·3; and whether the side is nothing else."""
    made: list[Token] = []
    opened: list[int] = []
    commas = 0
    outermost = (0, 0)
    for at, token in enumerate(side):
        if token.text in CLOSES and token.kind == "sign":
            opened.append(at)
        elif token.text in CLOSING and opened:
            start = opened.pop()
            outermost = (start, at) if not opened else outermost
        if token.text == "," and opened:
            commas += 1
            if side[at + 1 : at + 2] and side[at + 1].text in CLOSING:  # (64,)
                continue
            token = replace(token, text="*")
        made.append(token)
    return made, bool(commas) and outermost == (0, len(side) - 1)
