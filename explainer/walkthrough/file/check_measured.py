"""What is refused of the measurements and ideas in a stranger's file: structure is checked by type, sizes and texts here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction

from msgspec import Struct

from explainer.i18n.bilingual import same
from explainer.walkthrough.family import Family
from explainer.walkthrough.file import limits
from explainer.walkthrough.file.limits import Refused
from explainer.walkthrough.idea import Idea
from explainer.walkthrough.measured import Measured
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.polynomial import Polynomial
from explainer.walkthrough.relatives import Relatives
from explainer.walkthrough.what_if import WhatIf

HIGHEST_POWER = 16


def check_measured(measured: Measured) -> Measured:
    """The same measurements. Raises Refused if a number, a power or a text in them is too large to be true."""
    _check(measured)
    return measured


def check_family(family: Family) -> Family:
    """The same family. Raises Refused if it is not one of a model: a name twice, a value out of bounds, no formula value."""
    _check(family.domain)
    _check(family.hypers)
    names = [hyper.name for hyper in family.hypers]
    domain = family.domain
    pairs = [*domain.divides, *domain.strict, *((a, b) for a, _, b in domain.relations)]
    named = [*(name for tested in domain.tested for name, _ in tested), *(name for pair in pairs for name in pair)]
    strange = set(named) - set(names)
    if len(set(names)) < len(names) or strange or len({hyper.symbol.name for hyper in family.hypers}) < len(names):
        raise Refused(limits.NO_FORM)
    if family.parts and family.value({}) is None:
        raise Refused(limits.NO_VALUE)
    return family


def check_idea(idea: Idea, layers: int) -> Idea:
    """The same idea. Raises Refused if it consists of calls that are not there, or something in it is too large."""
    _check(idea)
    if (
        not idea.calls
        or list(idea.calls) != sorted(set(idea.calls))
        or not 1 <= idea.calls[0] <= idea.calls[-1] <= layers
    ):
        raise Refused(limits.NO_INDEX)
    return idea


def check_active(walk: Walkthrough) -> None:
    """Raises Refused if what one token uses is not a part of what there is."""
    active = walk.active
    if active is None:
        return
    _check(active)
    sound = all(0 < one.used < one.experts and one.mixtures > 0 and one.params > 0 for one in active.experts)
    macs = walk.macs.value
    fits = active.macs is None or (macs is not None and 0 <= active.macs <= macs)
    if not (sound and fits and active.experts and active.total == walk.totals.params and active.params > 0):
        raise Refused(limits.NO_VALUE)


def check_relatives(found: Relatives | None) -> Relatives | None:
    """The same. Raises Refused for a number or a text in it that is too large to be true, or where the model itself is not among them."""
    _check(found)
    if found is not None and not 0 <= found.own < len(found.rows):
        raise Refused(limits.NO_FORM)
    return found


def check_what_if(found: WhatIf | None) -> WhatIf | None:
    """The same. Raises Refused for a number or a text in it that is too large to be true."""
    _check(found)
    return found


def _check(value: object) -> None:
    if isinstance(value, str):
        if len(value) > limits.TEXT:
            raise Refused(limits.TOO_LONG)
    elif isinstance(value, int | Fraction):
        if max(abs(value.numerator), value.denominator) >= limits.VALUE:
            raise Refused(limits.TOO_LARGE)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _check(key)
            _check(item)
    elif isinstance(value, tuple | list | frozenset):
        for item in value:
            _check(item)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            _check(getattr(value, name))
    elif is_dataclass(value):
        if isinstance(value, Polynomial) and any(max(powers, default=0) > HIGHEST_POWER for powers, _ in value.terms):
            raise Refused(same(f"power > {HIGHEST_POWER}"))
        for field in fields(value):
            _check(getattr(value, field.name))
