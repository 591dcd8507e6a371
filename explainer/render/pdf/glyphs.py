"""The letters of drawings: which glyph of which font each one is. Pango is asked once for all letters of a face that are new."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from types import SimpleNamespace
from typing import Any

Face = tuple[tuple[str, ...], int, str]
"""The families in the order in which they are asked, the weight, and normal or italic."""

_SIZE = 100.0  # in which letters are measured; a PDF's widths are thousandths of it whatever the size on paper


class _Style(dict[str, Any]):
    """A style as WeasyPrint's layout of text wants it."""

    font_config: Any = None


class Letters:
    """Glyphs by face and letter, for one document. fonts: the document's `FontConfiguration`."""

    def __init__(self, fonts: Any) -> None:
        self._fonts = fonts
        self._known: dict[tuple[Face, str], tuple[str, str]] = {}

    def runs(self, text: str, face: Face, stream: Any) -> Iterator[tuple[str, str]]:
        """The text as stretches in one font: the font's name in the PDF, and the codes of its glyphs."""
        new = {letter for letter in text if (face, letter) not in self._known}
        if new:
            self._look_up("".join(sorted(new)), face, stream)
        glyphs = [self._known[face, letter] for letter in text if (face, letter) in self._known]
        for font, run in groupby(glyphs, key=lambda glyph: glyph[0]):
            yield font, "".join(code for _, code in run)

    def _look_up(self, letters: str, face: Face, stream: Any) -> None:
        from weasyprint.text.ffi import FROM_UNITS, ffi, pango

        layout = self._layout(letters, face)  # whose line lives as long as it does
        line, _ = layout.get_first_line()
        raw = letters.encode()
        run = line.runs[0]
        while run != ffi.NULL:
            item = run.data
            run = run.next
            pango_font = item.item.analysis.font
            font, size = stream.add_font(pango_font)
            for at in range(item.glyphs.num_glyphs):
                start = item.item.offset + item.glyphs.log_clusters[at]
                letter = _letter_at(raw, start)
                code = item.glyphs.glyphs[at].glyph
                if code == pango.PANGO_GLYPH_EMPTY:
                    continue
                if code & pango.PANGO_GLYPH_UNKNOWN_FLAG:
                    code = 0
                if code not in font.widths:
                    pango.pango_font_get_glyph_extents(pango_font, code, stream.ink_rect, stream.logical_rect)
                    font.widths[code] = round(stream.logical_rect.width * 1000 * FROM_UNITS / size)
                font.to_unicode.setdefault(code, letter)
                self._known[face, letter] = (font.hash, f"{code:04x}")

    def _layout(self, letters: str, face: Face) -> Any:
        from weasyprint.css.properties import INITIAL_VALUES
        from weasyprint.text.line_break import create_layout

        families, weight, slant = face
        style = _Style(INITIAL_VALUES)
        style.font_config = self._fonts
        style.update(
            font_family=list(families),
            font_weight=weight,
            font_style=slant,
            font_size=_SIZE,
            font_kerning="none",
            font_variant_ligatures="none",
        )
        return create_layout(letters, style, SimpleNamespace(font_config=self._fonts), None, 0)


def _letter_at(raw: bytes, start: int) -> str:
    """The letter that begins at a byte of UTF-8."""
    first = raw[start]
    length = 1 if first < 0x80 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    return raw[start : start + length].decode()
