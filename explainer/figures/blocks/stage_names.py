"""What a stage is called: the paths of its modules, as short as they stay clear."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from explainer.figures.blocks.stage import Stage
from explainer.vocabulary.kind import Kind


def name_all(stages: Sequence[Stage]) -> None:
    """Names the stages: after the module that they are, and no other has a part of."""
    for stage in stages:
        others = [one for one in stages if one is not stage]
        if len(stage.blocks) < 2:
            stage.name = _of_layers(stage, others)
        elif home := _home(stage, others):
            stage.name = home


def _home(stage: Stage, others: Sequence[Stage]) -> str:
    """denseblock1: the module that all its blocks are in, and nothing of another stage; else empty."""
    homes = {block.path.rpartition(".")[0] for block in stage.blocks}
    home = next(iter(homes))
    return home if len(homes) == 1 and not any(_within(home, one) for one in others) else ""


def _of_layers(stage: Stage, others: Sequence[Stage]) -> str:
    if stage.blocks and len(stage.layers) == len(stage.blocks[0].layers):
        return stage.blocks[0].path
    owners = [layer for layer in stage.layers if layer.value] or stage.layers
    shared = _shared([layer.path for layer in owners]) if len(owners) > 1 else ""
    if shared and not any(_within(shared, one) for one in others):
        return shared
    telling = [layer for layer in owners if layer.kind is not Kind.NORMALIZATION] or owners
    paths = list(dict.fromkeys(layer.path.partition("@")[0] for layer in telling))
    return from_to(paths[0], paths[-1]) if len(paths) > 1 else paths[0]


def _within(path: str, stage: Stage) -> bool:
    return any(layer.path.startswith(f"{path}.") for layer in stage.layers)


def _shared(paths: Sequence[str]) -> str:
    """The module that all of these are in."""
    columns = zip(*(path.split(".") for path in paths), strict=False)
    return ".".join(names[0] for names in takewhile(lambda names: len(set(names)) == 1, columns))


def from_to(first: str, last: str) -> str:
    """features.4–8, inception3a–3b: where two paths part, without the letters that both begin with."""
    if first == last:
        return first
    a, b = first.split("."), last.split(".")
    same_until = next(
        (i for i, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1]), min(len(a), len(b)) - 1
    )
    ends = [re.fullmatch(r"(\D*)(\w*)", one[same_until]) for one in (a, b)]
    until = ends[1][2] if ends[0] and ends[1] and ends[0][1] == ends[1][1] and ends[1][2] else b[same_until]
    return f"{'.'.join(a[: same_until + 1])}–{until}"
