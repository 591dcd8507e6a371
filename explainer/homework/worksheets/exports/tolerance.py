"""How far an answer may be off, exactly; what a format cannot say of it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi

Mode = Literal["absolute", "relative", "figures"]
NOT_READ = Bi(
    zh="无法识别容差“{text}”：请写成数（如50）、百分数（如0.5%）或有效数字的位数（如3sf）。",
    en="The tolerance '{text}' cannot be read: write a number (50), a percentage (0.5%) or significant figures (3sf).",
)
REFUSED = Bi(
    zh="{format}格式不能表示容差“{tolerance}”。可用的有：{known}。请换一种容差或格式。",
    en="{format} cannot express the tolerance '{tolerance}'. It can express: {known}. Choose another tolerance or format.",
)
MODES: dict[Mode, Bi] = {
    "absolute": Bi("绝对误差（如50）", "an absolute one (50)"),
    "relative": Bi("相对误差（如0.5%）", "a percentage (0.5%)"),
    "figures": Bi("有效数字（如3sf）", "significant figures (3sf)"),
}
NONE = Bi("无", "none")


@dataclass(frozen=True)
class Tolerance:
    """absolute: the answer ± amount; relative: ± amount percent; figures: equal when rounded to so many figures."""

    mode: Mode
    amount: Fraction

    @property
    def text(self) -> str:
        """As it is read."""
        return decimal(self.amount) + {"absolute": "", "relative": "%", "figures": "sf"}[self.mode]

    def margin(self, value: int) -> Fraction:
        """The distance that is allowed from this value. Not for figures."""
        return self.amount * abs(value) / 100 if self.mode == "relative" else self.amount

    def check(self, name: str, known: tuple[Mode, ...]) -> None:
        """Raise UserError where a format of that name cannot say it. Exactly right can be said everywhere."""
        if self.amount and self.mode not in known:
            words = [MODES[mode] for mode in known]
            listed = Bi("、".join(w.zh for w in words), ", ".join(w.en for w in words)) if words else NONE
            raise UserError(REFUSED.format(format=name, tolerance=self.text, known=listed))


EXACT = Tolerance("absolute", Fraction(0))


def parse_tolerance(text: str) -> Tolerance:
    """`0`, `50`, `0.5%`, `3sf`. Raises UserError."""
    plain = text.strip().lower().replace("％", "%")
    mode: Mode = "figures" if plain.endswith("sf") else "relative" if plain.endswith("%") else "absolute"
    number = plain.removesuffix("sf").removesuffix("%").strip()
    digits = number.replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
        raise UserError(NOT_READ.format(text=text[:100]))
    amount = Fraction(number if not number.endswith(".") else number + "0")
    whole = amount.denominator == 1 and 1 <= amount <= 15
    if (mode == "figures" and not whole) or (mode == "relative" and amount >= 100):
        raise UserError(NOT_READ.format(text=text[:100]))
    return Tolerance(mode, amount)


def decimal(value: Fraction | int) -> str:
    """An exact decimal number, without an exponent: 23598.08. The value must have one (ours come from decimals)."""
    value = Fraction(value)
    places = 0
    while (scaled := value * 10**places).denominator != 1:
        places += 1
        if places > 60:
            raise ValueError(f"{value} is no finite decimal")
    if not places:
        return str(scaled.numerator)
    digits = str(abs(scaled.numerator)).rjust(places + 1, "0")
    return ("-" if value < 0 else "") + digits[:-places] + "." + digits[-places:]
