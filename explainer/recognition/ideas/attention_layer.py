"""torch's own attention layer, run beside attention by hand with the same matrices; its mask is read off what it is given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.nn import functional

from explainer.i18n.bilingual import Bi
from explainer.recognition.definitions import CLOSE
from explainer.recognition.graph import Found, Graph
from explainer.recognition.ideas.masks import Mask, mask_of
from explainer.recognition.ideas.pointwise import within
from explainer.recognition.recogniser import Recogniser
from explainer.recognition.replay import NoValue, difference, normal
from explainer.recognition.tape import Given, Made, Step
from explainer.walkthrough.idea import Plain, Proof

NAMES = ("query", "key", "value", "key_padding_mask", "need_weights", "attn_mask", "average_attn_weights", "is_causal")
PROVEN = Bi(
    zh="用随机数与按softmax(s·QKᵀ+M)·V（Q、K、V为查询、键、值，s为缩放系数，M为掩码）逐头计算的结果比较，二者一致（{off}）。",
    en="The attention was run on random numbers beside softmax(s·QKᵀ+M)·V (Q, K, V the queries, keys and values, s the scale, M the mask), worked out head by head: the results agree ({off}).",
)


def found(graph: Graph) -> Iterator[Found]:
    """The layers whose queries, keys and values come from one matrix; others are left as they are."""
    for step in graph.tape.steps:
        layer = graph.layer(step)
        if step.module is None or layer is None or layer.rule is None or layer.rule.name != "multi_head_attention":
            continue
        try:
            read = _read(graph, step)
        except NoValue:
            continue
        if read is None or read[1] > CLOSE:
            continue
        mask, off = read
        heads, width = layer.call.option("num_heads"), layer.call.option("embed_dim")
        given: dict[str, Any] = dict(zip(NAMES, step.args, strict=False)) | step.kwargs
        settings: dict[str, Plain] = {
            "mask": mask.kind,
            "window": mask.window,
            "bias": mask.bias,
            "scale": (width // heads) ** -0.5,
            "heads": heads,
            "kv_heads": heads,
            "head_width": width // heads,
            "value_width": width // heads,
            "cross": given["query"] != given["key"],
        }
        shape = graph.tape.shape_of(given["query"])
        proof = Proof("run", PROVEN.format(off=within(off)), 1, (shape,), off, -2, graph.model)
        yield Found("attention", graph.calls([step.at]), {n: v for n, v in settings.items() if v is not None}, proof)


def _read(graph: Graph, step: Step) -> tuple[Mask, float] | None:
    """The mask, and how far the layer is from the definition. Raises NoValue."""
    given: dict[str, Any] = dict(zip(NAMES, step.args, strict=False)) | step.kwargs
    refs = [given.get(name) for name in NAMES[:3]]
    module: Any = graph.replay.layer(step)
    known = [ref for ref in refs if isinstance(ref, Made | Given)]
    plain = module.in_proj_weight is not None and module.bias_k is None and not module.add_zero_attn
    if len(known) != 3 or not plain or given.get("key_padding_mask") is not None:
        return None
    shapes = [graph.tape.shape_of(ref) for ref in known]
    if any(len(shape) != 3 for shape in shapes):
        return None
    values = {ref: normal(shape, seed) for seed, (ref, shape) in enumerate(zip(known, shapes, strict=True))}
    made = graph.replay.run(Made(step.at), values)
    rows = [values[ref] if module.batch_first else values[ref].transpose(0, 1) for ref in known]
    weights = module.in_proj_weight.detach().chunk(3)
    biases = module.in_proj_bias.detach().chunk(3) if module.in_proj_bias is not None else (None,) * 3
    q, k, v = (
        functional.linear(row, weight, bias).view(*row.shape[:2], module.num_heads, -1).transpose(1, 2)
        for row, weight, bias in zip(rows, weights, biases, strict=True)
    )
    added = torch.zeros(q.shape[-2], k.shape[-2], dtype=torch.float64)
    mask = given.get("attn_mask")
    if isinstance(mask, Made | Given):
        value = graph.replay.run(mask, {})
        added = torch.where(value, -torch.inf, 0.0).double() if value.dtype is torch.bool else value
        if added.dim() != 2:
            return None
    attended = torch.softmax(q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5 + added, -1) @ v
    right = module.out_proj(attended.transpose(1, 2).flatten(2)).detach()
    shown = torch.softmax(torch.zeros_like(added) + added, -1)
    return mask_of(shown), difference(made, right if module.batch_first else right.transpose(0, 1))


RECOGNISER = Recogniser(found, order=60)
