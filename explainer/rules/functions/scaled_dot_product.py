"""Scaled dot-product attention as a function: softmax(QKᵀ/√d)V. MACs: QKᵀ and AV; a mask saves torch none of them."""

from __future__ import annotations

from random import Random
from typing import Any

from torch.nn import functional as F

from explainer.formula.role import Role
from explainer.formula.tree import Symbol, evaluate, product, total
from explainer.i18n.bilingual import Bi, begun, same
from explainer.rules.attention_parts import S
from explainer.rules.base import Rule, Sample
from explainer.rules.functional import broadcast, step, tensor
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.vocabulary.symbols import N, T
from explainer.walkthrough.case import Axis, Output

heads = Symbol("n_h", Bi("注意力头数", "number of heads"), Bi("头数", "heads"), role=Role.HEADS)
each = Symbol(
    "d_k",
    Bi("每个头中查询和键的维数", "number of features of queries and keys in each head"),
    Bi("维数", "features"),
    role=Role.HEAD_SIZE,
)
value = Symbol(
    "d_v",
    Bi("每个头中值的维数", "number of features of values in each head"),
    Bi("维数", "features"),
    role=Role.HEAD_SIZE,
)
_LEAD = Bi("各批量维的大小", "sizes of the batch dimensions")

NOTHING = Bi(
    zh="缩放点积注意力softmax(QKᵀ/√dₖ)V（dₖ为每个头中键的维数）只用到前面算出的Q、K、V，没有可学习的参数。",
    en="Scaled dot-product attention, softmax(QKᵀ/√dₖ)V (dₖ: features of a key in each head), works on Q, K and V computed before; it has nothing to learn.",
)
WORKED = Bi(
    zh="{heads}{T}个查询各与{S}个键做内积（{d_k}维），除以√{d_k}，经softmax得到权重，再对{S}个值（{d_v}维）加权求和。",
    en="{heads}each of the {T:query|queries} makes an inner product of {d_k:feature|features} with each of the {S:key|keys}; the softmax of "
    "these, divided by √{d_k}, weights the {S:value|values} of {d_v:feature|features}.",
)
LIKE_QUERIES = Bi(zh="输出的形状与查询相同。", en="The output has the shape of the queries.")
EACH_HEAD = Bi(zh="{n}个头各自计算：", en="In each of the {n:head|heads}, ")
COST = Bi(
    zh="其中，求QKᵀ需{scores}次，注意力权重A与V相乘需{weighted}次；softmax和除以√dₖ不计。",
    en="Of these QKᵀ takes {scores} and the attention weights A times V {weighted}; the softmax and the division by √dₖ are "
    "not counted.",
)
MASKED = Bi(
    zh="被掩码（mask）遮住的位置同样参与计算，乘加次数不减。",
    en="What is masked is computed all the same: the mask saves no multiply-accumulates.",
)
FLEXIBLE = Bi(
    zh="FlexAttention可以用函数改动每个分数，也可以整块跳过被遮住的位置；这里按每个查询与所有的键计算。",
    en="FlexAttention may change each score by a function and skip masked blocks; here every query is counted with all the keys.",
)
SHARED = Bi(
    zh="分组查询注意力：{heads}个查询头共用{keys}组键和值。",
    en="Grouped-query attention: the {heads} query heads share {keys:set|sets} of keys and values.",
)


def _output(call: Call) -> Output:
    q, k, v = (call.tensor_shape(name, i) for i, name in enumerate(("query", "key", "value")))
    if q is None or k is None or v is None:
        return Output(None)
    flexible = call.type == "flex_attention"
    grouped = k[-3] != q[-3] if flexible else bool(call.option("enable_gqa", None, False))
    lead: Shape = q[:-2]
    if not grouped:
        lead = broadcast(q[:-2], k[:-2], v[:-2])
    symbols = {0: (), 1: (N,), 2: (N, heads)}.get(len(lead))
    if symbols is None:
        symbols = tuple(Symbol(f"B_{i + 1}", _LEAD, family=_LEAD, role=Role.MATRICES) for i in range(len(lead)))
    values = dict(zip(symbols, lead, strict=True)) | {T: q[-2], S: k[-2], each: q[-1], value: v[-1]}
    words = {"T": q[-2], "S": k[-2], "d_k": q[-1], "d_v": v[-1]}
    why = [WORKED.format(heads=EACH_HEAD.format(n=lead[1]) if len(lead) == 2 else same(""), **words)]
    if len(lead) != 2:
        why = [begun(why[0])]
    if grouped and k[-3] != q[-3]:
        why.append(SHARED.format(heads=q[-3], keys=k[-3]))
    if flexible:
        why.append(FLEXIBLE)
    why += [LIKE_QUERIES] if call.output_shapes[0] == q else []
    masked = call.option("is_causal", 5, False) or call.option("attn_mask", 3) is not None
    scores, weighted = product([*symbols, T, S, each]), product([*symbols, T, S, value])
    return Output(
        axes=tuple(Axis(symbol.name, symbol) for symbol in (*symbols, T, value)),
        values=values,
        why=tuple(why),
        remark=(MASKED,) if masked else (),
        macs=total([scores, weighted]),
        macs_why=(COST.format(scores=evaluate(scores, values), weighted=evaluate(weighted, values)),),
    )


def _sample(random: Random) -> Sample:
    n, t, s, d = tensor(random)
    groups, per = random.randint(1, 3), random.randint(1, 3)
    h, v = groups * per, random.randint(1, 9)
    options: Any = random.choice([{}, {"is_causal": True}, {"enable_gqa": True}])
    if options.get("enable_gqa"):
        shapes: tuple[Shape, ...] = ((n, h, t, d), (n, groups, s, d), (n, groups, s, v))
    else:
        lead = random.choice([(n, h), (n,)])
        shapes = ((*lead, t, d), (*lead, s, d), (*lead, s, v))
    return Sample(lambda: lambda q, k, v: F.scaled_dot_product_attention(q, k, v, **options), shapes)


RULES: tuple[Rule, ...] = (
    step(
        "scaled_dot_product_attention",
        Bi("缩放点积注意力", "scaled dot-product attention"),
        Kind.ATTENTION,
        _output,
        _sample,
        "scaled_dot_product_attention flex_attention",
        reason=NOTHING,
    ),
)
