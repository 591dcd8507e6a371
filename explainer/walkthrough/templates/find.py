"""Which modules are instances of one block: of one class, with the same calls one after another, up to optional ones.

Nothing is decided by a name: names only say which call of one instance is which of another of the same class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from explainer.formula.derivation import Derivation
from explainer.formula.printing import ascii_formula
from explainer.formula.role import Role
from explainer.formula.tree import Symbol, specialise
from explainer.walkthrough.parts import Layer, RawParameter

LEAST_COMMON = 0.7  # of the calls, for two variants to be one block with an option
SMALLEST = 2  # calls of a block
BIG = 6  # calls of a block that is told by itself where a larger one has several of it
MOST_OF_A_STAGE = 0.68  # of its parameters: what has less in the blocks inside is a block itself
MOST_OF_A_BLOCK = 3
LISTS = ("ModuleList", "ModuleDict")
Kind = tuple[str, str, str, str]
"""What a call does: rule, formulas of its parameters and multiply-accumulates, type."""
Wiring = tuple[str, ...]
"""Where its inputs come from: calls of the block by name, or outside."""


class Instance(Struct, frozen=True):
    """A module that is a block: its calls, and the tensors that its forward uses directly, by their names in it."""

    path: str
    cls: str
    layers: Mapping[str, Layer]
    raw: Mapping[str, RawParameter] = field(default_factory=dict)


class Group(Struct):
    """Instances of one block. common: the names of the calls that all of them have."""

    cls: str
    common: dict[str, Kind]
    instances: list[Instance] = field(default_factory=list)

    @property
    def size(self) -> int:
        return max((len(instance.layers) for instance in self.instances), default=0)


def groups_of(layers: Sequence[Layer], containers: Mapping[str, str], raw: Sequence[RawParameter] = ()) -> list[Group]:
    """The blocks that occur twice or more, in the order of the network; no call belongs to two of them.

    containers: the class of each module that has modules in it, by path. raw: the tensors that are used directly.
    """
    inside = _calls_below(layers, containers)
    held: dict[str, dict[str, RawParameter]] = {}
    for tensor in raw:
        for path in _above(tensor.name):
            held.setdefault(path, {})[tensor.name[len(path) + 1 :]] = tensor
    groups = _merged(_equal([_instance(path, inside[path], containers, held) for path in _blocks(inside, containers)]))
    groups = [group for group in groups if len(group.instances) > 1]
    kept = [_no_stages(group, groups) for group in groups]
    for group, instances in zip(groups, kept, strict=True):
        group.instances = instances
    return _outermost([group for group in groups if len(group.instances) > 1])


def _calls_below(layers: Sequence[Layer], containers: Mapping[str, str]) -> dict[str, list[Layer]]:
    found: dict[str, list[Layer]] = {}
    for layer in layers:
        path = layer.path
        while "." in path:
            path = path.rpartition(".")[0]
            if path in containers:
                found.setdefault(path, []).append(layer)
    return found


def _blocks(inside: Mapping[str, list[Layer]], containers: Mapping[str, str]) -> list[str]:
    """A list of blocks is no block, and a Sequential of blocks is none either."""
    several = [path for path in inside if len(inside[path]) >= SMALLEST and containers[path] not in LISTS]
    homes = {
        parent
        for path in several
        if containers[path] != "Sequential"
        for parent in _above(path)
        if containers.get(parent) == "Sequential"
    }
    return [path for path in several if path not in homes]


def _above(path: str) -> list[str]:
    names = path.split(".")
    return [".".join(names[:i]) for i in range(1, len(names))]


def _instance(
    path: str, layers: list[Layer], containers: Mapping[str, str], held: Mapping[str, Mapping[str, RawParameter]]
) -> Instance:
    calls = {layer.path[len(path) + 1 :]: layer for layer in layers}
    return Instance(path, containers[path], calls, held.get(path, {}))


def kind_of(layer: Layer) -> Kind:
    """What the call does, whatever its numbers."""
    return (
        layer.rule.name if layer.rule else layer.type,
        layer.params.texts[0] if layer.params else "",
        layer.macs.texts[0] if layer.macs else "",
        layer.type,
    )


def shared_kind(layer: Layer) -> Kind:
    """The same with one group in place of several: a block is the same one whether its convolutions are cut into groups or not.

    A depthwise convolution stays what it is.
    """
    rule, params, macs, type_ = kind_of(layer)
    if layer.params is None or not _is_grouped(layer.params.values):
        return rule, params, macs, type_
    texts = [ungrouped(one) if one is not None else "" for one in (layer.params, layer.macs)]
    return rule, texts[0], texts[1], type_


def _is_grouped(values: Mapping[Symbol, int]) -> bool:
    channels = max((n for symbol, n in values.items() if symbol.role is Role.CHANNELS_IN), default=0)
    return any(1 < n < channels for symbol, n in values.items() if symbol.role is Role.GROUPS)


def ungrouped(derivation: Derivation) -> str:
    """The formula with one group."""
    values = {symbol: 1 if symbol.role is Role.GROUPS else n for symbol, n in derivation.values.items()}
    return ascii_formula(specialise(derivation.symbolic, values))


def _wiring(instance: Instance) -> list[Wiring]:
    """Consecutive inputs from outside count as one: a join of many is a join."""
    names = {layer.index: name for name, layer in instance.layers.items()}
    found = []
    for layer in instance.layers.values():
        sources: list[str] = []
        for source in layer.call.inputs:
            name = names.get(source, "") if isinstance(source, int) else ""
            if name or not sources or sources[-1]:
                sources.append(name)
        found.append(tuple(sources))
    return found


def _equal(instances: list[Instance]) -> list[Group]:
    """Instances with the same calls, wired in the same way."""
    found: dict[object, Group] = {}
    for instance in instances:
        kinds = {name: shared_kind(layer) for name, layer in instance.layers.items()}
        key = (instance.cls, tuple(kinds.items()), tuple(_wiring(instance)))
        found.setdefault(key, Group(instance.cls, kinds)).instances.append(instance)
    return list(found.values())


def _merged(groups: list[Group]) -> list[Group]:
    """Variants of one class that share most calls are one block with options."""
    merged: list[Group] = []
    for group in sorted(groups, key=lambda group: group.size):
        home = next((other for other in merged if _alike(other, group)), None)
        if home is None:
            merged.append(Group(group.cls, dict(group.common), list(group.instances)))
        else:
            home.common = {name: kind for name, kind in home.common.items() if group.common.get(name) == kind}
            home.instances += group.instances
    return merged


def _alike(one: Group, other: Group) -> bool:
    if one.cls != other.cls or one.cls == "Sequential":
        return False
    theirs = [shared_kind(layer) for layer in other.instances[0].layers.values()]
    ours = {name: shared_kind(layer) for variant in one.instances for name, layer in variant.layers.items()}
    names = list(other.instances[0].layers)
    if any(ours.get(name, kind)[1] != kind[1] for name, kind in zip(names, theirs, strict=True)):
        return False  # a layer in the same place with another formula for its parameters
    shared = sum(other.common.get(name) == kind for name, kind in one.common.items())
    most = max(len(other.common), one.size)
    return shared == len(one.common) or shared >= max(3, LEAST_COMMON * most)


def _no_stages(group: Group, groups: list[Group]) -> list[Instance]:
    """The instances that are no stages; where some are, one that holds a single block is a stage of one."""
    kept = [one for one in group.instances if not _is_stage(one, group, groups)]
    if len(kept) == len(group.instances):
        return kept
    inner = [other for other in groups if other is not group and other.size >= BIG]
    return [one for one in kept if not any(_within(one, other) for other in inner)]


def _is_stage(instance: Instance, group: Group, groups: list[Group]) -> bool:
    """A block that consists for the most part of two or more of another block is told by its parts; its norms are none.

    A decoder's block, which has two attentions and as much beside them, is none of these; one that holds now two, now four of
    another is, since no two of its instances are alike. A block of two or three that differ in size is a block (an MLP-Mixer's: one network
    for the positions, one for the channels).
    """
    for other in groups:
        if other is group or other.size < BIG:
            continue
        inside = _within(instance, other)
        if len(inside) > 1 and 2 * sum(len(inner.layers) for inner in inside) > len(instance.layers):
            if len({len(_within(one, other)) for one in group.instances}) > 1:
                return True
            if len(inside) <= MOST_OF_A_BLOCK and len({_value(inner) for inner in inside}) == len(inside):
                continue
            own = sum(map(_value, group.instances))
            theirs = sum(_value(inner) for one in group.instances for inner in _within(one, other))
            if theirs > MOST_OF_A_STAGE * own or not own:
                return True
    return False


def _within(instance: Instance, other: Group) -> list[Instance]:
    start = instance.path + "."
    return [inner for inner in other.instances if inner.path.startswith(start)]


def _value(instance: Instance) -> int:
    return sum(layer.value for layer in instance.layers.values())


def _outermost(groups: list[Group]) -> list[Group]:
    """The larger blocks first; what lies in one of them is told there."""
    taken: set[str] = set()
    chosen: list[Group] = []
    for group in sorted(groups, key=lambda group: -group.size):
        free = [one for one in group.instances if not taken & {one.path, *_above(one.path)}]
        if len(free) > 1:
            free.sort(key=lambda one: min(layer.index for layer in one.layers.values()))
            chosen.append(Group(group.cls, group.common, free))
            taken |= {one.path for one in free}
    return sorted(chosen, key=lambda group: min(layer.index for layer in group.instances[0].layers.values()))
