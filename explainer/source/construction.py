"""What a model is really built with: the class behind a library's function, or the configuration; and building it otherwise."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, words_in_a_row
from explainer.source.arguments import literal
from explainer.source.build import build, check_arguments
from explainer.source.libraries import near_names
from explainer.source.recipe import MadeBy, constructor_of, quietly, settings_of
from explainer.source.settings import arguments_of, fields_of, with_numbers

NOT_KNOWN = Bi(
    zh="不知道这个模型是怎样构造的（它是现成的实例，或者只有权重），所以不能换参数再构造：请给出类或模型名。",
    en="It is not known how this model is built (it is an instance, or there are only weights), so that it cannot be built "
    "with other arguments: name a class or a model.",
)
NO_ARGUMENT = Bi(
    zh="{model}没有构造参数“{name}”。{near}可用的有：{known}。",
    en="{model} is built with no argument '{name}'.{near} There are: {known}.",
)
FIXED = Bi(
    zh="{model}自己给定了“{name}”，不能从外面改：要改它，请直接写出它所构造的类。",
    en="{model} sets '{name}' itself: to change it, name the class that it builds.",
)
NO_ARGUMENTS = Bi("无", "none")
NOT_SO = Bi(
    zh="--what-if “{text}”的写法不对：应为 --what-if 名称=值，例如 --what-if num_classes=10。",
    en="--what-if '{text}' is not of the form name=value: write for example --what-if num_classes=10.",
)
NO_ENTRY = Bi(
    zh="{list}有{n}项，编号从0到{last}，没有{name}。",
    en="{list} has {n:entry|entries}, numbered from 0 to {last}; there is no {name}.",
)
TWICE = Bi(zh="--what-if 给了两次 {name}：请只写一个值。", en="--what-if gives {name} twice: write one value only.")
LONGEST = 60
Shown = int | float | str | bool | None


@dataclass(frozen=True)
class Construction:
    """name: of the class; arguments: all that it takes, by name. made: builds it with all of these, or others.

    outer: builds it from what the user's own name for it takes (a library's function), where that is something else; declared:
    whether this function names an argument. extra: whether the class has an argument that was not given.
    behind: what a function that hands its **kwargs on called its class with.
    """

    name: str
    arguments: Mapping[str, Any]
    made: Callable[[Mapping[str, Any]], nn.Module]
    outer: Callable[[Mapping[str, Any]], nn.Module] | None = None
    extra: Callable[[str], bool] = lambda name: False
    declared: Callable[[str], bool] = lambda name: False
    behind: Mapping[str, Any] = field(default_factory=dict)

    def changed(self, changes: Mapping[str, Any]) -> nn.Module:
        """The model with these arguments changed (`layers[2]` is an entry of a list). Raises UserError."""
        inner = {name: value for name, value in changes.items() if self._knows(name)}
        others = {name: value for name, value in changes.items() if name not in inner}
        with quietly():
            if not others:
                return self.made(with_numbers(self.arguments, inner))
            if inner or self.outer is None:
                raise UserError(self._unknown(next(iter(others))))
            try:
                model = self.outer(others)
            except UserError as error:
                raise UserError(self._unknown(next(iter(others)))) from error
            if not all(map(self.declared, others)) and repr(model) == repr(self.outer({})):
                raise UserError(self._unknown(next(iter(others))))  # lost in the function's **kwargs
            return model

    def before(self, name: str) -> Any:
        """What an argument is now; None where only the library's function has it."""
        head, _, rest = name.partition("[")
        if "." in name or not rest:
            known = {**self.behind, **self.arguments}
            return plain_arguments(known).get(name, known.get(name))
        return self.arguments[head][int(rest[:-1])]

    def _knows(self, name: str) -> bool:
        head, bracket, rest = name.partition("[")
        if "." in name:
            return name in plain_arguments(self.arguments)
        if bracket:
            row = self.arguments.get(head)
            return isinstance(row, list | tuple) and rest[:-1].isdigit() and int(rest[:-1]) < len(row)
        return name in self.arguments or self.extra(name)

    def _unknown(self, name: str) -> Bi:
        head, bracket, _ = name.partition("[")
        row = self.arguments.get(head)
        if bracket and isinstance(row, list | tuple) and row:
            return NO_ENTRY.format(list=head, n=len(row), last=len(row) - 1, name=name)
        known = [
            one
            for one, value in plain_arguments({**self.behind, **self.arguments}).items()
            if value is not None and not one.endswith("_token_id")
        ]
        shown = words_in_a_row(known) if known else NO_ARGUMENTS
        return NO_ARGUMENT.format(model=self.name, name=name, near=near_names(name, known), known=shown)


def construction_of(made_by: MadeBy | None) -> Construction:
    """How a model was built. Raises UserError where that is not known, or it cannot be built again."""
    if made_by is None:
        raise UserError(NOT_KNOWN)
    if made_by.configuration is not None:
        return _configured(made_by)
    make, arguments = made_by.make, arguments_of(made_by.make, made_by.arguments)
    outer = None
    if made_by.library:
        outer_make, given = make, made_by.arguments
        make, arguments = constructor_of(make, given)

        def outer(changes: Mapping[str, Any]) -> nn.Module:
            return build(outer_make, _name(outer_make), {**given, **changes}, shown={})

    if not made_by.library and not isinstance(make, type) and _hands_on(make):
        return _through(make, arguments)

    def made(given: Mapping[str, Any]) -> nn.Module:
        check_arguments(make, _name(make), given, given)
        return build(make, _name(make), given, shown={})

    declared = _optional(made_by.make)
    return Construction(
        _name(make), arguments, made, outer, lambda name: name in _optional(make), lambda name: name in declared
    )


def _through(make: Callable[..., Any], arguments: Mapping[str, Any]) -> Construction:
    """A user's function with **kwargs: it takes the arguments of the class behind it as well, if they arrive there."""
    behind = constructor_of(make, arguments)[1]

    def made(given: Mapping[str, Any]) -> nn.Module:
        added = {name: value for name, value in given.items() if name not in _optional(make)}
        if added:
            try:
                arrived = constructor_of(make, given)[1]
            except UserError as error:
                twice = re.search(r"multiple values for (?:keyword )?argument '(\w+)'", error.message.en)
                raise UserError(FIXED.format(model=_name(make), name=twice[1])) if twice else error from error
            if lost := [name for name, value in added.items() if arrived.get(name, make) != value]:
                raise UserError(found._unknown(lost[0]))
        return build(make, _name(make), given, shown={})

    found = Construction(_name(make), arguments, made, extra=lambda name: name in behind, behind=behind)
    return found


def _hands_on(make: Callable[..., Any]) -> bool:
    """Whether a function takes arguments that it does not name."""
    try:
        parameters = inspect.signature(make).parameters.values()
    except (TypeError, ValueError):
        return False
    return any(one.kind is one.VAR_KEYWORD for one in parameters)


def built_with(made_by: MadeBy | None) -> dict[str, Shown]:
    """The arguments of the class, or the settings of the configuration, in a word each; nothing where they are not known."""
    try:
        return plain_arguments(construction_of(made_by).arguments)
    except UserError:
        return {}


def _configured(made_by: MadeBy) -> Construction:
    kind = made_by.configuration
    usual = kind()

    def made(given: Mapping[str, Any]) -> nn.Module:
        return build(lambda: made_by.make(kind(**given)), kind.__name__, {}, shown={})

    def has(name: str) -> bool:
        return hasattr(usual, name) and not callable(getattr(usual, name))

    return Construction(kind.__name__, settings_of(kind, made_by.arguments), made, extra=has)


def _optional(make: Callable[..., Any]) -> set[str]:
    """Arguments without a default that were not given are none of ours to change; all others are."""
    try:
        return set(inspect.signature(make).parameters)
    except (TypeError, ValueError):
        return set()


def _name(make: Any) -> str:
    return str(getattr(make, "__name__", "model"))


def parse_changes(texts: Mapping[str, Any] | tuple[str, ...]) -> dict[str, Any]:
    """`("layers[2]=23",)` → {"layers[2]": 23}. Raises UserError."""
    if isinstance(texts, Mapping):
        return dict(texts)
    changes: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise UserError(NOT_SO.format(text=text))
        if name.strip() in changes:
            raise UserError(TWICE.format(name=name.strip()))
        changes[name.strip()] = literal(value.strip())
    return changes


def plain_arguments(arguments: Mapping[str, Any], prefix: str = "") -> dict[str, Shown]:
    """What of the arguments can be said in a word: numbers, switches, names, lists of numbers by their entries; a class by its name;
    the fields of a configuration.

    >>> plain_arguments({"block": Bottleneck, "layers": [3, 4], "bias": True})    # doctest: +SKIP
    {'block': 'Bottleneck', 'layers': '[3, 4]', 'bias': True}
    """
    found: dict[str, Shown] = {}
    for name, value in arguments.items():
        if isinstance(value, bool | int | float | str) or value is None:
            found[prefix + name] = value
        elif isinstance(value, type):
            found[prefix + name] = value.__name__
        elif isinstance(value, list | tuple) and value and all(isinstance(one, int | float) for one in value):
            text = str(list(value))
            found[prefix + name] = text if len(text) <= LONGEST else f"{text[: LONGEST - 2]} …"
        elif not prefix and (fields := fields_of(value)) is not None:
            found |= plain_arguments(fields, f"{name}.")
    return found
