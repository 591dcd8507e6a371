"""What an output format is: the ending of its files, and how a lesson becomes their bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO, Protocol

from msgspec import Struct

from explainer.document.nodes import Document
from explainer.walkthrough.model import Walkthrough


class Lesson(Protocol):
    """What a format may take: the page as Markdown or block by block, or the figures themselves.

    css: a style sheet of the user's own. drawings: what draws each picture, by the address that the Markdown has for it; files: the pictures, by their names in the
    folder that the Markdown names.
    """

    @property
    def walkthrough(self) -> Walkthrough: ...
    @property
    def css(self) -> str: ...
    def document(self) -> Document: ...
    def to_markdown(self) -> str: ...
    def to_json(self) -> str: ...
    def json_writer(self) -> Callable[[IO[bytes]], None]: ...
    def drawings(self) -> Mapping[str, Callable[[], str]]: ...
    def files(self) -> Mapping[str, bytes]: ...


class Format(Struct, frozen=True):
    """An output format.

    ending: with its dot, in lower case. write: the bytes of the file, or what writes them into it piece by piece; it raises
    UserError where the format is not available. order: its place where formats are listed. beside: files that belong to it, for a folder beside it.

    >>> FORMAT = Format(".txt", lambda lesson: lesson.to_markdown().encode(), order=9)   # doctest: +SKIP
    """

    ending: str
    write: Callable[[Lesson], bytes | Callable[[IO[bytes]], None]]
    order: int = 9
    beside: Callable[[Lesson], Mapping[str, bytes]] | None = None
