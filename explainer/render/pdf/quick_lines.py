"""A line's height and place in fewer steps: the one is kept with the style, the other is plain where nothing floats beside it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from explainer.render.pdf.kept_lines import Exchange


def exchanges() -> Iterator[Exchange]:
    """Whose function, its name, and what is put there."""
    strut, avoid = (
        import_module("weasyprint.text.line_break").strut,
        import_module("weasyprint.layout.float").avoid_collisions,
    )
    line = import_module("weasyprint.formatting_structure.boxes").LineBox
    ours = (("strut", strut, _kept(strut)), ("avoid_collisions", avoid, _placed(avoid, line)))
    for name, module in list(sys.modules.items()):
        if name.startswith("weasyprint.layout."):
            for function, theirs, quick in ours:
                if module.__dict__.get(function) is theirs:
                    yield module, function, quick


def _kept(usual: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`strut`: height and baseline of a line in this style."""

    def kept(style: Any) -> Any:
        found = getattr(style, "explainer_strut", None)
        if found is None:
            found = style.explainer_strut = usual(style)
        return found

    return kept


def _placed(usual: Callable[..., Any], line: Any) -> Callable[..., Any]:
    """`avoid_collisions`: where a line begins and how wide it may be."""

    def placed(context: Any, box: Any, containing_block: Any, outer: bool = True) -> Any:
        if (
            outer
            or context.excluded_shapes
            or not isinstance(box, line)
            or containing_block.style["direction"] != "ltr"
        ):
            return usual(context, box, containing_block, outer)
        left = containing_block.content_box_x() + box.margin_left
        right = containing_block.content_box_x() + containing_block.width - box.margin_right
        return left - box.margin_left, box.border_box_y() - box.margin_top, right - left

    return placed
