"""Bytes → text, in the encodings that students' programs write; no bytes of a file ever run."""

from __future__ import annotations

import codecs
import os
from pathlib import PurePath

from explainer.homework.submissions.base import Broken
from explainer.i18n.bilingual import Bi

NOT_TEXT = Bi(
    zh="这个文件不是文本，或者编码不明；请另存为UTF-8编码后重交。",
    en="This file is no text, or its encoding is unknown; save it as UTF-8 and hand it in again.",
)
EMPTY = Bi(zh="文件是空的。", en="The file is empty.")

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decoded(content: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16, or GB18030 (GBK, GB2312). Raises Broken."""
    if not content.strip():
        raise Broken(EMPTY)
    for encoding in _candidates(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.removeprefix("\ufeff")
    raise Broken(NOT_TEXT)


def _candidates(content: bytes) -> list[str]:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return [encoding]
    even, odd = content[0:2000:2].count(0), content[1:2000:2].count(0)
    if max(even, odd) > len(content[:2000]) // 8:  # UTF-16 without its mark: every ASCII letter has a zero beside it
        return ["utf-16-le" if odd > even else "utf-16-be"]
    return ["utf-8", "gb18030"]


def name_text(path: PurePath | str) -> str:
    """A path as text that can be printed and stored: names unzipped as GBK bytes are read as GB18030; nothing raises.

    Bytes that are neither UTF-8 nor GB18030 stand as `\\xff`, a lone surrogate as `\\ud800`.
    """
    text = path if isinstance(path, str) else path.as_posix()
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError:
        pass
    return "/".join(_part_text(part) for part in text.split("/"))


def _part_text(part: str) -> str:
    try:
        content = os.fsencode(part)
    except UnicodeEncodeError:  # a surrogate that no file system made
        return part.encode("utf-8", "backslashreplace").decode("utf-8")
    for encoding in ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", "backslashreplace")
