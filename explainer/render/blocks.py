"""Which of a format's methods writes which block: the only place that asks for a block's kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from explainer.document.nodes import Block, Bullets, Equation, Heading, Note, Paragraph, Table

T = TypeVar("T", covariant=True)


class Writer(Protocol[T]):
    """A format: a method for each basic kind of block, and for any other that it shows better than in simpler ones."""

    def heading(self, block: Heading) -> T: ...
    def paragraph(self, block: Paragraph) -> T: ...
    def note(self, block: Note) -> T: ...
    def bullets(self, block: Bullets) -> T: ...
    def equation(self, block: Equation) -> T: ...
    def table(self, block: Table) -> T: ...


def written(block: Block, writer: Writer[T]) -> list[T]:
    """The block in the writer's format, in several pieces where it was taken apart into simpler blocks."""
    method: Callable[[Block], T] | None = getattr(writer, type(block).__name__.lower(), None)
    if method is not None:
        return [method(block)]
    return [piece for part in block.simpler() for piece in written(part, writer)]
