"""The tokens of an answer in sentences: Chinese runs in their words, remarks in brackets as words, ordinals and small number words.

`(weights)` is a remark; `(about 138 million)` behind a number says it again; `layer 2` and `第3层` count nothing; `plus one bias`
is `+ 1`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from explainer.homework.answers.characters import Plain
from explainer.homework.answers.defined_units import tokens_of
from explainer.homework.answers.formula_parser import constant
from explainer.homework.answers.lexicon import EQUALS, FUNCTIONS, OPERATORS, ROUGHLY, SYMBOLS
from explainer.homework.answers.prose_words import (
    BEHIND_HYPHENS,
    COUNTING,
    DENIED,
    JOINS,
    LABELS,
    NEGATIONS,
    NO_SUBJECT,
    NUMBERED,
    ONE,
    PLACES,
    SUBJECTS,
    pieces,
)
from explainer.homework.answers.tokens import Token
from explainer.homework.answers.units import unit_named
from explainer.homework.answers.unreadable import Unreadable
from explainer.homework.expressions import expression
from explainer.vocabulary.quantity import Quantity

IsSymbol = Callable[[str], bool]
CLOSING = (")", "]", "}", "⌋", "⌉")
OPENING = ("(", "[", "{", "⌊", "⌈", "frac")
LETTERS = ("word", "name")
LAYER = expression(r"(?:[a-z]+\.)*(?:Linear|Dense|Conv\w*|Embedding|LSTM|GRU|RNN|\w*Pool\w*|\w*Norm\w*|Dropout|FC)")
SIGNS = ("+", "-", "*", "/", "//", "^")
PARTS = {"w": "weights", "b": "biases"}
PARTS_OF_A_LAYER = ("weights", "bias", "scale", "shift")
CLAUSE_ENDS = frozenset([",", ";", ":", "(", ")", "\n", "=", "≈"])


class AccountTokens:
    """Cuts one answer. is_symbol: whether a name may stand in a formula here."""

    def __init__(self, source: Plain, quantity: Quantity | None, is_symbol: IsSymbol) -> None:
        self.source, self.quantity, self.is_symbol = source, quantity, is_symbol

    def cut(self) -> list[Token]:
        """The tokens, an `end` last."""
        found = list(_compounds(self._plain_words(tokens_of(self.source, shape=self.quantity == "shape"))))
        return self._without_comments(list(_counted(found)))

    def _plain_words(self, given: list[Token]) -> Iterator[Token]:
        """Runs of Chinese characters in their words: operators become signs, units stay behind their numbers."""
        before: Token | None = None
        for token in given:
            for made in self._pieces(token, before) if token.kind == "word" else (token,):
                yield made
                before = made

    def _pieces(self, token: Token, before: Token | None) -> Iterator[Token]:
        text, start = token.text, token.start
        if text.isascii() or self.is_symbol(text) or text in SYMBOLS or text in FUNCTIONS:
            yield token
            return
        if before is not None and before.kind == "number":
            size = next((n for n in range(min(len(text), 8), 0, -1) if unit_named(text[:n])), 0)
            if size:
                yield Token("word", text[:size], start, start + size)
                text, start = text[size:], start + size
        for piece, at in pieces(text):
            place = start + at
            if piece in OPERATORS:
                yield Token("sign", OPERATORS[piece], place, place + len(piece))
            elif piece in EQUALS or piece == "为":
                yield Token("sign", "=", place, place + len(piece))
            else:
                yield Token("word", piece, place, place + len(piece))

    def _without_comments(self, cut: list[Token]) -> list[Token]:
        """`(weights)` and `（权重+偏置）` are words; brackets without a pair are refused by the formula within."""
        pairs, stack = {}, []
        for at, token in enumerate(cut):
            if token.text == "(" and token.kind == "sign":
                stack.append(at)
            elif token.text == ")" and stack:
                pairs[stack.pop()] = at
        made: list[Token] = []
        at = 0
        while at < len(cut):
            end = pairs.get(at, 0)
            inside = cut[at + 1 : end] if end else []
            function = bool(made) and made[-1].text in FUNCTIONS
            behind = bool(made) and (made[-1].kind in ("number", *LETTERS) or made[-1].text in CLOSING)
            if inside and made and LAYER.fullmatch(made[-1].text) and not cut[at].spaced:  # Linear(784, 256)
                at = end + 1
            elif (
                inside and not function and (_is_label(made, inside) or all(self._is_remark(token) for token in inside))
            ):
                made += [replace(token, kind="word") for token in inside if token.kind in LETTERS and not _joins(token)]
                at = end + 1
            elif len(inside) == 1 and cut[at].spaced and self._comes_to(made, inside[0]):  # 10×128 (1280)
                made += [] if cut[end + 1].text in SIGNS else [replace(cut[at], text="="), inside[0]]
                at = end + 1
            elif (
                made
                and LABELS.get(made[-1].text.lower()) in PARTS_OF_A_LAYER
                and made[-1].kind in LETTERS
                and len(inside) == 1
                and inside[0].kind == "number"
            ):  # weight (768) and bias (768)
                made += [replace(cut[at], text=":"), inside[0], replace(cut[end], text=";")]
                at = end + 1
            elif not function and (
                (
                    (behind or (made and made[-1].text in (";", "\n")))
                    and any(self._is_prose(token) or token.text in ("=", "≈") for token in inside)
                )
                or (made and self._restates(made[-1], inside, _last_number(made), goes_on=cut[end + 1].text in SIGNS))
            ):
                made += [
                    replace(cut[at], text=";", aside=1),
                    *inside,
                    replace(cut[end], text=";", aside=-1),
                ]  # (1728 weights and 64 biases)
                at = end + 1
            else:
                made.append(cut[at])
                at += 1
        return made

    def _comes_to(self, made: list[Token], number: Token) -> bool:
        """Whether the formula at the end comes to this number."""
        start = len(made)
        while start and made[start - 1].kind in ("number", "sign") and made[start - 1].text not in CLAUSE_ENDS:
            start -= 1
        return number.kind == "number" and start < len(made) and self._value(made[start:]) == number.value

    def _restates(self, before: Token, inside: list[Token], number: Token | None, *, goes_on: bool) -> bool:
        """`(about 138 million)`, `(≈ 0.55 GB)`, `(527.8 MiB)`: the number before, said again."""
        if not inside:
            return False
        first = inside[0]
        units = [unit_named(token.text) for token in inside if token.kind in LETTERS]
        counted = first.kind == "number" and len(inside) == 2 and bool(units) and units[0] is not None
        spent = [unit for unit in units if unit is not None and unit.of in ("bytes", "bits", "params")]
        if spent and len(spent) == len(units) and before.kind in LETTERS and unit_named(before.text):
            return True  # 9.91 MB (2476580 parameters × 4 bytes)
        if counted and units[0] is not None and units[0].of in ("bytes", "bits", "macs", "flops", "params"):
            return True  # 2.46M multiply-accumulates (4.92 MFLOPs)
        if (
            len(inside) == 1 and first.kind == "number" and before.kind == "word" and not goes_on
        ):  # most of it (2,457,800)
            return True
        if before.kind != "number" and not (before.kind in LETTERS and unit_named(before.text)):
            return False
        if (
            any(token.text in ("+", "-", "*", "/") for token in inside) and number is not None
        ):  # 455 (450 + 5), 2M FLOPs (2 × 1M)
            known = unit_named(before.text) if before.kind in LETTERS else None
            if (
                known is not None
                and known.of in ("bytes", "bits", "macs", "flops")
                and all(map(_is_of_formula, inside))
            ):
                return True  # 37.7 MFLOPs (2 × 18.87M): a unit is not multiplied with
            return self._value(inside) == number.value
        if len(inside) == 1 and first.kind == "number" and before.kind in LETTERS:  # 34.9K (34,944)
            return True
        if first.text in ("≈", "=") or first.text.lower() in ROUGHLY:
            return True
        unit = unit_named(inside[1].text) if len(inside) == 2 and first.kind == "number" else None
        return unit is not None and unit.factor != 1

    def _value(self, given: list[Token]) -> Fraction | None:
        """The number that some tokens come to, None where they are none."""
        from explainer.homework.answers.answer_parser import Reader

        if any(token.kind not in ("number", "sign") for token in given):
            return None
        end = Token("end", "", given[-1].end, given[-1].end)
        with contextlib.suppress(Unreadable, IndexError):
            reader = Reader(self.source, self.source.text, self.quantity, [*given, end])
            side = reader.side(False)
            return constant(side.expr) if side.expr is not None and reader.token.kind == "end" else None
        return None

    def _is_prose(self, token: Token) -> bool:
        """A word that no formula has."""
        if token.kind not in LETTERS:
            return False
        known = self.is_symbol(token.text) or token.text in SYMBOLS or token.text in FUNCTIONS or unit_named(token.text)
        return token.text.lower() in LABELS or token.text.lower() in JOINS or not known

    def _is_remark(self, token: Token) -> bool:
        if token.kind == "word" and self.quantity == "shape":
            return True
        if token.kind == "word":
            return token.text not in SYMBOLS and not self._is_chinese_symbol(token.text)
        if token.kind == "name":
            return self.quantity == "shape" or token.text.lower() in LABELS or not self.is_symbol(token.text)
        return token.kind == "sign" and token.text in ("+", ",", "*", "-")

    def _is_chinese_symbol(self, word: str) -> bool:
        return not word.isascii() and self.is_symbol(word)


def _compounds(given: Iterable[Token]) -> Iterator[Token]:
    """`bias-free` and `non-trainable` as one word each."""
    waiting: list[Token] = []
    for token in given:
        if len(waiting) == 2 and not token.spaced and token.text.lower() in BEHIND_HYPHENS and token.kind in LETTERS:
            first = waiting[0]
            waiting = [Token("word", f"{first.text}-{token.text}", first.start, token.end, first.spaced)]
            continue
        if len(waiting) == 1 and token.text == "-" and not token.spaced:
            waiting.append(token)
            continue
        yield from waiting
        waiting = [token] if token.kind in LETTERS and token.text.isascii() else []
        if not waiting:
            yield token
    yield from waiting


def _is_of_formula(token: Token) -> bool:
    return token.kind in ("number", "sign") or unit_named(token.text) is not None


def _last_number(made: list[Token]) -> Token | None:
    """The number at the end, with a unit behind it at most."""
    return next((token for token in made[-1:] + made[-2:-1] if token.kind == "number"), None)


def _is_label(made: list[Token], inside: list[Token]) -> bool:
    """One name in brackets behind a number says what it is: 64 (BN), 3 (C_in); `2(HW)` is read by the formula itself."""
    return len(inside) == 1 and inside[0].kind in LETTERS and bool(made) and made[-1].kind == "number"


def _joins(token: Token) -> bool:
    return token.text.lower() in JOINS


def _counted(cut: list[Token]) -> Iterator[Token]:
    """Ordinals are words, and so is "not" where it denies something beside the figure; "one" of one bias is 1."""
    for at, token in enumerate(cut):
        before = cut[at - 1] if at else None
        after = cut[at + 1] if at + 1 < len(cut) else token
        text = token.text.lower()
        if token.kind == "number" and before is not None and _is_ordinal(before, token, after):
            yield replace(token, kind="word")
        elif text in ONE and before is not None and before.text == "+" and after.text.lower() in SUBJECTS:
            yield replace(token, kind="number", value=Fraction(1), places=None)
        elif token.text in PARTS and token.spaced and before is not None and before.kind == "number" and _ends(after):
            yield replace(token, kind="word", text=PARTS[text])  # 630 w + 7 b
        elif text == "not" and after.text.lower() in DENIED:
            yield replace(token, text="without")
        elif text in NEGATIONS and _is_about_another(cut, at):
            yield replace(token, kind="word", text="without")
        else:
            yield token


def _ends(token: Token) -> bool:
    """Whether a term of a sum ends here."""
    return token.kind == "end" or token.text in ("+", ")", ",", ";", "\n")


def _is_about_another(cut: list[Token], at: int) -> bool:
    """Whether a negation has a clause of its own, without numbers, about what it names: the running mean is not a parameter."""
    start = next((n + 1 for n in range(at - 1, -1, -1) if cut[n].text in CLAUSE_ENDS), 0)
    end = next((n for n in range(at, len(cut)) if cut[n].text in CLAUSE_ENDS or cut[n].kind == "end"), len(cut))
    if start == at and at and cut[at - 1].text == ",":  # they are buffers, not parameters
        start = next((n + 1 for n in range(at - 2, -1, -1) if cut[n].text in CLAUSE_ENDS), 0)
    if any(token.kind == "number" for token in cut[start:end]):
        return False
    return any(token.kind in LETTERS and token.text.lower() not in NO_SUBJECT for token in cut[start:at])


def _is_ordinal(before: Token, token: Token, after: Token) -> bool:
    """`layer 2`, `step 1:`, `第3层`, `卷积1`, `(fc 2)`: the number says which, not how many."""
    if before.text == "第":
        return True
    if token.places is not None or token.value >= 100:
        return False
    if before.kind in LETTERS and before.text.lower() in NUMBERED and token.value <= 20:
        return after.text in (":", "=", ")", "(", ",", ";", "\n") or after.kind in ("number", "word", "end")
    counts = before.kind in LETTERS and before.text.lower() in PLACES and token.spaced
    return counts and after.text not in (*SIGNS, *COUNTING)
