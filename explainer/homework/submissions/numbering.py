"""The numbers that Word puts before paragraphs: "1. " typed at a line's start becomes a list, and is no text any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explainer.homework.submissions.omml import WORD

if TYPE_CHECKING:
    import zipfile
    from xml.etree.ElementTree import Element

_COUNTING = {"decimal", "decimalFullWidth", "decimalEnclosedCircle", "decimalZero"}


class Numbering:
    """The lists of one document: `of(paragraph)` counts on."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.counting = _counting(_xml(archive, "word/numbering.xml"))
        self.by_style = _styles(_xml(archive, "word/styles.xml"))
        self.next: dict[str, int] = {}

    def of(self, paragraph: Element) -> str:
        """`3. ` for the third paragraph of a numbered list of the first level; "" for any other paragraph."""
        found = paragraph.find(f"{WORD}pPr/{WORD}numPr")
        style = paragraph.find(f"{WORD}pPr/{WORD}pStyle")
        if found is None and style is not None:
            listed, level = self.by_style.get(style.get(f"{WORD}val", ""), ""), "0"
        else:
            listed, level = _value(found, "numId"), _value(found, "ilvl") or "0"
        if level != "0" or listed not in self.counting:
            return ""
        self.next[listed] = self.next.get(listed, self.counting[listed] - 1) + 1
        return f"{self.next[listed]}. "


def _counting(root: Element | None) -> dict[str, int]:
    """The first number of each list that counts 1, 2, 3 on its first level."""
    if root is None:
        return {}
    abstract: dict[str, int] = {}
    for one in root.findall(f"{WORD}abstractNum"):
        for level in one.findall(f"{WORD}lvl"):
            if level.get(f"{WORD}ilvl") == "0" and _value(level, "numFmt") in _COUNTING:
                start = _value(level, "start")
                abstract[one.get(f"{WORD}abstractNumId", "")] = int(start) if start.isdigit() and len(start) < 5 else 1
    lists = {one.get(f"{WORD}numId", ""): _value(one, "abstractNumId") for one in root.findall(f"{WORD}num")}
    return {listed: abstract[kind] for listed, kind in lists.items() if kind in abstract}


def _styles(root: Element | None) -> dict[str, str]:
    """The list that belongs to a style ("List Number")."""
    found = {}
    for style in root.findall(f"{WORD}style") if root is not None else []:
        listed = _value(style.find(f"{WORD}pPr/{WORD}numPr"), "numId")
        if listed:
            found[style.get(f"{WORD}styleId", "")] = listed
    return found


def _value(element: Element | None, name: str) -> str:
    child = element.find(f"{WORD}{name}") if element is not None else None
    return child.get(f"{WORD}val", "") if child is not None else ""


def _xml(archive: zipfile.ZipFile, name: str) -> Element | None:
    """A part of the document; None where there is none, or it cannot be read: the numbers are then not known."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(archive.read(name))
    except (KeyError, ParseError, DefusedXmlException):
        return None
    return root
