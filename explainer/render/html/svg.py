"""An SVG file brought into a page: only what is allowed of it, whoever wrote it.

What is drawn is kept; no script, no style sheet, no address of anything outside the file, no HTML.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any
from xml.etree.ElementTree import Element, tostring

SVG = "http://www.w3.org/2000/svg"
ELEMENTS = re.compile(
    "svg|g|path|rect|circle|ellipse|line|polyline|polygon|text|tspan|title|desc|defs|use|clipPath",
)
ATTRIBUTES = re.compile(
    "id|x|y|x1|y1|x2|y2|dx|dy|cx|cy|r|rx|ry|d|points|width|height|viewBox|preserveAspectRatio|transform|role|lang|"
    "aria-labelledby|aria-label|fill|fill-rule|fill-opacity|stroke|stroke-width|stroke-dasharray|stroke-linecap|"
    "stroke-linejoin|stroke-opacity|opacity|clip-path|clip-rule|font-family|font-size|font-weight|font-style|"
    "text-anchor|dominant-baseline|letter-spacing",
)
_ADDRESS = re.compile(r"url\s*\(", re.IGNORECASE)
_INSIDE = re.compile(r"url\(#([\w-]+)\)\Z")
_NUMBER = re.compile(r"-?[0-9.]+\Z")
_NAME = re.compile(r"[\w.-]+\Z")
_OURS = re.compile(r"f[0-9a-f]{8}-[td]\Z")
_XLINK = "{http://www.w3.org/1999/xlink}href"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MOST_ELEMENTS = 50_000


def cleaned(content: bytes) -> str | None:
    """The drawing as an element to stand in HTML, or None if it is no SVG."""
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(content, forbid_dtd=True)
    except Exception:  # whatever a parser says of a strange file
        return None
    if _local(root) != "svg" or sum(1 for _ in root.iter()) > MOST_ELEMENTS:
        return None
    prefix = "svg-" + hashlib.sha256(content).hexdigest()[:8] + "-"
    kept = _element(root, prefix, 0)
    if kept is None:
        return None
    _drop_unused(kept)
    kept.set("xmlns", SVG)
    return tostring(kept, encoding="unicode", short_empty_elements=True)


def _local(element: Any) -> str:
    """The element's name if it is SVG's, else nothing."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    space, _, name = tag.rpartition("}")
    return name if space in ("", "{" + SVG) else ""


def _element(element: Any, prefix: str, depth: int) -> Element | None:
    name = _local(element)
    if not ELEMENTS.fullmatch(name) or depth > 50:
        return None
    if name == "g" and "data-text" in element.attrib:
        return _text(element)
    kept = Element(name)
    for key, value in element.attrib.items():
        _attribute(kept, name, key, value, prefix)
    kept.text = element.text
    for child in element:
        inner = _element(child, prefix, depth + 1)
        if inner is not None:
            inner.tail = child.tail
            kept.append(inner)
    return kept


def _text(element: Any) -> Element:
    """The outlines of a line of text become the text again: a page has the fonts."""
    x, y, turn = (*element.get("data-at", "").split(), "", "", "")[:3]
    kept = Element("text", {"x": x, "y": y})
    for key in ("fill", "font-family", "font-size", "font-weight", "font-style"):
        if key in element.attrib:
            _attribute(kept, "text", key, element.get(key), "")
    if _NUMBER.match(turn) and turn != "0":
        kept.set("transform", f"rotate({turn} {x} {y})")
    kept.text = element.get("data-text")
    return kept


def _drop_unused(root: Element) -> None:
    """Definitions that nothing refers to any more."""
    used = {element.get("href", "")[1:] for element in root.iter("use")}
    used |= {
        match[1] for element in root.iter() for value in element.attrib.values() if (match := _INSIDE.match(value))
    }
    for defs in root.findall("defs"):
        for child in list(defs):
            if child.get("id") not in used:
                defs.remove(child)
        if not len(defs):
            root.remove(defs)


def _named(name: str, prefix: str) -> str:
    """Our own figures' titles have names that are theirs alone already (`figures/svg/write.py`)."""
    return name if _OURS.match(name) else prefix + name


def _attribute(kept: Element, name: str, key: str, value: str, prefix: str) -> None:
    """Names within the file get a prefix, so that they meet no name of the page."""
    if key in ("href", _XLINK):
        if name == "use" and value.startswith("#") and _NAME.match(value[1:]):
            kept.set("href", f"#{prefix}{value[1:]}")
    elif key == _LANG:
        kept.set("lang", value)
    elif not ATTRIBUTES.fullmatch(key):
        return
    elif key == "id":
        if _NAME.match(value):
            kept.set("id", _named(value, prefix))
    elif key == "aria-labelledby":
        kept.set(key, " ".join(_named(word, prefix) for word in value.split() if _NAME.match(word)))
    elif _ADDRESS.search(value):
        inside = _INSIDE.match(value.strip())
        if inside:
            kept.set(key, f"url(#{prefix}{inside[1]})")
    else:
        kept.set(key, value)
