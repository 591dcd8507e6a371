"""A model must be a tree of modules (or share some), never one that contains itself: torch's own walks would not end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible

CONTAINS_ITSELF = Bi(
    zh="模块“{path}”（{kind}）直接或间接地包含自己，这样的模型无法运行。请去掉这一引用。",
    en="The module '{path}' ({kind}) contains itself, directly or by others, so the model cannot run. Remove that reference.",
)


def check_tree(model: nn.Module) -> None:
    """Raises UserError where a module is one of its own descendants."""
    open_modules = {id(model)}
    sound: set[int] = set()
    way = [(model, "", iter(list(model._modules.items())))]
    while way:
        module, path, children = way[-1]
        step = next(children, None)
        if step is None:
            way.pop()
            open_modules.discard(id(module))
            sound.add(id(module))
            continue
        name, child = step
        inside = f"{path}.{name}" if path else name
        if child is None or id(child) in sound:
            continue
        if id(child) in open_modules:
            raise UserError(CONTAINS_ITSELF.format(path=visible(inside), kind=visible(type(child).__name__)))
        open_modules.add(id(child))
        way.append((child, inside, iter(list(child._modules.items()))))


FRAMES_A_LEVEL = 20  # of Python, for one module inside another while it is called, copied, or walked
DEEPEST = 2_000  # levels; each takes the machine's own stack as well


@contextmanager
def deep_enough(model: nn.Module) -> Iterator[None]:
    """Python's limit on recursion, raised for a model whose modules are nested deeply: our own frames are on the way too."""
    limit = sys.getrecursionlimit()
    levels = min(_levels(model), DEEPEST)
    sys.setrecursionlimit(max(limit, 1_000 + FRAMES_A_LEVEL * levels))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _levels(model: nn.Module) -> int:
    """How many modules are inside one another, at most."""
    depth: dict[int, int] = {id(model): 1}
    waiting = [model]
    while waiting:
        module = waiting.pop()
        for child in module._modules.values():
            if child is not None and depth.get(id(child), 0) <= depth[id(module)] < DEEPEST:
                depth[id(child)] = depth[id(module)] + 1
                waiting.append(child)
    return max(depth.values())
