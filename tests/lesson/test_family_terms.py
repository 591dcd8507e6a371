"""Where the terms of a family's formula come from."""

import pytest

from explainer.document.builder import Page
from explainer.formula.tree import Number, Symbol
from explainer.i18n.bilingual import same
from explainer.lesson.family_terms import origins
from explainer.walkthrough.family import Domain, Family, Hyper, Part

K, d, L = (Symbol(name, same(name)) for name in "KdL")


def said(*parts, symbols=(K, d, L)):
    family = Family(tuple(Hyper(s.name, s, 2, "free") for s in symbols), parts, Domain(), builds=9)
    found = origins(Page(("en",), "handout"), family)
    return "".join(str(one) for words in found for one in words["en"])


def part(path, formula, times=1, parts=()):
    return Part(path, "Layer", Number(1) if times == 1 else times, formula, parts)


def test_a_symbol_of_one_layer_is_traced_to_it_with_the_bias_that_makes_its_number():
    text = said(part("conv", Number(500)), part("head", (Number(4096) + 1) * K))
    assert "head" in text and "4096" in text and "the rest comes from the other layers" in text


def test_one_term_a_part_is_a_list():
    text = said(part("wte", K * d), part("h.0", 12 * d * d + 13 * d, times=L), part("ln", 2 * d))
    assert text.startswith("Its terms are") and [text.index(name) for name in ("wte", "'h'", "ln")] == sorted(
        text.index(name) for name in ("wte", "'h'", "ln")
    )


@pytest.mark.parametrize("others", [1, 2])
def test_a_term_that_two_layers_share_is_no_layers_own(others):
    layers = [part(f"fc{i}", 3 * K) for i in range(others)]
    text = said(part("conv", Number(500) * d), *layers, part("last", 5 * d))
    assert ("fc0" in text) is (others == 1) and "last" not in text


def test_a_term_that_twins_share_with_a_layer_is_not_that_layers_own():
    twins = part("", None, times=Number(2), parts=(part("mean", 4 * K),))
    assert "last" not in said(part("conv", d * d), twins, part("last", 7 * K))


def test_a_layer_is_named_for_all_of_its_terms_or_for_none():
    text = said(part("a", d * K + K), part("b", d * K + d), part("c", 3 * L))
    assert "'c'" in text and "'a'" not in text and "'b'" not in text
