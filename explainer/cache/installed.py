"""What is installed, read from the names of folders: `importlib.metadata` would take longer than reading a lesson."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence


def distributions() -> Iterator[tuple[str, str, str]]:
    """Each installed package: its name as folders spell it, its version, and the folder that says so; the first counts."""
    seen = set()
    for place in sys.path:
        try:
            found = sorted(os.listdir(place or os.curdir))
        except OSError:  # a zip file, or a folder that is gone
            continue
        for entry in found:
            stem, ending = os.path.splitext(entry)
            if ending in (".dist-info", ".egg-info"):
                name, _, version = stem.partition("-")
                normal = name.lower().replace(".", "_").replace("-", "_")
                if normal not in seen:
                    seen.add(normal)
                    yield normal, version, os.path.join(place, entry)


def versions_and_plugins(packages: Sequence[str], group: bytes) -> list[tuple[str, str, bytes]]:
    """(name, version, what it plugs in) of these packages, and of every other that plugs into the group.

    Raises ValueError where a plug-in is installed to be edited in place: its version does not say what it does.
    """
    found = []
    for name, version, folder in distributions():
        plugged = _read(os.path.join(folder, "entry_points.txt"))
        if group not in plugged:
            plugged = b""
        elif b'"editable"' in _read(os.path.join(folder, "direct_url.json")):
            raise ValueError(f"{name} is edited in place")
        if plugged or name in packages:
            found.append((name, version, plugged))
    return sorted(found)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
