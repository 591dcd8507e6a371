"""Layers with the numbers that a teacher would choose: 3×3 kernels, 16, 32, 64 channels, images of 28 or 224, words of 300 numbers.

A function a family of rules; each draws a layer and its input for a level. What a level knows is said in `layers.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any

import torch
from torch import nn

from explainer.rules import Sample

Draw = Callable[[Random, int], Sample]

_CHANNELS = {
    1: (1, 3, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32),
    2: (3, 16, 24, 32, 48, 64, 96, 128, 192, 256),
    3: (16, 32, 64, 96, 128, 192, 256, 384, 512),
}
_SIDES = {
    1: (8, 10, 12, 14, 16, 20, 24, 28, 32),
    2: (14, 16, 28, 32, 56, 64, 112, 224),
    3: (13, 14, 27, 28, 55, 56, 112, 224),
}
_LENGTHS = {1: (10, 12, 16, 20, 24, 32, 50, 100), 2: (50, 64, 100, 128, 200, 500), 3: (99, 100, 128, 500, 1000, 1024)}
_FEATURES = {
    1: (8, 10, 12, 16, 20, 30, 32, 50, 64, 84, 100, 120, 128, 200, 256, 400, 784),
    2: (10, 64, 84, 100, 120, 128, 256, 300, 400, 512, 784, 1000, 1024, 2048),
    3: (10, 100, 256, 512, 768, 1000, 1024, 2048, 3072, 4096, 9216, 25088),
}
_STEPS = (5, 10, 12, 16, 20, 28, 32, 50)
_WIDTHS = {1: (16, 24, 32, 48, 64, 96, 128), 2: (64, 128, 192, 256, 384, 512), 3: (128, 256, 384, 512, 768, 1024)}
_INPUTS = {
    1: (8, 10, 16, 20, 28, 32, 50, 64, 100),
    2: (28, 50, 64, 100, 128, 200, 256, 300),
    3: (64, 100, 128, 256, 300, 512),
}
_UNITS = {1: (6, 10, 12, 16, 20, 24, 32, 48, 64), 2: (32, 50, 64, 100, 128, 256), 3: (64, 128, 256, 512)}
_WORDS = {
    1: (100, 200, 256, 500, 1000),
    2: (1000, 2000, 5000, 8000, 10000, 20000),
    3: (10000, 20000, 30000, 30522, 50000, 50257),
}
_VECTORS = {1: (8, 10, 16, 32, 50, 64), 2: (50, 64, 100, 128, 200, 256, 300), 3: (100, 256, 300, 512, 768)}


def _batch(random: Random, level: int) -> int:
    return random.choice((1, 1, 2, 4, 8, 16, 32)) if level > 1 else 1


def _biased(random: Random) -> bool:
    return random.random() < 0.75


def _kernel(random: Random, level: int, dims: int, sizes: Sequence[int]) -> tuple[int, ...]:
    """All sides alike, but for a rare oblong one at level 3."""
    if level == 3 and dims == 2 and random.random() < 0.25:
        return random.choice(((1, 3), (3, 1), (1, 7), (7, 1), (3, 5)))
    return (random.choice(sizes),) * dims


def _image(random: Random, level: int, dims: int) -> tuple[int, ...]:
    if dims == 1:
        return (random.choice(_LENGTHS[level]),)
    side = random.choice(_SIDES[level]) if dims == 2 else random.choice((8, 10, 12, 16))
    return (side,) * dims


def _convolution(dims: int, random: Random, level: int) -> Sample:
    kernel = _kernel(random, level, dims, (3, 3, 3, 5, 5, 2, 7) if level == 1 else (1, 3, 3, 3, 5, 7))
    options: dict[str, Any] = {"bias": _biased(random)}
    stride = random.choice((1, 1, 2) if level == 1 else (1, 1, 2, 2, 3))
    padding = tuple(random.choice((0, side // 2)) for side in kernel[:1]) * dims
    image = _image(random, level, dims)
    c_in, c_out = random.choice(_CHANNELS[level]), random.choice(_CHANNELS[level])
    if level > 1:
        options["groups"] = random.choice([n for n in (1, 1, 1, 2, 4) if c_in % n == c_out % n == 0])
        options["dilation"] = random.choice((1, 1, 1, 2))
    if level == 3 and random.random() < 0.2:
        stride, options["padding"] = 1, "same"
    else:
        options["padding"] = padding if len(set(kernel)) == 1 else tuple(side // 2 for side in kernel)
    if level == 1 and (image[0] + 2 * padding[0] - kernel[0]) % stride:
        image = tuple(side + 1 for side in image)  # so that the division comes out
    layers: tuple[Callable[..., nn.Module], ...] = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
    layer = layers[dims - 1]
    return Sample(
        lambda: layer(c_in, c_out, kernel, stride=stride, **options), ((_batch(random, level), c_in, *image),)
    )


def _transposed(dims: int, random: Random, level: int) -> Sample:
    side = random.choice((2, 3, 4, 4, 5))
    stride = random.choice((1, 2, 2))
    padding = random.choice((0, 1)) if side > 2 else 0
    options: dict[str, Any] = {"bias": _biased(random)}
    if level > 1 and stride > 1 and side % 2:
        options["output_padding"] = random.choice((0, 1))
    image = random.choice((4, 7, 8, 14, 16)) if dims > 1 else random.choice(_LENGTHS[1])
    c_in, c_out = random.choice(_CHANNELS[level]), random.choice(_CHANNELS[level])
    layer = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)[dims - 1]
    shape = (_batch(random, level), c_in, *(image,) * dims)
    return Sample(lambda: layer(c_in, c_out, side, stride=stride, padding=padding, **options), (shape,))


def _linear(random: Random, level: int) -> Sample:
    n, m, biased = random.choice(_FEATURES[level]), random.choice(_FEATURES[level]), _biased(random)
    around = (
        (_batch(random, level), random.choice(_STEPS))
        if level == 3 and random.random() < 0.3
        else (_batch(random, level),)
    )
    return Sample(lambda: nn.Linear(n, m, bias=biased), ((*around, n),))


def _pooling(layer: Callable[..., nn.Module], dims: int, random: Random, level: int) -> Sample:
    size, stride, padding = random.choice(((2, 2, 0), (2, 2, 0), (3, 2, 0), (3, 3, 0), (3, 2, 1)))
    image = _image(random, level, dims)
    if level == 1 and (image[0] + 2 * padding - size) % stride:
        size, stride, padding = 2, 2, 0
    c = random.choice(tuple(n for n in _CHANNELS[level] if n not in (1, size)))
    options = {"ceil_mode": True} if level == 3 and random.random() < 0.3 else {}
    return Sample(lambda: layer(size, stride=stride, padding=padding, **options), ((_batch(random, level), c, *image),))


def _adaptive(random: Random, level: int) -> Sample:
    size, c = random.choice((1, 6, 7)), random.choice(_CHANNELS[level])
    image = random.choice(_SIDES[level])
    return Sample(lambda: nn.AdaptiveAvgPool2d((size, size)), ((_batch(random, level), c, image, image),))


def _batch_norm(dims: int, random: Random, level: int) -> Sample:
    c = random.choice((16, 20, 32, 48, 64, 96, 128, 192, 256, 320, 512, 1024))
    layer = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)[dims - 1]
    affine = level < 3 or random.random() < 0.8
    side = random.choice((7, 8, 14, 28, 56))
    return Sample(lambda: layer(c, affine=affine), ((_batch(random, level), c, *(side,) * dims),))


def _layer_norm(random: Random, level: int) -> Sample:
    width = random.choice((64, 100, 128, 200, 256, 300, 384, 512, 768, 1024))
    shape: tuple[int, ...] = (width,) if level == 1 or random.random() < 0.7 else (random.choice(_STEPS), width)
    options = {"bias": False} if level > 1 and random.random() < 0.3 else {}
    around = (1, random.choice(_STEPS)) if len(shape) == 1 else (1,)
    return Sample(lambda: nn.LayerNorm(shape, **options), ((*around, *shape),))


def _group_norm(random: Random, level: int) -> Sample:
    groups, c = random.choice((2, 4, 8)), random.choice((32, 48, 64, 96, 128, 256))
    side = random.choice((7, 14, 28, 56))
    return Sample(lambda: nn.GroupNorm(groups, c), ((_batch(random, level), c, side, side),))


def _rms_norm(random: Random, level: int) -> Sample:
    width = random.choice((256, 512, 768, 1024, 2048, 4096))
    return Sample(lambda: nn.RMSNorm(width), ((1, random.choice(_STEPS), width),))


def _recurrent(layer: Callable[..., nn.Module], random: Random, level: int) -> Sample:
    n, h = random.choice(_INPUTS[level]), random.choice(_UNITS[level])
    options: dict[str, Any] = {"batch_first": True, "bias": _biased(random)}
    if level > 1:
        options |= {"num_layers": random.choice((1, 1, 2)), "bidirectional": random.random() < 0.3}
    steps = random.choice([steps for steps in _STEPS if steps != n])
    return Sample(lambda: layer(n, h, **options), ((_batch(random, level), steps, n),))


def _cell(layer: Callable[..., nn.Module], random: Random, level: int) -> Sample:
    n, h, biased = random.choice(_INPUTS[level]), random.choice(_UNITS[level]), _biased(random)
    return Sample(lambda: layer(n, h, bias=biased), ((_batch(random, level), n),))


def _attention(random: Random, level: int) -> Sample:
    width, heads = random.choice(_WIDTHS[level]), random.choice((1, 2, 4, 8) if level == 1 else (4, 8, 16))
    options: dict[str, Any] = {"batch_first": True, "bias": level == 1 or _biased(random)}
    queries = keys = random.choice(_STEPS)
    key = value = width
    if level > 1 and random.random() < 0.4:
        keys = random.choice(_STEPS)
    if level == 3:
        if random.random() < 0.4:
            key, value = random.sample(_WIDTHS[2], 2)
            options |= {"kdim": key, "vdim": value}
        options |= {"add_bias_kv": random.random() < 0.2, "add_zero_attn": random.random() < 0.2}
    batch = _batch(random, level)
    shapes = ((batch, queries, width), (batch, keys, key), (batch, keys, value))
    return Sample(lambda: nn.MultiheadAttention(width, heads, **options), shapes)


def _embedding(random: Random, level: int) -> Sample:
    words, width = random.choice(_WORDS[level]), random.choice(_VECTORS[level])
    padding = 0 if level > 1 and random.random() < 0.4 else None
    shape = (_batch(random, level), random.choice(_STEPS))
    return Sample(lambda: nn.Embedding(words, width, padding), (shape,), (torch.int64,))


def _elementwise(layer: Callable[[], nn.Module], random: Random, level: int) -> Sample:
    c, side = random.choice(_CHANNELS[level]), random.choice(_SIDES[level])
    return Sample(layer, ((_batch(random, level), c, side, side),))


DRAWS: dict[str, Draw] = {
    "conv1d": partial(_convolution, 1),
    "conv2d": partial(_convolution, 2),
    "conv3d": partial(_convolution, 3),
    "conv_transpose1d": partial(_transposed, 1),
    "conv_transpose2d": partial(_transposed, 2),
    "conv_transpose3d": partial(_transposed, 3),
    "linear": _linear,
    "max_pool1d": partial(_pooling, nn.MaxPool1d, 1),
    "max_pool2d": partial(_pooling, nn.MaxPool2d, 2),
    "max_pool3d": partial(_pooling, nn.MaxPool3d, 3),
    "avg_pool1d": partial(_pooling, nn.AvgPool1d, 1),
    "avg_pool2d": partial(_pooling, nn.AvgPool2d, 2),
    "adaptive_avg_pool2d": _adaptive,
    "batch_norm1d": partial(_batch_norm, 1),
    "batch_norm2d": partial(_batch_norm, 2),
    "batch_norm3d": partial(_batch_norm, 3),
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "rms_norm": _rms_norm,
    "LSTM": partial(_recurrent, nn.LSTM),
    "GRU": partial(_recurrent, nn.GRU),
    "RNN": partial(_recurrent, nn.RNN),
    "LSTMCell": partial(_cell, nn.LSTMCell),
    "GRUCell": partial(_cell, nn.GRUCell),
    "RNNCell": partial(_cell, nn.RNNCell),
    "multi_head_attention": _attention,
    "embedding": _embedding,
    "ReLU": partial(_elementwise, nn.ReLU),
    "Sigmoid": partial(_elementwise, nn.Sigmoid),
    "GELU": partial(_elementwise, nn.GELU),
    "Dropout": partial(_elementwise, nn.Dropout),
    "PReLU": partial(_elementwise, nn.PReLU),
}
"""By the rule's name; for any other rule its own sampler draws, with handy numbers."""
