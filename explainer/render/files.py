"""Which ending is which format, and files written whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from explainer.errors import UserError, text_of
from explainer.i18n.bilingual import Bi, same
from explainer.plain_file import TooLarge

Drawn = Callable[[], str]
"""One of our own drawings as SVG, made when it is asked for."""

UNKNOWN_ENDING = Bi(
    zh="不知道“{path}”该写成什么格式：文件名请以 {endings} 结尾。",
    en="The format of '{path}' is unknown: end the file name in {endings}.",
)
NO_FOLDER = Bi(
    zh="写不了 {path}：没有文件夹 {folder}，请先建立它。",
    en="Cannot write {path}: there is no folder {folder}; create it first.",
)
NOT_WRITABLE = Bi(
    zh="写不了 {path}：{reason}。请换一个位置，或检查权限和剩余空间。",
    en="Cannot write {path}: {reason}. Choose another place, or check the permissions and the space left.",
)


FULL = Bi("磁盘已满", "the disk is full")
OPEN = Bi("同时打开的文件太多（ulimit -n）", "too many files are open (ulimit -n)")
# Of the machine, whatever a program does: no argument and no library is to blame.
MACHINE = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: Bi("磁盘配额已用完", "the disk quota is used up"),
    errno.EFBIG: Bi("文件超过允许的大小（ulimit -f）", "the file is larger than allowed (ulimit -f)"),
    errno.EMFILE: OPEN,
    errno.ENFILE: OPEN,
    errno.ENOMEM: Bi("内存不够", "there is not enough memory"),
    errno.EAGAIN: Bi("不能再启动进程或线程（ulimit -u）", "no more processes or threads can be started (ulimit -u)"),
    errno.EIO: Bi("磁盘读写出错", "the disk fails"),
    errno.EROFS: Bi("磁盘是只读的", "the disk is read-only"),
}
REASONS = {
    errno.ENOENT: Bi("没有这个文件", "there is no such file"),
    errno.EACCES: Bi("没有权限", "permission denied"),
    errno.EPERM: Bi("没有权限", "permission denied"),
    errno.EISDIR: Bi("它是一个文件夹", "it is a folder"),
    errno.ENOTDIR: Bi("路径中有一段不是文件夹", "a part of the path is no folder"),
    errno.ENAMETOOLONG: Bi("文件名太长", "the name is too long"),
    errno.ELOOP: Bi("链接绕成了圈", "its links go round in a circle"),
    **MACHINE,
}
NOT_THERE = Bi("这里不能新建文件", "no file can be made there")
# What the loader of libraries and the threads say in words alone.
SPOKEN = {
    "failed to map segment": errno.ENOMEM,
    "cannot allocate memory": errno.ENOMEM,
    "Too many open files": errno.EMFILE,
    "can't start new thread": errno.EAGAIN,
}
NO_TEMPORARY = Bi(
    zh="临时文件夹写不进去（磁盘已满、没有权限或限制了文件大小；可用 TMPDIR 指定别处）",
    en="no temporary folder can be written to (a full disk, permissions or a limit on file sizes; TMPDIR names another)",
)


def reason(error: OSError) -> Bi:
    """What the system says, in both languages."""
    if "temporary directory" in str(error):
        return NO_TEMPORARY
    if isinstance(error, TooLarge):
        return error.why
    return REASONS.get(error.errno or 0, same(error.strerror or str(error)))


def not_written(path: Path, error: OSError) -> UserError:
    """The sentence for a place that takes no file."""
    why = NOT_THERE if error.errno == errno.ENOENT else reason(error)
    return UserError(NOT_WRITABLE.format(path=str(path), reason=why))


def machine_fault(error: BaseException) -> Bi | None:
    """The machine's own limit behind an error, if there is one: then neither a library nor an argument is to blame."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if isinstance(cause, OSError) and (cause.errno in MACHINE or reason(cause) is NO_TEMPORARY):
            return reason(cause)
        said = text_of(cause) if isinstance(cause, ImportError | RuntimeError) else ""
        for words, number in SPOKEN.items():
            if words in said:
                return MACHINE[number]
        cause = cause.__cause__ or cause.__context__
    return None


def _one_of(endings: tuple[str, ...]) -> Bi:
    *first, last = endings
    if not first:
        return same(last)
    return Bi(f"{'、'.join(first)} 或 {last}", f"{', '.join(first)} or {last}")


def ending_of(path: Path, endings: Iterable[str]) -> str:
    """Which of these endings, or whole names, a file has, whatever its letters' case: `.test.txt` before `.txt`. "" where it has none.

    >>> ending_of(Path("Week1.TEST.txt"), (".txt", ".test.txt"))
    '.test.txt'
    """
    name = path.name.lower()
    fits = [each for each in endings if name == each.lower() or (each.startswith(".") and name.endswith(each.lower()))]
    return max(fits, key=len, default="")


def check_target(path: Path, endings: tuple[str, ...], others: tuple[str, ...] = ()) -> None:
    """Before the work: the ending is one of these and the place can be written; others: endings that somebody else writes. Raises UserError."""
    if not ending_of(path, endings):
        raise UserError(UNKNOWN_ENDING.format(path=str(path), endings=_one_of((*endings, *others))))
    folder = path.parent
    if not folder.is_dir():
        raise UserError(NO_FOLDER.format(path=str(path), folder=str(folder)))
    if path.is_dir() or not os.access(folder, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        number = errno.EISDIR if path.is_dir() else errno.EACCES
        raise UserError(NOT_WRITABLE.format(path=str(path), reason=REASONS[number]))


def from_markdown(
    markdown: str,
    ending: str,
    base: Path | None = None,
    pictures: Mapping[str, Drawn] | None = None,
    css: str = "",
) -> bytes:
    """The last stages, shared with `explain render`: Markdown → HTML → PDF. Raises UserError.

    base: the Markdown's folder, whose pictures come along. pictures: our own drawings by their address in the text.
    css: a style sheet of the user's own.
    """
    if ending == ".md":
        return markdown.encode()
    if ending == ".html":
        from explainer.render.html.page import to_html

        return to_html(markdown, base=base, pictures=pictures, css=css).encode()
    from explainer.render.pdf.write import to_pdf

    return to_pdf(markdown, base=base, pictures=pictures, css=css)


@contextmanager
def folder_written(folder: Path, files: Mapping[str, bytes]) -> Iterator[None]:
    """The files of a folder, whole or not at all, and what is written while they are new.

    All are ready beside it before the first is moved in; a folder that is new disappears again where anything fails.
    Raises UserError.
    """
    new = not folder.exists()
    try:
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as temporary:
            for name, content in files.items():
                (Path(temporary) / name).write_bytes(content)
            folder.mkdir(exist_ok=True)
            for name in files:
                os.replace(Path(temporary) / name, folder / name)
        yield
    except BaseException as error:
        if new:
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise not_written(folder, error) from error
        raise


def write(path: Path, content: bytes | Callable[[IO[bytes]], None]) -> None:
    """Write a file whole: first beside it, then moved into place. content: or what writes it. Raises UserError."""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise not_written(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                content(file)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        os.unlink(temporary)
        raise not_written(path, error) from error
    except BaseException:  # Ctrl-C too leaves nothing half-written
        os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
