"""The files of a class: every entry of a folder gets a row, whatever it is and however it is called."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from explainer.errors import UserError
from explainer.homework.expressions import expression
from explainer.homework.submissions.decode import name_text
from explainer.i18n.bilingual import Bi, same
from explainer.i18n.printable import visible

_IGNORED = expression(r"^(?:\.|~\$|__MACOSX$|Thumbs\.db$|desktop\.ini$|keys$|sheets\.(?:csv|json)$)", re.IGNORECASE)

NO_FOLDER = Bi(zh="没有文件夹或文件 {path}，请检查路径。", en="There is no folder or file {path}; check the path.")
EMPTY = Bi(zh="{path} 里没有作业文件。", en="There are no submissions in {path}.")


class Sent(NamedTuple):
    """One file. name: as the results call it, always text that can be printed and stored; path: as the system has it; key:
    what it is remembered under, so that two names that read alike stay two."""

    name: str
    path: Path
    key: str


def submitted(where: Path | Sequence[Path], ours: Callable[[Path], bool]) -> list[Sent]:
    """Every submission in order: subfolders too, but no hidden files and none of our own. Raises UserError for none.

    Pipes, devices, links and folders that cannot be opened are in the list: reading them gives a sentence in their row.
    """
    if not isinstance(where, Path):
        missing = next((path for path in where if not path.exists() and not path.is_symlink()), None)
        if missing is not None:
            raise UserError(NO_FOLDER.format(path=same(visible(name_text(missing)))))
        return sorted((Sent(name_text(path.name), path, str(path)) for path in where), key=_order)
    if not where.is_dir():
        raise UserError(NO_FOLDER.format(path=same(visible(name_text(where)))))
    found = [_sent(path, where) for path in _entries(where) if not ours(path)]
    if not found:
        raise UserError(EMPTY.format(path=same(visible(name_text(where)))))
    return sorted(found, key=_order)


def _sent(path: Path, folder: Path) -> Sent:
    raw = path.relative_to(folder).as_posix()
    name = name_text(raw)
    return Sent(name, path, name if name == raw else f"{name}\n{raw}")


def _entries(folder: Path) -> Iterator[Path]:
    """What is no folder, in this folder and below; links are not followed. A folder that cannot be read is itself an entry, and so is
    one in which nothing is, for the platform made it for a student."""
    waiting, filled, empty = [folder], set[Path](), list[Path]()
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    if _IGNORED.match(entry.name):
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(here / entry.name)
                        empty += [here / entry.name] if here == folder else []
                    else:
                        filled.add(here)
                        yield here / entry.name
        except OSError:
            if here == folder:
                raise
            filled.add(here)
            yield here
    yield from (one for one in empty if not any(one in (path, *path.parents) for path in filled))


def natural(text: str) -> list[tuple[int, int, str]]:
    """For sorting: v2 before v10."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.findall(r"\d{1,18}|\D+", text)]


def _order(sent: Sent) -> tuple[list[tuple[int, int, str]], str, bytes]:
    return natural(sent.name), sent.name, os.fsencode(sent.path)
