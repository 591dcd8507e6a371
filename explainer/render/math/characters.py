"""What the characters and elements of MathML stand for: relations, operations, brackets, letters that slope."""

from __future__ import annotations

import re
import unicodedata
from xml.etree.ElementTree import Element

RELATIONS = frozenset("=≠≈≡≤≥<>≪≫∼≃≅∝∈∉∋⊂⊃⊆⊇→←↔⇒⇐⇔↦≔∣⟂⊥")
BINARY = frozenset("+−-×÷±∓∗∘⊙⊗⊕∪∩∧∨")
OPERATIONS = BINARY | frozenset("⋅·")
OPENING = frozenset("([{⌊⌈⟨")
CLOSING = frozenset(")]}⌋⌉⟩")
FENCES = OPENING | CLOSING | frozenset("|‖∣∥/")
BIG_OPERATORS = frozenset("∑∏∐⋃⋂⨁⨂")
INVISIBLE = frozenset("\u2061\u2062\u2063\u2064")
SAME = str.maketrans({"⋅": "·", "-": "−", "∥": "‖", "\ufe00": None, "\ufe01": None, "∗": "*"})
COMBINING = {
    "ˆ": "\u0302",
    "̂": "\u0302",
    "¯": "\u0304",
    "˜": "\u0303",
    "̃": "\u0303",
    "˙": "\u0307",
    "¨": "\u0308",
}
LENGTH = re.compile(r"(-?[\d.]+)em")


def characters(element: Element) -> str:
    """The text of an element and of what stands in it."""
    return "".join(element.itertext())


def is_one_of(element: Element, operators: frozenset[str]) -> bool:
    """Whether an element is one of these operators."""
    return element.tag == "mo" and characters(element) in operators


def fences_of(row: Element) -> tuple[Element, Element] | None:
    """The stretching brackets around a row: what \\left and \\right write."""
    if row.tag != "mrow" or len(row) < 2:
        return None
    first, last = row[0], row[-1]
    for mo in (first, last):
        if mo.tag != "mo" or mo.get("stretchy") == "false" or mo.get("minsize"):
            return None
        if characters(mo) not in FENCES | INVISIBLE:
            return None
    return first, last


def brace_of(element: Element) -> str:
    """The brace that an element already carries, when a label is about to be put on it."""
    if element.tag in ("munder", "mover") and len(element) == 2 and element[1].tag == "mo":
        return characters(element[1])
    return ""


def is_slanted(letter: str) -> bool:
    """Latin and small Greek letters slope; capital Greek, digits, hanzi and signs stand upright."""
    return (letter.isascii() and letter.isalpha()) or "α" <= letter <= "ω" or letter in "ϕϵϑϱϖ"


def plain_letters(name: str) -> tuple[str, str | None]:
    """Mathematical alphabets ⇒ ordinary letters and the tag that shapes them: 𝐖 ⇒ W, b."""
    if all(ord(character) < 0x1D400 for character in name):
        return name, None
    kind = unicodedata.name(name[0], "")
    tag = (
        "b"
        if "BOLD" in kind
        else "i"
        if "ITALIC" in kind or "SCRIPT" in kind
        else "tt"
        if "MONOSPACE" in kind
        else None
    )
    return unicodedata.normalize("NFKC", name), tag or "span"


def cell_class(cell: Element, column: int, aligned: bool) -> str:
    """Alignment and rules of a table cell as class names."""
    style = cell.get("style", "")
    names = []
    if "text-align: right" in style:
        names.append("r")
    elif "text-align: left" in style:
        names.append("l")
    if aligned and column and column % 2 == 0:
        names.append("g")  # a new pair of columns
    if "border-right" in style:
        names.append("br")
    if "border-left" in style:
        names.append("bl")
    if "border-top" in style:
        names.append("bt")
    if "border-bottom" in style:
        names.append("bb")
    return " ".join(names)
