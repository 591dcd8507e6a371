"""What a rule says of a call: plain data, in both languages."""

from __future__ import annotations

from dataclasses import dataclass, field

from explainer.formula.tree import Env, Expr
from explainer.i18n.bilingual import Bi


@dataclass(frozen=True)
class Parameters:
    """How many parameters a layer owns, and why.

    formula: in teaching order; values: the numbers of its symbols; claims: the tensors that it accounts for;
    positions: where those stand among a function's arguments.
    why: said of every such layer; remark: said once in a document.
    """

    formula: Expr
    values: Env = field(default_factory=dict)
    claims: tuple[str, ...] = ()
    positions: tuple[int, ...] = (1, 2)
    why: tuple[Bi, ...] = ()
    remark: tuple[Bi, ...] = ()


@dataclass(frozen=True)
class Axis:
    """One dimension of the output: its name (`H_out`) and the formula for its size."""

    name: str
    size: Expr


@dataclass(frozen=True)
class Output:
    """The output's shape, why, and the multiply-accumulates that it takes.

    axes: the dimensions in order, batch included; None where only the values would tell.
    macs: the multiply-accumulates, a bias's additions left out; None where the layer makes none. macs_why: the reason.
    """

    axes: tuple[Axis, ...] | None
    values: Env = field(default_factory=dict)
    why: tuple[Bi, ...] = ()
    remark: tuple[Bi, ...] = ()
    macs: Expr | None = None
    macs_why: tuple[Bi, ...] = ()
