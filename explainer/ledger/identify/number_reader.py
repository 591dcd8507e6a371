"""A number as people write it, `138.36 M`, `540 M`, `15,470,264,320`, `1.38亿`, and all that it can mean.

A claim knows no more than its digits say: 138.36 M stands for anything from 138,355,000 to 138,365,000. Units are
misread as often as they are read, so that a claim has several readings, each with a price.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, same
from explainer.i18n.printable import visible

Family = Literal["params", "operations", "bytes", "elements"]

UNREADABLE = Bi(
    zh="“{text}”不像一个数：请写成15523225576、138.36 M、527.79 MiB、30.94 G或1.38亿这样的形式。",
    en="'{text}' cannot be read as a number: write it like 15523225576, 138.36 M, 527.79 MiB or 30.94 G.",
)
_LONGEST = 80
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_NUMBER = r"(?P<digits>\d{1,3}(?:[,_ '’]\d{3})+(?:\.\d+)?|\d+(?:\.\d*)?|\.\d+)"
_POWER = r"(?:e(?P<e>[+-]?\d{1,3})|\s*[×x*·]\s*10(?:\^|\*\*)(?P<power>-?\d{1,3}))?"
_SCALES = {
    "k": 10**3,
    "thousand": 10**3,
    "千": 10**3,
    "万": 10**4,
    "w": 10**4,
    "m": 10**6,
    "million": 10**6,
    "百万": 10**6,
    "千万": 10**7,
    "亿": 10**8,
    "g": 10**9,
    "billion": 10**9,
    "bn": 10**9,
    "十亿": 10**9,
    "t": 10**12,
    "trillion": 10**12,
    "万亿": 10**12,
}
_BINARY = {10**3: 2**10, 10**6: 2**20, 10**9: 2**30, 10**12: 2**40}
_LETTERS = {10**3: "K", 10**6: "M", 10**9: "G", 10**12: "T"}
_POWERS = {1: "", 10**3: "10³", 10**4: "10⁴", 10**6: "10⁶", 10**7: "10⁷", 10**8: "10⁸", 10**9: "10⁹", 10**12: "10¹²"}
_TWOS = {2**10: "2¹⁰", 2**20: "2²⁰", 2**30: "2³⁰", 2**40: "2⁴⁰"}
_KINDS: dict[str, str] = {
    **dict.fromkeys(("b",), "byte"),
    **dict.fromkeys(("byte", "bytes", "字节"), "bytes"),
    **dict.fromkeys(("bit", "bits", "比特"), "bit"),
    **dict.fromkeys(("ib", "ibyte", "ibytes"), "binary"),
    **dict.fromkeys(
        ("mac", "macs", "madd", "madds", "mult-adds", "mult-add", "flop", "flops", "op", "ops"), "operations"
    ),
    **dict.fromkeys(("次", "次乘加", "次运算", "次乘加运算", "次浮点运算"), "operations"),
    **dict.fromkeys(("param", "params", "parameter", "parameters", "参数", "个参数"), "params"),
    **dict.fromkeys(("", "个", "numbers"), "plain"),
}
_UNIT = re.compile(
    rf"(?P<scale>{'|'.join(sorted(_SCALES, key=len, reverse=True))})?\s*(?P<kind>{'|'.join(sorted(_KINDS, key=len, reverse=True))})",
)


@dataclass(frozen=True)
class Reading:
    """One way to take a claim: its number times `factor` is a value of one of `families`; the dearer, the odder."""

    factor: Fraction
    families: frozenset[Family]
    cost: int
    how: Bi


@dataclass(frozen=True)
class Claim:
    """number: as written, before its unit; step: one in the last digit that it claims; digits: how many it claims.

    written: its digits as they stand, `0.32`.
    """

    text: str
    number: Fraction
    step: Fraction
    digits: int
    readings: tuple[Reading, ...]
    written: str = ""

    @property
    def may_be_bytes(self) -> bool:
        """Whether one of its readings is a number of bytes."""
        return any("bytes" in reading.families for reading in self.readings)

    @property
    def rounded(self) -> Claim | None:
        """What it claims if the zeros at its end only fill the places: 110 M as 1.1亿; None where it has none or a decimal point."""
        if self.number.denominator != 1 or self.step != 1 or self.number % 10:
            return None
        zeros = len(str(self.number)) - len(str(self.number).rstrip("0"))
        if zeros >= 3 or self.digits <= zeros:  # those the search sees by itself
            return None
        return replace(self, step=Fraction(10) ** zeros, digits=self.digits - zeros)

    @property
    def whole(self) -> bool:
        """Written out to the unit."""
        return self.step == 1 and any(reading.factor == 1 for reading in self.readings)


def read(text: str) -> Claim:
    """Raises UserError for what is no number."""
    found = _match(text)
    if found is None:
        raise UserError(UNREADABLE.format(text=visible(text.strip()[:_LONGEST])))
    digits, power, scale, kind, capital = found
    exponent = -len(digits.partition(".")[2])
    number = Fraction(Decimal(digits)) * Fraction(10) ** power
    step = Fraction(10) ** (exponent + power)
    claimed = len(digits.replace(".", "").lstrip("0"))
    readings = tuple(_readings(scale, kind, capital, whole="." not in digits))
    return Claim(text.strip(), number, step, claimed, readings, "" if power else digits)


def _match(text: str) -> tuple[str, int, int, str, bool] | None:
    """Digits without separators, the power of ten, the scale, the kind of unit, and whether its B is a capital."""
    if len(text) > _LONGEST:
        return None
    raised = re.sub(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", lambda run: "10^" + run[1].translate(_SUPERSCRIPTS), text)
    plain = unicodedata.normalize("NFKC", raised).strip().lstrip("约≈~=").removeprefix("about").strip()
    joined = re.fullmatch(r"(\d+)亿(\d{1,4})万", plain)
    if joined:
        plain = f"{int(joined[1]) * 10**4 + int(joined[2])}万"
    found = re.fullmatch(rf"{_NUMBER}{_POWER}\s*(?P<unit>.*)", plain, re.IGNORECASE | re.DOTALL)
    unit = found and _UNIT.fullmatch(found["unit"].lower().strip())
    if not found or not unit:
        return None
    digits = re.sub(r"[,_ '’]", "", found["digits"])
    power = int(found["e"] or found["power"] or 0)
    if not Decimal(digits) or abs(power) > 30 or not digits.isascii():
        return None
    capital = found["unit"].rstrip().endswith("B")
    return digits.rstrip("."), power, _SCALES.get(unit["scale"] or "", 1), _KINDS[unit["kind"]], capital


_COUNTS: frozenset[Family] = frozenset(("params", "operations", "elements"))
_BYTES: frozenset[Family] = frozenset(("bytes",))


def _readings(scale: int, kind: str, capital: bool, whole: bool) -> Iterator[Reading]:
    """The unit taken at its word first, then what people mean by it."""
    letter = _LETTERS.get(scale, "")
    if kind in ("operations", "params"):
        families: frozenset[Family] = frozenset(("operations",)) if kind == "operations" else frozenset(("params",))
        yield Reading(Fraction(scale), families, 0, _count(scale))
    elif kind == "plain":
        yield Reading(Fraction(scale), _COUNTS, 0, _count(scale))
        if scale == 1 and whole:
            yield Reading(Fraction(1), _BYTES, 1, Bi("读作字节", "read as bytes"))
            yield Reading(Fraction(1, 8), _BYTES, 3, Bi("读作比特", "read as bits"))
            yield Reading(Fraction(2**10), _BYTES, 4, Bi("读作KiB（1024字节）", "read as KiB, 1024 bytes"))
        elif scale == 1:
            for power in (10**6, 10**9):
                how = Bi("补上单位{unit}（{power}）", "with {unit}, {power}, for its unit")
                how = how.format(unit=_LETTERS[power], power=_POWERS[power])
                yield Reading(Fraction(power), _COUNTS, 2, how)
            yield from _of_bytes(10**6, (3, 3, 9), written="")
        elif letter:
            yield from _of_bytes(scale, (2, 3, 4), written=letter)
    elif kind == "binary" and letter:
        how = Bi("1 {unit}iB={power}字节", "1 {unit}iB = {power} bytes").format(
            unit=letter, power=_TWOS[_BINARY[scale]]
        )
        yield Reading(Fraction(_BINARY[scale]), _BYTES, 0, how)
        yield from _meant(
            Fraction(scale), 3, f"{letter}B", Bi("{power}字节", "{power} bytes").format(power=_POWERS[scale])
        )
    elif kind == "bit":
        yield Reading(Fraction(scale, 8), _BYTES, 0, Bi("8比特为1字节", "8 bits are a byte"))
    elif kind == "bytes":
        yield from _in_bytes(scale, letter, whole)
    else:
        yield from _written_in_bytes(scale, letter, capital, whole)


def _in_bytes(scale: int, letter: str, whole: bool) -> Iterator[Reading]:
    """`553 million bytes`, `553430176字节`: neither bits nor billions."""
    if letter:
        yield from _of_bytes(scale, (0, 1, 3), written=f"{letter}B")
    else:
        yield Reading(Fraction(scale), _BYTES, 0 if whole or scale > 1 else 4, _count(scale))


def _written_in_bytes(scale: int, letter: str, capital: bool, whole: bool) -> Iterator[Reading]:
    """`MB`, `Mb`, `B`: bytes of 10⁶ or 2²⁰, bits, or numbers after all; a bare `B` may be billions."""
    if not letter:
        yield Reading(
            Fraction(scale), _BYTES, 0 if whole or scale > 1 else 4, _count(scale) if scale > 1 else same("1 B")
        )
        if scale == 1 and capital:
            yield Reading(Fraction(10**9), _COUNTS, 1, same("1 B = 10⁹"))
        return
    yield from _of_bytes(scale, (0 if capital else 1, 1, 3), written=f"{letter}{'B' if capital else 'b'}")
    if not capital:
        how = Bi("1 {unit}b={power}比特", "1 {unit}b = {power} bits").format(unit=letter, power=_POWERS[scale])
        yield Reading(Fraction(scale, 8), _BYTES, 0, how)
    counted = Bi("应写{unit}，即{power}个", "it should read {unit}, {power} of them")
    yield Reading(Fraction(scale), _COUNTS, 4, counted.format(unit=letter, power=_POWERS[scale]))


def _of_bytes(scale: int, costs: tuple[int, int, int], written: str) -> Iterator[Reading]:
    """10⁶ bytes, 2²⁰ bytes, and the hybrid: as many thousands of KiB (540,459 KiB called 540 M)."""
    letter = _LETTERS[scale]
    decimal = Bi("{power}字节", "{power} bytes").format(power=_POWERS[scale])
    if written == f"{letter}B":
        how = Bi("1 {unit}B={size}", "1 {unit}B = {size}").format(unit=letter, size=decimal)
        yield Reading(Fraction(scale), _BYTES, costs[0], how)
    else:
        yield from _meant(Fraction(scale), costs[0], f"{letter}B", decimal)
    binary = Bi("{power}字节", "{power} bytes").format(power=_TWOS[_BINARY[scale]])
    yield from _meant(Fraction(_BINARY[scale]), costs[1], f"{letter}iB", binary)
    if scale >= 10**6:
        unit = _LETTERS[scale // 1000] + "iB"
        hybrid = _BINARY[scale // 1000] * 1000
        how = Bi("把1000 {unit}（即{bytes}字节）误作1 {written}", "1000 {unit}, {bytes} bytes, taken for 1 {written}")
        meant = written if written[-1:] in ("B", "b") else f"{letter}B"
        yield Reading(Fraction(hybrid), _BYTES, costs[2], how.format(unit=unit, bytes=hybrid, written=meant))


def _meant(factor: Fraction, cost: int, unit: str, size: Bi) -> Iterator[Reading]:
    yield Reading(
        factor,
        _BYTES,
        cost,
        Bi("单位应写{unit}（{size}）", "its unit should read {unit}, {size}").format(unit=unit, size=size),
    )


def _count(scale: int) -> Bi:
    """What the scale multiplies by."""
    if scale == 1:
        return Bi("照原数读", "as it stands")
    letter = _LETTERS.get(scale)
    if letter is None:
        return Bi("乘以{power}", "times {power}").format(power=_POWERS[scale])
    return Bi("1 {unit}={power}", "1 {unit} = {power}").format(unit=letter, power=_POWERS[scale])
