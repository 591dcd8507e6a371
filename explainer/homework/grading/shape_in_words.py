"""A shape told in words: `64 feature maps of 112×112`, `高112，宽112，通道数64`, `(224-2)/2+1 = 112, so 64×112×112`.

Sizes are collected by their names; every computation beside them must hold and come to one of the sizes. What does not fit
together makes no shape, and the answer stays what it is without its words.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

from explainer.formula.role import Role
from explainer.formula.tree import Expr, Symbol
from explainer.homework.answers.claims import Claim, Part
from explainer.homework.answers.prose_words import LABELS
from explainer.homework.answers.word_set import word_set
from explainer.homework.grading.axis_names import BATCH, AxisNames
from explainer.homework.grading.explained import explained
from explainer.homework.grading.names import canonical, has_own_letters
from explainer.homework.grading.number_answer import Outcome
from explainer.homework.grading.shape_answer import asked, judge_shape
from explainer.homework.grading.sizes_read import SizesRead, multiplied
from explainer.homework.grading.vocabulary import Vocabulary
from explainer.homework.question import Question

INPUTS = word_set("input inputs from 输入 原图 输入图像")
OUTPUT = (("output",), ("输出",), ("out",))
SETTINGS = INPUTS | word_set(
    "kernel kernels kernel_size stride strides padding pad pooling pool maxpool dilation groups window filter k s p d f "
    "卷积核 核 核大小 步幅 步长 填充 窗口 空洞率 膨胀率 分组 池化窗口 池化"
)
"""What a layer is set to, or gets: no part of its output's shape."""
LIKEWISE = frozenset(
    ["同理", "一样", "也一样", "相同", "也相同", "同样", "同上", "亦然", "same", "likewise", "ditto", "similarly"]
)
"""Beside the name of a size they say that it is the one before: 高=12，宽同理."""


def shape_in_words(question: Question, claims: tuple[Claim, ...], words: Vocabulary) -> Outcome | None:
    """The shape that the claims make, judged; None where they make none, or contradict each other."""
    told = _Told(question, words)
    for at, claim in enumerate(claims):
        if not told.take(claim, claims[at + 1] if at + 1 < len(claims) else None):
            return None
    sizes = told.shape()
    return judge_shape(question, sizes, words, by_name=not told.whole or sizes != told.whole) if sizes else None


def _effective(words: Vocabulary) -> set[Fraction]:
    """What a dilated kernel spans."""
    values = words.values()
    kernels = [values[name] for name in values if words.role(name) in (Role.KERNEL, Role.WINDOW)]
    steps = [values[name] for name in values if words.role(name) is Role.DILATION] or [1]
    return {Fraction(step * (side - 1) + 1) for side in kernels for step in steps}


class _Told:
    """What has been told of the shape so far: sizes by axis, whole shapes, numbers that must be among them."""

    def __init__(self, question: Question, words: Vocabulary) -> None:
        self.words = words
        self.wanted = asked(question)
        self.axes = [name[0].upper() for name, _ in self.wanted]
        self.names, self.read = AxisNames(self.axes), SizesRead(words, self.axes)
        self.right = {Fraction(size.value) for _, size in question.sizes}
        self.all = len(question.sizes)
        self.settings = explained(question, words) | _effective(words)
        self.sizes: dict[str, Expr] = {}
        self.whole: tuple[Expr, ...] = ()
        self.between: Fraction | None = None  # a quotient that was not whole, and the sizes that it is called
        self.between_axes: list[str] = []
        self.rounded: dict[str, Expr] = {}  # whole numbers told for them, which "plus 1" may go on from
        self.computed: list[Fraction] = []
        self.loose = False  # a number of the layer's stands by itself: only a whole shape behind it counts

    def shape(self) -> tuple[Expr, ...]:
        """All the sizes in their order; none where one is missing or a computation comes to another number."""
        told = self.sizes if self.whole else self.rounded | self.sizes
        sizes = tuple(told[axis] for axis in self.axes if axis in told)
        named = len(sizes) == len(self.axes) == len(set(self.axes))
        found = self.whole or (sizes if named and not self.loose else ())
        values = {self.read.value(size) for size in found}
        if any(value not in values for value in self.computed[-1:]):
            return ()
        if self.whole and any(self.read.value(size) not in values for size in self.sizes.values()):
            return ()
        if self.whole and named and self._ends_in_channels(self.whole):  # 24×24×20, that is 20 channels of 24×24
            return (
                sizes
                if [self.read.value(size) for size in sizes[1:] + sizes[:1]] == [self.read.value(s) for s in self.whole]
                else ()
            )
        return found

    def take(self, claim: Claim, following: Claim | None) -> bool:
        """One more claim; False where it cannot be part of a shape."""
        claim = self._likewise(claim)
        if self._is_beside(claim):
            return True
        sides = [self.read.of_part(part) for part in claim.parts]
        sides = [
            None if self._is_of_others(part, sides[at:]) else side
            for at, (side, part) in enumerate(zip(sides, claim.parts, strict=True))
        ]
        if any(
            side is None and part.numbers and not self._is_done(part) and not self._is_put_in(part, sides[at + 1 :])
            for at, (side, part) in enumerate(zip(sides, claim.parts, strict=True))
        ):
            return False
        known = [side for side in sides if side is not None]
        if not known or not known[-1]:
            return all(not part.numbers or self._is_done(part) for part in claim.parts)
        last = known[-1]
        if self._is_reason(known) and not any(part.side and part.side.shape for part in claim.parts):
            sides = [side and (multiplied(side),) for side in sides]  # 192 = 2·96
            known = [side for side in sides if side is not None]
            last = known[-1]
        if len(last) == 1:
            whole = next(
                (side for side in known[:-1] if len(side) in (len(self.axes), self.all) and len(side) > 1), None
            )
            ends = self.read.value(last[0])
            if whole is not None and self.read.product(whole) == ends and len(self.axes) > 1 and ends not in self.right:
                last, known = whole, [whole]  # 64×112×112 = 802816
            elif any(len(side) > 1 for side in known):
                sides = [side and (multiplied(side),) for side in sides]  # 14·14 = 196
                known = [side for side in sides if side is not None]
        if len(last) > 1:
            said = [axis for word in claim.said for part in self.names.letters(word) if (axis := self.names.axis(part))]
            if claim.aside and self.whole and self.read.product(last) in self.right:  # 50×192 (2×96)
                return True
            if len(said) == len(last) and set(said) == set(self.axes):  # 112×112×64 (H×W×C)
                return all(self._named(axis, size) for axis, size in zip(said, last, strict=True))
            volume = "volume" in claim.said  # of W×H×D, in CS231n
            if (volume or (claim.labels == {"channels"} and not claim.headed)) and self._ends_in_channels(last):
                return all(self._named(axis, size) for axis, size in zip("HWC", last, strict=True))
            return self._take_list(last, known[:-1])
        axes = self.names.of_claim(claim, known)
        chained = [
            (side[0], part.side)
            for side, part in zip(sides, claim.parts, strict=True)
            if side and (not isinstance(side[0], Symbol) or len(known) == 1)
        ]
        numbers = [size for size, _ in chained]
        if any(len(side) > 1 for side in known) or not self.read.hold(chained):
            return False
        if len(self.axes) == 1 and following is None and not axes:
            axes = list(self.axes)
        return self._take_size(last[0], axes, claim, following, len(numbers) > 1)

    def _is_reason(self, known: list[tuple[Expr, ...]]) -> bool:
        """A computation of one of the sizes, the size first: 192 = 2·96."""
        first, *rest = known
        value = self.read.value(first[0]) if len(first) == 1 else None
        return (
            value in self.right
            and any(len(side) > 1 for side in rest)
            and all(self.read.product(side) == value for side in rest)
        )

    def _is_of_others(self, part: Part, sides: list[tuple[Expr, ...] | None]) -> bool:
        """n-f+1 = 24: a formula in another course's letters, that does not come to the number behind it in ours."""
        expr = part.side.expr if part.side is not None else None
        own, after = sides[0], next(filter(None, sides[1:]), None)
        if expr is None or own is None or after is None or len(own) > 1 or len(after) > 1 or not expr.children():
            return False
        return not has_own_letters(expr, self.words) and not self.read.hold([(own[0], None), (after[0], None)])

    @staticmethod
    def _is_put_in(part: Part, following: list[tuple[Expr, ...] | None]) -> bool:
        """n-f+1 = 24: letters that are unknown here, for which numbers follow."""
        return part.side is not None and part.side.expr is not None and any(following)

    def _is_done(self, part: Part) -> bool:
        """长宽各除以2: a number of the layer's, applied to sizes that only words name; a whole shape must follow."""
        applied = part.applied.expr if part.applied is not None else None
        self.loose = self.loose or applied is not None
        return applied is not None and self.read.value(applied) in self.settings

    def _is_beside(self, claim: Claim) -> bool:
        """`stride 2`, `k = 4`, `input 3×32×32`: a setting or the input, told beside the shape and true of the layer."""
        own = self.words.values()
        named = claim.name or (claim.said[-1] if claim.headed and claim.said else None)
        ours = canonical(named, self.words) if named is not None else None
        if ours in own and ours[0].upper() not in self.axes:
            end = claim.parts[-1].side
            return end is not None and end.expr is not None and self.read.value(end.expr) == own[ours or ""]
        if any(part.side is None for part in claim.parts):
            return False
        sizes = [size for part in claim.parts for size in self.read.of_part(part) or ()]
        if (
            claim.aside
            and sizes
            and len(sizes) < len(self.axes)
            and all(self.read.value(size) in self.settings for size in sizes)
        ):
            return True
        said = claim.lead if len(sizes) >= len(self.axes) else claim.said  # 64×14×14 (same padding) is the shape itself
        wanted = INPUTS if len(sizes) >= max(len(self.axes), 2) else SETTINGS
        if not any(word in wanted or (not word.isascii() and any(part in word for part in wanted)) for word in said):
            return False
        if claim.labels - {"channels", "length", "each"} or (wanted is not INPUTS and claim.said[-1:] in OUTPUT):
            return False
        return bool(sizes) and all(self.read.value(size) in self.settings for size in sizes)

    def _likewise(self, claim: Claim) -> Claim:
        """`宽同理`, `same for W`: the size is taken, and its words from the claim that they stand before."""
        at = next((n for n, word in enumerate(claim.said) if word in LIKEWISE), None)
        if at is None or not self.sizes:
            return claim
        near = [n for n in (at - 1, at + 1, at + 2) if 0 <= n < len(claim.said) and self.names.axis(claim.said[n])]
        if not near or self.names.axis(claim.said[near[0]]) in self.sizes:
            return claim
        self._named(self.names.axis(claim.said[near[0]]), list(self.sizes.values())[-1])
        left = tuple(word for n, word in enumerate(claim.said) if n not in (at, near[0]))
        gone = {LABELS.get(claim.said[near[0]])} - {LABELS.get(word) for word in left}
        return replace(claim, said=left, labels=claim.labels - gone)

    def _ends_in_channels(self, sizes: tuple[Expr, ...]) -> bool:
        """112 by 112 by 64 channels."""
        values = [self.read.value(size) for size in sizes]
        return self.axes == ["C", "H", "W"] and len(values) == 3 and values[0] == values[1] != values[2]

    def _take_list(self, last: tuple[Expr, ...], before: list[tuple[Expr, ...]]) -> bool:
        names = next((side for side in before if len(side) == len(last)), None)
        if names is not None and all(isinstance(name, Symbol) for name in names):  # (H, W, C) = (112, 112, 64)
            letters = [name.name[0].upper() for name in names if isinstance(name, Symbol)]
            return all(self._named(axis, size) for axis, size in zip(letters, last, strict=True) if axis not in BATCH)
        if before and any(self.read.product(side) != self.read.product(last) for side in before):
            return False
        if len(last) == 2 and len(self.axes) == 3 and self.axes[0] == "C":
            return all(self._named(axis, size) for axis, size in zip(self.axes[1:], last, strict=True))
        if len(last) not in (len(self.axes), self.all):
            return self.read.product(last) in self.right and bool(self.whole)
        if self.whole and len(last) < len(self.whole) and self.read.product(last) in self.right:  # 30×192, i.e. 2·96
            return True
        if self.whole and [self.read.value(size) for size in self.whole] != [self.read.value(size) for size in last]:
            return False
        self.whole = last
        return True

    def _take_size(self, size: Expr, axes: list[str], claim: Claim, following: Claim | None, computed: bool) -> bool:
        value = self.read.value(size)
        if value is None:
            return False
        if self.between is not None and not axes and not computed:  # 54.25 → 54
            fits = value in (floor(self.between), ceil(self.between))
            self.between = None
            self.computed.append(value)
            self.rounded |= dict.fromkeys(self.between_axes, size)
            return fits
        if value.denominator != 1:
            self.between, self.between_axes = value, axes
            return computed
        if axes:
            return all(self._named(axis, size) for axis in axes)
        if computed:
            if value in self.right:
                self.computed.append(value)
            return value in self.right or value in self.settings
        if not claim.said and value in self.computed[-1:]:  # = 55 → 55
            return True
        if claim.said and value in self.right and not self._is_pair(following):
            self.computed.append(value)
            return True
        if not self.whole and value in self.settings and not self._is_pair(following):  # 16 → 32, so 64×32×32
            self.loose = True
            return True
        return self._is_pair(following) and self.axes[:1] == ["C"] and self._named("C", size) and bool(claim.said)

    def _is_pair(self, claim: Claim | None) -> bool:
        return claim is not None and len(self.read.of_part(claim.parts[-1]) or ()) == 2

    def _named(self, axis: str, size: Expr) -> bool:
        """One size by its name; told twice, it must be the same."""
        known = self.sizes.setdefault(axis, size)
        return axis in self.axes and self.read.value(known) == self.read.value(size)
