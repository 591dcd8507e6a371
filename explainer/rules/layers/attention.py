"""Multi-head attention (Vaswani et al. 2017): Q, K and V each from a linear layer, the heads, and a linear layer on top.

The module is explained as a whole and claims its subtree: `out_proj` is a child that is never called. MACs: the four
projections, QKᵀ and AV; torch on the meta device counts exactly these, in eval and in train mode, with and without
need_weights, packed and separate, batched or not. (On the CPU in eval mode its fast path counts 0.)
"""

from __future__ import annotations

from random import Random
from typing import Any

from torch import nn

from explainer.formula.tree import Expr, evaluate
from explainer.i18n.bilingual import Bi, shape_text
from explainer.rules.attention_parts import (
    OF_FUNCTION,
    OF_MODULE,
    Attention,
    D_k,
    D_v,
    S,
    hyperparameters,
    more_keys,
)
from explainer.rules.base import Rule, Sample, argument, worked
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.vocabulary.symbols import D, N, T, sized
from explainer.walkthrough.case import Axis, Output, Parameters

FOUR = Bi(
    zh="查询Q、键K、值V各由一个全连接层算出，各头的结果拼接后再经过一个输出层，一共4个全连接层，都是从{D}维到{D}维，"
    "每个有{square}个权重{biases}。",
    en="Queries Q, keys K and values V each come from a fully connected layer, and the heads' results, joined, go through "
    "an output layer: four layers, all from {D} features to {D}, each with {square} weights{biases}.",
)
SEPARATE = Bi(
    zh="查询Q、键K、值V各由一个全连接层算出，都变成{D}维：Q来自{D}维的输入，K来自{D_k}维，V来自{D_v}维；"
    "各头的结果拼接后再经过一个从{D}维到{D_o}维的输出层。",
    en="Queries Q, keys K and values V each come from a fully connected layer with {D} outputs: Q from {D} features, K from "
    "{D_k}, V from {D_v}; the heads' results, joined, go through an output layer from {D} features to {D_o}.",
)
BIASES = Bi(zh="和{D}个偏置", en=" and {D} biases")
NO_BIASES = Bi(zh="，没有偏置", en=" and no bias")
BIASED = Bi(zh="每层另有{D}个偏置。", en="Each layer has {D} biases besides.")
BIASED_APART = Bi(
    zh="Q、K、V三层各另有{D}个偏置，输出层另有{D_o}个。",
    en="The layers of Q, K and V have {D} biases each besides, the output layer {D_o}.",
)
UNBIASED = Bi(zh="各层都没有偏置。", en="None of them has a bias.")
SOME_BIASED = Bi(
    zh="Q、K、V与输出层的偏置设置不同：{which}才有偏置。",
    en="Only {which} has biases.",
)
OF_INPUTS = Bi("前三个", "the projection of Q, K and V")
OF_OUTPUT = Bi("输出层", "the output layer")
HEADS = Bi(
    zh="{heads}个头把{D}维分成{heads}段，每段{each}维，各段分别计算注意力；权重矩阵的大小不变，所以参数量与头数无关。",
    en="The {heads} heads only cut the {D} features into {heads} parts of {each} and compute attention separately; the weight "
    "matrices keep their size, so the number of heads does not affect the count.",
)
ONE_HEAD = Bi(zh="这里只有1个头。", en="There is a single head here.")
APPENDED = Bi(
    zh="add_bias_kv=True：在键和值的序列末尾各附加一个可学习的{D}维向量，多2·{D}个参数。",
    en="With add_bias_kv=True a learned vector of {D} is appended to the keys and one to the values: 2·{D} more parameters.",
)
ZERO = Bi(
    zh="add_zero_attn=True：再附加一个全零的键和值，没有参数。",
    en="With add_zero_attn=True a key and a value of zeros are appended too; they have no parameters.",
)
PACKED = Bi(
    zh="PyTorch把Q、K、V的三个权重矩阵上下叠放，存成一个{shape}的张量in_proj_weight。",
    en="PyTorch stores the three weight matrices of Q, K and V stacked in one tensor of {shape}, in_proj_weight.",
)
NOTHING_ELSE = Bi(
    zh="注意力本身，即softmax(QKᵀ/√dₖ)V（dₖ为每个头的维数），没有参数；参数量与序列长度无关。",
    en="Attention itself, softmax(QKᵀ/√dₖ)V with dₖ features per head, has no parameters, and the sequence length does not "
    "affect the count.",
)
SELF = Bi(
    zh="这里是自注意力：Q、K、V由同一个序列算出。",
    en="This is self-attention: Q, K and V come from one and the same sequence.",
)
CROSS = Bi(
    zh="这里是交叉注意力：Q来自一个序列（{queries}个位置），K、V来自另一个序列（{keys}个位置）。",
    en="This is cross-attention: Q comes from one sequence ({queries:position|positions}), K and V from another "
    "({keys:position|positions}).",
)
COST = Bi(
    zh="其中：四个投影（Q、K、V和输出）共需{projected}次；求QKᵀ需{scores}次；注意力权重A与V相乘需{weighted}次；"
    "softmax不计。各头的乘加次数之和与不分头时相同，所以头数不影响计算量。",
    en="Of these the four projections (Q, K, V and the output) take {projected}, QKᵀ {scores}, and the attention weights "
    "times V (AV) {weighted}; the softmax is not counted. The heads together cost as much as one head of full width, so their "
    "number does not matter.",
)
OF_OWN_WIDTH = Bi(
    zh="每个查询位置得到一个{D_o}维的向量，所以输出的长度与查询相同，维数是输出层的。",
    en="Each query position gets a vector of {D_o}: the output is as long as the queries, and as wide as the output layer makes it.",
)
LIKE_QUERY = Bi(
    zh="每个查询位置得到一个{D}维的向量，所以输出与查询的形状相同。",
    en="Each query position gets a vector of {D}, so the output is shaped like the queries.",
)


def _parameters(call: Call) -> Parameters:
    attention = hyperparameters(call)
    is_module = call.module is not None
    return Parameters(
        formula=attention.formula(),
        values=attention.numbers,
        claims=OF_MODULE if is_module else tuple(OF_FUNCTION),
        positions=() if is_module else tuple(OF_FUNCTION.values()),
        why=tuple(_reasons(attention)),
        remark=(NOTHING_ELSE, *([PACKED.format(shape=shape_text(attention.packed))] if attention.packed else [])),
    )


def _reasons(attention: Attention) -> list[Bi]:
    width = attention.width
    words: dict[str, Any] = {"D": width, "D_k": attention.keys, "D_v": attention.values, "D_o": attention.out}
    biases = (BIASES if attention.in_bias else NO_BIASES).format(D=width)
    reasons = []
    if attention.alike:
        reasons.append(FOUR.format(square=worked(D * D, attention.numbers), biases=biases, **words))
    else:
        reasons.append(SEPARATE.format(**words))
        if attention.in_bias == attention.out_bias:
            biased = BIASED if attention.out == width else BIASED_APART
            reasons.append((biased if attention.in_bias else UNBIASED).format(D=width, D_o=attention.out))
        else:
            reasons.append(SOME_BIASED.format(which=OF_INPUTS if attention.in_bias else OF_OUTPUT))
    heads = attention.heads
    reasons.append(HEADS.format(heads=heads, D=width, each=width // heads) if heads > 1 else ONE_HEAD)
    if attention.appended:
        reasons.append(APPENDED.format(D=width))
    if attention.zero:
        reasons.append(ZERO)
    return reasons


def _output(call: Call) -> Output:
    """Shaped like the queries."""
    attention = hyperparameters(call)
    query, key, value = (argument(call, name, i) for i, name in enumerate(("query", "key", "value")))
    batch_first = call.module is not None and bool(call.option("batch_first"))
    around = (T,) if len(query.shape) == 2 else (N, T) if batch_first else (T, N)
    numbers = attention.numbers | sized(around, query.shape[:-1])
    numbers[S] = key.shape[around.index(T)]
    why = [
        (LIKE_QUERY if attention.out == attention.width else OF_OWN_WIDTH).format(D=attention.width, D_o=attention.out)
    ]
    if query == key == value and isinstance(query.source, int):
        why.insert(0, SELF)
    elif key == value and key.source != query.source:
        why.insert(0, CROSS.format(queries=numbers[T], keys=numbers[S]))
    macs = _macs(attention, of_itself=query == key == value, batched=N in around)
    scores = numbers.get(N, 1) * numbers[T] * (numbers[S] + numbers[more_keys]) * attention.width
    words = {"projected": evaluate(macs, numbers) - 2 * scores, "scores": scores, "weighted": scores}
    return Output(
        axes=(*(Axis(symbol.name, symbol) for symbol in around), Axis(attention.last.name, attention.last)),
        values=numbers,
        why=tuple(why),
        macs=macs,
        macs_why=(COST.format(**words),),
    )


def _macs(attention: Attention, of_itself: bool, batched: bool) -> Expr:
    """The projections, then QKᵀ and AV: 4N·T·D·D+2N·T·T·D for self-attention."""
    keys: Expr = (T if of_itself else S) + more_keys

    def each(*factors: Expr | int) -> Expr:
        whole: Expr | int = 1
        for factor in (N, *factors) if batched else factors:
            whole = factor if whole == 1 else whole * factor
        assert isinstance(whole, Expr)
        return whole

    if of_itself and attention.square:
        return 4 * each(T, D, D) + 2 * each(T, keys, D)
    into = each(T, D, D) + each(S, D_k, D) + each(S, D_v, D)
    return into + each(T, keys, D) + each(T, keys, D) + each(T, D, attention.last)


def _sample(random: Random) -> Sample:
    heads = random.choice([1, 2, 4, 8])
    width = heads * random.randint(1, 16)
    options: dict[str, Any] = {
        "bias": random.random() < 0.7,
        "add_bias_kv": random.random() < 0.2,
        "add_zero_attn": random.random() < 0.2,
        "batch_first": random.random() < 0.5,
    }
    if random.random() < 0.3:
        options |= {"kdim": random.randint(1, 64), "vdim": random.randint(1, 64)}
    n, queries, keys = random.randint(1, 4), random.randint(1, 12), random.randint(1, 12)
    batched = random.random() < 0.8

    def shape(length: int, features: int) -> Shape:
        around = (n, length) if options["batch_first"] else (length, n)
        return (*(around if batched else (length,)), features)

    kdim, vdim = options.get("kdim", width), options.get("vdim", width)
    return Sample(
        lambda: nn.MultiheadAttention(width, heads, **options),
        (shape(queries, width), shape(keys, kdim), shape(keys, vdim)),
    )


RULES = (
    Rule(
        name="multi_head_attention",
        title=Bi("多头注意力层", "multi-head attention layer"),
        kind=Kind.ATTENTION,
        modules=(nn.MultiheadAttention,),
        functions=("multi_head_attention_forward",),
        parameters=_parameters,
        output=_output,
        sample=_sample,
    ),
)
