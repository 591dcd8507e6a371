"""Matrix products: multiply-accumulates worked out by hand, and torch's own count."""

from __future__ import annotations

import pytest
import torch
from nets import Function, traced, walked
from torch.nn import functional as F

from explainer.formula.tree import evaluate, specialise, substitute
from explainer.rules import default_registry
from explainer.walkthrough.verdict import Verdict

REGISTRY = default_registry()


def cost(way, *shapes):
    """Our count, torch's, and the formula."""
    call = traced(Function(way), *shapes).calls[-1]
    output = REGISTRY.for_call(call).output(call)
    if output.macs is None:
        return None, call.flops // 2
    return evaluate(substitute(specialise(output.macs, output.values), output.values)), call.flops // 2


def einsum(equation: str):
    return lambda *given: torch.einsum(equation, *given)


PRODUCTS = {
    "m×r times r×n": (torch.mm, ((3, 4), (4, 5)), 3 * 4 * 5),
    "batched": (torch.bmm, ((7, 3, 4), (7, 4, 5)), 7 * 3 * 4 * 5),
    "one matrix for all": (torch.matmul, ((7, 3, 4), (4, 5)), 7 * 3 * 4 * 5),
    "heads": (torch.matmul, ((2, 12, 197, 64), (2, 12, 64, 197)), 2 * 12 * 197 * 64 * 197),
    "broadcast": (torch.matmul, ((2, 1, 3, 4), (5, 4, 6)), 2 * 5 * 3 * 4 * 6),
    "with a sum": (torch.addmm, ((5,), (3, 4), (4, 5)), 3 * 4 * 5),
    "batched with a sum": (torch.baddbmm, ((7, 3, 5), (7, 3, 4), (7, 4, 5)), 7 * 3 * 4 * 5),
    "einsum of matrices": (einsum("ij,jk->ik"), ((3, 4), (4, 5)), 3 * 4 * 5),
    "einsum of heads": (einsum("bhid,bhjd->bhij"), ((2, 3, 5, 8), (2, 3, 7, 8)), 2 * 3 * 5 * 7 * 8),
    "einsum of rows": (einsum("ij,ij->i"), ((3, 4), (3, 4)), 3 * 4),
    "einsum, one index summed first": (einsum("ij,jk->i"), ((3, 4), (4, 5)), 3 * 4),
    "einsum with dots": (einsum("...ij,jk"), ((2, 3, 4), (4, 5)), 2 * 3 * 4 * 5),
    "attention": (
        F.scaled_dot_product_attention,
        ((2, 8, 5, 16), (2, 8, 7, 16), (2, 8, 7, 24)),
        2 * 8 * 5 * 7 * (16 + 24),
    ),
    "attention under a mask": (
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        ((2, 8, 7, 16),) * 3,
        2 * 8 * 7 * 7 * (16 + 16),
    ),
    "grouped queries": (
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, enable_gqa=True),
        ((1, 8, 5, 16), (1, 2, 7, 16), (1, 2, 7, 16)),
        8 * 5 * 7 * (16 + 16),
    ),
}


@pytest.mark.parametrize(("way", "shapes", "macs"), PRODUCTS.values(), ids=PRODUCTS)
def test_a_product_costs_what_torch_counts(way, shapes, macs):
    assert cost(way, *shapes) == (macs, macs)


def test_a_matrix_with_a_vector_has_a_cost_that_torch_does_not_count():
    assert cost(torch.mv, (3, 4), (4,)) == (12, 0)


UNCOUNTED = {
    "outer product": (einsum("i,j->ij"), ((3,), (4,))),
    "element by element": (einsum("ij,ij->ij"), ((3, 4), (3, 4))),
    "transpose": (einsum("ij->ji"), ((3, 4),)),
    "sum over a size of 1": (einsum("bn,bn->b"), ((2, 1), (2, 1))),
}


@pytest.mark.parametrize(("way", "shapes"), UNCOUNTED.values(), ids=UNCOUNTED)
def test_what_is_no_product_of_matrices_is_given_no_cost(way, shapes):
    assert cost(way, *shapes) == (None, 0)


def test_a_chain_of_three_is_costed_by_the_products_that_torch_runs():
    """Two of them: 3×4 by 4×5, then 3×5 by 5×6."""
    model = Function(einsum("ij,jk,kl->il"))
    (layer,) = walked(model, (3, 4), (4, 5), (5, 6)).layers
    assert layer.shape_verdict is Verdict.AGREES
    assert (layer.macs.value, layer.macs_verdict) == (3 * 4 * 5 + 3 * 5 * 6, Verdict.AGREES)
