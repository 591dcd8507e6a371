"""What a name in a user's file stands for: a class, a function that returns a model, or a model."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from torch import nn

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, same, words_in_a_row
from explainer.i18n.printable import visible
from explainer.source.build import build
from explainer.source.out_of_reach import out_of_reach
from explainer.source.outermost import outermost
from explainer.source.own_settings import with_settings
from explainer.source.recipe import MadeBy
from explainer.source.settings import unshared

NO_MODEL = Bi(
    zh="{file} 里的“{name}”不是模型：应为 nn.Module 的子类，或返回模型的函数。",
    en="'{name}' in {file} is no model: it should be a subclass of nn.Module or a function that returns one.",
)
NOT_THERE = Bi(zh="{file} 里没有“{name}”。{classes}{near}", en="{file} has no '{name}'.{classes}{near}")
SEVERAL = Bi(
    zh="{file} 里有几个{kinds}：{own}。请指明一个，例如 {path}:{first}。",
    en="{file} has several {kinds}: {own}. Name one, for example {path}:{first}.",
)
TAKEN = Bi(
    zh="{file} 里有几个模型类：{own}。取用 {taken}，因为其余各类都为它所用；要看别的类，请写 {path}:{first}。",
    en="{file} has several model classes: {own}. {taken} is taken, since it uses all the others; for another write {path}:{first}.",
)
NONE = Bi(zh="{file} 里没有模型类（nn.Module的子类）。", en="{file} has no model class (no subclass of nn.Module).")
CLASSES, MODELS = Bi("模型类", "model classes"), Bi("模型", "models")


def model_named(
    module: ModuleType, name: str, shown: str, arguments: Mapping[str, Any], source: str = ""
) -> tuple[nn.Module, str, list[Bi], MadeBy | None]:
    """The model of that name, without a name the only one of the file; its name, and what is to be said of how it was built;
    what it was built by, if we built it.

    shown: how sentences call the file; source: how the user wrote it, for what is to be typed. Raises UserError.
    """
    said: list[Bi] = []
    own = [key for key, value in vars(module).items() if _is_model_class(value) and value.__module__ == module.__name__]
    if not name:
        name, said = _only(module, own, shown, source or shown)
    found: Any = module
    for part in name.split("."):  # `Net.small`: a class method that builds one
        found = getattr(found, part, None)
    if found is None:
        raise UserError(out_of_reach(module, name, shown) or _not_there(module, own, name, shown))
    if isinstance(found, nn.Module):
        return found, name, said, None
    if not callable(found):
        raise UserError(NO_MODEL.format(file=shown, name=name))
    settings, notes = with_settings(found, arguments)
    given = {
        key: value
        for key, value in settings.items()
        if key in {word.partition(".")[0] for word in arguments} | {*arguments}
    }
    model = build(found, name, unshared(settings), shown=given)
    return model, name, [*said, *notes], MadeBy(found, settings)


def _only(module: ModuleType, own: Sequence[str], shown: str, source: str) -> tuple[str, list[Bi]]:
    """The file's only model class, or the one that all others are parts of; where it has no class, its only model."""
    models = [key for key, value in vars(module).items() if isinstance(value, nn.Module)]
    candidates, kinds = (own, CLASSES) if own else (models, MODELS)
    if len(candidates) == 1:
        return candidates[0], []
    if not candidates:
        raise UserError(out_of_reach(module, "", shown) or NONE.format(file=shown))
    whole = outermost(own, vars(module))
    if len(whole) == 1:
        other = next(name for name in own if name not in whole)
        return whole[0], [TAKEN.format(file=shown, own=_listed(own), taken=whole[0], path=visible(source), first=other)]
    first = _likeliest(whole or candidates, shown)
    raise UserError(SEVERAL.format(file=shown, kinds=kinds, own=_listed(candidates), path=visible(source), first=first))


def _likeliest(names: Sequence[str], shown: str) -> str:
    """An example to write: the one that is called as the file is, else the last, which is often built of the others."""
    stem = shown.removesuffix(".py").replace("_", "").lower()
    return next((name for name in names if name.lower() == stem), names[-1])


def _not_there(module: ModuleType, own: Sequence[str], name: str, shown: str) -> Bi:
    known = [key for key, value in vars(module).items() if callable(value)]
    found = difflib.get_close_matches(name, known, n=1)
    near = Bi(f"是不是想写 {found[0]}？", f" Did you mean {found[0]}?") if found else same("")
    listed = _listed(own)
    classes = Bi(f"其中的模型类有：{listed.zh}。", f" Its model classes: {listed.en}.") if own else same("")
    return NOT_THERE.format(classes=classes, near=near, file=shown, name=name)


def _listed(names: Sequence[str]) -> Bi:
    return words_in_a_row(names)


def _is_model_class(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, nn.Module)
