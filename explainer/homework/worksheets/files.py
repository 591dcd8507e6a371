"""The sheet written to a file: Markdown, HTML, PDF with fields, CSV, and JSON that is graded and
written in any other format without torch."""

from __future__ import annotations

from pathlib import Path

from explainer.homework.worksheets.page import sheet_csv, sheet_document
from explainer.homework.worksheets.pdf_form import form_pdf
from explainer.homework.worksheets.sheet import Sheet
from explainer.homework.worksheets.sheet_file import sheets_json
from explainer.i18n.bilingual import Lang
from explainer.render.files import check_target, from_markdown, write
from explainer.render.markdown import to_markdown

SHEET_FORMATS = (".md", ".html", ".pdf", ".csv", ".json")


def sheet_bytes(sheet: Sheet, ending: str, langs: tuple[Lang, ...]) -> bytes:
    """The sheet as a file. Raises UserError for an unknown ending, or PDF where it is not available."""
    if ending == ".csv":
        return ("\ufeff" + sheet_csv(sheet)).encode()
    if ending == ".json":
        return sheets_json([sheet])
    if ending == ".pdf":
        return form_pdf(sheet, langs)
    text = to_markdown(sheet_document(sheet, langs))
    head, _, rest = text.partition("\n")
    return from_markdown(f"{head.removesuffix(' -->')} sheet={sheet.id} -->\n{rest}", ending)


def write_sheet(sheet: Sheet, path: Path, langs: tuple[Lang, ...], others: tuple[str, ...] = ()) -> None:
    """Write the sheet; the ending (.md, .html, .pdf with fields, .csv, .json to be read again) chooses the format.

    others: endings of exports, which an error names too. Raises UserError.
    """
    check_target(path, SHEET_FORMATS, others)
    write(path, sheet_bytes(sheet, path.suffix.lower(), langs))
