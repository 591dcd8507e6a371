"""What is alive at each step of inference, by the reason why: made, read, needed later, or only not let go of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby

from msgspec import Struct

from explainer.cost.units import Size
from explainer.figures.figure import Figure, Maker
from explainer.figures.numbers import title_of
from explainer.figures.parts import legend
from explainer.figures.svg.canvas import SMALLEST, WIDTH, Canvas
from explainer.figures.svg.colours import FAINT, INK, LIMIT, PAPER, RULE, SOFT, Paint
from explainer.i18n.bilingual import Bi, Lang
from explainer.walkthrough.measured import Moment, Peak
from explainer.walkthrough.model import Walkthrough

TITLE = Bi("{name}推理时每一步占用的内存", "The memory of {name}, step by step, in inference")
CAPTION = Bi(
    "每一柱是一步中占用最多的时刻，不计参数。峰值在{at}：{bytes}字节，其中{most}占{share}字节。",
    "Each bar is a step at its fullest, the weights left out. The peak is at {at}: {bytes} bytes, of which {share} are {most}.",
)
SEVERAL = Bi("相邻的若干步合为一柱，取其中最满的一步。", "Neighbouring steps share a bar, that of the fullest of them.")
ALT = Bi("{path}：{bytes}字节", "{path}: {bytes} bytes")
MADE = Bi("这一步产生的", "made in this step")
READ = Bi("这一步的输入", "what this step is given")
LATER = Bi("后面还要用的", "needed later")
IDLE = Bi("不再使用、但程序里仍有变量指向的", "not used again, but still held by a variable")
INPUT = Bi("模型的输入（一直由调用者持有）", "the model's input (held by the caller throughout)")
LEGEND = (
    (Paint("#5b4a3a", "", "#3e3227"), MADE),
    (Paint("#b09a80", "", "#8a755c"), READ),
    (Paint("#ece4d8", "", "#cdbfab"), LATER),
    (Paint(PAPER, "", "#8a8a86", hatch="/"), IDLE),
    (Paint("#8f8f8b", "", "#6d6d69"), INPUT),
)
MOST_BARS, NAMED, LEFT, TOP, TALL = 70, 44, 46.0, 30.0, 118.0


class Bar(Struct, frozen=True):
    """A step, or several that share a bar: the fullest of them."""

    path: str
    parts: tuple[int, int, int, int, int]

    @property
    def bytes(self) -> int:
        return sum(self.parts)


def bars_of(peak: Peak) -> list[Bar]:
    """The steps that make something, neighbours together where they are too many. The highest is the peak."""
    moments = [moment for moment in peak.timeline if moment.made]
    size = -(-len(moments) // MOST_BARS)
    fullest = [max(moments[at : at + size], key=lambda one: one.bytes) for at in range(0, len(moments), size or 1)]
    return [_bar(moment, peak.inputs_bytes) for moment in fullest]


def _bar(moment: Moment, inputs: int) -> Bar:
    return Bar(moment.path, (moment.made, moment.read, moment.later, moment.idle, inputs))


def make(walk: Walkthrough) -> Figure | None:
    """The figure, where the life of all tensors was measured and there are steps enough to look at."""
    peak = walk.measured.peak
    bars = bars_of(peak) if peak is not None else []
    if peak is None or len(bars) < 4:
        return None
    top = max(bars, key=lambda bar: bar.bytes)

    @cache
    def drawing(lang: Lang) -> Canvas:
        return _draw(bars, top, lang)

    share = max(top.parts)
    most = LEGEND[top.parts.index(share)][1]
    caption = CAPTION.format(at=top.path, bytes=top.bytes, most=most, share=share)
    if len(bars) < sum(moment.made > 0 for moment in peak.timeline):
        caption = Bi(caption.zh + SEVERAL.zh, f"{caption.en} {SEVERAL.en}")
    lines = [ALT.format(path=bar.path, bytes=bar.bytes) for bar in bars]
    return Figure(
        "memory",
        TITLE.format(name=title_of(walk.name, walk.source)),
        caption,
        Bi("；".join(line.zh for line in lines) + "。", "; ".join(line.en for line in lines) + "."),
        drawing,
        "memory",
    )


def _draw(bars: Sequence[Bar], top: Bar, lang: Lang) -> Canvas:
    canvas = Canvas(lang)
    name, unit = next(one for one in UNITS if top.bytes >= 2 * one[1] or one[1] == 1)
    floor, up = TOP + TALL, TALL / top.bytes
    step = _round(top.bytes / unit / 4) * unit
    for i in range(int(top.bytes / step) + 1):
        y = floor - i * step * up
        canvas.line((LEFT, y), (WIDTH, y), FAINT if i else INK, 0.5 if i else 0.8)
        canvas.text(LEFT - 4, y + 2.4, f"{i * step / unit:g}", SMALLEST, anchor="end", fill=SOFT)
    canvas.text(0, 9, Bi(f"内存（{name}）", f"memory in {name}"), 7.4, "bold")
    wide = (WIDTH - LEFT) / len(bars)
    for at, bar in enumerate(bars):
        y = floor
        for value, (look, _) in zip(reversed(bar.parts), reversed(LEGEND), strict=True):
            high = value * up
            y -= high
            if high > 0.05:
                x, across = LEFT + at * wide + 0.08 * wide, 0.84 * wide
                canvas.rect(x, y, across, high, look.front, "none")
                canvas.hatch(x, y, across, high, look, 2.6)
                canvas.rect(x, y, across, high, "none", INK, 0.3)
    _peak(canvas, bars, top, wide)
    low = _names(canvas, bars, wide, floor) if len(bars) <= NAMED else _groups(canvas, bars, wide, floor)
    used = [entry for i, entry in enumerate(LEGEND) if any(bar.parts[i] for bar in bars)]
    canvas.height = legend(canvas, low + 14, used) + 5
    return canvas


UNITS = (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10), ("B", 1))


def _round(value: float) -> float:
    """A round number near it: 1, 2 or 5 of a power of ten."""
    size = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 0.1
    return next(first * size for first in (1, 2, 5, 10) if first * size >= value)


def _peak(canvas: Canvas, bars: Sequence[Bar], top: Bar, wide: float) -> None:
    """A line at the peak, and how much it is; at the other side where the bar is too near the edge."""
    canvas.line((LEFT, TOP), (WIDTH, TOP), LIMIT, 0.7, "3 2")
    middle = LEFT + (bars.index(top) + 0.5) * wide
    text = f"{top.path}: {Size(top.bytes).text}" if canvas.lang == "en" else f"{top.path}：{Size(top.bytes).text}"
    text = canvas.fitted(text, 7.4, "bold", WIDTH - LEFT - 4)
    half = canvas.wide(text, 7.4, "bold") / 2
    canvas.text(min(max(middle, LEFT + half), WIDTH - half), TOP - 5, text, 7.4, "bold", "middle", LIMIT)


def _names(canvas: Canvas, bars: Sequence[Bar], wide: float, floor: float) -> float:
    """Every bar's path below it, upwards; the lowest end."""
    texts = [canvas.fitted(bar.path, SMALLEST, "code", 66) for bar in bars]
    longest = max(canvas.wide(text, SMALLEST, "code") for text in texts)
    for at, text in enumerate(texts):
        length = canvas.wide(text, SMALLEST, "code")
        canvas.text(LEFT + (at + 0.5) * wide + 2.4, floor + 5 + length, text, SMALLEST, "code", turn=-90, fill=SOFT)
    return floor + 5 + longest


def _groups(canvas: Canvas, bars: Sequence[Bar], wide: float, floor: float) -> float:
    """The parts of the network that the bars belong to, those whose name has room; the lowest end."""
    depth = next((d for d in (3, 2, 1) if len(_runs(bars, d)) <= 12), 1)
    at = 0
    for name, many in _runs(bars, depth):
        left, right = LEFT + at * wide + 0.08 * wide, LEFT + (at + many) * wide - 0.08 * wide
        at += many
        canvas.line((left, floor + 5), (right, floor + 5), RULE, 0.9)
        fits = (
            one for one in (name, name.rpartition(".")[2]) if canvas.wide(one, SMALLEST, "code") <= right - left - 3
        )
        if said := next(fits, ""):
            canvas.text((left + right) / 2, floor + 14, said, SMALLEST, "code", "middle", SOFT)
    return floor + 15


def _runs(bars: Sequence[Bar], depth: int) -> list[tuple[str, int]]:
    """The bars by the first parts of their paths: so many in a row under each."""
    keys = [".".join(bar.path.split("@")[0].split(".")[:depth]) for bar in bars]
    return [(key, len(list(run))) for key, run in groupby(keys)]


FIGURE = Maker(
    "memory",
    Bi("推理时每一步有哪些张量占着内存", "what takes memory at each step of inference"),
    make,
    order=75,
    show="memory",
    wants=frozenset({"memory"}),
)
