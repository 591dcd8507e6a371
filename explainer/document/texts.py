"""The texts of a block, whatever its kind: what every string in it is, except where its field says `NOT_TEXT`.

So a new kind of block needs nothing here: a teacher's terms, the glossary and the students' edition reach its texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from explainer.document.nodes import NOT_TEXT, Block, Row, Strong, Text
from explainer.i18n.bilingual import Lang

Change = Callable[[str, Lang | None], str]
B = TypeVar("B", bound=Block)


def map_text(block: B, change: Change, langs: tuple[Lang, ...] = ()) -> B:
    """The block with every text changed; code and formulas stay as they are.

    change: gets a text and its language, None for one that reads alike in all. langs: the document's languages; where
    they are several, words given in only one of them read alike in all.

    >>> from explainer.document.nodes import Note
    >>> map_text(Note({"en": ("a·b",)}), lambda text, lang: text.replace("·", "×"))
    Note(words={'en': ('a×b',)}, alarm=False)
    """
    changed: B = _mapped(block, change, None, langs)
    return changed


def map_line(text: Text, change: Change, lang: Lang | None = None) -> Text:
    """The same for one line."""
    changed: Text = _mapped(text, change, lang, ())
    return changed


def texts_of(value: Block | Any, lang: Lang) -> Iterator[str]:
    """Every text of a block in one language, and those that read alike in all; a text with code in it comes in pieces."""
    match value:
        case str():
            yield value
        case Strong():
            yield value.text
        case Mapping():
            yield from texts_of(value.get(lang, ()), lang)
        case tuple():
            for part in value:
                yield from texts_of(part, lang)
        case Block() | Row():
            for part in _parts(value).values():
                yield from texts_of(part, lang)


def _mapped(value: Any, change: Change, lang: Lang | None, langs: tuple[Lang, ...]) -> Any:
    match value:
        case str():
            return change(value, lang)
        case Strong():
            return Strong(change(value.text, lang))
        case Mapping():
            alike = len(value) == 1 < len(langs)
            return {key: _mapped(text, change, None if alike else key, langs) for key, text in value.items()}
        case tuple():
            return tuple(_mapped(item, change, lang, langs) for item in value)
        case Block() | Row():
            changed = {name: _mapped(part, change, lang, langs) for name, part in _parts(value).items()}
            return type(value)(**(vars(value) | changed))
    return value  # code, a formula, a number


def _parts(value: Any) -> dict[str, Any]:
    """The fields of a dataclass that may have texts."""
    found = (field for field in fields(value) if not NOT_TEXT.items() <= field.metadata.items())
    return {field.name: getattr(value, field.name) for field in found}
