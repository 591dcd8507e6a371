"""The KV cache of a generative transformer: the keys and values of all earlier tokens, kept so that none is computed twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import torch

from explainer.cost.figures import BYTES_EACH
from explainer.formula.derivation import Derivation, derive
from explainer.formula.tree import Symbol
from explainer.i18n.bilingual import Bi
from explainer.tracing.call import Call, TensorRef, Trace
from explainer.tracing.meta import without_values
from explainer.tracing.recorder import tensors_in
from explainer.tracing.untouched import as_it_was, on_meta
from explainer.vocabulary.symbols import N, T
from explainer.walkthrough.verdict import Verdict, compare

LAYERS = Symbol("n_l", Bi("注意力层数", "number of attention layers"), Bi("层数", "layers"))
HEADS = Symbol("n_kv", Bi("键和值的头数", "number of key and value heads"), Bi("头数", "heads"))
HEAD = Symbol("d_h", Bi("每个头的维数", "size of a head"), Bi("每头维数", "size of a head"))
WHY = Bi(
    zh="逐个生成词元时，此前各词元的键（K）和值（V）都要保留，每层、每头、每个词元各存一个K和一个V，所以有因子2；大小与长度成正比。",
    en="When tokens are generated one by one, the keys (K) and values (V) of all earlier ones are kept, one of each per "
    "layer, head and token, hence the factor 2; the size grows in proportion to the length.",
)
GROUPED = Bi(
    zh="查询有{queries}个头而键和值只有{heads}个（分组查询注意力），缓存缩小到{heads}/{queries}。",
    en="There are {queries} query heads and only {heads} for keys and values (grouped-query attention), which shrinks the "
    "cache to {heads}/{queries}.",
)


@dataclass(frozen=True)
class KvCache:
    """Its size at the trace's length and batch.

    derivation: 2·n_l·n_kv·d_h·T·N·e. verdict: against the cache that the model itself returns on meta, where it does.
    measured_bytes: that cache's size.
    """

    layers: int
    heads: int
    head_size: int
    derivation: Derivation
    verdict: Verdict
    measured_bytes: int | None
    why: tuple[Bi, ...]

    @property
    def bytes(self) -> int:
        return self.derivation.value

    def at(self, length: int, batch: int = 1, bytes_each: int | None = None) -> Derivation:
        """The same for another length, batch and number format (2 bytes for float16)."""
        each = self.derivation.values[BYTES_EACH] if bytes_each is None else bytes_each
        return _derived(self.layers, self.heads, self.head_size, length, batch, each)


def kv_cache(trace: Trace) -> KvCache | None:
    """The cache of a model that attends to earlier tokens only; None for others, and for caches of another form."""
    found = _from_config(trace) or _from_calls(trace)
    if found is None:
        return None
    layers, heads, head, queries, length, batch, each = found
    derivation = _derived(layers, heads, head, length, batch, each)
    measured = _measured(trace)
    verdict = compare(derivation.value, measured)
    if verdict is Verdict.DISAGREES:
        return None  # windows, shared layers, compressed keys: another form of cache than this formula's
    why = (WHY, GROUPED.format(queries=queries, heads=heads)) if queries > heads else (WHY,)
    return KvCache(layers, heads, head, derivation, verdict, measured, why)


def _derived(layers: int, heads: int, head: int, length: int, batch: int, each: int) -> Derivation:
    values = {LAYERS: layers, HEADS: heads, HEAD: head, T: length, N: batch, BYTES_EACH: each}
    return derive(2 * LAYERS * HEADS * HEAD * T * N * BYTES_EACH, values)


_Found = tuple[int, int, int, int, int, int, int]


def _from_config(trace: Trace) -> _Found | None:
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
    return layers, heads, head, queries, length, batch, weight.itemsize if weight is not None else 4


def _from_calls(trace: Trace) -> _Found | None:
    """Causal attention in the trace, all layers of one form: keys N×heads×T×size."""
    forms = Counter(form for call in trace.calls if (form := _causal(call)) is not None)
    if len(forms) != 1:
        return None
    ((form, layers),) = forms.items()
    batch, heads, queries, length, head, each = form
    return layers, heads, head, queries, length, batch, each


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
        with without_values(), as_it_was(trace.model), on_meta(trace.model), torch.no_grad():
            trace.model.eval()
            cache = getattr(trace.model(*trace.args, **kwargs), "past_key_values", None)
    except Exception:  # it takes no such arguments, or wants values: then there is nothing to compare with
        return None
    layers = getattr(cache, "layers", None)
    tensors = tensors_in(cache) if layers is None else [kept for layer in layers for kept in (layer.keys, layer.values)]
    return sum(tensor.numel() * tensor.itemsize for tensor in tensors) or None
