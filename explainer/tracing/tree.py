"""A model must be a tree of modules (or share some), never one that contains itself: torch's own walks would not end."""

from __future__ import annotations

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
