"""Mistakes of taking one part of the formula for another: channels twice, another kernel, sums for products, neighbours merged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from math import prod

from explainer.formula.rewrite import drop, rewritten, role, times, without
from explainer.formula.rewrite import replace as put
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Product, Sum, total
from explainer.homework.mistakes.base import BIASED, COST, PARAMS, Change, Mistake, Way, each, only
from explainer.homework.mistakes.facts import Facts
from explainer.homework.mistakes.form import Form
from explainer.homework.question import Part
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer

CONVOLUTIONS = (Kind.CONVOLUTION, Kind.TRANSPOSED)
KERNELS = (1, 3, 5, 7, 11)
INPUTS = (("C_in", "C_out"), ("F_in", "F_out"))
QUERIES = ("q", "query", "q_proj", "wq", "to_q")
KEYS = ("k", "v", "key", "value", "k_proj", "v_proj", "wk", "wv", "to_k", "to_v")


def _is_convolution(facts: Facts) -> bool:
    return facts.kind in CONVOLUTIONS


def _twice(out: bool) -> Change:
    """The outputs' number for the inputs' too, or the other way round."""

    def change(part: Expr, facts: Facts) -> Expr | None:
        pairs = [pair if out else pair[::-1] for pair in INPUTS if all(name in facts.symbols for name in pair)]
        new = {old: facts.symbols[kept] for old, kept in pairs if old in facts.roles}
        return put(part, new) if new else None

    return change


def _put(new: Mapping[str, Expr]) -> Change:
    return lambda part, _: put(part, new)


def _other_kernel(form: Form, facts: Facts) -> Iterator[Way]:
    sides = [name for name in facts.kernel if name in facts.roles]
    if len({facts.get(name) for name in sides}) != 1:
        return
    for size in KERNELS:
        if size != facts.get(sides[0]):
            new: dict[str, Expr] = {name: Number(size) for name in sides}
            words = {"other": "×".join([str(size)] * len(sides)), "sides": facts.get(sides[0])}
            yield from each(_put(new), **words)(form, facts)


def _inputs(facts: Facts) -> str | None:
    return next((name for name in ("C_in", "F_in") if name in facts.roles), None)


def _bias_of_each_pair(part: Expr, facts: Facts) -> Expr | None:
    """A bias for each kernel and each channel that it sees."""
    left = without(part, facts.named(Role.BIAS))
    if left is part or "C_in" not in facts.roles or "C_out" not in facts.symbols:
        return None
    return total([left, times(facts.symbols["C_in"], facts.symbols["C_out"])])


def _bias_of_inputs(part: Expr, facts: Facts) -> Expr | None:
    """As many biases as inputs."""
    left, name = without(part, facts.named(Role.BIAS)), _inputs(facts)
    return None if left is part or name is None else total([left, facts.symbols[name]])


def _added(part: Expr, facts: Facts) -> Expr | None:
    """k+k+C_in for k·k·C_in."""
    names = {*facts.kernel, "C_in"}

    def change(node: Expr) -> Expr:
        if not isinstance(node, Product):
            return node
        inside = [factor for plain, factor in node.parts if plain and role(factor) in names]
        others = [part for part in node.parts if role(part[1]) not in names]
        if len(inside) < 2 or len(inside) + len(others) != len(node.parts):
            return node
        joined = Sum(tuple((True, factor) for factor in inside))
        return Product(((True, joined), *others)) if others else joined

    return rewritten(part, change)


def _positions(form: Form, facts: Facts) -> Iterator[Way]:
    """γ and β for every position: 2·L, or all of them 2·D·L."""
    if facts.rule not in ("layer_norm", "rms_norm") or facts.call is None or not facts.call.output_shapes:
        return
    count = prod(facts.call.output_shapes[0][1:-1])
    if count > 1:
        words = {"count": count}
        yield Way(replace(form, parts=(times(Number(2), Number(count)),)), words)
        yield Way(replace(form, parts=(times(form.parts[0], Number(count)),)), words)


def _one_side(part: Expr, facts: Facts) -> Expr | None:
    """One side of the output only."""
    names = [f"{size.name}_out" for size, _ in facts.axes]
    return drop(part, names[1:]) if len(names) > 1 else None


def _unpadded(form: Form, facts: Facts) -> Iterator[Way]:
    """The output as large as it would be without padding."""
    if facts.kind is not Kind.CONVOLUTION:
        return
    new: dict[str, Expr] = {}
    for size, side in facts.axes:
        index = side.name.removeprefix("k")
        padding, stride, dilation = (
            facts.get(f"{letter}{index}", facts.get(letter, usual)) for letter, usual in (("p", 0), ("s", 1), ("d", 1))
        )
        reach = dilation * (facts.get(side.name) - 1) + 1
        if not padding or facts.values[size] < reach:
            return
        new[f"{size.name}_out"] = Number((facts.values[size] - reach) // stride + 1)
    if new:
        yield from each(lambda part, _: put(part, new))(form, facts)


# Of a container or the whole network.


def _linear(part: Part) -> dict[str, int]:
    if part.rule is None or part.params is None or part.rule.kind is not Kind.LINEAR:
        return {}
    return {symbol.name: value for symbol, value in part.params.values.items()}


def _with_other(form: Form, facts: Facts, new: dict[int, list[Expr]]) -> Iterator[Way]:
    """The sum with other terms in place of some layers'."""
    addends: list[Expr] = []
    for at, part in enumerate(facts.question.parts):
        addends += new.get(at, [Number(part.counted)] if part.counted else [])
    if new and addends:
        yield Way(replace(form, parts=(total(addends),)))


def _as_full_attention(form: Form, facts: Facts) -> Iterator[Way]:
    """Keys and values as wide as the queries."""
    parts = facts.question.parts
    wide = [_linear(part) for part in parts if part.path.rpartition(".")[2] in QUERIES]
    if not wide or not wide[0]:
        return
    new: dict[int, list[Expr]] = {}
    for at, part in enumerate(parts):
        sizes = _linear(part)
        if part.path.rpartition(".")[2] in KEYS and sizes and sizes["F_out"] < wide[0]["F_out"]:
            biases = [Number(wide[0]["F_out"])] if part.counted > sizes["F_in"] * sizes["F_out"] else []
            new[at] = [times(Number(sizes["F_in"]), Number(wide[0]["F_out"])), *biases]
    yield from _with_other(form, facts, new)


def _multiplied(form: Form, facts: Facts) -> Iterator[Way]:
    """in·r·out for in·r+r·out, the two matrices of an adapter."""
    parts = facts.question.parts
    for at, (one, other) in enumerate(pairwise(parts)):
        a, b = _linear(one), _linear(other)
        if a and b and a["F_out"] == b["F_in"] < min(a["F_in"], b["F_out"]):
            numbers = [Number(a["F_out"]), Number(a["F_in"]), Number(b["F_out"])]
            yield from _with_other(form, facts, {at: [times(*numbers)], at + 1: []})


def _as_ordinary(form: Form, facts: Facts) -> Iterator[Way]:
    """k·k·in·out for a depthwise convolution with the 1×1 behind it."""
    parts = facts.question.parts
    convolutions = [
        (at, part) for at, part in enumerate(parts) if isinstance(part, Layer) and part.kind is Kind.CONVOLUTION
    ]
    for (at, one), (behind, other) in pairwise(convolutions):
        a, b = _numbers(one), _numbers(other)
        if a.get("g", 1) != a.get("C_in") or a.get("g", 1) == 1 or b.get("k_h") != 1 or b.get("C_in") != a.get("C_out"):
            continue
        sides = [Number(value) for name, value in a.items() if name.startswith("k")]
        biases = [Number(b["C_out"])] if other.counted > b["C_in"] * b["C_out"] else []
        weights = times(*sides, Number(a["C_in"]), Number(b["C_out"]))
        yield from _with_other(form, facts, {at: [weights, *biases], behind: []})


def _numbers(layer: Layer) -> dict[str, int]:
    return {symbol.name: value for symbol, value in layer.parameters.values.items()} if layer.parameters else {}


def _is_sum(facts: Facts) -> bool:
    return bool(facts.question.parts) and not facts.question.walk.raw_parameters


MISTAKES = (
    Mistake(
        "channels.output_twice",
        "roles",
        Bi("输入通道数写成了输出通道数", "output channels counted twice"),
        Bi(
            "输入的个数也写成了输出的个数。权重连接输入与输出，两者各乘一次。",
            "the number of outputs stands for the inputs as well. The weights join inputs and outputs: multiply by each once.",
        ),
        Bi("输入有几个，输出有几个？", "How many inputs are there, and how many outputs?"),
        0.12,
        each(_twice(out=True)),
        PARAMS + COST,
    ),
    Mistake(
        "channels.input_twice",
        "roles",
        Bi("输出通道数写成了输入通道数", "input channels counted twice"),
        Bi(
            "输出的个数也写成了输入的个数。权重连接输入与输出，两者各乘一次；偏置与输出一样多。",
            "the number of inputs stands for the outputs as well. The weights join inputs and outputs: multiply by each once; there are as "
            "many biases as outputs.",
        ),
        Bi("输入有几个，输出有几个？", "How many inputs are there, and how many outputs?"),
        0.11,
        each(_twice(out=False)),
        PARAMS + COST,
    ),
    Mistake(
        "kernel.other_size",
        "roles",
        Bi("卷积核大小看错", "another size of kernel"),
        Bi(
            "按{other}的卷积核算了；这一层的卷积核边长是{sides}。",
            "a kernel of {other} is taken; the sides of this layer's kernel are {sides}.",
        ),
        Bi("这一层的卷积核有多大？", "How large is this layer's kernel?"),
        0.1,
        only(_is_convolution, _other_kernel),
        PARAMS + COST,
    ),
    Mistake(
        "kernel.added",
        "roles",
        Bi("卷积核的各边相加", "the sides of the kernel added"),
        Bi(
            "把各边和通道数相加了。卷积核里的权重个数是各边与输入通道数的乘积。",
            "the sides and the channels are added. The weights of a kernel are the product of its sides and the channels that it sees.",
        ),
        Bi("一个长方体里有多少格：相加，还是相乘？", "How many cells has a box: is it a sum or a product?"),
        0.1,
        only(_is_convolution, each(_added)),
        PARAMS + COST,
    ),
    Mistake(
        "bias.per_input_channel",
        "roles",
        Bi("每个输入通道都算一个偏置", "a bias for every input channel"),
        Bi(
            "给每个卷积核的每个输入通道都算了1个偏置。每个卷积核只有1个偏置，共{n}个。",
            "a bias is counted for every input channel of every kernel. Each kernel has one: {n} in all.",
        ),
        Bi("一个卷积核有几个偏置？", "How many biases does one kernel have?"),
        0.12,
        only(_is_convolution, each(_bias_of_each_pair)),
        BIASED,
    ),
    Mistake(
        "bias.on_inputs",
        "roles",
        Bi("偏置按输入的个数算", "as many biases as inputs"),
        Bi(
            "偏置按输入的个数加了。偏置属于输出：每个{owner}1个，共{n}个。",
            "as many biases as inputs are added. Biases belong to the outputs: one for each {owner}, {n} in all.",
        ),
        Bi("偏置加在输入上，还是加在输出上？", "Is a bias added to the inputs or to the outputs?"),
        0.13,
        each(_bias_of_inputs),
        BIASED,
    ),
    Mistake(
        "norm.positions",
        "context",
        Bi("归一化的参数按位置算", "normalization counted by positions"),
        Bi(
            "按位置数（{count}）算了。γ和β属于特征，各个位置共用。",
            "the positions ({count}) are counted. γ and β belong to the features and are shared by all positions.",
        ),
        Bi("序列变长时，这一层的参数会变多吗？", "Does this layer have more parameters on a longer sequence?"),
        0.2,
        _positions,
        BIASED,
    ),
    Mistake(
        "cost.one_side",
        "roles",
        Bi("输出只算了一条边", "one side of the output only"),
        Bi(
            "只乘了输出的一条边。卷积核要走遍整个输出：{area}个位置。",
            "only one side of the output is counted. The kernel goes over all of it: {area} positions.",
        ),
        Bi("卷积核要走过多少个位置？", "How many positions does the kernel take?"),
        0.15,
        only(_is_convolution, each(_one_side)),
        COST,
    ),
    Mistake(
        "cost.padding_forgotten",
        "context",
        Bi("计算量里忘了填充", "padding forgotten in the cost"),
        Bi(
            "输出的大小按没有填充算了。加上填充，输出是{area}。",
            "the output is taken as large as without padding. With the padding it is {area}.",
        ),
        Bi("这一层有没有填充？输出多大？", "Is there padding, and how large is the output?"),
        0.2,
        _unpadded,
        COST,
    ),
    Mistake(
        "totals.grouped_as_full",
        "context",
        Bi("分组查询注意力按普通注意力算", "grouped-query attention counted as full"),
        Bi(
            "键和值按查询的宽度算了。分组查询注意力里几个查询头共用一组键和值，它们的投影更窄。",
            "keys and values are taken as wide as the queries. In grouped-query attention several query heads share them: their "
            "projections are narrower.",
        ),
        Bi("键和值有多少个头？", "How many heads do the keys and values have?"),
        0.3,
        only(_is_sum, _as_full_attention),
        ("params",),
    ),
    Mistake(
        "totals.adapter_multiplied",
        "context",
        Bi("低秩的两个矩阵相乘", "the two low-rank matrices multiplied"),
        Bi(
            "把两个矩阵的大小乘在一起了。A和B各有自己的参数，个数要相加。",
            "the sizes of the two matrices are multiplied. A and B have parameters of their own: add them.",
        ),
        Bi("A有多少个参数，B有多少个？", "How many parameters does A have, and how many does B have?"),
        0.15,
        only(_is_sum, _multiplied),
        ("params",),
    ),
    Mistake(
        "totals.separable_as_ordinary",
        "context",
        Bi("深度可分离卷积按普通卷积算", "a depthwise separable convolution counted as an ordinary one"),
        Bi(
            "按一个普通卷积算了。深度可分离卷积先逐通道卷积，再用1×1卷积合并，两步的参数相加。",
            "this is an ordinary convolution. A depthwise separable one goes channel by channel first and joins them with a 1×1: add the "
            "parameters of the two.",
        ),
        Bi("这里是一个卷积，还是两个？", "Is this one convolution or two?"),
        0.3,
        only(_is_sum, _as_ordinary),
        ("params",),
    ),
)
