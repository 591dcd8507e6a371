"""Blocks derived once: the formulas that a teacher knows, instances that all agree, and nothing decided by a name."""

import json
import time

import pytest
from torch import nn

import explainer
from explainer.derive.pipeline import walk_model
from explainer.export.templates_json import template_dict
from explainer.formula.printing import Plain, plain
from explainer.targets import walk_target
from explainer.walkthrough.file.read import from_plain
from explainer.walkthrough.file.write import to_plain
from explainer.walkthrough.verdict import Verdict


def walked(model, shape):
    import torch

    return walk_model(model, (torch.empty(shape, device="meta"),), {}, name="net", source="test")


def told(walk):
    return {(one.cls, len(one.rows)): plain(one.formula, Plain()) for one in walk.templates}


@pytest.mark.parametrize(
    ("name", "block", "instances", "formula", "option"),
    [
        ("resnet50", "Bottleneck", 16, "C·m+13m²+12m", "4C·m+8m"),
        ("resnet18", "BasicBlock", 8, "9C·C_out+9C_out²+4C_out", "C·C_out+2C_out"),
        ("densenet121", "_DenseLayer", 58, "130C+37,120", None),
        ("swin_t", "SwinTransformerBlock", 12, "12D²+13D+169D/32", None),
        ("mobilenet_v2", "InvertedResidual", 16, "6C²+6C·C_out+78C+2C_out", None),
        ("convnext_tiny", "CNBlock", 18, "8C²+58C", None),
    ],
)
def test_the_formulas_of_known_blocks(name, block, instances, formula, option):
    walk = walk_target(name)
    found = next(one for one in walk.templates if (one.cls, len(one.rows)) == (block, instances))
    assert plain(found.formula, Plain()) == formula
    assert (plain(found.option_formula, Plain()) if found.option_formula is not None else None) == option
    assert set(found.verdicts) == {Verdict.AGREES}


def test_googlenet_has_seven_free_widths():
    inception = next(one for one in walk_target("googlenet").templates if len(one.rows) == 9)
    assert len(inception.symbols) == 7


class Down(nn.Module):
    def __init__(self, a, b, bias=True):
        super().__init__()
        self.one = nn.Conv2d(a, b, 3, padding=1)
        self.act = nn.ReLU()
        self.two = nn.Conv2d(b, b, 3, padding=1, bias=bias)

    def forward(self, x):
        return self.act(self.two(self.act(self.one(x))))


class Qxz(nn.Module):
    """The same under other names."""

    def __init__(self, a, b):
        super().__init__()
        self.k7 = nn.Conv2d(a, b, 3, padding=1)
        self.p = nn.ReLU()
        self.aa = nn.Conv2d(b, b, 3, padding=1)

    def forward(self, x):
        return self.p(self.aa(self.p(self.k7(x))))


WIDTHS = ((3, 8), (8, 24), (24, 16), (16, 40))


@pytest.mark.parametrize("block", [Down, Qxz])
def test_names_decide_nothing(block):
    walk = walked(nn.Sequential(*[block(a, b) for a, b in WIDTHS]), (1, 3, 8, 8))
    assert told(walk) == {(block.__name__, 4): "9C·C_out+9C_out²+2C_out"}


def test_every_instance_has_its_row():
    walk = walked(nn.Sequential(*[Down(a, b) for a, b in WIDTHS]), (1, 3, 8, 8))
    (found,) = walk.templates
    assert [row.values for row in found.rows] == list(WIDTHS)
    assert [row.params for row in found.rows] == [9 * a * b + 9 * b * b + 2 * b for a, b in WIDTHS]
    assert [row.macs for row in found.rows] == [64 * 9 * (a * b + b * b) for a, b in WIDTHS]


def test_two_rows_are_not_enough_for_a_relation():
    """4→8 and 8→16: that the output is twice the input may be chance."""
    walk = walked(nn.Sequential(Down(4, 8), Down(8, 16)), (1, 4, 8, 8))
    (found,) = walk.templates
    assert len(found.symbols) == 2
    walk = walked(nn.Sequential(*[Down(a, 2 * a) for a in (4, 8, 16)]), (1, 4, 8, 8))
    (found,) = walk.templates
    assert plain(found.formula, Plain()) == "54C²+4C"


def test_blocks_of_other_structure_are_no_instances():
    walk = walked(nn.Sequential(Down(3, 8), Down(8, 8), Down(8, 4, bias=False), Down(4, 4, bias=False)), (1, 3, 8, 8))
    assert sorted(len(one.rows) for one in walk.templates) == [2, 2]


def test_shared_blocks_are_no_wrong_count():
    block = Down(6, 6)
    walk = walked(nn.Sequential(block, block, Down(6, 6)), (1, 6, 8, 8))
    for found in walk.templates:
        assert set(found.verdicts) == {Verdict.AGREES}


def test_they_come_back_from_a_file_and_stand_in_json():
    walk = walked(nn.Sequential(*[Down(a, b) for a, b in WIDTHS]), (1, 3, 8, 8))
    again = from_plain(to_plain(walk))
    assert [template_dict(one) for one in again.templates] == [template_dict(one) for one in walk.templates]
    (found,) = map(template_dict, walk.templates)
    assert found["formula"] == "9*C*C_out+9*C_out**2+2*C_out"
    assert found["rows"][1] == {
        "path": "1",
        "values": {"C": 8, "C_out": 24},
        "options": [],
        "params": 9 * 8 * 24 + 9 * 24 * 24 + 2 * 24,
        "macs": 64 * 9 * (8 * 24 + 24 * 24),
        "verdict": "agrees",
    }
    assert json.dumps(found)


@pytest.mark.parametrize("detail", ["standard", "handout"])
@pytest.mark.parametrize("lang", ["zh", "en", "zh,en"])
def test_the_lesson_tells_a_block_once(lang, detail):
    net = nn.Sequential(*[Down(a, b) for a, b in WIDTHS])
    page = explainer.explain(net, (1, 3, 8, 8), lang=lang, detail=detail).to_markdown()
    heading = {"zh": "块的推导", "en": "The blocks", "zh,en": "块的推导 The blocks"}[lang]
    assert f"## {heading}" in page
    assert page.count("`Down`") == 1
    formula = r"9C\cdot C_{\mathrm{out}}+9C_{\mathrm{out}}^{2}+2C_{\mathrm{out}}"
    assert formula in page
    full = explainer.explain(net, (1, 3, 8, 8), lang=lang, detail="full").to_markdown()
    assert formula not in full


def test_an_optional_call_is_named_with_its_numbers_where_it_stands():
    """ResNet's second stage has what the first has not: nothing of the network is left out."""
    page = explainer.explain_source("resnet18", lang="en").to_markdown()
    line = next(line for line in page.splitlines() if line.startswith("| `layer2.0`: "))
    assert "`downsample.0` 1·1·64·128" in line
    assert "downsample" not in next(line for line in page.splitlines() if line.startswith("| `layer2.1`: "))


def test_they_cost_little():
    walk = walk_target("resnet50")
    start = time.process_time()
    _ = walk.templates
    spent = time.process_time() - start
    start = time.process_time()
    walk_target("resnet50")
    assert spent < 0.3 * (time.process_time() - start)


class Cut(nn.Module):
    """A residual block whose first convolution is cut into groups."""

    def __init__(self, groups, c=32):
        super().__init__()
        self.first, self.last = nn.Conv2d(c, c, 3, padding=1, groups=groups), nn.Conv2d(c, c, 1)

    def forward(self, x):
        return x + self.last(nn.functional.relu(self.first(x)))


@pytest.mark.parametrize(("groups", "together"), [((1, 2, 4, 8), 4), ((8, 4, 2, 1), 4), ((1, 32, 32, 1), 2)])
def test_one_group_is_a_number_of_groups(groups, together):
    """A convolution in one group belongs to the block whose others are cut; a depthwise one is something else."""
    model = nn.Sequential(nn.Conv2d(3, 32, 3), *[Cut(n) for n in groups])
    found = walked(model, (1, 3, 16, 16)).templates
    assert all(len(one.rows) == together for one in found)
    for row in (row for one in found for row in one.rows):
        cut = groups[int(row.path) - 1]
        assert row.formula == row.params == (9 * 32 // cut + 1) * 32 + 33 * 32
