"""What the width of a text follows from, as one number: styles of many boxes that look the same."""

from __future__ import annotations

from typing import Any

_LOOK = (
    "font_family", "font_size", "font_style", "font_weight", "font_stretch", "font_kerning", "font_feature_settings",
    "font_variant_ligatures", "font_variant_position", "font_variant_caps", "font_variant_numeric", "font_variant_alternates",
    "font_variant_east_asian", "font_variation_settings", "font_language_override", "letter_spacing", "word_spacing", "lang",
    "direction", "white_space", "overflow_wrap", "word_break", "hyphens", "tab_size", "text_decoration_line",
)  # fmt: skip


def look(style: Any) -> int:
    """The number of this look in its document."""
    kept: int | None = getattr(style, "explainer_look", None)
    if kept is None:
        numbers = style.font_config.__dict__.setdefault("explainer_looks", {})
        kept = numbers.setdefault(tuple(str(style[name]) for name in _LOOK), len(numbers))
        style.explainer_look = kept
    return kept
