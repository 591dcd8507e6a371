"""Other shapes for an input, read off where and how a forward pass broke on it; each is a guess again."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from math import isqrt, prod
from typing import Any

import torch
from torch import nn

from explainer.errors import text_of
from explainer.source.failing_code import Failure, compared, divisors_at

Shaped = Callable[[torch.Tensor], Iterable[tuple[int, ...]]]
_PRODUCT = re.compile(r"\[\d+, (\d+)\] X \[(\d+), \d+\]")
_TOO_FEW = re.compile(r"not enough values to unpack \(expected (\d+), got (\d+)\)")
_TOO_MANY = re.compile(r"too many values to unpack \(expected (\d+)\)")
_DIMENSIONS = re.compile(r"Expected \dD \(unbatched\) or (\d)D \(batched\) input.*size: \[([\d, ]+)\]")
_VIEWED = re.compile(r"shape '\[1, \d+, -1\]' is invalid")
_BROADCAST = re.compile(r"dimension of length (\d+) at -(\d)!.*broadcastable to \[([\d, ]+)\]", re.DOTALL)
_WIDTH = re.compile(
    r"normalized_shape=\[(\d+)\].*size ?torch\.Size\(\[[\d, ]*?(\d+)\]\)|inputs: (\d+) doesn't correspond to .*: (\d+)"
)
_SUFFIX = re.compile(r"suffix torch\.Size\(\[(\d+)[\d, ]*\]\).* \((\d+)[\d, ]*\)")
_SIDE = re.compile(r"\((\d+)(?:\*\d+)?\) doesn't match model \((\d+)(?:\*\d+)?\)")
_PRODUCTS = re.compile(r"first two dimensions of batch2 tensor to be: \[\d+, (\d+)\] but got: \[\d+, (\d+)\]")
_LEADING = re.compile(
    r"isn't allowed in a leading, non-existing dimension|too many indices for tensor of dimension (\d)"
)
_NOTHING_LEFT = re.compile(r"shape '\[0, [-\d, ]+\]' is invalid")
_TOO_SHORT = re.compile(r"Kernel size can't be greater than actual input size")
_INVALID = re.compile(r"shape '\[[-\d, ]+\]' is invalid for input of size")
_SIDES = (224, 256, 336, 384, 448, 512, 560, 640, 1024)
_LENGTH = 128
_MOST_DIVISOR = 2**20


def shapes_asked_for(failure: Failure) -> Iterable[Shaped]:
    """What each input might be instead, the likeliest first; for a failure that is not for want of values."""
    return (
        _in_multiples(failure),
        _as_many(failure),
        _longer(failure),
        _as_wide(failure),
        _for_convolution(failure),
        _with_more_dimensions(failure),
        _on_its_side,
        _in_proportion(failure),
        _in_addition(failure),
        _channels_last(failure),
        _as_large(failure),
    )


def _as_wide(failure: Failure) -> Shaped:
    """A layer wants another width than it got, and an input has that one."""
    widths = _widths(failure)

    def shapes(value: torch.Tensor) -> Iterator[tuple[int, ...]]:
        for got, wanted in widths:
            if value.dim() == 2 and value.shape[-1] == got:  # one number each, where a row of them is wanted
                yield *value.shape, wanted
            if value.dim() >= 4 and got == value.shape[-1] and prod(value.shape[1:]) % wanted == 0:
                yield value.shape[0], prod(value.shape[1:]) // wanted, wanted  # a picture's patches, each in a row
            if value.dim() > 1 and got > 1 and value.shape[0] == got:  # patches in a row
                yield _with_size(value, 0, wanted)
            for at in (-1, 1) if value.dim() > 1 else ():
                if value.shape[at] == got and not (_is_series(value) and got > 8 * wanted):  # a length is no width
                    if wanted in value.shape[1:]:
                        yield from _on_its_side(value)
                    yield _with_size(value, at, wanted)

    return shapes


def _in_proportion(failure: Failure) -> Shaped:
    """A layer wants another width than what became of a spectrogram's bands: as many more of these."""
    widths = _widths(failure)
    if _BROADCAST.search(text_of(failure.cause)):  # of what is one for each picture, as many as there are pictures
        times = {wanted // got for got, wanted in widths if wanted % got == 0}
        return lambda value: [
            *(_with_size(value, -1, by) for by in times if value.dim() > 2 and value.shape[-1] == 1),
            *(shape for by in times if isqrt(by) ** 2 == by for shape in _larger(value, isqrt(by))),
        ]
    return lambda value: [
        _with_size(value, -1, value.shape[-1] * wanted // got)
        for got, wanted in widths
        if _is_decimal(value) and value.dim() == 3 and value.shape[-1] * wanted % got == 0
    ]


def _larger(value: torch.Tensor, by: int) -> Iterator[tuple[int, ...]]:
    """A picture whose sides are so many times as long, channels before or behind them."""
    for sides in ((-2, -1), (-3, -2)) if value.dim() >= 4 else ():
        if 3 < value.shape[sides[0]] == value.shape[sides[1]] <= max(_SIDES) // by:
            yield tuple(size * by if at - value.dim() in sides else size for at, size in enumerate(value.shape))


def _in_addition(failure: Failure) -> Shaped:
    """A layer wants another width than what was put together of several inputs: one of these has as many more or fewer, perhaps none."""
    widths = _widths(failure)
    return lambda value: [
        _with_size(value, -1, value.shape[-1] + wanted - got)
        for got, wanted in widths
        if _is_decimal(value) and value.dim() == 3 and 0 < value.shape[-1] < got and value.shape[-1] + wanted >= got
    ]


def _channels_last(failure: Failure) -> Shaped:
    """What does not go into the shape that was asked for may have its channels behind its sides."""
    if not _INVALID.search(text_of(failure.cause)):
        return lambda value: []
    return lambda value: [
        (*value.shape[:-3], *value.shape[-2:], value.shape[-3])
        for _ in range(_is_decimal(value) and value.dim() >= 4 and value.shape[-1] == value.shape[-2])
    ]


def _in_multiples(failure: Failure) -> Shaped:
    """A size that the line that failed divides without a remainder: brought up to the next multiple."""
    divisors = set(divisors_at(failure))
    return lambda value: [
        _with_size(value, at, (size // by + 1) * by)
        for by in divisors
        for at, size in enumerate(value.shape)
        if at and size > 3 and size % by and by < _MOST_DIVISOR
    ]


def _as_many(failure: Failure) -> Shaped:
    """Nothing is left of a batch that is divided among the windows of a picture: one for each window."""
    windows = set(divisors_at(failure, ast.FloorDiv)) if _NOTHING_LEFT.search(text_of(failure.cause)) else set()
    return lambda value: [_with_size(value, 0, by) for by in windows if value.dim() > 2 and value.shape[0] < by < 1000]


def _longer(failure: Failure) -> Shaped:
    """A series that is shorter than a window."""
    if not _TOO_SHORT.search(text_of(failure.cause)):
        return lambda value: []
    return lambda value: [
        _with_size(value, -1, times * value.shape[-1])
        for times in (2, 4)
        if _is_decimal(value) and value.dim() in (2, 3)
    ]


def agreeing(failure: Failure) -> Shaped:
    """The function that failed has compared two sizes, and would have gone another way had they been the same: they become so."""
    pairs = list(compared(failure))
    return lambda value: [
        _with_size(value, at, wanted)
        for got, wanted in pairs
        for at, size in enumerate(value.shape)
        if at
        and size == got
        and _is_decimal(value)
        and not _is_series(value)  # so many samples are no length of frames
    ]


def _for_convolution(failure: Failure) -> Shaped:
    """A convolution comes first: a picture, or a series, with its channels."""
    module = failure.module
    if not isinstance(module, nn.modules.conv._ConvNd):
        return lambda value: []
    sizes: dict[int, tuple[int, ...]] = {1: (_LENGTH,), 2: (224, 224), 3: (16, 112, 112)}
    shape = (1, module.in_channels, *sizes[len(module.kernel_size)])
    return lambda value: [shape] if _is_decimal(value) else []


def _with_more_dimensions(failure: Failure) -> Shaped:
    """A dimension too few: one more; a picture where four are wanted of a row of numbers. One too many: one of size 1 goes."""
    text = text_of(failure.cause)
    if (sizes := _DIMENSIONS.search(text)) and sizes[2].count(",") == int(sizes[1]):  # one more than with a batch
        return lambda value: [tuple(value.shape[1:])] if _is_decimal(value) and value.shape[0] == 1 else []
    if _VIEWED.search(text):
        return lambda value: [(*value.shape, number) for number in _codebooks(failure.root) if not _is_decimal(value)]
    if leading := _LEADING.search(text):  # a mask of several pictures, a state for each place
        few = int(leading[1]) if leading[1] else 2
        return lambda value: [(*value.shape, 1)] if value.dim() == few else []
    found = _TOO_FEW.search(text)
    if not found:
        many = _TOO_MANY.search(text)
        if not many:  # a series of one channel
            return lambda value: [(1, 1, value.shape[1])] if _is_series(value) else []
        return lambda value: [_squeezed(value)] if value.dim() == int(many[1]) + 1 else []
    wanted, got = int(found[1]), int(found[2])
    codebooks = _codebooks(failure.root)

    def shapes(value: torch.Tensor) -> Iterator[tuple[int, ...]]:
        shape = tuple(value.shape)
        if not _is_decimal(value):
            yield from ((*shape, number) for number in codebooks)
            yield from ((*shape[:1], number, *shape[1:]) for number in codebooks)
        elif len(shape) == got and wanted == got + 1:
            yield *shape[:1], 1, *shape[1:]
        elif wanted == 4 and len(shape) < 4:
            yield 1, 3, 224, 224

    return shapes


def _squeezed(value: torch.Tensor) -> tuple[int, ...]:
    """Without one dimension of size 1 behind the first; of a film one picture."""
    shape = tuple(value.shape)
    at = next((i for i in range(len(shape) - 1, 0, -1) if shape[i] == 1), 1 if len(shape) == 5 else None)
    return shape if at is None else (*shape[:at], *shape[at + 1 :])


def _is_series(value: torch.Tensor) -> bool:
    return _is_decimal(value) and value.dim() == 2 and value.shape[0] == 1


def _codebooks(root: nn.Module) -> list[int]:
    """How many codebooks a sound is told in, where the settings say so."""
    config = getattr(root, "config", None)
    names = ("num_channels", "num_codebooks", "num_quantizers", "n_codebooks")
    parts = [config, *(value for value in vars(config).values() if hasattr(value, "to_dict"))] if config else []
    found = [getattr(part, name, None) for part in parts for name in names]
    return list(dict.fromkeys(number for number in found if isinstance(number, int) and number > 1))


def _as_large(failure: Failure) -> Shaped:
    """Pictures of the side that the model was made for; where it does not say, of others that are common."""
    said = _SIDE.search(text_of(failure.cause))

    def shapes(value: torch.Tensor) -> Iterator[tuple[int, ...]]:
        if _is_decimal(value) and value.dim() >= 4:
            if said:
                sides = tuple(int(said[2]) if side == int(said[1]) else side for side in value.shape[-2:])
                yield *value.shape[:-2], *sides
            elif value.shape[-1] == value.shape[-2]:
                yield from ((*value.shape[:-2], side, side) for side in _SIDES)

    return shapes


def _with_size(value: torch.Tensor, at: int, size: int) -> tuple[int, ...]:
    shape = list(value.shape)
    shape[at] = size
    return tuple(shape)


def _widths(failure: Failure) -> list[tuple[int, int]]:
    """(got, wanted) where they differ."""
    return [(got, wanted) for got, wanted in _all_widths(failure) if got and wanted and got != wanted]


def _all_widths(failure: Failure) -> Iterator[tuple[int, int]]:
    """(got, wanted) of the layer that failed, and as the message has it."""
    module, shape = failure.module, failure.shapes[0] if failure.shapes else ()
    if shape:
        if isinstance(module, nn.Linear):
            yield shape[-1], module.in_features
        elif isinstance(module, nn.modules.conv._ConvNd) and len(shape) > 1:
            yield shape[1], module.in_channels
        elif isinstance(module, nn.LayerNorm):
            yield shape[-1], module.normalized_shape[-1]
    text = text_of(failure.cause)
    if found := _PRODUCT.search(text):
        yield int(found[1]), int(found[2])
    if found := _PRODUCTS.search(text):
        yield int(found[1]), int(found[2])
    if found := _WIDTH.search(text):
        sizes = [int(size) for size in found.groups() if size]
        yield from ((sizes[0], sizes[1]), (sizes[1], sizes[0]))
    if found := _SUFFIX.search(text):
        yield int(found[1]), int(found[2])
    if found := _BROADCAST.search(text):
        other = [int(size) for size in found[3].split(",") if size.strip()]
        if len(other) >= int(found[2]):
            yield other[-int(found[2])], int(found[1])
            yield int(found[1]), other[-int(found[2])]


def _on_its_side(value: torch.Tensor) -> list[tuple[int, ...]]:
    """A spectrogram, or a series, with its last two dimensions changed about."""
    return [(*value.shape[:-2], value.shape[-1], value.shape[-2])] if _is_decimal(value) and value.dim() == 3 else []


def _is_decimal(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.dtype.is_floating_point
