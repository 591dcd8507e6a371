"""Units that an answer defines for itself: with `1 KB = 1024 B` said somewhere in it, its KB are KiB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from explainer.homework.answers.characters import Plain
from explainer.homework.answers.tokens import Token, tokens
from explainer.homework.answers.units import unit_named

BINARY = {"KB": ("KiB", 2**10), "MB": ("MiB", 2**20), "GB": ("GiB", 2**30)}
DECIMAL = {"KB": 10**3, "MB": 10**6, "GB": 10**9}
FACTORS = (1000, 1024, 2**20, 2**30, 10**6, 10**9, 2, 10)  # what a definition is made of
SHORTEST, LONGEST = 3, 9  # tokens of one
PAIRS = {"(": ")", "[": "]"}


def tokens_of(source: Plain, *, shape: bool) -> list[Token]:
    """The tokens of an answer, an `end` last; its own units renamed, and their definitions left out.

    Raises Unreadable at what cannot be cut.
    """
    found = tokens(source, shape=shape)
    places = list(_definitions(found))
    inside = {at for start, end, *_ in places for at in range(start, end)}
    if not places or not any(token.kind == "number" for at, token in enumerate(found) if at not in inside):
        return found
    renamed = {written: name for _, _, written, name in places}
    return [
        replace(token, text=renamed.get(token.text, token.text)) if token.kind in ("name", "word") else token
        for at, token in enumerate(found)
        if at not in inside
    ]


def _definitions(found: list[Token]) -> Iterator[tuple[int, int, str, str]]:
    """Start, end, the unit as written and what it is called here, of each `1 KB = 1024 B`."""
    for at, token in enumerate(found):
        if token.text != "=" or at == 0:
            continue
        written = found[at - 1].text
        name = written.upper()
        start = at - 1
        if found[start - 1].kind == "number" and start:
            start -= 1
            if found[start].value != 1:
                continue
        if name not in BINARY:
            continue
        end, value = at + 1, 1
        while end < len(found) and end - start <= LONGEST and (factor := _factor(found, end)):
            value *= factor
            end += 1
        if value not in (BINARY[name][1], DECIMAL[name]) or end - start < SHORTEST:
            continue
        if start and PAIRS.get(found[start - 1].text) == found[end].text:
            start, end = start - 1, end + 1
        yield start, end, written, BINARY[name][0] if value == BINARY[name][1] else written


def _factor(found: list[Token], at: int) -> int:
    """What one token of a definition multiplies by; 0 where it ends."""
    token, before = found[at], found[at - 1]
    if token.kind == "number":
        if before.text == "^":
            base, power = int(found[at - 2].value), int(token.value)
            return int(base ** (power - 1)) if 1 <= power <= 30 else 0
        return int(token.value) if token.value in FACTORS else 0
    if token.text in ("*", "^"):
        return 1
    unit = unit_named(token.text) if token.kind in ("word", "name") else None
    if token.text == "B":
        return 1
    return (
        BINARY[token.text.upper()][1] if token.text.upper() in BINARY else int(unit is not None and unit.of == "bytes")
    )
