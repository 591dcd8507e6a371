"""Every figure of every tool predicted to the unit, against what the tools themselves returned (tests/oracles).

The tests follow the two tables: a tool's model is a file of `counters/tools`, how it is asked an entry of
`tools/oracles/tools_run.py`. `LEDGER=all` takes every recorded model instead of one or two of each family.
"""

from __future__ import annotations

import os
import re
import sys

import pytest
import torch
from oracle_walks import ROOT, before, oracle_tool, predicted, record, subject_of, walk_of_net
from torch import nn
from torch.nn import functional as F

from explainer.counters import tools
from explainer.counters.engine.hooks import hooked
from explainer.counters.predict import conventions, counted, with_counters
from explainer.counters.tools import calflops, deepspeed, ptflops_pytorch, thop, torchinfo, torchstat, torchsummary
from explainer.derive.pipeline import walk_model
from explainer.i18n.bilingual import Bi
from explainer.ledger.document import ledger_document
from explainer.ledger.identify.search import which
from explainer.render.markdown import to_markdown
from explainer.walkthrough.file.read import from_plain
from explainer.walkthrough.file.write import to_plain

ORACLES = oracle_tool("tools_run").ORACLES
COUNTERS = {counter.name: counter for counter in conventions()}
SMALL = (
    "grouped",
    "transposed",
    "norms",
    "upsampling",
    "pooling",
    "recurrent",
    "gated",
    "attention",
    "encoder",
    "products",
    "functional",
    "reused",
    "volume",
    "batched",
    "padded",
    "sequences",
    "examples/mnist_cnn.py",
    "examples/unet.py:UNet",
)
ZOO = (
    "alexnet",
    "vgg16",
    "vgg11_bn",
    "resnet18",
    "googlenet",
    "inception_v3",
    "densenet121",
    "squeezenet1_0",
    "shufflenet_v2_x1_0",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "mobilenet_v3_large",
    "mnasnet1_0",
    "efficientnet_b0",
    "regnet_y_400mf",
    "resnext50_32x4d",
    "convnext_tiny",
    "vit_b_16",
    "swin_t",
    "swin_v2_t",
    "maxvit_t",
    "fcn_resnet50",
    "deeplabv3_mobilenet_v3_large",
    "lraspp_mobilenet_v3_large",
)
MODELS = sorted(record("torch")) if os.environ.get("LEDGER") == "all" else [*SMALL, *ZOO]
MNIST = "examples/mnist_cnn.py"


# torchprofile's tracer also writes down the products of sizes in a model's own Python (`B * num_windows`), one each.
# On the meta device sizes are plain numbers, so that a trace of ours cannot see them.
REMAINDERS = {
    ("torchprofile", "vit_b_16"): {"macs": 1},
    ("torchprofile", "swin_t"): {"macs": 24},
    ("torchprofile", "swin_v2_t"): {"macs": 36},
    ("torchprofile", "maxvit_t"): {"macs": 22},
}


def by_quantity(module, name):
    return {line.quantity: line for line in module.CONVENTION.lines(subject_of(name))}


def terms(line):
    return {term.label.en: term.value for term in line.terms}


def value(line):
    """The line's value is the sum of its terms, and the true figure comes first."""
    assert line.value == sum(term.value for term in line.terms)
    return line.value


def test_the_record_has_what_the_issue_asks_for():
    assert len(record("torch")) >= 85
    assert all(set(record(tool)) == set(record("torch")) for tool in ORACLES)


def test_what_is_asked_has_a_model():
    assert set(ORACLES) <= set(COUNTERS)


@pytest.mark.parametrize("tool", COUNTERS)
def test_what_has_a_model_is_asked(tool):
    if tool not in ORACLES:
        pytest.skip(f"nobody ever asked {tool}: it has no entry in tools/oracles/tools_run.py")
    assert record(tool)


def test_the_record_has_no_path_and_no_address_of_the_machine_that_made_it():
    """Nor a duration: made again with the same versions, it is the same to the byte."""
    for path in (ROOT / "tests" / "oracles").iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r'[" ]/\w|[A-Z]:\\|0x[0-9a-f]{6}|://|"seconds"|site-packages', text), path.name
    assert all(not each["figures"]["total_row"][7] for each in record("torchstat").values() if "figures" in each)


def returned(tool, name):
    """What the tool returned as integers; a figure of another backend only where it is another figure."""
    measured = record(tool)[name].get("figures", {})
    whole = {key: value for key, value in measured.items() if isinstance(value, int)}
    same = {key for key, value in whole.items() if key.endswith("_cpu") and value == whole[key.removesuffix("_cpu")]}
    return {key: value for key, value in whole.items() if key not in same}


@pytest.mark.parametrize("name", MODELS)
def test_the_totals_are_the_tools_own(name):
    for tool in ORACLES:
        expected, ours = returned(tool, name), predicted(tool, name)
        assert bool(ours) == ("figures" in record(tool)[name]), tool
        for quantity, rest in REMAINDERS.get((tool, name), {}).items():
            ours[quantity] += rest
        assert {quantity: ours.get(quantity) for quantity in expected} == expected, tool
        assert not any(key.endswith("_cpu") for key in set(ours) - set(expected)), tool


@pytest.mark.parametrize("name", MODELS)
def test_torchsummary_row_by_row(name):
    measured = record("torchsummary")[name]
    lines = by_quantity(torchsummary, name)
    if "error" in measured:
        assert not lines
        return
    figures = measured["figures"]
    assert (value(lines["params"]), value(lines["trainable"])) == (figures["params"], figures["trainable"])
    for part in ("input", "output", "param", "total"):
        assert f"{value(lines[f'{part}_bytes']) / 2**20:.2f}" == figures[f"{part}_mib"]
    table = torchsummary.rows(subject_of(name).hooks_on_two)
    assert [[row.name, listed(row.output), row.params] for row in table] == figures["rows"]


def listed(shape):
    """A shape, or several, as torchsummary prints them."""
    return str([list(each) for each in shape] if shape and isinstance(shape[0], tuple) else list(shape))


@pytest.mark.parametrize("name", MODELS)
def test_torchstat_row_by_row(name):
    measured = record("torchstat")[name]
    lines, rows = by_quantity(torchstat, name), torchstat.table(subject_of(name))
    if "error" in measured:
        assert not lines
        assert not rows
        return
    figures = measured["figures"]
    assert {name: value(lines[name]) for name in ("params", "madd", "flops")} == {
        name: figures[name] for name in ("params", "madd", "flops")
    }
    for row, (module, given, made, params, memory, *rest) in zip(rows, figures["rows"], strict=True):
        assert [row.name, list(row.input), list(row.output), row.params] == [module, given, made, params]
        assert row.memory / 2**20 == pytest.approx(memory)
        assert [row.madd, row.flops, row.read, row.write] == rest
    shown = figures["total_row"]
    assert f"{value(lines['memory_bytes']) / 2**20:.2f}" == shown[2]
    assert [value(lines["memread_bytes"]), value(lines["memwrite_bytes"])] == [float(shown[5]), float(shown[6])]
    assert value(lines["memrw_bytes"]) == pytest.approx(
        float(shown[8]), rel=1e-6
    )  # pandas may round it to 1.025457e+09
    assert value(lines["memrw_bytes"]) == sum(row[-1] + row[-2] for row in figures["rows"])


def test_seed_001_torchstats_table_in_full():
    """The table of lecture notes 001; its last two totals are the last row's."""
    assert [
        (row.input, row.output, row.params, row.madd, row.flops, row.read, row.write)
        for row in torchstat.table(subject_of(MNIST))
    ] == [
        ((1, 28, 28), (16, 28, 28), 416, 627200, 326144, 4800, 50176),
        ((16, 28, 28), (16, 28, 28), 0, 12544, 12544, 50176, 50176),
        ((16, 28, 28), (16, 14, 14), 0, 9408, 12544, 50176, 12544),
        ((16, 14, 14), (32, 14, 14), 12832, 5017600, 2515072, 63872, 25088),
        ((32, 14, 14), (32, 14, 14), 0, 6272, 6272, 25088, 25088),
        ((32, 14, 14), (32, 7, 7), 0, 4704, 6272, 25088, 6272),
        ((1568,), (10,), 15690, 31350, 15680, 69032, 40),
    ]
    lines = by_quantity(torchstat, MNIST)
    assert [lines[name].value for name in ("params", "madd", "flops")] == [28938, 5709078, 2894528]
    assert (lines["memread_bytes"].value, lines["memwrite_bytes"].value) == (69032, 40)
    assert lines["memread_bytes"].terms[0].value == 288232
    assert lines["memwrite_bytes"].terms[0].value == 169384
    assert lines["memread_bytes"].standing == lines["memwrite_bytes"].standing == "wrong"
    assert f"{lines['memrw_bytes'].value / 1024:.2f}" == "446.89"
    assert f"{lines['memory_bytes'].value / 2**20:.2f}" == "0.16"


def test_seed_001_torchsummary_and_thop():
    table = torchsummary.rows(subject_of(MNIST).hooks_on_two)
    assert [(row.name, row.output, row.params) for row in table] == [
        ("Conv2d-1", (-1, 16, 28, 28), 416),
        ("ReLU-2", (-1, 16, 28, 28), 0),
        ("MaxPool2d-3", (-1, 16, 14, 14), 0),
        ("Conv2d-4", (-1, 32, 14, 14), 12832),
        ("ReLU-5", (-1, 32, 14, 14), 0),
        ("MaxPool2d-6", (-1, 32, 7, 7), 0),
        ("Linear-7", (-1, 10), 15690),
    ]
    lines = by_quantity(torchsummary, MNIST)
    sizes = [f"{lines[f'{part}_bytes'].value / 2**20:.2f}" for part in ("input", "output", "param", "total")]
    assert sizes == ["0.00", "0.32", "0.11", "0.44"]
    macs, params = thop.lines(subject_of(MNIST))
    assert (macs.value, params.value) == (2838080, 28938)
    assert macs.standing == params.standing == "right"


def test_vgg16_to_the_unit_with_its_causes():
    macs = 15470264320
    assert terms(by_quantity(ptflops_pytorch, "vgg16")["macs"]) == {
        "multiply-accumulates": macs,
        "biases of convolutions": 13547520,
        "biases of fully connected layers": 9192,
        "activations": 13555712,
        "pooling": 6121472 + 25088,
        "activations once more, as the functions that the layers call": 13555712,
        "pooling once more, as the functions that the layers call": 6121472 + 25088,
    }
    assert by_quantity(ptflops_pytorch, "vgg16")["macs"].value == 15523225576
    assert by_quantity(thop, "vgg16")["macs"].value == 15470314496
    assert by_quantity(torchinfo, "vgg16")["mult_adds"].value == 15483821032
    for tool in (calflops, deepspeed):
        assert by_quantity(tool, "vgg16")["flops"].value == 30973778432
        assert by_quantity(tool, "vgg16")["macs"].value == macs
        assert by_quantity(tool, "vgg16")["macs"].standing == "right"


def test_the_unets_transposed_convolutions():
    """64×64 input: 33,554,432 true; thop has stride² = 4 times as many, torchinfo that and the bias."""
    name, true = "examples/unet.py:UNet", 33554432
    many = "transposed convolutions at output positions, about stride² times the right count"
    assert terms(by_quantity(thop, name)["macs"])[many] + true == 134217728
    found = terms(by_quantity(torchinfo, name)["mult_adds"])
    assert found[many] + found["biases of transposed convolutions"] + true == 134463488
    assert by_quantity(thop, name)["macs"].standing == by_quantity(torchinfo, name)["mult_adds"].standing == "wrong"


def test_thop_misses_attentions_parameters():
    line = by_quantity(thop, "vit_b_16")["params"]
    assert (line.terms[0].value, line.value, line.standing) == (86567656, 58067176, "wrong")


def test_the_whole_ledger_in_both_languages():
    model = subject_of("resnet18")
    lines = counted(model.trace, model.walk).lines
    assert {(line.tool, line.version) for line in lines} == {(each.tool, each.version) for each in COUNTERS.values()}
    for line in lines:
        for text in (line.meaning, line.why, *(term.label for term in line.terms)):
            assert isinstance(text, Bi)
            assert text.zh
            assert text.en.isascii() or not any("一" <= sign <= "鿿" for sign in text.en)
            assert "{" not in text.zh + text.en


def test_tools_have_a_place_and_a_name_of_their_own():
    assert len(COUNTERS) == len(conventions())
    orders = [counter.order for counter in conventions()]
    assert orders == sorted(orders)


class Odd(nn.Module):
    """What only some tools see: a function bound at construction, the operator @, a product by name."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)
        self.activation = F.relu

    def forward(self, x):
        x = self.activation(self.fc(x))
        return torch.matmul(x, x.t()) @ F.relu(x)


def test_what_a_patch_sees_is_what_the_network_calls_by_name():
    walk = walk_of_net(Odd(), torch.empty(3, 4, device="meta"))
    found = [call.name for call in hooked(walk.trace).functions]
    assert found == ["F.linear", "torch.matmul", "Tensor.__matmul__", "F.relu"] or found == [
        *("F.linear", "torch.matmul", "F.relu", "Tensor.__matmul__")
    ]
    macs = {
        line.tool: line.value
        for line in counted(walk.trace, walk).lines
        if line.quantity == "macs" and line.backend != "aten"
    }
    assert macs["deepspeed"] == 48 + 36 + 36
    assert macs["calflops"] == 48 + 36
    assert macs["thop"] == 48


def test_torch_is_as_before_and_a_failing_model_leaves_no_patch():
    originals = {name: getattr(F, name) for name in ("relu", "linear", "interpolate")}
    matmul, has_own = torch.matmul, "matmul" in vars(torch.Tensor)

    class Breaks(nn.Module):
        def forward(self, x):
            if isinstance(x, torch.Tensor) and F.relu is not originals["relu"]:
                raise ValueError("only under a patch")
            return x + 1

    walk = walk_of_net(Breaks(), torch.empty(1, 3, device="meta"))
    assert hooked(walk.trace) is None
    assert not thop.lines(before(walk))
    assert {name: getattr(F, name) for name in originals} == originals
    assert torch.matmul is matmul
    assert ("matmul" in vars(torch.Tensor)) == has_own


MINE = '''
from explainer.counters.base import CounterModel
from explainer.i18n.bilingual import same
from explainer.walkthrough.counted import Line, Term


def lines(subject):
    """It takes every call for a million operations."""
    value = len(subject.trace.calls) * 10**6
    term = Term(same("a million for each call"), value)
    return [Line("mine", "1.0", None, "macs", same("calls"), value, (term,), same("No more."), "convention")]


CONVENTION = CounterModel("mine", "1.0", lines, order=5)
'''


def test_another_tool_is_one_file(tmp_path, monkeypatch):
    """Found by its CONVENTION, in its place of the table, and in every page that the ledger has."""
    (tmp_path / "my_own_counter.py").write_text(MINE, encoding="utf-8")
    monkeypatch.setattr(tools, "__path__", [*tools.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, f"{tools.__name__}.my_own_counter", raising=False)
    assert [counter.name for counter in conventions()][:2] == ["torch", "mine"]
    walk = subject_of("resnet18").walk
    walk = with_counters(walk.trace, walk)
    text = to_markdown(ledger_document(walk, ("en",)))
    assert f"| mine 1.0 | MACs | {len(walk.layers)},000,000 |" in text
    assert which(walk, f"{len(walk.layers)}000000 MACs")[0].label.en == "MACs by mine 1.0"


def test_a_file_keeps_what_the_tools_say():
    walk = subject_of("resnet18").walk
    walk = with_counters(walk.trace, walk)
    kept = from_plain(to_plain(walk))
    assert kept.measured.counters == walk.measured.counters
    for langs in (("zh",), ("en",), ("zh", "en")):
        assert to_markdown(ledger_document(kept, langs)) == to_markdown(ledger_document(walk, langs))


def test_tools_that_hook_get_no_help_with_values():
    """Where a library asks a mask for its values, our own runs answer for it; a tool is given a run as it is, or none."""
    transformers = pytest.importorskip("transformers")
    model = transformers.GPT2Model(transformers.GPT2Config(n_layer=1, n_embd=48, n_head=4, vocab_size=100)).eval()
    given = {name: torch.zeros(1, 8, dtype=torch.long, device="meta") for name in ("input_ids", "attention_mask")}
    walk = walk_model(model, (), given, name="gpt2", source="test")
    assert walk.run.stopped is None
    assert hooked(walk.trace) is None
    tools_named = {line.tool for line in counted(walk.trace, walk).lines}
    assert tools_named >= {"torch", "fvcore", "ptflops", "torchprofile"}
    assert tools_named.isdisjoint({"torchinfo", "torchsummary", "torchstat", "thop", "calflops", "deepspeed"})
