"""The working in a row of the network's table: what its parameters are the sum of."""

from __future__ import annotations

from collections import Counter

from explainer.document.nodes import Text
from explainer.formula.printing import Plain, plain
from explainer.i18n.bilingual import grouped
from explainer.lesson.network_chunk import Chunk, counted_parts, home_of
from explainer.lesson.phrases import numbers_text, tensor_text
from explainer.walkthrough.model import Layer, Uncalled

LONGEST = 40


def numbers_of(chunk: Chunk) -> Text:
    """75,008+2·70,400: the blocks; 7·7·3·64+2·64: the layers."""
    if chunk.blocks:
        sizes = dict.fromkeys(chunk.blocks, 0)
        homes = {path: path for path in chunk.blocks}
        for layer in chunk.layers:
            sizes[home_of(layer.path, homes)] += layer.counted
        for tensor in chunk.raw:
            if home := home_of(tensor.name, homes):
                sizes[home] += tensor.params
        terms = Counter(size for size in sizes.values() if size)
        if len(terms) > 1 or max(terms.values(), default=1) > 1:
            return (_sum(terms),)
    found = [_working(one) for one in counted_parts(chunk)]
    found += [tensor_text(raw.shape, raw.params).zh.partition("=")[0].replace("×", "·") for raw in chunk.raw]
    counts = Counter(found)
    texts = [text if n == 1 else f"{n}·({text})" if _is_sum(text) else f"{n}·{text}" for text, n in counts.items()]
    whole = "+".join(texts)
    if len(whole) > LONGEST and len(found) == 1 and (steps := counted_parts(chunk)[:1]) and steps[0].params:
        shorter = [plain(step, Plain()) for step in steps[0].params.steps]  # of an LSTM: 2·(395,264+788,480)
        return next(((text,) for text in shorter if len(text) <= LONGEST and not text.replace(",", "").isdigit()), ())
    if len(whole) > LONGEST:
        whole = _sum(Counter([one.counted for one in counted_parts(chunk)] + [raw.params for raw in chunk.raw]))
    return (whole,) if whole else ()


def _sum(terms: Counter[int]) -> str:
    """9568+2·55,424; of many only the first two and the last: 9568+55,424+…+3,539,968."""
    texts = [grouped(value) if n == 1 else f"{n}·{grouped(value)}" for value, n in terms.items()]
    return "+".join(texts if len("+".join(texts)) <= LONGEST else [*texts[:2], "…", texts[-1]])


def _working(one: Layer | Uncalled) -> str:
    """(512+1)·10; of a layer that shares a part of its parameters with an earlier one, its number less what was counted there."""
    if one.params is None:
        return grouped(one.counted)
    shared = one.params.value - one.counted
    return f"{numbers_text(one.params)}−{grouped(shared)}" if shared else numbers_text(one.params)


def _is_sum(text: str) -> bool:
    """Whether a plus or a minus stands outside of brackets."""
    depth = 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if sign in "+−" and not depth:
            return True
    return False
