"""The network folded into its stages, and each kind of block opened once: shortcuts, gates, branches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import groupby

from msgspec import Struct

from explainer.figures.blocks.dilations import dilations_of, row_of
from explainer.figures.blocks.flow import Flow, flow_of
from explainer.figures.blocks.graph import Chain, nodes_of, shape_of
from explainer.figures.blocks.grouping import MOST_OPENED, MOST_STAGES, form_of, stages_of, wired
from explainer.figures.blocks.naming import Naming
from explainer.figures.blocks.stage import Stage, does, out_of
from explainer.figures.blocks.whole import draw_whole
from explainer.figures.blocks.words import below
from explainer.figures.figure import Figure, Maker
from explainer.figures.numbers import grouped, rounded, times, title_of
from explainer.figures.parts import heading, kinds_legend
from explainer.figures.reading import complete, macs, owned, window_of
from explainer.figures.svg.canvas import SMALLEST, WIDTH, Canvas
from explainer.figures.svg.colours import INK, RULE, SKIP, SOFT, paint
from explainer.i18n.bilingual import Bi, Lang, same
from explainer.memory import Memory
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.fold import Block
from explainer.walkthrough.model import Walkthrough

TITLE = Bi("{name}的各段与其中的块", "The stages of {name} and their blocks")
CAPTION = Bi(
    "上：相同或相似的块叠在一起{many}{mixed}{behind}。{below}",
    "Above: blocks of one form are stacked{many}{mixed}{behind}. {below}",
)
MANY = Bi("，“{n} ×”表示{n}块", ", and “{n} ×” means {n} of them")
MIXED = Bi("，“{n}”表示{first}块之后接{last}块另一种块", ", “{n}” is {first} and then {last} of another form")
BEHIND = Bi("；{name}一段的数包括其后各步", "; the numbers of {name} include the steps behind it")
ALT = Bi("依次为：{stages}。", "In order: {stages}.")
STAGE = Bi(
    "{name}（{times}块，输出{out}，参数量{params}）", "{name} ({times:block|blocks}, output {out}, {params} parameters)"
)
PARAMETERS, WORK = Bi("参数量 {n}", "{n} params"), Bi("乘加 {n}次", "{n} MACs")
DILATIONS, DILATED = Bi("膨胀率{d}", "dilation {d}"), Bi("d是膨胀率。", " d is its dilation.")
THIS_ONE = Bi("这一块参数量{params}，乘加{macs}次", "this one: {params} parameters, {macs} MACs")
OF_SEVERAL = Bi("{path}（同形的共{n}块）", "{path} (one of {n} of this form)")
BESIDE = Bi("并列", "side by side")
UNTOLD = Bi("跨段的连接没有画出。", " Connections past a stage are not drawn.")
LANE, _BEHIND = 9.0, 1.6  # between two wires over the row; between two blocks of a stack
_OPENED: Memory[str | None] = Memory()


def _opened_form(block: Block, naming: Naming) -> str | None:
    """The same as it is drawn opened, as fine as it fits; None where there is nothing to see, or its wiring is tangled."""
    key = naming.key(block)
    if key not in _OPENED:
        chain = naming.open(block)
        steps = [node for node in nodes_of(chain) if not node.tag] if chain else []
        telling = len(steps) > 1 and not all(node.name.isdigit() for node in steps)
        _OPENED.keep(key, shape_of(chain) if chain and telling else None)
    return _OPENED[key]


class Opened(Struct, frozen=True):
    """A kind of block: the one that is drawn, its graph, all blocks of the kind, and their dilations where these grow."""

    block: Block
    chain: Chain
    blocks: Sequence[Block]

    @property
    def count(self) -> int:
        return len(self.blocks)

    @property
    def dilated(self) -> bool:
        """Whether a box in it says a dilation."""
        windows = [window_of(layer) for layer in self.block.layers]
        return any(window is not None and max(window.dilation) > 1 for window in windows)


def opened(stages: list[Stage], walk: Walkthrough) -> list[Opened]:
    """The kinds of blocks that repeat; the commonest first found."""
    naming = Naming(walk)
    blocks = [block for stage in stages if len(stage.blocks) > 1 for block in stage.blocks]
    own = {block.path: _opened_form(block, naming) for block in blocks}
    forms: dict[str, str] = {}  # longer numbers may make a block of the same steps too wide, or drawn less finely
    for block in blocks:
        if (form := own[block.path]) is not None:
            forms.setdefault(form_of(block), form)
    found: dict[str, list[Block]] = {}
    for block in blocks:
        form = forms.get(form_of(block)) if wired(block) or own[block.path] is None else own[block.path]
        if form is not None:
            found.setdefault(form, []).append(block)
    ranked = sorted(found.items(), key=lambda kind: -len(kind[1]))[:MOST_OPENED]
    ranked.sort(key=lambda kind: kind[1][0].layers[0].index)
    kinds = []
    for form, alike in ranked:
        shown = next(block for block in alike if own[block.path] == form)
        if chain := naming.open(shown):
            kinds.append(Opened(shown, chain, alike))
    return kinds


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
    flow = flow_of(stages, walk.layers)
    if flow is None:
        return None
    kinds = opened(stages, walk)
    direct = owned(walk)

    @cache
    def drawing(lang: Lang) -> Canvas:
        return _draw(stages, flow, kinds, direct, lang)

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
        CAPTION.format(
            below=_below(kinds) + (UNTOLD if flow.untold else same("")),
            many=_many(stages),
            mixed=_mixed(stages),
            behind=_named_after_one(stages),
        ),
        ALT.format(stages=Bi("，".join(one.zh for one in said), "; ".join(one.en for one in said))),
        drawing,
    )


def _named_after_one(stages: list[Stage]) -> Bi:
    """Where a stage has the name of one layer, and more than that layer's numbers: ResNet's `conv1` ends with its pooling."""
    for stage in stages:
        named = [layer for layer in stage.layers if layer.path == stage.name]
        if named and (sum(one.value for one in named) != sum(one.value for one in stage.layers)):
            return BEHIND.format(name=stage.name)
    return same("")


def _many(stages: list[Stage]) -> Bi:
    """How to read the first number of blocks that stands in a box."""
    alike = (len(stage.blocks) for stage in stages if len(stage.blocks) > 1 and "+" not in _counted(stage.blocks))
    n = next(alike, 0)
    return MANY.format(n=n) if n else same("")


def _mixed(stages: list[Stage]) -> Bi:
    """How to read a sum in a box, where there is one."""
    found = next((text for stage in stages if "+" in (text := _counted(stage.blocks))), "")
    first, _, last = found.partition("+")
    return MIXED.format(n=f"{found} ×", first=int(first), last=int(last)) if found else same("")


def _below(kinds: list[Opened]) -> Bi:
    if not kinds:
        return same("")
    said = below([kind.chain for kind in kinds])
    return said + DILATED if any(kind.dilated for kind in kinds) else said


def _draw(stages: list[Stage], flow: Flow, kinds: list[Opened], direct: Mapping[int, int], lang: Lang) -> Canvas:
    canvas = Canvas(lang)
    gap = 15.0
    wide = min((WIDTH - 8 - gap * (len(stages) - 1)) / len(stages), 92.0)
    x = (WIDTH - 8 - wide * len(stages) - gap * (len(stages) - 1)) / 2
    top = 18 + LANE * flow.lanes
    lefts = [x + (wide + gap) * i for i in range(len(stages))]
    further = [_further(stage, i in flow.beside) for i, stage in enumerate(stages)]
    for i, (stage, left) in enumerate(zip(stages, lefts, strict=True)):
        _stage(canvas, stage, left, top, wide, _params(stage, direct), further[i])
        if i + 1 < len(stages) and flow.next_[i]:
            canvas.arrow([(left + wide + _behind(stage) + 1, top + 16), (left + wide + gap - 1, top + 16)], size=3.6)
    for a, b, lane in flow.arcs:
        level = top - _BEHIND * 4 - LANE * (lane + 0.7)
        start, end = lefts[a] + wide * 0.72, lefts[b] + wide * 0.28
        canvas.arrow(
            [(start, top - _behind(stages[a])), (start, level), (end, level), (end, top - _behind(stages[b]) - 1)],
            SKIP,
            0.8,
            size=3.6,
            bend=4,
        )
    inner = {node.kind for kind in kinds for node in nodes_of(kind.chain)} - {Kind.NORMALIZATION, Kind.ACTIVATION}
    y = top + (87.0 if any(further) else 78.0)
    for kind in kinds:
        y = _opened(canvas, kind, y, sum(direct.get(layer.index, 0) for layer in kind.block.layers))
    canvas.height = (
        kinds_legend(canvas, y + 6, {stage.kind for stage in stages} | inner, circles=(Kind.JOIN, Kind.ELEMENTWISE)) + 4
    )
    return canvas


def _behind(stage: Stage) -> float:
    """How far a stack of blocks reaches to the right and up behind the first."""
    return _BEHIND * max(min(len(stage.blocks), 5) - 1, 0)


def _further(stage: Stage, beside: bool) -> list[Bi]:
    """What else there is to say of its blocks, from the longest wording to the shortest."""
    if beside:
        return [BESIDE]
    dilations = dilations_of(stage.blocks)
    said = (row_of(dilations), f"{min(dilations)}–{max(dilations)}") if dilations else ()
    return [DILATIONS.format(d=text) for text in said]


def _stage(canvas: Canvas, stage: Stage, x: float, y: float, wide: float, weights: int, further: list[Bi]) -> None:
    look, count = paint(stage.kind), len(stage.blocks)
    for behind in range(min(count, 5) - 1, 0, -1):
        canvas.rect(x + behind * _BEHIND, y - behind * _BEHIND, wide, 32, look.top, INK, 0.4, 2)
    canvas.box(x, y, wide, 32, look, stage.name, 2)
    if look.hatch:  # letters on lines would be hard to read
        canvas.rect(x + 2, y + 3, wide - 4, 26, look.front, "none")
    name = _fitting(canvas, stage.name, wide - 4)
    canvas.text(x + wide / 2, y + (13 if count > 1 else 19), name, SMALLEST, "code", "middle", look.ink)
    if count > 1:
        canvas.text(x + wide / 2, y + 26, f"{_counted(stage.blocks)} ×", 8.4, "bold", "middle", look.ink)
    canvas.text(x + wide / 2, y + 43, times(out_of(stage)), SMALLEST, "bold", "middle")
    lines = [
        word.format(n=rounded(value, canvas.lang)) if value else same("")
        for word, value in ((PARAMETERS, weights), (WORK, macs(stage.layers)))
    ]
    if further:
        lines.append(next((one for one in further if canvas.wide(one, SMALLEST) < wide + 10), further[-1]))
    for i, line in enumerate(lines):
        if not line[canvas.lang]:
            continue
        canvas.text(x + wide / 2, y + 53 + 9.5 * i, line, SMALLEST, anchor="middle", fill=SOFT)


def _fitting(canvas: Canvas, name: str, room: float) -> str:
    """A stage's name, or as much of the end of its path as there is room for; never a number alone."""
    head, dash, tail = name.partition("–")
    parts = head.split(".")
    ends = [*(".".join(parts[at:]) + dash + tail for at in range(len(parts))), tail or name]
    fits = (one for one in ends if canvas.wide(one, SMALLEST, "code") <= room and not one[0].isdigit())
    return next(fits, canvas.fitted(name, SMALLEST, "code", room))


def _counted(blocks: list[Block]) -> str:
    """12, or 1+12 where one of another form comes first or last (masks and moves beside the work make no other form)."""
    forms = [sorted({layer.type for layer in block.layers if does(layer)}) for block in blocks]
    runs = [len(list(run)) for _, run in groupby(forms)]
    return "+".join(map(str, runs)) if len(runs) == 2 and 1 in runs else str(len(blocks))


def _opened(canvas: Canvas, kind: Opened, y: float, direct: int) -> float:
    """One kind of block: its title, its graph; where it ends."""
    canvas.line((0, y - 2), (WIDTH, y - 2), RULE, 0.4)
    path = kind.block.path
    title = [OF_SEVERAL.format(path=same(path), n=kind.count)[canvas.lang] if kind.count > 1 else path]
    if dilations := dilations_of(kind.blocks):
        title.append(DILATIONS.format(d=row_of(dilations))[canvas.lang])
    heading(canvas, 0, y + 9, same("　".join(title)), 7.4)
    said = THIS_ONE.format(params=grouped(kind.block.params + direct), macs=grouped(macs(kind.block.layers)))
    canvas.text(WIDTH, y + 9, said, 7, anchor="end", fill=SOFT)
    return draw_whole(canvas, kind.chain, kind.block.layers, y + 20)


FIGURE = Maker(
    "stages",
    Bi("折叠的各段，以及每种块的内部", "folded stages, and each kind of block opened"),
    make,
    order=20,
    alone=True,
    wants=frozenset({"ideas"}),
)
