"""XML and HTML as trees: a name or an answer can only ever be text in them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from explainer.homework.expressions import expression
from explainer.homework.worksheets.exports.content import Content, lines
from explainer.i18n.bilingual import Bi, Lang

_NOT_XML = expression(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Text without the characters that XML cannot hold at all."""
    return _NOT_XML.sub("\ufffd", text)


def add(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    """A child with its text; a trailing underscore keeps an attribute's name from being a keyword."""
    names = {name.rstrip("_"): clean(value) for name, value in attributes.items()}
    child = SubElement(parent, tag, names)
    if text is not None:
        child.text = clean(text)
    return child


def html(content: Content, langs: Sequence[Lang]) -> str:
    """The question as HTML: the layer's line as code, then the text."""
    root = Element("div")
    if content.code:
        add(add(root, "p"), "code", content.code)
    for line in lines(content.text, langs):
        add(root, "p", line)
    return inside(root)


def paragraphs(texts: Sequence[Bi], langs: Sequence[Lang]) -> str:
    """Texts as HTML paragraphs."""
    root = Element("div")
    for line in lines(texts, langs):
        add(root, "p", line)
    return inside(root)


def inside(root: Element) -> str:
    """The children of an element as HTML."""
    return "".join(ElementTree.tostring(child, encoding="unicode", method="html") for child in root)


def document(root: Element) -> bytes:
    """An XML file."""
    ElementTree.indent(root)
    data: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return data + b"\n"


def archive(files: Mapping[str, bytes] | Iterable[tuple[str, bytes]]) -> bytes:
    """A zip file: the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in dict(files).items():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, data)
    return buffer.getvalue()
