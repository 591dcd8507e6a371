"""The layers of a model as a tree by their paths, whose parts can be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from explainer.walkthrough.difference.pieces import Piece, sizes_of
from explainer.walkthrough.difference.terms import Amount


@dataclass
class Node:
    path: str
    piece: Piece | None = None
    children: dict[str, Node] = field(default_factory=dict)

    @cached_property
    def key(self) -> object:
        """Equal for parts that are equal in every figure."""
        if self.piece is not None:
            piece = self.piece
            return (piece.what, _settings(piece), piece.params, piece.macs, piece.shape)
        return tuple(child.key for child in self.children.values())

    @cached_property
    def own(self) -> object:
        """Equal for parts that differ at most in the sizes of what goes through them."""
        if self.piece is not None:
            return (self.piece.what, _settings(self.piece), self.piece.params)
        return tuple(child.own for child in self.children.values())

    @cached_property
    def form(self) -> tuple[object, ...]:
        """Equal for parts of the same layers, whatever their numbers."""
        if self.piece is not None:
            return (self.piece.what,)
        return tuple(child.form for child in self.children.values())

    @cached_property
    def leaves(self) -> list[Piece]:
        if self.piece is not None:
            return [self.piece]
        return [piece for child in self.children.values() for piece in child.leaves]

    @cached_property
    def amount(self) -> Amount:
        return Amount(sum(piece.params for piece in self.leaves), sum(piece.macs or 0 for piece in self.leaves))

    @cached_property
    def counted(self) -> tuple[object, ...]:
        """The layers that have parameters or multiply; of a single layer what it is."""
        if self.piece is not None:
            return (self.piece.what,)
        return tuple(
            (piece.path[len(self.path) :].count("."), piece.what) for piece in self.leaves if piece.params or piece.macs
        )

    @cached_property
    def sizes(self) -> tuple[str, ...]:
        """Those of its layers."""
        return tuple(sizes_of(piece.settings) for piece in self.leaves if piece.params or piece.macs)

    @cached_property
    def is_container(self) -> bool:
        """Whether it has layers: what has parameters of its own alone, a norm written out, is told as one of them."""
        counted = [piece for piece in self.leaves if piece.params or piece.macs]
        return self.piece is None and (not counted or any(piece.kind != "RAW" for piece in counted))

    @cached_property
    def holds_blocks(self) -> bool:
        """Whether containers of one form stand in it several times, at whatever depth."""
        forms = Counter(child.form for child in self.children.values() if child.is_container and len(child.leaves) > 2)
        return any(count > 1 for count in forms.values()) or any(one.holds_blocks for one in self.children.values())


def _settings(piece: Piece) -> object:
    return tuple(sorted((name, str(value)) for name, value in piece.settings.items()))


def tree_of(pieces: Iterable[Piece]) -> Node:
    """The tree; calls of one path stand side by side."""
    root = Node("")
    for piece in pieces:
        node, parts = root, piece.path.split(".")
        for at, part in enumerate(parts[:-1]):
            inner = node.children.setdefault(part, Node(".".join(parts[: at + 1])))
            if inner.piece is not None:  # a call at the same path as what is called in it
                inner = node.children.setdefault(f"{part}.", Node(inner.path))
            node = inner
        name = parts[-1]
        while name in node.children:
            name += "'"
        node.children[name] = Node(piece.path, piece)
    return root
