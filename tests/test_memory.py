"""What a process remembers changes no result: it is forgotten when rules change, told apart by value, and bounded."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from torch import nn

import explainer
from explainer import memory
from explainer.memory import Memory, cached_property, worked_out_once
from explainer.rules import Parameters, Registry, default_registry
from explainer.rules.base import Rule
from explainer.tracing.call import Call
from tests.nets import walked


def test_a_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST", 3)
    kept: Memory[int] = Memory()
    for number in range(7):
        kept.keep(number, number)
    assert list(kept) == [6]


def test_a_changed_rule_is_heard_at_once() -> None:
    registry = Registry(default_registry().rules)
    net = nn.Sequential(nn.Linear(3, 4))

    def parameters() -> int:
        value: int = walked(net, (1, 3), registry=registry).layers[0].value
        return value

    assert parameters() == parameters() == 16
    linear = registry.named("linear")
    assert linear is not None
    original = linear.parameters

    def doubled(call: Call) -> Parameters:
        found = original(call)
        return replace(found, formula=2 * found.formula)

    other: Rule = replace(linear, parameters=doubled)
    registry.add(other, replace=True)
    assert parameters() == 32


def test_the_second_explanation_is_the_first_one() -> None:
    """Also where a like layer elsewhere has other settings: 1, 1.0 and True are not one."""
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding="same"), nn.Dropout(1), nn.ReLU())
    first, second = (explainer.explain(net, (1, 3, 8, 8), lang="zh,en").to_markdown() for _ in range(2))
    assert first == second


@dataclass(frozen=True)
class Thing:
    number: int

    @cached_property
    def twice(self) -> int:
        """Doubled."""
        made.append(self.number)
        return 2 * self.number


made: list[int] = []


def test_what_was_worked_out_goes_with_its_object() -> None:
    @worked_out_once
    def thrice(thing: Thing) -> int:
        made.append(-thing.number)
        return 3 * thing.number

    made.clear()
    one = Thing(5)
    assert [one.twice, one.twice, thrice(one), thrice(one)] == [10, 10, 15, 15]
    assert made == [5, -5]
    assert one == Thing(5) and hash(one) == hash(Thing(5)) and repr(one) == "Thing(number=5)"
    assert thrice(replace(one, number=6)) == 18 and Thing.twice.__doc__ == "Doubled."
