"""Every symbol of every rule says what it stands for, and the same letter with another role is another thing to code."""

from __future__ import annotations

from random import Random

import pytest
from torch import nn

from explainer.derive.pipeline import walk_model
from explainer.errors import UserError
from explainer.formula.role import OPTIONS, Role
from explainer.formula.tree import Symbol
from explainer.rules import Rule, default_registry
from explainer.vocabulary import symbols

RULES = default_registry().rules


class Alone(nn.Module):
    def __init__(self, built: object) -> None:
        super().__init__()
        self.layer = built

    def forward(self, *inputs: object) -> object:
        return self.layer(*inputs)  # type: ignore[operator]


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_every_symbol_has_a_role(rule: Rule) -> None:
    random = Random(f"roles {rule.name}")
    for _ in range(3):
        sample = rule.sample(random)
        try:
            walk = walk_model(Alone(sample.build()), sample.inputs(), {}, name="x", source="x")
        except UserError:
            continue
        for layer in walk.layers:
            figures = [layer.params, layer.macs, *(size for _, size in layer.shape)]
            found = {symbol for figure in figures if figure for symbol in figure.values}
            assert [symbol.name for symbol in found if symbol.role is None] == []


def test_one_letter_may_have_two_roles() -> None:
    """k of a convolution and of a pooling window, D of features and of depth."""
    assert {symbol.role for symbol in (*symbols.kernel(2), *symbols.kernel(3))} == {Role.KERNEL}
    assert {symbol.role for symbol in symbols.window(1)} == {Role.WINDOW}
    depth = symbols.sizes(3)[0]
    assert depth.name == symbols.D.name and (depth.role, symbols.D.role) == (Role.SIZE, Role.FEATURES)
    assert {symbol.role for symbol in symbols.padding((1, 2))} == {Role.PADDING} <= OPTIONS


def test_a_role_is_no_part_of_equality() -> None:
    """A student's k is the layer's."""
    assert Symbol("k", symbols.N.meaning) == symbols.kernel(1)[0]
