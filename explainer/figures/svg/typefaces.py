"""How wide a text is in the bundled fonts, and the outlines of its letters.

A renderer that lays out letters by itself (WeasyPrint) and one that has no fonts of ours (a picture in a browser, on
GitHub) must show what was measured here: so positions are computed, and files carry outlines.
"""

from __future__ import annotations

from functools import cache

from msgspec import Struct

from explainer.figures.svg.fonts import font
from explainer.i18n.bilingual import Lang

PUNCTUATION, SYMBOLS, SONG, HEI = "punctuation.ttf", "symbols.ttf", "song-regular.ttf", "hei-bold.ttf"
FULL_WIDTH = frozenset((PUNCTUATION, SONG, HEI))
UNKNOWN = "☐"  # what stands for a letter that no font of ours draws
_WIDE = frozenset("“”‘’…—")
_CHINESE = (
    ("\u2e80", "\u2fdf"),
    ("\u3000", "\u303f"),
    ("\u3400", "\u9fff"),
    ("\uf900", "\ufaff"),
    ("\uff01", "\uff60"),
    ("\U00020000", "\U0003ffff"),
)


@cache
def is_cjk(char: str) -> bool:
    """A letter or mark that takes one em, in every Chinese font."""
    return any(first <= char <= last for first, last in _CHINESE)


class Typeface(Struct, frozen=True):
    """One way to set text: the fonts in the order in which they are asked, as files and as a style sheet names them."""

    files: tuple[str, ...]
    families: str
    weight: int = 400
    italic: bool = False


_LATIN, _TAIL = "'Explainer Latin'", "'Explainer Symbols','Explainer Song'"
FACES: dict[str, Typeface] = {
    "regular": Typeface(("latin-regular.ttf", SYMBOLS, SONG), f"{_LATIN},{_TAIL}"),
    "bold": Typeface(
        ("latin-bold.ttf", SYMBOLS, HEI), f"{_LATIN},'Explainer Hei','Explainer Symbols','Explainer Song'", 700
    ),
    "italic": Typeface(("latin-italic.ttf", SYMBOLS, SONG), f"{_LATIN},{_TAIL}", italic=True),
    "code": Typeface(("mono-regular.ttf", SYMBOLS, SONG), f"'Explainer Code',{_TAIL}"),
}


def families(face: str, lang: Lang) -> str:
    """The list of families; Chinese punctuation stands before the Latin face, which would set it too narrow."""
    names = FACES[face].families
    return f"'Explainer Punctuation',{names}" if lang == "zh" and face == "regular" else names


@cache
def width(text: str, size: float, face: str, lang: Lang) -> float:
    """The width of a text in points."""
    return sum(_advance(char, face, lang) for char in text) * size


@cache
def drawable(text: str) -> str:
    """The text with every letter that we cannot draw replaced."""
    return "".join(char if is_cjk(char) or file_of(char, "regular", "en") else UNKNOWN for char in text)


@cache
def file_of(char: str, face: str, lang: Lang) -> str | None:
    """The font that draws a letter; Chinese letters are not looked up, since all of them are one em wide."""
    if is_cjk(char) or (lang == "zh" and face == "regular" and char in _WIDE):
        return HEI if face == "bold" else PUNCTUATION if char in _WIDE and face == "regular" else SONG
    latin = [file for file in FACES[face].files if file not in FULL_WIDTH]
    at_hand = (file for file in latin if font(file).at_hand(char))
    found = next(at_hand, None) or next((file for file in latin if font(file).letter(char)), None)
    if found:
        return found
    return SONG if font(SONG).letter(char) else None


@cache
def _advance(char: str, face: str, lang: Lang) -> float:
    file = file_of(char, face, lang)
    if file in FULL_WIDTH and (is_cjk(char) or char in _WIDE):
        return 1.0
    return _drawn(char, file)[1][0]


def _drawn(char: str, file: str | None) -> tuple[str, tuple[float, str]]:
    """The font and the letter, or the sign for one that we cannot draw."""
    found = font(file).letter(char) if file else None
    if file and found:
        return file, found
    unknown = font(SYMBOLS).letter(UNKNOWN)
    assert unknown is not None
    return SYMBOLS, unknown


class Glyph(Struct, frozen=True):
    """A letter's outline: a name for it, its path (y upwards), units to the em, and its advance in ems."""

    name: str
    path: str
    em: int
    advance: float


@cache
def glyph(char: str, face: str, lang: Lang) -> Glyph:
    """The outline of one letter."""
    file, (_, path) = _drawn(char, file_of(char, face, lang))
    name = f"{file.split('.')[0]}-{ord(char):x}"
    return Glyph(name, path, font(file).em, _advance(char, face, lang))
