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
    Picture,
    Row,
    Table,
    Text,
)
from explainer.document.texts import map_line, map_text
from explainer.errors import UserError
from explainer.formula.tree import Expr, Number, Symbol
from explainer.formula.tree import walk as walk_formula
from explainer.homework.worksheets.given_away import DASH, Results, hidden, is_result, tells_results
from explainer.i18n.bilingual import Bi
from explainer.render.files import check_target, from_markdown, write
from explainer.render.markdown import to_markdown
from explainer.walkthrough.model import Walkthrough

STEPS = ("formula", "substituted", "last", "values")
UNKNOWN = Bi(
    zh="不能留空“{step}”：可用的有 formula（公式）、substituted（代入）、last（结果）、values（代入及其后各步）。",
    en="Cannot leave '{step}' blank: choose formula, substituted, last or values.",
)
MARKED = Bi(zh="（学生版）", en=" (students' edition)")

CHECK_YOURS = Bi(zh="填好后，可与PyTorch核对。", en="When it is filled in, compare it with PyTorch.")

_HOLE = "＿＿＿＿＿＿"  # in a formula; becomes a ruled line
GAP = Symbol(_HOLE, Bi("待填", "to be filled in"))
_TOLD = re.compile(r"(→\s*|(?:输出为?|output of|输出 output)\s*)(\d[\d,]*(?:×\d+)*)")


def students_edition(
    document: Document, steps: Collection[str] = ("last",), walk: Walkthrough | None = None
) -> Document:
    """The document with these steps of every derivation blank, and the results blank wherever the text repeats them.

    walk: what the document was composed of: results told in a line, totals and subtotals are then known too. Pictures are left out:
    they show results. Raises UserError for a step of another name.
    """
    for step in steps:
        if step not in STEPS:
            raise UserError(UNKNOWN.format(step=step))
    hidden_steps = set(steps)
    gone = _Gone(bool(hidden_steps & {"substituted", "values"}), bool(hidden_steps & {"last", "values"}))
    blocks: list[Block] = []
    sized = False  # whether this layer's output size was blanked
    for block in document.blocks:
        if isinstance(block, Picture) and hidden_steps:
            continue
        if isinstance(block, Heading):
            sized = False
        if isinstance(block, Equation):
            made = _blanked(block, hidden_steps, gone)
            sized = sized or (made != block and _is_size(block))
            blocks.append(made)
        else:
            blocks.append(_without_shapes(block, gone) if sized and gone.last else block)
    if walk is not None and gone.last:
        gone.results.add_walk(walk)
    title = (*document.title, MARKED[document.langs[0]])
    told = gone.results.told() if gone.last else frozenset(gone.results.values)
    return replace(document, title=title, blocks=tuple(_scrubbed(block, gone, told) for block in blocks))


def _is_size(block: Equation) -> bool:
    """Whether an equation derives a size of the output: H_out, or a height in words."""
    return any(isinstance(row.left, Symbol) or (row.left is not None and "out}" in str(row.left)) for row in block.rows)


@dataclass
class _Gone:
    """What was taken out: results and, with numbers, the working; shapes. last: whether results were."""

    numbers: bool
    last: bool = True
    results: Results = field(default_factory=Results)
    shapes: set[str] = field(default_factory=set)


def edition_markdown(document: Document) -> str:
    """The students' edition as Markdown, its gaps as ruled lines."""
    return to_markdown(document).replace(_HOLE, r"\underline{\qquad\qquad}")


def write_edition(
    document: Document, path: Path, steps: Collection[str] = ("last",), walk: Walkthrough | None = None
) -> None:
    """Write the students' edition of a composed walkthrough as .md, .html or .pdf. Raises UserError."""
    check_target(path, (".md", ".html", ".pdf"))
    write(path, from_markdown(edition_markdown(students_edition(document, steps, walk)), path.suffix.lower()))


def _blanked(block: Equation, hidden: set[str], gone: _Gone) -> Equation:
    """An equation's derivations, one or more; the counts that were taken out are noted."""
    rows: list[Row] = []
    for chain in _chains(block.rows):
        places = [(i, j) for i, row in enumerate(chain) for j in range(len(row.chain))]
        exprs = [chain[i].chain[j] for i, j in places]
        holes = _holes(exprs, hidden)
        result = exprs[-1]
        if len(exprs) - 1 in holes and isinstance(chain[0].left, str) and isinstance(result, Number):
            gone.results.values.add(int(result.value))
        if "values" in hidden:  # what stands between is a result as well
            gone.results.values |= {
                int(node.value)
                for n in sorted(holes)
                if n > 1 and isinstance(chain[0].left, str)
                for node in walk_formula(exprs[n])
                if isinstance(node, Number) and node.value == int(node.value)
            }
            gone.results.given |= {
                int(node.value)
                for node in walk_formula(exprs[min(1, len(exprs) - 1)])
                if isinstance(node, Number) and node.value == int(node.value)
            }
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
    return not any(isinstance(node, Symbol) for node in walk_formula(expr))


def _without_shapes(block: Block, gone: _Gone) -> Block:
    """`→64×112×112` and torch's word on the shape give the output size away."""

    def hole(found: re.Match[str]) -> str:
        gone.shapes.add(found[2])
        return found[1] + DASH

    return _mapped(block, lambda text: _TOLD.sub(hole, text)) if isinstance(block, Paragraph | Note) else block


def _scrubbed(block: Block, gone: _Gone, told: frozenset[int]) -> Block:
    """What was taken out, taken out wherever it is repeated; no tick beside blanks."""
    if not (told or gone.shapes or gone.numbers):
        return block

    def blank(text: str) -> str:
        if text.startswith("✓"):
            return CHECK_YOURS.zh if re.search(r"[\u4e00-\u9fff]", text) else CHECK_YOURS.en
        text = _TOLD.sub(lambda found: found[1] + DASH if found[2] in gone.shapes else found[0], text)
        return hidden(text, told, gone.results.given, numbers=gone.numbers)

    def cell(text: str, column: bool) -> bool:
        return text in gone.shapes or is_result(text, told, gone.results.given, numbers=gone.numbers, column=column)

    return block if isinstance(block, Equation) else _mapped(block, blank, cell)


def _mapped(
    block: Block, change: Callable[[str], str], is_gap: Callable[[str, bool], bool] = lambda text, column: False
) -> Block:
    """A block with every text changed; a table's cell that gives something away becomes a gap."""

    def line(parts: Text, column: bool) -> Text:
        if len(parts) == 1 and isinstance(parts[0], str) and is_gap(parts[0], column):
            return (DASH,)
        return map_line(parts, lambda text, _: change(text))

    if isinstance(block, Table):
        telling = [tells_results("".join(map(str, heading))) for heading in block.header]
        rows = tuple(
            tuple(line(cell, column) for cell, column in zip(row, telling, strict=False)) for row in block.rows
        )
        return replace(block, rows=rows)
    return block if isinstance(block, Heading | Equation) else map_text(block, lambda text, _: change(text))


def blanks(document: Document) -> int:
    """How many gaps a document's formulas have."""
    rows = [row for block in document.blocks if isinstance(block, Equation) for row in block.rows]
    return sum(expr == GAP for row in rows for expr in row.chain)
