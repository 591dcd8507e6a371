"""Our counter beside torch's own `FlopCounterMode`: the same trace, call by call, to the unit."""

from __future__ import annotations

from contextlib import contextmanager
from random import Random

import pytest
import torch
from nets import Function
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from explainer.derive.pipeline import walk_guesses
from explainer.rules import default_registry
from explainer.source import input_guesses, load
from explainer.tracing import forward
from explainer.tracing.flops import FlopCounter

REGISTRY = default_registry()
ZOO = ("alexnet", "densenet121", "googlenet", "mobilenet_v3_small", "swin_v2_t", "vit_b_16", "raft_small", "r3d_18")
SLOWEST = ("raft_small", True)  # training counts nothing else in it
# Two layers of a kind show what all of them do.
OTHERS = {
    "timm:convnext_atto": {},
    "timm:mixer_s32_224": {},
    "timm:nfnet_f0": {},
    "hf:bert": {"num_hidden_layers": 2},
    "hf:gpt2": {"n_layer": 2},
    "hf:t5": {"num_layers": 2},
    "hf:wav2vec2": {"num_hidden_layers": 2},
    "hf:mamba": {"num_hidden_layers": 2},
}


@contextmanager
def torch_itself(typed=False):
    """The counter that torch ships, in the place of ours."""
    with FlopCounterMode(display=False) as counter:
        yield lambda: sum(counter.flop_counts["Global"].values())


def facts(calls):
    return [(call.path, call.flops, call.output_shapes, call.output_dtypes, call.shapes, call.inputs) for call in calls]


def both(monkeypatch, run):
    """The calls as we count them, and as torch does."""
    ours = facts(run())
    with monkeypatch.context() as patch:
        patch.setattr(forward, "flop_counter", torch_itself)
        theirs = facts(run())
    return ours, theirs


@pytest.mark.parametrize(
    ("target", "train"),
    [
        *((name, train) for name in ZOO for train in (False, True) if (name, train) != SLOWEST),
        *((name, False) for name in OTHERS),
    ],
)
def test_a_model_is_counted_as_torch_counts_it(monkeypatch, target, train):
    loaded = load(target, OTHERS.get(target, {}))
    guesses = input_guesses(loaded, [])

    def run():
        return walk_guesses(
            loaded.model, guesses, name=loaded.name, source=loaded.source, tolerant=True, train=train
        ).trace.calls

    ours, theirs = both(monkeypatch, run)
    assert ours == theirs
    assert sum(flops for _, flops, *_ in ours) > 0


def test_the_counter_adds_no_steps_of_its_own():
    """wav2vec2 wants gradients while training: torch's hooks then call `view_as`, which the model's author never wrote."""
    loaded = load("hf:wav2vec2", {})
    calls = walk_guesses(
        loaded.model, input_guesses(loaded, []), name=loaded.name, source=loaded.source, tolerant=True, train=True
    ).trace.calls
    assert "conv" in calls[1].path
    assert not [call.path for call in calls if call.type == "view_as"]


@pytest.mark.parametrize("rule", REGISTRY.rules, ids=[rule.name for rule in REGISTRY.rules])
def test_a_rule_s_samples_are_counted_as_torch_counts_them(monkeypatch, rule):
    for seed in range(4):
        sample = rule.sample(Random(seed))
        layer = sample.made()
        model = layer if isinstance(layer, nn.Module) else Function(layer)
        inputs = sample.inputs()
        ours, theirs = both(
            monkeypatch,
            lambda model=model, inputs=inputs, real=sample.real: (
                forward.trace(model, inputs, atomic=REGISTRY.is_atomic, real=real).calls
            ),
        )
        assert ours == theirs


NORMS = {
    "1d": (nn.BatchNorm1d(6), (2, 6, 5)),
    "no length": (nn.BatchNorm1d(6), (2, 6)),
    "3d": (nn.BatchNorm3d(6), (2, 6, 3, 4, 5)),
    "without weights": (nn.BatchNorm2d(6, affine=False), (2, 6, 3, 4)),
    "without statistics": (nn.BatchNorm2d(6, track_running_stats=False), (2, 6, 3, 4)),
    "half": (nn.BatchNorm2d(6).half(), (2, 6, 3, 4)),
    "empty batch": (nn.BatchNorm2d(6), (0, 6, 3, 4)),
}
LAYOUTS = {
    "usual": lambda x: x,
    "channels last": lambda x: x.movedim(1 % x.dim(), -1).contiguous().movedim(-1, 1 % x.dim()),
    "every second": lambda x: x[::2],
    "expanded": lambda x: x[:1].expand_as(x),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", NORMS)
def test_batch_norm_is_answered_as_torch_would(name, layout):
    norm, shape = NORMS[name]
    with torch.device("meta"):
        given = LAYOUTS[layout](torch.empty(shape, dtype=torch.float16 if name == "half" else torch.float32))
    norm = norm.to("meta").eval()
    with torch.no_grad():
        with FlopCounterMode(display=False):
            theirs = norm(given)
        with FlopCounter():
            ours = norm(given)
    for fact in ("shape", "dtype", "device"):
        assert getattr(ours, fact) == getattr(theirs, fact)
    assert ours.stride() == theirs.stride()


SHAPES = [
    (2, 6, 3, 4),
    (2, 6, 1, 1),
    (1, 1, 3, 4),
    (6,),
    (2, 6),
    (0, 6),
    (2, 3, 1, 5),
    (2, 3, 4, 5, 6),
    (1, 7, 1, 1, 1),
    (2, 3, 4),
]
ANSWERED = {
    "hardtanh": lambda x: F.hardtanh(x),
    "relu6 in place": lambda x: F.relu6(x.clone(), inplace=True),
    "hardswish": lambda x: F.hardswish(x),
    "hardswish in place": lambda x: F.hardswish(x.clone(), inplace=True),
    "hardsigmoid": lambda x: F.hardsigmoid(x),
    "hardsigmoid in place": lambda x: F.hardsigmoid(x.clone(), inplace=True),
    "gelu": lambda x: F.gelu(x, approximate="tanh"),
    "relu": lambda x: F.relu(x),
    "layer norm": lambda x: F.layer_norm(x, x.shape[-1:]),
    "layer norm of all": lambda x: F.layer_norm(x, x.shape, torch.ones_like(x), torch.ones_like(x)),
    "cat": lambda x: torch.cat([x, x]),
    "cat of the last": lambda x: torch.cat([x, x, x], dim=-1),
    "cat in two orders": lambda x: torch.cat([x, x.clone(memory_format=torch.contiguous_format)]),
    "cat with an empty one": lambda x: torch.cat([x, x.new_empty(0)]),
    "sum of two": lambda x: x + x.clone(memory_format=torch.contiguous_format),
    "sum with a line": lambda x: x + x[:1],
    "product of two": lambda x: x * x,
    "product of two types": lambda x: x * x.double(),
    "sum with a number": lambda x: x + 1,
    "product with a number": lambda x: x * 0.5,
    "scaled by channels": lambda x: x * x[..., :1, :1],
    "scaled the other way": lambda x: x[:1] * x,
    "rolled": lambda x: x.roll((1, 2), (0, -1)),
    "rolled as a whole": lambda x: x.roll(1),
    "filled": lambda x: x.masked_fill(x == 0, -100.0),
    "filled by rows": lambda x: x.masked_fill(x[:1] == 0, 1.0),
    "parameter": lambda x: nn.Parameter(x, requires_grad=x.is_floating_point()) * x,
    "scaled by others": lambda x: x[..., :1] * x,
    "scaled by none": lambda x: x * x.new_empty([1] * x.dim()),
    "scaled by a shorter one": lambda x: x * x[0],
    "sigmoid": lambda x: torch.sigmoid(x),
    "sigmoid in place": lambda x: x.clone().sigmoid_(),
    "silu": lambda x: F.silu(x),
    "silu in place": lambda x: F.silu(x.clone(), inplace=True),
    "tanh": lambda x: torch.tanh(x),
    "gates": lambda x: torch.cat([x, x, x, x], dim=-1).chunk(4, -1)[1].sigmoid_() * x,
    "gates together": lambda x: torch.cat([x, x], -1).chunk(2, -1)[0] * torch.cat([x, x], -1).chunk(2, -1)[1].tanh_(),
    "gates of the first dimension": lambda x: x[:1].tanh() + x[:1],
    "every second": lambda x: x[..., ::2] * x[..., ::2],
    "added in place": lambda x: x.clone().add_(x),
    "added in place to gates": lambda x: torch.cat([x, x], -1).chunk(2, -1)[1].add_(x),
    "added in place in another type": lambda x: x.clone().add_(x.double()),
    "added in place twice": lambda x: x.clone().add_(x, alpha=2),
    "multiplied in place": lambda x: x.clone().mul_(x.clone(memory_format=torch.contiguous_format)),
    "a column added in place": lambda x: x.clone().add_(x[..., :1]),
    "too much added in place": lambda x: x[:1].clone().add_(x),
    "relu in place": lambda x: F.relu(x.clone(), inplace=True),
    "softmax": lambda x: F.softmax(x, dim=-1),
    "softmax of the first": lambda x: F.softmax(x, dim=0),
    "softmax in another type": lambda x: F.softmax(x, dim=-1, dtype=torch.float64),
    "attention": lambda x: F.scaled_dot_product_attention(x, x, x),
    "mean": lambda x: x.mean(-1),
    "mean kept": lambda x: x.mean((-1, 0), keepdim=True),
    "mean of images": lambda x: x.mean((2, 3)),
    "mean in another type": lambda x: x.mean(-1, dtype=torch.float64),
    "convolution": lambda x: torch.conv2d(x, x.new_empty(5, 6, 2, 3), x.new_empty(5), padding=1, stride=(2, 1)),
    "convolution by channels": lambda x: torch.conv2d(x, x.new_empty(12, 1, 1, 1), groups=6),
    "convolution of a point": lambda x: torch.conv2d(x[:, :, :1, :1], x.new_empty(2, 6, 1, 1)),
    "convolution of a point in another order": lambda x: torch.conv2d(
        x[:, :, :1, :1].to(memory_format=torch.channels_last), x.new_empty(2, 6, 1, 1)
    ),
    "convolution of each row": lambda x: torch.conv1d(x, x.new_empty(4, 3, 1)),
    "convolution by points in another order": lambda x: torch.conv2d(
        x, x.new_empty(2, 6, 1, 1).to(memory_format=torch.channels_last)
    ),
    "convolution spread out": lambda x: torch.conv2d(x, x.new_empty(4, 3, 3, 2), padding=2, dilation=2, groups=2),
    "convolution in space": lambda x: torch.conv3d(x, x.new_empty(2, 3, 2, 2, 2), x.new_empty(2)),
    "convolution with one channel": lambda x: torch.conv2d(x, x.new_empty(1, 6, 1, 1)),
    "convolution as large as the image": lambda x: torch.conv2d(x, x.new_empty(7, 6, 3, 4)),
    "convolution with too large a kernel": lambda x: torch.conv2d(x, x.new_empty(2, 6, 9, 9)),
    "convolution the other way": lambda x: torch.conv_transpose2d(x, x.new_empty(6, 2, 3, 3)),
    "convolution in other types": lambda x: torch.conv2d(x, x.new_empty(2, 6, 1, 1, dtype=torch.float64)),
    "convolution with a wrong bias": lambda x: torch.conv2d(x, x.new_empty(2, 6, 1, 1), x.new_empty(3)),
    "convolution with weights in another order": lambda x: torch.conv2d(
        x, x.new_empty(2, 6, 2, 2).to(memory_format=torch.channels_last)
    ),
    "largest": lambda x: F.max_pool2d(x, 2, return_indices=True)[1],
    "largest with a margin": lambda x: F.max_pool2d(x, 3, stride=1, padding=1),
    "largest rounded up": lambda x: F.max_pool2d(x, 2, ceil_mode=True),
    "largest with too large a margin": lambda x: F.max_pool2d(x, 2, padding=2),
    "largest spread out": lambda x: F.max_pool2d(x, 2, dilation=2),
    "matrices in pairs": lambda x: torch.bmm(x, x.transpose(1, 2)),
    "matrices in pairs that do not fit": lambda x: torch.bmm(x, x),
    "linear": lambda x: F.linear(x, x.new_empty(3, x.shape[-1]), x.new_empty(3)),
}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.int64])
@pytest.mark.parametrize("name", ANSWERED)
def test_what_is_answered_at_once_is_what_torch_answers(name, dtype):
    """Shape, type and strides, in every order of memory; and what torch refuses is refused in the same words."""

    def outcome(counter, given):
        try:
            with counter, torch.no_grad():
                out = ANSWERED[name](given)
        except Exception as error:
            return type(error), str(error).splitlines()[0]
        return out.shape, out.dtype, out.stride(), out.device, sum(counter.flop_counts["Global"].values())

    for shape in SHAPES:
        for layout, laid in LAYOUTS.items():
            given = laid(torch.empty(shape, dtype=dtype, device="meta"))
            ours, theirs = outcome(FlopCounter(), given), outcome(FlopCounterMode(display=False), given)
            assert ours == theirs, (shape, layout)


def test_batch_norm_with_other_channels_fails_as_before():
    with FlopCounter(), torch.no_grad(), pytest.raises(RuntimeError, match="running_mean"):
        nn.BatchNorm2d(4).to("meta").eval()(torch.empty(1, 5, 2, 2, device="meta"))


def test_inference_mode_and_higher_order_operators_are_counted_alike():
    def attention(x):
        with torch.inference_mode():
            return F.scaled_dot_product_attention(x, x, x) @ x.transpose(-1, -2)

    def branches(x):
        return torch.cond(torch.tensor(True), lambda y: y @ y, lambda y: y + y, (x,))

    for function, given in ((attention, torch.empty(1, 2, 5, 8, device="meta")), (branches, torch.ones(4, 4))):
        with FlopCounterMode(display=False) as theirs:
            function(given)
        with FlopCounter() as ours:
            function(given)
        assert ours.total == theirs.get_total_flops() > 0


def test_a_formula_that_a_model_s_author_registers_counts():
    """`register_flop_formula` is torch's own way in."""
    from torch.utils import flop_counter as registry

    packet = torch.ops.aten.relu
    assert packet not in registry.flop_registry
    registry.register_flop_formula(packet)(lambda shape, out_shape=None, **_: shape.numel())
    try:
        with FlopCounter() as ours, torch.no_grad():
            torch.relu(torch.empty(3, 4, device="meta"))
    finally:
        del registry.flop_registry[packet]
    assert ours.total == 12
