"""A model's recipe → its family: searched, proved, and how far it holds."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from explainer.collector import collector_off
from explainer.errors import UserError
from explainer.formula import rewrite
from explainer.formula.expansion import summed
from explainer.formula.tree import Expr, Number, Powers, Product, Symbol, symbols
from explainer.i18n.bilingual import Bi
from explainer.probing.evidence import Evidence
from explainer.probing.fitting import Fitted
from explainer.probing.inside import keep_out_failures, try_inside
from explainer.probing.naming import symbols_for
from explainer.probing.passes import Inputs, PassProber, inputs_of
from explainer.probing.prober import OutOfBudget, Prober
from explainer.probing.reach import domain_of, explore
from explainer.probing.search import Attempt, Search
from explainer.probing.stages import stages_of
from explainer.probing.tree import Node
from explainer.rules import Registry
from explainer.source.recipe import MadeBy, Recipe, recipe_of
from explainer.tracing.call import Trace
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.family import Domain, Family, Hyper, Part, Range, Role, Settings
from explainer.walkthrough.measured import Want
from explainer.walkthrough.model import Walkthrough

ONE = Number(1)
RESERVE = 60  # builds for trying a claim where the budget is used up
ROUNDS = 3  # of searches, each from where more numbers have the model's own values
W = TypeVar("W", bound=Walkthrough)
NO_RECIPE = Bi(
    zh="不知道这个模型是怎样构造的（它是现成的实例，或者只有权重），所以没有同系列模型的公式：请给出类或模型名。",
    en="It is not known how this model is built (it is an instance, or there are only weights), so there is no formula of its "
    "family: name a class or a model.",
)
NO_NUMBERS = Bi(
    zh="构造这个模型不用任何数，所以没有同系列模型的公式。",
    en="This model is built with no number, so there is no formula of a family.",
)
NOT_AGAIN = Bi(
    zh="按原来的构造参数再构造一次，得到的模型与原来的不同，所以没有同系列模型的公式。",
    en="Built again with its own numbers, the model is not the same, so there is no formula of its family.",
)


def with_family(walk: W, made_by: MadeBy | None, registry: Registry) -> W:
    """The walkthrough with its family, or with the reason why there is none; nothing is done twice."""
    if walk.measured.has("family"):
        return walk
    family, why = _found(walk, made_by, registry)
    measured = walk.measured
    unknown: dict[Want, Bi] = dict(measured.unknown)
    if why:
        unknown["family"] = why
    return walk.told(family=family, measured=replace(measured, done=measured.done | {"family"}, unknown=unknown))


def _found(walk: Walkthrough, made_by: MadeBy | None, registry: Registry) -> tuple[Family | None, Bi | None]:
    if made_by is None:
        return None, NO_RECIPE
    try:
        recipe = recipe_of(made_by)
    except UserError:
        return None, NOT_AGAIN
    if recipe is None:
        return None, NO_NUMBERS
    with collector_off():
        family = family_of(recipe, registry, walk.totals.torch_params, recurrent=_recurrent(walk))
    return family, None if family else NOT_AGAIN


def _recurrent(walk: Walkthrough) -> bool:
    return any(layer.kind is Kind.RECURRENT for layer in walk.layers)


def family_of(recipe: Recipe, registry: Registry, total: int, *, recurrent: bool = False) -> Family | None:
    """The family; None if the recipe does not give the model (its number of parameters, `total`, is another)."""
    prober = Prober(recipe, registry)
    own = prober.at({})
    if own is None or own.total != total:
        return None
    names = symbols_for(list(recipe.values), recurrent=recurrent)
    staying: frozenset[str] = frozenset()
    for _ in range(ROUNDS):
        search, attempt = _searched(prober, staying)
        more = _special(prober, attempt, search, names, total) if attempt is not None else None
        if not more:
            break
        staying |= (
            more  # there the structure is another (a stride of 1, no shortcut between equal widths): from there, then
        )
        prober.base = dict(prober.own)
    cut = attempt is None
    roles: dict[str, Role] = {name: search.roles.get(name, "no_formula") for name in recipe.values}
    if attempt is None or attempt.unfit or not search.free:
        return Family(_hypers(prober, roles, names), (), Domain(), prober.builds, cut)
    names = _named_by_stage(attempt, names, recurrent)
    parts = _parts(attempt, names)
    free = _hypers(prober, roles, names)
    found = Family(free, parts, Domain(), prober.builds)
    if found.value({}) != total:  # at its own values the formula must give the model itself
        return Family(free, (), Domain(), prober.builds)
    evidence = Evidence(prober, roles, found.value, _speaks(found), attempt.points)
    try:
        explore(evidence)
    except OutOfBudget:
        cut = True
        _last_tries(evidence)
    return Family(free, parts, domain_of(evidence, len(attempt.held)), prober.builds, cut)


def _searched(prober: Prober, staying: Collection[str] = ()) -> tuple[Search, Attempt | None]:
    """The search, and what it found; None where its budget was used up."""
    search = Search(prober, staying)
    try:
        return search, search.run()
    except OutOfBudget:
        return search, None


def _special(prober: Prober, attempt: Attempt, search: Search, names: dict[str, Symbol], total: int) -> frozenset[str]:
    """The numbers that were moved from the model's own values, and at these the formula is wrong; none where it gives the model."""
    if attempt.unfit or not search.free:
        return frozenset()
    hypers = _hypers(prober, {name: search.roles.get(name, "no_formula") for name in names}, names)
    found = Family(hypers, _parts(attempt, names), Domain(), prober.builds)
    if found.value({}) == total:
        return frozenset()
    moved = [name for name, value in prober.own.items() if prober.base[name] != value]
    wrong = []
    for name in moved:
        try:
            reading = prober.at({name: prober.own[name]})
        except OutOfBudget:  # the next search says so
            return frozenset(moved)
        if reading is not None and found.value({**prober.base, name: prober.own[name]}) != reading.total:
            wrong.append(name)
    return frozenset(wrong or moved)


def _speaks(found: Family) -> Callable[[Settings], bool]:
    """Whether the formula says anything at some values: not where a ratio cuts a width."""
    ratios = tuple(Range(h.name, h.value, h.value, 0.5) for h in found.free if isinstance(h.value, float))
    whole = replace(found, domain=Domain(ranges=ratios))
    return lambda settings: whole.cut_product(settings) is None


def _last_tries(evidence: Evidence) -> None:
    """Where the budget is used up, a reserve for trying what will be claimed; without that only what was built is claimed."""
    evidence.prober.reserve = RESERVE
    try:
        try_inside(evidence)
    except OutOfBudget:
        evidence.only_tested = True
    keep_out_failures(evidence)


def with_family_macs(walk: W, trace: Trace, made_by: MadeBy | None, registry: Registry) -> W:
    """The walkthrough with the multiply-accumulates of its family, if the pass is complete and a formula was found."""
    family = walk.family
    if family is None or walk.measured.has("family_macs"):
        return walk
    recipe = recipe_of(made_by) if made_by is not None and family.params is not None else None
    found = None
    if recipe is not None and walk.complete and walk.run.values == "meta" and walk.macs.value:
        with collector_off():
            found = _macs(recipe, registry, inputs_of(trace, recipe.values, walk.run.batch), walk, family)
            if found is not None:  # what must divide what was found out for the parameters
                found = replace(found, domain=replace(found.domain, divides=family.domain.divides))
    measured = replace(walk.measured, done=walk.measured.done | {"family_macs"})
    return walk.told(family=replace(family, macs=found), measured=measured)


def _macs(recipe: Recipe, registry: Registry, inputs: Inputs, walk: Walkthrough, family: Family) -> Family | None:
    prober = PassProber(recipe, registry, inputs)
    search = Search(prober)
    try:
        attempt = search.run()
    except OutOfBudget:
        attempt = None
    cut = attempt is None and prober.builds > 1
    known = {hyper.name: hyper.symbol for hyper in family.hypers}  # one meaning of a symbol in both formulas
    names = {
        name: known[name] if name in known and known[name].name == symbol.name else symbol
        for name, symbol in symbols_for(list(prober.own), recurrent=_recurrent(walk)).items()
    }
    roles: dict[str, Role] = {name: search.roles.get(name, "no_formula") for name in prober.own}
    hypers = _hypers(prober, roles, names)
    found = Family(hypers, (), Domain(), prober.builds, cut)
    if attempt is None or attempt.unfit or not search.free:
        return found if cut else None
    found = replace(found, parts=_parts(attempt, names))
    if found.value({}) != walk.macs.value:
        return None
    evidence = Evidence(prober, roles, found.value, _speaks(found), [*attempt.points, dict(prober.own)])
    evidence.read_everything()
    try:
        try_inside(evidence)
    except OutOfBudget:
        found = replace(found, cut=True)
        keep_out_failures(evidence)
    return replace(found, domain=domain_of(evidence, len(attempt.held)))


def _hypers(prober: Prober, roles: dict[str, Role], names: dict[str, Symbol]) -> tuple[Hyper, ...]:
    return tuple(Hyper(name, names[name], value, roles[name]) for name, value in prober.own.items())


def _named_by_stage(attempt: Attempt, names: dict[str, Symbol], recurrent: bool) -> dict[str, Symbol]:
    """The symbols with what the formulas show of lists: the blocks of stage 2."""
    stages = stages_of(_parts(attempt, names), names)
    return symbols_for(list(names), stages, recurrent=recurrent) if stages else names


def _parts(attempt: Attempt, names: dict[str, Symbol]) -> tuple[Part, ...]:
    """The tree with each leaf's formula in its place."""
    formulas = iter(attempt.formulas)
    order = list(names.values())

    def next_formula() -> Expr:
        fitted = next(formulas)
        assert fitted is not None
        return _written(fitted, names, order)

    def part(node: Node, times: Expr) -> Part:
        if node.formula is not None:
            leaves = [symbol for symbol in symbols(node.formula) if not symbol.literal]
            whole = _joined(
                rewrite.replace(node.formula, {symbol.name: _standing_for(next_formula(), symbol) for symbol in leaves})
            )
            return Part(node.path, node.type, times, whole)
        children = []
        for _, child in node.children:
            often = next_formula()
            children.append(part(child, often))
        return Part(node.path, node.type, times, None, tuple(children))

    whole = part(attempt.base.tree, ONE)
    return whole.parts if whole.formula is None else (whole,)


def _standing_for(formula: Expr, symbol: Symbol) -> Expr:
    """A bare number keeps what it stands for: a kernel's 3."""
    return Number(formula.value, symbol) if isinstance(formula, Number) else formula


def _joined(expr: Expr) -> Expr:
    """(d+1)·3d, not (d+1)·(3d): a product among factors is written out, unless something divides it."""

    def change(node: Expr) -> Expr:
        if not isinstance(node, Product):
            return node
        parts: list[tuple[bool, Expr]] = []
        for (times, factor), after in zip(node.parts, (*node.parts[1:], None), strict=True):
            whole = isinstance(factor, Product) and times and all(up for up, _ in factor.parts)
            divided = after is not None and not after[0]
            parts += factor.parts if whole and not divided and isinstance(factor, Product) else [(times, factor)]
        return type(node)(tuple(parts))

    return rewrite.rewritten(expr, change)


def _written(fitted: Fitted, names: dict[str, Symbol], order: list[Symbol]) -> Expr:
    terms: dict[tuple[tuple[str, int], ...], Fraction] = {}
    for coefficient, powers in fitted.terms:
        key = tuple(sorted((names[name].name, power) for name, power in powers))
        terms[key] = terms.get(key, Fraction(0)) + coefficient
    return rewrite.rewritten(summed(terms, order), _factor_by_factor)


def _factor_by_factor(node: Expr) -> Expr:
    """3·3·d·d, not 9d²; what is divided twice stays under one line: I₁·I₂/p²."""
    many = isinstance(node, Powers) and sum(not times for times, _ in node.parts) > 1
    return Product(node.parts) if isinstance(node, Powers) and not many else node
