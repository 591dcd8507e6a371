"""The network folded into its stages, and each kind of block opened once: shortcuts, gates, branches."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import groupby

from explainer.figures.blocks.draw import HIGH, LANE, draw_chain, fits, room_of, shape_text
from explainer.figures.blocks.graph import Chain, graph_of, nodes_of, shape_of
from explainer.figures.blocks.grouping import MOST_OPENED, MOST_STAGES, Stage, out_of, stages_of, structure
from explainer.figures.figure import Figure, Maker
from explainer.figures.numbers import grouped, rounded, times, title_of
from explainer.figures.parts import heading, kinds_legend
from explainer.figures.reading import complete, macs, owned
from explainer.figures.svg.canvas import SMALLEST, WIDTH, Canvas
from explainer.figures.svg.colours import INK, RULE, SOFT, paint
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.lesson.block_ideas import NAMES
from explainer.memory import Memory
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.fold import Block
from explainer.walkthrough.model import Walkthrough

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
_OPENED: Memory[str | None] = Memory()


class _Naming:
    """What the nodes of opened blocks are: what they were proven to be, and the tensors that they use without a layer."""

    def __init__(self, walk: Walkthrough) -> None:
        self._proven = {idea.calls: idea.kind for idea in walk.ideas}
        self._direct = owned(walk)

    def name(self, chain: Chain) -> Chain:
        """The same, its nodes named."""
        for node in nodes_of(chain):
            node.direct = sum(self._direct.get(layer.index, 0) for layer in node.layers)
            kind = self._proven.get(tuple(layer.index for layer in node.layers))
            node.said = NAMES.get(kind) if kind else None
            node.norm = "RMS" if kind == "rms_norm" else "LN" if kind == "layer_norm" else ""
        return chain

    def fits(self, chain: Chain) -> bool:
        """Whether it goes onto a page under these names: a norm written out in steps is a narrow tag."""
        return fits(self.name(chain))

    def key(self, block: Block) -> tuple[object, ...]:
        """What its drawing depends on."""
        first, last = block.layers[0].index, block.layers[-1].index
        inside = (one for one in self._proven.items() if one[0] and first <= one[0][0] and one[0][-1] <= last)
        ideas = tuple((calls[0] - first, len(calls), kind) for calls, kind in inside)
        direct = tuple(
            (layer.index - first, self._direct[layer.index]) for layer in block.layers if layer.index in self._direct
        )
        return structure(block), ideas, direct


def _opened_form(block: Block, naming: _Naming) -> str | None:
    """The same as it is drawn opened, as fine as it fits; None where there is nothing to see, or its wiring is tangled."""
    key = naming.key(block)
    if key not in _OPENED:
        chain = graph_of(block, naming.fits)
        steps = [node for node in nodes_of(chain) if not node.tag] if chain else []
        telling = len(steps) > 1 and not all(node.name.isdigit() for node in steps)
        _OPENED.keep(key, shape_of(chain) if chain and telling else None)
    return _OPENED[key]


def opened(stages: list[Stage], walk: Walkthrough) -> list[tuple[Block, Chain, int]]:
    """The kinds of blocks that repeat, each with its graph, named, and how many there are; the commonest first found."""
    naming = _Naming(walk)
    found: dict[str, list[Block]] = {}
    for block in (block for stage in stages if len(stage.blocks) > 1 for block in stage.blocks):
        form = _opened_form(block, naming)
        if form is not None:
            found.setdefault(form, []).append(block)
    ranked = sorted(found.values(), key=lambda blocks: -len(blocks))[:MOST_OPENED]
    ranked.sort(key=lambda blocks: blocks[0].layers[0].index)
    chains = [(blocks[0], graph_of(blocks[0], naming.fits), len(blocks)) for blocks in ranked]
    return [(block, chain, count) for block, chain, count in chains if chain is not None]


def _params(stage: Stage, direct: Mapping[int, int]) -> int:
    """What the stage adds to the total, tensors that its forward uses directly too."""
    return sum(layer.counted + direct.get(layer.index, 0) for layer in stage.layers)


def make(walk: Walkthrough) -> Figure | None:
    """The figure, for a network with blocks that repeat."""
    if not complete(walk):
        return None
    stages = stages_of(walk)
    if not 2 <= len(stages) <= MOST_STAGES or not any(len(stage.blocks) > 1 for stage in stages):
        return None
    kinds = opened(stages, walk)
    direct = owned(walk)

    @cache
    def drawing(lang: Lang) -> Canvas:
        return _draw(stages, kinds, direct, lang)

    said = [
        STAGE.format(
            name=stage.name,
            times=max(len(stage.blocks), 1),
            out=times(out_of(stage)),
            params=_params(stage, direct),
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


def _draw(stages: list[Stage], kinds: list[tuple[Block, Chain, int]], direct: Mapping[int, int], lang: Lang) -> Canvas:
    canvas = Canvas(lang)
    gap = 15.0
    wide = min((WIDTH - 8 - gap * (len(stages) - 1)) / len(stages), 92.0)
    x = (WIDTH - 8 - wide * len(stages) - gap * (len(stages) - 1)) / 2
    for i, stage in enumerate(stages):
        _stage(canvas, stage, x, 18, wide, _params(stage, direct))
        if i + 1 < len(stages):
            behind = 1.6 * (min(len(stage.blocks), 5) - 1) if len(stage.blocks) > 1 else 0
            canvas.arrow([(x + wide + behind + 1, 34), (x + wide + gap - 1, 34)], size=3.6)
        x += wide + gap
    inner = {node.kind for _, chain, _ in kinds for node in nodes_of(chain)} - {Kind.NORMALIZATION, Kind.ACTIVATION}
    y = 96.0
    for block, chain, count in kinds:
        y = _opened(canvas, block, chain, count, y, sum(direct.get(layer.index, 0) for layer in block.layers))
    canvas.height = kinds_legend(canvas, y + 6, {stage.kind for stage in stages} | inner) + 4
    return canvas


def _stage(canvas: Canvas, stage: Stage, x: float, y: float, wide: float, weights: int) -> None:
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
    canvas.text(x + wide / 2, y + 43, times(out_of(stage)), SMALLEST, "bold", "middle")
    for i, (word, value) in enumerate(((PARAMETERS, weights), (WORK, macs(stage.layers)))):
        if value:
            text = word.format(n=rounded(value, canvas.lang))
            canvas.text(x + wide / 2, y + 53 + 9.5 * i, text, SMALLEST, anchor="middle", fill=SOFT)


def _fitting(canvas: Canvas, name: str, room: float) -> str:
    """A stage's name, or as much of the end of its path as there is room for; never a number alone."""
    head, dash, tail = name.partition("–")
    parts = head.split(".")
    ends = [*(".".join(parts[at:]) + dash + tail for at in range(len(parts))), tail or name]
    fits = (one for one in ends if canvas.wide(one, SMALLEST, "code") <= room and not one[0].isdigit())
    return next(fits, canvas.fitted(name, SMALLEST, "code", room))


def _counted(blocks: list[Block]) -> str:
    """12, or 1+12 where one of another form comes first or last."""
    runs = [
        len(list(run)) for _, run in groupby(blocks, key=lambda block: sorted({layer.type for layer in block.layers}))
    ]
    return "+".join(map(str, runs)) if len(runs) == 2 and 1 in runs else str(len(blocks))


def _opened(canvas: Canvas, block: Block, chain: Chain, count: int, y: float, direct: int) -> float:
    """One kind of block: its title, its graph; where it ends."""
    canvas.line((0, y - 2), (WIDTH, y - 2), RULE, 0.4)
    room = room_of(chain, canvas)
    title = same(f"{block.path}　{count} ×" if count > 1 else block.path)
    heading(canvas, 0, y + 9, title, 7.4)
    said = EACH.format(params=grouped(block.params + direct), macs=grouped(macs(block.layers)))
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
    wants=frozenset({"ideas"}),
)
