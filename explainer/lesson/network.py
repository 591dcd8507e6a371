"""The whole network as a table: its parts in order, each with what its parameters are the sum of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from explainer.document.builder import Page
from explainer.document.nodes import Code, Inline, Math, Strong, Table, Text
from explainer.formula.printing import Plain, plain
from explainer.i18n.bilingual import Bi, grouped, same
from explainer.lesson.block_ideas import NAMES as IDEAS
from explainer.lesson.block_words import described
from explainer.lesson.instances import in_network_table, values_of
from explainer.lesson.phrases import capitalised, numbers_text, share, tensor_text, without_batch
from explainer.lesson.spans import span
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer, RawParameter, Uncalled, Walkthrough
from explainer.walkthrough.story import Part, What

PART = Bi("部分", "Part")
OUTPUT = Bi("输出", "Output")
SUM = Bi("参数量算式", "Working")
PARAMS = Bi("参数量", "Parameters")
SHARE = Bi("占比", "Share")
MACS = Bi("计算量（乘加）", "MACs")
TOTAL = Bi("合计", "Total")
NAMES: dict[What, Bi] = {
    "stem": Bi("输入端", "input stage"),
    "head": Bi("输出端", "output stage"),
    "plumbing": Bi("与输入的数值、参数都无关的步骤", "steps that depend on no input value and no parameter"),
}
OF_CLASS = Bi("另一种块（{cls}）", "Another block ({cls})")
_INDEX = re.compile(r"\d+")
TIMES = Bi("，执行{n}次", ", run {n} times")
NOT_CALLED = Bi("（未调用）", " (not called)")
NOT_REACHED = Bi("（未执行到）", " (not reached)")
UNKNOWN = Bi(zh="未知", en="unknown")
NONE = "–"
MOST_ROWS, LONGEST = 26, 40
MOST_PIECES = 3
MOST_ON_PAPER = 16  # in a handout, which has the instances of each block in a table of their own


@dataclass
class Chunk:
    """Neighbours of one part of the story: a row. blocks: the paths of the instances in it; piece: one layer or tensor of a stage;
    alike: equal layers of a chain; beside: the module that stands in a list of blocks and is none of them.
    """

    part: Part
    layers: list[Layer] = field(default_factory=list)
    uncalled: list[Uncalled] = field(default_factory=list)
    raw: list[RawParameter] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    piece: bool = False
    alike: bool = False
    beside: str = ""

    @property
    def params(self) -> int:
        """What it adds to the total."""
        own = sum(one.counted for one in self.layers) + sum(one.counted for one in self.uncalled)
        return own + sum(one.params for one in self.raw)


def network_table(page: Page, walk: Walkthrough) -> None:
    """The parts of the network and the total."""
    whole = walk.totals.params
    rows: list[tuple[Text, ...]] = []
    with_macs = "macs" in page.show and bool(walk.macs.value)
    rows_of = chunks(walk, MOST_ON_PAPER if page.detail == "handout" else MOST_ROWS)
    if page.detail == "handout" and not walk.story.repeating:
        rows_of = _alike_joined(rows_of)
    staged = in_network_table(walk) if page.detail == "handout" else None
    symbols = staged.template.symbols if staged is not None and staged.template is not None else ()
    for chunk in [piece for one in rows_of for piece in _opened(one)]:
        output = without_batch(_last(walk, chunk))[1] if chunk.layers else ""
        cells: list[Text] = [_name(page, walk, chunk), (output or NONE,)]
        if staged is not None and staged.template is not None:
            own = (
                values_of(staged.template, chunk.blocks, page.langs[0]) if chunk.part is staged else [""] * len(symbols)
            )
            cells += [(one or NONE,) for one in own]
        cells.append(_numbers(chunk) or (NONE,))
        value = chunk.params
        cells += [(grouped(value) if value else NONE,), (share(value, whole) if value else NONE,)]
        cells += [(_macs(page, chunk.layers),)] if with_macs else []
        rows.append(tuple(cells))
    total: list[Text] = [(Strong(page.label(TOTAL)),), *(() for _ in symbols), (), (), (Strong(grouped(whole)),), ()]
    if with_macs:
        text = grouped(walk.macs.value or 0)
        total.append((Strong(f"≥{text}" if walk.macs.at_least else text),))
    rows.append(tuple(total))
    header = [page.both(PART), page.both(OUTPUT), *((Math(symbol),) for symbol in symbols)]
    header += [page.both(one) for one in (SUM, PARAMS, SHARE, *([MACS] if with_macs else []))]
    align = "ll" + "r" * len(symbols) + "lrr" + "r" * with_macs
    page.blocks.append(Table(tuple(header), align, tuple(rows)))
    if page.detail != "brief":
        ends = [idea for part in walk.story.parts for idea in part.ideas if idea.kind in ("stem", "head")]
        page.tell([idea.proof.words for idea in ends])


def chunks(walk: Walkthrough, most: int = MOST_ROWS) -> list[Chunk]:
    """The rows, in the order of the network; one a part of the story where these would be too many."""
    in_order = _in_order(walk) if walk.story.repeating else _layer_by_layer(walk)
    found = _beside_blocks(walk, _joined([chunk for chunk in in_order if _says(chunk)]))
    if len(found) > most and (walk.story.repeating or len(found) > MOST_ROWS):
        found = [chunk for chunk in map(_whole, walk.story.parts) if _says(chunk)]
    return found


def _opened(chunk: Chunk) -> list[Chunk]:
    """An input stage of tokens or patches in its pieces: their table, and that of their positions, are told apart."""
    counted = [layer for layer in chunk.layers if layer.counted]
    raw = [tensor for tensor in chunk.raw if tensor.params]
    apart = bool(raw) or (bool(counted) and all(layer.kind is Kind.EMBEDDING for layer in counted))
    costs = {layer.index for layer in chunk.layers if not layer.macs_known or (layer.macs and layer.macs.value)}
    few = 1 < len(counted) + len(raw) <= MOST_PIECES and costs <= {layer.index for layer in counted}
    if chunk.part.what != "stem" or not apart or not few or chunk.uncalled:
        return [chunk]
    layers = [Chunk(chunk.part, [layer], piece=True) for layer in counted]
    return [*layers, *(Chunk(chunk.part, raw=[tensor], piece=True) for tensor in raw)]


def _last(walk: Walkthrough, chunk: Chunk) -> Layer:
    """What the row hands on: behind blocks that take all before them, what their container makes of them (DenseNet's last concatenation)."""
    last = chunk.layers[-1]
    inside = chunk.blocks[0].rpartition(".")[0] if len(chunk.blocks) > 1 else ""
    behind = next((one for one in walk.layers if one.index == last.index + 1), None)
    if (
        inside
        and behind
        and behind.kind is Kind.JOIN
        and behind.path.rpartition(".")[0] == inside
        and not behind.counted
    ):
        return behind
    return last


def _joined(found: list[Chunk]) -> list[Chunk]:
    """Blocks of one container are one row, though sums stand between them that cost nothing (WaveNet's skips).

    So are equal layers that take the same input side by side.
    """
    joined: list[Chunk] = []
    for chunk in found:
        last = joined[-1] if joined else None
        if last and last.part is chunk.part and last.blocks and chunk.blocks and _goes_on(last, chunk.blocks[0]):
            last.layers += chunk.layers
            last.uncalled += chunk.uncalled
            last.raw += chunk.raw
            last.blocks += [block for block in chunk.blocks if block not in last.blocks]
        elif last and _side_by_side(last, chunk):
            last.layers += chunk.layers
        else:
            joined.append(chunk)
    return joined


def _beside_blocks(walk: Walkthrough, found: list[Chunk]) -> list[Chunk]:
    """What stands in a list of blocks and is none of them (MobileNetV3's first, which widens nothing) is one row."""
    classes: dict[str, set[str]] = {}  # of the blocks, by their place with its numbers left out
    paths = [row.path for part in walk.story.blocks if part.template for row in part.template.rows]
    for path in paths:
        if _INDEX.search(path):
            classes.setdefault(_INDEX.sub("#", path), set()).add(walk.containers.get(path, ""))
    inside = {parent for path in paths for parent in _above(path)}
    homes = [
        path
        for path, cls in walk.containers.items()
        if path not in paths and (known := classes.get(_INDEX.sub("#", path))) and (path not in inside or cls in known)
    ]
    joined: list[Chunk] = []
    for home, run in groupby(found, key=lambda chunk: _around(chunk, homes)):
        chunks_of = list(run)
        first = chunks_of[0]
        if not home or len(chunks_of) < 2:
            joined += chunks_of
            continue
        layers = [layer for chunk in chunks_of for layer in chunk.layers]
        uncalled = [one for chunk in chunks_of for one in chunk.uncalled]
        joined.append(Chunk(first.part, layers, uncalled, [raw for one in chunks_of for raw in one.raw], beside=home))
    told = {chunk.beside: chunk for chunk in joined if chunk.beside}
    for chunk in [one for one in joined if not one.layers and not one.uncalled]:  # tensors that it uses directly
        around = {next((home for home in told if raw.name.startswith(f"{home}.")), "") for raw in chunk.raw}
        if len(around) == 1 and (into := told.get(around.pop())) is not None:
            into.raw += chunk.raw
            joined.remove(chunk)
    return joined


def _around(chunk: Chunk, homes: Sequence[str]) -> str:
    """The outermost of these modules that all of the row's layers are in."""
    if chunk.part.what in ("stem", "head", "loop") or not chunk.layers:
        return ""
    paths = [layer.path for layer in chunk.layers]
    return min((home for home in homes if all(path.startswith(f"{home}.") for path in paths)), key=len, default="")


def _above(path: str) -> list[str]:
    names = path.split(".")
    return [".".join(names[:i]) for i in range(1, len(names))]


def _side_by_side(last: Chunk, chunk: Chunk) -> bool:
    """Whether both are layers alone, equal and of the same input, as the convolutions of primary capsules are."""
    if len(chunk.layers) != 1 or any(one.blocks or one.uncalled or one.raw for one in (last, chunk)):
        return False
    one, other = last.layers[-1], chunk.layers[0]
    if not one.counted or one.params is None or other.params is None:
        return False
    return (one.type, one.counted, one.call.inputs, one.call.output_shapes, one.params.values) == (
        *(other.type, other.counted, other.call.inputs, other.call.output_shapes, other.params.values),
    )


def _says(chunk: Chunk) -> bool:
    """Whether it has parameters or multiplies."""
    return bool(chunk.params) or any(one.macs and one.macs.value for one in chunk.layers)


def _layer_by_layer(walk: Walkthrough) -> list[Chunk]:
    """A chain of layers such as VGG: each is a row."""
    story = walk.story
    found = [Chunk(story.of_call[layer.index], [layer]) for layer in walk.layers]
    rest = [part for part in story.parts if part.uncalled or part.raw]
    return [*found, *(Chunk(part, [], list(part.uncalled), list(part.raw)) for part in rest)]


def _alike_joined(found: list[Chunk]) -> list[Chunk]:
    """Neighbours that are equal in kind, output, parameters and computation are one row."""
    joined: list[Chunk] = []
    for chunk in found:
        last = joined[-1] if joined else None
        if last is not None and (key := _equal(chunk)) is not None and key == _equal(last):
            last.layers += chunk.layers
            last.alike = True
        else:
            joined.append(chunk)
    return joined


def _equal(chunk: Chunk) -> object:
    if chunk.uncalled or chunk.raw or not chunk.layers:
        return None
    one = chunk.layers[0]
    cost = one.macs.value if one.macs else None
    return (
        (
            one.rule.name if one.rule else one.type,
            _numbers(Chunk(chunk.part, [one])),
            one.counted,
            cost,
            without_batch(one)[1],
        )
        if one.counted
        else None
    )


def _whole(part: Part) -> Chunk:
    blocks = [row.path for row in part.template.rows] if part.template and not part.loop else []
    return Chunk(part, list(part.layers), list(part.uncalled), list(part.raw), blocks)


def _in_order(walk: Walkthrough) -> list[Chunk]:
    found: list[Chunk] = []
    story = walk.story
    homes = {row.path: row.path for part in story.blocks if part.template for row in part.template.rows}
    last: dict[int, Chunk] = {}
    placed: dict[str, Chunk] = {}
    for layer in walk.layers:
        part = story.of_call[layer.index]
        block = _home(layer.path, homes) if part.what == "block" else ""
        chunk = found[-1] if found else None
        if part.what in ("stem", "head", "plumbing", "idea", "loop") and id(part) in last:
            chunk = last[id(part)]
        elif chunk is None or chunk.part is not part or not _goes_on(chunk, block):
            chunk = Chunk(part)
            found.append(chunk)
        last[id(part)] = chunk
        chunk.layers.append(layer)
        if block and block not in chunk.blocks:
            chunk.blocks.append(block)
            placed.setdefault(block, chunk)
    for part in story.parts:
        where = last.get(id(part))
        if where is None:
            found.append(_whole(part))
            continue
        for tensor in part.raw:
            placed.get(_home(tensor.name, homes), where).raw.append(tensor)
        where.uncalled += part.uncalled
    return found


def _goes_on(chunk: Chunk, block: str) -> bool:
    """Blocks of one container are one row."""
    return not block or chunk.blocks[0].rpartition(".")[0] == block.rpartition(".")[0]


def _home(path: str, homes: dict[str, str]) -> str:
    while "." in path:
        path = path.rpartition(".")[0]
        if path in homes:
            return path
    return ""


def _name(page: Page, walk: Walkthrough, chunk: Chunk) -> Text:
    """`layer1` 3×瓶颈残差块."""
    part = chunk.part
    if chunk.beside:
        cls = walk.containers[chunk.beside]
        return (f"{page.label(OF_CLASS.format(cls=same(cls)))} ", Code(chunk.beside))
    paths = chunk.blocks or [one.path for one in chunk.layers] or [one.path for one in chunk.uncalled]
    paths = paths or [one.name for one in chunk.raw]
    every = [row.path for row in part.template.rows] if part.template else []
    code = Code(span(paths, every) if chunk.blocks else _span([path or walk.name for path in paths]))
    if chunk.alike and len({path.rpartition(".")[0] for path in paths}) == 1:
        code = Code(f"{paths[0]} … {paths[-1].rpartition('.')[2]}")
    if part.loop and part.template:
        path = part.template.rows[0].path
        where = Code(path) if path else Code(_span([one.path for one in part.once]))
        return (f"{page.label(capitalised(described(part)[0]))} ", where, page.label(TIMES.format(n=part.times)))
    if part.template is not None:
        name = described(part)[0]
        word = page.label(capitalised(name))
        return (f"{word} ", code, f" ×{len(chunk.blocks)}") if len(chunk.blocks) > 1 else (f"{word} ", code)
    if part.what == "idea" and len(part.ideas) == 1:
        return (f"{page.label(capitalised(IDEAS[part.ideas[0].kind]))} ", code)
    if part.what in NAMES and not chunk.piece:
        return (f"{page.label(capitalised(NAMES[part.what]))} ", code)
    if part.what == "idea" and part.ideas and (own := IDEAS.get(part.ideas[0].kind)) is not None:
        return (f"{page.label(capitalised(own))} ", Code(part.ideas[0].path or walk.name))
    marks: list[Inline] = []
    if not chunk.layers and chunk.uncalled:
        marks = [page.label(NOT_REACHED if walk.completeness.stopped else NOT_CALLED)]
    many = len(_counted(chunk)) or len(chunk.layers) + len(chunk.uncalled)
    times = f" ×{many}" if many > 1 else ""
    return (f"{page.label(_title(chunk))} ", code, times, *marks) if chunk.layers or chunk.uncalled else (code,)


def _title(chunk: Chunk) -> Bi:
    one: Layer | Uncalled = chunk.layers[0] if chunk.layers else chunk.uncalled[0]
    return capitalised(one.rule.title) if one.rule else same(one.type)


def _span(paths: Sequence[str]) -> str:
    """features.0 … features.28."""
    return paths[0] if paths[0] == paths[-1] else f"{paths[0]} … {paths[-1]}"


def _numbers(chunk: Chunk) -> Text:
    """75,008+2·70,400: the blocks; 7·7·3·64+2·64: the layers."""
    if chunk.blocks:
        sizes = dict.fromkeys(chunk.blocks, 0)
        homes = {path: path for path in chunk.blocks}
        for layer in chunk.layers:
            sizes[_home(layer.path, homes)] += layer.counted
        for tensor in chunk.raw:
            if home := _home(tensor.name, homes):
                sizes[home] += tensor.params
        terms = Counter(size for size in sizes.values() if size)
        if len(terms) > 1 or max(terms.values(), default=1) > 1:
            return (_sum(terms),)
    found = [_working(one) for one in _counted(chunk)]
    found += [tensor_text(raw.shape, raw.params).zh.partition("=")[0].replace("×", "·") for raw in chunk.raw]
    counts = Counter(found)
    texts = [text if n == 1 else f"{n}·({text})" if _is_sum(text) else f"{n}·{text}" for text, n in counts.items()]
    whole = "+".join(texts)
    if len(whole) > LONGEST and len(found) == 1 and (steps := _counted(chunk)[:1]) and steps[0].params:
        shorter = [plain(step, Plain()) for step in steps[0].params.steps]  # of an LSTM: 2·(395,264+788,480)
        return next(((text,) for text in shorter if len(text) <= LONGEST and not text.replace(",", "").isdigit()), ())
    if len(whole) > LONGEST:
        whole = _sum(Counter([one.counted for one in _counted(chunk)] + [raw.params for raw in chunk.raw]))
    return (whole,) if whole else ()


def _sum(terms: Counter[int]) -> str:
    """9568+2·55,424; of many only the first two and the last: 9568+55,424+…+3,539,968."""
    texts = [grouped(value) if n == 1 else f"{n}·{grouped(value)}" for value, n in terms.items()]
    return "+".join(texts if len("+".join(texts)) <= LONGEST else [*texts[:2], "…", texts[-1]])


def _working(one: Layer | Uncalled) -> str:
    """(512+1)·10; of a layer that shares a part of its parameters with an earlier one, its number less what was counted there."""
    if one.params is None:
        return grouped(one.counted)
    shared = one.params.value - one.counted
    return f"{numbers_text(one.params)}−{grouped(shared)}" if shared else numbers_text(one.params)


def _is_sum(text: str) -> bool:
    """Whether a plus or a minus stands outside of brackets."""
    depth = 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if sign in "+−" and not depth:
            return True
    return False


def _counted(chunk: Chunk) -> list[Layer | Uncalled]:
    parts: list[Layer | Uncalled] = [*chunk.layers, *chunk.uncalled]
    return [one for one in parts if one.counted]


def _macs(page: Page, layers: Sequence[Layer]) -> str:
    if not layers:
        return NONE
    total = sum(layer.macs.value for layer in layers if layer.macs)
    if all(layer.macs_known for layer in layers):
        return grouped(total) if total else NONE
    return f"≥{grouped(total)}" if total else page.label(UNKNOWN)
