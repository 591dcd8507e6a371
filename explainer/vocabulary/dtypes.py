"""Number formats by name: how many bytes one value takes."""

from __future__ import annotations

import re


def itemsize(dtype: str) -> int:
    """The bytes of one value, by the bits that the format's name tells; a packed one counts as the byte that it stands in.

    >>> itemsize("float32"), itemsize("bool"), itemsize("float8_e4m3fn"), itemsize("complex64")
    (4, 1, 1, 8)
    """
    bits = re.search(r"\d+", dtype)
    return max(1, int(bits.group()) // 8) if bits else 1
