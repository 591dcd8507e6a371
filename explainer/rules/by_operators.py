"""What a step multiplies, read off the operators of torch that it is made of, where no rule of its own says it.

A gradient, a function mapped over a batch, a chain of matrices: torch makes products of matrices of each, and their
sizes are known. Every product is written out with its sizes, equal ones together.
"""

from __future__ import annotations

from collections import Counter

from explainer.formula.tree import Expr, Number, Symbol, product, total
from explainer.i18n.bilingual import Bi
from explainer.tracing.call import Call
from explainer.tracing.products import Product

FORM = "operators"
SHOWN = 12  # different products that are written out

MADE_OF = Bi(
    zh="PyTorch把这一步化成{count}次矩阵乘法或卷积：各次所乘的各维大小连乘，再相加。",
    en="PyTorch makes {count:product of matrices or convolution|products of matrices or convolutions} of this step: the sizes "
    "that meet in each are multiplied, and the results added.",
)
OTHERS = Symbol("M", Bi("其余各次乘法的计算量之和", "all the other products together"), Bi("其余", "others"))


def products_known(call: Call) -> bool:
    """Whether torch counted something in this call, and every product of it has sizes."""
    seen = bool(call.flops and call.products and not call.uncounted)
    return seen and all(product.kind != "unknown" for product in call.products)


def multiplied(call: Call) -> tuple[Expr, dict[Symbol, int], Bi]:
    """The multiply-accumulates as a sum of products of sizes, the values of its symbols, and the reason."""
    often = Counter(call.products)
    terms: list[Expr] = [_term(one, times) for one, times in list(often.items())[:SHOWN]]
    left = sum(one.macs * times for one, times in list(often.items())[SHOWN:])
    values = {OTHERS: left} if left else {}
    formula = total([*terms, OTHERS] if left else terms)
    return formula, values, MADE_OF.format(count=len(call.products))


def _term(one: Product, times: int) -> Expr:
    sizes = [size for size in one.sizes if size != 1] or [1]
    return product([Number(size) for size in ([times] if times > 1 else []) + sizes])
