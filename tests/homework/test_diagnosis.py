"""From wrong answers to mistakes: a thousand generated ones, the seeds' own, pairs, formulas, rounded answers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from random import Random

import pytest
from nets import Vgg11Gray, walked
from networks import many
from torch import nn

from explainer.derive.pipeline import walk_model
from explainer.formula.rewrite import put_in
from explainer.formula.tree import Number, Rounded, Symbol
from explainer.homework.mistakes import BY_ID, diagnose, variants
from explainer.homework.questions import find
from explainer.i18n.bilingual import Bi
from explainer.source import load, static_inputs


def symbol(name: str) -> Symbol:
    return Symbol(name, Bi("量", "quantity"))


def number(*factors: int):
    result = Number(factors[0])
    for factor in factors[1:]:
        result = result * factor
    return result


K, C_IN, C_OUT = symbol("k"), symbol("C_in"), symbol("C_out")


@pytest.fixture(scope="module")
def asked():
    return [question for question in many(Random(2026), 400, 6) if variants(question)]


@pytest.fixture(scope="module")
def plain(asked):
    """Five hundred as often as they are plausible (True), and as many without regard to that: judged by the value."""
    return {plausible: judged(generated(asked, 500, plausible)) for plausible in (True, False)}


def generated(asked, count: int, plausible: bool):
    """Wrong answers: a misconception or slip applied to a random layer, as often as it is plausible, or all alike."""
    random = Random(7)
    for _ in range(count):
        question = random.choice(asked)
        found = {}
        for variant in variants(question):
            if plausible or variant.mistake.kind != "slip":
                found.setdefault(variant.mistake.id, []).append(variant)
        if found:
            weights = [BY_ID[name].prior if plausible else 1 for name in found]
            (name,) = random.choices(list(found), weights)
            yield question, random.choice(found[name])


def judged(cases, formula: str = ""):
    """How often the right mistake is first, and among the first two; the collisions."""
    total = first = second = 0
    collisions: Counter[tuple[str, str]] = Counter()
    for question, variant in cases:
        expr = None
        if formula:
            parts = variant.way.form.parts if variant.symbolic is None else (variant.symbolic,)
            expr = parts if formula == "symbols" else [put_in(part, variant.facts.values) for part in parts]
        named = diagnose(question, variant.value, expr)
        assert all(wrong.value == variant.value for wrong in named)  # others are there only for giving the same value
        total += 1
        first += named[0].mistakes == (variant.mistake.id,)
        second += variant.mistake.id in [wrong.id for wrong in named[:2]]
        assert variant.mistake.id in [wrong.id for wrong in named]
        if named[0].id != variant.mistake.id:
            collisions[variant.mistake.id, named[0].id] += 1
    return total, first / total, second / total, collisions.most_common()


def test_of_five_hundred_wrong_answers_the_right_mistake_is_named_first(plain):
    total, first, second, collisions = plain[True]
    assert total == 500
    assert first >= 0.95 and second >= 0.99, f"first {first:.1%}, second {second:.1%}; true collisions: {collisions}"


def test_of_five_hundred_drawn_without_regard_to_plausibility_too(plain):
    """Rare mistakes as often as common ones, slips left out: more true collisions, hence a lower bar."""
    total, first, second, collisions = plain[False]
    assert total > 450
    assert first >= 0.92 and second >= 0.98, f"first {first:.1%}, second {second:.1%}; true collisions: {collisions}"


def test_with_the_formula_beside_it_the_right_mistake_is_first_more_often_still(asked, plain):
    for plausible in (True, False):
        in_numbers = judged(generated(asked, 500, plausible), formula="numbers")
        in_symbols = judged(generated(asked, 500, plausible), formula="symbols")
        assert in_symbols[1] > in_numbers[1] > plain[plausible][1]
        assert in_numbers[1] >= 0.96 and in_numbers[2] >= 0.99, in_numbers
        assert in_symbols[1] >= 0.98 and in_symbols[2] >= 0.99, in_symbols


# The seeds' own mistakes.


def named(walk, name: str, value, expr=None, **options) -> list[str]:
    return [wrong.id for wrong in diagnose(find(walk, name), value, expr, **options)]


@pytest.fixture(scope="module")
def small():
    """Seed 001's example: an image of 5×5 with 3 channels, two 3×3 kernels."""
    return walked(nn.Conv2d(3, 2, 3), (1, 3, 5, 5))


def test_the_image_for_the_kernel(small):
    found = diagnose(find(small, "params"), 152)[0]
    assert found.id == "kernel.image"
    assert found.message.zh.startswith("152是(5·5·3+1)·2：5×5是特征图的大小")
    assert found.message.en.startswith("152 is (5·5·3+1)·2: 5×5 is the size of the image")


def test_two_mistakes_together(small):
    """150: the image for the kernel, and no bias."""
    found = diagnose(find(small, "params"), 150)
    assert found[0].mistakes == ("bias.forgotten", "kernel.image") and found[0].value == 150
    assert found[0].message.zh.startswith(
        "150是(5·5·3)·2：两处错误合在一起。①漏了偏置。2个卷积核各有1个偏置，应再加2。②"
    )
    assert found[0].message.en.startswith("150 is (5·5·3)·2: two mistakes together. (1) the biases are missing.")
    alone = [diagnose(find(small, "params"), value)[0].weight for value in (54, 152)]
    assert found[0].weight < min(alone)


def test_two_are_tried_only_where_one_is_not_enough(small):
    question = find(small, "params")
    for variant in variants(question):
        if variant.mistake.kind != "slip":
            assert all(len(wrong.mistakes) == 1 for wrong in diagnose(question, variant.value))


def test_inputs_to_the_power_of_outputs_minus_the_bias():
    assert named(walked(nn.Linear(4, 3), (1, 4)), "params", 4**3 - 3) == ["linear.power"]
    assert named(walked(nn.Linear(4096, 1000), (1, 4096)), "params", 4_095_000)[0] == "bias.subtracted"


def test_sixty_million_is_not_0_0006_m():
    """0.0006 M: 600, give or take half of the last digit."""
    walk = walked(nn.Linear(6000, 10000, bias=False), (1, 6000))
    assert named(walk, "params", 600, within=50) == ["slip.power_of_ten"]


def test_540_m_is_thousands_of_kib(vgg16):
    assert named(vgg16, "total.params.bytes", 540_000_000, within=500_000) == ["units.kib_as_kb"]
    assert named(vgg16, "total.params.bytes", 528_000_000, within=500_000) == ["units.mib_as_mb"]
    assert named(vgg16, "total.params.bytes", 138_360_000, within=5_000) == ["units.count_for_bytes"]
    assert named(vgg16, "classifier.0.params.bytes", 102_760_000, within=5_000) == ["units.count_for_bytes"]
    assert named(vgg16, "classifier.0.params", 411_060_000, within=5_000)[0] == "units.bytes_for_count"


def test_all_parameters_in_place_of_one_part(vgg16):
    for part, message in (
        ("weights", "Only the weights are asked for: subtract 64"),
        ("bias", "Only the biases are asked for"),
    ):
        first = diagnose(find(vgg16, f"features.0.{part}"), 1792)[0]
        assert message in first.message.en


def test_parameters_do_not_grow_with_the_batch():
    walk = walked(Vgg11Gray(), (12, 1, 224, 224))
    assert named(walk, "total.params", 12 * 132_862_184) == ["batch.included"]
    assert named(walk, "fc3.params", 12 * 4_097_000) == ["batch.included"]


def test_the_bias_shows_the_channels_mixed_up(vgg16):
    question = find(vgg16, "features.5.params")
    found = diagnose(question, 73_792)[0]
    assert question.value == 73_856 and found.id == "channels.swapped"
    assert "应有128个" in found.message.zh and "128 in all" in found.message.en


def test_the_bias_forgotten_is_said_as_a_tutor_would(vgg16):
    (found,) = diagnose(find(vgg16, "features.28.params"), 2_359_296)
    assert found.id == "bias.forgotten"
    assert found.message.zh == "2,359,296是(3·3·512)·512：漏了偏置。512个卷积核各有1个偏置，应再加512。"
    assert found.message.en == (
        "2,359,296 is (3·3·512)·512: the biases are missing. There is one for each of the 512 kernels: add 512."
    )
    assert "512" not in found.hint.zh + found.hint.en


def test_the_textbooks_padding(vgg16):
    """⌊(224+1−3+1)/1⌋ = 223 with Dive into Deep Learning's formula; with the batch or without."""
    for value in ((1, 64, 223, 223), (64, 223, 223)):
        found = diagnose(find(vgg16, "features.0.shape"), value)
        assert [wrong.id for wrong in found] == ["shape.padding_once", "shape.no_plus_one"]
        assert "《动手学深度学习》" in found[0].message.zh and "Dive into Deep Learning" in found[0].message.en


def test_the_concatenation_of_u_net_forgotten():
    loaded = load(str(Path(__file__).resolve().parents[2] / "examples" / "unet.py:UNet"))
    inputs, options = static_inputs(loaded, [])
    walk = walk_model(loaded.model, inputs, options, name=loaded.name, source="examples")
    question = find(walk, "up.0.conv.0.params")
    assert question.value == (9 * 512 + 1) * 256
    found = diagnose(question, (9 * 256 + 1) * 256)
    assert found[0].id == "channels.concat_forgotten" and "一路的256个" in found[0].message.zh


# Formulas.


def test_the_formula_decides_between_mistakes_of_one_number():
    """(3·3+1)·64 on three channels: one side of the kernel, or one channel of the input."""
    question = find(walked(nn.Conv2d(3, 64, 3), (1, 3, 9, 9)), "params")
    value = 10 * 64
    assert [wrong.id for wrong in diagnose(question, value)][:2] == ["channels.single_input", "kernel.not_squared"]
    assert named(question.walk, "params", value, (K * C_IN + 1) * C_OUT)[0] == "kernel.not_squared"
    assert named(question.walk, "params", value, C_OUT + K * K * C_OUT)[0] == "channels.single_input"


def test_numbers_are_compared_as_written():
    """Swapped channels and a bias in all: 65 for 64 on one kernel's side would collide."""
    walk = walked(nn.Conv2d(2, 4, 3), (1, 2, 9, 9))
    value = (9 * 4 + 1) * 2
    for written in (number(2) * (number(3, 3, 4) + 1), number(3, 4, 2, 3) + 2, (number(3, 3, 4) + 1) * 2):
        assert named(walk, "params", value, written)[0] == "channels.swapped"
    assert named(walk, "params", 73, number(3, 3, 2, 4) + 1)[0] == "bias.single"


def test_a_formula_wrong_in_general_is_explained_where_its_number_is_right():
    """Channels swapped in 64→64."""
    question = find(walked(nn.Conv2d(64, 64, 3), (1, 64, 9, 9)), "params")
    found = diagnose(question, question.value, (K * K * C_OUT + 1) * C_IN)
    assert found[0].id == "channels.swapped" and {wrong.id for wrong in found} <= {"channels.swapped", "bias.on_inputs"}
    assert "碰巧" in found[0].message.zh and "by chance" in found[0].message.en
    assert not diagnose(question, question.value, (K * K * C_IN + 1) * C_OUT)


def test_a_plain_number_decides_nothing(vgg16):
    for value in (2_359_296, 4609):
        alone = named(vgg16, "features.28.params", value)
        assert named(vgg16, "features.28.params", value, Number(value)) == alone


def test_a_shapes_formulas_decide(vgg16):
    """Rounding brackets may be left away where the division comes out."""
    room = number(224) + number(2, 1) - 3
    once = number(224) + 1 - 3
    for side in (Rounded(room, Number(1)), room / 1, room):
        assert named(vgg16, "features.0.shape", (64, 223, 223), [Number(64), side, side])[0] == "shape.no_plus_one"
    side = once / 1 + 1
    assert named(vgg16, "features.0.shape", (64, 223, 223), [Number(64), side, side])[0] == "shape.padding_once"
    assert named(vgg16, "features.0.shape", (64, 223, 223), [Number(64), Number(223), Number(223)])[1:]


def test_slips_are_named_last_and_only_alone(vgg16):
    found = named(vgg16, "features.28.params", 2_395_808)
    assert found == ["slip.digits_swapped"]
    assert named(vgg16, "features.28.params", 23_598_080) == ["slip.zero_more"]
    for question, variant in generated([find(vgg16, "features.28.params"), find(vgg16, "features.0.macs")], 200, True):
        order = [BY_ID[wrong.mistakes[0]].kind == "slip" for wrong in diagnose(question, variant.value)]
        assert order == sorted(order)


@pytest.mark.parametrize(
    ("layer", "size", "text", "mistake"),
    [
        (nn.Linear(20, 30), (1, 20), "20*30+20", "bias.on_inputs"),
        (nn.Linear(20, 30), (1, 20), "(30+1)*20", "channels.swapped"),
        (nn.Conv2d(5, 7, 3), (1, 5, 9, 9), "(3*3*7+1)*7", "channels.output_twice"),
        (nn.Conv2d(5, 7, 3), (1, 5, 9, 9), "(3*3*5+1)*5", "channels.input_twice"),
        (nn.Conv2d(6, 8, 3), (1, 6, 12, 12), "(5*5*6+1)*8", "kernel.other_size"),
        (nn.Conv2d(5, 7, 3), (1, 5, 9, 9), "(3+3+5)*7+7", "kernel.added"),
        (nn.Conv2d(5, 7, 3), (1, 5, 9, 9), "(9+1)*5*7", "bias.per_input_channel"),
        (nn.LayerNorm(24), (1, 11, 24), "2*11", "norm.positions"),
        (nn.LayerNorm(24), (1, 11, 24), "2*24*11", "norm.positions"),
    ],
)
def test_what_is_written_names_the_cause(layer, size, text, mistake):
    from explainer.homework.grading.grade import grade

    graded = grade(find(walked(nn.Sequential(layer), size), "0.params"), text)
    assert graded.verdict == "wrong" and graded.mistakes[0].id == mistake


@pytest.mark.parametrize(
    ("text", "mistake"),
    [("9*5*7*10", "cost.one_side"), ("9*5*7*8*8", "cost.padding_forgotten"), ("9*5*10*10", "channels.single_output")],
)
def test_causes_of_a_wrong_cost(text, mistake):
    from explainer.homework.grading.grade import grade

    walk = walked(nn.Sequential(nn.Conv2d(5, 7, 3, padding=1)), (1, 5, 10, 10))
    assert grade(find(walk, "0.macs"), text).mistakes[0].id == mistake
