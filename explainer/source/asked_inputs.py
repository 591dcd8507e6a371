"""What a forward pass that broke on guessed inputs was asking for: other guesses, read off where and how it broke.

An input that is missing is named in what the program says, or is the None in the line that failed; a layer says how wide its input
should be; what has a dimension too few gets one, a spectrogram may lie on its side, and two sizes that a function compares may be
meant to be the same. Each is only a guess again: the pass that goes through decides.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from math import isqrt, prod
from types import FrameType
from typing import Any, Protocol

import torch
from torch import nn

from explainer.errors import text_of
from explainer.source.inputs import Input, InputSpec

Named = dict[str, Any]  # the forward's arguments by name
Maker = Callable[[str, Mapping[str, Any]], Iterable[Input]]
Shaped = Callable[[torch.Tensor], Iterable[tuple[int, ...]]]

_WORD = re.compile(r"[^\W\d]\w*")
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
_WHOLE = re.compile(r"scalar types: Long, Int|tensors used as indices must be long|to be of type.*Long", re.IGNORECASE)
_LOGICAL = re.compile(
    r"only implemented on integer and Boolean|must be a bool|dtype bool|Boolean tensor", re.IGNORECASE
)
_WAYS_DEEP = 8  # frames of the model's code, from the one that failed outwards
_OURS = ("explainer", "torch")
_OBJECTS = {"past_key_values", "encoder_outputs", "labels", "padding_cache", "inference_session"}  # nothing of a shape
_SIDES = (224, 256, 336, 384, 448, 512, 560, 640, 1024)
_LENGTH = 128
_MOST_DIVISOR = 2**20
_MOST = 2**32  # elements of an input that is tried


class Failure(Protocol):
    """A forward pass that broke, as `tracing` keeps it: the model, the module in which it broke, and on what shapes.

    needs_values: not for the inputs' sake, but because a step depends on numbers.
    """

    @property
    def root(self) -> nn.Module: ...
    @property
    def module(self) -> nn.Module: ...
    @property
    def shapes(self) -> Sequence[tuple[int, ...]]: ...
    @property
    def cause(self) -> BaseException: ...
    @property
    def needs_values(self) -> bool: ...


def asked_for(failure: Failure, given: Mapping[str, Any], make: Maker) -> list[Named]:
    """Other inputs to try after a failure, the likeliest first; make: the inputs of a name that nobody gave, as we would guess them."""
    found: list[Named] = []
    for name in missing_names(failure, given):
        found += [{**given, name: one.given(_valued(given))} for one in make(name, given)]
    found += _each(given, _agreeing(failure))
    if failure.needs_values:
        return found
    if _WHOLE.search(text_of(failure.cause)):
        found += _each(given, lambda value: [tuple(value.shape)], torch.int64)
    if _LOGICAL.search(text_of(failure.cause)):  # what hides places is true or false
        masks = {name: value for name, value in given.items() if name.endswith("mask")}
        found += [{**given, **one} for one in _each(masks, lambda value: [tuple(value.shape)], torch.bool)]
    for shapes in (
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
    ):
        found += _each(given, shapes)
    return found


def _each(given: Mapping[str, Any], shapes: Shaped, dtype: torch.dtype | None = None) -> list[Named]:
    """The same inputs with one of them in another shape."""
    return [
        {**given, name: _empty(value, shape, dtype)}
        for name, value in given.items()
        if isinstance(value, torch.Tensor)
        for shape in shapes(value)
        if (shape != tuple(value.shape) or dtype) and prod(shape) <= _MOST
    ]


def missing_names(failure: Failure, given: Mapping[str, Any]) -> list[str]:
    """Arguments of the forward that were not given, and that the failure speaks of."""
    parameters = inspect.signature(failure.root.forward).parameters
    takes = {
        name
        for name, one in parameters.items()
        if given.get(name) is None and one.default in (None, one.empty) and name not in _OBJECTS
    }
    found = [word for word in _WORD.findall(text_of(failure.cause)) if word in takes]
    return list(dict.fromkeys(found or (name for name in _absent(failure, takes) if name in takes)))


def _absent(failure: Failure, takes: set[str]) -> list[str]:
    """What is None in the line that failed; if that is no argument of the model, what it was called where it was handed on."""
    found: list[str] = []
    wanted: set[str] = set()
    for frame, line in _lines(failure):
        names = [node for step in _statements(frame.f_code.co_filename, line) for node in ast.walk(step)]
        if wanted:
            names = [
                inner
                for node in names
                if isinstance(node, ast.Call)
                for given in _handed_on(node, wanted)
                for inner in ast.walk(given)
            ]
        known = frame.f_locals
        found = [
            node.id for node in names if isinstance(node, ast.Name) and node.id in known and known[node.id] is None
        ]
        if takes & set(found):
            break
        wanted |= set(found)
    return found


def _handed_on(call: ast.Call, wanted: set[str]) -> list[ast.expr]:
    """What a call hands on under one of these names, and by place."""
    return [*call.args, *(one.value for one in call.keywords if one.arg in wanted)]


def _lines(failure: Failure) -> Iterator[tuple[FrameType, int]]:
    """The lines of the model's own code that were running, the innermost first."""
    frames = []
    step = failure.cause.__traceback__
    while step is not None:
        home = step.tb_frame.f_globals.get("__name__", "").partition(".")[0]
        if home not in _OURS:
            frames.append((step.tb_frame, step.tb_lineno))
        step = step.tb_next
    yield from reversed(frames[-_WAYS_DEEP:])


@functools.lru_cache(maxsize=32)
def _statements_of(file: str) -> tuple[ast.stmt, ...]:
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return ()
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.stmt))


def _statements(file: str, line: int) -> Sequence[ast.AST]:
    """The statement at a line; of one that raises the condition on which it does."""
    around = [node for node in _statements_of(file) if node.lineno <= line <= (node.end_lineno or 0)]
    around.sort(key=lambda node: (node.end_lineno or 0) - node.lineno)
    if not around:
        return []
    if isinstance(around[0], ast.Raise):
        return [node.test for node in around if isinstance(node, ast.If)][:1]
    return [around[0].test] if isinstance(around[0], ast.If | ast.While) else [around[0]]


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
    divisors = set(_divisors(failure))
    return lambda value: [
        _with_size(value, at, (size // by + 1) * by)
        for by in divisors
        for at, size in enumerate(value.shape)
        if at and size > 3 and size % by and by < _MOST_DIVISOR
    ]


def _as_many(failure: Failure) -> Shaped:
    """Nothing is left of a batch that is divided among the windows of a picture: one for each window."""
    windows = set(_divisors(failure, ast.FloorDiv)) if _NOTHING_LEFT.search(text_of(failure.cause)) else set()
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


def _divisors(failure: Failure, kind: type[ast.operator] = ast.Mod) -> Iterator[int]:
    """The whole numbers n of `… % n` in the statement that failed: written there, a variable, or a setting of an object."""
    for frame, line in _lines(failure):
        steps = [node for step in _statements(frame.f_code.co_filename, line) for node in ast.walk(step)]
        by = [node.right for node in steps if isinstance(node, ast.BinOp) and isinstance(node.op, kind)]
        found = [value for node in by if type(value := _looked_up(node, frame)) is int and value > 1]
        yield from found
        if by:
            return


def _agreeing(failure: Failure) -> Shaped:
    """The function that failed has compared two sizes, and would have gone another way had they been the same: they become so."""
    pairs = list(_compared(failure))
    return lambda value: [
        _with_size(value, at, wanted)
        for got, wanted in pairs
        for at, size in enumerate(value.shape)
        if at
        and size == got
        and _is_decimal(value)
        and not _is_series(value)  # so many samples are no length of frames
    ]


def _compared(failure: Failure) -> Iterator[tuple[int, int]]:
    """(size, other) of each `if size == other: return …` before the line that failed, both ways about, where they differ."""
    frame, line = next(_lines(failure), (None, 0))
    if frame is None:
        return
    first = frame.f_code.co_firstlineno
    for step in _statements_of(frame.f_code.co_filename):
        if not (isinstance(step, ast.If) and first <= step.lineno < line and isinstance(step.body[-1], ast.Return)):
            continue
        test = step.test
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            sizes = _looked_up(test.left, frame), _looked_up(test.comparators[0], frame)
            if all(type(size) is int and size > 1 for size in sizes) and sizes[0] != sizes[1]:
                yield sizes
                yield sizes[1], sizes[0]


def _looked_up(node: ast.expr, frame: FrameType) -> Any:
    """The value of a number, a variable, an attribute or a size, as the line itself has just looked it up; None if there is none."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return frame.f_locals.get(node.id)
    if isinstance(node, ast.Attribute):
        with suppress(Exception):
            return getattr(_looked_up(node.value, frame), node.attr)
    if isinstance(node, ast.Subscript):
        sizes, at = _looked_up(node.value, frame), _looked_up(node.slice, frame)
        if isinstance(sizes, torch.Size) and type(at) is int and at < len(sizes):
            return sizes[at]
    return None


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


def _empty(value: torch.Tensor, shape: tuple[int, ...], dtype: torch.dtype | None = None) -> torch.Tensor:
    """A tensor of this shape; what has values keeps them, if it has as many places."""
    if not value.is_meta and value.numel() == prod(shape):
        return value.reshape(shape).to(dtype or value.dtype)
    spec = InputSpec(shape, str(dtype or value.dtype).removeprefix("torch."))
    return spec.tensor(not value.is_meta)


def _valued(given: Mapping[str, Any]) -> bool:
    return any(
        isinstance(value, torch.Tensor) and not value.is_meta and value.is_floating_point() for value in given.values()
    )
