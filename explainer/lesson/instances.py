"""The instances of a block as a table: by stages where the first of each differs from the others, else one by one."""

from __future__ import annotations

from itertools import groupby

from explainer.document.builder import Page, merge
from explainer.document.nodes import Code, Inline, Math, Strong, Table, Text
from explainer.i18n.bilingual import Bi, Lang, grouped, shape_text
from explainer.lesson.block_options import Options, options_of
from explainer.lesson.family_symbols import RANGE
from explainer.lesson.phrases import COLON, numbers_text
from explainer.lesson.places import above, output_shapes
from explainer.lesson.spans import span
from explainer.walkthrough.model import Layer, Walkthrough
from explainer.walkthrough.story import Part
from explainer.walkthrough.templates.template import Row as Instance
from explainer.walkthrough.templates.template import Template

BLOCKS = Bi("块", "Block")
STAGE = Bi("段", "Stage")
COUNT = Bi("块数", "Blocks")
FIRST = Bi("第一块", "First block")
OTHERS = Bi("其余各块", "The others, each")
OUTPUT = Bi("输出", "Output")
OPTION = Bi("可选层", "Optional layers")
YES = Bi("有", "yes")
LISTED = Bi("、", ", ")
PARAMS = Bi("参数量", "Parameters")
PARAMS_EACH, MACS_EACH = Bi("每块参数量", "Parameters, each"), Bi("每块计算量（乘加）", "MACs, each")
TOGETHER = Bi("参数量合计", "Parameters together")
MACS = Bi("计算量（乘加）", "MACs")
TOTAL = Bi("合计", "Total")
UNKNOWN = Bi(zh="未知", en="unknown")
MANY = 16  # instances that a handout lists one by one
EVERY_LAYER = Bi("各层的参数量算式", "The parameters of each layer, in numbers")
SEMICOLON = Bi(zh="；", en="; ")


def instances(page: Page, walk: Walkthrough, part: Part) -> None:
    """The table of a block's instances; none where all are equal."""
    template = part.template
    assert template is not None
    if part.loop:
        return
    learned = {step.name for step in template.steps if step.params is not None} | {one.name for one in template.held}
    alike = {(row.params, row.macs, *(name for name in row.options if name in learned)) for row in template.rows}
    if not template.symbols and len(alike) == 1:
        return
    runs = _runs(template)
    if _in_stages(template, runs):
        if page.detail != "handout" or in_network_table(walk) is not part:
            _by_stage(page, walk, template, runs)
    elif page.detail == "handout" and len(list(groupby(template.rows, key=_numbers))) > MANY and 1 < len(runs) <= MANY:
        _in_short(page, walk, template, runs)
    else:
        _one_by_one(page, walk, part, template)


def _runs(template: Template) -> list[list[Instance]]:
    return [list(run) for _, run in groupby(template.rows, key=lambda row: row.path.rpartition(".")[0])]


def _in_stages(template: Template, runs: list[list[Instance]]) -> bool:
    """Whether all but the first block of each container are equal, as in a ResNet."""
    others = [{(row.values, row.params, row.macs) for row in run[1:]} for run in runs]
    unequal = any(len({(row.values, row.params, row.macs) for row in run}) > 1 for run in runs)
    return (
        len(runs) > 1 and all(len(one) < 2 for one in others) and any(others) and len(template.symbols) < 4 and unequal
    )


def in_network_table(walk: Walkthrough) -> Part | None:
    """The only kind of block, told by stages: on paper its stages are rows of the table of the whole network, and its symbols columns of that."""
    blocks = [part for part in walk.story.repeating if part.what == "block" and part.template]
    template = blocks[0].template if len(blocks) == 1 else None
    if template is None or not template.symbols or not _in_stages(template, _runs(template)):
        return None
    return blocks[0]


def values_of(template: Template, paths: list[str], lang: Lang) -> list[str]:
    """The value of each symbol in these blocks: that of the first and that of the others, where they differ."""
    rows = [row for row in template.rows if row.path in paths]
    comma = "、" if lang == "zh" else ", "
    return [comma.join(dict.fromkeys(grouped(row.values[i]) for row in rows)) for i in range(len(template.symbols))]


def _numbers(row: Instance) -> tuple[object, ...]:
    """What neighbours must have in common to be one row."""
    return row.values, row.params, row.macs


def _by_stage(page: Page, walk: Walkthrough, template: Template, runs: list[list[Instance]]) -> None:
    """ResNet's stages: the first block, and the others, which are equal."""
    outputs = _outputs(template, walk)
    with_macs = "macs" in page.show and any(row.macs for row in template.rows)
    rows: list[tuple[Text, ...]] = []
    for run in runs:
        first, rest = run[0], run[1:]
        values = values_of(template, [row.path for row in run], page.langs[0])
        path = first.path.rpartition(".")[0]
        rows.append(
            (
                (Code(path or first.path),),
                (outputs[run[-1].path],),
                *((value,) for value in values),
                (str(len(run)),),
                (grouped(first.params),),
                (f"{len(rest)}·{grouped(rest[0].params)}" if len(rest) > 1 else grouped(rest[0].params),)
                if rest
                else (),
                (grouped(sum(row.params for row in run)),),
                *(((_macs(page, _sum(run)),),) if with_macs else ()),
            )
        )
    blank: list[Text] = [() for _ in range(2 + len(template.symbols) + 3)]
    blank[0] = (Strong(page.label(TOTAL)),)
    blank[2 + len(template.symbols)] = (Strong(str(len(template.rows))),)
    sums: tuple[Text, ...] = ((Strong(grouped(sum(row.params for row in template.rows))),),)
    if with_macs:
        sums = (*sums, (Strong(_macs(page, _sum(list(template.rows)))),))
    rows.append((*blank, *sums))
    header: list[Text] = [page.both(STAGE), page.both(OUTPUT), *((Math(symbol),) for symbol in template.symbols)]
    header += [page.both(one) for one in (COUNT, FIRST, OTHERS, TOGETHER, *([MACS] if with_macs else []))]
    page.blocks.append(Table(tuple(header), "lr" + "r" * (len(header) - 2), tuple(rows)))


def _in_short(page: Page, walk: Walkthrough, template: Template, runs: list[list[Instance]]) -> None:
    """DenseNet's 58 layers: a row for each container, with the first and the last value of each symbol."""
    outputs = _outputs(template, walk)
    with_macs = "macs" in page.show and any(row.macs for row in template.rows)
    rows: list[tuple[Text, ...]] = []
    for run in runs:
        ends = [(run[0].values[i], run[-1].values[i]) for i in range(len(template.symbols))]
        rows.append(
            (
                (Code(run[0].path.rpartition(".")[0] or run[0].path),),
                *((grouped(a) if a == b else page.label(RANGE.format(low=a, high=b)),) for a, b in ends),
                (outputs[run[-1].path],),
                (str(len(run)),),
                (grouped(sum(row.params for row in run)),),
                *(((_macs(page, _sum(run)),),) if with_macs else ()),
            )
        )
    header: list[Text] = [page.both(STAGE), *((Math(symbol),) for symbol in template.symbols)]
    header += [page.both(one) for one in (OUTPUT, COUNT, TOGETHER, *([MACS] if with_macs else []))]
    page.blocks.append(Table(tuple(header), "l" + "r" * (len(header) - 1), tuple(rows)))


def _sum(rows: list[Instance]) -> int | None:
    known = [row.macs for row in rows if row.macs is not None]
    return sum(known) if len(known) == len(rows) else None


def _one_by_one(page: Page, walk: Walkthrough, part: Part, template: Template) -> None:
    """A row for each instance; neighbours with the same numbers are one."""
    outputs = _outputs(template, walk)
    optional = {step.name for step in template.steps if step.option and step.params is not None}
    options = options_of(part, template)
    with_macs = "macs" in page.show and any(row.macs != 0 for row in template.rows)

    def key(row: Instance) -> tuple[object, ...]:
        return (row.values, outputs[row.path], bool(optional & set(row.options)), options.of(row), row.params, row.macs)

    rows: list[tuple[Text, ...]] = []
    paths = [row.path for row in template.rows]
    for _, run in groupby(template.rows, key=key):
        members = list(run)
        one = members[0]
        several: Text = (Code(span([row.path for row in members], paths)), f" ×{len(members)}")
        rows.append(
            (
                several if len(members) > 1 else (Code(one.path),),
                *((grouped(value) if value else "–",) for value in one.values),  # 0: of layers that the block has not
                *(((_has(page, options, one, optional),)) if optional else ()),
                (outputs[one.path],),
                (grouped(one.params),),
                *(((_macs(page, one.macs),),) if with_macs else ()),
            )
        )
    header: list[Text] = [page.both(BLOCKS), *((Math(symbol),) for symbol in template.symbols)]
    header += [page.both(OPTION)] if optional else []
    alike = len(rows) < len(template.rows)
    header += [page.both(OUTPUT), page.both(PARAMS_EACH if alike else PARAMS)]
    header += [page.both(MACS_EACH if alike else MACS)] if with_macs else []
    align = "l" + "r" * len(template.symbols) + ("c" if optional else "") + "rr" + ("r" if with_macs else "")
    page.blocks.append(Table(tuple(header), align, tuple(rows)))


def _has(page: Page, options: Options, row: Instance, optional: set[str]) -> Text:
    """Yes, or the letters of the optional layers that it has."""
    if letters := options.of(row):
        return (LISTED[page.langs[0]].join(letters),)
    return page.both(YES) if optional & set(row.options) else ()


def _outputs(template: Template, walk: Walkthrough) -> dict[str, str]:
    """The shape that comes out of each instance, without the batch."""
    return {path: shape_text(shape[1:]) or "1" for path, shape in output_shapes(template, walk).items()}


def _macs(page: Page, macs: int | None) -> str:
    """Never 0 where nothing is known."""
    return page.label(UNKNOWN) if macs is None else grouped(macs)


def layers_of_instances(page: Page, walk: Walkthrough, part: Part) -> None:
    """Every layer of every instance with its formula in numbers: equal neighbours are one row."""
    if part.loop:
        return
    template = part.template
    assert template is not None
    inside: dict[str, list[Layer]] = {row.path: [] for row in template.rows}
    for layer in part.once:
        home = next((path for path in above(layer.path) if path in inside), None)
        if home is not None:
            inside[home].append(layer)
    rows: list[tuple[Text, ...]] = []
    for _, run in groupby(inside, key=lambda path: _formulas(path, inside[path])):
        members = list(run)
        first, last = members[0], members[-1]
        name = first if len(members) == 1 else f"{first} … {last.rpartition('.')[2]}"
        cells: list[Inline] = [Code(name), COLON[page.langs[0]]]
        for i, (short, text) in enumerate(_formulas(first, inside[first])):
            cells += [*([SEMICOLON[page.langs[0]]] if i else []), Code(short), f" {text}"]
        rows.append((merge(tuple(cells)),))
    page.blocks.append(Table((page.both(EVERY_LAYER),), "l", tuple(rows)))


def _formulas(path: str, layers: list[Layer]) -> tuple[tuple[str, str], ...]:
    """(conv1, 1·1·64·64), …"""
    return tuple(
        (one.path[len(path) + 1 :], numbers_text(one.params) if one.params else grouped(one.value))
        for one in layers
        if one.value and one.again is None
    )
