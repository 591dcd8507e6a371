"""Values of styles in fewer steps: properties that no rule sets, and lengths that depend on nothing around them.

WeasyPrint asks of every property of every style whether it is logical, pending, a formula or a percentage. Most are what the parent has, or the
initial value; most lengths are pixels, and each of the fourteen is worked out anew whenever a box is laid out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from explainer.render.pdf.kept_lines import Exchange

_LENGTHS = (
    *(f"{kind}_{side}" for kind in ("margin", "padding") for side in ("left", "right", "top", "bottom")),
    "width", "min_width", "max_width", "height", "min_height", "max_height",
)  # fmt: skip
_BORDERS = tuple(f"border_{side}_width" for side in ("top", "right", "bottom", "left"))
_ITS_OWN_WAY = frozenset(("float", "position", "display", "page"))


def exchanges() -> Iterator[Exchange]:
    """Whose function, its name, and what is put there."""
    css, percent = import_module("weasyprint.css"), import_module("weasyprint.layout.percent")
    yield css.ComputedStyle, "__missing__", _missing(css)
    usual = percent.resolve_percentages
    quick = _resolved(usual)
    for name, module in list(sys.modules.items()):
        if name.startswith("weasyprint.layout.") and module.__dict__.get("resolve_percentages") is usual:
            yield module, "resolve_percentages", quick


def _missing(css: Any) -> Callable[[Any, str], Any]:
    """`ComputedStyle.__missing__`: the parent's value or the initial one, for properties that are just that unless a rule sets them."""
    usual, inherited, initial = css.ComputedStyle.__missing__, css.INHERITED, css.INITIAL_VALUES
    physical = css.PHYSICAL_FUNCTIONS
    logical = {
        key: frozenset(function(block="ttb", inline=inline) for inline in ("ltr", "rtl"))
        for key, function in physical.items()
    }
    plain = {
        key
        for key in initial
        if key not in _ITS_OWN_WAY and key not in css.INITIAL_NOT_COMPUTED and not key.startswith("text_decoration_")
    }

    def missing(style: Any, key: str) -> Any:
        if key not in plain or style.parent_style is None or key in style.cascaded:
            return usual(style, key)
        if key in logical and not logical[key].isdisjoint(style.cascaded):
            return usual(style, key)
        value = style[key] = style.parent_style[key] if key in inherited else initial[key]
        return value

    return missing


def _resolved(usual: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """`resolve_percentages`, a style's lengths kept with it where no percentage is among them."""

    def resolved(box: Any, containing_block: Any) -> None:
        style = box.style
        lengths = getattr(style, "explainer_lengths", None)
        if lengths is None:
            lengths = style.explainer_lengths = _fixed(style)
        if lengths:
            box.__dict__.update(lengths)
        else:
            usual(box, containing_block)

    return resolved


def _fixed(style: Any) -> dict[str, Any]:
    """The lengths as a box has them; nothing where one of them depends on what is around the box."""
    if style["box_sizing"] != "content-box" or style["border_collapse"] == "collapse":
        return {}
    found: dict[str, Any] = {}
    for name in _LENGTHS:
        value = style[name]
        if value == "auto":
            found[name] = 0 if name in ("min_width", "min_height") else "auto"
        elif getattr(value, "unit", None) == "px":
            found[name] = value.value
        else:
            return {}
    return found | {name: style[name] for name in _BORDERS}
