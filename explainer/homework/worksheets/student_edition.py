"""The students' edition of a walkthrough: the same pages and numbers of layers, with chosen steps left blank.

formula       the formula in symbols
substituted   the line with the numbers put in
last          the result
values        everything after the symbols: the numbers, the steps between, the result
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from explainer.document.nodes import (
    Block,
    Document,
    Equation,
    Heading,
    Note,
    Paragraph,
    Row,
    Table,
    Text,
)
from explainer.document.texts import map_line, map_text
from explainer.errors import UserError
from explainer.formula.tree import Expr, Number, Symbol, walk
from explainer.i18n.bilingual import Bi, grouped
from explainer.render.files import check_target, from_markdown, write
from explainer.render.markdown import to_markdown

STEPS = ("formula", "substituted", "last", "values")
UNKNOWN = Bi(
    zh="不能留空“{step}”：可用的有 formula（公式）、substituted（代入）、last（结果）、values（代入及其后各步）。",
    en="Cannot leave '{step}' blank: choose formula, substituted, last or values.",
)
MARKED = Bi(zh="（学生版）", en=" (students' edition)")

_HOLE = "＿＿＿＿＿＿"  # in a formula; becomes a ruled line
_DASH = "＿＿＿＿"  # in running text
GAP = Symbol(_HOLE, Bi("待填", "to be filled in"))
_TELLING = 1000  # a number from here on gives the result away wherever it stands
_TOLD = re.compile(r"(→\s*|(?:输出为|output of|输出 output)\s*)(\d[\d,]*(?:×\d+)*)")
_WORKED = r"[(⌊\d][\d,()⌊⌋/−]*[·+][\d,()⌊⌋/−·+]*"


def students_edition(document: Document, steps: Collection[str] = ("last",)) -> Document:
    """The document with these steps of every derivation blank, and the results blank where the text repeats them.

    Raises UserError for a step of another name.
    """
    for step in steps:
        if step not in STEPS:
            raise UserError(UNKNOWN.format(step=step))
    hidden = set(steps)
    gone = _Gone(bool(hidden & {"substituted", "values"}))
    results = bool(hidden & {"last", "values"})
    blocks: list[Block] = []
    sized = False  # whether this layer's output size was blanked
    for block in document.blocks:
        if isinstance(block, Heading):
            sized = False
        if isinstance(block, Equation):
            made = _blanked(block, hidden, gone)
            sized = sized or (made != block and isinstance(block.rows[0].left, Symbol))
            blocks.append(made)
        else:
            blocks.append(_without_shapes(block, gone) if sized and results else block)
    title = (*document.title, MARKED[document.langs[0]])
    return replace(document, title=title, blocks=tuple(_scrubbed(block, gone) for block in blocks))


@dataclass
class _Gone:
    """What was taken out: results of counts, shapes; and whether the numbers put in were."""

    numbers: bool
    values: set[int] = field(default_factory=set)
    shapes: set[str] = field(default_factory=set)


def edition_markdown(document: Document) -> str:
    """The students' edition as Markdown, its gaps as ruled lines."""
    return to_markdown(document).replace(_HOLE, r"\underline{\qquad\qquad}")


def write_edition(document: Document, path: Path, steps: Collection[str] = ("last",)) -> None:
    """Write the students' edition of a composed walkthrough as .md, .html or .pdf. Raises UserError."""
    check_target(path, (".md", ".html", ".pdf"))
    write(path, from_markdown(edition_markdown(students_edition(document, steps)), path.suffix.lower()))


def _blanked(block: Equation, hidden: set[str], gone: _Gone) -> Equation:
    """An equation's derivations, one or more; the counts that were taken out are noted."""
    rows: list[Row] = []
    for chain in _chains(block.rows):
        places = [(i, j) for i, row in enumerate(chain) for j in range(len(row.chain))]
        exprs = [chain[i].chain[j] for i, j in places]
        holes = _holes(exprs, hidden)
        result = exprs[-1]
        if len(exprs) - 1 in holes and isinstance(chain[0].left, str) and isinstance(result, Number):
            gone.values.add(int(result.value))
        for i, row in enumerate(chain):
            here = [n for n, place in enumerate(places) if place[0] == i]
            parts = tuple(GAP if n in holes else exprs[n] for n in here)
            rows.append(replace(row, chain=parts, labelled=row.labelled and not holes & set(here)))
    return Equation(tuple(rows))


def _chains(rows: Iterable[Row]) -> list[list[Row]]:
    """Each derivation's rows: one with a left side, and those that go on from it."""
    chains: list[list[Row]] = []
    for row in rows:
        if row.left is None and chains:
            chains[-1].append(row)
        else:
            chains.append([row])
    return chains


def _holes(exprs: list[Expr], hidden: set[str]) -> set[int]:
    """Which members of formula = numbers = … = result are left blank. A lone formula stays."""
    if len(exprs) < 2:
        return set()
    symbolic = not all(_bound(expr) for expr in exprs[:1])
    last = len(exprs) - 1
    holes: set[int] = {last} if hidden & {"last", "values"} else set()
    if symbolic:
        holes |= {0} if "formula" in hidden else set()
        holes |= {1} if hidden & {"substituted", "values"} else set()
    if "values" in hidden:
        holes |= set(range(1, last))
    return holes


def _bound(expr: Expr) -> bool:
    """A formula in numbers only."""
    return not any(isinstance(node, Symbol) for node in walk(expr))


def _without_shapes(block: Block, gone: _Gone) -> Block:
    """`→64×112×112` and torch's word on the shape give the output size away."""

    def hole(found: re.Match[str]) -> str:
        gone.shapes.add(found[2])
        return found[1] + _DASH

    return _mapped(block, lambda text: _TOLD.sub(hole, text)) if isinstance(block, Paragraph | Note) else block


def _scrubbed(block: Block, gone: _Gone) -> Block:
    """What was taken out, taken out wherever it is repeated: large counts anywhere, small ones after "=" and in torch's
    word; in tables the cells that are nothing but such a number, a shape, or a formula in numbers.
    """
    large = "|".join(re.escape(grouped(n)) for n in sorted(gone.values, reverse=True) if n >= _TELLING)
    every = "|".join(re.escape(grouped(n)) for n in sorted(gone.values, reverse=True))
    end = r"(?![\d×]|,\d|\.\d)"

    def blank(text: str) -> str:
        if large:
            text = re.sub(rf"(?<![\d,.×])(?:{large}){end}", _DASH, text)
        if every:
            text = re.sub(rf"((?:=|参数量为|PyTorch reports)\s?)(?:{every}){end}", rf"\1{_DASH}", text)
        return re.sub(rf"{_WORKED}(?=\s?=\s?{_DASH})", _DASH, text) if gone.numbers else text

    def cell(text: str) -> bool:
        number = text in {grouped(n) for n in gone.values if n >= 10}
        return number or text in gone.shapes or (gone.numbers and bool(re.fullmatch(_WORKED, text)))

    return block if isinstance(block, Equation) else _mapped(block, blank, cell)


def _mapped(block: Block, change: Callable[[str], str], is_gap: Callable[[str], bool] = lambda text: False) -> Block:
    """A block with every text changed; a table's cell that gives something away becomes a gap."""

    def line(parts: Text) -> Text:
        if len(parts) == 1 and isinstance(parts[0], str) and is_gap(parts[0]):
            return (_DASH,)
        return map_line(parts, lambda text, _: change(text))

    if isinstance(block, Table):
        return replace(block, rows=tuple(tuple(map(line, row)) for row in block.rows))
    return block if isinstance(block, Heading | Equation) else map_text(block, lambda text, _: change(text))


def blanks(document: Document) -> int:
    """How many gaps a document's formulas have."""
    rows = [row for block in document.blocks if isinstance(block, Equation) for row in block.rows]
    return sum(expr == GAP for row in rows for expr in row.chain)
