"""The text of a user's Python file, whatever it was saved as: UTF-8 with or without a mark, UTF-16, GBK; blanks from the web."""

from __future__ import annotations

import ast
import contextlib
import io
import re
import tokenize
from pathlib import Path

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible

MOST_BYTES = 50 * 2**20
NOT_TEXT = Bi(
    zh="{path} 不是文本文件，或者编码无法识别：请另存为UTF-8。",
    en="{path} is no text, or in an unknown encoding: save it as UTF-8.",
)
LARGE = Bi(zh="{path} 太大，不像是Python代码。", en="{path} is too large to be Python code.")
# What editors and web pages put for a blank, and Python refuses; and marks that have no width at all.
_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_NOTHING = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_STRANGE = re.compile(r"invalid (?:non-printable )?character")


def read_source(path: Path) -> str:
    """The file as text that Python takes, if only its encoding or its blanks stood in the way. Raises UserError."""
    if path.stat().st_size > MOST_BYTES:
        raise UserError(LARGE.format(path=visible(str(path))))
    text = _decoded(path.read_bytes())
    if text is None:
        raise UserError(NOT_TEXT.format(path=visible(str(path))))
    return with_plain_blanks(text)


def with_plain_blanks(text: str) -> str:
    """With ordinary blanks for those that Python does not know, where it stumbles over them."""
    try:
        ast.parse(text)
    except SyntaxError as error:
        if _STRANGE.search(str(error)):
            return _NOTHING.sub("", _BLANKS.sub(" ", text))
    except (ValueError, RecursionError, MemoryError):
        pass  # it will be said when it is compiled
    return text


def _decoded(data: bytes) -> str | None:
    """By its mark, by what its first lines say, as UTF-8, then as Chinese Windows writes it."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        names = ["utf-16"]
    else:
        names = ["utf-8-sig", "gb18030"]
        with contextlib.suppress(SyntaxError):
            names.insert(0, tokenize.detect_encoding(io.BytesIO(data).readline)[0])
    for name in names:
        try:
            text = data.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    return None
