"""The filled worksheet: the fields of a PDF form."""

from __future__ import annotations

import io
import logging

from explainer.errors import UserError
from explainer.homework.submissions.base import MAX_NAME, Broken, Entry, Found, who
from explainer.homework.submissions.limits import TooLong
from explainer.homework.submissions.scan import is_name
from explainer.homework.submissions.tables import NUMBERED
from explainer.i18n.bilingual import Bi

NO_FIELDS = Bi(
    zh="这个PDF没有可填写的栏目（可能是扫描件或打印件）；请在原来的练习PDF中填写并保存。",
    en="This PDF has no fields filled in (perhaps it is a scan or a print); fill in the worksheet PDF itself and save it.",
)
NOT_PDF = Bi(
    zh="文件已损坏，或者并不是PDF；请重新保存后再交。",
    en="The file is damaged or is no PDF; save it again and hand it in again.",
)
_OTHERS = ("group", "score")  # of the worksheet's head


def read_pdf(content: bytes) -> list[Found]:
    """Raises Broken where there is nothing to read."""
    from explainer.homework.worksheets.filled_form import read_fields

    if not content[:1024].lstrip().startswith(b"%PDF"):
        raise Broken(NOT_PDF)
    log = logging.getLogger("pypdf")  # it tells the terminal of every flaw in a file
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        fields = read_fields(io.BytesIO(content))
    except UserError as error:
        raise Broken(error.message) from error
    except (MemoryError, TooLong):
        raise
    except Exception as error:  # a damaged PDF fails in as many ways as there are objects in it
        raise Broken(NOT_PDF) from error
    finally:
        log.setLevel(level)
    found = Found()
    for key, value in fields.items():
        if who(key) or key in _OTHERS:
            found.say(key, value)
            continue
        numbered = NUMBERED.fullmatch(key[:MAX_NAME])
        found.entries.append(Entry(value, key if is_name(key) else "", numbered[1] if numbered else "", key[:MAX_NAME]))
    if not found.entries:
        raise Broken(NO_FIELDS)
    return [found]
