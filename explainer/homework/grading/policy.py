"""What a class agrees on: how many digits count, how far a number may be off, which dimension comes last, its own notation."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from explainer.errors import UserError
from explainer.homework.answers.dialects.table import Dialect
from explainer.i18n.bilingual import Bi, words_in_a_row
from explainer.plain_file import text_of

Layout = Literal["nchw", "nhwc"]
SYMBOLS = (
    *(
        "C_in",
        "C_out",
        "F_in",
        "F_out",
        "C",
        "k",
        "k_h",
        "k_w",
        "k_d",
        "s",
        "s_h",
        "s_w",
        "s_d",
        "p",
        "p_h",
        "p_w",
        "p_d",
        "d",
        "o",
        "g",
    ),
    *("b", "N", "H", "W", "L", "H_out", "W_out", "L_out", "h", "V", "D", "n", "T", "n_h", "B"),
)
"""What a notation's names may stand for."""
LONGEST = 12  # characters of a tolerance
NOT_READ = Bi(zh="无法读取记号文件 {path}（{reason}）。", en="The notation file {path} cannot be read ({reason}).")
NO_FILE = Bi(zh="没有记号文件 {path}，请检查路径。", en="There is no notation file {path}; check the path.")
NO_SYMBOL = Bi(
    zh="{path} 里“{name}”对应的“{ours}”不是程序的符号；可用的有 {known}。",
    en="In {path} '{name}' stands for '{ours}', which is no symbol of ours; the symbols are {known}.",
)
NOT_A_NOTATION = Bi(
    zh='{path} 的 [notation] 表里每行应写成 "卷积核边长" = "k"。',
    en='Each line of the table [notation] in {path} must read like "filter side" = "k".',
)
NOT_A_TOLERANCE = Bi(
    zh="容差 {given} 应是0到0.5之间的数或百分数，例如0.01或1%。",
    en="The tolerance {given} must be a number from 0 to 0.5, or a percentage: for example 0.01 or 1%.",
)


@dataclass(frozen=True)
class Policy:
    """How answers are judged.

    digits: significant digits that a rounded number must have (one is no answer); tolerance: share by which any number may
    be off, None for exact or rightly rounded; layout: `nhwc` where the class writes the channels last, as TensorFlow does;
    notations: names of the class's own, read before those of the textbooks.
    """

    digits: int = 2
    tolerance: Fraction | None = None
    layout: Layout = "nchw"
    notations: tuple[Dialect, ...] = ()

    def fine_enough(self, value: Fraction, within: Fraction) -> bool:
        """Whether a number with this half unit of its last digit has digits enough: 18 ± 0.5 has two, 9 ± 0.5 one."""
        return bool(within * 2 * 10 ** (self.digits - 1) <= abs(value))

    def rightly_rounded(self, value: Fraction, right: Fraction) -> bool:
        """Whether it is the right number rounded to the digits that count, its last zeros left out: 0.9 M for 900,136."""
        if not right:
            return False
        unit = Fraction(10) ** (len(str(int(abs(right)))) - self.digits)
        return value == (right / unit + Fraction(1, 2)) // 1 * unit

    def near(self, value: Fraction, right: Fraction) -> bool:
        """Whether a number is within the class's tolerance."""
        return self.tolerance is not None and abs(value - right) <= self.tolerance * abs(right)


def tolerance(given: str) -> Fraction:
    """`0.01`, `1%`. Raises UserError for what is no share up to a half."""
    text = given.strip()
    if len(text) > LONGEST or not text.removesuffix("%").replace(".", "", 1).isdigit():
        raise UserError(NOT_A_TOLERANCE.format(given=given[:20]))
    try:
        share = Fraction(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except (ValueError, ZeroDivisionError) as error:
        raise UserError(NOT_A_TOLERANCE.format(given=given[:20])) from error
    if not 0 <= share <= Fraction(1, 2):
        raise UserError(NOT_A_TOLERANCE.format(given=given[:20]))
    return share


def notation(path: Path) -> Dialect:
    """The table [notation] of a terms file: names with the symbol that each stands for, `"卷积核边长" = "k"`. Raises UserError."""
    try:
        content = tomllib.loads(text_of(path))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:  # a folder is no file
        raise UserError(NO_FILE.format(path=str(path))) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(NOT_READ.format(path=str(path), reason=str(error).splitlines()[0])) from error
    table = content.get("notation", {})
    if not isinstance(table, dict) or not all(isinstance(ours, str) for ours in table.values()):
        raise UserError(NOT_A_NOTATION.format(path=str(path)))
    for name, ours in table.items():
        for one in ours.split():
            if one not in SYMBOLS:
                raise UserError(NO_SYMBOL.format(path=str(path), name=name, ours=one, known=words_in_a_row(SYMBOLS)))
    return Dialect(path.stem, {name.replace("_", "").replace(" ", ""): ours for name, ours in table.items()})


def policy_of(near: str | None, layout: str | None, terms: Path | None) -> Policy | None:
    """A policy from the command's options; None where none is given. Raises UserError."""
    if near is None and layout is None and terms is None:
        return None
    return Policy(
        tolerance=tolerance(near) if near is not None else None,
        layout="nhwc" if layout == "nhwc" else "nchw",
        notations=(notation(terms),) if terms is not None else (),
    )
