"""The handout: short, equal in both languages, its answers right, and by the story."""

import re

import pytest
from nets import walked, zoo_walk
from torch import nn

from explainer.api import Explanation
from explainer.document.builder import DETAILS
from explainer.formula.tree import evaluate
from explainer.homework.pitfalls import pitfalls_of
from explainer.homework.questions import find, questions
from explainer.lesson.exercises import exercises_of
from explainer.lesson.kinds import to_derive

NETS = ["resnet18", "vgg11", "mobilenet_v3_small", "densenet121", "vit_b_16", "googlenet"]


@pytest.fixture(scope="module", params=NETS)
def walk(request):
    return zoo_walk(request.param)


def page(walk, *langs):
    return Explanation(walk, langs, "handout", pictures=False).to_markdown()


def test_it_has_a_lecturers_order(walk):
    found = re.findall(r"^## (.*)$", page(walk, "en"), re.M)
    wanted = ["The idea", "The whole network", "Formula card", "Pitfalls", "Verification", "Exercises", "Answers"]
    assert [one for one in found if one in wanted] == wanted
    assert found[1] in ("The blocks", "The kinds of layers")


def test_both_languages_say_as_much(walk):
    zh, en = page(walk, "zh"), page(walk, "en")
    for mark in ("\n## ", "\n### ", "\n| ", "\n$$", "\n- "):
        assert zh.count(mark) == en.count(mark), mark
    assert re.findall(r"\$[^$\n]+\$", zh) == re.findall(r"\$[^$\n]+\$", en)


def test_every_answer_is_its_formulas_value(walk):
    found = exercises_of(walk)
    assert len(found) >= 2
    for one in found:
        assert len({evaluate(line) for line in one.chain}) == 1, one.question.en


def test_no_answer_stands_in_the_lesson(walk):
    before = page(walk, "en").split("## Exercises")[0]
    for one in exercises_of(walk):
        assert f"{evaluate(one.chain[-1]):,}" not in before or evaluate(one.chain[-1]) < 10_000


def test_pitfalls_are_different_mistakes_with_wrong_numbers(walk):
    found = pitfalls_of(walk)
    assert 2 <= len(found) <= 5
    assert len({one.text.zh for one in found}) == len(found)


def test_the_bottleneck_is_stated():
    text = page(zoo_walk("resnet50"), "zh")
    assert "瓶颈残差块" in text and r"$C\cdot m+13m^{2}+12m$" in text and r"$4C\cdot m+8m$" in text
    assert (
        "`layer3` ×6 | 1024×14×14 | 512、1024 | 256 | 1,512,448+5·1,117,184 | 7,098,368 | 27.77% | 1,464,336,384 |"
        in text
    )


def test_a_few_pages_have_no_contents_on_paper():
    walk = zoo_walk("resnet18")
    heads = {one: Explanation(walk, ("en",), one, pictures=False).to_markdown().splitlines()[0] for one in DETAILS}
    assert {one for one, head in heads.items() if "contents=screen" in head} == {"brief", "handout", "standard"}


def test_every_kind_of_layer_is_derived_once(walk):
    chosen = to_derive(walk)
    assert {layer.rule.name for layer in walk.layers} == {layer.rule.name for layer in chosen} | {
        layer.rule.name for part in walk.story.all("plumbing") for layer in part.layers
    }


def test_a_block_is_asked_for_once():
    net = nn.Module()
    net.h = nn.ModuleList([nn.Sequential(nn.Linear(6, 24), nn.GELU(), nn.Linear(24, 6)) for _ in range(3)])
    net.forward = lambda x: net.h[2](net.h[1](net.h[0](x)))
    walk = walked(net, (1, 6))
    assert find(walk, "h.*.params").value == 7 * 24 + 25 * 6
    assert find(walk, "h.*.params").text.zh == "h.*中的一块的参数量"
    assert "h.*.macs" in {one.name for one in questions(walk)}
    assert "layer1.*.params" not in {one.name for one in questions(zoo_walk("resnet50"))}


def test_the_examples_of_a_handout_are_not_numbered_by_the_step_they_come_from():
    walk = walked(nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 2)), (1, 1, 4, 4))
    handout = Explanation(walk, ("en",), "handout", pictures=False).to_markdown()
    assert "### Fully connected layer `1`" in handout and not re.search(r"^### \d+　", handout, re.M)
    assert "### 2　Fully connected layer `1`" in Explanation(walk, ("en",), pictures=False).to_markdown()
