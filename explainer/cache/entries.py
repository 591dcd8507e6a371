"""The files of the cache: read, written, thrown away. Whatever is wrong with one costs time, never correctness."""

from __future__ import annotations

import hashlib
import os
import sys
import zlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explainer.walkthrough.model import Walkthrough

MOST_BYTES = 64 * 2**20
"""The cache's size: beyond it the oldest walkthroughs go. VGG16 takes 6 kB, Llama-405B 0.3 MB."""
_ENDING = ".walkthrough"
_MAGIC = b"explainer-cache 1\n"


def folder() -> Path:
    """`EXPLAINER_CACHE_DIR`, else the platform's place for caches."""
    if given := os.environ.get("EXPLAINER_CACHE_DIR"):
        return Path(given)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "explainer"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "explainer" / "cache"
    shared = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(shared) if os.path.isabs(shared) else Path.home() / ".cache") / "explainer"


def load(name: str) -> Walkthrough | None:
    """The walkthrough kept under this name, or None."""
    try:
        path = folder() / f"{name}{_ENDING}"
        if not _is_ours(path):
            return None
        content = path.read_bytes()
        walk = _read(name, content)
    except Exception:  # whatever is wrong with the file costs time, never correctness
        return None
    with suppress(OSError):
        os.utime(path)  # the oldest to go is the one not used for longest
    return walk


def _is_ours(path: Path) -> bool:
    """A file that another user put there says nothing."""
    return not hasattr(os, "geteuid") or path.lstat().st_uid == os.geteuid()


def _digest(name: str, packed: bytes) -> bytes:
    """Of the name too: an entry that was copied or renamed to that of another model says nothing of this one."""
    return hashlib.sha256(name.encode() + b"\n" + packed).digest()


def _read(name: str, content: bytes) -> Walkthrough:
    from explainer.walkthrough.file import limits
    from explainer.walkthrough.file.read import from_bytes

    digest, packed = content[len(_MAGIC) : len(_MAGIC) + 32], content[len(_MAGIC) + 32 :]
    if not content.startswith(_MAGIC) or _digest(name, packed) != digest:
        raise ValueError("not a file of the cache")
    unpacking = zlib.decompressobj()
    plain = unpacking.decompress(packed, limits.BYTES)
    if not unpacking.eof:
        raise ValueError("too large")
    return replace(from_bytes(plain), recorded=False)  # run by these very versions: nothing to say of an older record


def store(name: str, walk: Walkthrough) -> None:
    """Keep a walkthrough: written whole or not at all. Where it cannot be kept, it is not."""
    try:
        import msgspec

        from explainer.walkthrough.file.write import to_plain

        packed = zlib.compress(msgspec.json.encode({"walkthrough": to_plain(walk)}), 6)
        content = _MAGIC + _digest(name, packed) + packed
        if len(content) > MOST_BYTES:
            return
        place = folder()
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(place / f"{name}{_ENDING}", content)
        _evict(place)
    except Exception:  # a full or read-only disk, a value that a file cannot hold
        return


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink()


def _evict(place: Path) -> None:
    """The ones not used for longest go, until the rest fits."""
    kept = sorted(_files(place), key=lambda found: found[0], reverse=True)
    size = 0
    for _, bytes_, path in kept:
        size += bytes_
        if size > MOST_BYTES:
            with suppress(OSError):
                path.unlink()


def _files(place: Path) -> list[tuple[int, int, Path]]:
    """When last used, size and path of each file of ours, what an interrupted run left among them."""
    found = []
    with suppress(OSError):
        for entry in os.scandir(place):
            if entry.name.endswith(_ENDING) or (_ENDING in entry.name and entry.name.endswith(".new")):
                with suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    found.append((status.st_mtime_ns, status.st_size, Path(entry.path)))
    return found


def size() -> tuple[int, int]:
    """How many walkthroughs are kept, and their bytes."""
    try:
        files = _files(folder())
    except RuntimeError:  # no home folder
        return 0, 0
    return len(files), sum(bytes_ for _, bytes_, _ in files)


def clear() -> tuple[int, int]:
    """Delete all that is kept; how many and how many bytes that were. Files that are not the cache's stay."""
    count = freed = 0
    with suppress(RuntimeError):
        for _, bytes_, path in _files(folder()):
            with suppress(OSError):
                path.unlink()
                count, freed = count + 1, freed + bytes_
    return count, freed
