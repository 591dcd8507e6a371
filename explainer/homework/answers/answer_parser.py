"""An answer as it was written, read: steps, their sides, lists, units and what a number claims to know."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Literal

from explainer.formula.tree import Number, Product, Sum
from explainer.homework.answers.characters import plain
from explainer.homework.answers.formula_parser import BIG, OPERATOR, Formulas
from explainer.homework.answers.lexicon import ROUGHLY
from explainer.homework.answers.limits import DIMENSIONS, LENGTH, LISTS, STEPS
from explainer.homework.answers.markup import unmarked
from explainer.homework.answers.number_parser import Made
from explainer.homework.answers.syntax import Answer, Side, Step
from explainer.homework.answers.token_stream import CLOSES, ENDS
from explainer.homework.answers.units import Unit
from explainer.homework.answers.unreadable import Unreadable
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.quantity import Quantity

EMPTY = Bi(zh="没有写答案。", en="There is no answer.")
ONLY_WORDS = Bi(
    zh="这里没有数，也没有式子：请用阿拉伯数字或式子作答。",
    en="There is neither a number nor a formula here: answer in digits or with a formula.",
)
UNOPENED = Bi(zh="“{sign}”没有与之配对的左括号。", en="'{sign}' closes a bracket that was never opened.")
LEFT_OVER = Bi(zh="从“{char}”起无法识别。", en="From '{char}' on it cannot be read.")
LONG = Bi(zh="步骤太多：最多{limit}步。", en="There are too many steps: at most {limit} can be read.")
CHANNELS = ("通道", "个通道")
ADDED = ("加", "再加", "外加")
EQUAL = ("=", "≈")


def parse(text: str, quantity: Quantity | None = None) -> Answer:
    """Read an answer. `quantity`: what was asked, where the same text may mean two things (`1,512,224`; `528 B`).

    Raises Unreadable with the place at what cannot be read.
    """
    source = plain(unmarked(text) if len(text) <= LENGTH else text)
    steps = Reader(source, text, quantity).read()
    sides = [side for step in steps for side in step.sides]
    if len(sides) > 1:
        return Answer(text, "working", steps)
    only = sides[0]
    kind: Literal["number", "formula", "shape"] = "shape" if only.shape else "number" if only.literal else "formula"
    return Answer(text, kind, steps)


class Reader(Formulas):
    """Reads one answer."""

    def read(self) -> tuple[Step, ...]:
        steps: list[Step] = []
        count = 0
        while self.token.kind != "end":
            if self.take("\n", ";", ",", ":"):
                continue
            goes_on = self.is_sign("=", "≈") and bool(steps)
            begins = bool(steps) and self.tokens[self.at - 1].text in ("\n", ",", ";")
            added, in_words = begins and self.is_sign("+"), begins and self.token.text.startswith(ADDED)
            sides = self.step()
            if sides and (added or (in_words and _is_less(sides[0], steps[-1].sides[-1]))):
                sides[0] = _added(steps[-1].sides[-1], sides[0])
            count += len(sides)
            if count > STEPS:
                raise self.refuse(LONG.format(limit=STEPS))
            if sides:
                steps.append(Step(tuple(sides), goes_on))
        if not steps:
            raise Unreadable(ONLY_WORDS if any(token.kind == "word" for token in self.tokens) else EMPTY, 0)
        return tuple(steps)

    def step(self) -> list[Side]:
        """Sides up to the end of the line."""
        sides: list[Side] = []
        roughly = False
        while True:
            roughly = self.words() or roughly
            if self.take("="):
                continue
            if self.take("≈"):
                roughly = True
            elif self.is_sign("\n", ";", ",") or self.token.kind == "end":
                return sides
            elif self.is_sign(":"):  # a label before it: "P: 1792"
                self.at += 1
                sides = []
            elif self.is_sign(")", "]", "}", "⌋", "⌉"):
                raise self.refuse(UNOPENED.format(sign=self.token.text))
            elif sides and self.tokens[self.at - 1].text != "=" and not roughly:
                raise self.refuse(OPERATOR if self.starts_operand() else LEFT_OVER.format(char=self.token.text[:1]))
            else:
                sides.append(self.side(roughly))
                roughly = False

    def side(self, roughly: bool) -> Side:
        start = self.token
        self.side_start = self.at
        self.loose = []
        self.bound_unit, self.binds = None, False
        listed = self.listed()
        made: Made | None = None
        if not listed:
            made = self.sum()
            if self.take("@") or self.take_channels():
                listed = [made, *self.factors(self.sum())]
            elif self.shape and (self.token.kind == "number" or (self.is_sign(",") and not self.ends_here())):
                listed = [made]
                while self.take(",") or self.starts_operand():
                    if self.token.kind == "end" or self.is_sign("\n", ";"):
                        break
                    listed.append(self.sum())
        unit, about = self.unit()
        unit = unit or self.bound_unit
        roughly = roughly or about
        end = self.tokens[self.at - 1].end
        first, last = self.source.place(start.start), self.source.place(end - 1) + 1
        side = Side(
            None, first, last, self.given[first:last].strip(), roughly=roughly, unit=unit, loose=tuple(self.loose)
        )
        if listed:
            if len(listed) > DIMENSIONS:
                raise self.refuse(BIG, start)
            return replace(side, shape=tuple(part.expr for part in listed))
        assert made is not None
        return self.with_unit(replace(side, expr=made.expr, literal=made.literal), made, unit)

    def with_unit(self, side: Side, made: Made, unit: Unit | None) -> Side:
        """The side in basic units, with the precision that it claims."""
        expr = made.expr
        factor = unit.factor if unit else 1
        if factor != 1:
            expr = (
                Number(expr.value * factor)
                if isinstance(expr, Number)
                else Product(((True, expr), (True, Number(factor))))
            )
        half = made.half * factor if made.half is not None else None
        if made.literal and (not made.exact or factor != 1 or side.roughly):
            value = expr.value if isinstance(expr, Number) else Fraction(0)
            if half is None:
                half = Fraction(factor, 2)
            if side.roughly and made.exact and factor == 1 and value.denominator == 1:
                half = Fraction(_trailing(int(value)), 2)
        elif made.literal and half is not None and made.exact:
            half = None
        return replace(side, expr=expr, half=half if made.literal else None)

    def take_channels(self) -> bool:
        """`64通道，224×224`: a word where the @ stands in 64@224×224."""
        is_word = self.shape and self.token.kind == "word" and self.token.text in CHANNELS
        if not is_word or self.peek().text != ",":
            return False
        self.at += 2
        return True

    def ends_here(self) -> bool:
        """Whether this comma ends the side, and is none between the sizes of a list."""
        return self.is_definition() or (self.tokens[self.side_start - 1].text in EQUAL and self.is_another_next())

    def is_another_next(self) -> bool:
        """After this comma stands another equation, or a shape by itself: (224−2)/2+1=112，64×112×112."""
        signs = []
        for ahead in range(1, len(self.tokens) - self.at):
            token = self.peek(ahead)
            if token.text in EQUAL:
                return True
            if token.kind == "end" or token.text in ("\n", ";"):
                break
            if token.text == ",":
                return False
            signs += [token.text] if token.kind == "sign" else []
        return bool(signs) and set(signs) <= {"*", "@"}

    def is_definition(self) -> bool:
        """After this comma another quantity is named: H=112, W=112."""
        return self.peek(1).kind in ("name", "word") and self.peek(2).text in ("=", ":")

    def factors(self, made: Made) -> list[Made]:
        parts = made.expr.parts if isinstance(made.expr, Product) else ((True, made.expr),)
        if not all(times for times, _ in parts):
            return [made]
        return [Made(factor) for _, factor in parts]

    def listed(self, deep: int = 0) -> list[Made]:
        """`[1, 512, 7, 7]`, `(512, 7, 7)`, `([1, 512])`; empty where no list begins, or none that anybody writes."""
        if deep > LISTS or not self.is_sign("(", "[") or not self.is_list():
            return []
        opened = self.token
        self.at += 1
        inner = self.listed(deep + 1)
        if not inner:
            while not self.is_sign(CLOSES[opened.text]) and self.token.kind != "end":
                inner.append(self.sum())
                if len(inner) > DIMENSIONS:
                    raise self.refuse(BIG, opened)
                if not self.take(",") and not self.starts_operand():
                    break
        self.expect(CLOSES[opened.text], opened)
        return inner

    def is_list(self) -> bool:
        """Whether the bracket that opens here holds a list, and the side ends with it."""
        opening, depth, comma, numbers = self.token.text, 0, False, False
        for ahead in range(len(self.tokens) - self.at):
            token, before = self.peek(ahead), self.peek(ahead - 1) if ahead else None
            if token.kind == "number" and before is not None and before.kind == "number":
                numbers = True
            if token.kind != "sign":
                continue
            if token.text in CLOSES:
                depth += 1
            elif token.text in CLOSES.values():
                depth -= 1
                if depth == 0:
                    after = self.peek(ahead + 1)
                    ended = after.kind in ("end", "word") or after.text in ENDS
                    return ended and (comma or numbers or (opening == "[" and self.shape))
            elif token.text == ",":
                comma = True
        return False

    def unit(self) -> tuple[Unit | None, bool]:
        """Units and words behind a side; the unit, and whether one of the words says "about"."""
        found: Unit | None = None
        roughly = False
        while True:
            if self.token.kind in ("word", "name") and (unit := self.unit_here()):
                if found is None:
                    found = unit
                else:
                    found = Unit(f"{found.name} {unit.name}", found.factor * unit.factor, unit.of or found.of)
                self.at += 1
            elif self.token.kind == "word" or self.is_comment():
                roughly = self.token.text in ROUGHLY or roughly
                if self.token.kind == "word":
                    self.at += 1
                else:
                    self.words()
            else:
                return found, roughly


def _is_less(side: Side, before: Side) -> bool:
    """再加偏置48: a part; in 加偏置3648 the number is what comes out."""
    left, right = side.expr, before.expr
    return isinstance(left, Number) and isinstance(right, Number) and left.value < right.value


def _added(before: Side, side: Side) -> Side:
    """A line that begins with "+": what it adds to the line before, as in a sum set out in columns."""
    if before.expr is None or side.expr is None or before.unit is not None:
        return side
    return replace(side, expr=Sum(((True, before.expr), (True, side.expr))), literal=False, half=None)


def _trailing(value: int) -> int:
    """The place of the last digit that is not 0: 2360000 → 10000."""
    place = 1
    while value and value % (place * 10) == 0:
        place *= 10
    return place
