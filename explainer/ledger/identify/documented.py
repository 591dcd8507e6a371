"""Figures that papers and pages print of well-known models, and why they are not quite what is counted.

A model is known by its own number of parameters, so that a changed one is none of these.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from explainer.i18n.bilingual import Bi
from explainer.ledger.identify.hypotheses import Hypothesis
from explainer.ledger.identify.number_reader import Family
from explainer.walkthrough.model import Layer, Walkthrough

FIRST = Bi(
    zh="步幅2放在1×1卷积上时的乘加次数（论文中的v1），共{older}；这里放在3×3卷积上（v1.5），多出{more}。论文表1舍去尾数，写作{printed}",
    en="multiply-accumulates with the stride of 2 on the 1×1 convolution, the paper's v1: {older}; here it is on the 3×3 one (v1.5), which "
    "takes {more} more. The paper's table 1 cuts it to {printed}",
)


@dataclass(frozen=True)
class Printed:
    """A figure as it was printed. params: of the model that is meant; said: whose figure, and why it is another."""

    params: int
    figure: int
    family: Family
    said: Bi


PRINTED = (
    Printed(
        124_439_808, 117_000_000, "params",
        Bi("GPT-2论文给出的参数量；OpenAI后来说明是算错了，应为124 M", "parameters in GPT-2's paper, which OpenAI later corrected to 124 M"),
    ),
    Printed(
        354_823_168, 345_000_000, "params",
        Bi("GPT-2论文给出的中号模型参数量；OpenAI后来更正为355 M", "parameters of the medium model in GPT-2's paper, later corrected to 355 M"),
    ),
    Printed(
        3_504_872, 3_400_000, "params",
        Bi("MobileNetV2论文表4的参数量，舍去了尾数：不含归一化层是3,470,760，含它是3,504,872",
           "parameters in table 4 of MobileNetV2's paper, cut rather than rounded: 3,470,760 without the norms, 3,504,872 with them"),
    ),
    Printed(
        109_482_240, 110_000_000, "params",
        Bi("BERT论文给出的BERT-base参数量，取整；预训练时的输出层另有一些", "parameters of BERT-base in its paper, rounded; the heads of pre-training have some more"),
    ),
)  # fmt: skip
TABLE_1 = {25_557_032: 3_800_000_000, 44_549_160: 7_600_000_000, 60_192_808: 11_300_000_000}


def documented(walk: Walkthrough) -> Iterator[Hypothesis]:
    """The printed figures of this model; the older ResNet's cost, as printed and as counted."""
    params = walk.totals.params
    for one in PRINTED:
        if one.params == params:
            yield Hypothesis(one.said, one.figure, one.family, 1)
    printed, macs = TABLE_1.get(params), walk.macs.value
    if printed is None or not walk.complete or macs is None:
        return
    more = sum(layer.macs.value * 3 // 4 for layer in _narrowed_later(walk.layers) if layer.macs)
    if more:
        shown = f"{printed / 10**9:g}×10⁹"
        said = FIRST.format(older=f"{macs - more:,}", more=f"{more:,}", printed=shown)
        yield Hypothesis(said, printed, "operations", 1)
        yield Hypothesis(said, macs - more, "operations", 2, working=f"{macs:,}−{more:,}")


def _narrowed_later(layers: tuple[Layer, ...]) -> Iterator[Layer]:
    """The 1×1 convolutions at full size whose output a 3×3 one with stride 2 in the same block reads."""
    convolutions = [layer for layer in layers if layer.type == "Conv2d"]
    for before, after in itertools.pairwise(convolutions):
        same_block = before.path.rpartition(".")[0] == after.path.rpartition(".")[0]
        kernels = [layer.call.option("kernel_size") for layer in (before, after)]
        if same_block and kernels == [(1, 1), (3, 3)] and after.call.option("stride") == (2, 2):
            yield before
