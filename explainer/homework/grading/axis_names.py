"""What a shape's sizes are called: by letters, `H = W = 112`, or in words."""

from __future__ import annotations

from collections.abc import Iterable

from explainer.formula.tree import Expr, Symbol
from explainer.homework.answers.claims import Claim
from explainer.homework.answers.prose_words import LABELS
from explainer.homework.answers.word_set import word_set
from explainer.i18n.bilingual import Bi, same

ALONG = frozenset({"length", "channels", "width"})
FLAT = word_set(
    "vector dimensional dim dims dimension dimensions features neurons units 维 维向量 维度 向量 个特征 长度 个神经元 个"
)
AXES = {"channels": "C", "height": "H", "width": "W", "length": "L"}
BATCH = ("N", "B")
WORDS = {
    "N": Bi("批量", "batch"),
    "C": Bi("通道数", "channels"),
    "H": Bi("高", "height"),
    "W": Bi("宽", "width"),
    "L": Bi("长度", "length"),
    "T": Bi("序列长度", "sequence length"),
    "F": Bi("特征数", "features"),
}
SIDES = word_set("边长 side sides spatial 空间尺寸 空间大小 尺寸 尺寸为 边长为 大小 大小为")
"""One number beside them is both sides of a square image."""


def axis_word(name: str) -> Bi:
    """What a size is called in a sentence: H_out is 高; a letter that has no word stands as it is."""
    return WORDS.get(name.removesuffix("_out").removesuffix("_in"), same(name))


class AxisNames:
    """The names of one shape's axes, given by their letters."""

    def __init__(self, axes: list[str]) -> None:
        self.axes = axes

    def letters(self, word: str) -> tuple[str, ...]:
        """`HWC`, `nchw`, `HxWxC`: the axes in one word; any other word as it is."""
        letters = tuple(word.upper().replace("X", "").removeprefix("N"))
        return letters if len(letters) > 1 and set(letters) == set(self.axes) else (word,)

    def axis(self, word: str) -> str:
        """The axis that one word names: `h`, `h_out`, `通道`."""
        letter = (
            word.removeprefix("n_")
            .removeprefix("out_")
            .removeprefix("o_")
            .removesuffix("out")
            .removesuffix("_")
            .upper()
        )  # h_out, n_H
        axis = letter if len(letter) == 1 and letter.isascii() else AXES.get(LABELS.get(word, "total"), "")
        if axis == "L" and "L" not in self.axes:  # 长28，宽28
            axis = "H"
        return axis if axis in self.axes else ""

    def of_claim(self, claim: Claim, sides: Iterable[tuple[Expr, ...]]) -> list[str]:
        """What the claim calls its number: by letters, `H = W = 112`, or in words."""
        if len(self.axes) == 1 and (claim.labels & ALONG or FLAT.intersection(claim.said)):  # a vector of length 784
            return list(self.axes)
        letters = [
            (self.axis(side[0].name.lower()) or side[0].name[0]).upper()
            for side in sides
            if len(side) == 1 and isinstance(side[0], Symbol)
        ]
        found = [letter for letter in letters if letter in self.axes]
        found += [axis for word in claim.said if len(word) <= 5 and (axis := self.axis(word)) and word.isascii()]
        found += [AXES[label] for label in ("channels", "height", "width", "length") if label in claim.labels]
        if SIDES.intersection(claim.said) and not found:  # 边长48
            found += ["H", "W"]
        if "L" in found and "L" not in self.axes:  # 长30，宽30，深度80
            found.append("H")
        if "H" in found and "C" in found and "channels" not in claim.labels:
            found.remove("C")
        return list(dict.fromkeys(axis for axis in found if axis in self.axes))
