"""The bundled fonts as @font-face rules: by address for the PDF, cut to the document and embedded for HTML.

Many machines have no Chinese font, so the HTML file carries its own; a document uses some hundreds of characters, so
what it carries is small.
"""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from html import unescape
from typing import Any

from explainer.render.html.assets import fonts_dir


@dataclass(frozen=True)
class Face:
    """One bundled font file and the name a style sheet knows it by."""

    file: str
    family: str
    weight: int = 400
    style: str = "normal"

    def rule(self, source: str, extra: str = "") -> str:
        return (
            f'@font-face{{font-family:"{self.family}";font-weight:{self.weight};font-style:{self.style};'
            f"src:{source};{extra}}}\n"
        )


FACES = (
    Face("punctuation.ttf", "Explainer Punctuation"),
    Face("latin-regular.ttf", "Explainer Latin"),
    Face("latin-italic.ttf", "Explainer Latin", style="italic"),
    Face("latin-bold.ttf", "Explainer Latin", weight=700),
    Face("symbols.ttf", "Explainer Symbols"),
    Face("song-regular.ttf", "Explainer Song"),
    Face("hei-bold.ttf", "Explainer Hei", weight=700),
    Face("mono-regular.ttf", "Explainer Code"),
)
_MATH = Face("math.woff2", "Explainer Math")

_BOLD = re.compile(r"<(h[1-6]|strong|th|summary|text(?=[^>]*font-weight=\"700\"))\b[^>]*>(.*?)</\1>", re.DOTALL)
_ITALIC = re.compile(r"<(em|i|text(?=[^>]*font-style=\"italic\"))\b[^>]*>(.*?)</\1>", re.DOTALL)
_CODE = re.compile(r"<(code|text(?=[^>]*Explainer Code))\b[^>]*>(.*?)</\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_FORMULA = re.compile(r"<math\b.*?</math>", re.DOTALL)


def linked_faces() -> str:
    """Rules for a renderer that may read our font files in place."""
    return "".join(face.rule(f'url("{(fonts_dir() / face.file).as_uri()}")') for face in FACES)


def embedded_faces(html: str, language: str) -> str:
    """Rules with the fonts inside, each with no more than the characters the page sets in it."""
    text, bold, italic, code = _characters(html)
    rules = []
    taken: set[int] = set()
    for face in FACES:
        wanted = (
            bold
            if face.weight == 700
            else italic
            if face.style == "italic"
            else code
            if "Code" in face.family
            else text
        )
        if face.family == "Explainer Punctuation" and language != "zh":
            continue
        if face.family == "Explainer Song":
            wanted = wanted - taken  # what a face before it in the list of families already draws
        drawn = wanted & covered(face.file)
        if face.family in ("Explainer Punctuation", "Explainer Latin", "Explainer Symbols") and face.weight == 400:
            taken |= drawn if face.style == "normal" else set()
        if drawn:
            rules.append(face.rule(_data("font/woff", subset(face.file, frozenset(drawn)))))
    if "<math" in html:
        rules.append(_MATH.rule(_data("font/woff2", (fonts_dir() / _MATH.file).read_bytes())))
    return "".join(rules)


def _data(kind: str, content: bytes) -> str:
    return f'url("data:{kind};base64,{base64.b64encode(content).decode("ascii")}")'


def _characters(html: str) -> tuple[set[int], set[int], set[int], set[int]]:
    """All characters of a page, and those that stand in bold, in italics and in code."""

    def points(fragments: list[str]) -> set[int]:
        return {ord(character) for character in unescape(_TAG.sub("", "".join(fragments)))} | {0x20}

    prose = _FORMULA.sub("", html)
    bold, italic, code = ([match[2] for match in found.finditer(prose)] for found in (_BOLD, _ITALIC, _CODE))
    digits = {ord(character) for character in "0123456789"}
    return points([html]) | digits, points(bold), points(italic), points(code)


@cache
def covered(file: str) -> frozenset[int]:
    """The characters a bundled font draws."""
    return frozenset(_opened(file).unicodes)


@lru_cache(maxsize=32)
def subset(file: str, characters: frozenset[int]) -> bytes:
    """A WOFF of a bundled font with these characters only.

    HarfBuzz cuts a Chinese face in two milliseconds, where fontTools takes half a second; and WOFF is packed in a fortieth of the time of
    WOFF2, for a third more bytes.
    """
    import uharfbuzz
    from fontTools.ttLib import TTFont

    wanted = uharfbuzz.SubsetInput()
    wanted.unicode_set.set(characters)
    wanted.flags = uharfbuzz.SubsetFlags.NO_HINTING | uharfbuzz.SubsetFlags.NOTDEF_OUTLINE
    wanted.layout_feature_tag_set.set(map(_tag, ("kern", "mark", "chws", "tnum")))
    wanted.name_id_set.set((1, 2))
    wanted.drop_table_tag_set.update(map(_tag, ("gasp", "GDEF") if file.startswith(("song", "hei")) else ("gasp",)))
    cut = uharfbuzz.subset(_opened(file), wanted).blob.data
    font: Any = TTFont(io.BytesIO(cut), lazy=True, recalcTimestamp=False)
    font.flavor = "woff"
    output = io.BytesIO()
    font.save(output)
    return output.getvalue()


@cache
def _opened(file: str) -> Any:
    import uharfbuzz

    return uharfbuzz.Face(uharfbuzz.Blob.from_file_path(fonts_dir() / file))


def _tag(name: str) -> int:
    """HarfBuzz's number for a table or a feature."""
    return int.from_bytes(name.encode("ascii"), "big")
