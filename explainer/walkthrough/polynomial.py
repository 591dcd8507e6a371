"""A total as a polynomial in the batch and the input's size, with exact coefficients: plain data that writes itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from explainer.formula.printing import Plain as PlainStyle
from explainer.formula.printing import Tex, latex, plain
from explainer.formula.tree import Symbol, number

Powers = tuple[int, ...]
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Polynomial:
    """Σ coefficient·N^a·H^b·…; `terms`: the powers of the variables and their coefficient, zeros left out.

    >>> N, T = (Symbol(name, Bi(name, name)) for name in "NT")
    >>> Polynomial((N, T), (((1, 2), Fraction(3)), ((1, 1), Fraction(5)))).text()
    'N·T·(3·T+5)'
    """

    variables: tuple[Symbol, ...]
    terms: tuple[tuple[Powers, Fraction], ...]

    def __post_init__(self) -> None:
        if any(len(powers) != len(self.variables) or min(powers, default=0) < 0 for powers, _ in self.terms):
            raise ValueError("a term has a power of each variable, and none is negative")

    def at(self, values: Mapping[str, int]) -> Fraction:
        """The value for these sizes, by the variables' names."""
        result = Fraction(0)
        for powers, c in self.terms:
            result += c * prod(values[v.name] ** e for v, e in zip(self.variables, powers, strict=True))
        return result

    def coefficient(self, *powers: int) -> Fraction:
        """Of the term with these powers; 0 where there is none."""
        return dict(self.terms).get(powers, Fraction(0))

    def degree(self, name: str) -> int:
        """The highest power of a variable: 1 linear, 2 quadratic; 0 if it does not occur."""
        index = [variable.name for variable in self.variables].index(name)
        return max((powers[index] for powers, _ in self.terms), default=0)

    def text(self, times: str = "·") -> str:
        """`N·(3·T²+5·T)`, for tables and the terminal."""
        style = PlainStyle(times=times)
        return self._written(times, lambda c: plain(number(c), style), _superscript, "−", lambda v: v.name)

    def ascii(self) -> str:
        """`N*(3*T^2+5*T)`, as the JSON has it; fractions as 3/4."""
        return self._written("*", str, lambda name, e: name if e == 1 else f"{name}^{e}", "-", lambda v: v.name)

    def latex(self, times: str = r"\cdot") -> str:
        r"""`N\cdot(3\cdot T^{2}+5\cdot T)`."""
        style = Tex(times=times)
        return self._written(
            f"{times} ",
            lambda c: latex(number(c), style),
            lambda name, e: name if e == 1 else f"{name}^{{{e}}}",
            "-",
            lambda v: latex(v, style),
        )

    def _written(
        self,
        times: str,
        coefficient: Callable[[Fraction], str],
        power: Callable[[str, int], str],
        minus: str,
        name: Callable[[Symbol], str],
    ) -> str:
        """The common factors first (N·…), then the terms from the highest degree down."""
        if not self.terms:
            return "0"
        ordered = sorted(self.terms, key=lambda term: (-sum(term[0]), tuple(-e for e in term[0])))
        common = [min(powers[i] for powers, _ in self.terms) for i in range(len(self.variables))]
        if len(ordered) == 1:
            common = [0] * len(common)
        text = ""
        for powers, c in ordered:
            factors = [
                power(name(variable), e - shared)
                for variable, e, shared in zip(self.variables, powers, common, strict=True)
                if e > shared
            ]
            if abs(c) != 1 or not factors:
                factors.insert(0, coefficient(abs(c)))
            text += (minus if c < 0 else "+" if text else "") + times.join(factors)
        outside = [power(name(variable), e) for variable, e in zip(self.variables, common, strict=True) if e]
        return times.join([*outside, f"({text})"]) if outside else text


def _superscript(name: str, exponent: int) -> str:
    return name if exponent == 1 else name + str(exponent).translate(_SUPERSCRIPT)
