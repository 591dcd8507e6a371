"""CONTRIBUTING.md as a stranger reads it: its code runs, and what it promises for one new file holds."""

from __future__ import annotations

import ast
import csv
import importlib
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from nets import MnistCnn, walked
from torch import nn

from explainer.api import Explanation
from explainer.figures.svg.faults import faults
from explainer.figures.table import makers
from explainer.formats.base import Format
from explainer.formats.table import by_ending
from explainer.formula.role import Role
from explainer.formula.tree import Symbol, product, symbols
from explainer.homework.worksheets.exports.formats import found_exports
from explainer.homework.worksheets.exports.tolerance import EXACT
from explainer.homework.worksheets.make import make_sheet
from explainer.i18n.bilingual import LANGS, Bi
from explainer.recognition.recognise import graph_of
from explainer.recognition.recogniser import recognisers
from explainer.rules import Axis, DoesNotApply, Output, Parameters, Registry, Rule, Sample, default_registry
from explainer.rules.base import has
from explainer.testing import check_rule, run_sample
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import C, F_in, F_out, N, bias, leading_axes, sized, sizes

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n# (explainer/\S+)\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def written(monkeypatch):
    """`written("factored.py")`: the guide's file of that name as a module."""

    def module(name: str) -> ModuleType:
        (code,) = [code for path, code in BLOCKS if path.endswith(f"/{name}")]
        made = ModuleType(f"a_strangers_{name.removesuffix('.py')}")
        monkeypatch.setitem(sys.modules, made.__name__, made)
        exec(compile(code, name, "exec"), made.__dict__)
        return made

    return module


def test_the_layer_of_the_guide_keeps_what_it_promises(written):
    (rule,) = written("factored.py").RULES
    check_rule(rule, samples=12)


def test_its_lesson_names_the_layer(written):
    module = written("factored.py")
    registry = Registry(default_registry().rules)
    for rule in module.RULES:
        registry.add(rule, replace=True)  # for whoever has just tried the guide's file in its place
    walk = walked(nn.Sequential(module.Factored(8, 6, 2), nn.ReLU()), (3, 8), registry=registry)
    assert [layer.rule.name for layer in walk.layers] == ["factored_linear", "ReLU"]
    assert walk.layers[0].params.value == 8 * 2 + (2 + 1) * 6
    assert walk.layers[0].macs.value == 3 * (8 * 2 + 2 * 6)
    assert "Low-rank linear layer" in Explanation(walk, ("en",)).to_markdown()


def test_the_format_of_the_guide_writes(written):
    found = written("text.py").FORMAT
    assert isinstance(found, Format)
    lesson = Explanation(walked(nn.Linear(3, 5), (2, 3)), ("en",))
    assert b"Linear" in found.write(lesson)
    assert b"$" not in found.write(lesson)


def test_every_symbol_of_the_guides_layer_has_a_role(written):
    """As `tests/rules/test_roles.py` asks of every rule in the package."""
    (rule,) = written("factored.py").RULES
    run = run_sample(rule, 1)
    output = rule.output(run.call)
    formulas = [rule.parameters(run.call).formula, output.macs, *(axis.size for axis in output.axes)]
    assert {symbol.name for formula in formulas for symbol in symbols(formula) if symbol.role is None} == set()


def test_its_files_are_found_where_it_puts_them(tmp_path, monkeypatch):
    """Each table is read anew with the guide's file beside ours: no list names what is in it."""
    made = []
    for path, code in BLOCKS:
        package = importlib.import_module(".".join(Path(path).parent.parts))
        folder = tmp_path / package.__name__
        folder.mkdir()
        (folder / Path(path).name).write_text(code, encoding="utf-8")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
        made.append(f"{package.__name__}.{Path(path).stem}")
    try:
        assert default_registry.__wrapped__().named("factored_linear")
        assert ".txt" in by_ending.__wrapped__()
        assert "largest" in makers.__wrapped__()
        assert "cards" in {one.key for one in found_exports()}
        assert recognisers.__wrapped__()[-1].found.__module__.endswith("ideas.channel_shuffle")
    finally:
        for name in made:
            sys.modules.pop(name, None)


def test_the_export_of_the_guide_is_read_line_by_line(written):
    sheet = make_sheet(walked(MnistCnn(), (1, 1, 28, 28)), count=8, seed=1, styles="mixed")
    export = written("flash_cards.py").EXPORT
    for langs in (("zh",), ("en",), ("zh", "en")):
        cards = list(csv.reader(io.StringIO(export.of_sheet(sheet, langs, EXACT).decode()), delimiter="\t"))
        assert [len(card) for card in cards] == [2] * 8
        assert all(front and back for front, back in cards)
        for item, (_, back) in zip(sheet.items, cards, strict=True):
            assert item.question.is_shape or str(item.question.value) in back.replace(",", "")


def test_the_figure_of_the_guide_is_drawn(written):
    maker = written("largest.py").FIGURE
    one = maker.make(walked(MnistCnn(), (1, 1, 28, 28)))
    for lang in LANGS:
        assert faults(one.canvas(lang)) == [] and one.title[lang] and one.caption[lang] and one.alt[lang]
    (largest,) = [label.text for label in one.canvas("en").labels]
    assert largest.endswith("15,690")  # the last layer: (32·7·7+1)·10
    assert maker.make(walked(nn.Sequential(nn.ReLU()), (1, 4))) is None


class Shuffled(nn.Module):
    """Two convolutions, and between them channels in another order: a shuffle of three groups, or a mere exchange of halves."""

    def __init__(self, groups: int, flip: bool):
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 12, 3), nn.Conv2d(12, 4, 3)
        self.groups, self.flip = groups, flip

    def forward(self, x):
        x = self.first(x)
        n, channels, height, width = x.shape
        x = x.view(n, self.groups, channels // self.groups, height, width)
        x = x.flip(1) if self.flip else x.transpose(1, 2).contiguous()
        return self.last(x.view(n, channels, height, width))


@pytest.mark.parametrize(("flip", "groups"), [(False, {"groups": 3}), (True, None)])
def test_the_idea_of_the_guide_is_proven_and_what_looks_like_it_is_none(written, flip, groups):
    walk = walked(Shuffled(3, flip), (2, 3, 12, 12))
    graph = graph_of(walk, walk.trace, None, default_registry())
    found = list(written("channel_shuffle.py").RECOGNISER.found(graph))
    assert [one.settings for one in found] == ([groups] if groups else [])
    if groups:
        (one,) = found
        assert [walk.layers[index - 1].type for index in one.calls] == ["view", "transpose", "view"]
        assert all(one.proof.words[lang] for lang in LANGS)


def test_its_files_are_typed():
    """As strict mypy asks of every file in the package, which is not run here: a parameter or a result without a type."""
    for path, code in BLOCKS:
        for made in [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef)]:
            bare = [one.arg for one in made.args.args if one.annotation is None and one.arg != "self"]
            assert (bare, made.returns is not None) == ([], True), (path, made.name)


def test_every_place_that_the_guide_names_is_there():
    named = re.findall(r"`((?:explainer|tests|tools|docs)/[\w/.]+)`", GUIDE)
    assert len(named) > 15
    assert [path for path in named if not (ROOT / path).exists()] == []


# Two rules as a stranger would write them, after the guide's example.


class LoRA(nn.Module):
    """A frozen linear layer and a low-rank change to it."""

    def __init__(self, inputs: int, outputs: int, rank: int, bias: bool):
        super().__init__()
        self.base = nn.Linear(inputs, outputs, bias=bias)
        self.base.requires_grad_(False)
        self.a = nn.Parameter(torch.empty(rank, inputs))
        self.b = nn.Parameter(torch.empty(outputs, rank))

    def forward(self, x):
        return self.base(x) + x @ self.a.T @ self.b.T


r = Symbol("r", Bi("秩", "rank"), Bi("秩", "rank"), role=Role.INNER)
LORA = Bi(
    "原来的全连接层不变，另加两个小矩阵：{r}×{F_in}和{F_out}×{r}。",
    "The linear layer stays as it is; two small matrices are added, {r}×{F_in} and {F_out}×{r}.",
)
LAST = Bi("只有最后一维改变。", "Only the last dimension changes.")
EACH = Bi("每个权重在每个位置上做1次乘加。", "Each weight is used once at each position.")


def lora_sizes(call):
    if not isinstance(call.module, LoRA):
        raise DoesNotApply
    return {F_in: call.module.a.shape[1], F_out: call.module.b.shape[0], r: call.module.a.shape[0]}


def lora_parameters(call):
    sizes = lora_sizes(call)
    return Parameters(
        (F_in + bias) * F_out + r * F_in + F_out * r,
        {**sizes, bias: has(call.module.base.bias)},
        claims=("base.weight", "base.bias", "a", "b"),
        why=(LORA.format(**{symbol.name: size for symbol, size in sizes.items()}),),
    )


def lora_output(call):
    leading = leading_axes(len(call.shapes[0]) - 1)
    return Output(
        tuple(Axis(symbol.name, symbol) for symbol in (*leading, F_out)),
        {**sized(leading, call.shapes[0][:-1]), **lora_sizes(call)},
        why=(LAST,),
        macs=product([*leading, F_in * F_out + F_in * r + r * F_out]),
        macs_why=(EACH,),
    )


def lora_sample(random):
    sizes, with_bias = [random.randint(1, 60) for _ in range(3)], random.random() < 0.5
    return Sample(lambda: LoRA(*sizes, with_bias), ((random.randint(1, 5), 7, sizes[0]),))


class SqueezeExcitation(nn.Module):
    """A number for each channel, from the channels' means through a narrow layer."""

    def __init__(self, channels: int, squeezed: int):
        super().__init__()
        self.fc1, self.fc2 = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)

    def forward(self, x):
        return x * torch.sigmoid(self.fc2(torch.relu(self.fc1(x.mean((2, 3), keepdim=True)))))


S = Symbol("S", Bi("压缩后的通道数", "number of squeezed channels"), Bi("压缩", "squeezed"), role=Role.INNER)
H, W = sizes(2)
SQUEEZED = Bi(
    "先把{C}个通道压缩为{S}个，再还原；两次都有偏置。",
    "The {C:channel|channels} are squeezed to {S} and brought back, with biases both times.",
)
SCALED = Bi("逐通道相乘，形状不变。", "Each channel is multiplied by its number; the shape stays.")
ONCE = Bi("每个权重对每张图做1次乘加。", "Each weight is used once for each image.")


def se_sizes(call):
    return {C: call.module.fc1.in_channels, S: call.module.fc1.out_channels}


def se_parameters(call):
    sizes = se_sizes(call)
    return Parameters(
        (C + 1) * S + (S + 1) * C,
        sizes,
        claims=("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"),
        why=(SQUEEZED.format(**{symbol.name: size for symbol, size in sizes.items()}),),
    )


def se_output(call):
    n, _, h, w = call.shapes[0]
    axes = tuple(Axis(symbol.name, symbol) for symbol in (N, C, H, W))
    values = {N: n, H: h, W: w, **se_sizes(call)}
    return Output(axes, values, why=(SCALED,), macs=N * 2 * C * S, macs_why=(ONCE,))


def se_sample(random):
    channels, squeezed = random.randint(2, 40), random.randint(1, 9)
    return Sample(lambda: SqueezeExcitation(channels, squeezed), ((random.randint(1, 3), channels, 5, 6),))


STRANGERS = [
    Rule(
        "lora", Bi("LoRA全连接层", "LoRA linear layer"), Kind.LINEAR, lora_parameters, lora_output, lora_sample, (LoRA,)
    ),
    Rule(
        "squeeze_excitation",
        Bi("压缩激励层", "squeeze-and-excitation layer"),
        Kind.OTHER,
        se_parameters,
        se_output,
        se_sample,
        (SqueezeExcitation,),
    ),
]


@pytest.mark.parametrize("strangers", STRANGERS, ids=[one.name for one in STRANGERS])
def test_a_strangers_rule_is_checked(strangers):
    check_rule(strangers)


@pytest.mark.skipif(shutil.which("make") is None, reason="no make here")
def test_the_command_for_one_rule_is_a_sound_one():
    """`make -n` says what would be run: the files with a test for each rule, this one among them or not."""
    found = subprocess.run(
        ["make", "-n", "rule", "NAME=conv2d"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert found.returncode == 0, found.stderr
    (line,) = [line for line in found.stdout.splitlines() if "--rule 'conv2d'" in line]
    assert "tests/rules/test_agreement.py" in line
