"""Names from outside, made safe to print."""

from __future__ import annotations

import unicodedata


def visible(text: str) -> str:
    """Control characters and direction marks as \\u001b and the like, so that a name cannot act on a page or terminal."""
    return "".join(
        char if unicodedata.category(char) not in ("Cc", "Cf", "Zl", "Zp") else f"\\u{ord(char):04x}" for char in text
    )
