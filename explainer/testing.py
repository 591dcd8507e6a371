"""`check_rule`: whether a rule says the truth, for whoever writes one. It ships with the package and needs no pytest.

Each check raises AssertionError with the layer, the formula with its numbers, ours, torch's, and the difference.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from math import prod
from random import Random
from typing import Any, TypeVar

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from explainer.counters.predict import subject
from explainer.counters.tools import torch_counter
from explainer.derive.derive import walk_through
from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Env, Expr, Symbol, evaluate, specialise, substitute, symbols
from explainer.i18n.bilingual import Bi, same
from explainer.i18n.written import CHINESE, faults, sentence_faults
from explainer.rules import Output, Parameters, Registry, Rule, Sample, default_registry
from explainer.tracing.call import Call, Trace
from explainer.tracing.forward import trace
from explainer.walkthrough.counted import Line

__all__ = ["Run", "check_rule", "run_sample"]

T = TypeVar("T")


@dataclass(frozen=True)
class Run:
    """A sample of a rule: run by torch alone, and traced.

    layer: the module or function. call: the call that the rule explains; it is the whole of the run. params, shape,
    flops: torch's own number of parameters, shape of the first output, and FLOPs (two for each multiply-accumulate).
    """

    rule: Rule
    layer: Any
    model: nn.Module
    trace: Trace
    call: Call
    params: int
    shape: tuple[int, ...]
    flops: int

    @property
    def name(self) -> str:
        """The layer as torch prints it, and its input's shape."""
        layer = " ".join(str(self.layer).split()) if isinstance(self.layer, nn.Module) else self.call.type
        return f"{layer} on {', '.join(map(_shape, self.call.input_shapes)) or 'nothing'}"


class _AsModule(nn.Module):
    """A function's sample as a model."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Any) -> Any:
        return self.function(*inputs)


def check_rule(rule: Rule, *, samples: int = 10, registry: Registry | None = None) -> None:
    """Draw random samples of a rule and check all that is promised of it. Nothing is allocated: all is on meta, but for samples
    that run with values only (`Sample.real`).

    - The number of parameters, the output's shape and the multiply-accumulates are torch's own. Where torch's counter passed over
      an operator that may multiply, there are at least as many multiply-accumulates as it counts.
    - Title, reasons and legend are there in both languages, each symbol has its role; sentences have the same placeholders in both, are whole,
      and name the numbers that the formula has.
    - The ledger's line of torch's counter is what torch's counter says.

    samples: how many. registry: the rules beside which this one stands; the default ones if none. Raises AssertionError.

    >>> check_rule(RULES[0])                                      # doctest: +SKIP
    """
    registry = _with(registry or default_registry(), rule)
    _check_title(rule)
    _check_templates(rule)
    for seed in range(samples):
        run = run_sample(rule, seed, registry)
        parameters, output = _said(run, "parameters", rule.parameters), _said(run, "output", rule.output)
        _check_figures(run, parameters, output)
        _check_symbols(run, parameters, output)
        _check_sentences(run, parameters, output)
        _check_ledger(run, registry)


def _said(run: Run, what: str, rule: Callable[[Call], T]) -> T:
    """What the rule says of the call; what it raises instead is a fault of its own, and is said with the layer."""
    try:
        return rule(run.call)
    except Exception as error:  # DoesNotApply too: a rule applies to its own samples
        raise AssertionError(f"{_at(run)}: {what} raises {type(error).__name__}: {error}") from error


def run_sample(rule: Rule, seed: int, registry: Registry | None = None) -> Run:
    """One sample of a rule, run twice where it runs: by torch alone, then traced. Raises AssertionError if another rule has it."""
    registry = _with(registry or default_registry(), rule)
    sample: Sample = rule.sample(Random(seed))
    inputs = sample.inputs()
    layer = sample.made()
    model = layer if isinstance(layer, nn.Module) else _AsModule(layer)
    model.eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        output = layer(*inputs)
    first = output if isinstance(output, torch.Tensor) else output[0]
    traced = trace(model, inputs, atomic=registry.is_atomic, real=sample.real)
    mine = [call for call in traced.calls if registry.for_call(call) is rule]
    others = ", ".join(call.type for call in traced.calls)
    assert mine, f"rule {rule.name}: its sample makes the calls {others}, which other rules or none explain"
    params = sum(parameter.numel() for parameter in model.parameters())
    return Run(rule, layer, model, traced, mine[0], params, tuple(first.shape), counter.get_total_flops())


def _with(registry: Registry, rule: Rule) -> Registry:
    """These rules and this one."""
    if rule in registry.rules:
        return registry
    joined = Registry()
    joined.take_over(registry)
    joined.add(rule, replace=True)
    return joined


def _check_figures(run: Run, parameters: Parameters, output: Output) -> None:
    _agree(run, "parameters", parameters.formula, parameters.values, run.params)
    if isinstance(run.layer, nn.Module):
        owned = {name for name, _ in run.layer.named_parameters()}
        assert owned <= set(parameters.claims), (
            f"{_at(run)}: the parameters {', '.join(sorted(owned - set(parameters.claims)))} are not among the claims"
        )
    assert output.axes is None or len(output.axes) == len(run.shape), (
        f"{_at(run)}: the output has {len(run.shape)} dimensions, {_shape(run.shape)}; the rule gives "
        f"{[axis.name for axis in output.axes or ()]}"
    )
    for axis, size in zip(output.axes or (), run.shape, strict=False):
        _agree(run, f"output {axis.name}", axis.size, output.values, size)
    if output.macs is not None and not run.call.uncounted:
        _agree(run, "multiply-accumulates", output.macs, output.values, run.flops // 2)
    elif output.macs is not None:
        ours, passed = evaluate(output.macs, output.values), ", ".join(run.call.uncounted)
        assert ours >= run.flops // 2, (
            f"{_at(run)}: multiply-accumulates: {ours}, torch has {run.flops // 2} without those of {passed}"
        )
    assert output.macs is not None or not run.flops, (
        f"{_at(run)}: torch counts {run.flops // 2} multiply-accumulates, the rule none"
    )


def _agree(run: Run, what: str, formula: Expr, values: Env, theirs: int) -> None:
    missing = [symbol.name for symbol in symbols(formula) if symbol not in values]
    assert not missing, f"{_at(run)}: {what}: no number for {', '.join(missing)} in {plain(formula, Plain())}"
    ours = evaluate(formula, values)
    special = specialise(formula, values)
    assert ours == theirs, (
        f"{_at(run)}: {what}: {plain(special, Plain())} = {plain(substitute(special, values), Plain())} = {ours}, "
        f"torch has {theirs}, a difference of {ours - theirs:+}"
    )


def _check_symbols(run: Run, parameters: Parameters, output: Output) -> None:
    """Every symbol has its role, and its entry in the legend, in both languages."""
    formulas = [parameters.formula, *(axis.size for axis in output.axes or ())]
    for formula in [*formulas, *([output.macs] if output.macs is not None else [])]:
        for symbol in symbols(formula):
            wrong = faults(symbol.meaning)
            wrong += [] if CHINESE.search(symbol.meaning.zh) else ["no Chinese in the Chinese"]
            assert symbol.role is not None, f"{_at(run)}: the symbol {symbol.name} has no role"
            assert not wrong, f"{_at(run)}: the meaning of {symbol.name}: {', '.join(wrong)}: {symbol.meaning}"


def _check_title(rule: Rule) -> None:
    wrong = faults(rule.title) + ([] if CHINESE.search(rule.title.zh) else ["no Chinese in the Chinese"])
    assert not wrong, f"rule {rule.name}: its title: {', '.join(wrong)}: {rule.title}"


def _check_templates(rule: Rule) -> None:
    for name, text in _templates(rule):
        zh, en = text.placeholders()
        assert zh == en, (
            f"rule {rule.name}: {name} has the placeholders {sorted(zh)} in Chinese, {sorted(en)} in English"
        )


@cache
def _templates(rule: Rule) -> tuple[tuple[str, Bi], ...]:
    """The sentences of the modules that the rule's functions are written in."""
    homes = {getattr(function, "__module__", "") for function in (rule.parameters, rule.output, rule.sample)}
    found = [(f"{home}.{name}", value) for home in sorted(homes) for name, value in vars(sys.modules[home]).items()]
    return tuple((name, value) for name, value in found if isinstance(value, Bi))


def _check_sentences(run: Run, parameters: Parameters, output: Output) -> None:
    assert parameters.why, f"{_at(run)}: a number of parameters without a reason"
    assert output.macs is None or output.macs_why or output.why, (
        f"{_at(run)}: multiply-accumulates without a reason (macs_why)"
    )
    said = [(text, parameters.values) for text in (*parameters.why, *parameters.remark)]
    given = {name: same("x") for name in output.given}  # the document's words for what the call was given
    said += [(text.format(**given) if given else text, output.values) for text in output.why]
    said += [(text, output.values) for text in (*output.remark, *output.macs_why)]
    for text, values in said:
        wrong = sentence_faults(text)
        assert not wrong, f"{_at(run)}: {', '.join(wrong)}: {text.zh} {text.en}"
        for symbol, number in _named(run.rule, text, values):
            assert number == values[symbol], (
                f"{_at(run)}: a sentence names {symbol.name} as {number}, the formula has {values[symbol]}: {text.en}"
            )


def _named(rule: Rule, text: Bi, values: Env) -> Iterator[tuple[Symbol, int]]:
    """The numbers that stand in a sentence, or in a part of it, where its template names a symbol: `{F}` in "each of the {F} features"."""
    by_name = {symbol.name: symbol for symbol in values}
    for _, template in _templates(rule):
        if template.placeholders()[0] & by_name.keys() and (found := _pattern(template.zh).search(text.zh)):
            for name, number in found.groupdict().items():
                if name in by_name and re.fullmatch(r"[\d,]+", number):
                    yield by_name[name], int(number.replace(",", ""))


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """What a filled template looks like."""
    seen: set[str] = set()
    pattern = ""
    for literal, name in re.findall(r"([^{}]*)(?:\{(\w+)[^}]*\})?", template):
        pattern += re.escape(literal)
        if name:
            pattern += ".+?" if name in seen else f"(?P<{name}>[\\d,]+|.+?)"
            seen.add(name)
    return re.compile(pattern)


def _check_ledger(run: Run, registry: Registry) -> None:
    """What the ledger says that torch's counter prints."""
    walk = walk_through(run.model, run.trace, registry, name="sample", source="sample")
    lines = torch_counter.lines(subject(run.trace, walk, registry))
    said = [line.value for line in lines if isinstance(line, Line) and line.backend is None]
    assert said in ([], [run.flops]), (
        f"{_at(run)}: the ledger says that torch's counter prints {said[0]}, it prints {run.flops}, a difference of "
        f"{said[0] - run.flops:+}"
    )


def _at(run: Run) -> str:
    return f"rule {run.rule.name}: {run.name}"


def _shape(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) if prod(shape or (1,)) else str(shape)
