"""The network folded into its stages, and each kind of block opened once: shortcuts, gates, branches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby, pairwise

from explainer.figures.blocks.draw import HIGH, LANE, draw_chain, fits, room_of, shape_text
from explainer.figures.blocks.graph import Chain, graph_of, nodes_of, shape_of
from explainer.figures.figure import Figure, Maker
from explainer.figures.numbers import grouped, rounded, times, title_of
from explainer.figures.parts import heading, kinds_legend
from explainer.figures.reading import complete, macs, output, params
from explainer.figures.svg.canvas import SMALLEST, WIDTH, Canvas
from explainer.figures.svg.colours import INK, RULE, SOFT, paint
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.memory import Memory, worked_out_once
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.fold import Block, Part, Repeat
from explainer.walkthrough.model import Layer, Walkthrough

TITLE = Bi("{name}的各级与其中的块", "The stages of {name} and their blocks")
CAPTION = Bi(
    "上：相同或相似的块叠在一起，“3 ×”表示3块。{below}",
    "Above: blocks of one form are stacked, “3 ×” are three. {below}",
)
BELOW = Bi(
    "下：每种块打开一次；方框里是卷积核（或输入→输出）、通道数和参数量。",
    "Below: each kind of block is opened once; a box has its kernel (or inputs→outputs), channels and parameters.",
)
ALT = Bi("依次为：{stages}。", "In order: {stages}.")
STAGE = Bi(
    "{name}（{times}块，输出{out}，参数量{params}）", "{name} ({times:block|blocks}, output {out}, {params} parameters)"
)
PARAMETERS, WORK = Bi("参数量 {n}", "{n} params"), Bi("乘加 {n}次", "{n} MACs")
EACH = Bi("每块参数量{params}，乘加{macs}次", "{params} parameters, {macs} MACs a block")
MOST_STAGES, MOST_OPENED = 8, 3
_FORMS: Memory[str] = Memory()
_OPENED: Memory[str | None] = Memory()


@dataclass
class Stage:
    """A box of the upper row: the parts of the network that it stands for, and its blocks."""

    name: str
    layers: list[Layer] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    @property
    def kind(self) -> Kind:
        """What most of its work (or, without any, of its parameters) is."""
        by_kind: dict[Kind, float] = {}
        for layer in self.layers:
            by_kind[layer.kind] = by_kind.get(layer.kind, 0) + macs([layer]) + 1e-6 * layer.value
        return max(by_kind, key=lambda kind: by_kind[kind])


def stages_of(walk: Walkthrough) -> list[Stage]:
    """The boxes of the upper row, in order; too many are joined where their resolution is the same."""
    stages: list[Stage] = []
    _gather(list(walk.folded), stages)
    if len(stages) > MOST_STAGES:
        joined: list[Stage] = []
        for stage in stages:
            last = joined[-1] if joined else None
            if last and _resolution(last) == _resolution(stage) and _alike(last, stage):
                last.layers += stage.layers
                last.blocks += stage.blocks
                if len(last.blocks) > 1:
                    last.name = _from_to(last.blocks[0].path, last.blocks[-1].path)
            else:
                joined.append(Stage(stage.name, list(stage.layers), list(stage.blocks)))
        stages = joined
    for stage in stages:
        if len(stage.blocks) < 2:
            heaviest = max(stage.layers, key=lambda layer: (layer.macs.value if layer.macs else 0, layer.value))
            stage.name = heaviest.path.partition("@")[0]
    return stages


def _from_to(first: str, last: str) -> str:
    """features.4–8: where two paths part."""
    a, b = first.split("."), last.split(".")
    same_until = next(
        (i for i, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1]), min(len(a), len(b)) - 1
    )
    return f"{'.'.join(a[: same_until + 1])}–{b[same_until]}"


def _alike(last: Stage, stage: Stage) -> bool:
    """Blocks both, or one of them has no parameters (a pooling between)."""
    empty = any(not any(layer.value for layer in one.layers) for one in (last, stage))
    return empty or bool(last.blocks and stage.blocks)


def _resolution(stage: Stage) -> tuple[int, ...]:
    return output(stage.layers[-1])[1:]


def _gather(parts: list[Part], stages: list[Stage]) -> None:
    """Steps in a row are one box; a container of blocks is one; a mixture is taken apart.

    A block with the steps of another beside it is one block, whatever is in it, unless it is a list of blocks.
    """
    forms = Counter(_steps(one) for part in parts for one in _blocks(part))
    for part in parts:
        if isinstance(part, Repeat):
            blocks = [part.first, *part.others]
            stages.append(Stage(_common(blocks), [layer for one in blocks for layer in one.layers], blocks))
        elif isinstance(part, Block) and (_listed(part) or (forms[_steps(part)] == 1 and _repeats(part))):
            inner = [block for one in part.parts for block in _blocks(one)]
            kinds = {_form(block) for block in inner}
            if len(inner) == sum(len(_blocks(one)) or 1 for one in part.parts) and len(kinds) <= MOST_OPENED:
                stages.append(Stage(part.path, list(part.layers), inner))
            else:
                _gather(list(part.parts), stages)
        elif isinstance(part, Block):
            stages.append(Stage(part.path, list(part.layers), [part]))
        else:
            layers = [part] if isinstance(part, Layer) else list(part.layers)
            if not stages or stages[-1].blocks:
                stages.append(Stage(layers[0].path.partition("@")[0]))
            stages[-1].layers += layers


def _blocks(part: Part) -> list[Block]:
    if isinstance(part, Repeat):
        return [part.first, *part.others]
    return [part] if isinstance(part, Block) else []


def _listed(block: Block) -> bool:
    """Numbered children that are all blocks."""
    inner = [_blocks(one) for one in block.parts]
    return len(inner) > 1 and all(inner) and all(one[0].path.rpartition(".")[2].isdigit() for one in inner)


def _repeats(block: Block) -> bool:
    """Whether there are blocks of one form in it: equal ones, a list of blocks, or a row of the same steps."""
    if _listed(block) or _row([inner for part in block.parts for inner in _blocks(part)]):
        return True
    return any(isinstance(one, Repeat) or (isinstance(one, Block) and _repeats(one)) for one in block.parts)


def _row(blocks: list[Block]) -> bool:
    """Each reads what comes out of the one before or later (branches do not), and some have the same steps, whatever their sizes."""
    after = all(
        any(source >= last.layers[0].index for source in block.layers[0].call.inputs if isinstance(source, int))
        for last, block in pairwise(blocks)
    )
    return after and len({_steps(block) for block in blocks}) < len(blocks)


def _steps(block: Block) -> str:
    """The types of its steps, in order."""
    return " ".join(layer.type for layer in block.layers)


def _common(blocks: list[Block]) -> str:
    return blocks[0].path.rpartition(".")[0] or blocks[0].path


def _form(block: Block) -> str:
    key = _structure(block)
    if key not in _FORMS:
        chain = graph_of(block)
        _FORMS.keep(key, shape_of(chain) if chain else _steps(block))
    return _FORMS[key]


def _opened_form(block: Block) -> str | None:
    """The same as it is drawn opened, as fine as it fits; None where there is nothing to see, or its wiring is tangled."""
    key = _structure(block)
    if key not in _OPENED:
        chain = graph_of(block, fits)
        steps = [node for node in nodes_of(chain) if not node.tag] if chain else []
        telling = len(steps) > 1 and not all(node.name.isdigit() for node in steps)
        _OPENED.keep(key, shape_of(chain) if chain and telling else None)
    return _OPENED[key]


@worked_out_once
def _structure(block: Block) -> Hashable:
    """All that the wiring and the drawing of a block follow from."""
    inside = len(block.path)
    steps = tuple([(layer.path[inside:], layer.call.inputs.count("constant")) for layer in block.layers])
    return block.signature, steps


def opened(stages: list[Stage]) -> list[tuple[Block, Chain, int]]:
    """The kinds of blocks that repeat, each with its graph and how many there are; the commonest first found."""
    found: dict[str, list[Block]] = {}
    for block in (block for stage in stages if len(stage.blocks) > 1 for block in stage.blocks):
        form = _opened_form(block)
        if form is not None:
            found.setdefault(form, []).append(block)
    ranked = sorted(found.values(), key=lambda blocks: -len(blocks))[:MOST_OPENED]
    ranked.sort(key=lambda blocks: blocks[0].layers[0].index)
    chains = [(blocks[0], graph_of(blocks[0], fits), len(blocks)) for blocks in ranked]
    return [(block, chain, count) for block, chain, count in chains if chain is not None]


def make(walk: Walkthrough) -> Figure | None:
    """The figure, for a network with blocks that repeat."""
    if not complete(walk):
        return None
    stages = stages_of(walk)
    if not 2 <= len(stages) <= MOST_STAGES or not any(len(stage.blocks) > 1 for stage in stages):
        return None
    kinds = opened(stages)

    @cache
    def drawing(lang: Lang) -> Canvas:
        return _draw(stages, kinds, lang)

    said = [
        STAGE.format(
            name=stage.name,
            times=max(len(stage.blocks), 1),
            out=times(output(stage.layers[-1])),
            params=params(stage.layers),
        )
        for stage in stages
    ]
    return Figure(
        "stages",
        TITLE.format(name=title_of(walk.name, walk.source)),
        CAPTION.format(below=BELOW if kinds else ""),
        ALT.format(stages=Bi("，".join(one.zh for one in said), "; ".join(one.en for one in said))),
        drawing,
    )


def _draw(stages: list[Stage], kinds: list[tuple[Block, Chain, int]], lang: Lang) -> Canvas:
    canvas = Canvas(lang)
    gap = 15.0
    wide = min((WIDTH - 8 - gap * (len(stages) - 1)) / len(stages), 92.0)
    x = (WIDTH - 8 - wide * len(stages) - gap * (len(stages) - 1)) / 2
    for i, stage in enumerate(stages):
        _stage(canvas, stage, x, 18, wide)
        if i + 1 < len(stages):
            behind = 1.6 * (min(len(stage.blocks), 5) - 1) if len(stage.blocks) > 1 else 0
            canvas.arrow([(x + wide + behind + 1, 34), (x + wide + gap - 1, 34)], size=3.6)
        x += wide + gap
    inner = {node.kind for _, chain, _ in kinds for node in nodes_of(chain)} - {Kind.NORMALIZATION, Kind.ACTIVATION}
    y = 96.0
    for block, chain, count in kinds:
        y = _opened(canvas, block, chain, count, y)
    canvas.height = kinds_legend(canvas, y + 6, {stage.kind for stage in stages} | inner) + 4
    return canvas


def _stage(canvas: Canvas, stage: Stage, x: float, y: float, wide: float) -> None:
    look, count = paint(stage.kind), len(stage.blocks)
    for behind in range(min(count, 5) - 1, 0, -1):
        canvas.rect(x + behind * 1.6, y - behind * 1.6, wide, 32, look.top, INK, 0.4, 2)
    canvas.box(x, y, wide, 32, look, stage.name, 2)
    if look.hatch:  # letters on lines would be hard to read
        canvas.rect(x + 2, y + 3, wide - 4, 26, look.front, "none")
    name = _fitting(canvas, stage.name, wide - 4)
    canvas.text(x + wide / 2, y + (13 if count > 1 else 19), name, SMALLEST, "code", "middle", look.ink)
    if count > 1:
        canvas.text(x + wide / 2, y + 26, f"{_counted(stage.blocks)} ×", 8.4, "bold", "middle", look.ink)
    canvas.text(x + wide / 2, y + 43, times(output(stage.layers[-1])), SMALLEST, "bold", "middle")
    for i, (word, value) in enumerate(((PARAMETERS, params(stage.layers)), (WORK, macs(stage.layers)))):
        if value:
            text = word.format(n=rounded(value, canvas.lang))
            canvas.text(x + wide / 2, y + 53 + 9.5 * i, text, SMALLEST, anchor="middle", fill=SOFT)


def _fitting(canvas: Canvas, name: str, room: float) -> str:
    """A stage's name, whole or only its own part of the path, or the last of several."""
    head, _, tail = name.partition("–")
    own = f"{head.rpartition('.')[2]}–{tail}" if tail else head.rpartition(".")[2]
    fits = (one for one in (name, own, tail or own) if canvas.wide(one, SMALLEST, "code") <= room)
    return next(fits, canvas.fitted(tail or own, SMALLEST, "code", room))


def _counted(blocks: list[Block]) -> str:
    """12, or 1+12 where one of another form comes first or last."""
    runs = [
        len(list(run)) for _, run in groupby(blocks, key=lambda block: sorted({layer.type for layer in block.layers}))
    ]
    return "+".join(map(str, runs)) if len(runs) == 2 and 1 in runs else str(len(blocks))


def _opened(canvas: Canvas, block: Block, chain: Chain, count: int, y: float) -> float:
    """One kind of block: its title, its graph; where it ends."""
    canvas.line((0, y - 2), (WIDTH, y - 2), RULE, 0.4)
    room = room_of(chain, canvas)
    title = same(f"{block.path}　{count} ×" if count > 1 else block.path)
    heading(canvas, 0, y + 9, title, 7.4)
    said = EACH.format(params=grouped(block.params), macs=grouped(macs(block.layers)))
    canvas.text(WIDTH, y + 9, said, 7, anchor="end", fill=SOFT)
    middle = y + 20 + room.up * LANE + HIGH / 2
    before, after = shape_text(block.layers, True), shape_text(block.layers, False)
    left = max(canvas.wide(before, SMALLEST) + 6, 30.0)
    start = max(left, (WIDTH - room.wide) / 2 - 8)
    canvas.arrow([(start - left + 2, middle), (start - 1, middle)], size=3.6)
    canvas.text(start - left + 2, middle - 3.5, before, SMALLEST, fill=SOFT)
    end = draw_chain(canvas, chain, start, middle)
    canvas.arrow([(end, middle), (end + max(canvas.wide(after, SMALLEST) + 6, 24), middle)], size=3.6)
    canvas.text(end + 3, middle - 3.5, after, SMALLEST, fill=SOFT)
    return middle + room.down * LANE + HIGH / 2 + 10


FIGURE = Maker(
    "stages",
    Bi("折叠的各级，以及每种块的内部", "folded stages, and each kind of block opened"),
    make,
    order=20,
    alone=True,
)
