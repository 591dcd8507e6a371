"""Why something has no effect, where attention's cost meets the rest, what V is: said of families put together here."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from explainer.document.builder import Page
from explainer.formula.tree import Number, Symbol
from explainer.i18n.bilingual import Bi, same
from explainer.lesson.card_letters import of_family, tables_of
from explainer.lesson.exercises import _worked
from explainer.lesson.family_idle import without_effect
from explainer.lesson.family_macs import growth
from explainer.lesson.held_tensors import name_of_held
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import V
from explainer.walkthrough.family import Domain, Family, Hyper, Part

d, L, T, E, k, n_h, T_max = (Symbol(name, same(name)) for name in ("d", "L", "T", "E", "k", "n_h", "T_max"))
VOCABULARY = Symbol("V", Bi("词表大小", "size of the vocabulary"))


def family(*hypers, parts=(), divides=()):
    return Family(tuple(Hyper(*one) for one in hypers), parts, Domain(divides=divides), builds=1)


def text(words):
    return "".join(getattr(part, "text", None) or str(part) for one in words for part in one["en"])


def test_heads_share_the_width():
    heads = ("n_head", n_h, 12, "without_effect")
    said = text(
        without_effect(
            Page(("en",), "handout"), family(("n_embd", d, 768, "free"), heads, divides=(("n_head", "n_embd"),))
        )
    )
    assert "768/12 = 64 each" in said and "n_head" in said
    bare = text(without_effect(Page(("en",), "handout"), family(("n_embd", d, 768, "free"), heads)))
    assert "768" not in bare and "does not change" in bare


def test_experts_and_dropout_have_their_reasons_and_the_rest_none():
    hypers = [
        (name, same_, value, "without_effect")
        for name, same_, value in (("top_k", k, 2), ("resid_pdrop", L, 0.1), ("eps", d, 1))
    ]
    said = text(without_effect(Page(("en",), "handout"), family(("experts", E, 8, "free"), *hypers)))
    assert (
        "all 8 are in the model" in said
        and "learns nothing" in said
        and said.endswith("eps does not change the number of parameters.")
    )


@pytest.mark.parametrize(("longest", "never"), [(1024, True), (8192, False)])
def test_a_length_that_the_model_does_not_take_is_said_to_be_none(longest, never):
    whole = Part("", "", Number(1), L * (12 * d * d * T + 2 * d * T * T))
    macs = family(("d", d, 768, "free"), ("L", L, 12, "free"), ("tokens", T, 128, "free"), parts=(whole,))
    page = Page(("en",), "handout")
    growth(page, macs, family(("n_positions", T_max, longest, "free")))
    said = text([page.blocks[0].words])
    assert "4608" in said and ("longest sequence is 1024" in said) is never


def embedding(path, rows):
    return SimpleNamespace(kind=Kind.EMBEDDING, params=SimpleNamespace(values={V: rows}), counted=rows, path=path)


def test_the_rows_of_each_table_are_told_apart():
    parts = (Part("wte", "", Number(1), VOCABULARY * d), Part("wpe", "", Number(1), T_max * d))
    found = family(("vocab", VOCABULARY, 500, "free"), ("n", T_max, 64, "free"), ("d", d, 8, "free"), parts=parts)
    walk = SimpleNamespace(layers=[embedding("wte", 500), embedding("wpe", 64)], family=found)
    assert tables_of(walk, found) == {"wte": VOCABULARY, "wpe": T_max}
    said = text(of_family(Page(("en",), "handout"), walk, []))
    assert "size of the vocabulary" in said and "wpe" in said
    alone = SimpleNamespace(layers=[embedding("wte", 500)], family=found)
    assert of_family(Page(("en",), "handout"), alone, []) == []


@pytest.mark.parametrize(
    ("operation", "shape", "result", "said"),
    [
        ("mul", (96, 1, 1), (1, 96, 7, 7), "逐通道缩放因子"),
        ("add", (384,), (1, 196, 384), "逐维平移"),
        ("mul", (7,), (1, 96, 7, 7), "可学习的参数张量"),
        ("mul", (196, 1), (1, 196, 384), "可学习的参数张量"),
        ("div", (384,), (1, 196, 384), "可学习的参数张量"),
    ],
)
def test_a_scale_is_called_so_where_its_use_shows_it(operation, shape, result, said):
    call = SimpleNamespace(type=operation, output_shapes=(result,), inputs=(0,), operands=())
    part = SimpleNamespace(
        layers=(SimpleNamespace(index=1, kind=Kind.ELEMENTWISE, call=call),),
        raw=(SimpleNamespace(name="block.gamma", shape=shape, used_by=(1,)),),
        template=SimpleNamespace(rows=(SimpleNamespace(path="block"),)),
    )
    assert name_of_held(part, "gamma").zh == said


def test_an_answer_begins_with_its_numbers_put_in_even_where_they_are_long():
    numbers = sum((Number(n) * Number(1_234_567) for n in range(12, 20)), Number(11))
    first, _, last = _worked((numbers, Number(5)))
    assert (first.expr, last.expr) == (numbers, Number(5))
