"""The multiply-accumulates in the family's symbols: the formula, its numbers, and what grows how with the input."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import comb

from explainer.document.builder import Page
from explainer.document.nodes import Code, Math
from explainer.formula.expansion import Monomial, summed, terms_of
from explainer.formula.tree import Expr, Number, Powers, Product, Sum, Symbol, symbols, value_of
from explainer.i18n.bilingual import Bi, grouped, joined, same
from explainer.walkthrough.family import Family, Hyper, exact, flat, repeated

POSITIONS = Symbol("S", Bi("位置数", "number of positions"), Bi("位置数", "positions"))
SHORTER = Bi(
    zh="一次前向传播的计算量也可写成公式，其中还含输入的大小；记位置数{symbol}={formula}={value}，则",
    en="The multiply-accumulates of a pass can be written in the same way, with {symbol} = {formula} = {value} positions:",
)
GROWS = Bi(
    zh="只有{square}{of}随{t}的平方增长，其余各项与{t}成正比；{t}={formula}{value}时两者相等，序列更短时以其余各项为主。",
    en="Only {square}{of} grows with the square of {t}, the other terms with {t} itself; the two parts are equal at {t} = {formula}{value}, and with fewer "
    "tokens the others take more.",
)
NEVER_EQUAL = Bi(
    zh="只有{square}{of}随{t}的平方增长，其余各项与{t}成正比；{t}={formula}{value}时两者才相等，而本模型的序列最长为{longest}（{name}），所以总以其余各项为主。",
    en="Only {square}{of} grows with the square of {t}, the other terms with {t} itself; the two parts would be equal at {t} = {formula}{value}, but this "
    "model's longest sequence is {longest} ({name}), so the others always take more.",
)
OF_ATTENTION = Bi("（注意力的分数和加权求和）", ", attention's scores and weighted sums,")
GROWS_WITH_POSITIONS = Bi(
    zh="只有{square}随{positions}的平方增长：图像块的边长减半，图像块数变为4倍，这一项约变为16倍，Transformer块中其余各项约变为4倍。",
    en="Only {square} grows with the square of {positions}: patches of half the side are four times as many, which makes this term about "
    "sixteen times as large and the blocks' other terms about four times.",
)
SMALLER = Bi(
    zh="边长为{n}的图像块只改变这些参数量：{parts}。",
    en="Patches of side {n} change these numbers of parameters only: {parts}.",
)
MORE, FEWER = Bi("{path}多{n}", "{path} {n} more"), Bi("{path}少{n}", "{path} {n} fewer")
LONGEST = "T_max"  # the letter of the longest sequence that a model takes
MOST = 3  # positions that are no patches: a class token, another for distillation


def in_positions(macs: Family) -> tuple[Expr, Expr, int] | None:
    """The formula with S in place of (I/p)²+1 where that is shorter; (I/p)²+1 itself, and its value."""
    whole = macs.params
    if whole is None:
        return None
    found = [(i, p) for i in macs.free for p in macs.free if i is not p and _occurs(whole, i.symbol, p.symbol)]
    for side, patch in found:
        tried = [(_terms(changed), n, changed) for n in range(MOST) if (changed := _changed(whole, side, patch, n))]
        if not tried:
            continue
        shortest, n, changed = min(tried, key=lambda one: one[:2])
        if shortest < _terms(whole) and POSITIONS.name not in {symbol.name for symbol in symbols(whole)}:
            square = Powers(((True, side.symbol), (True, side.symbol), (False, patch.symbol), (False, patch.symbol)))
            formula = Sum(((True, square), (True, Number(n)))) if n else square
            return changed, formula, int(exact(side.value) // exact(patch.value)) ** 2 + n
    return None


def _occurs(whole: Expr, side: Symbol, patch: Symbol) -> bool:
    """Whether some term has (I/p)² in it."""
    return any(
        dict(key).get(side.name, 0) >= 2 and dict(key).get(patch.name, 0) <= -2
        for expr in _sums(whole)
        for key in terms_of(expr) or {}
    )


def _sums(expr: Expr) -> list[Expr]:
    """The formula, and the sums in its products: 12·(…)."""
    inner = [one for child in expr.children() for one in _sums(child)]
    return [expr, *inner] if isinstance(expr, Sum) else inner


def _terms(expr: Expr) -> int:
    """How long the formula is: its terms, those in brackets too."""
    if isinstance(expr, Sum):
        return sum(_terms(term) for _, term in expr.parts)
    return max((_terms(child) for child in expr.children() if isinstance(child, Sum)), default=1)


def _changed(expr: Expr, side: Hyper, patch: Hyper, n: int) -> Expr | None:
    """The sums in which S makes the terms fewer, with S; None where there is none."""
    if isinstance(expr, Product):
        inner = [_changed(f, side, patch, n) if isinstance(f, Sum) and up else None for up, f in expr.parts]
        if not any(inner):
            return None
        return type(expr)(tuple((up, new or f) for (up, f), new in zip(expr.parts, inner, strict=True)))
    if not isinstance(expr, Sum):
        return None
    nested = [_changed(term, side, patch, n) for _, term in expr.parts]
    if any(nested):
        return Sum(tuple((up, new or term) for (up, term), new in zip(expr.parts, nested, strict=True)))
    terms = terms_of(expr)
    found: dict[Monomial, Fraction] = {}
    for key, coefficient in (terms or {}).items():
        powers = dict(key)
        times = powers.get(side.symbol.name, 0)
        if times < 0 or times % 2:
            return None
        times //= 2
        powers.pop(side.symbol.name, None)
        powers[patch.symbol.name] = powers.get(patch.symbol.name, 0) + 2 * times
        for k in range(times + 1):  # (S−n) to this power
            new = tuple(sorted((name, e) for name, e in {**powers, POSITIONS.name: k}.items() if e))
            found[new] = found.get(new, Fraction(0)) + coefficient * comb(times, k) * (-n) ** (times - k)
    found = {key: c for key, c in found.items() if c}
    if not found or len(found) >= len(terms or {}):
        return None
    return summed(found, [POSITIONS, *dict.fromkeys(symbols(expr))])


def growth(page: Page, macs: Family, family: Family, attention: int = 0) -> None:
    """Which terms grow with the square of the length, and from which length they take more than the others, if it may be so long.

    attention: what this model's attention layers multiply; where the terms come to as much, they are attention's.
    """
    tokens = next((hyper for hyper in macs.free if hyper.name == "tokens"), None)
    terms = terms_of(macs.params) if macs.params is not None and tokens is not None else None
    if terms is None or tokens is None:
        return
    by_power: dict[int, dict[Monomial, Fraction]] = {}
    for key, coefficient in terms.items():
        by_power.setdefault(dict(key).get(tokens.symbol.name, 0), {})[key] = coefficient
    if set(by_power) != {1, 2}:
        return
    square, line = by_power[2], by_power[1]
    values = {hyper.symbol: exact(hyper.value) for hyper in macs.free}
    order = macs.symbols
    equal = Fraction(_value(line, values, order)) / Fraction(_value(square, values, order)) * exact(tokens.value)
    formula = _quotient(line, square, tokens.symbol, order)
    about = same(f"{grouped(int(equal))}") if equal.denominator == 1 else same(grouped(round(equal)))
    longest = next((one for one in family.hypers if one.symbol.name == LONGEST and one.value < equal), None)
    limit: dict[str, int | Code] = (
        {} if longest is None else {"longest": int(longest.value), "name": Code(longest.name)}
    )
    page.say(
        GROWS if longest is None else NEVER_EQUAL,
        square=Math(summed(square, order)),
        of=OF_ATTENTION if _value(square, values, order) == attention else same(""),
        t=Math(tokens.symbol),
        formula=Math(formula) if formula is not None else "",
        value=Bi(f"={about.zh}", f" = {about.en}") if formula is not None else about,
        **limit,
    )


def growth_with_positions(page: Page, formula: Expr, macs: Family) -> None:
    """The same of an image's patches: the formula in S."""
    square: dict[Monomial, Fraction] = {}
    powers = set()
    for key, coefficient in (terms_of(formula) or {}).items():
        power = dict(key).get(POSITIONS.name, 0)
        powers.add(power)
        square |= {key: coefficient} if power == 2 else {}
    if powers == {0, 1, 2}:
        order = [POSITIONS, *macs.symbols]
        page.say(GROWS_WITH_POSITIONS, square=Math(summed(square, order)), positions=Math(POSITIONS))


def smaller_patches(page: Page, family: Family) -> None:
    """What patches of half the side change in the number of parameters: tensor by tensor, where few have the patch in their formula."""
    pairs = [(i, p) for i in family.free for p in family.free if family.params and i is not p]
    found = {p for i, p in pairs if family.params and _occurs(family.params, i.symbol, p.symbol)}
    patch = found.pop() if len(found) == 1 else None
    if patch is None or not isinstance(patch.value, int) or patch.value % 2:
        return
    tested = next((one for one in family.domain.ranges if one.name == patch.name), None)
    half = int(patch.value) // 2
    if (
        tested is None
        or tested.only
        or not tested.low <= half <= tested.high
        or (half - int(patch.value)) % tested.step
    ):
        return
    here = {hyper.symbol: hyper.value for hyper in family.free if isinstance(hyper.value, int)}
    if len(here) < len(family.free):
        return
    changed = []
    for part in flat(family.parts):
        formula = repeated(part, [symbol.name for symbol in family.symbols])
        if patch.symbol in set(symbols(formula)):
            changed.append((part.path, int(value_of(formula, {**here, patch.symbol: half}) - value_of(formula, here))))
    if not 0 < len(changed) <= MOST:
        return
    said = [(MORE if by > 0 else FEWER).format(path=same(path), n=abs(by)) for path, by in changed]
    page.tell([SMALLER.format(parts=joined(said, "，", ", "), n=half)])


def _quotient(
    line: dict[Monomial, Fraction], square: dict[Monomial, Fraction], tokens: Symbol, order: Sequence[Symbol]
) -> Expr | None:
    """6d, where one term stands against one."""
    if len(line) != 1 or len(square) != 1:
        return None
    ((above, c),), ((below, e),) = line.items(), square.items()
    powers = dict(above)
    for name, power in below:
        powers[name] = powers.get(name, 0) - power
    powers[tokens.name] = powers.get(tokens.name, 0) + 1
    return summed({tuple(sorted((name, power) for name, power in powers.items() if power)): c / e}, order)


def _value(terms: dict[Monomial, Fraction], values: dict[Symbol, int | Fraction], order: Sequence[Symbol]) -> Fraction:
    return Fraction(value_of(summed(terms, order), values))  # type: ignore[arg-type]
