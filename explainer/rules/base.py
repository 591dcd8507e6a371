"""What a rule is: all that is known of one kind of call, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
from torch import nn

from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Expr, Number, Symbol, evaluate, specialise, substitute
from explainer.i18n.bilingual import Bi, grouped, same
from explainer.lean_torch.operators import LeanOperators
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.case import Output, Parameters


class DoesNotApply(Exception):
    """A rule raises it for a call that it cannot explain: the call is then listed as it is, with torch's own figures.

    Any other exception means that the rule is broken: it is kept with the layer and said on stderr.

    >>> raise DoesNotApply("a mask of another shape")     # doctest: +SKIP
    """


@dataclass(frozen=True)
class Sample:
    """A random example of a layer: how to build it (or which function to call), and its input shapes.

    input_dtypes: of the inputs in order, where they are not floats. real: it runs on the CPU only, with values (zeros are given): torch
    has no shapes for its operators on the meta device.

    >>> Sample(lambda: nn.Linear(8, 4, bias=False), ((2, 8),)).made()
    Linear(in_features=8, out_features=4, bias=False)
    """

    build: Callable[[], Callable[..., Any]]
    input_shapes: tuple[Shape, ...]
    input_dtypes: tuple[torch.dtype, ...] = ()
    real: bool = False

    @property
    def device(self) -> str:
        """Where the layer is built and run."""
        return "cpu" if self.real else "meta"

    def made(self) -> Callable[..., Any]:
        """The layer or function, built where it runs."""
        with torch.device(self.device), nullcontext() if self.real else LeanOperators():
            return self.build()

    def inputs(self) -> tuple[torch.Tensor, ...]:
        """Tensors of these shapes, where the layer runs."""
        dtypes = [*self.input_dtypes, *[torch.float32] * len(self.input_shapes)]
        return tuple(
            torch.zeros(shape, dtype=dtype, device=self.device)
            for shape, dtype in zip(self.input_shapes, dtypes, strict=False)
        )


@dataclass(frozen=True)
class Rule:
    """All that is known of one kind of call.

    modules: classes, or "package.module.Class" for a library that need not be installed; subclasses are covered.
    functions: names of torch functions and tensor methods.
    parameters(call): for the layer by itself, called or not. output(call): for a call with its inputs. Both raise
    `DoesNotApply` for a call that they cannot explain.
    sample(random): a random example, for the agreement test and for homework.
    CONTRIBUTING.md writes one step by step; `explainer.testing.check_rule` tries it against torch.

    >>> from explainer.rules.layers.linear import RULES
    >>> RULES[0].title.en
    'fully connected layer'
    """

    name: str
    title: Bi
    kind: Kind
    parameters: Callable[[Call], Parameters]
    output: Callable[[Call], Output]
    sample: Callable[[Random], Sample]
    modules: tuple[type[nn.Module] | str, ...] = ()
    functions: tuple[str, ...] = ()


def no_parameters(reason: Bi) -> Callable[[Call], Parameters]:
    """Zero, and the reason."""
    parameters = Parameters(Number(0), why=(reason,))
    return lambda call: parameters


def argument(call: Call, name: str, position: int) -> Any:
    """What the call itself was given, a module's as well as a function's: not the module's attribute."""
    if name in call.kwargs:
        return call.kwargs[name]
    return call.args[position] if position < len(call.args) else None


def has(present: object) -> int:
    """A flag as the number in a formula: 1 or 0."""
    return int(present is not None and present is not False)


def worked(formula: Expr, values: Mapping[Symbol, int]) -> Bi:
    """A product worked out in running text: `3·3·64=576`, in English `3·3·64 = 576`; a single number as it is."""
    bound = substitute(specialise(formula, values), values)
    text = plain(bound, Plain())
    value = grouped(evaluate(bound))
    return same(text) if text == value else Bi(f"{text}={value}", f"{text} = {value}")
