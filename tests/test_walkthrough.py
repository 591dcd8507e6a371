"""Totals that always add up, verdicts that are never given for nothing, and disagreements that are loud."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from nets import Function, MnistCnn, Tiny, torch_count, walked, walked_by_shapes, zoo_walk
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations, weight_norm

import explainer.rules
from explainer.api import Explanation
from explainer.formula.tree import Number
from explainer.rules import Parameters, Registry, default_registry
from explainer.source import load
from explainer.vocabulary.symbols import F_in, F_out
from explainer.walkthrough.verdict import Verdict


def parameter(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.zeros(shape))


def pages(walk) -> dict[str, str]:
    """The document in every language and detail."""
    return {
        f"{'+'.join(langs)} {detail}": Explanation(walk, langs, detail).to_markdown()
        for langs in (("zh",), ("en",), ("zh", "en"))
        for detail in ("brief", "standard", "full")
    }


def assert_adds_up(walk, model: nn.Module) -> None:
    """Layers, uncalled modules and raw parameters sum to torch's own count, which is trainable + frozen too."""
    totals = walk.totals
    assert totals.params == totals.torch_params == torch_count(model)
    assert totals.verdict is Verdict.AGREES
    parts = sum(layer.counted for layer in walk.layers) + sum(part.counted for part in walk.uncalled)
    assert parts + sum(raw.params for raw in walk.raw_parameters) == totals.params
    assert totals.explained + totals.raw + totals.unexplained == totals.params
    assert totals.trainable + totals.frozen == totals.params
    for by in ("block", "kind"):
        assert sum(group.params for group in walk.groups(by)) == totals.params
    assert totals.buffers == sum(buffer.numel() for buffer in model.buffers())


class Tied(nn.Module):
    """An encoder and a decoder that share one matrix."""

    def __init__(self):
        super().__init__()
        self.encode = nn.Linear(8, 4)
        self.decode = nn.Linear(8, 4)
        self.decode.weight = self.encode.weight

    def forward(self, x):
        return self.encode(x) + self.decode(x)


class WithSpare(Tiny):
    """Has modules that its forward never calls."""

    def __init__(self):
        super().__init__()
        self.aux = nn.Sequential(nn.Conv2d(3, 5, 3), nn.LayerNorm(5))
        self.spare_scale = parameter(7)


class GainConv(nn.Conv2d):
    """A convolution with a tensor more than torch's."""

    def __init__(self, *sizes: int):
        super().__init__(*sizes)
        self.gain = parameter(sizes[1], 1, 1, 1)


class PaddedConv(nn.Conv2d):
    """A convolution with a forward of its own: its rule would give 6 where the run gives 8."""

    def forward(self, x):
        return F.conv2d(F.pad(x, (1, 1, 1, 1)), self.weight, self.bias, self.stride)


def frozen() -> nn.Module:
    model = Tiny()
    model.stem.requires_grad_(False)
    return model


def shared_layer() -> nn.Module:
    layer = nn.Linear(4, 4)
    return nn.Sequential(layer, nn.ReLU(), layer)


MODELS = {
    "plain": (Tiny, (1, 3, 8, 8)),
    "shared layer": (shared_layer, (1, 4)),
    "tied weights": (Tied, (1, 8)),
    "raw parameter": (lambda: Function(lambda m, x: x @ m.w + m.b, w=parameter(4, 3), b=parameter(3)), (1, 4)),
    "parameter list": (lambda: Function(lambda m, x: x * m.ps[0], ps=nn.ParameterList([parameter(4)])), (1, 4)),
    "uncalled modules": (WithSpare, (1, 3, 8, 8)),
    "a layer without a rule": (lambda: nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4)), (1, 4)),
    "recurrent": (lambda: Function(lambda m, x: m.rnn(x)[0], rnn=nn.LSTM(4, 3)), (5, 1, 4)),
    "attention": (lambda: Function(lambda m, x: m.a(x, x, x)[0], a=nn.MultiheadAttention(4, 2)), (5, 1, 4)),
    "frozen": (frozen, (1, 3, 8, 8)),
    "weight_norm": (lambda: nn.Sequential(parametrizations.weight_norm(nn.Conv2d(3, 4, 3))), (1, 3, 8, 8)),
    "old weight_norm": (lambda: nn.Sequential(weight_norm(nn.Conv2d(3, 4, 3))), (1, 3, 8, 8)),
    "spectral_norm": (lambda: nn.Sequential(parametrizations.spectral_norm(nn.Linear(4, 6))), (1, 4)),
    "orthogonal": (lambda: nn.Sequential(parametrizations.orthogonal(nn.Linear(4, 4))), (1, 4)),
    "extra tensor": (lambda: nn.Sequential(GainConv(3, 4, 3)), (1, 3, 8, 8)),
    "own forward": (lambda: nn.Sequential(PaddedConv(3, 4, 3)), (1, 3, 8, 8)),
    "nothing to learn": (lambda: nn.Sequential(nn.ReLU(), nn.Flatten()), (1, 3, 4)),
    "no modules": (lambda: Function(lambda x: x), (1, 4)),
    "empty": (nn.Sequential, (1, 4)),
    "a layer by itself": (lambda: nn.Linear(4, 2), (1, 4)),
    "sync": (lambda: nn.SyncBatchNorm(3), (2, 3, 4, 4)),
    "real data": (MnistCnn, (2, 1, 28, 28)),
}


@pytest.fixture(scope="module", params=MODELS)
def case(request):
    """A model and its walkthrough."""
    make, shape = MODELS[request.param]
    model = make()
    return model, walked(model, shape)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_totals_always_add_up(case):
    model, walk = case
    assert_adds_up(walk, model)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_nothing_is_claimed_wrongly(case):
    _, walk = case
    assert walk.checks[Verdict.DISAGREES] == walk.macs_checks[Verdict.DISAGREES] == 0
    assert walk.agrees


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_every_document_can_be_written(case):
    model, walk = case
    for name, page in pages(walk).items():
        assert page.count("\n## ") >= (3 if "brief" in name else 5), name
        assert f"{torch_count(model):,}" in page or str(torch_count(model)) in page


@pytest.mark.parametrize("name", MODELS)
def test_training_mode_counts_the_same(name):
    make, shape = MODELS[name]
    model = make()
    batch = (2, *shape[1:]) if name != "recurrent" else shape
    walk = walked(model, batch, train=True)
    assert walk.trace.mode == "train"
    assert_adds_up(walk, model)
    assert walk.agrees


# One thing at a time.


def layer(walk, path: str):
    return next(found for found in walk.layers if found.path == path)


def test_a_layer_used_twice_is_counted_once_and_says_so():
    walk = walked(shared_layer(), (1, 4))
    first, second = layer(walk, "0"), layer(walk, "0@2")
    assert (first.value, first.counted) == (20, 20)  # (4+1)·4
    assert (second.value, second.counted) == (20, 0)
    assert second.shared_with == ("0",)
    assert walk.totals.params == 20
    assert all("0@2" in page for page in pages(walk).values())


def test_a_tied_weight_is_counted_once_and_its_bias_apart():
    walk = walked(Tied(), (1, 8))
    assert layer(walk, "encode").counted == 36  # (8+1)·4
    assert layer(walk, "decode").value == 36
    assert layer(walk, "decode").counted == 4  # the bias alone is new
    assert layer(walk, "decode").shared_with == ("encode",)
    assert layer(walk, "encode").shared_with == ("decode",)
    assert layer(walk, "decode").params_verdict is Verdict.AGREES


def test_raw_parameters_are_named_with_their_users():
    walk = walked(Function(lambda m, x: x @ m.w + m.b, w=parameter(4, 3), b=parameter(3)), (1, 4))
    assert [(raw.name, raw.shape, raw.params, raw.used_by) for raw in walk.raw_parameters] == [
        ("w", (4, 3), 12, (1,)),
        ("b", (3,), 3, (2,)),
    ]
    assert walk.totals.raw == 15


RAW_OPERANDS = {
    "cat with a class token": (lambda m, x: torch.cat([m.p, x], 1), (1, 1, 6), (1, 4, 6)),
    "stack": (lambda m, x: torch.stack([m.p, x]), (4, 6), (4, 6)),
    "broadcast over the input": (lambda m, x: x * m.p, (1, 1, 8, 8), (1, 3, 1, 1)),
    "broadcast from the left": (lambda m, x: m.p + x, (5, 1, 1), (3, 4)),
    "scale": (lambda m, x: x * m.p, (3,), (2, 3)),
    "activation": (lambda m, x: x + F.relu(m.p), (3,), (1, 3)),
    "view": (lambda m, x: x * m.p.view(1, -1, 1, 1), (3,), (1, 3, 4, 4)),
    "index": (lambda m, x: x * m.p[None, :, None, None], (3,), (1, 3, 4, 4)),
    "softmax": (lambda m, x: x * torch.softmax(m.p, 0), (3,), (1, 3)),
    "mean": (lambda m, x: x * m.p.mean(), (3,), (1, 3)),
    "two parameters": (lambda m, x: x + (m.p + m.p), (3,), (1, 3)),
    "flatten": (lambda m, x: x + torch.flatten(m.p), (3, 1), (1, 3)),
    "permute": (lambda m, x: x + m.p.permute(1, 0), (3, 2), (2, 3)),
    "chunk": (lambda m, x: x + m.p.chunk(2)[0], (6,), (1, 3)),
}


@pytest.mark.parametrize(("forward", "of", "shape"), RAW_OPERANDS.values(), ids=RAW_OPERANDS)
def test_a_raw_parameter_may_be_any_operand(forward, of, shape):
    model = Function(forward, p=parameter(*of))
    walk = walked(model, shape)
    assert_adds_up(walk, model)
    assert walk.agrees, [(found.path, found.shape, found.call.output_shapes) for found in walk.layers]
    assert walk.raw_parameters[0].used_by
    assert pages(walk)


def test_modules_never_called_are_explained_and_counted(without_rule):
    without_rule("layer_norm")
    walk = walked(WithSpare(), (1, 3, 8, 8))
    spare = {part.path: part for part in walk.uncalled}
    assert spare["aux.0"].counted == spare["aux.0"].params.value == 140  # (3·3·3+1)·5
    assert spare["aux.0"].verdict is Verdict.AGREES
    assert spare["aux.1"].counted == 10
    assert spare["aux.1"].params is None
    assert spare["aux.1"].verdict is Verdict.UNCHECKED
    assert [(raw.name, raw.used_by) for raw in walk.raw_parameters] == [("spare_scale", ())]
    for page in pages(walk).values():
        assert "aux.0" in page
        assert "140" in page


def test_googlenets_auxiliary_heads_are_counted_though_eval_skips_them():
    model = load("googlenet", {"aux_logits": True, "init_weights": False}).model
    walk = walked(model, (1, 3, 224, 224))
    assert_adds_up(walk, model)
    assert {part.path.split(".")[0] for part in walk.uncalled} == {"aux1", "aux2"}
    assert walk.totals.unexplained == 0


def test_a_called_module_is_never_listed_as_uncalled():
    walk = walked(nn.Sequential(GainConv(3, 4, 3)), (1, 3, 8, 8))
    assert walk.uncalled == ()
    assert [(raw.name, raw.params) for raw in walk.raw_parameters] == [("0.gain", 4)]
    assert layer(walk, "0").counted == 112  # (3·3·3+1)·4


def test_a_layer_without_a_rule_is_listed_tensor_by_tensor(without_rule):
    without_rule("layer_norm")
    walk = walked(nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4)), (1, 4))
    norm = layer(walk, "1")
    assert [(tensor.name, tensor.shape, tensor.numel) for tensor in norm.tensors] == [
        ("1.weight", (4,), 4),
        ("1.bias", (4,), 4),
    ]
    assert norm.params_verdict is norm.shape_verdict is Verdict.UNCHECKED
    assert (walk.totals.explained, walk.totals.unexplained) == (20, 8)
    page = pages(walk)
    assert "没有规则" in page["zh standard"]
    assert "No rule" in page["en standard"]
    assert "1.weight" in page["zh standard"]


@pytest.mark.parametrize(
    ("normed", "owned"),
    [
        (parametrizations.weight_norm, 24),  # a direction of 4·4, 4 lengths, 4 biases
        (parametrizations.spectral_norm, 20),  # 4·4 and 4 biases
        (parametrizations.orthogonal, 20),
    ],
)
def test_a_parametrized_layer_counts_what_it_really_owns(normed, owned):
    model = nn.Sequential(normed(nn.Linear(4, 4)))
    walk = walked(model, (1, 4))
    assert layer(walk, "0").counted == layer(walk, "0").value == torch_count(model) == owned
    assert layer(walk, "0").params_verdict is not Verdict.DISAGREES
    assert layer(walk, "0").macs_verdict is not Verdict.DISAGREES
    assert layer(walk, "0").shape_verdict is Verdict.AGREES


def test_a_forward_of_its_own_is_followed_instead_of_believed():
    walk = walked(nn.Sequential(PaddedConv(3, 4, 3)), (1, 3, 8, 8))
    assert [found.path for found in walk.layers] == ["0.pad", "0.conv2d"]
    conv = layer(walk, "0.conv2d")
    assert conv.value == conv.counted == 112
    assert conv.call.output_shapes == ((1, 4, 8, 8),)
    assert walk.checks[Verdict.UNCHECKED] == 0


def test_trainable_frozen_and_buffers():
    totals = walked(frozen(), (1, 3, 8, 8)).totals
    assert totals.frozen == 112  # stem: (3·3·3+1)·4
    assert totals.trainable == 144 + 8 + 10  # body: 3·3·4·4 and 2·4; head: (4+1)·2
    assert totals.buffers == 9  # batch norm: 2·4 and its counter


def test_bits_by_dtype():
    model = nn.Sequential(nn.Linear(4, 4, dtype=torch.float16), nn.Linear(4, 4, dtype=torch.float64))
    walk = walked(Function(lambda m, x: m.a[1](m.a[0](x.half()).double()), a=model), (1, 4))
    assert dict(walk.totals.bits_by_dtype) == {"float16": 20 * 16, "float64": 20 * 64}


def test_an_empty_model_has_no_steps_and_agrees():
    walk = walked(Function(lambda x: x), (1, 4))
    assert walk.layers == ()
    assert walk.totals.params == 0
    assert walk.agrees


def test_an_empty_shortcut_leaves_nothing_unchecked():
    """`self.shortcut = nn.Sequential()`, as students' ResNets have it."""
    model = Function(lambda m, x: m.f(x) + m.shortcut(x), f=nn.Linear(4, 4), shortcut=nn.Sequential())
    walk = walked(model, (1, 4))
    assert walk.checks[Verdict.UNCHECKED] == 0
    assert walk.layers[-1].call.type == "add"


def test_a_model_that_is_one_layer():
    walk = walked(nn.Linear(4, 2), (3, 4))
    (only,) = walk.layers
    assert only.path == ""
    assert only.call.output_shapes == ((3, 2),)
    assert all("Linear" in page for page in pages(walk).values())


def test_macs_are_torchs_flops_halved_and_unchecked_where_torch_counts_none():
    walk = walked(Tiny(), (2, 3, 8, 8))
    stem = layer(walk, "stem")
    assert stem.macs.value == stem.torch_macs == 2 * 8 * 8 * 4 * 3 * 3 * 3
    assert stem.macs_verdict is Verdict.AGREES
    relu = layer(walk, "relu")
    assert relu.torch_macs is None
    assert relu.macs_verdict is Verdict.UNCHECKED


def test_the_batch_changes_the_shapes_and_not_the_parameters():
    one, twelve = walked(MnistCnn(), (1, 1, 28, 28)), walked(MnistCnn(), (12, 1, 28, 28))
    assert one.totals.params == twelve.totals.params == 28938
    assert twelve.layers[-1].call.output_shapes == ((12, 10),)
    assert 12 * one.layers[0].macs.value == twelve.layers[0].macs.value


def test_layers_equal_in_numbers_are_equal_whatever_their_repr():
    walk = walked(nn.Sequential(nn.Dropout(0.1), nn.Dropout(0.2), nn.Linear(4, 4), nn.Linear(4, 4, bias=False)), (1, 4))
    assert [found.same_as for found in walk.layers] == [None, 1, None, None]


def test_the_same_parameters_on_another_image_are_said_to_be_so():
    conv = lambda: nn.Conv2d(4, 4, 3)  # noqa: E731
    walk = walked(nn.Sequential(conv(), nn.MaxPool2d(2), conv()), (1, 4, 20, 20))
    assert walk.layers[2].same_as is None
    assert walk.layers[2].params_same_as == 1


class Peeks(nn.Module):
    """What it does in the middle depends on values."""

    def __init__(self):
        super().__init__()
        self.before, self.after = nn.Linear(3, 12), nn.Linear(12, 2)

    def forward(self, x):
        x = self.before(x)
        return self.after(x * x.sum().item())


def test_a_forward_that_needs_values_is_explained_up_to_there_and_still_adds_up():
    model = Peeks()
    walk = walked_by_shapes(model, (1, 3))
    assert_adds_up(walk, model)
    assert walk.agrees
    assert layer(walk, "before").counted == 48  # (3+1)·12
    assert [(part.path, part.counted) for part in walk.uncalled] == [("after", 26)]  # (12+1)·2


def test_a_forward_that_needs_values_says_so_loudly():
    texts = pages(walked_by_shapes(Peeks(), (1, 3)))
    for name, page in texts.items():
        assert any(line.startswith("> ") for line in page.splitlines()), name
        assert "26" in page
        for empty in ("输出为，", "output ,", "the output is ."):
            assert empty not in page


# A rule that is wrong.


def wrong_registry(**changed) -> Registry:
    """The rules, that for Linear with something changed."""
    return Registry(replace(rule, **changed) if rule.name == "linear" else rule for rule in default_registry().rules)


def forgets_bias(call) -> Parameters:
    right = next(rule for rule in default_registry().rules if rule.name == "linear").parameters(call)
    return replace(right, formula=F_in * F_out)


def gives_one_too_many(call):
    right = next(rule for rule in default_registry().rules if rule.name == "linear").output(call)
    *leading, last = right.axes
    return replace(right, axes=(*leading, replace(last, size=last.size + 1)))


def doubles_macs(call):
    right = next(rule for rule in default_registry().rules if rule.name == "linear").output(call)
    return replace(right, macs=2 * right.macs)


WRONG = {
    "parameters": ({"parameters": forgets_bias}, "params_verdict"),
    "shape": ({"output": gives_one_too_many}, "shape_verdict"),
    "macs": ({"output": doubles_macs}, "macs_verdict"),
}


@pytest.fixture(params=WRONG)
def mistaken(request, monkeypatch):
    """explainer with one rule gone wrong; returns the verdict that must show it."""
    changed, verdict = WRONG[request.param]
    registry = wrong_registry(**changed)
    monkeypatch.setattr(explainer.rules, "default_registry", lambda: registry)
    return verdict


def test_a_wrong_rule_disagrees(mistaken):
    walk = walked(nn.Sequential(nn.Linear(4, 3)), (1, 4))
    assert getattr(walk.layers[0], mistaken) is Verdict.DISAGREES
    assert not walk.agrees


@pytest.mark.parametrize(
    ("langs", "loud"), [(("zh",), ["不一致"]), (("en",), ["DISAGREES"]), (("zh", "en"), ["不一致", "DISAGREES"])]
)
@pytest.mark.parametrize("detail", ["standard", "full"])
def test_a_disagreement_is_loud_in_the_document(mistaken, langs, loud, detail):
    walk = walked(nn.Sequential(nn.Linear(4, 3)), (1, 4))
    page = Explanation(walk, langs, detail).to_markdown()
    noted = [line for line in page.splitlines() if line.startswith("> **")]
    for word in loud:
        assert any(word in line for line in noted), noted
    if mistaken == "params_verdict":  # 4·3=12 for (4+1)·3=15
        assert any("12" in line and "15" in line for line in noted)


def test_a_disagreement_is_loud_even_in_brief(mistaken):
    walk = walked(nn.Sequential(nn.Linear(4, 3)), (1, 4))
    for langs, word in ((("zh",), "不一致"), (("en",), "DISAGREE")):
        page = Explanation(walk, langs, "brief").to_markdown()
        assert any(line.startswith("> **") and word in line for line in page.splitlines())


def test_a_disagreement_makes_the_command_exit_with_1(mistaken, run, tmp_path):
    (tmp_path / "net.py").write_text(
        "from torch import nn\n\n\ndef net():\n    return nn.Sequential(nn.Linear(4, 3))\n"
    )
    zh = run(f"{tmp_path}/net.py:net", "--input", "1,4", "--lang", "zh")
    assert zh.code == 1
    assert "不一致" in zh.sentence
    en = run(f"{tmp_path}/net.py:net", "--input", "1,4", "--lang", "en", "-o", tmp_path / "x.md")
    assert en.code == 1
    assert "DISAGREES" in en.sentence
    assert (tmp_path / "x.md").exists()


def test_a_disagreement_is_never_hidden_by_same_as(mistaken):
    walk = walked(nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4)), (1, 4))
    page = Explanation(walk, ("en",)).to_markdown()
    assert "same as layer" not in page


def test_a_formula_that_is_not_whole_is_not_rounded(monkeypatch):
    def halves(call):
        return Parameters(F_out / 2, {F_out: 3}, claims=("weight", "bias"))

    registry = wrong_registry(parameters=halves)
    monkeypatch.setattr(explainer.rules, "default_registry", lambda: registry)
    (layer,) = walked(nn.Linear(4, 3), (1, 4)).layers
    assert layer.params is None
    assert layer.error == "linear: ValueError: formula gives 3/2, not a whole number"


def test_a_total_that_a_rule_inflates_disagrees_too(monkeypatch):
    registry = wrong_registry(parameters=lambda call: Parameters(Number(1000), claims=("weight", "bias")))
    monkeypatch.setattr(explainer.rules, "default_registry", lambda: registry)
    walk = walked(nn.Linear(4, 3), (1, 4))
    assert walk.totals.params == 1000
    assert walk.totals.torch_params == 15
    assert walk.totals.verdict is Verdict.DISAGREES


def test_resnet18_is_named_for_its_main_path(resnet18):
    # 17 convolutions on the main path (3 shortcuts beside them) and 1 linear layer
    page = Explanation(resnet18, ("en",)).to_markdown().split("## ")[1]
    assert "18" in page
    assert "17" in page
    assert "3" in page


def test_zoo_models_keep_their_names():
    assert zoo_walk("squeezenet1_1").name == "squeezenet1_1"
