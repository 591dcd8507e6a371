"""Letters of the bundled fonts: their widths and outlines, from a file of those that figures use, or from the font itself."""

from __future__ import annotations

from functools import cache
from typing import Any

from explainer.render.html.assets import fonts_dir

OUTLINES = "outlines.json.gz"
"""What `tools/build_outlines.py` made of the fonts: {file: {em, letters: {letter: [advance, path]}}}."""


class FontFile:
    """A font opened with fontTools: every letter that it has."""

    def __init__(self, file: str) -> None:
        from fontTools.ttLib import TTFont

        self.font: Any = TTFont(fonts_dir() / file, lazy=True)
        self.letters: dict[int, str] = self.font.getBestCmap()
        self.em: int = self.font["head"].unitsPerEm
        self._glyphs: Any = self.font.getGlyphSet()

    def letter(self, char: str) -> tuple[int, str]:
        """Its advance and outline in the font's units, y upwards."""
        from fontTools.pens.svgPathPen import SVGPathPen

        name = self.letters[ord(char)]
        pen = SVGPathPen(self._glyphs, ntos=lambda value: str(round(value)))
        self._glyphs[name].draw(pen)
        return self.font["hmtx"].metrics[name][0], pen.getCommands()


class Font:
    """One font: letters at hand first."""

    def __init__(self, file: str) -> None:
        kept = prepared().get(file, {})
        self.em: int = kept["em"] if kept else whole(file).em
        self._file = file
        self._letters: dict[str, Any] = kept.get("letters", {})

    def at_hand(self, char: str) -> bool:
        """Whether the letter is there without opening the font."""
        return char in self._letters

    def letter(self, char: str) -> tuple[float, str] | None:
        """Its advance in ems and its outline; None where the font has no such letter."""
        found = self._letters.get(char)
        if found is None:
            font = whole(self._file)
            if ord(char) not in font.letters:
                return None
            found = font.letter(char)
        return found[0] / self.em, found[1]


@cache
def prepared() -> dict[str, Any]:
    """The letters that figures use."""
    import gzip
    import json

    path = fonts_dir() / OUTLINES
    found: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes())) if path.is_file() else {}
    return found


@cache
def whole(file: str) -> FontFile:
    """The font itself."""
    return FontFile(file)


@cache
def font(file: str) -> Font:
    """A font by its file's name."""
    return Font(file)
