"""CommonMark as a lesson is written in it: formulas, which may end a paragraph or begin a text, and emphasis beside Chinese."""

from __future__ import annotations

from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

from explainer.render.html.cjk_text import (
    is_cjk,
)
from explainer.render.html.token_rules import RENDER_RULES


def markdown_parser() -> MarkdownIt:
    """CommonMark with tables and formulas, safe whoever wrote the text."""
    from mdit_py_plugins.dollarmath import dollarmath_plugin
    from mdit_py_plugins.dollarmath.index import math_block_dollar, math_inline_dollar

    parser = MarkdownIt("commonmark", {"html": False, "xhtmlOut": True})
    parser.enable(["table", "strikethrough"])
    parser.use(
        dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False, allow_blank_lines=False,
        double_inline=True,
    )  # fmt: skip
    _let_formulas_end_paragraphs(parser, math_block_dollar(allow_labels=False, allow_blank_lines=False))
    begins = math_inline_dollar(allow_space=False, allow_digits=True, allow_double=True)
    within = math_inline_dollar(allow_space=False, allow_digits=False, allow_double=True)
    _let_formulas_begin_a_text(parser, begins, within)
    parser.inline.ruler.at("emphasis", _emphasis)
    # Every address is read as one, and judged when it is written: a refused link keeps its words.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    for name, rule in RENDER_RULES.items():
        parser.add_render_rule(name, rule)
    return parser


def _let_formulas_end_paragraphs(parser: MarkdownIt, rule: Callable[[StateBlock, int, int, bool], bool]) -> None:
    """A formula may stand right under a line of text, as a list or a table may."""

    def formula(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        count, line = len(state.tokens), state.line
        found = rule(state, start, end, silent)
        if silent:  # only asked whether one begins here, which the plugin's rule does not heed
            del state.tokens[count:]
            state.line = line
        return found

    parser.block.ruler.at("math_block", formula, {"alt": ["paragraph", "blockquote", "list"]})


def _let_formulas_begin_a_text(
    parser: MarkdownIt, begins: Callable[[StateInline, bool], bool], within: Callable[[StateInline, bool], bool]
) -> None:
    """A formula at the very beginning, as in `$9d$ → 0`.

    The plugin's rule against digits before a formula reads the text's last character there, since it looks at place −1.
    """

    def formula(state: StateInline, silent: bool) -> bool:
        if state.pos > 0:
            return within(state, silent)
        count = len(state.tokens)
        if not begins(state, silent):
            return False
        if state.pos < state.posMax and state.src[state.pos].isdigit():
            del state.tokens[count:]
            state.pos = 0
            return False
        return True

    parser.inline.ruler.at("math_inline", formula)


def _emphasis(state: StateInline, silent: bool) -> bool:
    """`**注意：**请…`: beside Chinese, * may open and close without the spaces that CommonMark counts on."""
    marker = state.src[state.pos]
    if silent or marker not in "_*":
        return False
    scanned = state.scanDelims(state.pos, marker == "*")
    before = state.src[state.pos - 1] if state.pos else " "
    end = state.pos + scanned.length
    after = state.src[end] if end < state.posMax else " "
    free = marker == "*" and not before.isspace() and not after.isspace() and (is_cjk(before) or is_cjk(after))
    for _ in range(scanned.length):
        state.push("text", "", 0).content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker), length=scanned.length, token=len(state.tokens) - 1, end=-1,
                open=scanned.can_open or free, close=scanned.can_close or free,
            )
        )  # fmt: skip
    state.pos = end
    return True
