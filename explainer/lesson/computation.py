"""What the whole network computes: multiply-accumulates summed by kind of layer, and what the words mean."""

from __future__ import annotations

from collections import Counter

from explainer.document.builder import Page
from explainer.document.nodes import Code
from explainer.i18n.bilingual import Bi, grouped, same
from explainer.lesson.overview import about
from explainer.lesson.overview_of_run import plural
from explainer.lesson.phrases import capitalised, share
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Group, Layer, Walkthrough
from explainer.walkthrough.verdict import Verdict

COSTS = Bi(zh="计算量", en="Computation")
WORDS = Bi(
    zh="一次乘加（multiply-accumulate，MAC）指做一次乘法，并把乘积累加起来。一次浮点运算（FLOP）是一次加法或一次乘法，"
    "所以1次乘加等于2次浮点运算。FLOPs（小写s）是浮点运算的次数，FLOPS（大写S）是每秒浮点运算的次数，表示速度，二者不可混淆。"
    "本文的计算量一律指乘加次数，只计卷积和矩阵乘法；偏置的加法、激活、池化、归一化等不计。"
    "其他工具给出的数可能是它的2倍，也可能计入了偏置、激活等；比较之前应先弄清统计口径。",
    en="A multiply-accumulate (MAC) is one multiplication whose product is added to a sum. A floating-point operation (FLOP) "
    "is one addition or one multiplication, so a MAC is two FLOPs. FLOPs (lower-case s) counts operations; "
    "FLOPS (capital S) is a rate, operations per second. This document counts "
    "multiply-accumulates, and those of convolutions and matrix products only: adding the bias, activations, pooling, "
    "normalization and the like are left out. Other tools may print twice as much, or include biases or activations; before "
    "comparing, check what is being counted.",
)
WORDS_SHORT = Bi(
    zh="一次乘加（multiply-accumulate，MAC）指做一次乘法，并把乘积累加起来，等于2次浮点运算（FLOP）。本文只计卷积和矩阵乘法的乘加，"
    "偏置、激活、池化、归一化等不计；其他工具给出的数可能是本文的2倍，也可能计入了这些。",
    en="A multiply-accumulate (MAC) is one multiplication whose product is added to a sum: two floating-point operations (FLOPs). Only "
    "those of convolutions and matrix products are counted here, no biases, activations, pooling or normalization; other tools may "
    "print twice the numbers given here, or include these.",
)
KIND_SUM = Bi(zh="{kind}（{n}个）：{sum}。", en="{kind} ({n}): {sum}.")
TOTAL = Bi(
    zh="总计：{sum}次乘加{about}。换算成浮点运算（FLOPs）：2·{total}={flops}次{about_flops}。",
    en="In all: {sum} multiply-accumulates{about}. In FLOPs: 2·{total} = {flops}{about_flops}.",
)
NOTHING = Bi(
    zh="这个网络没有卷积和矩阵乘法，按上述口径计算量为0。",
    en="The network has no convolutions and no matrix products: by this count there is nothing to compute.",
)
TOTAL_PART = Bi(
    zh="已推导的部分共{sum}次乘加{about}，整个前向传播至少有这么多。换算成浮点运算（FLOPs）：至少2·{total}={flops}次{about_flops}。",
    en="The part that is derived takes {sum} multiply-accumulates{about}, the whole pass at least as many. In FLOPs: at least 2·{total} "
    "= {flops}{about_flops}.",
)
UNKNOWN = Bi(
    zh="已推导的部分没有乘加；整个前向传播有多少，还不知道。",
    en="In the part that is derived there are no multiply-accumulates; how many the whole pass takes is not known.",
)
NOT_COUNTED = Bi(
    zh="PyTorch的{counter}没有运行，计算量未核对。",
    en="PyTorch's {counter} was not run: the computation is unchecked.",
)
AGREES = Bi(
    zh="核对：PyTorch的{counter}统计为{theirs} FLOPs，除以2后与推导一致 ✓",
    en="Check: PyTorch's {counter} counts {theirs} FLOPs; half of that agrees with the derivation ✓",
)
PARTLY = Bi(
    zh="PyTorch的{counter}统计为{theirs} FLOPs；另有{n}步是它不会统计的，按推导合计{ours}次乘加（未核对）。",
    en="PyTorch's {counter} counts {theirs} FLOPs; {n:step is|steps are} of a kind that it cannot count; by the derivation "
    "{ours} multiply-accumulates in all (unchecked).",
)
UNEXPLAINED = Bi(
    zh="另有{n}步没有规则能说明，PyTorch的{counter}统计其为{theirs}次乘加，未计入上述总计（未核对）。",
    en="{n:step has|steps have} no rule; PyTorch's {counter} counts {theirs} multiply-accumulates there, which are not in the "
    "total above (unchecked).",
)
WHOLE_COUNT = Bi(
    zh="PyTorch的{counter}在它看到的部分统计为{theirs} FLOPs；推导不完整，不作核对。",
    en="PyTorch's {counter} counts {theirs} FLOPs in what it saw of the pass; the derivation is not complete, and nothing was checked "
    "against it.",
)
CONTRAST = Bi(
    zh="参数最多的是{params_kind}，占总参数量的{params_share}；计算量最大的却是{macs_kind}，占总计算量的{macs_share}。"
    "{reason}",
    en="Most parameters are in the {params_kind}, {params_share}; but most of the computation is in the {macs_kind}, {macs_share}. "
    "{reason}",
)
REUSE = Bi(
    zh="原因是卷积核的每个权重在特征图的每个位置上都要用一次，全连接层的每个权重只用一次。",
    en="Each weight of a kernel is used at every position of the feature map, each weight of a fully connected layer only "
    "once.",
)
MOST_TERMS = 8  # different ones of a sum that is written out


def costs(page: Page, walk: Walkthrough) -> None:
    """The section: what is counted, each kind's sum, the total, and torch's."""
    if not walk.layers:
        return
    page.heading(2, COSTS)
    page.say(WORDS if page.detail == "full" else WORDS_SHORT)
    groups = [group for group in walk.groups("kind") if group.macs]
    total = sum(group.macs for group in groups)
    if not total:
        page.say(NOTHING if walk.complete else UNKNOWN)
    for group in groups:
        addends = _addends(group)
        long = page.detail != "full" and len(set(addends)) > MOST_TERMS
        values = {
            "kind": capitalised(Bi(Kind[group.key].value.zh, plural(Kind[group.key], len(addends)))),
            "n": len(addends),
            "sum": same(grouped(sum(addends))) if long else summed(addends),
        }
        page.tell([KIND_SUM.format(**values)])
    if total:
        sums = plus([grouped(group.macs) for group in groups])
        page.tell(
            [
                (TOTAL if walk.complete else TOTAL_PART).format(
                    sum=sums + Bi(f"={grouped(total)}", f" = {grouped(total)}") if len(groups) > 1 else sums,
                    about=about(total),
                    total=total,
                    flops=2 * total,
                    about_flops=about(2 * total),
                )
            ]
        )
        if walk.complete:
            _contrast(page, walk)
    _checked(page, walk)


def summed(addends: list[int]) -> Bi:
    """1792+36,928+…+5·2,359,808=14,714,688, spaced in English: what occurs more than once, as a product."""
    times = Counter(addends)
    terms = [grouped(value) if n == 1 else f"{n}·{grouped(value)}" for value, n in times.items()]
    total = grouped(sum(addends))
    return same(total) if terms == [total] else plus(terms) + Bi(f"={total}", f" = {total}")


def plus(terms: list[str]) -> Bi:
    """a+b+c, spaced in English."""
    return Bi("+".join(terms), " + ".join(terms))


def _addends(group: Group) -> list[int]:
    return [layer.macs.value for layer in group.layers if layer.macs and layer.macs.value]


def _contrast(page: Page, walk: Walkthrough) -> None:
    """VGG16: most parameters are in the fully connected layers, most of the computation in the convolutions."""
    groups = [group for group in walk.groups("kind") if group.key in Kind.__members__]
    most_params, most_macs = max(groups, key=lambda g: g.params), max(groups, key=lambda g: g.macs)
    if most_params.key == most_macs.key or any(group.params > most_params.params for group in walk.groups("kind")):
        return  # most of all may be in tensors used directly: the experts of a mixture
    reuse = (most_params.key, most_macs.key) == ("LINEAR", "CONVOLUTION")
    page.tell(
        [
            CONTRAST.format(
                params_kind=Kind[most_params.key].value,
                params_share=share(most_params.params, walk.totals.params),
                macs_kind=Kind[most_macs.key].value,
                macs_share=share(most_macs.macs, sum(group.macs for group in groups)),
                reason=REUSE if reuse else same(""),
            )
        ]
    )


def _checked(page: Page, walk: Walkthrough) -> None:
    """torch's own total beside ours; what it does not count is said, never ticked, and nothing where it did not run."""
    counter = Code("FlopCounterMode")
    if walk.macs.torch is None:
        page.say(NOT_COUNTED, counter=counter)
        return
    theirs = 2 * walk.macs.torch
    unchecked = [layer for layer in walk.layers if layer.blind]
    unknown = [layer for layer in walk.layers if layer.macs is None and layer.torch_macs]
    if not walk.complete:
        page.say(WHOLE_COUNT, counter=counter, theirs=theirs)
    elif unchecked:
        page.say(PARTLY, counter=counter, theirs=theirs, n=len(unchecked), ours=_total(unchecked))
    elif theirs and walk.macs.verdict is Verdict.AGREES:
        page.say(AGREES, counter=counter, theirs=theirs)
    if unknown:
        there = sum(layer.torch_macs or 0 for layer in unknown)
        page.say(UNEXPLAINED, counter=counter, n=len(unknown), theirs=there)


def _total(layers: list[Layer]) -> int:
    return sum(layer.macs.value for layer in layers if layer.macs)
