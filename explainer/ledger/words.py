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
    "memread_bytes": Bi("MemRead合计行（字节）", "MemRead in the row of totals, bytes"),
    "memwrite_bytes": Bi("MemWrite合计行（字节）", "MemWrite in the row of totals, bytes"),
    "memrw_bytes": Bi("MemR+W（字节）", "MemR+W in bytes"),
}
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


def tool_list(lines: Sequence[Line]) -> Bi:
    """The tools of several lines, each once."""
    names = list(dict.fromkeys((name.zh, name.en) for name in map(tool_name, lines)))
    return joined([Bi(zh, en) for zh, en in names])


def quantity_word(quantity: str) -> Bi:
    """What the tool calls the figure, in words where it is not a name."""
    return QUANTITIES.get(quantity, same(quantity))
