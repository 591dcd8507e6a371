"""Which line of a user's own code an error comes from: the innermost that is no library's."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path

from explainer.i18n.bilingual import Bi, same

AT = Bi(zh="（{file} 第{line}行）", en=" ({file}, line {line})")
_LIBRARIES = tuple(
    {
        str(Path(__file__).parents[1]),
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    }
)


def at_line(error: BaseException) -> Bi:
    """` (net.py, line 12)` for an error that passed through a user's file, or nothing."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if is_users(frame.filename) and frame.lineno:
            return AT.format(file=Path(frame.filename).name, line=str(frame.lineno))
    return same("")


def is_users(filename: str) -> bool:
    """Whether a file of code is neither ours, nor Python's, nor an installed package's."""
    return not filename.startswith((*_LIBRARIES, "<"))
