"""PDF: the fields of a filled worksheet; where there are none, the text of the page."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

from explainer.homework.submissions.base import MAX_NAME, Broken, Entry, Found, who
from explainer.homework.submissions.limits import TooLong, memory_within
from explainer.homework.submissions.pdf_limits import TOO_MUCH, unpacking_bounded
from explainer.homework.submissions.pdf_page import MAX_PAGES, pages_of
from explainer.homework.submissions.scan import is_name
from explainer.homework.submissions.tables import NUMBERED
from explainer.i18n.bilingual import Bi

if TYPE_CHECKING:
    from pypdf import PdfReader

MEMORY = 1_000_000_000  # bytes that reading one file may take

NO_TEXT = Bi(
    zh="这个PDF里没有文字（可能是扫描件或照片），也没有填写的栏目；请交带文字的PDF，或在原来的练习PDF中填写并保存。",
    en="This PDF has no text (perhaps it is a scan or a photo) and no fields filled in; hand in a PDF with text, or fill in the "
    "worksheet PDF itself and save it.",
)
NO_ANSWERS = Bi(
    zh="PDF的文字中没有找到答案；请按“features.0.params：1792”的格式书写，或在原来的练习PDF中填写并保存。",
    en="No answers were found in the text of the PDF; write each as 'features.0.params: 1792', or fill in the worksheet PDF "
    "itself and save it.",
)
LOCKED = Bi(
    zh="这个PDF有密码，打不开；请去掉密码后重新保存再交。",
    en="This PDF has a password and cannot be opened; save it again without one and hand it in again.",
)
DOUBTFUL = Bi(
    zh="PDF中有分栏、上下排列的式子或读不出的字，其中的答案请教师查看原文件。",
    en="The PDF has columns, formulas set in several lines or letters that cannot be read; the teacher looks at those answers in the file.",
)
NOT_PDF = Bi(
    zh="文件已损坏，或者并不是PDF；请重新保存后再交。",
    en="The file is damaged or is no PDF; save it again and hand it in again.",
)
_OTHERS = ("group", "score")  # of the worksheet's head


def read_pdf(content: bytes, *, on_sheet: bool = False) -> list[Found]:
    """Raises Broken where there is nothing to read. on_sheet: the answers go by their numbers."""
    import pypdf
    from pypdf.errors import FileNotDecryptedError, WrongPasswordError

    if not content[:1024].lstrip().startswith(b"%PDF"):
        raise Broken(NOT_PDF)
    logs = [logging.getLogger(name) for name in ("pypdf", "pdfminer")]  # they tell the terminal of every flaw in a file
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.CRITICAL)
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        form = _form(reader)
        if any(entry.text for entry in form.entries):
            return [form]
        if form.entries:
            return _written_on(content, form, on_sheet) if _typed_upon(reader) else [form]
        return _text(content, on_sheet)
    except (FileNotDecryptedError, WrongPasswordError) as error:
        raise Broken(LOCKED) from error
    except (Broken, MemoryError, TooLong):
        raise
    except Exception as error:  # a damaged PDF fails in as many ways as there are objects in it
        raise Broken(NOT_PDF) from error
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)


def _form(reader: PdfReader) -> Found:
    """What was typed into the fields."""
    from explainer.homework.worksheets.filled_form import fields_of

    found = Found()
    for key, value in fields_of(reader).items():
        if who(key) or key in _OTHERS:
            found.say(key, value)
            continue
        numbered = NUMBERED.fullmatch(key[:MAX_NAME])
        found.entries.append(Entry(value, key if is_name(key) else "", numbered[1] if numbered else "", key[:MAX_NAME]))
    return found


def _typed_upon(reader: PdfReader) -> bool:
    """Whether "add text" of a PDF program was used."""
    notes = (note.get_object() for page in reader.pages[:MAX_PAGES] for note in page.get("/Annots") or [])
    return any(note.get("/Subtype") == "/FreeText" for note in notes)


def _written_on(content: bytes, form: Found, on_sheet: bool) -> list[Found]:
    """A form whose fields were left empty: perhaps the answers were typed upon the page beside them."""
    (text, *others) = _text(content, on_sheet or form.sheet_id is not None)
    if others or not any(entry.text or entry.aside for entry in text.entries):
        return [form]
    text.sheet_id, text.student, text.name = form.sheet_id, form.student or text.student, form.name or text.name
    return [text]


def _text(content: bytes, on_sheet: bool) -> list[Found]:
    """The text of the pages, read as any text is; tables by their heading."""
    from explainer.homework.submissions.lines import LineReader
    from explainer.homework.submissions.pdf_table import blocks
    from explainer.homework.submissions.pdf_text import lines_of, without_margins

    try:
        with memory_within(MEMORY), unpacking_bounded():
            pages = [(page, lines_of(page)) for page in pages_of(content)]
    except MemoryError as error:
        raise Broken(TOO_MUCH) from error
    if not any(lines for _, lines in pages):
        raise Broken(NO_TEXT)
    found = Found()
    text = LineReader(found, on_sheet=on_sheet, wrapped=True)
    pending: list[str] = []
    for page, lines in without_margins(pages):
        for block in blocks(page, lines):
            if isinstance(block, str):
                pending.append(block)
                continue
            text.feed("\n".join(pending))
            text.table(block)
            pending = []
    text.feed("\n".join(pending))
    founds = text.close()
    for one in founds:
        _handed_on(one)
    if not any(one.entries for one in founds):
        found.problems.append(NO_ANSWERS)
    return founds if found.entries or len(founds) == 1 else founds[1:]


def _handed_on(found: Found) -> None:
    """The answers with a line in doubt are the teacher's."""
    from explainer.homework.submissions.pdf_table import DOUBT

    for entry in found.entries:
        if DOUBT in entry.text or DOUBT in entry.aside:
            entry.text, entry.aside = entry.text.replace(DOUBT, ""), entry.aside.replace(DOUBT, "")
            entry.unread = True
            found.problems.append(DOUBTFUL)
