r"""Document → CommonMark with `$…$` math that GitHub, Jupyter, VS Code and Typora show.

GitHub wants a space between `$` and a Chinese character; a `$$` block stands on lines of its own. Text is escaped, so
that nothing in a name (`a_b`, `<script>`, `|`) becomes markup.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from explainer.document.nodes import (
    Bullets,
    Code,
    Document,
    Equation,
    Heading,
    Inline,
    Math,
    Note,
    Paragraph,
    Picture,
    Row,
    Strong,
    Table,
    Text,
    Words,
)
from explainer.formula.printing import Tex, latex, tex_text
from explainer.formula.tree import Expr
from explainer.i18n.printable import visible
from explainer.render.blocks import written
from explainer.render.long_sums import continued_with, in_lines

WIDE = 76  # signs of a sum on one line of the page
TIMES = {"·": r"\cdot", "×": r"\times"}
_CLOSING = tuple(".,;:)")  # may follow the `$` of a formula at once, as Chinese punctuation may not
_SPECIAL = re.compile(r"([\\`*_\[\]<>$|~]|&(?=[#\w]))")


Address = Callable[[str], str]


def to_markdown(document: Document, address: Address | None = None) -> str:
    """The whole document, ending in a newline. address: where a picture of that name is; without it there are none."""
    writer = _Writer(document, address)
    head = f"<!-- explainer lang={','.join(document.langs)}{'' if document.contents else ' contents=screen'} -->"
    parts = [head, f"# {writer.text(document.title)}"]
    parts += [f"*{writer.text(document.subtitle)}*"] if any(document.subtitle) else []
    parts += [piece for block in document.blocks for piece in written(block, writer) if piece]
    return "\n\n".join(parts) + "\n"


class _Writer:
    def __init__(self, document: Document, address: Address | None = None) -> None:
        self.document = document
        self.address = address
        self.plain = Tex(TIMES[document.times])
        self.labelled = Tex(TIMES[document.times], labels=document.langs)

    def heading(self, block: Heading) -> str:
        return f"{'#' * block.level} {self.text(block.text)}"

    def paragraph(self, block: Paragraph) -> str:
        return "\n\n".join(self.each(block.words))

    def note(self, block: Note) -> str:
        lines = self.each(block.words)
        return "\n>\n".join(f"> **{line}**" if block.alarm else f"> {line}" for line in lines)

    def bullets(self, block: Bullets) -> str:
        return "\n".join(f"- {'<br>'.join(self.each(item))}" for item in block.items)

    def equation(self, block: Equation) -> str:
        body = " \\\\\n".join(self.row(row) for row in block.rows)
        return f"$$\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n$$"

    def table(self, block: Table) -> str:
        rules = {"l": ":---", "r": "---:", "c": ":---:"}
        rows = [block.header, *block.rows]
        lines = ["| " + " | ".join(self.text(cell) for cell in row) + " |" for row in rows]
        lines.insert(1, "| " + " | ".join(rules[side] for side in block.align) + " |")
        return "\n".join(lines)

    def picture(self, block: Picture) -> str:
        """The picture, its title for whoever does not see it, and the caption under it."""
        if self.address is None:
            return "\n\n".join(piece for one in block.simpler() for piece in written(one, self))
        titles = [self.text(block.title[lang]) for lang in self.document.langs if lang in block.title]
        lines = [f"![{titles[0]}]({self.address(block.name)})"]
        for lang in self.document.langs:
            end = ("**", "　") if lang == "zh" else (".**", " ")  # punctuation before ** would not close it on GitHub
            lines.append(f"**{self.text(block.title[lang])}{''.join(end)}{self.text(block.caption[lang])}")
        return "\n\n".join(lines)

    def each(self, words: Words) -> list[str]:
        return [_line_start(self.text(words[lang])) for lang in self.document.langs if lang in words]

    def text(self, parts: Text) -> str:
        text = ""
        for part in parts:
            piece = self.inline(part)
            apart = (isinstance(part, Math) and not text.endswith("(")) or (
                text.endswith("$") and piece[:1] not in _CLOSING
            )
            if text and piece and apart and not (text[-1] + piece[:1]).count(" "):
                text += " "
            text += piece
        return text

    def inline(self, part: Inline) -> str:
        match part:
            case str():
                return escaped(part)
            case Code():
                shown = code(part.text)
                return f"[{shown}]({part.link})" if part.link else shown
            case Strong():
                return f"**{escaped(part.text)}**"
            case Math():
                return f"${latex(part.expr, self.plain)}$"

    def row(self, row: Row) -> str:
        style = self.labelled if row.labelled else self.plain
        chain = [self.lines(expr, style) for expr in row.chain]
        left = tex_text(row.left) if isinstance(row.left, str) else latex(row.left, self.plain) if row.left else ""
        lead = tex_text(row.lead) if row.lead else ""
        return lead + left + " &= " + " = ".join(chain)

    def lines(self, expr: Expr, style: Tex) -> str:
        """The formula; a sum that is too wide for the page goes on in the next lines. Roles under numbers stay with them."""
        first, *rest = [expr] if style.labels else in_lines(expr, WIDE)
        later = [rf" &\quad {{}}{continued_with(line)}{latex(line, style)}" for line in rest]
        return " \\\\\n".join([latex(first, style), *later])


@lru_cache(maxsize=8192)
def escaped(text: str) -> str:
    """Plain text that stays plain text in Markdown."""
    return _SPECIAL.sub(r"\\\1", visible(text))


@lru_cache(maxsize=8192)
def code(text: str) -> str:
    """A code span, whatever the text contains; `|` is escaped for tables."""
    text = visible(text).replace("|", "¦") or " "
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"{fence}{text}{fence}"


def _line_start(text: str) -> str:
    """A paragraph that must not be taken for a list, a heading or a rule."""
    text = text.lstrip()  # four spaces would make a code block of it
    if re.match(r"(\d+)([.)])(\s|$)", text):
        return re.sub(r"^(\d+)([.)])", r"\1\\\2", text)
    return "\\" + text if re.match(r"[-+=#](\s|$|[-=#])", text) else text
