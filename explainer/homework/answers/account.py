"""An answer in sentences, read as an account: claims such as `weights: 27·64 = 1728`, one after the other.

    account = claim { separator claim }        separator: a line, ";", ",", ":", "and", "so", 共, 所以 …
    claim   = { word } side { ("=" | "≈") side } { word }
    side    = a formula as in `syntax.py`, with words between its numbers: 1728 weights + 64 biases

A claim in brackets, or one that only explains ("because", "where"), is marked as an aside. Words are kept as labels and never
calculated with. What a side says that is no formula stays unread, and is only passed over where numbers follow. Nothing is judged
here; `grading/account.py` accepts an account only if it can place every number in it.
"""

from __future__ import annotations

from dataclasses import replace

from explainer.formula.tree import Symbol, walk
from explainer.homework.answers.account_tokens import CLOSING, OPENING, SIGNS, AccountTokens, IsSymbol
from explainer.homework.answers.characters import Plain, is_chinese, plain
from explainer.homework.answers.claim_sides import ClaimSides, bracketed, is_more
from explainer.homework.answers.claims import Claim
from explainer.homework.answers.lexicon import FUNCTIONS, ROUGHLY, SYMBOLS
from explainer.homework.answers.limits import LENGTH, STEPS
from explainer.homework.answers.markup import unmarked
from explainer.homework.answers.open_claim import AXES, OpenClaim
from explainer.homework.answers.operands import Operands, bounded_number, has_ended
from explainer.homework.answers.prose_words import BOUNDS, JOINS, LABELS, MOST, OPEN, STILL
from explainer.homework.answers.tokens import Token
from explainer.homework.answers.units import TIMES, unit_named
from explainer.homework.answers.unreadable import LeftOpen, Unreadable
from explainer.homework.answers.word_set import word_set
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.quantity import Quantity

OF = word_set(  # words that go on to the next number
    "of for with at has have into gets need needs take takes require requires cost costs use uses does performs 需 需要 各需 各需要 要做 做 用"
)
LEFT_OPEN = Bi(
    zh="“{word}”使答案不确定：请只写一个确定的答案。",
    en="'{word}' leaves the answer open: give one answer for certain.",
)
NO_CLAIM = Bi(zh="没有读到数或式子。", en="No number and no formula could be read.")
TOO_MANY_CLAIMS = Bi(zh="步骤太多：最多{limit}步。", en="There are too many steps: at most {limit} can be read.")


def read_account(text: str, quantity: Quantity | None, is_symbol: IsSymbol) -> tuple[Claim, ...]:
    """The claims of an answer. is_symbol: whether a name may stand in a formula here.

    Raises Unreadable where the words leave the answer open, or characters or brackets cannot be read.
    """
    source = plain(unmarked(text) if len(text) <= LENGTH else text)
    return _Account(text, source, quantity, is_symbol).read()


class _Account:
    def __init__(self, text: str, source: Plain, quantity: Quantity | None, is_symbol: IsSymbol) -> None:
        self.text, self.source, self.quantity, self.is_symbol = text, source, quantity, is_symbol
        self.operands, self.sides = Operands(quantity, is_symbol), ClaimSides(source, text, quantity)
        self.found: list[Claim] = []
        self.open = OpenClaim()
        self.bounded: dict[int, LeftOpen] = {}  # what is said of a number that begins there
        self.aside = 0  # remarks in brackets that are open
        self.last: list[Token] = []  # the number before, which "+ 64" goes on from

    def read(self) -> tuple[Claim, ...]:
        cut = AccountTokens(self.source, self.quantity, self.is_symbol).cut()
        depth = 0
        for at, token in enumerate(cut):
            before = cut[at - 1] if at else None
            after = cut[at + 1] if at + 1 < len(cut) else token
            if token.text in OPENING[:-1]:
                depth += 1
            elif token.text in CLOSING:
                depth -= 1
            if token.kind == "end":
                break
            if token.kind == "word":
                self._word(token, at, cut, depth)
            elif (
                token.text == "-"
                and before is not None
                and self.operands.is_hyphen(before, token, cut[at + 1 : at + 3])
            ):
                continue
            elif token.kind == "sign" and depth <= 0 and token.text in ("\n", ";", ",", ":"):
                self._close(headed=token.text == ":")
                self.aside += token.aside
            elif token.kind == "sign" and depth <= 0 and token.text in ("=", "≈"):
                self._equals(token)
            elif token.kind == "name" and not self.operands.is_operand(token, before, after):
                self._word(replace(token, kind="word"), at, cut, depth)
            elif token.kind == "name" and depth <= 0 and after.text == "=" and token.spaced and has_ended(before):
                if before is not None and before.kind == "number" and self.operands.is_unit(token, after):
                    self._operand(token, before, cut, at)  # 896 × 4 B = 3584 B
                    continue
                if (
                    before is not None
                    and before.text in CLOSING
                    and any(one.kind == "name" for one in self.open.sides[-1])
                ):
                    self._operand(token, before, cut, at)  # (k^2 c_in + 1) c_out = 320
                    continue
                self._close()  # C=64 H=112
                self._operand(token, before, cut, at)
            elif (token.text == "(" or token.kind == "name") and token.spaced and self._is_worked_with(at, cut):
                self._close()  # K=7 Cout=16 (7*7*3+1)*16
                self._operand(token, before, cut, at)
            else:
                self._operand(token, before, cut, at)
        self._close()
        if not any(part.side for claim in self.found for part in claim.parts):
            raise Unreadable(NO_CLAIM, 0)
        return tuple(self.found)

    def _is_worked_with(self, at: int, cut: list[Token]) -> bool:
        """Whether a working begins at this bracket or name, behind numbers that were given for names, with spaces between."""
        before = self.found[-1].parts if self.found else ()
        listed = bool(before) and before[-1].side is not None and before[-1].side.literal and len(before) <= 2
        if not self.open.gives_number() or not listed or cut[at - 1].kind != "number":
            return False
        depth, end = 0, at
        while end < len(cut) and (depth or end == at):
            depth += {"(": 1, ")": -1}.get(cut[end].text, 0)
            end += 1
        return end < len(cut) and cut[end].text in SIGNS

    def _word(self, token: Token, at: int, cut: list[Token], depth: int) -> None:
        before, after = (cut[at - 1] if at else None), (cut[at + 1] if at + 1 < len(cut) else token)
        text = token.text.lower()
        superlative = text in MOST and after.kind == "sign"  # 这一层参数最多：…
        if (text in OPEN and not superlative) or (text == STILL and before is not None and before.kind == "number"):
            raise LeftOpen(LEFT_OPEN.format(word=token.text), self.source.place(token.start))
        if text in BOUNDS and (bounded := bounded_number(at, cut)) is not None:
            self.bounded[bounded.start] = LeftOpen(LEFT_OPEN.format(word=token.text), self.source.place(token.start))
        side = self.open.sides[-1]
        counted = bool(side) and (side[-1].kind == "number" or (side[-1].kind != "sign" and len(side) > 1))
        adjoins = before is not None and (before is side[-1] if side else False)
        unit = unit_named(token.text) if counted and adjoins else None
        following = next((one for one in cut[at + 1 :] if one.text not in ("\n", ",")), token)
        counts = unit is not None and unit.of == "params" and following.text == "="  # 2432 params = 9728 bytes
        if unit is not None and (
            counts or unit.factor != 1 or unit.of not in ("", "count", "params") or unit.name in TIMES
        ):
            side.append(token)
            return
        if (
            token.text in FUNCTIONS
            or (not token.text.isascii() and self.is_symbol(token.text))
            or token.text in SYMBOLS
        ):
            opens = before is None or before.kind == "sign"
            names_axis = (
                self.quantity == "shape" and LABELS.get(text) in AXES and not self.open.has_operands
            )  # 宽×高×深度=…
            if opens and not names_axis and after.kind in ("sign", "end") and after.text not in (":", ",", "\n", ";"):
                self.open.append(replace(token, kind="name"))
                return
        if text in ROUGHLY:
            self.open.roughly.add(len(self.open.sides) - 1)
            return
        ended = depth <= 0 and bool(side) and side[-1].text not in SIGNS
        labels = ended and (after.text == ":" or (after.text == "=" and len(self.open.sides) > 1 and len(side) <= 2))
        if labels and after.text == ":" and self._is_counted(text):
            self.open.words.append(text)  # 128 filters: 577·128
            self._close()
            return
        if labels or (depth <= 0 and text in JOINS and any(self.open.sides) and not (side and side[-1].text in SIGNS)):
            self._close()
        elif side:
            self.open.wordy.add(len(self.open.sides) - 1)
        self.open.words.append(text)

    def _is_counted(self, text: str) -> bool:
        """Whether a word between a number and a colon belongs to the number: 128 filters:, + 64 biases:, 48 for β:."""
        listed = self.open.headed or any(claim.headed for claim in self.found[-1:])  # conv1: 156 conv2: 2416
        return not listed and LABELS.get(text) not in ("total", "each")

    def _equals(self, token: Token) -> None:
        claim = self.open
        gives = token.end - token.start > 1  # d = 768 gives …
        if len(claim.sides) == 2 and claim.defines(self.is_symbol) and (gives or self._is_put_in(claim)):
            self._close()
            claim = self.open
        if not any(claim.sides) and not claim.words:
            claim.goes_on = True
        claim.headed = claim.headed or not any(claim.sides)
        if claim.sides[-1] or claim.words:
            claim.sides.append([])
        if token.text == "≈":
            claim.roughly.add(len(claim.sides) - 1)

    def _is_put_in(self, claim: OpenClaim) -> bool:
        """Whether a number is given for a name of the formula before: 4h(h+d) with h=128, d=64 = 4·…"""
        name = claim.sides[0][0].text if claim.sides[0] else ""
        sides = [part.side.expr for one in self.found for part in one.parts if part.side and part.side.expr]
        return any(
            isinstance(node, Symbol) and node.name == name for expr in sides if expr.children() for node in walk(expr)
        )

    def _operand(self, token: Token, before: Token | None, cut: list[Token], at: int) -> None:
        side = self.open.sides[-1]
        starts = token.kind in ("number", "name") or token.text in OPENING
        ended = bool(side) and (side[-1].kind in ("number", "name", "word") or side[-1].text in CLOSING)
        if starts and ended and before is not side[-1]:  # words stand between two numbers: the next claim
            of = [word for word in self.open.words[-1:] if word in OF]
            if self.open.words[-2:] == ["for", "the"]:
                of = ["for", "the"]
            if self.quantity == "shape" and self.open.lists_sizes:  # 长60 宽60 深48
                of = [self.open.words.pop()]
            self._close()
            self.open.words += of
        self.open.append(token)

    def _close(self, *, headed: bool = False) -> None:
        claim, self.open = self.open, OpenClaim()
        first = claim.sides[0]
        if first and first[-1].text in SIGNS and len(first) == 1:  # "plus" before words alone
            claim.sides[0] = first = []
            claim.words = [word for word in claim.words if word not in LABELS]  # ", + bias = 28" is no number of biases
        if first and first[0].text in ("+", "*") and self.last and claim.words and len(claim.sides) == 1:
            claim.sides[0] = first = first[1:]  # ", plus 128 biases"
            if is_more(first, self.last):  # 3600，加上偏置3648
                claim.words, claim.lead = ["加上", *claim.words], claim.lead and claim.lead + 1
        if first and first[0].text in ("+", "*") and not self.last and is_chinese(self.source.text[first[0].start]):
            claim.sides[0] = first = first[1:]  # 乘240000次、加240000次
        if first and first[0].text in ("+", "*") and self.last:  # "+ 64" behind 1728
            claim.sides[0] = [*bracketed(self.last, first[0]), *first]
        parts = [
            replace(self.sides.part(side, n in claim.roughly), wordy=n in claim.wordy)
            for n, side in enumerate(claim.sides)
            if side
        ]
        if not parts:
            if claim.words and (claim.words[-1] or claim.labels):  # a label before ":", or words with no number
                of_each = "each" in claim.labels and not headed  # 每个通道一个斜率，48个
                self.open.words = claim.words if len(claim.words) <= 6 and not of_each else []
                self.open.headed = headed
            return
        self.found.append(
            Claim(
                tuple(parts),
                claim.labels,
                tuple(claim.words),
                claim.name,
                claim.goes_on,
                claim.headed,
                tuple(claim.words[: claim.lead]),
                self.aside > 0 or claim.explains,
                headed and len(parts) == 1,
                next(
                    (self.bounded[one.start] for side in claim.sides for one in side if one.start in self.bounded), None
                ),
            )
        )
        self.last = claim.sides[-1] if len(claim.sides[-1]) <= 3 else []
        if sum(len(one.parts) for one in self.found) > STEPS:
            raise Unreadable(TOO_MANY_CLAIMS.format(limit=STEPS), 0)
