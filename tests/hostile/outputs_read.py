"""What must hold of an output whoever reads it: nothing acts on a terminal, a page, a spreadsheet or a viewer."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
import zipfile
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

ACTS = {
    chr(code) for code in (*range(9), 11, 12, *range(14, 32), 127, *range(128, 160), 0x2028, 0x2029, 0xFFFE, 0xFFFF)
}
ACTS |= {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
MARKUP = ("script", "iframe", "object", "embed", "meta", "base", "form")
HOSTS = ("evil.example", "javascript:", "data:text", "file:", "/etc/passwd")


def terminal(text: str) -> None:
    """Also a log, Markdown, JSON: every character is harmless and can be encoded."""
    text.encode("utf-8")
    assert not ACTS & set(text), sorted(ascii(char) for char in ACTS & set(text))


class _Page(HTMLParser):
    def __init__(self, ours: frozenset[str]) -> None:
        super().__init__()
        self.ours, self.inside = ours, ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        assert tag in self.ours or tag not in MARKUP, tag
        for name, value in attributes:
            assert not name.startswith("on"), (tag, name, value)
            if name in ("href", "src", "action", "data", "srcset", "style"):
                assert not any(host in (value or "") for host in HOSTS), (tag, name, value)

    def handle_data(self, data: str) -> None:
        if self.inside in ("script", "style"):
            assert "alert(1)" not in data and "evil.example" not in data

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""


def html(text: str, *, ours: frozenset[str] = frozenset(("meta", "script"))) -> None:
    """A page, or a piece of one that a learning platform shows. ours: what stands in a harmless one as well."""
    terminal(text)
    page = _Page(ours)
    page.feed(text)
    page.close()


def xml(data: bytes) -> list[str]:
    """XML of a platform, which shows some of its texts as pages; the tags that it has."""
    text = data.decode("utf-8")
    terminal(text)
    assert "<!ENTITY" not in text and "<!DOCTYPE" not in text
    found = []

    def walk(element: ElementTree.Element, page: bool) -> None:
        """page: the texts below are shown as HTML: Moodle says so by the format, Canvas by the type."""
        how = element.get("format", element.get("texttype", ""))
        page = how in ("html", "moodle_auto_format", "text/html") if how else page
        tag = re.sub(r"\{.*\}", "", element.tag)
        assert tag not in MARKUP and not any(name.startswith("on") for name in element.attrib), element.attrib
        assert not any(value.startswith(HOSTS) for value in element.attrib.values()), element.attrib
        found.append(tag)
        for said in (element.text, element.tail):
            if page:
                html(said or "", ours=frozenset())
        for inner in element:
            walk(inner, page)

    walk(ElementTree.fromstring(data), False)
    return found


def spreadsheet_csv(data: bytes) -> None:
    """No cell that a spreadsheet computes."""
    text = data.decode("utf-8-sig")
    terminal(text)
    for row in csv.reader(io.StringIO(text)):
        for one in row:
            first = unicodedata.normalize("NFKC", one.lstrip())[:1]
            assert first not in tuple("=+@|%") and (
                first not in "-−" or not first or re.fullmatch(r"[-−]?[\d.,]*", one)
            ), one


def xlsx(data: bytes) -> None:
    """Text and numbers alone: no formula, link, macro or connection."""
    import openpyxl

    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        names = packed.namelist()
        assert not any(
            word in name.lower() for name in names for word in ("vba", "connections", "externallink", "embeddings")
        )
    book = openpyxl.load_workbook(io.BytesIO(data))
    for sheet in book:
        for row in sheet.iter_rows():
            for one in row:
                assert one.hyperlink is None and (one.value is None or one.data_type in "sn"), (
                    one.value,
                    one.data_type,
                )
                terminal(str(one.value or ""))


def pdf(data: bytes, *, fields: bool = False) -> None:
    """Text, pictures, and links inside the document; no program, no action, no other file. fields: a form may be filled in."""
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(data))
    seen: set[int] = set()

    def walk(value: Any, key: str = "") -> None:
        if isinstance(value, pypdf.generic.IndirectObject):
            if value.idnum in seen:
                return
            seen.add(value.idnum)
            value = value.get_object()
        assert key not in (
            "/JS",
            "/JavaScript",
            "/Launch",
            "/AA",
            "/EmbeddedFiles",
            "/RichMedia",
            "/SubmitForm",
            "/ImportData",
        ), key
        if isinstance(value, dict):
            assert fields or "/AcroForm" not in value
            for name, inner in value.items():
                walk(inner, str(name))
        elif isinstance(value, list):
            for inner in value:
                walk(inner, key)
        elif key == "/S":
            assert value not in ("/JavaScript", "/Launch", "/URI", "/SubmitForm", "/GoToR"), value
        elif key == "/URI":
            assert not any(host in str(value) for host in HOSTS), value

    walk(reader.trailer["/Root"])
    for page in reader.pages:
        terminal(page.extract_text())


def plain_json(data: bytes) -> Any:
    """JSON whose text acts on nothing that prints it, and what is in it."""
    terminal(data.decode("utf-8"))
    return json.loads(data)


def archive(data: bytes) -> None:
    """A package: names that stay in it, and what is in it by its kind."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        for name in packed.namelist():
            assert not name.startswith(("/", "\\")) and ".." not in name.split("/") and ":" not in name
            terminal(name)
            if name.endswith(".xml"):
                xml(packed.read(name))
