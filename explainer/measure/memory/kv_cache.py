"""The KV cache of a generative transformer: the keys and values of all earlier tokens, kept so that none is computed twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from msgspec.structs import replace

from explainer.tracing.call import Call, TensorRef, Trace
from explainer.tracing.leaves import tensors_in
from explainer.tracing.observed import run_observed
from explainer.walkthrough.measured import KvCache
from explainer.walkthrough.verdict import Verdict, compare


def kv_cache(trace: Trace) -> KvCache | None:
    """The cache of a model that attends to earlier tokens only; None for others, and for caches of another form."""
    found = _from_config(trace) or _from_calls(trace)
    if found is None:
        return None
    cache = replace(found, measured_bytes=_measured(trace))
    if compare(cache.bytes, cache.measured_bytes) is Verdict.DISAGREES:
        return None  # windows, shared layers, compressed keys: another form of cache than this formula's
    return cache


def _from_config(trace: Trace) -> KvCache | None:
    """A transformers model whose attention modules call themselves causal."""
    config: Any = getattr(trace.model, "config", None)
    if config is None or trace.model is None or getattr(config, "is_encoder_decoder", False):
        return None
    config = getattr(config, "text_config", None) or config
    layers = sum(getattr(module, "is_causal", None) is True for module in trace.model.modules())
    queries = getattr(config, "num_attention_heads", None)
    width = getattr(config, "hidden_size", None)
    if not layers or not queries or not width or not trace.input_shapes or len(trace.input_shapes[0]) < 2:
        return None
    heads = getattr(config, "num_key_value_heads", None) or queries
    head = getattr(config, "head_dim", None) or width // queries
    weight = next(trace.model.parameters(), None)
    batch, length = trace.input_shapes[0][:2]
    each = weight.itemsize if weight is not None else 4
    return KvCache(layers, heads, head, queries, length, batch, each, None)


def _from_calls(trace: Trace) -> KvCache | None:
    """Causal attention in the trace, all layers of one form: keys N×heads×T×size."""
    forms = Counter(form for call in trace.calls if (form := _causal(call)) is not None)
    if len(forms) != 1:
        return None
    ((form, layers),) = forms.items()
    batch, heads, queries, length, head, each = form
    return KvCache(layers, heads, head, queries, length, batch, each, None)


def _causal(call: Call) -> tuple[int, ...] | None:
    """(batch, heads, query heads, length, head size, bytes each) of a causal attention."""
    if call.type == "scaled_dot_product_attention":
        q, k = call.option("query", 0), call.option("key", 1)
        if not call.option("is_causal", 5, False) or not isinstance(k, TensorRef) or len(k.shape) != 4:
            return None
        return k.shape[0], k.shape[1], q.shape[1], k.shape[2], k.shape[3], k.dtype.itemsize
    if isinstance(call.module, torch.nn.MultiheadAttention) and call.kwargs.get("is_causal"):
        attention, shape = call.module, call.input_shapes[0]
        if len(shape) != 3:
            return None
        batch, length = shape[:2] if attention.batch_first else (shape[1], shape[0])
        each = call.operands[0].dtype.itemsize
        return batch, attention.num_heads, attention.num_heads, length, attention.head_dim, each
    return None


def _measured(trace: Trace) -> int | None:
    """The bytes of the cache that the model returns; None if it returns none."""
    if trace.model is None or trace.stopped is not None or not hasattr(trace.model, "config"):
        return None
    kwargs = dict(trace.kwargs) | {"use_cache": True, "return_dict": True}
    try:
        cache = getattr(run_observed(trace.model, trace.args, kwargs, train=False), "past_key_values", None)
    except Exception:  # it takes no such arguments, or wants values: then there is nothing to compare with
        return None
    layers = getattr(cache, "layers", None)
    if layers is None:
        tensors = tensors_in(cache)
    else:  # a layer that uses another's cache has none of its own
        kept = [getattr(layer, name, None) for layer in layers for name in ("keys", "values")]
        tensors = [one for one in kept if one is not None]
    return sum(tensor.numel() * tensor.itemsize for tensor in tensors) or None
