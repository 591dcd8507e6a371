"""The numbers of an answer, each with the multiple or the unit that binds to it: 2.36M, 236万, 528 MiB, 4 B × n."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from explainer.formula.tree import Expr, number
from explainer.homework.answers.token_stream import ENDS, Cursor
from explainer.homework.answers.tokens import Token
from explainer.homework.answers.units import Unit, unit_named

BOUND = frozenset(
    {"K", "M", "G", "T", "KB", "MB", "GB", "KiB", "MiB", "GiB"}
)  # units that stand behind each number of a sum


@dataclass(frozen=True)
class Made:
    """A piece of a formula with its size: nodes, powers multiplied out, and bits of all its numbers."""

    expr: Expr
    nodes: int = 1
    bits: int = 16
    literal: bool = False
    half: Fraction | None = None
    exact: bool = True


class Numbers(Cursor):
    """Reads numbers: which letters and words behind one belong to it."""

    def is_unit_next(self) -> bool:
        """A name behind a number that is its unit: 528 MiB, 2.36 G; a letter by itself may be a symbol as well."""
        token = self.token
        if token.kind != "name" or self.unit_here() is None:
            return False
        ahead = 1
        while self.peek(ahead).kind in ("word", "name"):
            ahead += 1
        after = self.peek(ahead)
        if not (after.kind == "end" or after.text in ENDS):
            return False
        if len(token.text) > 1:
            return True
        before = self.tokens[self.at - 1]
        if before.kind != "number":
            return token.text == "B" and self.quantity == "bytes" and before.kind == "sign"
        alone = self.at - 1 == self.side_start
        return (
            token.text == "M" or before.places is not None or alone or (token.text == "B" and self.quantity == "bytes")
        )

    def literal(self) -> Made:
        """A number, with its multiple where one stands behind it: 2.36M, 236万, 235万9808."""
        token = self.token
        self.at += 1
        value, places = token.value, token.places
        bits = value.numerator.bit_length() + value.denominator.bit_length()
        half = Fraction(1, 2) / Fraction(10) ** (places or 0)
        exact = places is None
        factor = self.multiple()
        value *= factor
        while factor != 1 and exact and self.token.kind == "number" and self.token.value < factor:  # 1亿3835万7544
            part = self.token
            exact = part.places is None
            self.at += 1
            factor = self.multiple()
            value += part.value * factor
        exact = exact and factor == 1
        if not exact and factor != 1:
            self.loose.append((Fraction(value), half * factor))
        return Made(number(value), 1, bits + factor.bit_length(), True, half * factor, exact)

    def multiple(self) -> int:
        """The multiple behind a number, which binds to it: 2.4M + 10M, 138M×4, 1.7K+64.

        At the end of a side it is left to the whole of it where that is meant: (…)/10^6 M, 1.7+0.1 M.
        """
        token = self.token
        unit = unit_named(token.text) if token.kind == "word" else None
        if unit is not None and unit.of == "" and unit.factor != 1:
            self.at += 1
            return unit.factor
        if token.kind != "name" or not self.is_bound_unit(token):
            return 1
        unit = self.unit_here()
        assert unit is not None
        self.at += 1
        if unit.of:
            self.bound_unit = Unit(unit.name, 1, unit.of)
        self.binds = True
        return unit.factor

    def is_bound_unit(self, token: Token) -> bool:
        """Whether a unit stands behind a number that is one among others."""
        if (
            token.text == "B" and self.quantity == "bytes" and self.peek().text in ("/", "//", "*")
        ):  # 12560 B / 1024, 4 B × n
            return True
        unit = self.unit_here() if token.text in BOUND else None
        if unit is None or (len(token.text) == 1 and self.has_names()):
            return False
        if self.peek().kind == "sign" and self.peek().text in ("*", "/", "+", "-"):
            return True
        if self.peek().text == ")" and self.depth > 1:
            return True
        before = self.tokens[self.at - 2].text if self.at - 2 >= self.side_start else ""
        if before == "*" and not token.spaced and self.tokens[self.at - 1].places is not None:  # 2 × 18.87M
            return True
        return before in ("+", "-") and (self.binds or not token.spaced)

    def has_names(self) -> bool:
        """Whether this side has symbols, so that a letter behind a number may be one as well."""
        if self.named_side[0] != self.side_start:
            end = self.side_start
            names = False
            while self.tokens[end].kind != "end" and self.tokens[end].text not in ("=", "≈", "\n", ";"):
                token = self.tokens[end]
                is_unit = token.text in BOUND or (token.text == "B" and self.quantity == "bytes")
                unit = is_unit and end > 0 and self.tokens[end - 1].kind == "number"
                names = names or (token.kind == "name" and not unit)
                end += 1
            self.named_side = (self.side_start, names)
        return self.named_side[1]
