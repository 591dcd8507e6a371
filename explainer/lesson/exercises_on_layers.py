"""Exercises on one layer, each with another number than the lesson's."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from explainer.document.exercises import Exercise
from explainer.formula.role import Role
from explainer.formula.tree import Number, product
from explainer.i18n.bilingual import Bi, same
from explainer.lesson.macs import for_one
from explainer.lesson.mixing import mixes
from explainer.lesson.other_numbers import by_role, chain_of, filled, with_other
from explainer.lesson.phrases import derived_sizes
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Walkthrough

KERNEL = Bi(
    zh="{path}的卷积核若改为{k}×{k}，其余不变，这一层有多少个参数？",
    en="How many parameters would {path} have with a {k}×{k} kernel, all else unchanged?",
)
KERNEL_LENGTH = Bi(
    zh="{path}的核长若改为{k}，其余不变，这一层有多少个参数？",
    en="How many parameters would {path} have with a kernel of length {k}, all else unchanged?",
)
LENGTH = Bi(
    zh="{path}的输入若长{side}，输出的长度是多少？",
    en="If the input of {path} were {side} long, how long would its output be?",
)
SIZE = Bi(
    zh="{path}的输入若为{side}×{side}，输出的高是多少？",
    en="If the input of {path} were {side}×{side}, how high would its output be?",
)
COST = Bi(
    zh="{path}的输出若改为{size}，其余不变，计算量是多少？是原来的几倍？",
    en="If the output of {path} were {size}, all else unchanged, how many multiply-accumulates would it take, and how many times as many as now?",
)
RATIO = Bi(zh="原来是{before}，现在是它的{n}倍。", en="It took {before}, so this is {n} times as many.")
TWICE = Bi(zh="原来是{before}，现在是它的2倍。", en="It took {before}, so this is twice as many.")
TOKENS = Bi(
    zh="序列长度若改为{n}，{path}的计算量是多少？是原来的几倍？",
    en="How many multiply-accumulates would {path} take for a sequence of length {n}, and how many times as many as now?",
)
INPUTS = Bi(
    zh="{path}的输入若改为{n}个特征，其余不变，这一层有多少个参数？",
    en="How many parameters would {path} have with {n} input features, all else unchanged?",
)
MAP = Bi(
    zh="批量大小为{n}时，{path}的输出以float32（每个数4字节）存储，占多少字节？",
    en="With a batch of {n}, how many bytes does the output of {path} take in float32, four bytes each?",
)
FEW = 8  # a batch to ask for


def kernel_exercises(walk: Walkthrough) -> Iterator[Exercise]:
    """Another kernel: how many parameters."""
    for layer in walk.layers:
        if layer.kind not in (Kind.CONVOLUTION, Kind.TRANSPOSED) or layer.params is None or not layer.value:
            continue
        sides = by_role(layer.params, Role.KERNEL)
        values = {layer.params.values[side] for side in sides}
        if len(sides) in (1, 2) and len(values) == 1 and (old := values.pop()) > 1:
            new = {3: 5, 5: 3}.get(old, 3)
            found = with_other(layer.params, dict.fromkeys(sides, new))
            if found:
                text = KERNEL if len(sides) == 2 else KERNEL_LENGTH
                yield Exercise(filled(text, k=new), chain_of(found), layer.path)


def size_exercises(walk: Walkthrough) -> Iterator[Exercise]:
    """Another input: how large the output is."""
    for layer in walk.layers:
        sizes = derived_sizes(layer)
        if layer.kind not in (Kind.CONVOLUTION, Kind.POOLING, Kind.TRANSPOSED) or len(sizes) not in (1, 2):
            continue
        _, high = sizes[0]
        image = by_role(high, Role.SIZE)
        if len(image) != 1:
            continue
        old = high.values[image[0]]
        grows = layer.kind is Kind.TRANSPOSED and high.value > old
        if grows or (old > 12 and high.value < old):
            found = with_other(high, {image[0]: old + 3 if grows else old - 33 if old > 60 else old - 5})
            if found and found.value > 0:
                text = SIZE if len(sizes) == 2 else LENGTH
                yield Exercise(filled(text, side=found.values[image[0]]), chain_of(found), layer.path)


def cost_exercises(walk: Walkthrough) -> Iterator[Exercise]:
    """An output of three times the side: how many multiply-accumulates."""
    for layer in reversed(walk.layers):
        if layer.kind is not Kind.CONVOLUTION or layer.macs is None:
            continue
        cost = for_one(layer.macs)
        sides = by_role(cost, Role.SIZE_OUT)
        if len(sides) == 2:
            found = with_other(cost, {side: 3 * cost.values[side] for side in sides})
            if found and found.value % cost.value == 0:
                size = same("×".join(str(found.values[side]) for side in sides))
                said = _ratio(cost.value, found.value // cost.value)
                yield Exercise(filled(COST, size=size), chain_of(found), layer.path, said)


def _ratio(before: int, times: int) -> Bi:
    return TWICE.format(before=before) if times == 2 else RATIO.format(before=before, n=times)


def token_exercises(walk: Walkthrough) -> Iterator[Exercise]:
    """A layer whose computation grows with the length of the sequence, that of attention before others."""
    found = [layer for layer in walk.layers if layer.macs is not None and by_role(layer.macs, Role.TOKENS)]
    found = [] if mixes(walk) else found
    for layer in sorted(found, key=lambda one: one.kind is not Kind.ATTENTION):
        assert layer.macs is not None
        cost = for_one(layer.macs)
        lengths = by_role(cost, Role.TOKENS)
        length = cost.values[lengths[0]]
        if any(cost.values[one] != length for one in lengths):
            continue
        changed = with_other(cost, dict.fromkeys(lengths, 2 * length))
        if changed and changed.value % cost.value == 0:
            said = _ratio(cost.value, changed.value // cost.value)
            yield Exercise(filled(TOKENS, n=2 * length), chain_of(changed), layer.path, said)


def input_exercises(walk: Walkthrough) -> Iterator[Exercise]:
    """Twice as many input features: how many parameters."""
    for layer in walk.layers:
        if layer.kind is not Kind.LINEAR or layer.params is None or layer.counted != layer.value:
            continue
        features = by_role(layer.params, Role.FEATURES_IN)
        if len(features) == 1:
            found = with_other(layer.params, {features[0]: 2 * layer.params.values[features[0]]})
            if found and found.value:
                n = found.values[features[0]]
                yield Exercise(filled(INPUTS, n=n), chain_of(found), layer.path)


def map_exercises(walk: Walkthrough) -> Iterator[Exercise]:
    """A feature map in bytes, with a batch."""
    for layer in walk.layers:
        shape = layer.call.output_shapes[0] if layer.call.output_shapes else ()
        if layer.value and len(shape) > 2 and shape[0] == 1 and layer.path:
            found = product([Number(FEW), *(Number(size) for size in shape[1:]), Number(4)])
            value = Number(FEW * 4 * prod(shape))
            yield Exercise(filled(MAP, n=FEW), (found, value), layer.path)
