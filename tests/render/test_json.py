"""The JSON of a walkthrough: complete, language-free, and adding up."""

from __future__ import annotations

import ast
import json
import math
import re
from functools import reduce
from operator import mul

import pytest
import torch
from nets import Tiny, measured, walked
from torch import nn

from explainer.export.json import to_dict, to_json

CHINESE = re.compile(r"[\u3000-\u9fff]")
VERDICTS = {"agrees", "disagrees", "unchecked", "not_reached"}
TOP = {
    "schema",
    "model",
    "completeness",
    "versions",
    "calls",
    "raw_parameters",
    "uncalled",
    "groups",
    "totals",
    "cost",
    "checks",
    "walkthrough",
}
FIGURE = {"symbolic", "substituted", "steps", "value"}

# The interface's table: a layer, its input, and its parameters' symbolic form, numbers, steps and value.
TABLE = {
    "Conv2d(512, 512, 3)": (
        lambda: nn.Conv2d(512, 512, 3),
        (1, 512, 8, 8),
        ["(k_h*k_w*C_in + 1)*C_out", "(3*3*512+1)*512", ["(4608+1)*512", "4609*512"], 2359808],
    ),
    "Conv2d(3, 16, 3, bias=False)": (
        lambda: nn.Conv2d(3, 16, 3, bias=False),
        (1, 3, 8, 8),
        ["k_h*k_w*C_in*C_out", "3*3*3*16", [], 432],
    ),
    "Conv2d(32, 64, 3, groups=4)": (
        lambda: nn.Conv2d(32, 64, 3, groups=4),
        (1, 32, 8, 8),
        ["(k_h*k_w*C_in/g + 1)*C_out", "(3*3*32/4+1)*64", ["(72+1)*64", "73*64"], 4672],
    ),
    "Linear(25088, 4096)": (
        lambda: nn.Linear(25088, 4096),
        (1, 25088),
        ["(F_in + 1)*F_out", "(25088+1)*4096", ["25089*4096"], 102764544],
    ),
    "BatchNorm2d(64)": (lambda: nn.BatchNorm2d(64), (1, 64, 8, 8), ["2*C", "2*64", [], 128]),
    "Conv2d(8, 4, 1)": (
        lambda: nn.Conv2d(8, 4, 1),
        (1, 8, 8, 8),
        ["(k_h*k_w*C_in + 1)*C_out", "(1*1*8+1)*4", ["(8+1)*4", "9*4"], 36],
    ),
    "ReLU()": (nn.ReLU, (1, 8), ["0", "0", [], 0]),
}


@pytest.fixture(scope="module", params=["vgg16", "resnet18"])
def walk(request):
    return measured(request.getfixturevalue(request.param))


@pytest.fixture(scope="module")
def data(walk):
    """The JSON as another program reads it."""
    return json.loads(to_json(walk))


@pytest.mark.parametrize(("make", "shape", "row"), TABLE.values(), ids=TABLE)
def test_formulas_as_the_interface_has_them(make, shape, row):
    with torch.device("meta"):
        model = make()
    params = to_dict(measured(walked(model, shape)))["calls"][0]["params"]
    assert [params["symbolic"], params["substituted"], params["steps"], params["value"]] == row


def test_sizes_as_formulas():
    model = nn.Conv2d(3, 8, (3, 1), stride=2, padding=1, dilation=(2, 1))
    _, _, height, width = to_dict(measured(walked(model, (1, 3, 9, 16))))["calls"][0]["shape"]
    assert height["dim"] == "H_out"
    assert height["value"] == 4  # ⌊(9+2·1−2·(3−1)−1)/2⌋+1 = ⌊6/2⌋+1
    assert width["value"] == 9  # ⌊(16+2·1−1·(1−1)−1)/2⌋+1 = ⌊17/2⌋+1
    assert height["symbolic"].startswith("floor((H + 2*p - d_h*(k_h - 1) - 1)/s) + 1")


def test_no_padding_and_no_dilation_are_not_in_the_formula():
    _, _, height, _ = to_dict(measured(walked(nn.Conv2d(3, 8, 3), (1, 3, 9, 9))))["calls"][0]["shape"]
    assert height["symbolic"] == "floor((H - k_h)/s) + 1"
    assert height["substituted"] == "floor((9-3)/1)+1"
    assert height["value"] == 7


def test_the_top(data, walk):
    assert set(data) >= TOP
    assert data["schema"] == 2
    assert data["model"] == {
        "name": walk.name,
        "source": "torchvision",
        "mode": "eval",
        "input_shapes": [[1, 3, 224, 224]],
        "input_dtypes": ["float32"],
    }
    assert data["versions"]["torch"] == torch.__version__
    assert data["versions"]["explainer"]


def test_it_is_language_free_and_plain(data, walk):
    without = {name: part for name, part in to_dict(walk).items() if name != "walkthrough"}
    assert not CHINESE.search(json.dumps(without, ensure_ascii=False))
    assert to_json(walk).endswith("\n")
    assert to_dict(walk) == data


def figures(data):
    """Every figure with a formula."""
    for call in data["calls"]:
        yield call["params"]
        yield call["macs"]
        yield from call["shape"]


def test_every_call_is_complete(data):
    for number, call in enumerate(data["calls"], 1):
        assert call["index"] == number
        assert call["kind"] in ("module", "function")
        assert set(call) >= {
            "index",
            "path",
            "type",
            "kind",
            "inputs",
            "input_shapes",
            "output_shapes",
            "same_as",
            "params",
            "shape",
            "macs",
            "memory",
            "receptive_field",
        }
        assert set(call["params"]) == FIGURE | {"counted", "torch", "verdict", "shared_with"}
        assert set(call["macs"]) == FIGURE | {"torch", "verdict"}
        assert all(set(size) == FIGURE | {"dim"} for size in call["shape"])
        assert {call["params"]["verdict"], call["macs"]["verdict"], call["shape_verdict"]} <= VERDICTS
        assert [size["value"] for size in call["shape"]] == call["output_shapes"][0]


def test_inputs_point_to_earlier_calls_with_those_shapes(data):
    made = {call["index"]: call["output_shapes"] for call in data["calls"]}
    made["input"] = data["model"]["input_shapes"]
    for call in data["calls"]:
        for source, shape in zip(call["inputs"], call["input_shapes"], strict=True):
            assert source == "input" or source < call["index"]
            assert shape in made[source]


def test_same_as_points_to_the_first_of_its_kind(data):
    calls = {call["index"]: call for call in data["calls"]}
    pointing = [call for call in data["calls"] if call["same_as"] is not None]
    assert pointing
    for call in pointing:
        first = calls[call["same_as"]]
        assert first["same_as"] is None
        for key in ("type", "input_shapes", "output_shapes"):
            assert call[key] == first[key]
        assert call["params"]["substituted"] == first["params"]["substituted"]


NAMES = {"floor": math.floor, "ceil": math.ceil}


def arithmetic(text: str):
    """Python's value of a formula with numbers; nothing but arithmetic is let through."""
    for node in ast.walk(tree := ast.parse(text, mode="eval")):
        assert isinstance(
            node,
            ast.Expression
            | ast.BinOp
            | ast.UnaryOp
            | ast.operator
            | ast.unaryop
            | ast.Constant
            | ast.Call
            | ast.Name
            | ast.Load,
        )
        assert not isinstance(node, ast.Name) or node.id in NAMES
    return eval(compile(tree, "formula", "eval"), {"__builtins__": {}}, NAMES)


def test_every_formula_computes_to_its_value(data):
    for figure in figures(data):
        if figure["symbolic"] is None:
            assert figure["substituted"] is None
            assert figure["steps"] == []
            continue
        assert figure["symbolic"].isascii()
        for line in (figure["substituted"], *figure["steps"]):
            assert arithmetic(line) == figure["value"], line


def test_the_parts_sum_to_the_total(data):
    totals = data["totals"]
    parts = sum(call["params"]["counted"] for call in data["calls"])
    parts += sum(raw["params"] for raw in data["raw_parameters"])
    parts += sum(module["params"]["counted"] for module in data["uncalled"])
    assert parts == totals["params"]["value"] == totals["params"]["torch"]
    assert totals["params"]["verdict"] == "agrees"
    assert totals["explained"] + totals["raw"] + totals["unexplained"] == parts
    assert totals["trainable"] + totals["frozen"] == parts


def test_groups_sum_to_the_total_and_hold_every_call_once(data):
    for by in {group["by"] for group in data["groups"]}:
        groups = [group for group in data["groups"] if group["by"] == by]
        assert sum(group["params"] for group in groups) == data["totals"]["params"]["value"]
        assert sum(group["macs"] for group in groups) == data["cost"]["macs"]["value"]
        members = sorted(index for group in groups for index in group["calls"])
        assert members == [call["index"] for call in data["calls"]]
    assert {group["by"] for group in data["groups"]} >= {"block", "kind"}


def test_cost(data):
    macs = data["cost"]["macs"]
    assert macs["value"] == macs["torch"] == sum(call["macs"]["value"] or 0 for call in data["calls"])
    assert macs["verdict"] == "agrees"
    assert data["cost"]["flops"] == 2 * macs["value"]


def test_memory(data):
    for call in data["calls"]:
        elements = sum(reduce(mul, shape, 1) for shape in call["output_shapes"])
        assert call["memory"]["output_bytes"] == 4 * elements
        assert call["memory"]["param_bytes"] == 4 * call["params"]["value"]


def test_checks_count_every_verdict(data):
    said = [call["params"]["verdict"] for call in data["calls"]]
    said += [call["shape_verdict"] for call in data["calls"]]
    said += [module["params"]["verdict"] for module in data["uncalled"]]
    said.append(data["totals"]["params"]["verdict"])
    assert data["checks"] == {verdict: said.count(verdict) for verdict in VERDICTS}


def test_vgg16_in_figures(vgg16):
    data = to_dict(measured(vgg16))
    assert data["totals"]["params"]["value"] == 138357544
    assert data["cost"]["macs"]["value"] == 15470264320  # torch's FlopCounterMode says twice that
    kinds = {group["key"]: group["params"] for group in data["groups"] if group["by"] == "kind" and group["params"]}
    assert sorted(kinds.values()) == [14714688, 123642856]


def test_resnet18_in_figures(resnet18):
    data = to_dict(measured(resnet18))
    assert data["totals"]["params"]["value"] == 11689512
    assert data["totals"]["buffers"] == 9620  # 2·4800 running values and 20 counters
    additions = [call for call in data["calls"] if call["type"] == "add"]
    assert len(additions) == 8
    assert all(len(call["inputs"]) == 2 for call in additions)


class Odd(Tiny):
    """A spare layer that shares its weight, another that does not, and a scale of its own."""

    def __init__(self):
        super().__init__()
        self.spare = nn.Linear(4, 2)
        self.twin = nn.Linear(4, 2)
        self.twin.weight = self.head.weight
        self.norm = nn.LayerNorm(4)
        self.scale = nn.Parameter(torch.ones(2))

    def forward(self, x):
        return super().forward(x) * self.scale


def test_what_is_not_called_shared_or_raw_adds_up_too(without_rule):
    without_rule("layer_norm")
    data = to_dict(measured(walked(Odd(), (1, 3, 8, 8))))
    uncalled = {module["path"]: module for module in data["uncalled"]}
    assert uncalled["spare"]["params"]["value"] == uncalled["spare"]["params"]["counted"] == 10
    assert uncalled["twin"]["params"]["value"] == 10
    assert uncalled["twin"]["params"]["counted"] == 2  # the bias alone
    assert uncalled["norm"]["params"]["symbolic"] is None
    assert uncalled["norm"]["params"]["verdict"] == "unchecked"
    (raw,) = data["raw_parameters"]
    assert raw == {"name": "scale", "shape": [2], "params": 2, "used_by": [len(data["calls"])]}
    counted = sum(call["params"]["counted"] for call in data["calls"])
    counted += sum(module["params"]["counted"] for module in data["uncalled"])
    assert counted + raw["params"] == data["totals"]["params"]["value"]
