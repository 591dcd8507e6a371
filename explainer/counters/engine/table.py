"""The tables that tools print layer by layer: what each row counts, cause by cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec.structs import replace
from torch import nn

from explainer.counters.engine.terms import TRUE_FLOPS, TRUE_MACS, Cause, Words, standing
from explainer.walkthrough.counted import Line, Term

PRODUCTS = Cause(TRUE_MACS)
"""The products of a row, in the tool's unit."""

Booked = dict[str, dict[Cause, int]]  # path → what is counted there
Layout = Literal["calls", "modules", "tree"]
"""A row for every call; for every module, its calls together; for every module and container, with all that is in it."""


def table(
    booked: Mapping[str, Mapping[Cause, int]],
    layout: Layout,
    words: Words,
    tool: str,
    version: str,
    quantity: str,
    backend: str | None = None,
    *,
    scale: int = 1,
) -> list[Line]:
    """A line for each row; none for the whole model, whose row is the total. scale: 2 where products are two operations."""
    rows: Booked = {}
    for path, row in booked.items():
        own = path if layout == "calls" else path.partition("@")[0]
        places = [own, *(_above(own) if layout == "tree" else ())]
        for place in filter(None, places):
            into = rows.setdefault(place, {})
            for cause, value in row.items():
                into[cause] = into.get(cause, 0) + value
    return [_line(path, row, words, tool, version, quantity, backend, scale) for path, row in rows.items()]


def _above(path: str) -> Iterable[str]:
    """The containers of a module, the innermost first."""
    while "." in path:
        path = path.rpartition(".")[0]
        yield path


def _line(
    path: str,
    row: Mapping[Cause, int],
    words: Words,
    tool: str,
    version: str,
    quantity: str,
    backend: str | None,
    scale: int,
) -> Line:
    products = TRUE_FLOPS if scale == 2 else TRUE_MACS
    terms = tuple(Term(products if cause == PRODUCTS else cause.label, value) for cause, value in row.items() if value)
    how = standing(terms, any(cause.wrong for cause, value in row.items() if value))
    if how == "right" and not row.get(PRODUCTS):
        how = "convention"  # a single term, which is no product
    total = sum(term.value for term in terms)
    return Line(tool, version, backend, quantity, words.meaning, total, terms, words.why(how), how, layer=path)


def parameter_rows(model: nn.Module, line: Line, *, trainable: bool = False) -> list[Line]:
    """The parameters of each module and container as the tool shows them beside its counts. line: its total."""
    found = []
    for path, module in model.named_modules():
        value = sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad or not trainable)
        if path and value:
            found.append(replace(line, value=value, terms=(Term(line.meaning, value),), standing="right", layer=path))
    return found


def first_of_equals(rows: Iterable[Line]) -> tuple[Line, ...]:
    """Of rows of one tool with one figure the first, which says how many more there are; nothing of rows of nothing."""
    found: dict[tuple[str, str | None, str, int], Line] = {}
    more: dict[tuple[str, str | None, str, int], int] = {}
    for row in rows:
        if row.value > 0:
            key = row.tool, row.backend, row.quantity, row.value
            found.setdefault(key, row)
            more[key] = more.get(key, -1) + 1
    return tuple(replace(row, alike=more[key]) if more[key] else row for key, row in found.items())
