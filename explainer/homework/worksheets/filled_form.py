"""What a student typed into the fields of the worksheet's PDF."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi

if TYPE_CHECKING:
    from pypdf import PdfReader

NOT_A_FORM = Bi(
    zh="无法读取 {path}：不是可以填写的PDF。请交回填好的练习题PDF。",
    en="Cannot read {path}: it is no PDF with fields. Hand in the worksheet's PDF with its fields filled in.",
)


def read_fields(path: Path | BinaryIO) -> dict[str, str]:
    """What was filled in: the question's name → the answer, and `sheet`, `student`, `name`, `group`.

    Raises UserError where the file is no PDF with fields.
    """
    import pypdf
    from pypdf.errors import PyPdfError

    try:
        fields = pypdf.PdfReader(path).get_fields() or {}
    except (OSError, PyPdfError) as error:
        raise UserError(NOT_A_FORM.format(path=getattr(path, "name", "PDF"))) from error
    if not fields:
        raise UserError(NOT_A_FORM.format(path=getattr(path, "name", "PDF")))
    return _values(fields)


def fields_of(reader: PdfReader) -> dict[str, str]:
    """The same of a PDF that is open already; nothing where it has no fields."""
    return _values(reader.get_fields() or {})


def _values(fields: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, field in fields.items():
        question = str(field.get("/TU") or "") if re.fullmatch(r"q\d+", name) else ""
        found[question or name] = _value(field.get("/V"))
    return found


def _value(value: Any) -> str:
    """A field's text; "" where nothing was chosen."""
    if value is None:
        return ""
    text = str(value)
    return "" if text == "/Off" else text.removeprefix("/").strip()
