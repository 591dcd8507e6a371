"""Functions between layers, as authors write them: the shape derived is that of a real run on the CPU."""

from __future__ import annotations

import pytest
import torch
from nets import Function, traced
from torch import nn
from torch.nn import functional as F

from explainer.formula.tree import evaluate, specialise, substitute
from explainer.rules import default_registry
from explainer.tracing.forward import trace

REGISTRY = default_registry()
SHAPE = (2, 8, 6, 6)
INDEX = torch.tensor([[0, 1, 1], [5, 0, 2]])


def derived(output) -> tuple[int, ...]:
    return tuple(evaluate(substitute(specialise(axis.size, output.values), output.values)) for axis in output.axes)


def explained(way, *shapes):
    """The last call of a function, its rule and what the rule says."""
    call = traced(way if isinstance(way, nn.Module) else Function(way), *shapes).calls[-1]
    rule = REGISTRY.for_call(call)
    assert rule is not None, call.type
    return call, rule, rule.output(call)


def first(output) -> torch.Tensor:
    return output if isinstance(output, torch.Tensor) else output[0]


WRITTEN = {
    "matmul": [lambda x: x @ x, lambda x: x.matmul(x.mT), lambda x: torch.bmm(x[0], x[1]), lambda x: x @ torch.ones(6)],
    "einsum": [
        lambda x: torch.einsum(x, [0, 1, 2, 3], [0, 1]),
        lambda x: torch.einsum("bchw,bdhw->bcd", x, x),
        lambda x: torch.einsum("...i,...i", x, x),
        lambda x: torch.einsum("b c h w -> b h w c", x),
        lambda x: torch.einsum("bchw->bc", x),
        lambda x: torch.einsum("bchw,cd,de->behw", x, torch.ones(8, 3), torch.ones(3, 5)),
        lambda x: torch.einsum("ba", x[:, :, 0, 0]),
    ],
    "scaled_dot_product_attention": [lambda x: F.scaled_dot_product_attention(x, x, x, attn_mask=torch.ones(6, 6))],
    "comparison": [lambda x: x == 1, lambda x: x > 0, lambda x: torch.ge(x, x), lambda x: x.isnan()],
    "logic": [
        lambda x: ~(x > 0),
        lambda x: (x > 0) & (x < 1),
        lambda x: torch.logical_or(x, x),
        lambda x: (x > 0) ^ True,
    ],
    "arithmetic": [lambda x: x // 2, lambda x: 7 % x, lambda x: x.abs(), lambda x: x.addcmul(x, x[:, :1])],
    "math_function": [torch.exp, lambda x: x.rsqrt(), lambda x: x.log1p(), torch.erf],
    "masked": [
        lambda x: x.masked_fill(x > 0, 0.0),
        lambda x: torch.where(x > 0, x, 0.0),
        lambda x: torch.where(x[:, :1] > 0, x[0, 0], x),
    ],
    "reduction": [
        lambda x: x.max(1),
        lambda x: x.max(),
        lambda x: torch.max(x, x[:1]),
        lambda x: x.norm(p=2, dim=1),
        lambda x: x.norm(dim=(2, 3), keepdim=True),
        lambda x: x.std(1, False, True),
        lambda x: x.var(unbiased=False),
        lambda x: torch.var_mean(x, (2, 3), keepdim=True),
        lambda x: x.argmax(-1),
        lambda x: torch.sum(x, axis=1, keepdims=True),
        lambda x: torch.linalg.vector_norm(x, dim=-1),
        lambda x: (x > 0).any(dim=1),
        lambda x: x.sum(dim=()),
    ],
    "running": [lambda x: x.cumsum(-1), lambda x: x.cummax(1)],
    "sort": [lambda x: x.sort(1), lambda x: x.argsort(-1)],
    "topk": [lambda x: x.topk(3), lambda x: torch.topk(x, k=2, dim=1, largest=False)],
    "cat": [lambda x: torch.cat([torch.empty(0), x]), lambda x: torch.hstack([x, x]), lambda x: torch.vstack([x, x])],
    "chunk": [lambda x: x.tensor_split(3, 1), lambda x: x.tensor_split((3, 5), dim=1)],
    "split": [lambda x: torch.split_with_sizes(x, [1, 7], 1)],
    "unbind": [lambda x: x.unbind(1), lambda x: torch.unbind(x, dim=-1)],
    "meshgrid": [lambda x: torch.meshgrid(x[0, :, 0, 0], x[0, 0, 0], indexing="xy")],
    "broadcast_tensors": [lambda x: torch.broadcast_tensors(x[:, :1], x)],
    "getitem": [
        lambda x: x[:, -1],
        lambda x: x[..., ::2],
        lambda x: x[:, None, 1:],
        lambda x: x[:, :, None, ..., None],
        lambda x: x[:, INDEX],
        lambda x: x[0, :, INDEX],
        lambda x: x[:, INDEX, :, INDEX],
        lambda x: x[:, INDEX, 0],
        lambda x: x[[0, 1], ..., [0, 1, 2][:2]],
        lambda x: x[:, INDEX, None],
    ],
    "index_select": [lambda x: x.index_select(1, INDEX[0]), lambda x: x.narrow(1, 2, 3), lambda x: x.select(-1, 0)],
    "gather": [lambda x: x.gather(1, torch.zeros(2, 3, 6, 6, dtype=torch.long))],
    "scatter": [lambda x: x.index_add(1, INDEX[0, :2], x[:, :2])],
    "one_hot": [lambda x: F.one_hot(x.long(), 5), lambda x: F.one_hot(x.long(), num_classes=9)],
    "expand": [lambda x: x[:, :1].expand(-1, 4, -1, -1), lambda x: x.expand(3, *x.shape), lambda x: x.expand(x.size())],
    "view_as": [lambda x: x.view_as(x), lambda x: x[:, :1].expand_as(x)],
    "repeat": [lambda x: x.repeat(1, 2, 1, 3), lambda x: x.repeat((2, 1, 1, 1, 1)), lambda x: torch.tile(x, (2,))],
    "repeat_interleave": [lambda x: x.repeat_interleave(2), lambda x: torch.repeat_interleave(x, 3, dim=1)],
    "roll": [lambda x: torch.roll(x, shifts=(-1, -1), dims=(1, 2))],
    "flip": [lambda x: x.flip([-1])],
    "triangle": [lambda x: x.tril(), lambda x: torch.triu(x, diagonal=1)],
    "like": [torch.zeros_like, lambda x: torch.full_like(x, 2.0)],
    "new": [lambda x: x.new_zeros(3, 4), lambda x: x.new_full((2,), 1), lambda x: x.new_ones(x.shape[:2])],
    "pad": [lambda x: F.pad(x, (1, 2, 0, 1), mode="replicate"), nn.ConstantPad2d(1, 3.5), nn.ZeroPad2d((1, 0, 2, 3))],
    "interpolate": [
        lambda x: F.interpolate(x, scale_factor=1 / 3),
        lambda x: F.interpolate(x, scale_factor=[1.1, 2.9]),
    ],
    "upsample_layer": [nn.UpsamplingNearest2d(scale_factor=2), nn.Upsample((4, 5))],
    "pixel_shuffle": [nn.PixelShuffle(2)],
    "pixel_unshuffle": [nn.PixelUnshuffle(3)],
    "grid_sample": [lambda x: F.grid_sample(x, torch.zeros(2, 3, 4, 2), align_corners=False)],
    "unfold": [lambda x: F.unfold(x, 3, 1, 1, 2), lambda x: x.unfold(2, 3, 2), lambda x: F.unfold(x[0], (2, 3))],
    "movedim": [lambda x: x.movedim(1, -1), lambda x: torch.moveaxis(x, (0, 1), (1, 0))],
    "normalize": [lambda x: F.normalize(x, dim=1)],
    "cosine_similarity": [lambda x: F.cosine_similarity(x, x, dim=-1), lambda x: F.cosine_similarity(x, x[:1])],
    "cdist": [lambda x: torch.cdist(x, x[:1])],
    "fft": [
        lambda x: torch.fft.rfft2(x),
        lambda x: torch.fft.rfft2(x, dim=(1, 2), norm="ortho"),
        lambda x: torch.fft.irfft2(torch.fft.rfft2(x), s=(6, 6)),
        lambda x: torch.fft.fft(x, dim=1),
        lambda x: torch.fft.rfftn(x, s=(4, 5)),
    ],
    "complex": [
        lambda x: torch.view_as_real(torch.fft.fft(x)),
        lambda x: torch.view_as_complex(x.reshape(2, 8, -1, 2)),
    ],
}
CASES = [pytest.param(name, way, id=f"{name}-{i}") for name, ways in WRITTEN.items() for i, way in enumerate(ways)]


@pytest.mark.parametrize(("name", "way"), CASES)
def test_a_function_is_explained_with_its_real_shape(name, way):
    call, rule, output = explained(way, SHAPE)
    assert rule.name == name
    assert derived(output) == tuple(first(way(torch.rand(SHAPE))).shape) == call.output_shapes[0]
    assert output.why or rule.parameters(call).why


# What only the values tell, or what is written in a way that is not read: no shape rather than a guess.
UNTOLD = {
    "repeat_interleave": lambda x: torch.repeat_interleave(x, torch.tensor([1, 2]), dim=0, output_size=3),
}


@pytest.mark.parametrize("name", UNTOLD)
def test_no_shape_is_guessed(name):
    _, rule, output = explained(UNTOLD[name], SHAPE)
    assert rule.name == name
    assert output.axes is None


def test_a_mask_as_an_index_gives_no_shape():
    model = Function(lambda x: x[x > 0])
    call = trace(model, (torch.rand(2, 3),), atomic=REGISTRY.is_atomic, real=True).calls[-1]
    assert REGISTRY.for_call(call).output(call).axes is None


ELSEWHERE = {"rmatmul", "rdiv", "rsub", "rpow", "rmod", "T", "H", "mT", "mH", "expand.default"}


def known_to_torch(name: str) -> bool:
    spelt = (name, f"_{name}", f"{name}_", f"__{name}__")
    homes = (torch, torch.Tensor, F, nn.init, torch._C._nn, torch._C._linalg, torch._C._fft, torch._C._special)
    return any(hasattr(home, way) for home in homes for way in spelt)


def test_every_function_with_a_rule_exists():
    named = {name for rule in REGISTRY.rules for name in rule.functions}
    assert {name for name in named - ELSEWHERE if not known_to_torch(name)} <= {
        "identity",
        "stochasticdepth",
        "flex_attention",
    }  # ours, torchvision's, and torch.nn.attention's, which brings torch's compiler


def test_shufflenets_view_takes_the_channels_apart():
    _, _, output = explained(lambda x: x.view(1, 2, 58, 28, 28), (1, 116, 28, 28))
    assert "116=2·58" in output.why[0].zh
    assert "116 = 2·58" in output.why[0].en
    assert "28" not in output.why[0].zh


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ((1, 197, 768), (1, 197, 12, 64), "768=12·64"),
        ((1, 197, 12, 64), (1, 197, -1), "12·64=768"),
        ((4, 6), (3, 8), "4·6=3·8"),
        ((2, 12, 10), (2, 3, 4, 2, 5), "12=3·4，10=2·5"),
    ],
)
def test_a_view_says_what_is_taken_apart_and_put_together(before, after, words):
    _, _, output = explained(lambda x: x.view(after), before)
    assert words in "".join(why.zh for why in output.why)


def test_a_view_that_only_adds_ones_says_nothing_of_numbers():
    _, _, output = explained(lambda x: x.view(1, 8, 1, 6), (8, 6))
    assert output.why == ()


@pytest.mark.parametrize("scale", [0.7, 1.1, 1.4, 2.3, 0.1, 1 / 3, 2 / 3, 1.5, 3])
@pytest.mark.parametrize("size", [10, 20, 30, 50, 70, 90, 100])
def test_interpolation_rounds_as_torch_does(size, scale):
    call, _, output = explained(lambda x: F.interpolate(x, scale_factor=scale), (1, 1, size, size))
    assert output.axes is None or derived(output) == call.output_shapes[0]
    assert output.axes is not None or scale not in (1.5, 3)  # 90·0.7 is 62.99…9 in floating point


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    ("loss", "function", "target"),
    [
        (nn.CrossEntropyLoss, F.cross_entropy, torch.zeros(2, 6, 6, dtype=torch.long)),
        (nn.MSELoss, F.mse_loss, torch.zeros(SHAPE)),
        (nn.BCEWithLogitsLoss, F.binary_cross_entropy_with_logits, torch.zeros(SHAPE)),
    ],
)
def test_a_loss_has_the_shape_that_its_reduction_leaves(loss, function, target, reduction):
    real = function(torch.rand(SHAPE), target, reduction=reduction).shape
    for way in (loss(reduction=reduction), lambda x, y: function(x, y, reduction=reduction)):
        model = way if isinstance(way, nn.Module) else Function(way)
        call = trace(model, (torch.rand(SHAPE), target), atomic=REGISTRY.is_atomic).calls[-1]
        rule = REGISTRY.for_call(call)
        assert rule.name == loss.__name__
        assert derived(rule.output(call)) == tuple(real)


@pytest.mark.parametrize(
    ("way", "english"),
    [
        (lambda x: x[:, None], "None among the indices inserts"),
        (lambda x: x[..., None, :], "None among the indices inserts"),
        (lambda x: x[:, None, 1:], "A part is picked out"),
        (lambda x: x[:, :1], "A part is picked out"),
        (lambda x: x[:, 0, None], "A part is picked out"),
        (lambda x: x[:], "The index takes everything"),
    ],
)
def test_an_index_of_none_picks_nothing_out(way, english):
    assert explained(way, SHAPE)[2].why[0].en.startswith(english)
