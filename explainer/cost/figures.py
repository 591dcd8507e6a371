"""Costs as derivations: every figure with its formula, the numbers in it, each step and the value."""

from __future__ import annotations

from collections.abc import Sequence

from explainer.formula.derivation import Derivation, derive
from explainer.formula.tree import Expr, Symbol, product, total
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.dtypes import itemsize
from explainer.vocabulary.shape import Shape
from explainer.vocabulary.symbols import axis_symbols

BYTES_EACH = Symbol("e", Bi("每个元素所占字节数", "bytes per element"), Bi("字节", "bytes"))
BYTES_PER_PARAMETER = Symbol("e_w", Bi("每个参数所占字节数", "bytes per parameter"), Bi("字节", "bytes"))


def sum_of(terms: Sequence[tuple[Symbol, int]]) -> Derivation:
    """M_1+M_2+… with these values."""
    return derive(total([symbol for symbol, _ in terms]), dict(terms))


def tensors_bytes(shapes: Sequence[Shape], dtypes: Sequence[str], reordered: bool = False) -> Derivation:
    """N·C·H·W·e, the bytes of one tensor; of several of one dtype (n_1+n_2)·e; of several dtypes n_1·e_1+n_2·e_2.

    reordered: the dimensions are not in their usual order, so that they have no names.
    """
    if len(shapes) == 1:
        names = output_symbols(shapes[0], reordered)
        values = dict(zip(names, shapes[0], strict=True)) | {BYTES_EACH: itemsize(dtypes[0])}
        return derive(product([*names, BYTES_EACH]), values)
    counts = [
        Symbol(f"n_{i}", Bi("各个输出的元素个数", "number of elements of each output"))
        for i in range(1, len(shapes) + 1)
    ]
    env: dict[Symbol, int] = {}
    for symbol, shape in zip(counts, shapes, strict=True):
        env[symbol] = elements(shape)
    if len(set(dtypes)) <= 1:
        size = itemsize(dtypes[0]) if dtypes else 0
        return derive(total(list(counts)) * BYTES_EACH, env | {BYTES_EACH: size})
    terms: list[Expr] = []
    for i, (count, dtype) in enumerate(zip(counts, dtypes, strict=True), 1):
        each = Symbol(f"e_{i}", BYTES_EACH.meaning, BYTES_EACH.label)
        env[each] = itemsize(dtype)
        terms.append(count * each)
    return derive(total(terms), env)


def output_symbols(shape: Shape, reordered: bool) -> tuple[Symbol, ...]:
    """The dimensions of an output: N, C_out, H_out, W_out where they are in this order; else d_1, d_2, …"""
    symbols = axis_symbols(shape, reordered)
    return tuple(
        symbol
        if symbol.name == "N" or symbol.name.startswith("d_")
        else Symbol(
            f"{symbol.name}_out", Bi("输出的", "output ") + symbol.meaning if symbol.name != "C" else OUT_CHANNELS
        )
        for symbol in symbols
    )


OUT_CHANNELS = Bi("输出通道数", "number of output channels")


def elements(shape: Shape) -> int:
    """How many numbers a tensor of this shape has."""
    count = 1
    for size in shape:
        count *= size
    return count
