"""WeasyPrint's native libraries on Linux, without a search that cannot find them.

WeasyPrint tries each library under the names of several systems, Windows' first. For a name that the loader does not
know, Python asks `ldconfig`, `gcc` and `ld`, five processes a name and 0.3 s in all, before the name of Linux's own has
its turn.
"""

from __future__ import annotations

import ctypes.util
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from threading import RLock

_NAMES = ("gobject", "pango", "harfbuzz", "fontconfig")
_lock = RLock()


@contextmanager
def found_by_soname() -> Iterator[None]:
    """While WeasyPrint is imported: what the loader does not find under a name is not searched for.

    What WeasyPrint prints where that fails is not shown: its import is then tried again with the search.
    """
    if not sys.platform.startswith("linux") or "weasyprint" in sys.modules:
        yield
        return
    search = ctypes.util.find_library

    def known_to_the_loader(name: str) -> str | None:
        return None if name.removeprefix("lib").startswith(_NAMES) else search(name)

    with _lock, redirect_stdout(io.StringIO()):
        ctypes.util.find_library = known_to_the_loader
        try:
            yield
        finally:
            ctypes.util.find_library = search
