"""The registry of rules: which rule explains which call.

Adding a layer is adding one file with `RULES` to `layers/` or `functions/`; it is found there.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from importlib import metadata
from itertools import islice
from typing import Any

from torch import nn

from explainer.memory import Memory
from explainer.rules import functions, layers
from explainer.rules.base import Rule
from explainer.tracing.call import Call

MOST_RULES = 10_000  # of one entry point; an iterable may have no end


class Registry:
    """Rules by class and by function name.

    broken: what installed packages offer and cannot be used, with the reason; the others work all the same.
    answers: what these rules have said of calls that were alike, for whoever asks again; forgotten when the rules change.
    """

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.rules: list[Rule] = []
        self.broken: list[tuple[str, str]] = []
        self._classes: dict[type[nn.Module], Rule] = {}
        self._names: dict[str, Rule] = {}
        self._functions: dict[str, Rule] = {}
        self._of_class: dict[type[nn.Module], Rule | None] = {}  # what `for_module` found, until the rules change
        self.answers: Memory[Any] = Memory()
        for rule in rules:
            self.add(rule)

    def add(self, rule: Rule, *, replace: bool = False) -> None:
        """Register a rule; the same rule again changes nothing, and the same lines run again put the newer in its place.

        replace: it takes the place of a rule of its name, and the targets that others have.
        Raises ValueError if its name or one of its targets is taken, TypeError for what is no rule; nothing has changed then.
        """
        if not isinstance(rule, Rule):
            raise TypeError(f"{type(rule).__name__} is no Rule")
        if rule in self.rules:
            return
        self._forget()
        again = any(_same_lines(rule, other) for other in self.rules)
        if not replace and not again:
            self._check_free(rule)
        self.rules = [other for other in self.rules if other.name != rule.name]
        tables: tuple[dict[Any, Rule], ...] = (self._classes, self._names, self._functions)
        for table in tables:
            for target in [target for target, other in table.items() if other.name == rule.name]:
                del table[target]
        self.rules.append(rule)
        for module in rule.modules:
            for table, target in self._same_class(module):
                del table[target]
            self._table(module)[module] = rule
        for function in rule.functions:
            self._functions[function] = rule

    def take_over(self, other: Registry) -> None:
        """Have the rules that `other` has, and no more."""
        self._forget()
        self.rules, self._classes = list(other.rules), dict(other._classes)
        self._names, self._functions = dict(other._names), dict(other._functions)

    def _forget(self) -> None:
        self._of_class.clear()
        self.answers.clear()

    def _table(self, module: type[nn.Module] | str) -> dict[Any, Rule]:
        return self._names if isinstance(module, str) else self._classes

    def _same_class(self, module: type[nn.Module] | str) -> list[tuple[dict[Any, Rule], type[nn.Module] | str]]:
        """Where a class has a rule, by itself or by its name."""
        called = module if isinstance(module, str) else _name_of(module)
        found: list[tuple[dict[Any, Rule], type[nn.Module] | str]] = (
            [(self._names, called)] if called in self._names else []
        )
        for cls in (
            [module] if not isinstance(module, str) else [each for each in self._classes if _name_of(each) == called]
        ):
            found += [(self._classes, cls)] if cls in self._classes else []
        return found

    def _check_free(self, rule: Rule) -> None:
        if any(rule.name == other.name for other in self.rules):
            raise ValueError(f"a rule named {rule.name!r} exists already; register(rule, replace=True) replaces it")
        for module in rule.modules:
            if any(self._same_class(module)):
                raise ValueError(f"{module} has a rule already")
        for function in rule.functions:
            if function in self._functions:
                raise ValueError(f"the function {function} has a rule already")

    def fingerprint(self) -> tuple[str, ...]:
        """The names of all rules, in order: which registry a walkthrough was made with."""
        return tuple(rule.name for rule in self.rules)

    def named(self, name: str) -> Rule | None:
        """The rule of that name."""
        return next((rule for rule in self.rules if rule.name == name), None)

    def for_module(self, module: nn.Module) -> Rule | None:
        """The rule of the module's class or of the nearest base; none if a subclass has its own `forward`.

        Such a subclass may do anything: its forward is followed instead of believed.
        """
        cls = type(module)
        if not cls.__module__.startswith("torch.nn."):  # a user's class may change, and shall not be kept alive
            return self._for_class(cls)
        if cls not in self._of_class:
            self._of_class[cls] = self._for_class(cls)
        return self._of_class[cls]

    def _for_class(self, cls: type[nn.Module]) -> Rule | None:
        for base in cls.__mro__:
            rule = self._classes.get(base) or self._names.get(_name_of(base))
            if rule:
                return rule if getattr(cls, "forward", None) is getattr(base, "forward", None) else None
            if base is nn.Module:
                return None
        return None

    def for_parameters(self, module: nn.Module) -> Rule | None:
        """The rule of the nearest base, whatever the subclass's `forward`: for parameters alone."""
        for base in type(module).__mro__:
            rule = self._classes.get(base) or self._names.get(_name_of(base))
            if rule:
                return rule
        return None

    def for_call(self, call: Call) -> Rule | None:
        return self.for_module(call.module) if call.module is not None else self._functions.get(call.type)

    def is_atomic(self, module: nn.Module) -> bool:
        """Whether a module is explained as one call: it has a rule, or it is a plain layer of torch's own."""
        if self.for_module(module):
            return True
        home = type(module).__module__
        container = home == "torch.nn.modules.container"  # an empty Sequential is no step
        return home.startswith("torch.nn.modules.") and not container and not list(module.children())


def _name_of(cls: type[nn.Module]) -> str:
    """ "package.module.Class", as a rule may name it."""
    return f"{cls.__module__}.{cls.__qualname__}"


def _same_lines(rule: Rule, other: Rule) -> bool:
    """Whether a rule's file was imported a second time: the same lines, compiled anew."""
    ours, theirs = (getattr(one.output, "__code__", None) for one in (rule, other))
    if rule.name != other.name or ours is None or theirs is None or ours is theirs:
        return False
    return bool(ours == theirs and ours.co_filename == theirs.co_filename)


def _own_rules() -> Iterator[Rule]:
    """The rules of every file in `layers/` and `functions/`."""
    for package in (layers, functions):
        for found in pkgutil.iter_modules(package.__path__):
            yield from importlib.import_module(f"{package.__name__}.{found.name}").RULES


def plugged_in(registry: Registry, entries: Iterable[metadata.EntryPoint]) -> None:
    """Add what installed packages name: each entry point one rule or several, all of them or, if one is wrong, none.

    Raises nothing: whatever is wrong with somebody else's package is in `registry.broken`.
    """
    for entry in entries:
        before = Registry()
        before.take_over(registry)
        try:
            found = entry.load()
            for rule in [found] if isinstance(found, Rule) else islice(found, MOST_RULES):
                registry.add(rule)
        except (Exception, SystemExit) as error:  # a module that is meant as a script ends the process
            registry.take_over(before)
            registry.broken.append((f"{entry.name} = {entry.value}", f"{type(error).__name__}: {error}"))


@functools.cache
def default_registry() -> Registry:
    """The rules that come with the package, and those of installed packages (entry points `explainer.rules`)."""
    registry = Registry(_own_rules())
    plugged_in(registry, metadata.entry_points(group="explainer.rules"))
    return registry


def register(rule: Rule, *, replace: bool = False) -> Rule:
    """Add a rule of your own for this process; the same rule twice is the same as once.

    replace: instead of the rule of the same name, or of the same layer. Raises ValueError if its name or a target is
    taken. An installed package names its rules as entry points of the group `explainer.rules` instead.

    >>> explainer.register(scale_rule)                    # doctest: +SKIP
    """
    default_registry().add(rule, replace=replace)
    return rule
