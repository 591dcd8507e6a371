"""A block derived once: its calls in its own symbols, its formula, and its instances with their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType

from explainer.formula import rewrite
from explainer.formula.derivation import Derivation
from explainer.formula.expansion import added_up
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Product, Symbol, product, symbols, total, value_of
from explainer.memory import cached_property
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import axis_symbols
from explainer.walkthrough.parts import Layer, RawParameter
from explainer.walkthrough.templates.columns import Basis, Column
from explainer.walkthrough.templates.find import Group, Instance, groups_of, ungrouped
from explainer.walkthrough.verdict import Verdict, compare


@dataclass(frozen=True)
class Step:
    """A call of the block: its name in it, an example, and its parameters in the block's symbols (None: it has none).

    option: only some instances have it. sizes: what its formula is made of, in the block's symbols, by role.
    """

    name: str
    example: Layer
    params: Expr | None
    option: bool
    sizes: Mapping[Role, Expr] = field(default_factory=dict)


@dataclass(frozen=True)
class Held:
    """A tensor that the block's forward uses directly: its name in the block, its elements in the block's symbols.

    option: only some instances have it.
    """

    name: str
    params: Expr
    option: bool


@dataclass(frozen=True)
class Row:
    """An instance: the values of the free symbols, and its numbers. options: the names of its optional calls and tensors.

    params, macs: the sums over its calls, as their rules give them (macs: of all rounds where it runs several times; None where one has no rule that says it); formula: what the block's formula gives for the parameters.
    """

    path: str
    values: tuple[int, ...]
    options: tuple[str, ...]
    params: int
    macs: int | None
    torch_params: int
    formula: Fraction | None

    @property
    def verdict(self) -> Verdict:
        """The block's formula beside torch's own number of parameters."""
        given = int(self.formula) if self.formula is not None and self.formula.denominator == 1 else -1
        return compare(given, self.torch_params)


@dataclass(frozen=True)
class Template:
    """A block that occurs several times, or runs several times.

    cls: its class. symbols: the free numbers. steps: its calls in order, those of the options too. rows: the instances.
    held: the tensors that it uses directly. times: how often each instance runs with the same parameters.
    """

    cls: str
    symbols: tuple[Symbol, ...]
    steps: tuple[Step, ...]
    rows: tuple[Row, ...]
    held: tuple[Held, ...] = ()
    times: int = 1

    @cached_property
    def formula(self) -> Expr:
        """The parameters that every instance has, multiplied out: C·m+13m²+12m."""
        return self._sum(option=False)

    @cached_property
    def option_formula(self) -> Expr | None:
        """The parameters of the optional calls together; None where there are none."""
        return self._sum(option=True) if any(option for _, option in self.terms) else None

    @cached_property
    def terms(self) -> tuple[tuple[Expr, bool], ...]:
        """What its parameters are the sum of, and whether only some instances have it."""
        parts: tuple[Step | Held, ...] = (*self.steps, *self.held)
        return tuple((part.params, part.option) for part in parts if part.params is not None)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        return tuple(row.verdict for row in self.rows)

    def _sum(self, option: bool) -> Expr:
        """Multiplied out; what is a fraction of a symbol stays by itself: 12d²+13d+169d/32, not 12d²+585d/32."""
        rows = [term for term, optional in self.terms if optional is option]
        return added_up(rows, [symbol.name for symbol in self.symbols]) or total(rows)


Again = Mapping[int, Sequence[Layer]]
"""The calls that repeat another one, by the index of that one."""


def templates_of(
    layers: Sequence[Layer],
    containers: Mapping[str, str],
    raw: Sequence[RawParameter] = (),
    again: Again = MappingProxyType({}),
) -> tuple[Template, ...]:
    """The blocks that occur twice or more and whose formula gives every instance's own number of parameters.

    layers: those that repeat no other one. containers: the class of each module that has modules in it, by path.
    raw: the tensors that are used directly. again: the calls that repeat one of the layers.
    """
    found = [template_of(group, again) for group in groups_of(layers, containers, raw)]
    return tuple(one for one in found if one is not None)


def template_of(group: Group, again: Again) -> Template | None:
    """The block of these instances; None where its formula does not give the parameters of each."""
    found = _template(group, again)
    return found if found is not None and all(v is Verdict.AGREES for v in found.verdicts) else None


def _template(group: Group, again: Again) -> Template | None:
    instances = group.instances
    basis = Basis(
        _outputs(instances), _outputs(instances, -1), _given(instances), [_entering(one) for one in instances]
    )
    steps: list[Step] = []
    params: dict[str, tuple[Expr, dict[Role, Expr]] | None] = {}
    names = _names(instances)
    everywhere = {name: all(name in one.layers for one in instances) for name in names}
    for name in sorted(
        names, key=lambda name: not everywhere[name]
    ):  # what all have first: the symbols are the block's
        owners = [one for one in instances if name in one.layers]
        layers = [] if all(_used_before(name, one) for one in owners) else [one.layers[name] for one in owners]
        params[name] = _in_symbols(layers, basis, name, instances) if layers else None
    held = tuple(_held(name, instances, basis) for name in dict.fromkeys(n for one in instances for n in one.raw))
    first = basis.numbered()
    params = {name: one and (_renamed(one[0], first), _sizes_renamed(one[1], first)) for name, one in params.items()}
    held = tuple(replace(one, params=_renamed(one.params, first)) for one in held)
    free = [symbol for symbol, _ in basis.free]
    for name in names:
        owners = [one for one in instances if name in one.layers]
        example = owners[0].layers[name]
        if params[name] is None and any(one.layers[name].value and not _used_before(name, one) for one in owners):
            return None
        option = len(owners) < len(instances)
        formula, sizes = params[name] or (None, {})
        steps.append(Step(name, example, formula, option, sizes))
    rows = tuple(_row(one, at, basis, steps, held, again) for at, one in enumerate(instances))
    rounds = {len(again.get(layer.index, ())) + 1 for one in instances for layer in one.layers.values()}
    return Template(group.cls, tuple(free), tuple(steps), rows, held, rounds.pop() if len(rounds) == 1 else 1)


def _renamed(expr: Expr, names: Mapping[str, Expr]) -> Expr:
    return rewrite.rewritten(expr, lambda node: names.get(node.name, node) if isinstance(node, Symbol) else node)


def _sizes_renamed(sizes: Mapping[Role, Expr], names: Mapping[str, Expr]) -> dict[Role, Expr]:
    return {role: _renamed(size, names) for role, size in sizes.items()}


def _used_before(name: str, instance: Instance) -> bool:
    """Whether this is another call of a layer of the block: its parameters are those of the first call."""
    first = instance.layers.get(name.partition("@")[0])
    if "@" not in name or first is None:
        return False
    return {tensor.name for tensor in first.owned} == {tensor.name for tensor in instance.layers[name].owned}


def _held(name: str, instances: Sequence[Instance], basis: Basis) -> Held:
    """The elements of a tensor in the block's symbols; its sizes of 1 say nothing."""
    has = [name in one.raw for one in instances]
    shapes = [tuple(size for size in one.raw[name].shape) for one in instances if name in one.raw]
    if len({len(shape) for shape in shapes}) > 1:
        column = tuple(one.raw[name].params for one in instances if name in one.raw)
        return Held(name, _sized(column, axis_symbols((1,))[0], basis, has), not all(has))
    sizes = [
        _sized(column, symbol, basis, has)
        for column, symbol in zip(zip(*shapes, strict=True), axis_symbols(shapes[0], reordered=True), strict=True)
        if set(column) != {1}
    ]
    return Held(name, _joined(product(sizes)), not all(has))


def _sized(column: Column, symbol: Symbol, basis: Basis, has: list[bool]) -> Expr:
    return basis.expressed(column, symbol) if all(has) else _of_some(column, symbol, basis, has)


def _names(instances: Sequence[Instance]) -> list[str]:
    """The names of all calls, those of an option where they stand in an instance that has it."""
    order: list[str] = []
    for instance in sorted(instances, key=lambda one: -len(one.layers)):
        before = 0
        for name in instance.layers:
            if name in order:
                before = order.index(name) + 1
            else:
                order.insert(before, name)
                before += 1
    return order


def _outputs(instances: Sequence[Instance], axis: int = 1) -> Column | None:
    """The channels that come out of each instance; with axis -1 the features."""
    found = []
    for instance in instances:
        last = max(instance.layers.values(), key=lambda layer: layer.index)
        shape = last.call.output_shapes[0] if last.call.output_shapes else ()
        if len(shape) < 2:
            return None
        found.append(shape[axis])
    return tuple(found)


def _entering(instance: Instance) -> frozenset[int]:
    """Sizes that may be the channels of what comes from outside: the second dimension, or the last."""
    inside = {layer.index for layer in instance.layers.values()}
    found: set[int] = set()
    for layer in instance.layers.values():
        for source, shape in zip(layer.call.inputs, layer.call.input_shapes, strict=False):
            if source not in inside and source != "constant" and len(shape) > 1:
                found |= {shape[1], shape[-1]}
        if layer.kind is Kind.JOIN and inside.isdisjoint(layer.call.inputs):  # what is joined goes in together
            found |= {size for shape in layer.call.output_shapes if len(shape) > 1 for size in (shape[1], shape[-1])}
    return frozenset(found)


def _given(instances: Sequence[Instance]) -> Column | None:
    """The features that go into each instance."""
    first = [min(instance.layers.values(), key=lambda layer: layer.index) for instance in instances]
    shapes = [layer.call.input_shapes[0] if layer.call.input_shapes else () for layer in first]
    return tuple(shape[-1] for shape in shapes) if all(shapes) else None


def _in_symbols(
    layers: list[Layer], basis: Basis, name: str, instances: Sequence[Instance]
) -> tuple[Expr, dict[Role, Expr]] | None:
    """A call's parameters in the block's symbols, and its sizes; None where it has none, or the formulas differ."""
    derivations: list[Derivation] = [layer.params for layer in layers if layer.params is not None]
    if len(derivations) < len(layers) or not any(layer.value for layer in layers):
        return None
    grouped = [any(symbol.role is Role.GROUPS for symbol in symbols(one.symbolic)) for one in derivations]
    fullest = derivations[grouped.index(True)] if any(grouped) else derivations[0]
    symbolic = fullest.symbolic
    if any(
        one.symbolic != symbolic and (cut or one.texts[0] != ungrouped(fullest))
        for one, cut in zip(derivations, grouped, strict=True)
    ):
        return None  # another formula than that of a convolution in one group
    new: dict[str, Expr] = {}
    sizes: dict[Role, Expr] = {}
    for symbol in symbols(symbolic):
        if symbol.literal:
            continue
        column = tuple(one.values.get(symbol, symbol.neutral or 0) for one in derivations)
        if len(layers) == len(instances):
            expr = basis.expressed(column, symbol)
        else:
            expr = _of_some(column, symbol, basis, [name in one.layers for one in instances])
        new[symbol.name] = Number(expr.value, symbol) if isinstance(expr, Number) else expr
        if symbol.role is not None:
            sizes.setdefault(symbol.role, expr)
    return _joined(rewrite.replace(symbolic, new)), sizes


def _of_some(column: Column, symbol: Symbol, basis: Basis, has: list[bool]) -> Expr:
    """The same for an option: over the instances that have it; a number of its own is 0 where there is none."""
    some = Basis(None)
    some.free = [
        (known, tuple(value for value, there in zip(values, has, strict=True) if there)) for known, values in basis.free
    ]
    found = some.known(column)
    if found is not None:
        return found
    values = iter(column)
    whole = tuple(next(values) if there else 0 for there in has)
    return basis.expressed(whole, symbol)


def _joined(expr: Expr) -> Expr:
    """9·m·m for 3·3·(m)·(m): products of products are one."""

    def change(node: Expr) -> Expr:
        if not isinstance(node, Product):
            return node
        parts: list[tuple[bool, Expr]] = []
        for (times, factor), after in zip(node.parts, (*node.parts[1:], None), strict=True):
            whole = isinstance(factor, Product) and times and all(up for up, _ in factor.parts)
            opened = whole and (after is None or after[0])
            parts += factor.parts if opened and isinstance(factor, Product) else [(times, factor)]
        return Product(tuple(parts))

    return rewrite.rewritten(expr, change)


def _row(instance: Instance, at: int, basis: Basis, steps: Sequence[Step], held: Sequence[Held], again: Again) -> Row:
    layers = list(instance.layers.values())
    fresh = [layer for name, layer in instance.layers.items() if not _used_before(name, instance)]
    runs = [*layers, *(more for layer in layers for more in again.get(layer.index, ()))]
    values = {symbol: column[at] for symbol, column in basis.free}
    own = [step for step in steps if step.name in instance.layers]
    kept = [one for one in held if one.name in instance.raw]
    terms = [step.params for step in own if step.params is not None] + [one.params for one in kept]
    raw = sum(tensor.params for tensor in instance.raw.values())
    owned = {tensor.name: tensor.numel for layer in layers for tensor in layer.owned}
    try:
        formula = Fraction(value_of(total(terms), values))
    except (KeyError, ZeroDivisionError):
        formula = None
    return Row(
        path=instance.path,
        values=tuple(values.values()),
        options=(*(step.name for step in own if step.option), *(one.name for one in kept if one.option)),
        params=sum(layer.value for layer in fresh) + raw,
        macs=sum(layer.macs.value for layer in runs if layer.macs) if all(one.macs_known for one in runs) else None,
        torch_params=sum(owned.values()) + raw,
        formula=formula,
    )
