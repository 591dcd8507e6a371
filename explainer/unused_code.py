"""torch's machine code, given back to the system once nothing of it runs any more.

Of a process that has imported torch some sixty megabytes are the code of its libraries. The system would take it back where memory is
short; where a document is laid out afterwards it need not wait until then. Whatever is called after all is read again, by itself.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

_HEAD = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (r-.p) \S+ \S+ [1-9]\d* +(/.*)$")
_CHANGED = re.compile(r"(?:Private_Dirty|Anonymous|Swap|Locked): +([1-9]\d*) kB$")
_MAPPINGS = Path("/proc/self/smaps")
_MADV_DONTNEED = 4  # Linux's number


def give_back() -> None:
    """Give back what of torch's libraries stands in their files as it does in memory; only Linux says which parts do."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.__file__ or sys.platform != "linux":
        return
    import ctypes

    try:
        mappings = _MAPPINGS.read_text(encoding="utf-8", errors="surrogateescape")
        advise = ctypes.CDLL(None).madvise
    except (OSError, AttributeError):
        return
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in unchanged(mappings, str(Path(torch.__file__).parent)):
        advise(start, end - start, _MADV_DONTNEED)  # where it is refused nothing is lost


def unchanged(mappings: str, folder: str) -> Iterator[tuple[int, int]]:
    """Where files below the folder are in memory to be read or run, and not a page has been written to.

    mappings: as /proc/PID/smaps has them, a line for each and lines about it.
    """
    found: tuple[int, int] | None = None
    for line in mappings.splitlines():
        if head := _HEAD.match(line):
            yield from () if found is None else (found,)
            inside = head[4].startswith(f"{folder}/")
            found = (int(head[1], 16), int(head[2], 16)) if inside else None
        elif not line[:1].isupper():  # another mapping
            yield from () if found is None else (found,)
            found = None
        elif _CHANGED.match(line):
            found = None
    yield from () if found is None else (found,)
