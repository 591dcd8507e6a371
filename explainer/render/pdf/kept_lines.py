"""Pango's lines, made ready in fewer steps and drawn as they were measured.

WeasyPrint gives every line of text a context of Pango's of its own, describes its font anew and throws the line away, only to set the same
text again when its page is drawn. Here lines share a context by language and direction, and the description of a font stays with its style; a
line waits for its page. One that is set otherwise there (its spaces widened) is set anew, and so are all that are beyond what memory should hold.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from explainer.render.pdf.looks import look

_MOST_WAITING = 8_000  # lines: of about fifty pages
_PARAGRAPHS = frozenset("\n\r\u2028\u2029")  # what begins a new one for Pango

Exchange = tuple[Any, str, Any]
"""Whose function, its name, and what stands there for a while."""


class KeptLines:
    """The lines of one document."""

    def __init__(self, line_break: Any) -> None:
        self._waiting = 0
        self._module = line_break
        self._ffi, self._pango, self._gobject = line_break.ffi, line_break.pango, line_break.gobject
        line = line_break.Layout
        self._setup, self._set_text, self._deactivate, self._reactivate = (
            line.setup, line.set_text, line.deactivate, line.reactivate,
        )  # fmt: skip

    def exchanges(self) -> list[Exchange]:
        """Functions of WeasyPrint's `Layout`, and ours: each is called with the line."""
        ours: dict[str, Callable[..., None]] = {
            "setup": lambda line, style: self.setup(line, style),
            "set_text": lambda line, text, justify=False: self.set_text(line, text, justify),
            "deactivate": lambda line: self.deactivate(line),
            "reactivate": lambda line, style: self.reactivate(line, style),
        }
        return [(self._module.Layout, name, function) for name, function in ours.items()]

    def setup(self, line: Any, style: Any) -> None:
        """An empty line of this style."""
        ready = getattr(style, "explainer_ready", None)
        if ready is None:
            ready = style.explainer_ready = self._ready(style)
        if not ready or line.justification_spacing:
            self._setup(line, style)
            return
        context, line.language, font, features = ready
        pango = self._pango
        line.style, line.first_line_direction = style, 0
        line.ascent = line.underline_position = line.strikethrough_position = None
        line.layout = self._ffi.gc(pango.pango_layout_new(context), self._gobject.g_object_unref)
        pango.pango_layout_set_auto_dir(line.layout, False)
        pango.pango_layout_set_font_description(line.layout, font)
        if features is not None:
            pango.pango_layout_set_attributes(line.layout, features)

    def _ready(self, style: Any) -> tuple[Any, ...]:
        """Context, language, font and features of a plain style; nothing for one whose lines get attributes of their own."""
        plain = not style["word_spacing"] and style["letter_spacing"] in ("normal", 0)
        plain = plain and style["text_decoration_line"] == "none" and style["overflow_wrap"] == "normal"
        if not plain or not style["lang"] or style["font_language_override"] != "normal":
            return ()
        context, language = self._context(style)
        return context, language, self._module.get_font_description(style), self._features(style)

    def _context(self, style: Any) -> tuple[Any, Any]:
        known, pango = style.font_config.__dict__.setdefault("explainer_contexts", {}), self._pango
        key = style["lang"], style["direction"]
        if key not in known:
            context = self._ffi.gc(
                pango.pango_font_map_create_context(style.font_config.font_map), self._gobject.g_object_unref
            )
            pango.pango_context_set_round_glyph_positions(context, False)
            pango.pango_context_set_base_dir(context, self._module.PANGO_DIRECTION[style["direction"]])
            name, _ = self._module.unicode_to_char_p(style["lang"])
            language = pango.pango_language_from_string(name)
            pango.pango_context_set_language(context, language)
            known[key] = context, language
        context, language = known[key]
        return context, language

    def _features(self, style: Any) -> Any:
        """A list of attributes that nobody writes into, for all lines with these features."""
        known, pango = style.font_config.__dict__.setdefault("explainer_features", {}), self._pango
        features = self._module.font_features(*(style[name] for name in _FEATURES))
        text = ",".join(f"{name} {value}" for name, value in features.items()).encode()
        if text and text not in known:
            known[text] = self._ffi.gc(pango.pango_attr_list_new(), pango.pango_attr_list_unref)
            pango.pango_attr_list_insert(known[text], pango.pango_attr_font_features_new(text))
        return known.get(text)

    def set_text(self, line: Any, text: str, justify: bool) -> None:
        """Already in the mode in which it is drawn, which takes every character for a part of one paragraph."""
        one = _PARAGRAPHS.isdisjoint(text)
        self._pango.pango_layout_set_single_paragraph_mode(line.layout, one)
        line.explainer_one = one and not line.justification_spacing
        self._set_text(line, text, justify)

    def deactivate(self, line: Any) -> None:
        """Let a line that was measured wait for its page, and one that was drawn go, unless others share it."""
        if waits(line):
            if line.explainer_shared:
                return
            self._waiting -= 1
        elif line.explainer_one and self._waiting < _MOST_WAITING:
            self._waiting += 1
            line.explainer_waits, line.explainer_shared = True, False
            return
        line.explainer_waits = False
        self._deactivate(line)

    def reactivate(self, line: Any, style: Any) -> None:
        """The line as it was measured, if it looks the same in this style."""
        if not waits(line) or look(line.style) != look(style):
            line.explainer_waits = False
            self._reactivate(line, style)


def waits(line: Any) -> bool:
    """Whether it is still as it was measured."""
    kept: bool = getattr(line, "explainer_waits", False)
    return kept


_FEATURES = (
    "font_kerning", "font_variant_ligatures", "font_variant_position", "font_variant_caps", "font_variant_numeric",
    "font_variant_alternates", "font_variant_east_asian", "font_feature_settings",
)  # fmt: skip
