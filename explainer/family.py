"""A model's family from Python: formulas as text, LaTeX and sympy, and figures of other members within what was tested."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from explainer.errors import UserError
from explainer.formula.printing import Plain, Tex, ascii_formula, latex, plain
from explainer.formula.tree import Expr, Number, Product, Rounded, Sum, Symbol
from explainer.i18n.bilingual import Bi, same, words_in_a_row
from explainer.walkthrough.family import Domain, Family, Hyper, Setting, exact
from explainer.walkthrough.model import Walkthrough

if TYPE_CHECKING:
    import sympy

NOT_MEASURED = Bi(
    zh="这份讲义里没有同系列模型的公式：请由模型重新生成（--symbols）。",
    en="This lesson has no formula of the model's family: make it from the model, with --symbols.",
)
NO_FORMULA = Bi(
    zh="没有找到能通过验证的公式，所以算不出同系列其他模型的参数量。",
    en="No formula was found that passed the tests, so figures of other members of the family are not known.",
)
NO_SUCH = Bi(
    zh="没有构造参数“{name}”。{near}可用的有：{known}。",
    en="There is no hyperparameter '{name}'.{near} There are: {known}.",
)
NEAR = Bi(zh="是不是想写 {near}？", en=" Did you mean {near}?")
NOT_A_NUMBER = Bi(zh="{name} 应为正数，得到的却是{value}。", en="{name} should be a positive number, not {value}.")
STAYS = Bi(
    zh="公式只对 {name}={value} 成立：{why}。",
    en="The formula holds for {name}={value} only: {why}.",
)
WHY_STAYS: Mapping[str, Bi] = {
    "structural": Bi("取别的值时模型的结构会改变", "at other values the model has another structure"),
    "fixed": Bi("取别的值时模型无法构造", "at other values the model cannot be built"),
    "no_formula": Bi("没有找到随它变化的公式", "no formula was found for how figures follow it"),
}
OUTSIDE = Bi(
    zh="公式只在 {name} 为{low}～{high}时验证过，{value}不在其中；加上 extrapolate=True 可以外推，但没有保证。",
    en="The formula was tested for {name} from {low} to {high}, and {value} is outside; extrapolate=True goes on all the same, "
    "with no guarantee.",
)
BETWEEN = Bi(
    zh="公式只在 {name} 与{own}相差{step}的倍数时验证过，{value}不是这样的值；加上 extrapolate=True 可以外推，但没有保证。",
    en="The formula was tested for values of {name} that differ from {own} by multiples of {step}, and {value} does not; "
    "extrapolate=True goes on all the same, with no guarantee.",
)
ONLY = Bi(
    zh="公式只在 {name} 为{values}时成立，{value}不在其中（取这些值之间的数时公式不成立）；加上 extrapolate=True 可以外推，但没有保证。",
    en="The formula holds for {name} = {values} only, and fails for numbers between them; {value} is none of these. "
    "extrapolate=True goes on all the same, with no guarantee.",
)
NOT_TESTED = Bi(
    zh="这个公式只在验证过的{n}组取值下成立，这组取值不在其中；加上 extrapolate=True 可以外推，但没有保证。",
    en="This formula holds only at the {n} settings where it was tested, and these values are none of them; extrapolate=True goes "
    "on all the same, with no guarantee.",
)
NOT_DIVIDED = Bi(
    zh="公式要求 {a} 整除 {b}，而{x}不整除{y}；加上 extrapolate=True 可以外推，但没有保证。",
    en="The formula needs {a} to divide {b}, and {x} does not divide {y}; extrapolate=True goes on all the same, with no "
    "guarantee.",
)
UNMET = Bi(
    zh="公式要求 {a} {sign} {b}，而这里分别是{x}和{y}；加上 extrapolate=True 可以外推，但没有保证。",
    en="The formula needs {a} {sign} {b}, and here they are {x} and {y}; extrapolate=True goes on all the same, with no guarantee.",
)
CUT = Bi(
    zh="在这些取值下{product}不是整数，模型会舍去小数部分，而公式不会；加上 extrapolate=True 可以外推，但没有保证。",
    en="At these values {product} is no whole number: the model cuts it, and the formula does not. extrapolate=True goes on all the "
    "same, with no guarantee.",
)
NOT_WHOLE = Bi(zh="公式在这些取值下得不到正整数。", en="For these values the formula gives no positive whole number.")


@dataclass(frozen=True)
class Formula:
    """A formula in the family's symbols, in several notations; `str` gives plain text."""

    expr: Expr

    @property
    def text(self) -> str:
        """`V·d+T·d+L·(12d²+13d)+2d`."""
        return plain(self.expr, Plain())

    @property
    def ascii(self) -> str:
        """`V*d+T*d+L*(12*d**2+13*d)+2*d`: what Python and sympy read."""
        return ascii_formula(self.expr)

    @property
    def latex(self) -> str:
        return latex(self.expr, Tex())

    @property
    def sympy(self) -> sympy.Expr:
        """An expression of sympy, with symbols of these names."""
        return _sympy(self.expr)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class FamilyFormulas:
    """The family of one model.

    hypers: what it was built with, by the source's own names. params: the number of parameters as a formula, structure kept;
    expanded: multiplied out. domain: where it was tested.

    >>> family = explain_source("hf:gpt2").family    # doctest: +SKIP
    >>> family.params.text                           # doctest: +SKIP
    'V·d+T·d+L·(12d²+13d)+2d'
    """

    data: Family
    further: Callable[[], Family | None] | None = None

    @classmethod
    def of(cls, walk: Walkthrough, further: Callable[[], Family | None] | None = None) -> FamilyFormulas:
        """The family of a walkthrough; further: the same with what costs passes. Raises UserError with the reason where there is none."""
        if walk.family is None:
            raise UserError(walk.measured.unknown.get("family", NOT_MEASURED))
        return cls(walk.family, further)

    @property
    def hypers(self) -> tuple[Hyper, ...]:
        return self.data.hypers

    @property
    def domain(self) -> Domain:
        return self.data.domain

    @property
    def params(self) -> Formula | None:
        """None where no formula was found."""
        return Formula(self.data.params) if self.data.params is not None else None

    @property
    def expanded(self) -> Formula | None:
        """None where no formula was found, or it would be too long."""
        return Formula(self.data.expanded) if self.data.expanded is not None else None

    @cached_property
    def computation(self) -> FamilyFormulas | None:
        """The multiply-accumulates as a family of their own: the sizes of the input are among its hyperparameters.

        Found by passes at other values when it is first asked for; None where there is no formula.
        """
        whole = self.data if self.data.macs or self.further is None else self.further()
        return FamilyFormulas(whole.macs) if whole is not None and whole.macs is not None else None

    @property
    def macs(self) -> Formula | None:
        """The multiply-accumulates of a pass, in the hyperparameters and the input's sizes (`N`, `t` tokens, `s` the side)."""
        return self.computation.params if self.computation is not None else None

    def params_at(self, *, extrapolate: bool = False, **values: Any) -> int:
        """The number of parameters of the member with these values; all others as in the model.

        Names are the source's: `n_embd=1600`, `layers=[3, 8, 36, 3]`, `**{"layers[2]": 23}`, `text_config={"hidden_size":
        512}`. Raises UserError for a name that there is not, and for values at which the formula was not tested, unless
        `extrapolate`.
        """
        given = self._numbers(values)
        if not extrapolate:
            self._check(given)
        found = self.data.value(given)
        if self.data.params is None:
            raise UserError(NO_FORMULA)
        if found is None or found.denominator != 1 or found <= 0:
            raise UserError(NOT_WHOLE)
        return int(found)

    def _numbers(self, values: Mapping[str, Any], prefix: str = "") -> dict[str, Setting]:
        """Lists and dictionaries opened into the names that the family has. Raises UserError."""
        found: dict[str, Setting] = {}
        for key, value in values.items():
            name = prefix + key
            if isinstance(value, list | tuple):
                found |= self._numbers({f"{key}[{i}]": entry for i, entry in enumerate(value)}, prefix)
            elif isinstance(value, Mapping):
                found |= self._numbers(value, f"{name}.")
            else:
                if name not in self.data.settings:
                    raise UserError(self._unknown(name))
                if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                    raise UserError(NOT_A_NUMBER.format(name=name, value=same(repr(value))))
                found[name] = value
        return found

    def _unknown(self, name: str) -> Bi:
        names = list(self.data.settings)
        near = difflib.get_close_matches(name, names, n=1)
        return NO_SUCH.format(
            name=name, near=NEAR.format(near=same(near[0])) if near else same(""), known=words_in_a_row(names)
        )

    def _check(self, given: Mapping[str, Setting]) -> None:
        """Raises UserError for values at which the formula was not tested."""
        roles = {hyper.name: hyper.role for hyper in self.hypers}
        own = self.data.settings
        ranges = {one.name: one for one in self.domain.ranges}
        for name, value in given.items():
            if value == own[name]:
                continue
            if roles[name] in WHY_STAYS:
                raise UserError(STAYS.format(name=name, value=same(str(own[name])), why=WHY_STAYS[roles[name]]))
            one = ranges.get(name)
            if one is None:
                raise UserError(NO_FORMULA)
            words = {"name": name, "value": same(str(value)), "own": same(str(own[name])), "step": same(str(one.step))}
            if not one.low <= value <= one.high:
                raise UserError(OUTSIDE.format(low=same(str(one.low)), high=same(str(one.high)), **words))
            if one.only and value not in one.only:
                raise UserError(ONLY.format(values=words_in_a_row(one.only), **words))
            if (exact(value) - exact(own[name])) % exact(one.step):
                raise UserError(BETWEEN.format(**words))
        for a, b in self.domain.divides:
            together = {**own, **given}
            said = (a, b) in self.domain.strict or all(roles[name] == "free" or name in given for name in (a, b))
            if said and exact(together[b]) % exact(together[a]):
                x, y = same(str(together[a])), same(str(together[b]))
                raise UserError(NOT_DIVIDED.format(a=a, b=b, x=x, y=y))
        if relation := self.domain.unmet({**own, **given}):
            a, sign, b = relation
            x, y = (same(str({**own, **given}[name])) for name in (a, b))
            raise UserError(UNMET.format(a=a, sign=same(sign), b=b, x=x, y=y))
        if product := self.data.cut_product(given):
            raise UserError(CUT.format(product=same(plain(product, Plain()))))
        if self.domain.only_tested:
            changed = {name: value for name, value in given.items() if value != own[name]}
            if all(dict(point) != changed for point in self.domain.tested):
                raise UserError(NOT_TESTED.format(n=len(self.domain.tested)))


def _sympy(expr: Expr) -> sympy.Expr:
    import sympy

    match expr:
        case Number():
            return sympy.Rational(expr.value)
        case Symbol():
            return sympy.Symbol(expr.name)
        case Sum():
            return sympy.Add(*(_sympy(term) if plus else -_sympy(term) for plus, term in expr.parts))
        case Product():
            return sympy.Mul(*(_sympy(factor) if times else 1 / _sympy(factor) for times, factor in expr.parts))
        case Rounded():
            quotient = _sympy(expr.numerator) / _sympy(expr.denominator)
            return sympy.ceiling(quotient) if expr.up else sympy.floor(quotient)
    raise TypeError(type(expr).__name__)
