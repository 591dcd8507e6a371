"""What was taken out of a students' edition, taken out wherever the lesson repeats it: in texts, formulas in texts, and tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from explainer.document.builder import merge
from explainer.document.nodes import Block, Bullets, Heading, Inline, Math, Note, Paragraph, Strong, Table, Text
from explainer.document.texts import map_text, texts_of
from explainer.formula.tree import Expr, Number, Symbol
from explainer.formula.tree import walk as walk_formula
from explainer.homework.expressions import expression
from explainer.homework.worksheets.given_away import (
    DASH,
    LEAST,
    Results,
    hidden,
    is_result,
    tells_numbers,
    tells_results,
    tells_shapes,
)
from explainer.i18n.bilingual import Bi

CHECK_YOURS = Bi(zh="填好后，可与PyTorch核对。", en="When it is filled in, compare it with PyTorch.")
LARGE = 1000  # a coefficient in a formula is that large only where it is the result of another derivation
_BECOMES = expression(
    r"((?:特征图|形状)由[^。]*?变为|(?:feature map|shape) goes from [^.]*? to )(\d[\d,]*\d(?:×\d+)*|\d(?:×\d+)*)",
    re.IGNORECASE,
)
_OUTPUT = expression(r"((?:输出为?|output of|输出 output)\s*)(\d[\d,]*(?:×\d+)+)")
_VERDICT = expression(r"✓\s*(?=[A-Za-z\u4e00-\u9fff])[^.。]*[.。]?")
_EQUALS = expression(r"^(\s?=\s?)\d[\d,]*")
_WORKING = expression(r"[(⌊]*\d[\d,]*(?:[()⌊⌋]*[·+−/][()⌊⌋]*\d[\d,]*)+[)⌋]*")
_ANY_WORKING = expression(r"[(⌊]*\d[\d,]*(?:[()⌊⌋]*[·×*+−/][()⌊⌋]*\d[\d,]*)*[)⌋]*")
_FIGURE = expression(r"[≥<≈~]?\s?(?=[\d.,]*[1-9])\d[\d,.]*(?:[·×][\d,]+)?\s?(?:%|[kKMGT](?:i?B)?)?")
_SHAPE = expression(r"\d+(?:×\d+)*")


@dataclass
class Scrubbing:
    """What is to be hidden. steps: those left blank; shapes: sizes of outputs that a sentence told."""

    steps: Collection[str]
    results: Results = field(default_factory=Results)
    shapes: set[str] = field(default_factory=set)
    told: frozenset[int] = frozenset()

    @property
    def numbers(self) -> bool:
        """Whether the working goes."""
        return bool({"substituted", "values"} & set(self.steps))

    @property
    def last(self) -> bool:
        """Whether the results go."""
        return bool({"last", "values"} & set(self.steps))

    def note_shapes(self, block: Block) -> None:
        """The sizes that maps and shapes become, which may be told elsewhere as an output's."""
        if self.last and isinstance(block, Paragraph | Note):
            for text in (text for lang in block.words for text in texts_of(block, lang)):
                self.shapes |= {found[2] for found in _BECOMES.finditer(text) if "×" in found[2]}

    def settle(self) -> None:
        """All results are known: from now on texts can be scrubbed."""
        self.told = self.results.told() if self.last else frozenset(self.results.values)

    def block(self, block: Block) -> Block:
        """Any block but an equation."""
        if isinstance(block, Heading):
            return block
        if isinstance(block, Table):
            return self._table(block)
        if isinstance(block, Paragraph | Note):
            return replace(block, words={lang: self._line(text) for lang, text in block.words.items()})
        if isinstance(block, Bullets):
            items = tuple({lang: self._line(text) for lang, text in item.items()} for item in block.items)
            return replace(block, items=items)
        return map_text(block, lambda text, _: self._text(text))

    def is_result_itself(self, expr: Expr) -> bool:
        """A formula that has results for coefficients, as a family's: to show it is to show them."""
        return self.last and any(
            isinstance(node, Number) and node.value >= LARGE and self._secret(node) for node in walk_formula(expr)
        )

    def shows_result(self, expr: Expr) -> bool:
        """A step that has the result of another derivation in it, as a block's example that of its layers."""
        told = self.results.values - self.results.given
        return self.last and any(
            isinstance(node, Number) and node.value >= LARGE and node.value in told for node in walk_formula(expr)
        )

    def _secret(self, number: Number) -> bool:
        return number.value in self.told and number.value not in self.results.given

    def _simplified(self, expr: Expr) -> bool:
        """A formula that came out as a number, in a table: of blocks that differ in nothing."""
        return isinstance(expr, Number) and expr.value >= LEAST and expr.value not in self.results.given

    def _text(self, text: str) -> str:
        def check(found: re.Match[str]) -> str:
            return CHECK_YOURS.zh if re.search(r"[\u4e00-\u9fff]", found[0]) else CHECK_YOURS.en

        def worked(found: re.Match[str]) -> str:
            power = found.string[found.end() : found.end() + 1] in tuple("⁻⁰¹²³⁴⁵⁶⁷⁸⁹")  # 5·10⁻¹⁶ is a precision
            return DASH if re.search("[·+]", found[0]) and not power else found[0]

        def becomes(found: re.Match[str]) -> str:
            written = found[2].replace(",", "")  # 25,088 behind a flatten: the next layer's line has it
            return found[0] if written.isdigit() and int(written) in self.results.given else f"{found[1]}{DASH}"

        if self.last:
            text = _BECOMES.sub(becomes, text)
        text = _OUTPUT.sub(lambda found: found[1] + DASH if found[2] in self.shapes else found[0], text)
        text = hidden(text, self.told, self.results.given, numbers=self.numbers)
        if self.numbers:
            text = _WORKING.sub(worked, text)
        return re.sub(r"\s?✓", "", _VERDICT.sub(check, text))

    def _math(self, math: Math) -> Inline:
        expr = math.expr
        if isinstance(expr, Number):
            return DASH if self.last and expr.value >= LEAST and self._secret(expr) else math
        symbolic = any(isinstance(node, Symbol) for node in walk_formula(expr))
        hides = "formula" in self.steps if symbolic else self.numbers
        return DASH if not isinstance(expr, Symbol) and (hides or self.is_result_itself(expr)) else math

    def _line(self, parts: Text) -> Text:
        made: list[Inline] = []
        for i, part in enumerate(parts):
            if isinstance(part, Math):
                made.append(self._math(part))
            elif isinstance(part, Strong):
                made.append(Strong(self._text(part.text)))
            elif isinstance(part, str):
                after_formula = self.last and i > 0 and isinstance(parts[i - 1], Math)
                hides = after_formula and not self._gives(parts[i - 1], part)
                made.append(self._text(_EQUALS.sub(rf"\g<1>{DASH}", part) if hides else part))
            else:
                made.append(part)
        return merge(tuple(made))

    def _gives(self, before: Inline, text: str) -> bool:
        """C=52: a symbol and what the network is built with, no result."""
        found = _EQUALS.match(text)
        value = int(re.sub(r"\D", "", found[0])) if found else None
        return isinstance(before, Math) and isinstance(before.expr, Symbol) and value in self.results.given

    def _table(self, table: Table) -> Table:
        columns = [self._column("".join(str(part) for part in heading)) for heading in table.header]
        rows = (tuple(column(cell) for cell, column in zip(row, columns, strict=False)) for row in table.rows)
        return replace(table, rows=tuple(rows))

    def _column(self, heading: str) -> Callable[[Text], Text]:
        """What is done to the cells of a column: of results, of working, of shapes, or of anything else."""
        results, working = tells_results(heading), tells_numbers(heading)

        def gap(text: str) -> bool:
            if self.last and (
                (results and _FIGURE.fullmatch(text)) or (tells_shapes(heading) and _SHAPE.fullmatch(text))
            ):
                return True
            return is_result(text, self.told, self.results.given, numbers=self.numbers, column=results)

        def cell(parts: Text) -> Text:
            if len(parts) == 1 and isinstance(parts[0], str | Strong):
                text = parts[0] if isinstance(parts[0], str) else parts[0].text
                if gap(text):
                    return (DASH,) if isinstance(parts[0], str) else (Strong(DASH),)
            if self.last and len(parts) == 1 and isinstance(parts[0], Math) and self._simplified(parts[0].expr):
                return (DASH,)
            if working and self.numbers:
                parts = tuple(_ANY_WORKING.sub(DASH, part) if isinstance(part, str) else part for part in parts)
            return self._line(parts)

        return cell
