"""The name under which a walkthrough is kept: whatever could change it is in it."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Sequence
from pathlib import Path

from explainer.cache.installed import versions_and_plugins
from explainer.plain_file import bytes_of

_PACKAGES = ("explainer", "torch", "torchvision", "timm", "transformers")
# What only reads a walkthrough cannot change it.
_READERS = {"cache", "cli", "comparison", "document", "drawing", "export", "figures", "formats", "homework"}
_READERS |= {"ledger", "lesson", "render"}


def key(
    target: str, inputs: Sequence[str], arguments: Sequence[str], batch: int | None, train: bool, real: bool
) -> str | None:
    """The name of this walkthrough in the cache. None for what is never kept."""
    try:
        source = _source(target)
        if source is None or real:
            return None
        parts = [source, [*inputs], [*arguments], batch, train, _packages(), _ourselves()]
    except (OSError, ValueError, RuntimeError):  # an unreadable configuration, a plug-in that is being written
        return None
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _source(target: str) -> tuple[str, str] | None:
    """The target, with the contents of a configuration; None where it is not a package's."""
    library, colon, name = target.partition(":")
    if not colon:
        named = target.replace("_", "").isalnum() and not Path(target).exists()  # torchvision's names, not a folder's
        return (target, "") if named else None
    if library == "hf":
        path = Path(name)
        path = path / "config.json" if path.is_dir() else path
        if path.suffix == ".json" or path.is_file():
            # The path belongs to it: the lesson is named after the folder.
            return target, hashlib.sha256(bytes_of(path)).hexdigest()
    return (target, "") if library in ("timm", "hf") and "/" not in name else None


def _packages() -> list[tuple[str, str, bytes]]:
    """The versions of Python and the libraries, and the rules that installed packages bring."""
    return [("python", platform.python_version(), b""), *versions_and_plugins(_PACKAGES, b"explainer.rules")]


def _ourselves() -> str:
    """Our own sources, by their contents: who changes a rule gets new lessons."""
    home = os.path.dirname(os.path.dirname(__file__))
    digest = hashlib.sha256()
    for root, folders, files in os.walk(home):
        unread = {"__pycache__"} | (_READERS if root == home else set())
        folders[:] = sorted(name for name in folders if name not in unread)
        for name in sorted(files):
            if name.endswith(".py"):
                path = os.path.join(root, name)
                with open(path, "rb", buffering=0) as file:
                    content = file.read()
                digest.update(f"{path[len(home) :]}:{len(content)}\n".encode())
                digest.update(content)
    return digest.hexdigest()
