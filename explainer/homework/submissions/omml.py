"""A Word paragraph as one line of text: 3² typed with a superscript is 3^2, a fraction of the equation editor (a)/(b)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SKIPPED = {"pPr", "rPr", "del", "instrText", "footnoteReference", "ctrlPr", "fPr", "sSupPr", "dPr", "Fallback"}
PICTURE = "［图片］"  # an answer that is a picture is left to the teacher, and not "not answered"


def tag(element: Element) -> str:
    """The name without its namespace."""
    return element.tag.rpartition("}")[2]


def linear(element: Element) -> str:
    """The text of a paragraph, a run or a formula."""
    match tag(element):
        case "t":
            return element.text or ""
        case "tab":
            return "\t"
        case "br" | "cr":
            return "\n"
        case "r":
            return _run(element)
        case "sSup":
            return f"{_part(element, 'e')}^{_grouped(_part(element, 'sup'))}"
        case "sSub":
            return f"{_part(element, 'e')}_{_subscript(_part(element, 'sub'))}"
        case "sSubSup":
            lower, upper = _subscript(_part(element, "sub")), _grouped(_part(element, "sup"))
            return f"{_part(element, 'e')}_{lower}^{upper}"
        case "f":
            return f"{_grouped(_part(element, 'num'))}/{_grouped(_part(element, 'den'))}"
        case "d":
            return f"({','.join(linear(child) for child in element if tag(child) == 'e')})"
        case "drawing" | "pict" | "object":
            text = "\n".join("".join(linear(child) for child in part) for part in element.iter(f"{WORD}txbxContent"))
            return text or PICTURE
        case skipped if skipped in _SKIPPED:
            return ""
    return "".join(linear(child) for child in element)


def _run(run: Element) -> str:
    text = "".join(linear(child) for child in run)
    raised = run.find(f"{WORD}rPr/{WORD}vertAlign")
    if raised is None or not text.strip():
        return text
    match raised.get(f"{WORD}val"):
        case "superscript":
            return f"^{_grouped(text.strip())}"
        case "subscript":
            return f"_{_subscript(text.strip())}"
    return text


def _part(element: Element, name: str) -> str:
    return "".join(linear(child) for child in element if tag(child) == name)


def _grouped(text: str) -> str:
    return text if text.isalnum() else f"({text})"


def _subscript(text: str) -> str:
    return text if text.isalnum() else "{" + text + "}"
