"""The terms that a document uses, in both languages at its end."""

from __future__ import annotations

from explainer.document.builder import Page
from explainer.document.nodes import (
    Block,
    Equation,
    Inline,
    Strong,
    Table,
)
from explainer.document.texts import texts_of
from explainer.i18n.bilingual import LANGS, Bi, Lang
from explainer.i18n.glossary import TERMS, Term

GLOSSARY = Bi(zh="术语对照", en="Terms in English and Chinese")
GLOSSARY_HEADER = (Bi("中文", "Chinese"), Bi("英文", "English"), Bi("含义", "Meaning"))


def terms_in(page: Page) -> list[Term]:
    """The terms that the document has used so far."""
    zh, en = (_plain_text(page.blocks, lang) for lang in LANGS)
    return [term for term in TERMS if term.name.zh in zh or term.name.en in en.lower()]


def glossary(page: Page, used: list[Term]) -> None:
    """The terms in both languages, with what they mean; where the lesson says it in passing, only the words."""
    if not used:
        return
    page.heading(2, GLOSSARY)
    if page.detail == "full":
        cells = [((term.name.zh,), (term.name.en,), page.both(term.meaning)) for term in used]
        page.blocks.append(Table(tuple(page.both(title) for title in GLOSSARY_HEADER), "lll", tuple(cells)))
        return
    zh = page.langs[0] == "zh"
    parts: list[Inline] = []
    for i, term in enumerate(used):
        first, second = (term.name.zh, term.name.en) if zh else (term.name.en, term.name.zh)
        parts += [("，" if zh else ", ") if i else "", Strong(first), f" {second}"]
    page.put(*parts, "。" if zh else ".")


def _plain_text(blocks: list[Block], lang: Lang) -> str:
    """The running text; a table repeats what was said before."""
    return "\n".join(
        text for block in blocks if not isinstance(block, Equation | Table) for text in texts_of(block, lang)
    )
