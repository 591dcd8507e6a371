"""Families: formulas against models really built, within what was tested and beyond."""

import functools
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

import explainer
from explainer.errors import UserError
from explainer.family import FamilyFormulas, Formula
from explainer.formula.tree import Number, Product, Sum, Symbol
from explainer.i18n.bilingual import Bi
from explainer.probing.family import family_of
from explainer.rules import default_registry
from explainer.source.load import load
from explainer.source.recipe import recipe_of
from explainer.walkthrough.family import Domain, Family, Hyper, Part, Range
from explainer.walkthrough.file.read import from_plain
from explainer.walkthrough.file.write import to_plain

NETS = Path(__file__).parent / "nets.py"
LISTS = Path(__file__).parent / "nets_of_lists.py"


def params(model):
    return sum(parameter.numel() for parameter in model.parameters())


@functools.cache
def found(target, **arguments):
    """The recipe of a target, and its family; looked for once, whatever is asked of it."""
    return looked_for(target, arguments)


@functools.cache
def explained(target, *inputs):
    return explainer.explain_source(target, inputs=inputs, lang="en")


def looked_for(target, arguments=None):
    loaded = load(target, arguments)
    recipe = recipe_of(loaded.made_by)
    return recipe, family_of(recipe, default_registry(), params(loaded.model))


def text(family):
    return Formula(family.params).text


@pytest.mark.parametrize(
    ("target", "arguments", "formula", "values", "expected"),
    [
        ("hf:gpt2", {}, "V·d+T_max·d+L·(12d²+13d)+2d", {"n_embd": 1600, "n_layer": 48}, 1_557_611_200),
        (
            "hf:bert",
            {},
            "V·d+d·T_max+d·n_s+3d+L·(4d²+2d·f+9d+f)+d²",
            {"hidden_size": 1024, "num_hidden_layers": 24, "intermediate_size": 4096},
            335_141_888,
        ),
        (
            "hf:LlamaForCausalLM",
            {"num_key_value_heads": 4},
            "2V·d+L·(2d²+2d²·n_kv/n_h+3d·f+2d)+d",
            {"vocab_size": 128_256, "intermediate_size": 14_336, "num_key_value_heads": 8},
            8_030_261_248,
        ),
        (
            "vit_b_16",
            {},
            "5d+3p²·d+I²·d/p²+L·(4d²+2d·f+9d+f)+K·d+K",
            {"image_size": 518, "patch_size": 14, "hidden_dim": 1280, "mlp_dim": 5120, "num_layers": 32},
            633_470_440,
        ),
        (
            "torch.nn:LSTM",
            {"input_size": 10, "hidden_size": 20},
            "4i·d+8L·d²+8L·d−4d²",
            {"input_size": 13, "hidden_size": 29, "num_layers": 5},
            32_944,
        ),
        (f"{NETS}:Same", {}, "i·w+w+D·(w²+w)+w·K+K", {"i": 31, "w": 17, "D": 6, "K": 4}, 2452),
    ],
)
def test_the_formula_gives_members_that_it_was_not_made_from(target, arguments, formula, values, expected):
    recipe, family = found(target, **arguments)
    assert text(family) == formula
    heads = {"hf:gpt2": {"n_head": 25}, "hf:bert": {"num_attention_heads": 16}, "vit_b_16": {"num_heads": 16}}
    member = recipe.make({**recipe.values, **values, **heads.get(target, {})})  # without effect, but it must divide
    assert family.value(values) == expected == params(member)
    assert FamilyFormulas(family).params_at(**values) == expected


def test_resnets_by_their_own_names():
    family = explained("resnet18").family
    assert family.params_at(layers=[3, 4, 6, 3]) == 21_797_672
    assert family.params_at(num_classes=100, **{"layers[2]": 6}) == 15_950_500
    with pytest.raises(UserError, match="layers"):
        family.params_at(layers=[3, 8, 36, 3, 1])


TRICKY = """Capped Rounded RoundedWidth Deeper EvenBias Same Heads ManyCaps MultipleOf AtLeast Choices SmallerFirst HeadsRoundDown
DenseFirst OneHole KeyOfATable Nested Shortcut FewerKeys EveryThird StemOfTwo"""

FEW = (
    "OddInAll",
    "Snapped",
    "Shrinking",
    "LargestOfAll",
)  # every other setting, widths rounded, strides that divide: chance meets few of these
OF_LISTS = (
    """Stages Squeezed HeadsOfStages TiedWhereEqual OddInAll Snapped Windows Shrinking LargestOfAll EqualInside"""
)


@pytest.mark.parametrize(
    ("file", "name"),
    [*((NETS, name) for name in TRICKY.split()), *((LISTS, name) for name in OF_LISTS.split())],
)
def test_within_its_domain_a_formula_is_never_wrong(file, name):
    recipe, family = found(f"{file}:{name}")
    formulas = FamilyFormulas(family)
    chance, right = random.Random(name), 0
    for _ in range(120):
        values = {
            one: chance.choice([value, value * chance.choice([1, 2, 3, 5]), value + chance.randint(1, 9)])
            if isinstance(value, int)
            else value * chance.choice([1, 1.4, 2, 3])
            for one, value in recipe.values.items()
        }
        try:
            said = formulas.params_at(**values)
        except UserError:
            continue
        assert said == params(recipe.make(values)), values
        right += 1
    assert right >= 3 or name in FEW  # it does not refuse everything


def test_where_the_own_values_are_special_the_formula_is_made_from_there():
    recipe, family = found(f"{LISTS}:EqualInside")
    roles = {hyper.name: hyper.role for hyper in family.hypers}
    assert family.params is not None and roles["widths[1]"] == roles["widths[2]"] == "structural"
    for values in ({}, {"widths[0]": 12, "kernel": 5}, {"i": 7, "reductions[0]": 3, "K": 9}):
        assert FamilyFormulas(family).params_at(**values) == params(recipe.make({**recipe.values, **values}))


def test_what_fails_far_away_is_kept_as_a_counterexample():
    recipe, family = found(f"{NETS}:Capped")
    failed = family.domain.counterexamples[0]
    (name, value) = failed.values[0]
    assert name == "w" and 128 < value <= 140  # the cap is at 128
    assert failed.model == params(recipe.make({**recipe.values, **dict(failed.values)}))
    assert int(failed.formula) != failed.model
    assert next(one.high for one in family.domain.ranges if one.name == "w") <= 128


@pytest.mark.parametrize(
    ("name", "formula", "number", "low", "high"),
    [
        ("ManyCaps", "378c²+36,906c+512+513K", "c", 32, 64),
        ("Choices", "w²+w·K+w+K", "w", 21, 99),
        ("SmallerFirst", "a·b+b·K+b+K", "b", 20, 480),
    ],
)
def test_up_to_a_cap_or_a_choice_the_formula_is_found_and_no_further(name, formula, number, low, high):
    family = found(f"{NETS}:{name}")[1]
    assert text(family) == formula
    assert [(one.low, one.high) for one in family.domain.ranges if one.name == number] == [(low, high)]


def test_where_the_formula_has_holes_the_values_are_listed():
    _, family = found(f"{NETS}:MultipleOf")
    only = next(one.only for one in family.domain.ranges if one.name == "multiple_of")
    assert {16, 32, 64} <= set(only) and not {48, 80, 96, 112} & set(only)
    with pytest.raises(UserError, match=r"multiple_of = 16, 32"):
        FamilyFormulas(family).params_at(multiple_of=48)


@pytest.mark.parametrize(
    ("name", "number", "holes"), [("OneHole", "w", [137]), ("KeyOfATable", "w", [96, 300]), ("StemOfTwo", "patch", [2])]
)
def test_a_hole_at_one_value_is_found_by_what_the_source_asks(name, number, holes):
    recipe, family = found(f"{NETS}:{name}")
    formulas = FamilyFormulas(family)
    for hole in holes:
        with pytest.raises(UserError):
            formulas.params_at(**{number: hole})
        right = formulas.params_at(**{number: hole + 1})
        assert right == params(recipe.make({**recipe.values, number: hole + 1}))


@pytest.mark.parametrize(
    ("name", "relation", "outside", "inside"),
    [
        ("Shortcut", ("before", "≠", "after"), {"before": 200, "after": 200}, {"before": 200, "after": 201}),
        ("FewerKeys", ("kv", "≤", "heads"), {"heads": 2, "kv": 4}, {"heads": 4, "kv": 4}),
    ],
)
def test_how_two_numbers_are_to_each_other_may_be_a_condition(name, relation, outside, inside):
    recipe, family = found(f"{NETS}:{name}")
    formulas = FamilyFormulas(family)
    assert family.domain.relations == (relation,) and not family.domain.only_tested
    with pytest.raises(UserError, match=f"needs {relation[0]} {relation[1]} {relation[2]}"):
        formulas.params_at(**outside)
    assert formulas.params_at(**inside) == params(recipe.make({**recipe.values, **inside}))


def test_a_constructor_that_empties_its_lists_is_built_again():
    stages = [{"width": 8, "depth": 2}, {"width": 16, "depth": 1}]
    recipe, family = looked_for(f"{NETS}:TakenApart", {"stages": stages})
    assert family.params is not None
    assert FamilyFormulas(family).params_at(K=7) == params(recipe.make({**recipe.values, "K": 7}))


def test_heads_that_need_not_divide_are_a_condition_though_they_are_not_in_the_formula():
    family = found(f"{NETS}:HeadsRoundDown")[1]
    assert family.domain.strict == (("heads", "d"),)
    with pytest.raises(UserError, match="divide"):
        FamilyFormulas(family).params_at(d=66)


def test_a_width_that_the_model_cuts_is_outside_what_was_proved():
    width, ratio = (Symbol(name, Bi(name, name)) for name in ("d", "h"))
    inner = Product(((True, width), (True, ratio)))
    layer = Part("fc", "Linear", Number(1), Product(((True, Sum(((True, width), (True, Number(1))))), (True, inner))))
    hypers = (Hyper("d", width, 64, "free"), Hyper("h", ratio, 0.5, "free"))
    ranges = (Range("d", 32, 8192, 2), Range("h", 0.25, 1.5, 0.25))
    family = FamilyFormulas(Family(hypers, (layer,), Domain(ranges=ranges), builds=1))
    assert family.params_at(d=256, h=0.25) == 257 * 64
    assert [hyper.name for hyper in family.data.ratios] == ["h"]
    with pytest.raises(UserError, match="no whole number"):
        family.params_at(d=258, h=0.25)  # 64.5 neurons are 64 in a model


def test_fewer_blocks_than_none_have_no_formula():
    family = FamilyFormulas(found(f"{NETS}:DenseFirst")[1])
    assert "(depth−first)" in family.params.text.replace("L", "depth")
    with pytest.raises(UserError):
        family.params_at(depth=2, first=5)


def test_a_divisibility_is_a_condition_only_if_it_is_needed():
    _, family = found(f"{NETS}:Heads")
    assert family.domain.divides == (("heads", "dim"),)
    assert text(family) == "d·length+V·d+4d²+4d"
    formulas = FamilyFormulas(family)
    assert formulas.params_at(dim=25) == params(load(f"{NETS}:Heads", {"dim": 25, "heads": 5}).model)
    with pytest.raises(UserError, match="divide"):
        formulas.params_at(dim=25, heads=4)


def test_roles():
    _, family = found("hf:gpt2")
    assert {hyper.name: hyper.role for hyper in family.hypers} == {
        "vocab_size": "free",
        "n_positions": "free",
        "n_embd": "free",
        "n_layer": "free",
        "n_head": "without_effect",
    }


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"n_emb": 3}, "Did you mean n_embd"),
        ({"n_embd": 10**7}, "from 48 to 12288"),
        ({"n_embd": -1}, "positive number"),
        ({"n_embd": "768"}, "positive number"),
        ({"n_embd": True}, "positive number"),
    ],
)
def test_what_is_not_known_is_a_sentence(values, match):
    family = explained("hf:gpt2").family
    with pytest.raises(UserError, match=match):
        family.params_at(**values)


def test_beyond_the_domain_only_on_request():
    family = FamilyFormulas(found(f"{NETS}:Same")[1])
    i, w, d, k = 8, 10**6, 3, 8
    with pytest.raises(UserError):
        family.params_at(w=w)
    assert family.params_at(w=w, extrapolate=True) == i * w + w + d * (w * w + w) + w * k + k


def test_sympy_reads_what_we_write():
    import sympy

    family = FamilyFormulas(found(f"{NETS}:Same")[1])
    assert sympy.expand(sympy.sympify(family.params.ascii) - family.expanded.sympy) == 0
    assert family.params.sympy.subs({"i": 31, "w": 17, "D": 6, "K": 4}) == 2452


def test_the_computation_has_the_sizes_of_the_input():
    family = explainer.explain_source("hf:gpt2", arguments={"n_layer": 2}).family
    assert family.macs.text == "L·(12d²·N·T+2d·N·T²)"
    n, t, d, layers = 3, 64, 48, 2
    said = family.computation.params_at(batch=n, tokens=t, n_embd=d, extrapolate=True)
    lesson = explainer.explain_source(
        "hf:gpt2", inputs=[f"{n},{t}:int64"], arguments={"n_layer": layers, "n_embd": d, "n_head": 4}
    )
    assert said == lesson.walkthrough.macs.value == n * t * layers * (12 * d * d + 2 * t * d)
    with pytest.raises(UserError):
        family.computation.params_at(tokens=10**6)


def test_an_image_has_a_side():
    family = explained("resnet18").family
    assert {hyper.symbol.name for hyper in family.computation.hypers} >= {"N", "s", "K"}
    lesson = explainer.explain_source("resnet18", inputs=["2,3,160,160"])
    assert family.computation.params_at(batch=2, side=160) == lesson.walkthrough.macs.value
    with pytest.raises(UserError):
        family.computation.params_at(side=161)  # sides are rounded: nothing was tested there


def test_an_instance_and_a_net_without_numbers_have_a_reason():
    from torch import nn

    with pytest.raises(UserError, match="name a class or a model"):
        _ = explainer.explain(nn.Linear(3, 4), (1, 3), lang="en").family
    with pytest.raises(UserError, match="no number"):
        _ = explainer.explain_source(f"{NETS}:Nothing", inputs=["1,3"]).family


def test_json_has_the_family_and_gives_it_back():
    lesson = explainer.explain_source(f"{NETS}:Capped", inputs=["1,7"], symbols=True, lang="en")
    plain = json.loads(lesson.to_json())
    family = plain["family"]
    assert [hyper["name"] for hyper in family["hypers"]] == ["i", "w", "K"]
    assert family["params"]["formula"] == "i*w+4*w**2+4*w*K+5*w+K"
    assert family["counterexample"]["values"]["w"] > 128
    assert family["macs"]["formula"] == "i*w*N+4*w**2*N+4*w*K*N"
    again = from_plain(plain["walkthrough"])
    assert again.family == lesson.walkthrough.family
    assert to_plain(again) == plain["walkthrough"]


@pytest.mark.parametrize("lang", ["zh", "en", "zh,en"])
def test_the_section_of_the_lesson(lang):
    page = replace(explained(f"{NETS}:Same", "1,8"), symbols=True, langs=tuple(lang.split(","))).to_markdown()
    if "zh" in lang:
        assert "同系列模型的公式" in page and "表中范围以外没有核对过" in page
    if "en" in lang:
        assert "The formula of the family" in page
    assert r"i\cdot w+w+D\cdot (w^{2}+w)+w\cdot K+K" in page
    assert r"8\cdot 8+8+3\cdot (8\cdot 8+8)" in page and "= 360" in page


def test_two_runs_say_the_same():
    one, other = (looked_for(f"{NETS}:Heads")[1] for _ in range(2))
    assert one == other
