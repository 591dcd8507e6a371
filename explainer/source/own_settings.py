"""A configuration that a constructor wants and nobody can type: an object of the user's own file.

`Net(config)` is built with the file's `Config()`, if every field of it has a default, or with the file's own `config`;
`--arg config.width=16` sets a field of it. Where the file has neither, the fields given so are the configuration.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any

from explainer.errors import is_users
from explainer.i18n.bilingual import Bi

NAMES = {"config", "cfg", "conf", "configs", "configuration", "args", "opt", "opts", "options", "hparams", "hps", "params", "settings"}  # fmt: skip
_LITERALS = (bool, int, float, str, bytes, list, tuple, set, type(None))

USED = Bi(zh="参数 {name} 用了文件里的 {what}。", en="{name} is the file's own {what}.")


class Settings(dict[str, Any]):
    """A configuration of the fields given on the command line, read as `c.width` or as `c["width"]`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(name) from error


def with_settings(make: Callable[..., Any], arguments: Mapping[str, Any]) -> tuple[dict[str, Any], list[Bi]]:
    """The arguments with configurations of the file's own in them, and a sentence for each that was taken.

    `config.width` among the arguments is a field of the configuration `config`.
    """
    given = {name: value for name, value in arguments.items() if "." not in name}
    fields: dict[str, dict[str, Any]] = {}
    for name, value in arguments.items():
        if "." in name:
            owner, _, field = name.partition(".")
            fields.setdefault(owner, {})[field] = value
    said = []
    for name, parameter in _wanted(make).items():
        if name in given or (parameter.default is not parameter.empty and name not in fields):
            continue
        found = _found(make, name, parameter)
        if found is not None:
            given[name], what = found
            said.append(USED.format(name=name, what=what))
        elif name in fields:
            given[name] = Settings()
    for owner, values in fields.items():
        if owner not in given:
            given.update({f"{owner}.{field}": value for field, value in values.items()})  # refused by its name
            continue
        for field, value in values.items():
            _set(given[owner], field, value)
    return given, said


def _wanted(make: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    try:
        parameters = inspect.signature(make).parameters
    except (TypeError, ValueError):
        return {}
    return {name: p for name, p in parameters.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}


def _found(make: Callable[..., Any], name: str, parameter: inspect.Parameter) -> tuple[Any, str] | None:
    """The configuration for a parameter, and what it is called in the file."""
    home = str(getattr(make, "__module__", ""))
    names = vars(sys.modules[home]) if home in sys.modules else {}
    for key in (name, name.upper()):
        value = names.get(key)
        if value is not None and not isinstance(value, (*_LITERALS, type)) and not callable(value):
            return value, key
    kinds = [value for value in names.values() if isinstance(value, type)]
    named = [kind for kind in kinds if _is_named(kind, parameter.annotation) and kind not in _LITERALS]
    kinds = [kind for kind in kinds if _is_users(kind)]
    if not named and name.lower() in NAMES:
        named = [kind for kind in kinds if kind.__name__.lower().endswith(("config", "cfg", "args", "options", "hparams", "settings"))]  # fmt: skip
    if len(named) != 1 or not _needs_nothing(named[0]):
        return None
    try:
        return named[0](), f"{named[0].__name__}()"
    except Exception:
        return None


def _is_users(kind: type) -> bool:
    """Of this file or one beside it, not of a library."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return isinstance(file, str) and is_users(file)


def _is_named(kind: type, annotation: Any) -> bool:
    return annotation is kind or (isinstance(annotation, str) and annotation.strip("'\" ") == kind.__name__)


def _needs_nothing(kind: type) -> bool:
    try:
        inspect.signature(kind).bind()
    except (TypeError, ValueError):
        return False
    return True


def _set(owner: Any, field: str, value: Any) -> None:
    head, dot, rest = field.partition(".")
    if dot:
        inner = owner.get(head) if isinstance(owner, dict) else getattr(owner, head, None)
        _set(Settings() if inner is None else inner, rest, value)
    elif isinstance(owner, dict):
        owner[field] = value
    else:
        setattr(owner, field, value)
