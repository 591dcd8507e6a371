"""The students' edition of a walkthrough: the same pages and numbers of layers, with chosen steps left blank.

formula       the formula in symbols
substituted   the line with the numbers put in
last          the result
values        everything after the symbols: the numbers, the steps between, the result
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from explainer.document.nodes import Block, Document, Equation, Picture, Row
from explainer.errors import UserError
from explainer.formula.tree import Expr, Number, Symbol
from explainer.formula.tree import walk as walk_formula
from explainer.homework.worksheets.given_away import Results
from explainer.homework.worksheets.left_out import kept
from explainer.homework.worksheets.scrubbing import Scrubbing
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

_HOLE = "＿＿＿＿＿＿"  # in a formula; becomes a ruled line
GAP = Symbol(_HOLE, Bi("待填", "to be filled in"))


def students_edition(
    document: Document, steps: Collection[str] = ("last",), walk: Walkthrough | None = None
) -> Document:
    """The document with these steps of every derivation blank, and the results blank wherever the text repeats them.

    walk: what the document was composed of: results told in a line, totals and subtotals are then known too. Left out are
    pictures, which show results, the answers to exercises and what often goes wrong; exercises stay as they are. Raises UserError
    for a step of another name.
    """
    for step in steps:
        if step not in STEPS:
            raise UserError(UNKNOWN.format(step=step))
    if not steps:
        return replace(document, title=(*document.title, MARKED[document.langs[0]]))
    hidden_steps = set(steps)
    gone = Scrubbing(hidden_steps)
    blocks: list[tuple[Block, bool]] = []
    for block, exercise in kept(document.blocks, hidden_steps):
        if isinstance(block, Picture):
            continue
        if isinstance(block, Equation):
            blocks.append((_blanked(block, hidden_steps, gone.results), exercise))
        else:
            gone.note_shapes(block)
            blocks.append((block, exercise))
    if walk is not None and gone.last:
        gone.results.add_walk(walk)
    gone.settle()
    made = (block if exercise else _scrubbed(block, gone) for block, exercise in blocks)
    title = (*document.title, MARKED[document.langs[0]])
    return replace(document, title=title, blocks=tuple(made))


def _scrubbed(block: Block, gone: Scrubbing) -> Block:
    """A derivation whose formula itself is made of results, as a family's of its blocks', is blank as a whole; so is a step."""
    if not isinstance(block, Equation):
        return gone.block(block)
    rows: list[Row] = []
    for chain in _chains(block.rows):
        if any(gone.is_result_itself(expr) for expr in chain[0].chain[:1]):
            chain = [replace(row, chain=(GAP,) * len(row.chain), labelled=False) for row in chain]
        rows += [
            replace(row, chain=tuple(GAP if gone.shows_result(expr) else expr for expr in row.chain)) for row in chain
        ]
    return Equation(tuple(rows))


def edition_markdown(document: Document) -> str:
    """The students' edition as Markdown, its gaps as ruled lines."""
    return to_markdown(document).replace(_HOLE, r"\underline{\qquad\qquad}")


def write_edition(
    document: Document, path: Path, steps: Collection[str] = ("last",), walk: Walkthrough | None = None
) -> None:
    """Write the students' edition of a composed walkthrough as .md, .html or .pdf. Raises UserError."""
    check_target(path, (".md", ".html", ".pdf"))
    write(path, from_markdown(edition_markdown(students_edition(document, steps, walk)), path.suffix.lower()))


def _blanked(block: Equation, hidden: set[str], results: Results) -> Equation:
    """An equation's derivations, one or more; the counts that were taken out are noted."""
    rows: list[Row] = []
    for chain in _chains(block.rows):
        places = [(i, j) for i, row in enumerate(chain) for j in range(len(row.chain))]
        exprs = [chain[i].chain[j] for i, j in places]
        holes = _holes(exprs, hidden)
        result = exprs[-1]
        if len(exprs) - 1 in holes and isinstance(chain[0].left, str) and isinstance(result, Number):
            results.values.add(int(result.value))
        if "values" in hidden:  # what stands between is a result as well
            if isinstance(chain[0].left, str):
                results.values |= {value for n in holes if n > 1 for value in _whole_numbers(exprs[n])}
            results.given |= _whole_numbers(exprs[min(1, len(exprs) - 1)]) - _whole_numbers(exprs[0])
        for i, row in enumerate(chain):
            here = [n for n, place in enumerate(places) if place[0] == i]
            parts = tuple(GAP if n in holes else exprs[n] for n in here)
            rows.append(replace(row, chain=parts, labelled=row.labelled and not holes & set(here)))
    return Equation(tuple(rows))


def _whole_numbers(expr: Expr) -> set[int]:
    return {
        int(node.value) for node in walk_formula(expr) if isinstance(node, Number) and node.value == int(node.value)
    }


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
    if not symbolic:
        holes |= {0} if hidden & {"substituted", "values"} else set()
    if symbolic:
        holes |= {0} if "formula" in hidden else set()
        holes |= {1} if hidden & {"substituted", "values"} else set()
    if "values" in hidden:
        holes |= set(range(1, last))
    return holes


def _bound(expr: Expr) -> bool:
    """A formula in numbers only."""
    return not any(isinstance(node, Symbol) for node in walk_formula(expr))


def blanks(document: Document) -> int:
    """How many gaps a document's formulas have."""
    rows = [row for block in document.blocks if isinstance(block, Equation) for row in block.rows]
    return sum(expr == GAP for row in rows for expr in row.chain)
