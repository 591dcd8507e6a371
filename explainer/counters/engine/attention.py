"""`nn.MultiheadAttention` operation by operation, as `F.multi_head_attention_forward` of torch 2.13 runs it.

With need_weights (the default) the heads are two batched products, without it one scaled_dot_product_attention. The
tracer also writes down the products of sizes (`bsz * num_heads`), one number each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod
from typing import Any

from torch import nn

from explainer.counters.engine.operation import Operation
from explainer.counters.engine.strides import Strides
from explainer.i18n.bilingual import Bi
from explainer.rules.attention_parts import hyperparameters
from explainer.rules.base import argument
from explainer.tracing.call import Call, TensorRef
from explainer.vocabulary.shape import Shape

PROJECTIONS = Bi("多头注意力层的各投影", "the projections of multi-head attention")
HEADS = Bi("缩放点积注意力（QKᵀ和AV）", "scaled dot-product attention (QKᵀ and AV)")

# Where forward's optional arguments stand: of the module, of the function.
_POSITIONS = {"key_padding_mask": (3, 14), "need_weights": (4, 15), "attn_mask": (5, 16), "is_causal": (7, 24)}


def attention_operations(call: Call, layout: Strides) -> Iterator[Operation]:
    """The projections, the heads, and the layer on top. Sizes: query T×N×D, keys and values S×N×D_k, S×N×D_v."""
    fast = _fast(call)
    for operation in _operations(call, layout):
        yield replace(operation, fast=fast)


def fast_encoder_layer(module: nn.Module) -> bool:
    """Whether torch runs the encoder layer as one kernel: on the CPU, in evaluation mode without gradients."""
    if not isinstance(module, nn.TransformerEncoderLayer):
        return False
    attention = module.self_attn
    return (
        type(module).forward is nn.TransformerEncoderLayer.forward
        and attention.batch_first
        and attention.in_proj_bias is not None
        and bool(module.activation_relu_or_gelu)
        and module.norm1.eps == module.norm2.eps
        and attention.num_heads % 2 == 0
    )


def _fast(call: Call) -> bool:
    """The same of the attention module: self-attention with biases, batch first, an even number of heads, no float mask."""
    module: Any = call.module
    if module is None or call.training:
        return False
    query, key, value = (argument(call, name, i) for i, name in enumerate(("query", "key", "value")))
    masks = [argument(call, name, _POSITIONS[name][0]) for name in ("key_padding_mask", "attn_mask")]
    floating = any(isinstance(mask, TensorRef) and mask.dtype.is_floating_point for mask in masks)
    return (
        len(query.shape) == 3
        and query == key == value
        and module.batch_first
        and module.in_proj_weight is not None
        and module.in_proj_bias is not None
        and module.bias_k is None
        and not module.add_zero_attn
        and module.num_heads % 2 == 0
        and not floating
    )


def _operations(call: Call, layout: Strides) -> Iterator[Operation]:
    about = hyperparameters(call)
    query, key, value = (argument(call, name, i) for i, name in enumerate(("query", "key", "value")))
    module = call.module is not None
    batched, batch_first = len(query.shape) == 3, module and bool(call.option("batch_first"))
    turned = batched and batch_first
    batch = query.shape[0 if turned else 1] if batched else 1
    queries, keys = (tensor.shape[1 if turned else 0] for tensor in (query, key))

    def given(name: str, default: object = None) -> object:
        found = argument(call, name, _POSITIONS[name][0 if module else 1])
        return default if found is None else found

    def linear(rows: tuple[int, int], features: int, outputs: int, one_piece: bool, bias: int) -> Operation:
        output = (*rows, outputs)
        count = prod(output)
        return Operation(
            "linear",
            PROJECTIONS,
            ((*rows, features),),
            output,
            count * features,
            bias=count * bias,
            contiguous=one_piece,
        )

    width = about.width
    of_itself, of_one_memory = query == key == value, key == value
    rows, memory = (queries, batch), (keys, batch)
    query_whole, key_whole = layout.contiguous(call, 0, turned), layout.contiguous(call, 1, turned)
    products = 4 + bool(given("key_padding_mask") is not None) + about.zero
    if about.packed and of_itself:
        yield linear(rows, width, 3 * width, query_whole, about.in_bias)
    elif about.packed and of_one_memory:
        yield linear(rows, width, width, query_whole, about.in_bias)
        yield linear(memory, width, 2 * width, key_whole, about.in_bias)
        products += 1 + about.in_bias
    else:
        yield linear(rows, width, width, query_whole, about.in_bias)
        yield linear(memory, about.keys, width, key_whole, about.in_bias)
        yield linear(memory, about.values, width, key_whole, about.in_bias)
    keys += about.appended + about.zero
    each = width // about.heads
    masked = given("attn_mask") is not None or given("key_padding_mask") is not None
    if isinstance(mask := given("attn_mask"), TensorRef) and len(mask.shape) == 3:
        products += 1
    if given("need_weights", True):
        yield from _two_products(batch * about.heads, queries, keys, each, masked)
        if call.path == "":  # the model itself: the mean of the weights over the heads is returned and so computed
            yield Operation("mean", HEADS, (), call.output_shapes[-1])
    else:
        shapes = tuple((batch, about.heads, length, each) for length in (queries, keys, keys))
        cost = 2 * batch * about.heads * queries * keys * each
        yield Operation("sdpa", HEADS, shapes, shapes[0], cost, fused=not call.training or not _dropout(call))
    for _ in range(products):
        yield Operation("mul", HEADS, scalar=True)
    yield linear((1, queries * batch), width, about.out, True, about.out_bias)


def _two_products(heads: int, queries: int, keys: int, each: int, masked: bool) -> Iterator[Operation]:
    """q scaled, times k transposed (the mask added within), and times v."""
    query: Shape = (heads, queries, each)
    scores: Shape = (heads, queries, keys)
    cost = heads * queries * keys * each
    yield Operation("mul", HEADS, (query,), query)
    added = (scores,) if masked else ()
    yield Operation("baddbmm" if masked else "bmm", HEADS, (*added, query, (heads, each, keys)), scores, cost)
    yield Operation("bmm", HEADS, (scores, (heads, keys, each)), query, cost)


def _dropout(call: Call) -> float:
    return float(call.option("dropout", 10) or 0)
