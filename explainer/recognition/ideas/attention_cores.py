"""Where something is weighted by a softmax of products: by hand, or in torch's function. Candidates for attention."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from explainer.recognition.graph import PRODUCTS, Graph
from explainer.recognition.tape import Given, Made, Ref, Step

MOST_BACK = 40


@dataclass(frozen=True)
class Core:
    """scores: the product of queries and keys, None where torch's function makes it; weights: what the values are weighted by, after
    the softmax, and without a sink's column.
    """

    out: Step
    q: Ref
    k: Ref
    v: Ref
    scores: Step | None = None
    weights: Ref | None = None


def cores(graph: Graph) -> Iterator[Core]:
    """Every place where something is weighted by a softmax of products."""
    for step in graph.tape.steps:
        if step.at not in graph.fed:
            continue
        if step.name == "scaled_dot_product_attention":
            given = [*step.args[:3], *(step.kwargs[name] for name in ("query", "key", "value") if name in step.kwargs)]
            if len(given) == 3 and all(isinstance(ref, Made | Given) for ref in given):
                yield Core(step, *given)
        elif is_softmax(graph, step) and (core := _by_hand(graph, step)) is not None:
            yield core


def is_softmax(graph: Graph, step: Step) -> bool:
    """Whether a step is the softmax of tables."""
    layer = graph.layer(step)
    named = step.name == "softmax" or (
        step.module is not None and layer is not None and layer.rule is not None and layer.rule.name == "Softmax"
    )
    return named and len(step.shape) >= 3


def _by_hand(graph: Graph, softmax: Step) -> Core | None:
    """The product before the softmax and the one behind it."""
    scores = _product_before(graph, softmax)
    behind = _product_behind(graph, softmax)
    if scores is None or behind is None:
        return None
    before = [ref for ref in _operands(scores) if graph.is_fed(ref) or graph.is_learned(ref)]
    weights, out = behind
    values = [ref for ref in _operands(out) if ref != weights and (graph.is_fed(ref) or graph.is_learned(ref))]
    if len(before) != 2 or len(values) != 1:
        return None
    rows, columns = before if _first_makes_rows(scores) else before[::-1]
    return Core(out, rows, columns, values[0], scores, weights)


def _first_makes_rows(product: Step) -> bool:
    """Whether the first operand has the row of a score; of an einsum the letters say it."""
    equation = next((part for part in product.args if isinstance(part, str)), "")
    if product.name != "einsum" or "->" not in equation:
        return True
    given, made = equation.replace(" ", "").split("->")
    return len(made) < 2 or made[-2] in given.split(",")[0]


def _operands(product: Step) -> tuple[Ref, ...]:
    """The two that are multiplied; what is added comes first in baddbmm."""
    return product.refs[-2:]


def _product_before(graph: Graph, step: Step) -> Step | None:
    waiting = [ref for ref in step.refs if graph.is_fed(ref)]
    for _ in range(MOST_BACK):
        if not waiting:
            return None
        ref = waiting.pop(0)
        if not isinstance(ref, Made):
            continue
        now = graph.tape.steps[ref.step]
        if now.name in PRODUCTS and len(now.refs) >= 2:
            return now
        if graph.pointwise(now) or graph.shaping(now) or now.name in ("cat", "amax", "max", "softmax"):
            waiting += [before for before in now.refs if graph.is_fed(before)]
    return None


def _product_behind(graph: Graph, step: Step) -> tuple[Ref, Step] | None:
    """The tensor of weights that goes into the next product, and this product."""
    ref: Ref = Made(step.at)
    for _ in range(12):
        users = [graph.tape.steps[at] for at in graph.tape.users.get(ref, ())]
        products = [user for user in users if user.name in PRODUCTS]
        if products:
            return ref, products[0]
        onward = [user for user in users if graph.pointwise(user) or graph.shaping(user)]
        if not onward:
            return None
        ref = Made(onward[0].at)
    return None


def repeated(value: torch.Tensor, like: tuple[int, ...]) -> torch.Tensor:
    """Key-value heads, each as often as it serves a query head."""
    if len(like) < 3 or value.shape[-3] == like[-3]:
        return value
    return value.repeat_interleave(like[-3] // value.shape[-3], -3)
