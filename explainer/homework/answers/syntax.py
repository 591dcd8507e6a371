"""A student's answer, read: numbers, formulas, shapes and working, by a grammar of our own.

    answer  = step { (newline | ";" | ",") step }          a line that begins with "=" goes on with the one before
    step    = side { ("=" | "≈") side }
    side    = (list | formula ["@" formula]) { unit | word }
    list    = "[" formula { "," formula } "]"              also in round brackets, and bare where a shape is asked
    formula = [sign] product { ("+" | "-") product }
    product = power { ("*" | "/" | "//" | nothing) power }
    power   = atom [ "^" exponent ]
    atom    = number [multiple] | name | "(" formula ")" | ⌊…⌋ | floor(…) | frac

Nothing of the text is ever executed; every size is bounded (`limits.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from explainer.formula.tree import Expr
from explainer.homework.answers.units import Unit


@dataclass(frozen=True)
class Side:
    """One side of an equation, or the whole of a short answer.

    expr: the formula, its names as symbols that no layer has been asked about yet; for a shape None, and `shape` has
    the sizes. start, end: its place in the answer as given. half: half a unit of the last given digit; None where it
    claims to be exact. literal: it is one number. unit: what stands behind it. roughly: it came after ≈ or "about".
    text: as given. loose: the rounded numbers of a formula (138.36M×4), each with half a unit of its last digit.
    """

    expr: Expr | None
    start: int
    end: int
    text: str
    shape: tuple[Expr, ...] = ()
    half: Fraction | None = None
    literal: bool = False
    unit: Unit | None = None
    roughly: bool = False
    loose: tuple[tuple[Fraction, Fraction], ...] = ()


@dataclass(frozen=True)
class Step:
    """Sides that are said to be equal. goes_on: the line begins with "=" and continues the one before."""

    sides: tuple[Side, ...]
    goes_on: bool = False


@dataclass(frozen=True)
class Answer:
    """An answer as read. kind: working if there is more than one side, else what the one side is."""

    text: str
    kind: Literal["number", "formula", "shape", "working"]
    steps: tuple[Step, ...]

    @property
    def sides(self) -> tuple[Side, ...]:
        return tuple(side for step in self.steps for side in step.sides)

    @property
    def last(self) -> Side:
        """What the answer comes to."""
        return self.sides[-1]

    @property
    def unit(self) -> Unit | None:
        return self.last.unit
