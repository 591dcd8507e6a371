"""What is drawn for a sheet: handy numbers by their meaning, and what multiplies a bias."""

from __future__ import annotations

from random import Random

import pytest

from explainer.drawing.handy_random import HandyRandom
from explainer.formula.normal_form import slope
from explainer.formula.tree import Expr, Rounded
from explainer.i18n.bilingual import same
from explainer.rules.draw import channels, side
from explainer.vocabulary.symbols import C_in, C_out, Symbol, bias, groups


def test_a_sampler_takes_any_chance() -> None:
    for seed in range(20):
        assert channels(Random(seed), 64) == Random(seed).randint(1, 64)
        assert side(Random(seed), 2, 9) == Random(seed).randint(2, 9)


@pytest.mark.parametrize(("level", "least"), [(1, 1.0), (2, 0.9), (3, 0.5)])
def test_sides_are_often_equal_and_channels_are_not(level: int, least: float) -> None:
    pairs = [HandyRandom(Random(seed), level) for seed in range(400)]
    sides = sum(side(chance, 1, 64) == side(chance, 1, 64) for chance in pairs) / len(pairs)
    counts = sum(channels(chance, 64) == channels(chance, 64) for chance in pairs) / len(pairs)
    assert sides >= least - 0.06 and counts < 0.2


def test_numbers_are_round_and_within_their_bounds() -> None:
    chance = HandyRandom(Random(3), 2)
    drawn = {channels(chance, 1000) for _ in range(300)}
    assert drawn <= set(range(1, 513)) and not drawn & {57, 131, 499}
    assert {side(chance, 10, 24) for _ in range(100)} <= {10, 12, 14, 16, 20, 24}


k = Symbol("k", same("k"))


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ((k * k * C_in + bias) * C_out, (1, (("C_out", 1),))),
        ((k * k * C_in / groups + bias) * C_out, (1, (("C_out", 1),))),
        (2 * C_in * (C_out + bias + bias), (4, (("C_in", 1),))),
        (C_in * C_out + bias, (1, ())),
        (C_in * C_out, None),
        ((C_in + bias) * (C_out + bias), None),
        ((C_in + bias) * (C_out + k), None),
        (C_in / (C_out + bias), None),
        (bias / C_out, None),
        (Rounded(C_in + bias, C_out) + 1, None),
    ],
)
def test_what_a_bias_is_multiplied_by(formula: Expr, expected: object) -> None:
    assert slope(formula, bias) == expected
