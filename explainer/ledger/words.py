"""The names of tools and quantities in running text."""

from __future__ import annotations

from collections.abc import Sequence

from explainer.i18n.bilingual import Bi, grouped, joined, same
from explainer.walkthrough.counted import Line, Unpredicted

QUANTITIES = {
    "macs": same("MACs"),
    "flops": same("FLOPs"),
    "madd": same("MAdd"),
    "mult_adds": same("mult-adds"),
    "params": Bi("参数量", "parameters"),
    "trainable": Bi("可训练参数量", "trainable parameters"),
    "input_bytes": Bi("输入大小（字节）", "input size in bytes"),
    "output_bytes": Bi("前向与反向大小（字节）", "forward/backward size in bytes"),
    "param_bytes": Bi("参数大小（字节）", "parameter size in bytes"),
    "total_bytes": Bi("总大小（字节）", "total size in bytes"),
    "memory_bytes": Bi("内存（字节）", "memory in bytes"),
    "memread_bytes": Bi("MemRead（字节）", "MemRead in bytes"),
    "memwrite_bytes": Bi("MemWrite（字节）", "MemWrite in bytes"),
    "memrw_bytes": Bi("MemR+W（字节）", "MemR+W in bytes"),
}
_IN_ROW_OF_TOTALS = ("memread_bytes", "memwrite_bytes")
IN_TOTALS = Bi("合计行的{what}", "{what} in the row of totals")
_BACKEND = Bi("{tool}（{backend}后端）", "{tool} ({backend} backend)")
_ON = Bi("{tool}（在CPU上）", "{tool} (on the CPU)")


def tool_name(line: Line | Unpredicted) -> Bi:
    """`ptflops 0.7.5（pytorch后端）`."""
    name = f"{line.tool} {line.version}"
    if not line.backend:
        return same(name)
    return (_ON if line.backend == "cpu" else _BACKEND).format(tool=name, backend=line.backend)


def figure_text(line: Line) -> Bi:
    """The figure to the unit; of bytes also as the tool prints them: torchinfo in MB of 10⁶, the others in 2²⁰."""
    exact = same(grouped(line.value))
    if not line.quantity.endswith("_bytes") or line.value < 2**20:
        return exact
    decimal = line.tool == "torchinfo"
    size = f"{line.value / (10**6 if decimal else 2**20):,.2f} {'MB' if decimal else 'MiB'}"
    return exact + same(f" ≈ {size}")


def units_of(line: Line) -> tuple[int, ...]:
    """The bytes of the units in which the tool itself prints the figure; () of what are no bytes."""
    if not line.quantity.endswith("_bytes") or (line.layer and line.quantity != "memory_bytes"):
        return ()  # a row's other bytes are written out
    if line.tool == "torchinfo":
        return (10**6,)
    return (2**20, 2**10) if line.quantity.startswith("memrw") else (2**20,)


def as_printed(line: Line, number: str) -> tuple[int, ...]:
    """The units in which the tool writes the figure with just these digits, two decimals.

    >>> as_printed(line, "0.32")   # doctest: +SKIP
    (1048576,)
    """
    return tuple(unit for unit in units_of(line) if number == f"{line.value / unit:.2f}" and float(number))


def tool_list(lines: Sequence[Line]) -> Bi:
    """The tools of several lines, each once."""
    names = list(dict.fromkeys((name.zh, name.en) for name in map(tool_name, lines)))
    return joined([Bi(zh, en) for zh, en in names])


def tools_named(lines: Sequence[Line]) -> Bi:
    """The same in a sentence: a, b and c."""
    *names, last = dict.fromkeys((name.zh, name.en) for name in map(tool_name, lines))
    before = joined([Bi(zh, en) for zh, en in names])
    return (before + Bi("、", " and ") if names else before) + Bi(*last)


def quantity_word(line: Line | Unpredicted) -> Bi:
    """What the tool calls the figure, in words where it is not a name; of a column whose total is odd, which row it is."""
    word = QUANTITIES.get(line.quantity, same(line.quantity))
    if line.quantity in _IN_ROW_OF_TOTALS and not (isinstance(line, Line) and line.layer):
        return IN_TOTALS.format(what=word)
    return word
