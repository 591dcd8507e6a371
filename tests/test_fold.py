"""Repeated blocks are told once, and no layer and no parameter gets lost in the telling."""

from __future__ import annotations

import re

import pytest
import torch
from nets import walked, zoo_walk
from torch import nn

import explainer
from explainer.api import Explanation
from explainer.formula.printing import Plain, plain
from explainer.lesson.phrases import capitalised
from explainer.walkthrough.fold import Block, Part, Repeat, fold
from explainer.walkthrough.model import Layer

ZOO = ["resnet18", "resnet50", "densenet121", "googlenet", "mobilenet_v2", "shufflenet_v2_x1_0", "efficientnet_b0"]


@pytest.fixture(scope="module", params=ZOO)
def walk(request):
    return zoo_walk(request.param)


def flat(parts: tuple[Part, ...]) -> list[Layer]:
    """The layers under some parts, in order."""
    layers: list[Layer] = []
    for part in parts:
        if isinstance(part, Layer):
            layers.append(part)
        elif isinstance(part, Block):
            layers += flat(part.parts)
        else:
            layers += [layer for block in (part.first, *part.others) for layer in flat(block.parts)]
    return layers


def repeats(parts: tuple[Part, ...]) -> list[Repeat]:
    found = [part for part in parts if isinstance(part, Repeat)]
    for part in parts:
        inner = part.parts if isinstance(part, Block) else part.first.parts if isinstance(part, Repeat) else ()
        found += repeats(inner)
    return found


def test_every_layer_is_kept_in_order(walk):
    assert flat(fold(walk.layers)) == list(walk.layers)


def test_repeated_blocks_are_equal_layer_by_layer(walk):
    for repeat in repeats(fold(walk.layers)):
        for other in repeat.others:
            for ours, theirs in zip(repeat.first.layers, other.layers, strict=True):
                assert (ours.type, ours.value, ours.call.output_shapes) == (
                    theirs.type,
                    theirs.value,
                    theirs.call.output_shapes,
                )
                assert ours.call.input_shapes == theirs.call.input_shapes
            assert other.params == repeat.first.params == sum(layer.value for layer in other.layers)


def test_resnet50_repeats_its_bottlenecks():
    # (3, 4, 6, 3) blocks, of which the first of each stage has a shortcut of its own
    found = {repeat.first.path: len(repeat.others) + 1 for repeat in repeats(fold(zoo_walk("resnet50").layers))}
    assert found == {"layer1.1": 2, "layer2.1": 3, "layer3.1": 5, "layer4.1": 2}


def column(page: str, at: int) -> list[str]:
    """A column of the table of all layers."""
    table = next(section for section in page.split("\n## ") if section.startswith("All layers"))
    rows = [line for line in table.splitlines() if line.startswith("|") and "**Total**" not in line][2:]
    return [re.split(r"(?<!\\)\|", row)[at + 1].strip() for row in rows]


def numbers(texts: list[str]) -> list[int]:
    """`27–36` stands for all its steps."""
    found: list[int] = []
    for text in texts:
        first, _, last = text.partition("–")
        found += range(int(first), int(last or first) + 1)
    return found


@pytest.mark.parametrize("detail", ["standard", "full"])
def test_the_table_holds_every_step_once_and_sums_to_the_total(walk, detail):
    page = Explanation(walk, ("en",), detail).to_markdown()
    steps = [text for text in column(page, 0) if text]
    assert numbers(steps) == [layer.index for layer in walk.layers]
    params = [counted(text) for text in column(page, 4)]
    assert sum(params) == walk.totals.params


def counted(text: str) -> int:
    """A cell of the parameters; a dash for none."""
    return 0 if text == "–" else int(text.replace(",", ""))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_step_is_told_once_and_in_order(walk, lang):
    page = Explanation(walk, (lang,), "full").to_markdown()
    told = re.findall(r"^(?:### |\*\*)(\d+(?:–\d+)?)\*{0,2}　", page, re.M)
    assert numbers(told) == [layer.index for layer in walk.layers]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_in_standard_every_layer_has_its_formula_in_numbers(walk, lang):
    """And every kind of layer is derived: in a section, or (where there is no number to derive) in a paragraph."""
    page = Explanation(walk, (lang,)).to_markdown()
    for layer in walk.layers:
        if layer.value:
            assert plain(layer.params.substituted, Plain()) in page, layer.path
    derived = set(re.findall(r"^### \d+　([^`]+?) ?`|^\*\*([^*`\d]+)\*\* `", page, re.M))
    titles = {capitalised(layer.rule.title)[lang] for layer in walk.layers if layer.rule}
    assert titles <= {one.strip() for pair in derived for one in pair}


@pytest.mark.parametrize("detail", ["brief", "handout"])
def test_the_table_of_the_parts_sums_to_the_total(walk, detail):
    page = Explanation(walk, ("en",), detail).to_markdown()
    section = next(one for one in page.split("\n## ") if one.startswith("The whole network"))
    table = section.split("\n\n")[1].splitlines()
    cells = [[cell.strip() for cell in line.split(" | ")] for line in table[2:-1]]
    params = (
        table[0].strip("| ").split(" | ").index("Parameters")
    )  # a network of stages has columns of its own sizes before it
    assert sum(counted(row[params]) for row in cells) == walk.totals.params
    assert f"**{walk.totals.params:,}**" in table[-1]


def test_in_full_detail_nothing_is_folded_or_skipped(walk):
    page = Explanation(walk, ("en",), "full").to_markdown()
    assert len(re.findall(r"^### ", page, re.M)) == len(walk.layers) + len(walk.uncalled)
    assert "same as layer" not in page


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_repetition_is_worked_out_and_ticked(lang):
    page = Explanation(zoo_walk("resnet50"), (lang,)).to_markdown()
    line = next(line for line in page.splitlines() if line.startswith("| `layer2` "))
    # a bottleneck of stage 2: 1·1·512·128 + 2·128 + 3·3·128·128 + 2·128 + 1·1·128·512 + 2·512 = 280,064
    assert "379,392 | 3·280,064 | 1,219,584 | 1,027,604,480" in line
    assert ("公式对这16块都成立" in page) or ("In each of the 16 blocks the formula gives" in page)


def chain(*blocks: nn.Module) -> nn.Module:
    return nn.Sequential(*blocks)


def block(width: int = 4, bias: bool = True) -> nn.Module:
    return nn.Sequential(nn.Linear(width, width, bias=bias), nn.ReLU())


def folded(model: nn.Module, *shape: int) -> list[tuple[str, int]]:
    with torch.device("meta"):
        return [(each.first.path, len(each.others) + 1) for each in repeats(fold(walked(model, shape).layers))]


def test_equal_blocks_fold_and_others_do_not():
    assert folded(chain(block(), block(), block()), 1, 4) == [("0", 3)]
    assert folded(chain(block(), block(bias=False), block()), 1, 4) == []
    assert folded(chain(block(), nn.Tanh(), block()), 1, 4) == []


def test_single_layers_are_not_blocks():
    assert folded(chain(nn.ReLU(), nn.ReLU(), nn.ReLU()), 1, 4) == []


def test_a_block_that_shares_its_parameters_is_not_folded_with_its_owner():
    shared = block()
    walk = walked(chain(block(), shared, shared), (1, 4))
    assert sum(layer.counted for layer in flat(fold(walk.layers))) == walk.totals.params == 40
    page = Explanation(walk, ("en",)).to_markdown()
    assert sum(counted(text) for text in column(page, 4)) == 40


def test_blocks_of_equal_shapes_but_other_wiring_do_not_fold():
    class Skip(nn.Module):
        def __init__(self, past: bool):
            super().__init__()
            self.f, self.past = nn.Linear(4, 4), past

        def forward(self, x):
            y = self.f(x)
            return y + (x if self.past else y)

    assert folded(chain(Skip(True), Skip(True)), 1, 4) == [("0", 2)]
    assert folded(chain(Skip(True), Skip(False)), 1, 4) == []


def test_blocks_within_blocks():
    outer = lambda: chain(block(), block())  # noqa: E731
    assert folded(chain(outer(), outer()), 1, 4) == [("0", 2), ("0.0", 2)]


class Preparing(nn.Module):
    """Eight function steps in a row, then a layer, then one of the eight again."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 6)

    def forward(self, x):
        y = (((x * 2 + 1) * 3 - 4) / 5).abs().exp().sqrt()
        return self.fc(y).abs()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_long_run_of_preparing_steps_is_one_line(lang):
    lesson = explainer.explain(Preparing(), input_size=(1, 6), lang=lang)
    page = lesson.to_markdown()
    assert "| 1–8 |" in page
    assert "### 9　" in page
    assert len(lesson.layers) == 10
    unfolded = explainer.explain(Preparing(), input_size=(1, 6), lang=lang, detail="full").to_markdown()
    assert all(f"### {i}　" in unfolded for i in range(1, 11))
