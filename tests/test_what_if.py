"""What if it were built with other arguments: figures against models really built so, and one sentence for what cannot be."""

import json
from functools import cache

import pytest

import explainer
from explainer.cli.console import main
from explainer.errors import UserError

NET = """
import torch
from torch import nn
EXAMPLE_INPUT = (1, 3, 8, 8)
class Net(nn.Module):
    def __init__(self, in_channels=3, width=4, depth=2, bias=True):
        super().__init__()
        sizes = [in_channels, *[width] * depth]
        self.body = nn.Sequential(*(nn.Conv2d(a, b, 3, bias=bias) for a, b in zip(sizes, sizes[1:])))
    def forward(self, x):
        return self.body(x)
def fixed():
    return Net()
net = Net()
"""


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(NET)
    return str(path)


@cache
def lesson_of(target):
    """One lesson for all that is changed in a model: its family is looked for once."""
    return explainer.explain_source(target, lang="en")


@pytest.mark.parametrize(
    ("target", "changes", "params", "by_formula"),
    [
        ("resnet50", {"width_per_group": 128}, 68_883_240, True),  # wide_resnet50_2
        (
            "resnet50",
            {"width_per_group": 4, "groups": 32},
            25_028_904,
            False,
        ),  # resnext50_32x4d: the formula was not tested there
        ("resnet50", {"layers[2]": 23}, 44_549_160, True),  # resnet101
        ("resnet50", {"layers": [3, 4, 23, 3]}, 44_549_160, True),
        ("hf:gpt2", {"n_layer": 48, "n_embd": 1600, "n_head": 25}, 1_557_611_200, True),
        ("vgg16", {"dropout": 0.1}, 138_357_544, False),
        ("mobilenet_v3_large", {"reduced_tail": True}, 2_569_352, False),  # an argument of the function alone
    ],
)
def test_the_difference_is_that_of_the_model_built_so(target, changes, params, by_formula):
    lesson = lesson_of(target)
    assert not by_formula or lesson.family.params
    found = lesson.what_if(**changes).walkthrough.what_if
    assert found.after.amount.params == found.after.torch_params == params
    assert found.difference.params == params - lesson.totals.params == sum(term.total.params for term in found.terms)
    assert found.difference.macs == sum(term.total.macs for term in found.terms)
    assert bool(found.settings) is by_formula and found.agrees
    assert lesson.walkthrough.what_if is None  # the lesson itself stays as it is


def test_the_input_follows_where_it_must(net):
    change = explainer.explain_source(f"{net}:Net", lang="zh").what_if(in_channels=1)
    assert change.walkthrough.what_if.input_shapes == (((1, 3, 8, 8),), ((1, 1, 8, 8),))
    assert change.walkthrough.what_if.difference.params == -2 * 9 * 4
    assert "构造参数in\\_channels由3改为1，其余不变；输入为1×3×8×8，改后为1×1×8×8。" in change.to_markdown()


def test_the_working_from_the_formula_is_on_the_page():
    text = explainer.explain_source("hf:gpt2", lang="en").what_if(n_layer=24).to_markdown()
    assert "12·7,087,872=85,054,464 | 24·7,087,872=170,108,928 | +85,054,464 |" in text
    assert "parameters} &= V\\cdot d+T_{\\mathrm{max}}\\cdot d+L\\cdot (12d^{2}+13d)+2d" in text


def test_several_changes_are_one_model_and_what_changes_nothing_says_so(net, capsys):
    assert main([f"{net}:Net", "--what-if", "depth=3", "--what-if", "bias=false", "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "| parameters | 260 ✓ | 396 ✓ | +136 |" in out  # (27+1)·4+(36+1)·4; 27·4+2·36·4
    assert main(["vgg16", "--what-if", "dropout=0.3", "--lang", "zh"]) == 0
    assert "参数量、计算量和输出尺寸都没有变。" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "dept=3",
            "Net is built with no argument 'dept'. Close to it: depth. There are: in_channels, width, depth, bias.",
        ),
        ("depth", "--what-if 'depth' is not of the form name=value: write for example --what-if num_classes=10."),
        ("depth[1]=3", "Net is built with no argument 'depth[1]'."),
        ("width=abc", "Building 'Net' failed"),
        ("depth=9", "With depth=9 the model can be built, but its forward pass fails: "),
    ],
)
def test_what_cannot_be_is_one_sentence(net, change, words, capsys):
    assert main([f"{net}:Net", "--what-if", change, "--lang", "en"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(words) and len(said.strip().splitlines()) == 1


LISTS = """
from torch import nn
EXAMPLE_INPUT = (1, 3)
class Net(nn.Module):
    def __init__(self, widths=(4, 8, 16)):
        super().__init__()
        self.layers = nn.Sequential(*(nn.Linear(a, b) for a, b in zip((3, *widths), widths)))
    def forward(self, x):
        return self.layers(x)
"""


def test_an_entry_of_a_list(tmp_path, capsys):
    path = tmp_path / "lists.py"
    path.write_text(LISTS)
    assert main([f"{path}:Net", "--what-if", "widths[1]=6", "--what-if", "widths[2]=9", "--lang", "zh"]) == 0
    said = capsys.readouterr().out
    assert "若 widths\\[1\\]=6、widths\\[2\\]=9" in said and "| 参数量 | 200 ✓ | 109 ✓ | −91 |" in said
    for change, words in [
        (["widths[3]=6"], "widths有3项，编号从0到2，没有widths[3]。"),
        (["widths[-1]=6"], "widths有3项，编号从0到2，没有widths[-1]。"),
        (["widths[0]=6", "widths[0]=7"], "--what-if 给了两次 widths[0]：请只写一个值。"),
    ]:
        assert main([f"{path}:Net", *(part for one in change for part in ("--what-if", one)), "--lang", "zh"]) == 2
        assert capsys.readouterr().err.strip() == words


def test_an_instance_and_a_file_have_nothing_to_build_from(net, tmp_path, capsys):
    with pytest.raises(UserError, match="It is not known how this model is built"):
        explainer.explain_source(f"{net}:net").what_if(depth=3)
    path = tmp_path / "x.json"
    assert main([f"{net}:Net", "--what-if", "depth=3", "-o", str(path)]) == 0
    assert json.loads(path.read_text())["what_if"]["difference"] == {"params": 148, "macs": 2 * 2 * 36 * 4}
    loaded = explainer.load(path, lang="en")
    assert loaded.walkthrough.what_if.difference.params == 148 and "what if depth=3" in loaded.to_markdown()
    assert main([str(path), "--what-if", "depth=4", "--lang", "en"]) == 2
    assert "there is no model to build with other arguments" in capsys.readouterr().err


def test_a_name_that_is_lost_in_kwargs_is_no_argument(capsys):
    """MobileNetV3 takes and forgets any **kwargs: that nothing changes would be no answer."""
    assert main(["mobilenet_v3_small", "--what-if", "foo=1", "--lang", "en"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("MobileNetV3 is built with no argument 'foo'. There are: ") and "num_classes" in said


CONFIGURED = """
from dataclasses import dataclass
from torch import nn
EXAMPLE_INPUT = (1, 6)
@dataclass
class Config:
    width: int = 4
    bias: bool = True
class Net(nn.Sequential):
    def __init__(self, cfg: Config = Config()):
        super().__init__(nn.Linear(6, cfg.width, bias=cfg.bias))
"""


def test_a_field_of_the_files_own_configuration(tmp_path):
    path = tmp_path / "configured.py"
    path.write_text(CONFIGURED)
    lesson = explainer.explain_source(str(path))
    assert lesson.what_if(**{"cfg.width": 10}).walkthrough.what_if.after.torch_params == 70
    with pytest.raises(UserError) as caught:
        lesson.what_if(width=10)
    assert "cfg.width" in caught.value.message.en
