"""Units told apart: M is a million numbers, MB a million bytes, MiB 2²⁰ bytes, Mb a million bits."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from explainer.i18n.bilingual import Bi, grouped

Unit = Literal["B", "KB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB", "bit", "Kb", "Mb", "Gb"]

BYTES: dict[Unit, Fraction] = {
    "B": Fraction(1),
    "KB": Fraction(10**3),
    "MB": Fraction(10**6),
    "GB": Fraction(10**9),
    "TB": Fraction(10**12),
    "KiB": Fraction(2**10),
    "MiB": Fraction(2**20),
    "GiB": Fraction(2**30),
    "TiB": Fraction(2**40),
    "bit": Fraction(1, 8),
    "Kb": Fraction(10**3, 8),
    "Mb": Fraction(10**6, 8),
    "Gb": Fraction(10**9, 8),
}

UNITS = Bi(
    zh="M是10⁶，用来计个数；1 MB=10⁶字节，1 MiB=2²⁰=1,048,576字节，1 Mb=10⁶比特=125,000字节。同一大小用不同单位写出，数字不同。",
    en="M is 10⁶ of anything, a count; 1 MB = 10⁶ bytes, 1 MiB = 2²⁰ = 1,048,576 bytes, 1 Mb = 10⁶ bits = 125,000 bytes. "
    "One size written in different units gives different numbers.",
)


class Size(Struct, frozen=True):
    """A number of bytes, shown in any unit.

    >>> Size(553_430_176).text
    '553,430,176 B ≈ 553.43 MB ≈ 527.79 MiB'
    """

    bytes: int

    def exactly(self, unit: Unit) -> Fraction:
        """The size in this unit, exactly."""
        return self.bytes / BYTES[unit]

    def in_unit(self, unit: Unit, digits: int = 2) -> str:
        """`527.79 MiB`: rounded half up, as by hand."""
        return f"{rounded(self.exactly(unit), digits)} {unit}"

    def is_exact(self, unit: Unit, digits: int = 2) -> bool:
        """Whether nothing is lost at that many digits."""
        return bool((self.exactly(unit) * 10**digits).denominator == 1)

    @property
    def decimal_unit(self) -> Unit:
        """The unit of powers of ten that suits the size."""
        return next((unit for unit in _DECIMAL if self.bytes >= BYTES[unit]), "B")

    @property
    def binary_unit(self) -> Unit:
        """The unit of powers of two that suits the size."""
        return next((unit for unit in _BINARY if self.bytes >= BYTES[unit]), "B")

    @property
    def decimal(self) -> str:
        """`553.43 MB`."""
        return self.in_unit(self.decimal_unit) if self.decimal_unit != "B" else f"{grouped(self.bytes)} B"

    @property
    def binary(self) -> str:
        """`527.79 MiB`."""
        return self.in_unit(self.binary_unit) if self.binary_unit != "B" else f"{grouped(self.bytes)} B"

    @property
    def text(self) -> str:
        """The exact number of bytes first, then about how much that is in both kinds of unit."""
        parts = [f"{grouped(self.bytes)} B"]
        for unit in (self.decimal_unit, self.binary_unit):
            if unit != "B":
                sign = "=" if self.is_exact(unit) else "≈"
                parts.append(f"{sign} {self.in_unit(unit)}")
        return " ".join(parts)


_DECIMAL: tuple[Unit, ...] = ("TB", "GB", "MB", "KB")
_BINARY: tuple[Unit, ...] = ("TiB", "GiB", "MiB", "KiB")


def rounded(value: Fraction, digits: int = 2) -> str:
    """A fraction as a decimal with thousands separators, rounded half up."""
    scaled = value * 10**digits
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return f"{Decimal(whole).scaleb(-digits).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,}"


def bits(count: int, bits_each: int) -> Size:
    """The size of `count` numbers of so many bits each (4-bit weights take half a byte), rounded up to whole bytes."""
    return Size(-(-count * bits_each // 8))
