"""The KV cache of a generative transformer: the keys and values of all earlier tokens, kept so that none is computed twice."""

from __future__ import annotations

from msgspec.structs import replace

from explainer.cost.figures import BYTES_EACH
from explainer.formula.derivation import Derivation, derive
from explainer.formula.tree import Symbol
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.symbols import N, T
from explainer.walkthrough.measured import KvCache
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


def cache_size(cache: KvCache) -> Derivation:
    """2·n_l·n_kv·d_h·T·N·e, at the trace's length and batch."""
    values = {
        LAYERS: cache.layers,
        HEADS: cache.heads,
        HEAD: cache.head_size,
        T: cache.length,
        N: cache.batch,
        BYTES_EACH: cache.bytes_each,
    }
    return derive(2 * LAYERS * HEADS * HEAD * T * N * BYTES_EACH, values)


def cache_size_at(cache: KvCache, length: int, batch: int = 1, bytes_each: int | None = None) -> Derivation:
    """The same for another length, batch and number format (2 bytes for float16)."""
    each = cache.bytes_each if bytes_each is None else bytes_each
    return cache_size(replace(cache, length=length, batch=batch, bytes_each=each))


def cache_verdict(cache: KvCache) -> Verdict:
    """Against the cache that the model itself returns, where it does."""
    return compare(cache.bytes, cache.measured_bytes)


def cache_reasons(cache: KvCache) -> tuple[Bi, ...]:
    """Why it is so large; and, where heads share keys and values, how much that saves."""
    if cache.queries <= cache.heads:
        return (WHY,)
    return (WHY, GROUPED.format(queries=cache.queries, heads=cache.heads))
