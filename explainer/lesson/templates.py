"""Blocks of one structure: derived once in symbols of their own, and a table with the instances."""

from __future__ import annotations

from itertools import groupby

from explainer.document.builder import Page
from explainer.document.nodes import Code, Equation, Heading, Inline, Math, Row, Strong, Table, Text
from explainer.formula.expansion import multiplied_out
from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Expr, Number, steps, substitute, total
from explainer.i18n.bilingual import Bi, grouped, joined, same, shape_text
from explainer.lesson.phrases import COLON, capitalised
from explainer.walkthrough.model import Layer, Walkthrough
from explainer.walkthrough.templates.template import Row as Instance
from explainer.walkthrough.templates.template import Step, Template

HEADING = Bi(zh="重复出现的块", en="Blocks that repeat")
SAME_STRUCTURE = Bi(
    zh="这{n}块的结构相同，各块的数只随{symbols}变化，所以只推导一次。",
    en="These {n} blocks have one structure; their numbers follow {symbols}, so they are derived once.",
)
OPTIONAL = Bi(zh="标有“部分”的层只有一部分块才有。", en='Layers marked "some" are in some of the blocks only.')
SYMBOL = Bi(zh="{symbol}是{meaning}", en="{symbol} is {meaning}")
STEPS = (Bi("层", "Layer"), Bi("公式", "Formula"), Bi("化简", "Simplified"))
SOME = Bi("（部分）", " (some)")
SUM = Bi("各块都有的层，合计", "layers of every block, together")
OPTION_SUM = Bi("部分块才有的层，合计", "layers of some blocks, together")
BLOCKS = Bi("块", "Block")
OUTPUT = Bi("输出", "Output")
OPTION = Bi("可选层", "Optional layers")
YES = Bi("有", "yes")
PARAMS = Bi("参数量", "Parameters")
MACS = Bi("计算量", "MACs")
EXAMPLE = Bi(zh="以{path}为例，{values}：", en="For example {path}, with {values}:")
CHECKED = Bi(
    zh="公式对这{n}块都成立，与PyTorch统计的参数量一致 ✓。",
    en="The formula holds for all {n} blocks, as PyTorch counts their parameters ✓.",
)
LINE = Bi(
    zh="与{first}是同一种块，{values}，参数量{params}",
    en="the same kind of block as {first}, {values}, parameters {params}",
)
UNKNOWN = Bi(zh="未知", en="unknown")
LINE_MACS = Bi(zh="，计算量{macs}", en=", {macs} multiply-accumulates")
FEWEST = 3  # instances for a block to be told once
MOST_ROWS = 40


def told_blocks(walk: Walkthrough) -> list[Template]:
    """The templates that the lesson tells: such as say more than that blocks are equal."""
    return [one for one in walk.templates if len(one.rows) >= FEWEST and one.symbols and len(one.steps) >= FEWEST]


def templates_section(page: Page, walk: Walkthrough) -> None:
    """Each block that repeats: what it consists of, its formula, its instances."""
    found = told_blocks(walk)
    if not found:
        return
    page.heading(2, HEADING)
    for template in found:
        page.blocks.append(Heading(3, (Code(template.cls), f" ×{len(template.rows)}")))
        symbols = joined([same(symbol.name) for symbol in template.symbols], "、", ", ")
        meanings = [SYMBOL.format(symbol=same(s.name), meaning=s.meaning) for s in template.symbols]
        legend = joined(meanings, "，", "; ")
        options = [OPTIONAL] if any(step.option and step.params is not None for step in template.steps) else []
        page.tell(
            [
                SAME_STRUCTURE.format(n=len(template.rows), symbols=symbols),
                Bi(f"{legend.zh}。", f"{legend.en[:1].upper()}{legend.en[1:]}."),
                *options,
            ]
        )
        _steps(page, template)
        _instances(page, template, walk)
        _example(page, template)
        page.tell([CHECKED.format(n=len(template.rows))])


def _steps(page: Page, template: Template) -> None:
    rows: list[tuple[Text, ...]] = []
    for step in template.steps:
        if step.params is None:
            continue
        title = capitalised(step.example.rule.title) if step.example.rule else same(step.example.type)
        mark = page.label(SOME) if step.option else ""
        name: Text = (
            (*page.both(title), " ", Code(step.name), mark) if mark else (*page.both(title), " ", Code(step.name))
        )
        simple = _simplified(template, step)
        rows.append((name, (Math(step.params),), (Math(simple),)))
    if len(rows) > 1:
        rows.append(((Strong(page.label(SUM)),), (), (Math(template.formula),)))
    if template.option_formula is not None:
        rows.append(((Strong(page.label(OPTION_SUM)),), (), (Math(template.option_formula),)))
    page.blocks.append(Table(tuple(page.both(title) for title in STEPS), "lll", tuple(rows)))


def _simplified(template: Template, step: Step) -> Expr:
    assert step.params is not None
    return multiplied_out(step.params, [symbol.name for symbol in template.symbols]) or step.params


def _instances(page: Page, template: Template, walk: Walkthrough) -> None:
    """A row for each instance; neighbours with the same numbers are one."""
    outputs = _outputs(template, walk)
    optional = {step.name for step in template.steps if step.option and step.params is not None}
    with_macs = "macs" in page.show and any(row.macs != 0 for row in template.rows)

    def key(row: Instance) -> tuple[object, ...]:
        return (row.values, outputs[row.path], bool(optional & set(row.options)), row.params, row.macs)

    rows: list[tuple[Text, ...]] = []
    for _, run in groupby(template.rows, key=key):
        members = list(run)
        one = members[0]
        several: Text = (Code(f"{one.path} … {members[-1].path}"), f" ×{len(members)}")
        rows.append(
            (
                several if len(members) > 1 else (Code(one.path),),
                *((grouped(value),) for value in one.values),
                *(((page.both(YES) if optional & set(one.options) else ()),) if optional else ()),
                (outputs[one.path],),
                (grouped(one.params),),
                *(((_macs(page, one.macs),),) if with_macs else ()),
            )
        )
    header: list[Text] = [page.both(BLOCKS), *((Math(symbol),) for symbol in template.symbols)]
    header += [page.both(OPTION)] if optional else []
    header += [page.both(OUTPUT), page.both(PARAMS), *([page.both(MACS)] if with_macs else [])]
    align = "l" + "r" * len(template.symbols) + ("c" if optional else "") + "rr" + ("r" if with_macs else "")
    page.blocks.append(Table(tuple(header), align, tuple(rows[:MOST_ROWS])))


def _outputs(template: Template, walk: Walkthrough) -> dict[str, str]:
    """The shape that comes out of each instance, without the batch."""
    last: dict[str, Layer] = {}
    paths = {row.path for row in template.rows}
    for layer in walk.layers:
        for path in _above(layer.path):
            if path in paths:
                last[path] = layer
    shapes = {path: layer.call.output_shapes[0][1:] if layer.call.output_shapes else () for path, layer in last.items()}
    return {path: shape_text(shape) or "1" for path, shape in shapes.items()}


def _above(path: str) -> list[str]:
    names = path.split(".")
    return [".".join(names[:i]) for i in range(1, len(names))]


def _example(page: Page, template: Template) -> None:
    """The formula of one instance with its numbers: of one with options, if there is one."""
    row = max(template.rows, key=lambda row: (len(row.options), -template.rows.index(row)))
    formulas = [step.params for step in template.steps if step.params is not None and _has(step, row)]
    whole = total(formulas)
    formula = multiplied_out(whole, [symbol.name for symbol in template.symbols]) or whole
    numbers = substitute(formula, dict(zip(template.symbols, row.values, strict=True)))
    chain = [formula, numbers, *steps(numbers)[-1:], Number(row.params)]
    if any(len(plain(expr, Plain())) > WIDE for expr in chain):
        return
    page.say(EXAMPLE, path=Code(row.path), values=_values(template, row))
    page.blocks.append(Equation(tuple(Row(None if i else page.label(PARAMS), (e,)) for i, e in enumerate(chain))))


WIDE = 84  # signs of a formula on one line


def _has(step: Step, row: Instance) -> bool:
    return not step.option or step.name in row.options


def _values(template: Template, row: Instance) -> Bi:
    return joined(
        [same(f"{s.name}={grouped(value)}") for s, value in zip(template.symbols, row.values, strict=True)], "、", ", "
    )


class Told:
    """Which instances have been told call by call: one that adds nothing to them is a line."""

    def __init__(self, templates: list[Template]) -> None:
        self.home = {row.path: (template, row) for template in templates for row in template.rows}
        self._names: dict[int, set[str]] = {}
        self._first: dict[int, str] = {}

    def line(self, page: Page, path: str) -> Text | None:
        """What is said of an instance in one line; None where its calls must be told, or it is no instance."""
        found = self.home.get(path)
        if found is None:
            return None
        template, row = found
        names = self._names.setdefault(id(template), set())
        own = set(row.options)
        first = self._first.setdefault(id(template), path)
        new = own - names
        names |= own
        if first == path or new:
            return None
        said = page.both(LINE, first=Code(first), values=_values(template, row), params=row.params)
        if row.macs and "macs" in page.show:
            said = (*said, *page.both(LINE_MACS, macs=row.macs))
        return said


def block_line(page: Page, path: str, layers: tuple[Layer, ...], said: Text) -> None:
    """**17–26**　`layer1.1`：与`layer1.0`是同一种块，C=256、m=64，参数量70,400 ✓"""
    tick = " ✓" if all(layer.checked for layer in layers) else ""
    parts: list[Inline] = [Strong(f"{layers[0].index}–{layers[-1].index}"), "　", Code(path), COLON[page.langs[0]]]
    page.put(*parts, *said, tick)


def _macs(page: Page, macs: int | None) -> str:
    """Never 0 where nothing is known."""
    return page.label(UNKNOWN) if macs is None else grouped(macs)
