"""Pictures of a Markdown file, carried inside the page; nothing outside the file's own folder is ever opened."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote, urlsplit

MAX_BYTES = 20 * 1024 * 1024


def data_uri(source: str, base: Path | None) -> str | None:
    """The picture as a data: URI, or nothing when it may not be, or cannot be, read."""
    path = _allowed_path(source, base)
    if path is None:
        return None
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return None
        content = path.read_bytes()
    except OSError:
        return None
    kind = _kind(content)
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}" if kind else None


def drawn(address: str, base: Path | None, pictures: Mapping[str, Callable[[], str]]) -> str | None:
    """A drawing to be put into the page: one of ours by its address, or an SVG file, without what is not allowed in one."""
    from explainer.render.html.svg import cleaned

    if address in pictures:
        return pictures[address]()
    path = _allowed_path(address, base) if address.lower().endswith(".svg") else None
    if path is None:
        return None
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return None
        content = path.read_bytes()
    except OSError:
        return None
    return cleaned(content)


def _allowed_path(source: str, base: Path | None) -> Path | None:
    """A relative path that, links followed, still lies in the folder."""
    if base is None or not source or "\x00" in source:
        return None
    try:
        address = urlsplit(source)
    except ValueError:
        return None
    if address.scheme or address.netloc or source.startswith(("/", "\\")):
        return None
    name = unquote(address.path)
    parts = PureWindowsPath(name)
    if "\x00" in name or parts.drive or parts.root or PurePosixPath(name).is_absolute() or ".." in parts.parts:
        return None
    try:
        folder = base.resolve()
        path = (folder / name).resolve()
    except (OSError, RuntimeError):
        return None
    return path if path.is_relative_to(folder) else None


def _kind(content: bytes) -> str | None:
    """The picture's type by its first bytes: the name says nothing."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None
