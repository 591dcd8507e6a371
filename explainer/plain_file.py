"""A file that somebody else may have made, read within a limit: neither a pipe nor a file of holes holds the program up."""

from __future__ import annotations

import os
from pathlib import Path

from explainer.i18n.bilingual import Bi

MOST = 32 * 2**20  # bytes of a table, a list or a text that a person wrote
NO_STREAM = Bi(
    zh="“-”（标准输入或输出）在这里不能用，请写文件名；只有 explain check 模型 - 从标准输入读答案。",
    en="'-' (standard input or output) cannot stand here: name a file. Only the answers of 'explain check MODEL -' may come that way.",
)
LARGE = Bi("文件超过{most} MB", "the file is larger than {most} MB")


class TooLarge(OSError):
    """The file was not read: it has more bytes than it may have."""

    def __init__(self, most: int) -> None:
        self.why = LARGE.format(most=str(most // 2**20))
        super().__init__(self.why.en)


def bytes_of(path: Path, most: int = MOST) -> bytes:
    """The file's bytes. What a pipe holds counts as well; one that nobody writes into is empty. Raises OSError, TooLarge."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        if os.fstat(file.fileno()).st_size > most:  # asked first: a file may be all holes
            raise TooLarge(most)
        if hasattr(os, "O_NONBLOCK"):
            os.set_blocking(file.fileno(), True)  # opening must not wait; a writer's text is waited for
        content = file.read(most + 1)
    if len(content) > most:
        raise TooLarge(most)
    return content


def text_of(path: Path, most: int = MOST) -> str:
    """The same as UTF-8 with or without its mark, its lines ended by \\n. Raises UnicodeDecodeError as well."""
    return bytes_of(path, most).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
