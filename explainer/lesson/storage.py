"""What the parameters take in each data type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from explainer.document.builder import Page
from explainer.document.nodes import Table, Text
from explainer.i18n.bilingual import Bi, grouped, joined, same
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.parts import Layer, Tensor, Uncalled

MEMORY = Bi(zh="参数占用的存储空间", en="Storage taken by the parameters")
MEMORY_TEXT = Bi(
    zh="参数占用的存储空间等于参数量乘以每个参数的字节数（不含中间结果、梯度等）。1字节（B）等于8比特（b）；1 MB=10⁶字节，1 MiB=2²⁰字节，二者不可混淆。",
    en="The parameters occupy their number times the bytes of one parameter (intermediate "
    "results, gradients and the like not included). One byte (B) is eight bits (b); 1 MB = 10⁶ bytes "
    "and 1 MiB = 2²⁰ bytes are different units.",
)
OF_TYPE = Bi(zh="本模型的参数类型为{dtype}。", en="This model's parameters are {dtype}.")
MEMORY_HEADER = (
    Bi("数据类型", "Data type"),
    Bi("每个参数（比特）", "Bits each"),
    Bi("合计（比特）", "Bits in all"),
    Bi("合计（字节）", "Bytes"),
    same("MB"),
    same("MiB"),
)
IN_TYPES = Bi(zh="用不同的数据类型存储时：{sizes}。", en="In each data type: {sizes}.")
ONE_TYPE = Bi(zh="{name}为{size}字节（{mb} MB，{mib} MiB）", en="{name} {size} bytes ({mb} MB, {mib} MiB)")
KEPT = Bi(
    zh="参数以{dtype}存储，占{working}={size}字节，即{mb} MB（10⁶字节）或{mib} MiB（2²⁰字节）。",
    en="Stored as {dtype}, the parameters take {working} = {size} bytes: {mb} MB (10⁶ bytes) or {mib} MiB (2²⁰ bytes).",
)
ONE_TYPE_SMALL = Bi(zh="{name}为{size}字节", en="{name} {size} bytes")
ONE_TYPE_LARGE = Bi(zh="{name}为{size}字节（{gb} GB，{gib} GiB）", en="{name} {size} bytes ({gb} GB, {gib} GiB)")
KEPT_LARGE = Bi(
    zh="参数以{dtype}存储，占{working}={size}字节，即{gb} GB（10⁹字节）或{gib} GiB（2³⁰字节）。",
    en="Stored as {dtype}, the parameters take {working} = {size} bytes: {gb} GB (10⁹ bytes) or {gib} GiB (2³⁰ bytes).",
)
MISREAD = Bi(
    zh="若把1000 KiB误作1 MB，会读成{mixed} MB。丢弃层没有参数，也不删去别的参数，保存的文件不会因此变小。",
    en="Taking 1000 KiB for 1 MB, one would read {mixed} MB. Dropout has no parameters and removes none, so it does not make the saved file smaller.",
)
KEPT_SMALL = Bi(
    zh="参数以{dtype}存储，占{working}={size}字节。",
    en="Stored as {dtype}, the parameters take {working} = {size} bytes.",
)
AS_STORED = Bi(zh="按各自的数据类型：{sizes}，共{all}字节。", en="As they are stored: {sizes}; {all} bytes in all.")
OF_ONE_TYPE = Bi(zh="{dtype}的{n}个×{each}字节={size}字节", en="{n} of {dtype} × {each:byte|bytes} = {size}")
PACKED = Bi(
    zh="量化层打包存放的权重和偏置不是参数，但同样占用空间：{sizes}，共{all}字节（缩放系数和零点未计入）。",
    en="The weights and biases that the quantized layers hold packed are no parameters, but they take space all the same: {sizes}; {all} "
    "bytes in all (scales and zero points not included).",
)
SMALL, LARGE = 20_000, 10**10  # parameters below which MB say nothing; bytes from which GB say it better
DTYPES = (("float64", 64), ("float32", 32), ("float16 / bfloat16", 16), ("int8", 8), ("int4", 4))


def parameter_bytes(page: Page, walk: Walkthrough) -> None:
    """What the parameters take in each data type: bits, bytes, MB and MiB."""
    page.heading(2, MEMORY)
    dtypes = [same(dtype) for dtype in walk.totals.bits_by_dtype]
    page.tell([MEMORY_TEXT, *([OF_TYPE.format(dtype=joined(dtypes))] if dtypes else []), *_as_stored(walk)])
    total = walk.totals.params
    if walk.census.packed:
        page.tell([PACKED.format(**_by_type(walk.census.packed))])
        if not total:
            return
    if page.detail != "full":
        one = ONE_TYPE_SMALL if total < SMALL else ONE_TYPE_LARGE if 4 * total >= LARGE else ONE_TYPE
        said = [one.format(name=same(name), **_sizes(total, bits)) for name, bits in DTYPES if name != "float64"]
        page.tell([IN_TYPES.format(sizes=joined(said, "；", "; "))])
        return
    rows: list[tuple[Text, ...]] = []
    for name, bits in DTYPES:
        sizes = _sizes(total, bits)
        figures = (name, str(bits), grouped(total * bits), grouped(sizes["size"]), sizes["mb"], sizes["mib"])
        rows.append(tuple((str(figure),) for figure in figures))
    page.blocks.append(Table(tuple(page.both(title) for title in MEMORY_HEADER), "lrrrrr", tuple(rows)))


def kept(page: Page, walk: Walkthrough) -> None:
    """A sentence: the bytes of the parameters as they are, and in which units a file manager may show them."""
    bits = walk.totals.bits_by_dtype
    if len(bits) != 1 or not walk.totals.params:
        return
    (dtype, number), total = next(iter(bits.items())), walk.totals.params
    if number != total * (number // total) or number // total % 8:
        return  # packed or of several widths: no product to show
    size = number // 8
    values = {"dtype": same(dtype), "working": same(f"{number // total // 8}·{grouped(total)}"), "size": size}
    large = size >= 10**6
    said = (KEPT_LARGE if size >= LARGE else KEPT if large else KEPT_SMALL).format(**{**_sizes(size, 8), **values})
    drops = large and not walk.story.repeating and any(layer.kind is Kind.DROPOUT for layer in walk.layers)
    page.tell([said, *([MISREAD.format(mixed=_decimal(size / 1_024_000))] if drops else [])])


def _as_stored(walk: Walkthrough) -> list[Bi]:
    """The bytes of a model whose parameters have several data types."""
    if len(walk.totals.bits_by_dtype) < 2:
        return []
    parts: tuple[Layer | Uncalled, ...] = (*walk.layers, *walk.uncalled)
    fresh = [tensor for part in parts for tensor in part.owned if tensor.fresh]
    raw = [Tensor(one.name, one.shape, one.params, one.dtype, one.bytes) for one in walk.raw_parameters]
    return [AS_STORED.format(**_by_type([*fresh, *raw]))]


def _by_type(tensors: Iterable[Tensor]) -> dict[str, Any]:
    """How many numbers of each data type, and the bytes of all."""
    count: Counter[tuple[str, int]] = Counter()
    for tensor in tensors:
        if tensor.numel:
            count[tensor.dtype, tensor.bytes // tensor.numel] += tensor.numel
    sizes = [OF_ONE_TYPE.format(dtype=same(dtype), n=n, each=each, size=n * each) for (dtype, each), n in count.items()]
    return {"sizes": joined(sizes, "、", ", "), "all": sum(n * each for (_, each), n in count.items())}


def _sizes(total: int, bits: int) -> dict[str, Any]:
    """Bytes, MB and MiB, GB and GiB of so many numbers."""
    size = -(-total * bits // 8)  # 4-bit numbers, packed two a byte; half a byte left over takes a whole one
    return {
        "size": size,
        "mb": _decimal(size / 10**6),
        "mib": _decimal(size / 2**20),
        "gb": _decimal(size / 10**9),
        "gib": _decimal(size / 2**30),
    }


def _decimal(value: float) -> str:
    """1106.86, 10,240.00: grouped as whole numbers are."""
    return f"{value:,.2f}" if value >= 10_000 else f"{value:.2f}"
