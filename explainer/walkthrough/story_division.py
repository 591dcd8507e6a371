"""The calls of a network divided into the parts of its story: blocks, loops, stem and head, ideas, kinds of layers."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from explainer.walkthrough.call import Run
from explainer.walkthrough.idea import Idea
from explainer.walkthrough.loops import Loop, again_of
from explainer.walkthrough.parts import Layer, RawParameter, Uncalled
from explainer.walkthrough.stem_and_head import is_head, is_stem, of_norms
from explainer.walkthrough.story import Part, Story
from explainer.walkthrough.templates.find import SMALLEST, Group, Instance, kind_of
from explainer.walkthrough.templates.template import Again, Template, template_of

WHOLE: frozenset[str] = frozenset(
    {
        *("patch_embedding", "mlp", "gated_mlp", "attention", "squeeze_excitation", "mixture_of_experts"),
        *("channel_attention", "linear_attention", "rms_norm", "layer_norm", "l2_norm", "group_norm"),
    }
)
"""Ideas that are a part of the story where they stand outside of blocks; smaller ones are layers that have a name."""
FEWEST_STEPS = 4  # of a block that multiplies nothing: a normalisation between two permutes is a kind of layer


def story_of(
    layers: Sequence[Layer],
    uncalled: Sequence[Uncalled],
    raw: Sequence[RawParameter],
    templates: Sequence[Template],
    ideas: Sequence[Idea],
    run: Run,
    loops: Sequence[Loop] = (),
    containers: Mapping[str, str] = MappingProxyType({}),
) -> Story:
    """The network divided: blocks first, then loops, what lies before and behind them, proven ideas, layers of one kind.

    What runs again is with the call that it repeats.
    """
    templates = [one for one in templates if len(one.steps) >= FEWEST_STEPS or any(s.example.macs for s in one.steps)]
    home = {row.path: at for at, template in enumerate(templates) for row in template.rows}
    repeated = again_of(loops)
    again: dict[int, list[Layer]] = {}
    for layer in layers:
        if layer.index in repeated:
            again.setdefault(repeated[layer.index], []).append(layer)
    blocks: dict[int, list[Layer]] = {}
    free: list[Layer] = []
    idle = plumbing_of(layers, ideas)
    once = [layer for layer in layers if layer.index not in repeated]
    plumbing = [layer for layer in once if layer.index in idle and _home(layer.path, home) is None]
    for layer in once:
        at = _home(layer.path, home)
        if at is not None:
            blocks.setdefault(at, []).append(layer)
        elif layer.index not in idle:
            free.append(layer)
    parts = [Part("plumbing", tuple(plumbing))] if plumbing else []
    raw_of: dict[int | None, list[RawParameter]] = {}
    for tensor in raw:
        raw_of.setdefault(_home(tensor.name, home), []).append(tensor)
    uncalled_of: dict[int | None, list[Uncalled]] = {}
    for module in uncalled:
        uncalled_of.setdefault(_home(module.path, home), []).append(module)
    for at, template in enumerate(templates):
        own = tuple(blocks.get(at, ()))
        within = _outermost(ideas, {layer.index for layer in own})
        parts.append(
            Part("block", own, tuple(uncalled_of.get(at, ())), tuple(raw_of.get(at, ())), template, tuple(within))
        )
    rest = raw_of.get(None, [])
    for loop in loops:
        part = _loop(loop, free, rest, ideas, again, containers)
        if part is not None:
            parts.append(part)
            free = [layer for layer in free if layer not in part.layers]
            rest = [tensor for tensor in rest if tensor not in part.raw]
    parts += _around(free, [part for part in parts if part.what in ("block", "loop") and part.layers], ideas, run)
    parts += _kinds((), uncalled_of.get(None, ()))
    parts = [_with_rounds(part, again) for part in _with_tensors(parts, rest)]
    return Story(tuple(sorted(parts, key=lambda part: part.first)))


def _loop(
    loop: Loop,
    free: Sequence[Layer],
    raw: Sequence[RawParameter],
    ideas: Sequence[Idea],
    again: Again,
    containers: Mapping[str, str],
) -> Part | None:
    """What of a loop is in no block, one round of it as a block; None where that is too little to be told by itself."""
    first = set(loop.first)
    own = tuple(layer for layer in free if layer.index in first)
    if len(own) < SMALLEST:
        return None
    runs = {index for layer in own for index in (layer.index, *(more.index for more in again.get(layer.index, ())))}
    held = tuple(tensor for tensor in raw if tensor.used_by and runs.issuperset(tensor.used_by))
    path = _together([layer.path for layer in own])
    start = len(path) + 1 if path else 0
    instance = Instance(
        path,
        containers.get(path, ""),
        {layer.path[start:]: layer for layer in own},
        {tensor.name[start:] if tensor.name.startswith(path) else tensor.name: tensor for tensor in held},
    )
    template = template_of(Group(instance.cls, {}, [instance]), again)
    if template is None or not template.rows[0].params:
        return None
    within = tuple(_outermost(ideas, {layer.index for layer in own}))
    return Part("loop", own, (), held, template, within, loop=loop)


def _together(paths: Sequence[str]) -> str:
    """The innermost module that has all of these in it."""
    names = [path.split(".")[:-1] for path in paths]
    common = []
    for parts in zip(*names, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return ".".join(common)


def _with_rounds(part: Part, again: Again) -> Part:
    """The part with the calls that repeat its own."""
    more = [repeated for layer in part.layers for repeated in again.get(layer.index, ())]
    if not more:
        return part
    whole = tuple(sorted((*part.layers, *more), key=lambda layer: layer.index))
    what = "kind" if part.what == "layer" else part.what
    return replace(part, what=what, layers=whole, again=frozenset(layer.index for layer in more))


def _with_tensors(parts: list[Part], raw: Sequence[RawParameter]) -> list[Part]:
    """A tensor is with the calls that use it, where these are of one stem, head or idea; else it is by itself."""
    whole = {
        layer.index: at
        for at, part in enumerate(parts)
        if part.what in ("stem", "head", "idea")
        for layer in part.layers
    }
    alone = []
    for tensor in raw:
        homes = {whole.get(index) for index in tensor.used_by}
        at = homes.pop() if len(homes) == 1 else None
        if at is None:
            alone.append(Part("layer", raw=(tensor,)))
        else:
            parts[at] = replace(parts[at], raw=(*parts[at].raw, tensor))
    return [*parts, *alone]


def plumbing_of(layers: Sequence[Layer], ideas: Sequence[Idea]) -> frozenset[int]:
    """The calls that no value of an input and no parameter reaches: positions, masks; as proven, else by the graph."""
    proven = [index for idea in ideas if idea.kind == "plumbing" for index in idea.calls]
    if proven:
        return frozenset(proven)
    found: set[int] = set()
    for layer in layers:
        own = layer.owned or any(operand.parameter for operand in layer.call.operands)
        reached = any(source != "constant" and source not in found for source in layer.call.inputs)
        if not own and not reached and not (layer.macs and layer.macs.value):
            found.add(layer.index)
    return frozenset(found)


def _around(free: list[Layer], blocks: list[Part], ideas: Sequence[Idea], run: Run) -> list[Part]:
    """The calls outside of blocks: stem, head, proven ideas, layers of one kind, layers."""
    found: list[Part] = []
    if blocks:
        first = min(part.layers[0].index for part in blocks)
        last = max(part.layers[-1].index for part in blocks)
        stem = [layer for layer in free if layer.index < first]
        head = [layer for layer in free if layer.index > last]
        if is_stem(stem):
            found.append(Part("stem", tuple(stem), ideas=tuple(_outermost(ideas, {one.index for one in stem}))))
        if is_head(head, run, of_norms(ideas)):
            found.append(Part("head", tuple(head), ideas=tuple(_outermost(ideas, {one.index for one in head}))))
    told = {layer.index for part in found for layer in part.layers}
    left = [layer for layer in free if layer.index not in told]
    whole = [idea for idea in ideas if idea.kind in WHOLE]
    by_index = {layer.index: layer for layer in left}
    for idea in _outermost(whole, set(by_index)):
        found.append(Part("idea", tuple(by_index.pop(index) for index in idea.calls), ideas=(idea,)))
    return [*found, *_kinds(tuple(by_index.values()), ())]


def _kinds(layers: Sequence[Layer], uncalled: Sequence[Uncalled]) -> list[Part]:
    """Layers of one rule with the same formulas together; a module called again is with its first call."""
    found: dict[Hashable, tuple[list[Layer], list[Uncalled]]] = {}
    for layer in layers:
        found.setdefault((*kind_of(layer)[:3], _form(layer)), ([], []))[0].append(layer)
    for module in uncalled:
        formula = module.params.texts[0] if module.params else ""
        key = (module.rule.name if module.rule else module.type, formula)
        found.setdefault(key, ([], []))[1].append(module)
    return [
        Part("kind" if len(called) + len(idle) > 1 else "layer", tuple(called), tuple(idle))
        for called, idle in found.values()
    ]


def _form(layer: Layer) -> tuple[str, str]:
    """What its rule says of it: a residual addition is not any addition, and ReLU not GELU."""
    return layer.output.form if layer.output else "", layer.rule.title.en if layer.rule else layer.type


def _outermost(ideas: Sequence[Idea], calls: set[int]) -> Iterator[Idea]:
    """The ideas that lie within these calls altogether, and in no larger one of them."""
    inside = [idea for idea in ideas if idea.kind != "plumbing" and calls.issuperset(idea.calls)]
    taken: set[int] = set()
    chosen = []
    for idea in sorted(inside, key=lambda idea: -len(idea.calls)):
        if not taken.intersection(idea.calls):
            taken.update(idea.calls)
            chosen.append(idea)
    return iter(sorted(chosen, key=lambda idea: idea.calls))


def _home(path: str, home: dict[str, int]) -> int | None:
    """The template whose instance this lies in."""
    while "." in path:
        path = path.rpartition(".")[0]
        if path in home:
            return home[path]
    return None
