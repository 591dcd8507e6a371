"""Mixtures of experts: of some equal parts a token uses a fixed number, and which ones depends on the token.

A small model is really run on one token after another and differentiated. Parts are slices of one tensor, or equal modules side by
side. Those without a gradient must not matter at all: other numbers in them leave the output as it is. So a router, whose rows all
have to be computed before the best are known, counts as used. Then several tokens run together (`each_token`): each must choose by itself.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from explainer.i18n.bilingual import Bi, joined, same
from explainer.recognition.ideas.each_token import choosing_alone
from explainer.recognition.one_token import TOGETHER as AT_ONCE
from explainer.recognition.one_token import OneToken, has_tokens
from explainer.recognition.place import Places, above, owner_of
from explainer.recognition.stand_in import StandIn, is_small, member
from explainer.source.recipe import MadeBy
from explainer.tracing.call import Trace
from explainer.tracing.values import copy_with_values
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.choosing import CHOOSING, may_choose
from explainer.walkthrough.family import Setting
from explainer.walkthrough.idea import Active, Experts, Idea, Proof
from explainer.walkthrough.model import Walkthrough

TOKENS = 4
MOST_UP = 2  # modules between the experts and the router's
PROVEN = Bi(
    zh="{model}逐个送入{n}个词元，运行并求导：每次恰好有{k}个专家的参数得到梯度，因词元而异；改动其余专家的参数，输出不变。",
    en="{model} was run on {n} tokens, one at a time, and differentiated: each time exactly {k:expert has|experts have} a gradient, not always the "
    "same; other numbers in the remaining ones leave the output as it is.",
)
TOGETHER = Bi(
    zh="同时送入{n}个词元，用到的专家不止{k}个：每个词元自己选。",
    en="Where {n:token goes|tokens go} in at once, more than {k:is|are} used: each chooses for itself.",
)
SMALL = Bi(zh="建一个结构相同的小模型（{changed}），", en="A small model of the same structure ({changed})")
ITSELF = Bi(zh="把模型的一个副本", en="A copy of the model")


@dataclass(frozen=True)
class Mixture:
    """Experts that stand together: `names` are their tensors, `place` is the module that holds them."""

    place: str
    names: tuple[str, ...]
    experts: int
    used: int
    params: int
    weights: int  # of the parameters those that multiply


@dataclass(frozen=True)
class Measured:
    """The mixtures of a walkthrough's model, and how they were found."""

    mixtures: tuple[Mixture, ...]
    proof: Proof


def found(walk: Walkthrough, trace: Trace, made_by: MadeBy | None) -> tuple[list[Idea], Active | None]:
    """The mixtures as ideas, and what one token uses; none where nothing was proven."""
    if not may_choose(walk.layers) or trace.model is None:
        return [], None
    measured = _measured(walk, trace, made_by)
    if measured is None:
        return [], None
    groups: dict[tuple[int, int, int], list[Mixture]] = defaultdict(list)
    for one in measured.mixtures:
        groups[one.experts, one.used, one.params].append(one)
    experts = tuple(
        Experts(tuple(name for one in some for name in one.names), len(some), *key) for key, some in groups.items()
    )
    active = Active(walk.totals.params, experts, _macs(walk, measured.mixtures), measured.proof)
    return _ideas(walk, measured), active


def _measured(walk: Walkthrough, trace: Trace, made_by: MadeBy | None) -> Measured | None:
    one = _model(trace, made_by)
    if one is None or not has_tokens(one.args, one.kwargs):
        return None
    assert trace.model is not None
    looked_up = {t.name for layer in walk.layers if layer.kind is Kind.EMBEDDING for t in layer.owned}
    try:
        token = OneToken(one.model, one.args, one.kwargs)
        mixtures = tuple(_mixtures(trace.model, _parts(token, one.model, looked_up)))
        mixtures = _choosing_alone(walk, token, mixtures) if token.has_several else mixtures
    except Exception:  # a stranger's forward on one token, or on several: then nothing is said
        return None
    chosen = {
        layer.call.output_shapes[0][-1]
        for layer in walk.layers
        if layer.type in CHOOSING and layer.call.output_shapes[0]
    }
    if not mixtures or any(one.changed and m.used not in chosen for m in mixtures):
        return None  # a small model's number of chosen experts must be the one that the model itself chooses
    proof = Proof(
        "gradients", _words(one, mixtures, token.has_several), TOKENS, ((1,),) * TOKENS, 0.0, None, one.changed
    )
    return Measured(mixtures, proof)


def _model(trace: Trace, made_by: MadeBy | None) -> StandIn | None:
    """A model with values that may be changed: a small member of the family, or a copy of a model that is small itself."""
    assert trace.model is not None
    if not is_small(trace.model):
        return member(trace, made_by)
    try:
        return StandIn(copy_with_values(trace.model), trace.args, trace.kwargs)
    except Exception:  # what cannot be copied is built again
        return member(trace, made_by)


@dataclass(frozen=True)
class Part:
    """Tensors of which exactly `used` equal parts have a gradient: one cut along its first dimension, or those of equal modules."""

    names: tuple[str, ...]
    place: str
    used: int
    sliced: bool


def _parts(one: OneToken, model: nn.Module, looked_up: set[str]) -> list[Part]:
    """The parts that a token does not use, proven on several tokens, which use more of them together."""
    trials = [one.gradients(token) for token in range(TOKENS)]
    together = one.gradients(None) if one.has_several else None
    parts: dict[Part, dict[str, torch.Tensor]] = {}  # with the slices that the first token leaves out
    claimed: set[str] = set()
    for place, children in _equal_children(model):
        names = [[f"{child}.{name}" for name, _ in model.get_submodule(child).named_parameters()] for child in children]
        touched = [_of_modules(t, names) for t in trials]
        all_of_them = _of_modules(together, names) if together is not None else None
        if (used := _some(touched, all_of_them)) is not None and not claimed & {n for own in names for n in own}:
            every = tuple(name for own in names for name in own)
            claimed |= set(every)
            idle = [own for own, now in zip(names, touched[0].tolist(), strict=True) if not now]
            parts[Part(every, place, used, sliced=False)] = {
                n: torch.ones(len(trials[0][n]), dtype=torch.bool) for own in idle for n in own
            }
    for name in one.parameters:
        if name not in claimed and name not in looked_up and one.parameters[name].dim() > 0:
            touched = [trial[name] for trial in trials]
            if (used := _some(touched, together[name] if together is not None else None)) is not None:
                parts[Part((name,), name.rpartition(".")[0], used, sliced=True)] = {name: ~touched[0]}
    return _without_effect(one, parts)


def _of_modules(touched: Mapping[str, torch.Tensor], names: Iterable[list[str]]) -> torch.Tensor:
    """Which of the modules with these tensors are used."""
    return torch.stack([torch.stack([touched[name].any() for name in own]).any() for own in names])


def _some(touched: list[torch.Tensor], together: torch.Tensor | None) -> int | None:
    """How many parts are used, if it is the same number for each token, not all, not always the same ones, and more for several tokens."""
    counts = {int(one.sum()) for one in touched}
    if len(counts) != 1 or len(touched[0]) < 2:
        return None
    (used,) = counts
    different = any(not torch.equal(one, touched[0]) for one in touched)
    different = different and (together is None or int(together.sum()) > used)
    return used if 0 < used < len(touched[0]) and different else None


def _without_effect(one: OneToken, parts: Mapping[Part, dict[str, torch.Tensor]]) -> list[Part]:
    """Those whose unused slices do not matter: asked of all together, and of each kind where that fails."""
    if not parts:
        return []
    if one.unmoved(0, _together(parts.values())):
        return list(parts)
    kinds: dict[Hashable, list[Part]] = defaultdict(list)
    for part in parts:
        kinds[re.sub(r"\d+", "*", part.names[0]), one.parameters[part.names[0]].dim()].append(part)
    good: list[Part] = []
    for some in kinds.values():
        if one.unmoved(0, _together(parts[part] for part in some)):
            good += some
    return good if good and one.unmoved(0, _together(parts[part] for part in good)) else []


def _together(slices: Iterable[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    return {name: rows for some in slices for name, rows in some.items()}


def _equal_children(model: nn.Module) -> Iterable[tuple[str, list[str]]]:
    """Modules side by side that have the same class and tensors of the same shapes: candidates for experts."""
    for path, module in model.named_modules():
        alike: dict[Hashable, list[str]] = defaultdict(list)
        for name, child in module.named_children():
            shapes = tuple((inner, tuple(p.shape)) for inner, p in child.named_parameters())
            if shapes:
                alike[type(child), shapes].append(f"{path}.{name}" if path else name)
        yield from ((path, children) for children in alike.values() if len(children) > 1)


def _mixtures(model: nn.Module, parts: list[Part]) -> Iterable[Mixture]:
    """The same in the model itself; tensors of one module that are cut alike belong together."""
    tensors = dict(model.named_parameters())
    whole: dict[tuple[str, int, int], list[str]] = defaultdict(list)
    for part in parts:
        own = [tensors[name] for name in part.names]
        if part.sliced:
            whole[part.place, own[0].shape[0], part.used].append(part.names[0])
            continue
        names = {name.removeprefix(f"{part.place}.").partition(".")[0] for name in part.names}
        weights = sum(p.numel() for p in own if p.dim() > 1) // len(names)
        yield Mixture(part.place, part.names, len(names), part.used, sum(p.numel() for p in own) // len(names), weights)
    for (place, experts, used), together in whole.items():
        if used < experts:
            params = sum(tensors[name].numel() // experts for name in together)
            weights = sum(tensors[name].numel() // experts for name in together if tensors[name].dim() > 2)
            yield Mixture(place, tuple(together), experts, used, params, weights)


def _choosing_alone(walk: Walkthrough, token: OneToken, mixtures: tuple[Mixture, ...]) -> tuple[Mixture, ...]:
    """Those in whose module, the router's, a token chooses by itself."""
    inside = Places(walk).inside
    choosing = {layer.index for layer in walk.layers if layer.type in CHOOSING}
    homes = [next((p for p in reversed(above(one.place)) if choosing & set(inside.get(p, ()))), "") for one in mixtures]
    experts: dict[str, list[str]] = defaultdict(list)
    for one, path in zip(mixtures, homes, strict=True):
        experts[path] += one.names
    alone = choosing_alone(token, experts)
    return tuple(one for one, path in zip(mixtures, homes, strict=True) if path in alone)


def _words(one: StandIn, mixtures: tuple[Mixture, ...], several: bool) -> Bi:
    changed = joined([same(f"{name}={value}") for name, value in one.changed])
    model = SMALL.format(changed=changed) if one.changed else ITSELF
    most = max(m.used for m in mixtures)
    alone = PROVEN.format(model=model, n=TOKENS, k=most)
    return joined([alone, TOGETHER.format(n=math.prod(AT_ONCE[2]), k=most)], "", " ") if several else alone


# What it costs


def _calls_of(walk: Walkthrough, mixture: Mixture) -> list[int]:
    """The calls of the experts themselves."""
    children = {name.removeprefix(f"{mixture.place}.").partition(".")[0] for name in mixture.names}
    packed = all(name.rpartition(".")[0] == mixture.place for name in mixture.names)
    own = {mixture.place} if packed else {f"{mixture.place}.{child}" if mixture.place else child for child in children}
    return [layer.index for layer in walk.layers if own & set(above(owner_of(layer.call)))]


def _macs(walk: Walkthrough, mixtures: tuple[Mixture, ...]) -> int | None:
    """The multiply-accumulates of the pass if each token meets just its experts; None where the calls do not show how many it met."""
    if not walk.complete or not walk.macs.value or not walk.run.input_shapes:
        return None
    shape = walk.run.input_shapes[0]
    floats = walk.run.input_dtypes[0].startswith(("float", "bfloat"))
    tokens = math.prod(shape[:-1] if floats else shape)
    total = walk.macs.value
    for one in mixtures:
        layers = [walk.layers[index - 1] for index in _calls_of(walk, one)]
        made = sum(layer.macs.value for layer in layers if layer.macs)
        if made == tokens * one.experts * one.weights:
            total -= tokens * (one.experts - one.used) * one.weights
        elif made != tokens * one.used * one.weights:
            return None
    return total


# Where it is


def _ideas(walk: Walkthrough, measured: Measured) -> list[Idea]:
    places = Places(walk)
    found = []
    for one in measured.mixtures:
        path, calls, whole = _place(walk, places, one)
        if not calls:
            continue
        settings: dict[str, Setting | bool] = {
            "experts": one.experts,
            "used": one.used,
            "expert_params": one.params,
            "shared": whole and _shares(walk, calls, set(_calls_of(walk, one))),
        }
        found.append(Idea("mixture_of_experts", path, calls, settings, measured.proof, stretch=not whole))
    return found


def _place(walk: Walkthrough, places: Places, one: Mixture) -> tuple[str, tuple[int, ...], bool]:
    """The module that has the experts and what chooses among them, else the experts' calls."""
    inner = _calls_of(walk, one)
    if not inner:
        return one.place, (), False
    names = above(one.place)
    for path in reversed(names[-1 - MOST_UP :]):
        inside = places.inside.get(path, [])
        kinds = {walk.layers[index - 1].type for index in inside}
        if kinds & CHOOSING and (path or len(names) == 1):
            return path, tuple(inside), True
    return places.common(inner), tuple(inner), False


def _shares(walk: Walkthrough, calls: tuple[int, ...], experts: set[int]) -> bool:
    """Whether a linear layer beside the experts serves every token: neither theirs nor the router's."""
    before: set[int] = set()
    waiting = [index for index in calls if walk.layers[index - 1].type in CHOOSING]
    while waiting:
        index = waiting.pop()
        if index not in before and index in calls:
            before.add(index)
            waiting += [source for source in walk.layers[index - 1].call.inputs if isinstance(source, int)]
    return any(
        walk.layers[index - 1].kind is Kind.LINEAR and index not in experts and index not in before for index in calls
    )
