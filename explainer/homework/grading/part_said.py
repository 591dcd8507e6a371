"""The right total beside a part of another number: `1792 biases`, `1728 weights + 32 biases = 1792`, weights and biases swapped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from explainer.homework.expressions import expression
from explainer.homework.grading.per_one import EACH, MOST, ungrouped

_WEIGHTS = r"(?P<{0}w>weights?|权重参数|权重)"
_BIAS = r"(?P<{0}b>bias(?:es)?|偏置项|偏置)"
_NUMBER = r"(?<![\d.])(?P<{0}n>\d{{1,18}})(?![\d.]*\d)"
_LABEL = rf"(?:{_WEIGHTS}|{_BIAS})(?![a-z_])"
# What stands first is read first: "bias 64 weights 1728" has no "64 weights" in it.
_PAIR = expression(
    (_NUMBER + r"[ \t]*个?[ \t]*[(（]?" + _LABEL).format("a")
    + "|"
    + (_LABEL + r"[ \t]*[:：=＝]?[ \t]*" + _NUMBER + r"(?!\s*[*×x·^/])").format("z"),
    re.IGNORECASE,
)
_NO_BIAS = expression(
    r"(?:没有|无)偏置|偏置项?(?:没有|不存在)|\bno\s+bias(?:es)?\b|bias\s*=\s*False|bias-free", re.IGNORECASE
)
_TIMES = expression(r"[*×x·^/]\s*$", re.IGNORECASE)
_HAS = expression(  # 共有156个偏置: a total is no number of biases, as it may be one of "weights"
    r"(?:[\s.。!！,，;；()（）]|含有?|共?有|[一总]?共|这一?层|该层|本层|\b(?:has|have|contains|it|there|are|is|the|this|layer)\b)*",
    re.IGNORECASE,
)
_ALONE = expression(r"[\s.。!！,，;；()（）]*")


def said_of_wrong_part(text: str, known: Mapping[str, Fraction], total: int) -> bool:
    """Whether a number is said to be the weights' or the biases' and is not. known: the numbers of both, by `weights`, `bias`.

    What is said of each kernel, and a label with several numbers, is left alone.

    >>> parts = {"weights": Fraction(1728), "bias": Fraction(64)}
    >>> [said_of_wrong_part(text, parts, 1792) for text in ("1792 biases", "1728 weights + 64 biases = 1792")]
    [True, False]
    """
    if not {"weights", "bias"} <= known.keys():
        return False
    said = ungrouped(text[-MOST:])
    denied = _NO_BIAS.search(said) if known["bias"] > 0 else None
    if denied and not re.match(
        rf"\s*(?:的话|时)?[,，]?\s*(?:是|为|有|[:：=])?\s*{known['weights']}(?!\d)", said[denied.end() :]
    ):
        return True  # not in 没有偏置是3600，加上偏置3648
    pairs = [match for match in _PAIR.finditer(said) if not _TIMES.search(said[: match.start()])]
    told: dict[str, set[int]] = {"weights": set(), "bias": set()}
    for match in pairs:
        label = "weights" if match["aw"] or match["zw"] else "bias"
        told[label].add(int(match["an"] or match["zn"]))
    rest = said[: pairs[0].start()] + " " + said[pairs[0].end() :] if len(pairs) == 1 else "?"
    if _ALONE.fullmatch(rest) or (told["bias"] and _HAS.fullmatch(rest)):
        return any(known[label] != number for label, numbers in told.items() for number in numbers)
    if EACH.search(said) or any(len(numbers) != 1 for numbers in told.values()):
        return False
    if any(match["aw"] and _is_of_one(said, match, known["weights"]) for match in pairs):
        return False
    weights, bias = (next(iter(told[label])) for label in ("weights", "bias"))
    if total in (weights, bias) or 1 in (weights, bias):  # 1792 (bias included); 1 bias, said of one kernel
        return False
    right = [known["weights"] == weights, known["bias"] == bias]
    swapped = known["weights"] == bias and known["bias"] == weights and weights != bias
    return swapped or (any(right) and not all(right))


def _is_of_one(said: str, match: re.Match[str], weights: Fraction) -> bool:
    """96 kernels of 3×3×48 (432 weights): in brackets, the weights of one."""
    in_brackets = said[: match.start()].rstrip().endswith(("(", "（")) and said[match.end() :].lstrip()[:1] in (
        ")",
        "）",
    )
    return in_brackets and weights % int(match["an"] or 1) == 0
