"""Many values into one: sums, means, extremes, norms; running totals; order."""

from __future__ import annotations

from random import Random
from typing import Any

import torch

from explainer.formula.tree import Number
from explainer.i18n.bilingual import Bi, shape_text
from explainer.rules.base import Rule, Sample
from explainer.rules.functional import (
    axis_word,
    axis_words,
    broadcast,
    changed,
    fixed,
    named,
    step,
    tensor,
    unchanged,
)
from explainer.rules.functions.elementwise import BROADCAST
from explainer.tracing.call import Call, TensorRef
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import sized
from explainer.walkthrough.case import Axis, Output

FIXED_SUM = Bi(zh="算法是固定的，没有可学习的参数。", en="It is a fixed computation; there is nothing to learn.")
AVERAGED = Bi(
    zh="在各特征图的{area}个位置上求平均（全局平均池化），每个通道得1个数。",
    en="The mean over the {area} positions of each feature map (global average pooling): one number a channel.",
)
GONE = Bi(
    zh="沿{dims}把各值合并成一个数，{this}随之消失。",
    en="The values along {dims} are combined into one; {this} disappears.",
)
KEPT = Bi(
    zh="沿{dims}把各值合并成一个数，{this}的大小变为1。",
    en="The values along {dims} are combined into one; {this} becomes 1.",
)
ONE_DIM = Bi(zh="该维", en="the dimension")
EACH_DIM = Bi(zh="各维", en="each of these dimensions")
ALL = Bi(zh="把全部值合并成一个数。", en="All values are combined into one.")
RUNNING = Bi(
    zh="沿指定的维度逐个累计，输出形状不变。",
    en="Each value is combined with all before it along one dimension; the shape stays the same.",
)
LARGEST = Bi(
    zh="沿{axis}只留最大的{k}个值；输出为这些值和它们的下标。",
    en="Along {axis} the {k:largest value remains|largest values remain}; the outputs are these and their indices.",
)
SMALLEST = Bi(
    zh="沿{axis}只留最小的{k}个值；输出为这些值和它们的下标。",
    en="Along {axis} the {k:smallest value remains|smallest values remain}; the outputs are these and their indices.",
)
COUNTED = Bi(
    zh="把数值范围等分成{bins}段，数出落在各段的个数。",
    en="The range of values is cut into {bins:part|parts} and the values in each are counted.",
)
DIFFERENCES = Bi(
    zh="沿{axis}求相邻两数之差，做{n}次，每次少1个数。",
    en="Along {axis} each value is subtracted from the next, {n:time|times}, and each time there is one fewer.",
)
JOINED = Bi(
    zh="沿{axis}先在首尾接上共{joined}个数，再求相邻两数之差，做{n}次，每次少1个数。",
    en="Along {axis} {joined:value is|values are} put before or behind; then each value is subtracted from the next, {n:time|times}, and each "
    "time there is one fewer.",
)
SORTED = Bi(
    zh="沿指定的维度排序，输出形状不变。", en="Values are sorted along one dimension; the shape stays the same."
)

# Where the dimensions and keepdim stand among the arguments, if not second and third.
_PLACES = {
    "var": (1, 3),
    "std": (1, 3),
    "var_mean": (1, 3),
    "std_mean": (1, 3),
    "norm": (2, 3),
    "linalg_norm": (2, 3),
    "linalg_vector_norm": (2, 3),
    "quantile": (2, 3),
    "nanquantile": (2, 3),
    "kthvalue": (2, 3),
}


def _reduction(call: Call) -> Output:
    """mean, sum, amax …: the dimensions named disappear, or stay as 1 with keepdim."""
    first = call.operands[0]
    shape, symbols = first.shape, named(first)
    at, keep_at = _PLACES.get(call.type, (1, 2))
    given: Any = call.option("dim", None, call.option("axis", at))
    if call.type in ("max", "min") and len(call.args) > 1 and isinstance(call.args[1], TensorRef):
        return fixed(tuple(broadcast(*call.shapes)), BROADCAST)
    if call.type == "kthvalue" and given is None:
        given = -1
    if given is None or isinstance(given, bool) or given in ((), []):
        dims: Any = range(len(shape))
    else:
        dims = [given] if isinstance(given, int) else given
    gone = {dim % len(shape) for dim in dims} if shape else set()
    keep = bool(call.option("keepdim", keep_at, call.option("keepdims", None, False)))
    axes = tuple(
        Axis(symbol.name, Number(1) if i in gone else symbol)
        for i, symbol in enumerate(symbols)
        if keep or i not in gone
    )
    form = "all" if len(gone) == len(shape) else "kept" if keep else "gone"
    why = {"all": ALL, "kept": KEPT, "gone": GONE}[form]
    along = axis_words([symbols[i] for i in sorted(gone)])
    why = why.format(dims=along, this=ONE_DIM if len(gone) == 1 else EACH_DIM)
    if call.type == "mean" and gone == {2, 3} and len(shape) == 4 and symbols[1].name == "C":
        why, form = AVERAGED.format(area=shape_text(shape[2:])), "averaged"
    return Output(axes, sized(symbols, shape), why=(why,), form=form)


def _running(call: Call) -> Output:
    output = unchanged(call)
    return Output(output.axes, output.values, why=(RUNNING,))


def _sorted(call: Call) -> Output:
    output = unchanged(call)
    return Output(output.axes, output.values, why=(SORTED,))


def _largest(call: Call) -> Output:
    first, k = call.operands[0], call.option("k", 1)
    if not isinstance(k, int) or not first.shape:
        return Output(None)
    dim = call.option("dim", 2, -1) % len(first.shape)
    why = LARGEST if call.option("largest", 3, True) else SMALLEST
    return changed(first, {dim: Number(k)}, why.format(axis=axis_word(named(first)[dim]), k=k))


def _counted(call: Call) -> Output:
    bins = call.option("bins", 1, 100)
    return fixed((bins,), COUNTED.format(bins=bins))


def _differences(call: Call) -> Output:
    first, n = call.operands[0], call.option("n", 1, 1)
    dim = call.option("dim", 2, -1) % len(first.shape)
    symbol = named(first)[dim]
    joined = sum(one.shape[dim] for one in call.operands[1:])  # put before and after
    if not joined:
        return changed(first, {dim: symbol - n}, DIFFERENCES.format(axis=axis_word(symbol), n=n))
    return changed(first, {dim: symbol + joined - n}, JOINED.format(axis=axis_word(symbol), n=n, joined=joined))


def _sample_mean(random: Random) -> Sample:
    dims, keep = random.choice([[2, 3], [1], [-1], (0, 2)]), random.random() < 0.5
    return Sample(lambda: lambda x: x.mean(dims, keepdim=keep), (tensor(random),))


def _sample_reduction(random: Random) -> Sample:
    dim, keep = random.choice([1, -1, 2]), random.random() < 0.5
    names = ["sum", "amax", "amin", "std", "var", "max", "min", "argmax", "prod", "logsumexp", "all", "any", "norm"]
    name, everything = random.choice(names), random.random() < 0.2
    if everything and name not in ("logsumexp", "amax", "amin"):
        return Sample(lambda: lambda x: getattr(x, name)(), (tensor(random),))
    return Sample(lambda: lambda x: getattr(x, name)(dim=dim, keepdim=keep), (tensor(random),))


def _sample_running(random: Random) -> Sample:
    name, dim = random.choice(["cumsum", "cumprod", "logcumsumexp"]), random.randint(-3, 2)
    return Sample(lambda: lambda x: getattr(x, name)(dim), (tensor(random, 3),))


def _sample_sorted(random: Random) -> Sample:
    name, dim = random.choice(["sort", "argsort"]), random.randint(-3, 2)
    return Sample(lambda: lambda x: getattr(x, name)(dim), (tensor(random, 3),))


def _sample_largest(random: Random) -> Sample:
    k, dim = random.randint(1, 3), random.choice([-1, 0, 1])
    return Sample(lambda: lambda x: x.topk(k, dim), (tensor(random, 3, least=3),))


def _sample_counted(random: Random) -> Sample:
    bins = random.randint(2, 50)
    return Sample(lambda: lambda x: torch.histc(x, bins), (tensor(random, 2),))


def _sample_differences(random: Random) -> Sample:
    n, dim = random.randint(1, 2), random.choice([0, 1, -1])
    if random.random() < 0.5:
        return Sample(lambda: lambda x: torch.diff(x, n, dim, prepend=x, append=x), (tensor(random, 3, least=3),))
    return Sample(lambda: lambda x: torch.diff(x, n, dim), (tensor(random, 3, least=3),))


_REDUCTIONS = """sum nansum amax amin max min argmax argmin prod std var var_mean std_mean logsumexp norm linalg_norm
    linalg_vector_norm all any is_all_true is_any_true median nanmedian count_nonzero kthvalue"""


def _rule(name: str, title: Bi, output: Any, sample: Any, functions: str) -> Rule:
    return step(name, title, Kind.REDUCTION, output, sample, functions, reason=FIXED_SUM)


RULES = (
    _rule("mean", Bi("求平均", "mean"), _reduction, _sample_mean, "mean nanmean"),
    _rule("reduction", Bi("归并运算", "reduction"), _reduction, _sample_reduction, _REDUCTIONS),
    _rule(
        "running", Bi("累计", "running total"), _running, _sample_running, "cumsum cumprod logcumsumexp cummax cummin"
    ),
    _rule("sort", Bi("排序", "sorting"), _sorted, _sample_sorted, "sort argsort msort"),
    _rule("histc", Bi("直方图", "histogram"), _counted, _sample_counted, "histc"),
    _rule("diff", Bi("差分", "differences"), _differences, _sample_differences, "diff"),
    _rule("topk", Bi("取前k个", "top k"), _largest, _sample_largest, "topk"),
)
