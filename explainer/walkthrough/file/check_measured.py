"""What is refused of the measurements in a stranger's file: their structure is checked by type, sizes and texts here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction

from explainer.i18n.bilingual import same
from explainer.walkthrough.family import Family
from explainer.walkthrough.file import limits
from explainer.walkthrough.file.limits import Refused
from explainer.walkthrough.measured import Measured
from explainer.walkthrough.polynomial import Polynomial

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
    strange = {name for tested in family.domain.tested for name, _ in tested} - set(names)
    if len(set(names)) < len(names) or strange or len({hyper.symbol.name for hyper in family.hypers}) < len(names):
        raise Refused(limits.NO_FORM)
    if family.parts and family.value({}) is None:
        raise Refused(limits.NO_VALUE)
    return family


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
    elif is_dataclass(value):
        if isinstance(value, Polynomial) and any(max(powers, default=0) > HIGHEST_POWER for powers, _ in value.terms):
            raise Refused(same(f"power > {HIGHEST_POWER}"))
        for field in fields(value):
            _check(getattr(value, field.name))
