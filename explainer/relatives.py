"""The ready-made models of the family: built by the same class with other arguments, each built and counted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import log
from typing import Any, TypeVar

from explainer.cost.published import published
from explainer.errors import UserError
from explainer.family import FamilyFormulas
from explainer.formula.tree import value_of
from explainer.i18n.bilingual import Bi, joined
from explainer.lesson.difference import FEWER, MORE, in_words
from explainer.lesson.overview_of_run import plural
from explainer.targets import walk_target
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.difference.collect import difference
from explainer.walkthrough.difference.pieces import pieces_of
from explainer.walkthrough.family import Family, Range
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.relatives import Relative, Relatives
from explainer.walkthrough.verdict import Verdict
from explainer.walkthrough.what_if import Changed

W = TypeVar("W", bound=Walkthrough)
MOST = 16  # of a family; those that differ from the model in the fewest arguments
VARIED = 4  # models with other arguments, where there are no ready-made ones
CLASSES = "K"  # the symbol of the number of classes
MOST_PARTS = 4  # of the words of how another model differs
CALLS = 12_000  # recorded altogether: about a minute; the others are built and counted, and not run
NONE_KNOWN = Bi(
    zh="没有现成的同系列模型：这个类不是torchvision或timm的，也没有收录同一种配置的其他型号。",
    en="No ready-made models of the family are known: the class is none of torchvision's or timm's, and no other sizes of its "
    "configuration are in our table.",
)


def with_relatives(walk: W) -> W:
    """The walkthrough with its relatives, or the reason why there are none; nothing is done twice."""
    if walk.measured.has("relatives"):
        return walk
    rows = _rows(walk)
    unknown = dict(walk.measured.unknown)
    if rows is None:
        unknown["relatives"] = NONE_KNOWN
    measured = replace(walk.measured, done=walk.measured.done | {"relatives"}, unknown=unknown)
    return walk.told(relatives=rows, measured=measured)


def _rows(walk: Walkthrough) -> Relatives | None:
    made_by, trace = getattr(walk, "made_by", None), getattr(walk, "trace", None)
    if made_by is None or trace is None:
        return None
    try:
        found, left = _configured(walk, made_by, trace) if made_by.configuration else _called(walk, made_by)
        if not found:
            found = _varied(walk, made_by, trace)
    except UserError:
        return None
    if not found:
        return None
    rows = sorted([_own(walk), *found], key=lambda one: (one.torch_params, one.name))
    return Relatives(
        tuple(rows), next(i for i, one in enumerate(rows) if not one.changes and one.name == walk.name), left
    )


def _own(walk: Walkthrough) -> Relative:
    return _of(walk, walk.name, (), _formula(walk, {}))


def _called(walk: Walkthrough, made_by: Any) -> tuple[list[Relative], int]:
    """Models of a library whose functions call the same class."""
    from explainer.source.construction import plain_arguments
    from explainer.source.kin import different, kin_of

    arguments, kin = kin_of(made_by, walk.source)
    changed = {one.name: different(arguments, one.arguments) for one in kin if one.name != walk.name}
    near = sorted(changed, key=lambda name: len(changed[name]))[:MOST]
    ours = plain_arguments(arguments)
    rows, calls = [], 0
    for one in kin:
        if one.name not in near:
            continue
        theirs, names = plain_arguments(one.arguments), changed[one.name]
        said = tuple(Changed(name, _text(ours.get(name)), _text(theirs.get(name))) for name in names)
        target = one.name if walk.source == "torchvision" else f"{walk.source}:{one.name}"
        formula = _formula(walk, {name: one.arguments[name] for name in names})
        row = (
            _walked(target, one.name, walk, said, formula)
            if calls < CALLS
            else _built(target, one.name, walk, said, formula)
        )
        if row is not None:
            rows.append(row[0])
            calls += row[1]
    return rows, len(changed) - len(near)


def _walked(
    target: str, name: str, walk: Walkthrough, said: tuple[Changed, ...], formula: int | None
) -> tuple[Relative, int] | None:
    try:
        other = walk_target(target, (), walk.arguments, cached=True)
    except UserError:
        return None
    row = _of(other, name, said, formula)
    if any(not one.after for one in said) and walk.complete and other.complete:
        words = in_words(difference(pieces_of(walk), pieces_of(other)))
        row = replace(row, layers=_net(walk, other) if words is not None and _parts(words) > MOST_PARTS else words)
    return row, len(other.layers)


def _parts(words: Bi) -> int:
    """How many kinds of layers are said; commas stand between the sizes in brackets too."""
    return re.sub(r"\([^()]*\)", "", words.en).count(",") + 1


def _net(ours: Walkthrough, theirs: Walkthrough) -> Bi | None:
    """How many layers of each kind it has more or fewer, where a list of what differs would be too long."""
    kinds = [
        kind for kind in Kind if any(one.kind is kind and one.counted for walk in (ours, theirs) for one in walk.layers)
    ]
    more = {
        kind: sum(one.kind is kind for one in theirs.layers) - sum(one.kind is kind for one in ours.layers)
        for kind in kinds
    }
    said = [
        (MORE if n > 0 else FEWER).format(n=abs(n), what=Bi(kind.value.zh, plural(kind, abs(n))), of=Bi("", ""))
        for kind, n in more.items()
        if n
    ]
    return joined(said, "，", ", ") if said else None


def _built(
    target: str, name: str, walk: Walkthrough, said: tuple[Changed, ...], formula: int | None
) -> tuple[Relative, int] | None:
    from explainer.source import load, parse_arguments

    try:
        model = load(target, parse_arguments(list(walk.arguments))).model
    except UserError:
        return None
    return Relative(name, said, sum(parameter.numel() for parameter in model.parameters()), formula=formula), 0


def _configured(walk: Walkthrough, made_by: Any, trace: Any) -> tuple[list[Relative], int]:
    """Other sizes of the same configuration, from the table of published models, with the model's own head and inputs."""
    from explainer.derive.pipeline import walk_model
    from explainer.source import load
    from explainer.source.construction import construction_of

    construction, kind = construction_of(made_by), made_by.configuration
    kinds: dict[str, Any] = {}
    sizes = []
    for one in (one for one in published() if one.settings):
        if one.named not in kinds:
            kinds[one.named] = load(one.named).made_by
        if getattr(kinds[one.named], "configuration", None) is kind:
            sizes.append(one)
    told = {name: construction.before(name) for one in sizes for name in one.settings}
    rows = []
    for one in sizes:
        changes = changes_to(kind, made_by.arguments, one.settings, told)
        if not changes:
            continue
        model = construction.changed(changes)
        other = walk_model(model, trace.args, dict(trace.kwargs), name=one.name, source=walk.source, tolerant=True)
        built = kind(**{**made_by.arguments, **changes})
        said = tuple(Changed(name, _text(told[name]), _text(getattr(built, name))) for name in changes)
        rows.append(_of(other, one.name, said, _formula(walk, changes)))
    return rows, 0


def _varied(walk: Walkthrough, made_by: Any, trace: Any) -> list[Relative]:
    """Of a class that has no ready-made models: itself with other arguments, those on which most parameters depend."""
    from explainer.derive.pipeline import walk_model
    from explainer.source.construction import construction_of

    wanted = [] if len(walk.layers) * VARIED > CALLS else variations(walk.family)[:VARIED]
    rows = []
    for name, value in wanted:
        construction = construction_of(made_by)
        try:
            model = construction.changed({name: value})
        except UserError:
            continue
        other = walk_model(model, trace.args, dict(trace.kwargs), name=walk.name, source=walk.source, tolerant=True)
        if other.complete:
            said = (Changed(name, _text(construction.before(name)), _text(value)),)
            rows.append(_of(other, walk.name, said, _formula(walk, {name: value})))
    return rows


def variations(family: Family | None) -> list[tuple[str, int]]:
    """Half and twice of the two arguments that change the parameters most, within what the formula was tested for."""
    if family is None or family.params is None:
        return []
    usual = {hyper.symbol: hyper.value for hyper in family.free if isinstance(hyper.value, int)}
    ranges = {one.name: one for one in family.domain.ranges}
    found: list[tuple[float, str, int]] = []
    for hyper in family.free:
        tested, value = ranges.get(hyper.name), hyper.value
        if tested is None or not isinstance(value, int):
            continue
        for new in (10, 100) if hyper.symbol.name == CLASSES else (value // 2, 2 * value):
            if new < 1 or new == value or not (hyper.symbol.name == CLASSES or _within(new, value, tested)):
                continue
            try:
                ratio = value_of(family.params, {**usual, hyper.symbol: new}) / value_of(family.params, usual)
            except (ZeroDivisionError, KeyError, ValueError):
                continue
            if ratio > 0 and ratio != 1:
                found.append((abs(log(ratio)), hyper.name, new))
    most: dict[str, float] = {}
    for size, name, _ in found:
        most[name] = max(size, most.get(name, 0))
    chosen = sorted(most, key=lambda name: -most[name])[:2]
    return [(name, new) for one in chosen for _, name, new in found if name == one]


def _within(new: int, value: int, tested: Range) -> bool:
    if tested.only:
        return new in tested.only
    return tested.low <= new <= tested.high and (new - value) % tested.step == 0


def changes_to(
    kind: Any, ours: Mapping[str, Any], theirs: Mapping[str, Any], told: Mapping[str, Any]
) -> dict[str, Any]:
    """What makes ours a published size: its settings, and the usual value of what only other sizes set (vocabulary, key heads)."""
    from explainer.source.recipe import defaults_of

    usual, own, other = defaults_of(kind), kind(**ours), kind(**theirs)
    wanted = {name: theirs.get(name, usual.get(name)) for name in told if name in theirs or name in usual}
    return {
        name: value
        for name, value in wanted.items()
        if value != ours.get(name, usual.get(name)) and getattr(own, name) != getattr(other, name)
    }


def _of(walk: Walkthrough, name: str, said: tuple[Changed, ...], formula: int | None) -> Relative:
    macs, totals = walk.macs, walk.totals
    known = walk.complete and macs.value is not None
    return Relative(
        name=name,
        changes=said,
        torch_params=totals.torch_params,
        params=totals.params,
        formula=formula,
        macs=macs.value if known else None,
        torch_macs=None if not known or macs.verdict is Verdict.UNCHECKED else macs.torch,
        input_shapes=walk.run.input_shapes,
    )


def _formula(walk: Walkthrough, changes: Mapping[str, Any]) -> int | None:
    """What the family's formula gives, where all that is changed are numbers for which it was tested."""
    if walk.family is None or walk.family.params is None:
        return None
    if any(not _numbers(value) for value in changes.values()):
        return None
    try:
        return FamilyFormulas(walk.family).params_at(**dict(changes))
    except UserError:
        return None


def _numbers(value: object) -> bool:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return all(_numbers(one) for one in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
