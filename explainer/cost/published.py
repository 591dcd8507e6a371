"""What papers, model cards and documentation print of well-known models (`published.toml`), beside our own figures of the same quantity.

A model is known by its own number of parameters, so that a changed one is none of these.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct, field

from explainer.formula.role import Role
from explainer.formula.tree import Symbol, evaluate
from explainer.i18n.bilingual import Bi, grouped, same
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer, Walkthrough

Fit = Literal["rounded", "cut", "other"]
TABLE = Path(__file__).with_name("published.toml")
MODEL = "[[models]]\n"
COUNTED: Mapping[str, Bi] = {
    "params": Bi("参数量", "parameters"),
    "without_norms": Bi("不含归一化层的参数量", "parameters without the norms"),
    "without_classifier": Bi("不含分类层的参数量", "parameters without the classifier"),
    "with_statistics": Bi("参数量与滑动均值、滑动方差的个数之和", "parameters with the running means and variances"),
    "active": Bi("一个词元用到的参数量", "parameters that one token uses"),
    "macs": Bi("计算量（乘加）", "multiply-accumulates"),
    "macs_convolutions": Bi(
        "卷积层的计算量（乘加，不计全连接层）", "multiply-accumulates of the convolutional layers alone"
    ),
    "macs_v1": Bi(
        "步幅2放在1×1卷积上时（论文的做法，后称v1；这里放在3×3卷积上，称为v1.5），计算量（乘加）",
        "multiply-accumulates with the stride of 2 on the 1×1 convolution (as in the paper, later called v1; here it is on the 3×3 one, called v1.5)",
    ),
    "double": Bi("同一网络的通道数加倍时，参数量", "parameters of the same network with twice the channels"),
    "double_without_transposed": Bi(
        "同一网络的通道数加倍、又漏计转置卷积时，参数量",
        "parameters of the same network with twice the channels, the transposed convolutions forgotten",
    ),
    "double_bilinear": Bi(
        "同一网络的通道数加倍、以双线性插值加1×1卷积代替转置卷积时，参数量",
        "parameters of the same network with twice the channels, and with bilinear up-sampling and a 1×1 convolution for each transposed one",
    ),
    "without_transposed": Bi("漏计转置卷积时，参数量", "parameters, the transposed convolutions forgotten"),
    "bilinear": Bi(
        "以双线性插值加1×1卷积代替转置卷积时，参数量",
        "parameters with bilinear up-sampling and a 1×1 convolution for each transposed one",
    ),
    "half": Bi("同一网络的通道数减半时，参数量", "parameters of the same network with half the channels"),
}
"""What a source counts. All but the parameters as they are need the walkthrough, and are left open where it does not have them."""

ROUNDED = Bi("{what}为{value}，四舍五入即得此数", "{value} {what}, rounded")
CUT = Bi("{what}为{value}，舍去尾数即得此数", "{value} {what}, truncated, not rounded")
OTHER = Bi("{what}为{value}；{why}", "{value} {what}; {why}")
NOT_SAID = Bi("来源没有说明差在哪里", "the source does not say where the difference is")
_SCALES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}


class Source(Struct, frozen=True):
    """Where a figure stands, in words and as an address."""

    place: Bi
    url: str


class Figure(Struct, frozen=True):
    """A figure as it was printed: what it counts (a key of COUNTED), as text. why: what rounding does not explain."""

    of: str
    says: str
    source: Source
    why: Bi | None = None

    @property
    def value(self) -> int:
        """3.8 G is 3,800,000,000."""
        number, scale = _read(self.says)
        return int(number * scale)

    def fit(self, own: int) -> Fit:
        """Whether our figure, rounded to the printed digits (zeros at the end may be none), or cut, is the printed one."""
        number, scale = _read(self.says)
        decimals = len(self.says.split()[0].partition(".")[2])
        step = Fraction(scale, 10**decimals)
        tens = step * 10 if not decimals and number % 10 == 0 else step
        if abs(own - self.value) * 2 <= tens:
            return "rounded"
        return "cut" if 0 <= own - self.value < step else "other"


class Published(Struct, frozen=True):
    """A well-known model. named: how it is asked for; settings: those of its configuration, where they are not the usual ones.

    further: what it is built with beside these, which changes no size (a rotary embedding's base).
    """

    name: str
    named: str
    params: int
    figures: tuple[Figure, ...]
    settings: Mapping[str, int] = field(default_factory=dict)
    further: Mapping[str, Any] = field(default_factory=dict)


class Explained(Struct, frozen=True):
    """A printed figure beside ours. own: of the same quantity, None where that is not known; why: in a sentence."""

    figure: Figure
    own: int | None
    fit: Fit | None
    why: Bi


@cache
def published() -> tuple[Published, ...]:
    """All of the table."""
    return _models(TABLE.read_text(encoding="utf-8"))


def of_size(params: int) -> tuple[Published, ...]:
    """The models with so many parameters, without reading the rest: a lesson asks for one, the whole takes 10 ms."""
    sources, *models = TABLE.read_text(encoding="utf-8").split(MODEL)
    found = [one for one in models if f"\nparams = {params}\n" in one]
    return _models(MODEL.join((sources, *found))) if found else ()


def _models(table: str) -> tuple[Published, ...]:
    given = tomllib.loads(table)
    sources = {name: Source(Bi(one["zh"], one["en"]), one["url"]) for name, one in given["sources"].items()}
    return tuple(_published(one, sources) for one in given["models"])


def explained(walk: Walkthrough) -> tuple[Explained, ...]:
    """The printed figures of this model, each with what it is of ours.

    >>> explained(walk)[0].why.en    # of MobileNetV2   # doctest: +SKIP
    '3,470,760 parameters without the norms, truncated, not rounded'
    """
    return tuple(_explained(walk, figure) for one in of_size(walk.totals.params) for figure in one.figures)


def _published(given: Mapping[str, Any], sources: Mapping[str, Source]) -> Published:
    figures = tuple(
        Figure(one["of"], one["says"], sources[one["by"]], Bi(one["zh"], one["en"]) if "zh" in one else None)
        for one in given["figures"]
    )
    return Published(
        given["name"], given["named"], given["params"], figures, given.get("settings", {}), given.get("further", {})
    )


def _explained(walk: Walkthrough, figure: Figure) -> Explained:
    own = _own(walk, figure.of)
    what = COUNTED[figure.of]
    if own is None:
        return Explained(figure, None, None, what if figure.why is None else what + Bi("；", "; ") + figure.why)
    fit = figure.fit(own)
    words = {"what": what, "value": same(grouped(own))}
    if fit == "other" or figure.why is not None:
        return Explained(figure, own, fit, OTHER.format(why=figure.why or NOT_SAID, **words))
    return Explained(figure, own, fit, (ROUNDED if fit == "rounded" else CUT).format(**words))


def _own(walk: Walkthrough, of: str) -> int | None:
    """Our figure of the quantity; None where the walkthrough does not have it."""
    params, layers = walk.totals.params, walk.layers
    if of == "params":
        return params
    if of == "without_norms":
        return params - sum(layer.counted for layer in layers if layer.kind is Kind.NORMALIZATION)
    if of == "without_classifier":
        last = next((layer for layer in reversed(layers) if layer.counted), None)
        return params - last.counted if last is not None and last.kind is Kind.LINEAR else None
    if of == "with_statistics":
        kept = ("running_mean", "running_var")
        return params + sum(one.numel for one in walk.census.buffers if one.name.rpartition(".")[2] in kept)
    if of in _WIDTHS:
        return other_width(walk, *_WIDTHS[of])
    if of == "active":
        return walk.active.params if walk.active is not None else None
    macs = walk.macs.value
    if not walk.complete or macs is None:
        return None
    if of == "macs_convolutions":
        return sum(layer.macs.value for layer in layers if layer.macs and layer.kind is Kind.CONVOLUTION)
    if of == "macs_v1":
        return macs - sum(layer.macs.value * 3 // 4 for layer in _narrowed_later(layers) if layer.macs)
    return macs


_WIDTHS: Mapping[str, tuple[Fraction, str]] = {
    "double": (Fraction(2), ""),
    "double_without_transposed": (Fraction(2), "forgotten"),
    "double_bilinear": (Fraction(2), "bilinear"),
    "without_transposed": (Fraction(1), "forgotten"),
    "bilinear": (Fraction(1), "bilinear"),
    "half": (Fraction(1, 2), ""),
}
_WIDE = (Role.CHANNELS, Role.CHANNELS_IN, Role.CHANNELS_OUT)


def other_width(walk: Walkthrough, factor: Fraction, transposed: str = "") -> int | None:
    """The parameters with `factor` times the channels everywhere but at the network's input and output, by each layer's own formula.

    transposed: "forgotten", or "bilinear" for an interpolation and a 1×1 convolution in place of each transposed convolution.
    """
    counted = [layer for layer in walk.layers if layer.counted]
    if not counted or walk.raw_parameters or any(layer.params is None for layer in counted):
        return None
    found = 0
    for layer in counted:
        assert layer.params is not None
        kept = {Role.CHANNELS_IN} if layer is counted[0] else {Role.CHANNELS_OUT} if layer is counted[-1] else set()
        values: dict[Symbol, int] = {}
        for symbol, value in layer.params.values.items():
            wide = symbol.role in _WIDE and symbol.role not in kept
            side = transposed == "bilinear" and layer.kind is Kind.TRANSPOSED and symbol.role is Role.KERNEL
            scaled = value * factor if wide else Fraction(1 if side else value)
            if scaled.denominator != 1:
                return None
            values[symbol] = int(scaled)
        if layer.kind is not Kind.TRANSPOSED or transposed != "forgotten":
            found += evaluate(layer.params.symbolic, values)
    return found


def _narrowed_later(layers: tuple[Layer, ...]) -> Iterator[Layer]:
    """The 1×1 convolutions at full size whose output a 3×3 one with stride 2 in the same block reads."""
    convolutions = [layer for layer in layers if layer.type == "Conv2d"]
    for before, after in itertools.pairwise(convolutions):
        same_block = before.path.rpartition(".")[0] == after.path.rpartition(".")[0]
        kernels = [layer.call.option("kernel_size") for layer in (before, after)]
        if same_block and kernels == [(1, 1), (3, 3)] and after.call.option("stride") == (2, 2):
            yield before


def _read(says: str) -> tuple[Fraction, int]:
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGBT]?)", says)
    assert found is not None, says
    return Fraction(found[1]), _SCALES[found[2]]
