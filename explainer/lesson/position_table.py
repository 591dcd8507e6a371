"""Why a table of relative positions has so many rows: 169 in windows of 7×7."""

from __future__ import annotations

from explainer.document.builder import Page
from explainer.document.nodes import Code
from explainer.formula.tree import Number, walk
from explainer.i18n.bilingual import Bi, same
from explainer.walkthrough.idea import Idea
from explainer.walkthrough.story import Part

TABLE = Bi(
    zh="{path}每个头一列，每种相对位置一行：在{side}的窗口里，两个位置的行差有{a}种，列差有{b}种，共{a}·{b}={rows}种。",
    en="{path} has a column for each head and a row for each relative position: in a window of {side} two positions differ by {a} numbers "
    "of rows and {b} of columns, {a}·{b} = {rows} in all.",
)


def position_table(page: Page, part: Part, idea: Idea) -> None:
    """The rows of a tensor that the attention uses directly, where they are those of its window."""
    height, width = (idea.settings.get(name) for name in ("window_height", "window_width"))
    if part.template is None or not isinstance(height, int) or not isinstance(width, int):
        return
    a, b = 2 * height - 1, 2 * width - 1
    for held in part.template.held:
        if any(isinstance(node, Number) and node.value == a * b for node in walk(held.params)):
            page.say(TABLE, path=Code(held.name), side=same(f"{height}×{width}"), a=a, b=b, rows=a * b)
