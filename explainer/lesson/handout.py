"""The handout: what a lecturer prints. Idea, symbols, a figure, each block and kind of layer derived once, the whole as a
formula, the formula card, pitfalls, exercises with answers; two to five pages."""

from __future__ import annotations

from explainer.document.builder import Page
from explainer.document.exercises import Pitfall
from explainer.i18n.bilingual import Bi
from explainer.lesson.active import active_section
from explainer.lesson.anywhere import anywhere
from explainer.lesson.block import block_section, blocks_of, told_by_itself
from explainer.lesson.exercises import pitfalls
from explainer.lesson.family import closed_form
from explainer.lesson.family_of_block import in_family
from explainer.lesson.family_symbols import family_symbols
from explainer.lesson.formula_card import formula_card
from explainer.lesson.idea import idea
from explainer.lesson.kinds import kinds_derived
from explainer.lesson.miniature import miniature
from explainer.lesson.network import network_table
from explainer.lesson.published import published_section
from explainer.lesson.relatives import relatives_in_short
from explainer.lesson.storage import kept
from explainer.walkthrough.model import Walkthrough

BLOCKS = Bi(zh="块的推导", en="The blocks")
NETWORK = Bi(zh="整个网络", en="The whole network")
FEW = 3  # pitfalls on paper
KINDS = Bi(zh="各类层的推导", en="The kinds of layers")


def handout(page: Page, walk: Walkthrough, found: tuple[Pitfall, ...]) -> None:
    """All of it."""
    idea(page, walk)
    page.illustrate("overview")
    blocks = blocks_of(walk)
    symbols = any(in_family(walk, part.template) for part in blocks if part.template)
    if symbols:
        family_symbols(page, walk)
    if blocks and "params" in page.show:
        page.heading(2, BLOCKS)
        miniature(page, walk)
        for part in blocks:
            block_section(page, walk, part)
    if not blocks or not ("params" in page.show and any(map(told_by_itself, blocks))):
        page.heading(2, KINDS)
        if not (blocks and "params" in page.show):  # it has been told before the blocks
            miniature(page, walk)
        kinds_derived(page, walk)
    if "params" in page.show:
        page.heading(2, NETWORK)
        network_table(page, walk)
        kept(page, walk)
        closed_form(page, walk, symbols)
        relatives_in_short(page, walk)
    active_section(page, walk)
    formula_card(page, walk)
    anywhere(page, walk, in_blocks=bool(blocks))
    published_section(page, walk)
    pitfalls(page, found[:FEW])
