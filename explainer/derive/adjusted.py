"""What a rule says of a call, fitted to how the call was run: mapped over a batch, derived, on a computed weight."""

from __future__ import annotations

from dataclasses import replace

from explainer.formula.role import Role
from explainer.formula.tree import Number, Symbol, evaluate, product
from explainer.i18n.bilingual import Bi
from explainer.rules.by_operators import FORM, multiplied, products_known
from explainer.tracing.call import Call
from explainer.walkthrough.case import Axis, Output, Parameters

_EXAMPLES = Bi("vmap展开的批量", "size of the batch that vmap maps over")
MAPPED = Bi(
    zh="这一步由torch.func.vmap对{count}个样本各做一遍，所以输出多出最前面的维，计算量也是{count}倍。",
    en="torch.func.vmap does this step once for each of {count:example|examples}, so the output has that dimension in front, and the "
    "cost is that many times as large.",
)
COMPUTED_WEIGHT = Bi(
    zh="这里的权重或偏置由前面的步骤算出，不是参数，不在这里计数。",
    en="The weight or the bias is computed by earlier steps here; it is no parameter and not counted here.",
)


OUTSIDE_WEIGHT = Bi(
    zh="这里的权重不是模型登记的参数（是常量，或属于没有登记的模块），不在这里计数。",
    en="The weight here is no parameter registered with the model (a constant, or of a module that is not registered), and not counted here.",
)


def mapped_over(output: Output, batches: tuple[int, ...]) -> Output:
    """What is said of one example, for all that vmap maps over."""
    symbols = [
        Symbol(f"V_{i + 1}" if len(batches) > 1 else "V", _EXAMPLES, Bi("样本", "examples"), role=Role.BATCH)
        for i in range(len(batches))
    ]
    count = 1
    for size in batches:
        count *= size
    axes = None if output.axes is None else (*(Axis(symbol.name, symbol) for symbol in symbols), *output.axes)
    macs = None if output.macs is None else product([*symbols, output.macs])
    values = {**dict(zip(symbols, batches, strict=True)), **output.values}
    return replace(output, axes=axes, macs=macs, values=values, why=(*output.why, MAPPED.format(count=count)))


def with_operators(output: Output | None, call: Call, computes_more: bool) -> Output | None:
    """The multiply-accumulates by torch's operators, where no rule gives them.

    computes_more: derivatives or a parametrization may multiply what the rule does not know of. Where they do, the rule's
    formula is not that of the call.
    """
    if not products_known(call):
        return _without(output) if computes_more and _differs(output, call) else output
    if output is not None and output.macs is not None and not (computes_more and _differs(output, call)):
        return output
    formula, values, why = multiplied(call)
    if output is None:
        return Output(None, values, macs=formula, macs_why=(why,), form=FORM)
    return replace(output, macs=formula, values={**output.values, **values}, macs_why=(why,), form=output.form or FORM)


def _differs(output: Output | None, call: Call) -> bool:
    """Whether the rule's figure is not what torch counted."""
    if output is None or output.macs is None or not call.flops:
        return False
    return evaluate(output.macs, output.values) * 2 != call.flops


def _without(output: Output | None) -> Output | None:
    return replace(output, macs=None, macs_why=()) if output is not None else None


def of_no_parameters(call: Call) -> Parameters:
    """For a function whose weight is none of the model's parameters: computed, or from outside the model."""
    weights = [ref for ref in call.operands[1:] if ref.parameter is None]
    outside = bool(weights) and all(ref.source == "constant" for ref in weights)
    return Parameters(Number(0), why=(OUTSIDE_WEIGHT if outside else COMPUTED_WEIGHT,))
