"""A rule applied to a call: what it says, or that it does not apply, or that it is broken."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from explainer.derive.adjusted import mapped_over, with_operators
from explainer.derive.parametrized import is_parametrized
from explainer.formula.tree import evaluate
from explainer.rules import DoesNotApply, Output, Parameters, Rule
from explainer.tracing.call import Call
from explainer.tracing.provenance import origins_of, plain_values, sourced

LOG = logging.getLogger(__name__)
T = TypeVar("T")


def parameters_of(rule: Rule | None, call: Call, errors: list[str]) -> Parameters | None:
    """The rule's word on the parameters, or None. errors: gets what is wrong with the rule, if anything is."""

    def said(rule: Rule) -> Parameters:
        found = rule.parameters(sourced(call))
        evaluate(found.formula, found.values)  # a formula without a value is as broken as one that was never made
        return replace(found, values=plain_values(found.values), origins=origins_of(found.values))

    return _applied(said, rule, call, errors)


def output_of(rule: Rule | None, call: Call, errors: list[str]) -> Output | None:
    """The rule's word on the output and the multiply-accumulates, or None. errors: as in `parameters_of`.

    What torch multiplies and no rule knows of is read off torch's operators.
    """

    def said(rule: Rule) -> Output:
        found = rule.output(sourced(call))
        if call.mapped:
            found = mapped_over(found, call.mapped)
        for formula in [axis.size for axis in found.axes or ()] + ([found.macs] if found.macs is not None else []):
            evaluate(formula, found.values)
        return replace(found, values=plain_values(found.values), origins=origins_of(found.values))

    return with_operators(_applied(said, rule, call, errors), call, computes_more(call))


def computes_more(call: Call) -> bool:
    """Whether a call may multiply what its rule does not know of: derivatives, a weight computed from others."""
    return call.transformed or is_parametrized(call.module)


def _applied(said: Callable[[Rule], T], rule: Rule | None, call: Call, errors: list[str]) -> T | None:
    """None where no rule applies. A broken rule stops no lesson, but it is never silent."""
    if rule is None:
        return None
    try:
        return said(rule)
    except DoesNotApply:
        return None
    except Exception as error:  # whatever a rule of somebody else's may raise
        LOG.debug("the rule %s broke on %s", rule.name, call.path, exc_info=True)
        errors.append(f"{rule.name}: {type(error).__name__}: {error}".splitlines()[0])
        return None
