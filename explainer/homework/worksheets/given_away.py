"""Where a text gives blanked results away: the numbers themselves, their sums, doubles, bytes and roundings, and ticks beside blanks.

A number that is also a size of some layer (64 channels) is blanked only where it tells a result: behind "=", in "参数量为…", in a
column of results.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from explainer.homework.expressions import expression
from explainer.homework.question import Part
from explainer.walkthrough.model import Layer, Walkthrough

DASH = "＿＿＿＿"
LEAST = 10  # smaller numbers are everywhere
FACTORS = (2, 4, 8, 16, 32, 64)  # FLOPs of multiply-accumulates; bytes and bits of parameters
_NUMBER = expression(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d]|,\d|\.\d)|(?<![\d.,])\d+(?![\d⁻⁰¹²³⁴-⁹]|,\d{3}|\.\d)")
_TELLING = expression(
    r"(?:(?<![A-Za-z_])(?<!_\d)=|参数量为|参数为|参数量|乘加为|计算量为|共|合计|总计|小计|reports|total:?|has|count of the whole network is|altogether)\s?$",
    re.IGNORECASE,
)
_ROUNDED = expression(
    r"\s?[（(][\d.,]+\s?[kKMGT]i?B\b[^()（）]*[)）]|"
    r"\s?（(?:约|≈)[^（）]*）|\s?\((?:about|approximately|≈|~)[^()]*\)|(?<=＿),?\s(?:about|or)\s[\d.,]+\s?(?:k|K|M|G|T|million|billion)\b"
)
_SHARE = expression(r"<?\d+(?:\.\d+)?%")
_RESULTS = expression(
    r"参数|计算量|乘加|合计|字节|占比|^Mi?B$|param|MAC|multiply|total|bytes|share|FLOP", re.IGNORECASE
)
_EACH = expression(r"每个|算式|each|per |formula|in numbers|^working$", re.IGNORECASE)
_EACH_BLOCK = expression(r"第一块|其余各块|First block|The others, each")
_IN_NUMBERS = expression(r"算式|代入|in numbers|with numbers|^numbers|^working$", re.IGNORECASE)
_OUTPUT = expression(r"^(?:输出|output)", re.IGNORECASE)
_WORKED = expression(r"[(⌊\d][\d,()⌊⌋/−+·×*\s]*[·+×/−][\d,()⌊⌋/−·+×*\s]*(?<!\s)(?=\s?=\s?＿)")
_AGREES = expression(
    r"，?(?:均?与(?:PyTorch(?:的统计)?|推导)一致|除以2后与推导一致)\s?✓|[;,]\s(?:PyTorch|half of (?:that|it)|this|which)[^.;✓]*✓"
)


@dataclass
class Results:
    """values: what was taken out, in numbers; given: sizes that stand in the questions, as 64 channels; known: every result told
    elsewhere in the walkthrough."""

    values: set[int] = field(default_factory=set)
    given: set[int] = field(default_factory=set)

    def add_walk(self, walk: Walkthrough) -> None:
        """Every layer's results, those told in one line too, the totals and the subtotals of kinds and blocks.

        What is given is then the sizes of layers alone: a derivation of bytes is given numbers that are results of others.
        """
        self.given = set()
        params: dict[str, int] = {}
        costs: dict[str, int] = {}
        parts: tuple[Part, ...] = (*walk.layers, *walk.uncalled)
        for part in parts:
            macs = part.macs.value if isinstance(part, Layer) and part.macs is not None else 0
            names = ["", f"type {part.type}", *_containers(part.path)]
            names += [f"kind {part.rule.kind}"] if part.rule else []
            for name in names:
                params[name] = params.get(name, 0) + part.counted
                costs[name] = costs.get(name, 0) + macs
            if part.params is not None:
                self.values.add(part.params.value)
                self.given |= set(part.params.values.values())
            if isinstance(part, Layer):
                self.values.add(macs)
                self.given |= set(part.macs.values.values()) if part.macs is not None else set()
                self.given |= {size.value for _, size in part.shape}
                self.given |= {value for _, size in part.shape for value in size.values.values()}
        self.values |= {*params.values(), *costs.values()}
        totals = walk.totals
        self.values |= {totals.params, totals.torch_params, totals.trainable, totals.frozen, walk.macs.value or 0}
        self.values |= {sum(one.counted for one in group) for group in (walk.layers, walk.uncalled)}
        self.values |= {factor * totals.params for factor in FACTORS}  # FLOPs, bytes and bits of the whole
        if walk.active is not None:
            self.values |= {walk.active.params, walk.active.total, walk.active.macs or 0}
        for row in (row for template in walk.templates for row in template.rows):
            self.values |= {row.params, row.macs or 0}
            self.given |= set(row.values)

    def told(self) -> frozenset[int]:
        """The numbers that give a result away: itself, its double, its bytes and bits, half of it."""
        found = {value for value in self.values if value >= LEAST}
        more = {value * factor for value in found for factor in FACTORS}
        more |= {half for value in found if value >= 2000 for half in (value // 2, (value + 1) // 2)}
        return frozenset(found | {value for value in more if value >= 1000})


def _containers(path: str) -> list[str]:
    steps = path.split(".")
    return [".".join(steps[:n]) for n in range(1, len(steps))]


def hidden(text: str, told: frozenset[int], given: Iterable[int], *, numbers: bool) -> str:
    """A text without what gives a result away. numbers: the working before "=" goes as well."""
    sizes = frozenset(given)

    def blank(found: re.Match[str]) -> str:
        value = int(found[0].replace(",", ""))
        if value not in told:
            return found[0]
        added = text.startswith(" +", found.end()) or text.endswith("+ ", 0, found.start())
        if value not in sizes or added or _TELLING.search(text[: found.start()][-40:]):
            return DASH
        return found[0]

    text = _NUMBER.sub(blank, text)
    if DASH in text:
        text = _SHARE.sub(DASH, _AGREES.sub("", _ROUNDED.sub("", text)).replace(" ✓", "").replace("✓", ""))
        if numbers:
            text = _WORKED.sub(DASH, text)
    return text


def tells_results(heading: str) -> bool:
    """Whether a table's column holds results: 参数量, MACs, bytes, a block's; not "bits of each"."""
    return bool(_EACH_BLOCK.search(heading)) or (bool(_RESULTS.search(heading)) and not _EACH.search(heading))


def tells_numbers(heading: str) -> bool:
    """Whether a table's column holds formulas with the numbers put in."""
    return bool(_IN_NUMBERS.search(heading))


def tells_shapes(heading: str) -> bool:
    """Whether a table's column holds the sizes of outputs."""
    return bool(_OUTPUT.search(heading))


def is_result(text: str, told: frozenset[int], given: Iterable[int], *, numbers: bool, column: bool) -> bool:
    """Whether a cell is nothing but a result, a share or a rounding of one, or (numbers) a working. column: it holds results."""
    if _SHARE.fullmatch(text) or (column and re.fullmatch(r"\d+\.\d+", text)):
        return True
    if re.fullmatch(r"\d[\d,]*", text):
        value = int(text.replace(",", ""))
        return value in told and (column or value not in frozenset(given))
    return numbers and bool(re.fullmatch(r"[(\d][\d,()/−·+×]*[·+/][\d,()/−·+×]*", text))
