"""The order in which a page is drawn, which is that in which text is copied from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def labels_in_order(pages: Iterable[Any]) -> None:
    """A formula's label is a float (`labelled` in render/math/boxes.py), and floats are drawn before all text of their page: once it has its
    place it is a block like any other, and is drawn where it stands."""
    for page in pages:
        for box in page._page_box.descendants():
            if box.style["float"] == "left":
                box.style = box.style.copy()
                box.style["float"] = "none"
