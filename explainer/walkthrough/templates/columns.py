"""The numbers of a block's formulas over its instances: which are the same, which follow from others, which are free."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Powers, Symbol, number
from explainer.i18n.bilingual import Bi

Column = tuple[int, ...]
ROWS = 3  # different ones for a relation that is not equality: two rows fit anything
LARGEST = 64  # factor between two numbers that says something
CHANNELS = (Role.CHANNELS, Role.CHANNELS_IN, Role.CHANNELS_OUT)
FEATURES = (Role.FEATURES, Role.FEATURES_IN, Role.FEATURES_OUT, Role.HIDDEN)
IN = Bi("块的输入通道数", "number of channels that go into the block")
OUT = Bi("块的输出通道数", "number of channels that come out of the block")
INNER = Bi("块内部的通道数", "number of channels inside the block")
WIDTH = Bi("块的特征维数", "number of features of the block")
GIVEN_WIDTH = Bi("块的输入特征维数", "number of features that go into the block")
INNER_WIDTH = Bi("块内部的特征维数", "number of features inside the block")
SIDE = Bi("卷积核的边长", "side of the kernel")


class Basis:
    """The free symbols of a block, each with its column; `expressed` gives other columns in them."""

    def __init__(
        self,
        outputs: Column | None,
        widths: Column | None = None,
        given: Column | None = None,
        entering: Sequence[frozenset[int]] = (),
    ) -> None:
        """outputs: the channels that come out of each instance; widths, given: the features that come out and that go in.

        entering: of each instance what may be the channels of what goes in.
        """
        self.entering = entering
        self.outputs = outputs
        self.widths = widths
        self.given = given
        self.free: list[tuple[Symbol, Column]] = []

    def expressed(self, column: Column, symbol: Symbol) -> Expr:
        """A constant, a free symbol or a formula in them; a new free symbol where nothing fits."""
        return self.known(column) or self._of_the_input(column, symbol) or self._new(column, symbol)

    def _of_the_input(self, column: Column, symbol: Symbol) -> Expr | None:
        """4D for features that are a multiple of those that go into the block: D is what the reader knows."""
        if self.free or self.given is None or symbol.role not in FEATURES or column == self.widths:
            return None
        self.free.append((Symbol("D", GIVEN_WIDTH, role=symbol.role), self.given))
        found = self._multiple(column)
        if found is None:
            self.free.clear()
        return found

    def known(self, column: Column) -> Expr | None:
        """The column in what is known already, or None."""
        if len(set(column)) == 1:
            return Number(column[0])
        for symbol, other in self.free:
            if other == column:
                return symbol
        return self._multiple(column) or self._shifted(column) or self._of_two(column)

    def _multiple(self, column: Column) -> Expr | None:
        for symbol, other in self.free:
            if not all(other) or len(set(other)) < ROWS:
                continue
            ratios = {Fraction(x, y) for x, y in zip(column, other, strict=True)}
            if len(ratios) == 1:
                ratio = ratios.pop()
                if 0 < ratio.numerator <= LARGEST and ratio.denominator <= LARGEST:
                    return _times(ratio, symbol)
        return None

    def _shifted(self, column: Column) -> Expr | None:
        for symbol, other in self.free:
            differences = {x - y for x, y in zip(column, other, strict=True)}
            if len(differences) == 1 and len(set(other)) >= ROWS:
                by = differences.pop()
                return symbol + by if by > 0 else symbol - (-by)
        return None

    def _of_two(self, column: Column) -> Expr | None:
        for one, a in self.free:
            for other, b in self.free:
                if len(set(zip(a, b, strict=True))) < ROWS:
                    continue
                for fits, made in _OPERATIONS:
                    if all(fits(x, y, z) for x, y, z in zip(column, a, b, strict=True)):
                        return made(one, other)
        return None

    def _new(self, column: Column, symbol: Symbol) -> Symbol:
        letter, meaning = self._letter(column, symbol)
        names = {known.name for known, _ in self.free}
        name, i = letter, 2
        while name in names:
            name, i = f"{letter}_{i}", i + 1
        made = Symbol(name, meaning, role=symbol.role)
        self.free.append((made, column))
        return made

    def numbered(self) -> dict[str, Expr]:
        """m and m_2 become m_1 and m_2: where a letter is numbered, its first has its number too. The new symbols by the old names."""
        names = {symbol.name for symbol, _ in self.free}
        first = {
            symbol.name: replace(symbol, name=f"{symbol.name}_1")
            for symbol, _ in self.free
            if f"{symbol.name}_2" in names and f"{symbol.name}_1" not in names
        }
        self.free = [(first.get(symbol.name, symbol), column) for symbol, column in self.free]
        return dict(first)

    def _letter(self, column: Column, symbol: Symbol) -> tuple[str, Bi]:
        """C and C_out for what goes in and comes out, m for what is inside; D (d is the family's) and f for features."""
        first = not any(known.role in CHANNELS + FEATURES for known, _ in self.free)
        if symbol.role in CHANNELS:
            if first and self._enters(column):
                return "C", IN
            return ("C_out", OUT) if column == self.outputs else ("m", INNER)
        if symbol.role in FEATURES:
            return ("D", WIDTH if column == self.widths else INNER_WIDTH) if first else ("f", INNER_WIDTH)
        if symbol.role is Role.KERNEL:
            return "k", SIDE
        return symbol.name, symbol.meaning

    def _enters(self, column: Column) -> bool:
        """Whether the numbers are sizes of what goes into each instance; a weight's first size is none for that."""
        return not self.entering or all(
            not size or size in sizes for size, sizes in zip(column, self.entering, strict=True)
        )


def _times(ratio: Fraction, symbol: Symbol) -> Expr:
    parts: list[tuple[bool, Expr]] = [(True, symbol)]
    if ratio.numerator != 1:
        parts.insert(0, (True, number(ratio.numerator)))
    if ratio.denominator != 1:
        parts.append((False, number(ratio.denominator)))
    return Powers(tuple(parts)) if len(parts) > 1 else symbol


_OPERATIONS: Sequence[tuple[Callable[[int, int, int], bool], Callable[[Expr, Expr], Expr]]] = (
    (lambda x, y, z: x == y + z, lambda a, b: a + b),
    (lambda x, y, z: x == y * z, lambda a, b: a * b),
    (lambda x, y, z: z != 0 and x * z == y, lambda a, b: a / b),
)
