"""What a rule says of a call: plain data, in both languages.

A formula and its values are kept; what follows from them (steps, value) is derived when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from msgspec import Struct

from explainer.formula.derivation import Derivation, derive
from explainer.formula.tree import Env, Expr, Symbol
from explainer.i18n.bilingual import Bi
from explainer.memory import cached_property
from explainer.vocabulary.kind import Kind


class Origin(Struct, frozen=True):
    """Where the value of a symbol comes from; one without is computed from several.

    kind: a dimension of an input, an option of the layer (or argument of the function), a dimension of a weight.
    at: which operand (from 0), or the name of the option or tensor; dim: which dimension, or place in the option.
    """

    kind: Literal["input", "option", "weight"]
    at: int | str
    dim: int | None = None


@dataclass(frozen=True)
class Parameters:
    """How many parameters a layer owns (numbers, not bytes), and why.

    formula: in teaching order; values: the numbers of its symbols; claims: the tensors that it accounts for;
    positions: where those stand among a function's arguments.
    why: said of every such layer; remark: said once in a document.
    origins: where the values come from, as far as they come from one place (set for a rule, not by it).

    >>> width = Symbol("C", Bi("通道数", "channels"))
    >>> Parameters(2 * width, {width: 64}, ("weight", "bias")).claims
    ('weight', 'bias')
    """

    formula: Expr
    values: Env = field(default_factory=dict)
    claims: tuple[str, ...] = ()
    positions: tuple[int, ...] = (1, 2)
    why: tuple[Bi, ...] = ()
    remark: tuple[Bi, ...] = ()
    origins: Mapping[Symbol, Origin] = field(default_factory=dict)

    @cached_property
    def derivation(self) -> Derivation:
        """The formula brought to its value. Raises ValueError if that is not whole."""
        return derive(self.formula, self.values)


@dataclass(frozen=True)
class Axis:
    """One dimension of the output: its name (`H_out`) and the formula for its size, a number of elements.

    >>> Axis("C_out", Symbol("C_out", Bi("输出通道数", "output channels"))).size.name
    'C_out'
    """

    name: str
    size: Expr


@dataclass(frozen=True)
class Output:
    """The output's shape, why, and the multiply-accumulates that it takes.

    axes: the dimensions in order, batch included; None where only the values would tell.
    macs: the multiply-accumulates, a bias's additions left out; None where the layer makes none. macs_why: the reason.
    origins: where the values come from, as far as they come from one place (set for a rule, not by it).
    form: which of the things that the rule may say this one is ("residual"); calls of one form are told alike.
    given: the placeholders of `why` that stand for tensors that the call was given, and which operands each stands for (from 0): a document
    says "step 15" where it prints the numbers of steps, and the step's name where it does not.

    >>> width = Symbol("F_out", Bi("输出特征数", "output features"))
    >>> Output((Axis("F_out", width),), {width: 10}).shape
    (('F_out', <Derivation F_out = 10 = 10>),)
    """

    axes: tuple[Axis, ...] | None
    values: Env = field(default_factory=dict)
    why: tuple[Bi, ...] = ()
    remark: tuple[Bi, ...] = ()
    macs: Expr | None = None
    macs_why: tuple[Bi, ...] = ()
    form: str = ""
    origins: Mapping[Symbol, Origin] = field(default_factory=dict)
    given: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def __repr__(self) -> str:
        try:
            shape, macs = "×".join(str(size.value) for _, size in self.shape) or "?", self.multiplications
        except ValueError:  # a size that is not whole
            return "<Output ?>"
        return f"<Output {shape}: {macs.value:,} multiply-accumulates>" if macs is not None else f"<Output {shape}>"

    @cached_property
    def shape(self) -> tuple[tuple[str, Derivation], ...]:
        """Each dimension's name and its size derived. Raises ValueError if one is not whole."""
        return tuple((axis.name, derive(axis.size, self.values)) for axis in self.axes or ())

    @cached_property
    def size_texts(self) -> tuple[tuple[str, str, str, int], ...]:
        """Of each dimension the name, its formula with symbols and with numbers, and its size: what tells two outputs apart."""
        return tuple([(name, *size.texts, size.value) for name, size in self.shape])

    @cached_property
    def multiplications(self) -> Derivation | None:
        """The multiply-accumulates derived."""
        return derive(self.macs, self.values) if self.macs is not None else None


class RuleFacts(Struct, frozen=True):
    """What is kept of the rule that explained a call: its name (`conv2d`), title and kind."""

    name: str
    title: Bi
    kind: Kind
