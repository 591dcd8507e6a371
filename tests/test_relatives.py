"""The ready-made models of a family: found by the class that is called, each built, counted, and set beside the formula."""

import json
from functools import cache

import pytest

import explainer
from explainer.cost.published import published
from explainer.errors import UserError
from explainer.known_sizes import with_known_sizes
from explainer.source.arguments import parse_arguments
from explainer.source.kin import different, kin_of
from explainer.source.load import load
from explainer.walkthrough.file.limits import Refused
from explainer.walkthrough.file.read import from_plain
from explainer.walkthrough.file.write import to_plain
from explainer.walkthrough.verdict import Verdict


@cache
def relatives(target):
    lesson = explainer.explain_source(target, lang="en", relatives=True)
    text = lesson.to_markdown()
    return lesson, lesson.walkthrough.relatives, text[text.index("## The models of the family") :]


def test_the_resnets_are_those_that_call_the_same_class():
    loaded = load("resnet18")
    arguments, kin = kin_of(loaded.made_by, "torchvision")
    found = {one.name: different(arguments, one.arguments) for one in kin}
    assert set(found) == {
        *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d", "resnext101_32x8d"),
        *("resnext101_64x4d", "wide_resnet50_2", "wide_resnet101_2"),
    }
    assert (found["resnet18"], found["resnet34"]) == ([], ["layers"])
    assert sorted(found["resnext50_32x4d"]) == ["block", "groups", "layers", "width_per_group"]
    assert load("resnet18").model.fc.out_features == 1000  # the class is as it was


def test_each_row_is_counted_and_the_formula_speaks_where_it_was_tested():
    _, found, text = relatives("resnet18")
    rows = {row.name: row for row in found.rows}
    assert rows["resnet34"].formula == rows["resnet34"].torch_params == 21_797_672
    assert (
        rows["resnet50"].formula is None and rows["resnet50"].params == 25_557_032
    )  # another block: no formula of this family
    assert all(row.verdict is Verdict.AGREES and row.macs_verdict is Verdict.AGREES for row in found.rows)
    assert found.rows[found.own].name == "resnet18" and [row.torch_params for row in found.rows] == sorted(
        row.torch_params for row in found.rows
    )
    assert "| resnet34 | `layers=[3, 4, 6, 3]` | 21,797,672 | formula ✓ | 3,663,761,408 ✓ |" in text
    assert "| **resnet18** | this model | 11,689,512 | formula ✓ |" in text


def test_what_cannot_be_said_of_an_argument_is_said_of_the_layers():
    _, _, text = relatives("vgg13")
    assert (
        "| vgg13\\_bn | 10 more batch normalization layers (2 of 64, 2 of 128, 2 of 256, 4 of 512) | 133,053,736 |"
        in text
    )


def test_the_sizes_of_a_configuration_come_from_the_table():
    _, found, text = relatives("hf:gpt2")
    assert [(row.name, row.formula) for row in found.rows] == [
        ("gpt2", 124_439_808),
        ("GPT-2 Medium", 354_823_168),
        ("GPT-2 Large", 774_030_080),
        ("GPT-2 XL", 1_557_611_200),
    ]
    assert "`n_layer=48`, `n_embd=1600`, `n_head=25`" in text


def test_a_size_named_in_the_table_is_that_size_whatever_the_model_beside_it_sets():
    from explainer.relatives import changes_to
    from explainer.source.construction import construction_of

    made_by = load("hf:LlamaForCausalLM", parse_arguments(list(with_known_sizes("hf:llama-3-8b").arguments))).made_by
    construction = construction_of(made_by)
    sizes = [one for one in published() if one.named == "hf:LlamaForCausalLM"]
    told = {name: construction.before(name) for one in sizes for name in one.settings}
    for one in sizes:
        model = construction.changed(changes_to(made_by.configuration, made_by.arguments, one.settings, told))
        assert sum(parameter.numel() for parameter in model.parameters()) == one.params, one.name


def test_a_class_of_the_user_s_own_is_shown_with_other_arguments(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(
        "from torch import nn\nEXAMPLE_INPUT = (1, 5)\n"
        "class Net(nn.Linear):\n    def __init__(self, width=4):\n        super().__init__(5, width)\n"
    )
    lesson = explainer.explain_source(f"{path}:Net", lang="en", relatives=True, symbols=True)
    text = lesson.to_markdown()
    found = lesson.walkthrough.relatives
    assert [(row.torch_params, row.changes[:1] and row.changes[0].after) for row in found.rows] == [
        (12, "2"),
        (24, ()),
        (48, "8"),
    ]
    assert found.own == 1 and "## With other arguments" in text and "| `width=8` | 48 |" in text


def test_a_class_without_arguments_has_none_and_a_file_keeps_that(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(
        "from torch import nn\nEXAMPLE_INPUT = (1, 5)\n"
        "class Net(nn.Linear):\n    def __init__(self):\n        super().__init__(5, 3)\n"
    )
    lesson, found, text = relatives(f"{path}:Net")
    assert found is None and "No ready-made models of the family are known" in text
    again = from_plain(json.loads(json.dumps(to_plain(lesson.walkthrough))))
    assert again.relatives is None and again.measured.has("relatives")


def test_a_file_gives_them_back_and_refuses_nonsense():
    lesson, found, _ = relatives("resnet18")
    plain = json.loads(lesson.to_json())["walkthrough"]
    assert from_plain(plain).relatives == found
    assert json.loads(lesson.to_json())["relatives"]["models"][1]["params"]["formula"] == 21_797_672
    with pytest.raises(Refused):
        from_plain(plain | {"relatives": plain["relatives"] | {"own": 99}})


def test_a_lesson_without_them_says_so():
    lesson = explainer.explain_source("vgg11", lang="en")
    walk = from_plain(json.loads(lesson.to_json())["walkthrough"])
    with pytest.raises(UserError, match="relatives=True"):
        explainer.api.Explanation(walk, ("en",), relatives=True).to_markdown()


@pytest.mark.parametrize("target", ["hf:gpt2-medium", "hf:openai-community/gpt2-medium"])
def test_a_size_by_its_usual_name_is_built_from_the_table(target):
    lesson = explainer.explain_source(target)
    assert lesson.walkthrough.name == "gpt2-medium" and lesson.walkthrough.arguments[0] == "n_layer=24"
    assert lesson.walkthrough.totals.torch_params == 354_823_168


@pytest.mark.parametrize("one", [one for one in published() if one.settings], ids=lambda one: one.name)
def test_each_size_of_the_table_has_the_parameters_that_it_says(one):
    named = with_known_sizes("hf:" + one.name.replace(" ", "-"))
    target, arguments = (named.target, named.arguments) if named.note else (one.named, ())  # GPT-2 is hf:gpt2 itself
    model = load(target, parse_arguments(list(arguments))).model
    assert sum(parameter.numel() for parameter in model.parameters()) == one.params


def test_the_name_of_an_architecture_or_of_a_size_that_nobody_knows_stays_as_it_is():
    for target in ("hf:gpt2", "gpt2-medium", "hf:gpt2-gigantic", "hf:gpt2-medium-finetuned"):
        assert with_known_sizes(target).target == target and with_known_sizes(target).note is None
