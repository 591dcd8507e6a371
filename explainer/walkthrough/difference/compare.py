"""Which parts of one model answer to which of another: equal parts of a container wherever they stand in it, others by their place."""

from __future__ import annotations

from collections import Counter

from explainer.walkthrough.difference.terms import TermKind
from explainer.walkthrough.difference.tree import Node

Raw = tuple[TermKind, "Node | None", "Node | None"]
"""A difference before it is told: the part before, and the part after."""


def compare(before: Node, after: Node, found: list[Raw]) -> None:
    """The differences of two containers at one place."""
    left, right = _unmatched(before, after)
    _resized(left, right, found)
    listed = _is_list(before, after)
    for name in [name for name in left if name in right]:
        one, other = left[name], right[name]
        if one.piece is not None or other.piece is not None:
            continue
        del left[name], right[name]
        if one.holds_blocks or other.holds_blocks:
            compare(one, other, found)
        elif one.form == other.form and listed:
            found.append(("changed", one, other))
        elif listed and not _alike(one, other):
            found += [("removed", one, None), ("added", None, other)]
        else:
            compare(one, other, found)
    _layers(list(left.values()), list(right.values()), found)


def _is_list(before: Node, after: Node) -> bool:
    """Whether the containers in them are blocks: some of them have the same layers."""
    forms = Counter(child.form for node in (before, after) for child in _containers(node))
    alone = [Counter(child.form for child in _containers(node)) for node in (before, after)]
    return any(count > 2 for count in forms.values()) or any(count > 1 for one in alone for count in one.values())


def _containers(node: Node) -> list[Node]:
    return [child for child in node.children.values() if child.is_container]


def _unmatched(before: Node, after: Node) -> tuple[dict[str, Node], dict[str, Node]]:
    """The children that have no equal one: by name first, so that what stands in its place is not moved."""
    left, right = dict(before.children), dict(after.children)
    for name in [name for name in left if name in right and left[name].key == right[name].key]:
        del left[name], right[name]
    waiting: dict[object, list[str]] = {}
    for name, node in right.items():
        waiting.setdefault(node.key, []).append(name)
    for name in list(left):
        if names := waiting.get(left[name].key):
            del left[name], right[names.pop(0)]
    return left, right


def _resized(left: dict[str, Node], right: dict[str, Node], found: list[Raw]) -> None:
    """Takes out those that are equal but for the sizes of what goes through them, in order."""
    waiting: dict[object, list[str]] = {}
    for name, node in right.items():
        waiting.setdefault(node.own, []).append(name)
    for name in list(left):
        if names := waiting.get(left[name].own):
            found.append(("resized", left.pop(name), right.pop(names.pop(0))))


def _layers(left: list[Node], right: list[Node], found: list[Raw]) -> None:
    """What is left over in a container: layers of one kind in order, the rest added or taken away."""
    for one in left:
        like = next(
            (other for other in right if one.piece and other.piece and one.piece.what == other.piece.what), None
        )
        if like is None:
            found.append(("removed", one, None))
        else:
            right.remove(like)
            found.append(("changed", one, like))
    found += [("added", None, other) for other in right]


def _alike(one: Node, other: Node) -> bool:
    """Whether two blocks share so many layers that one is the other with something added."""
    ours, theirs = (Counter(piece.what for piece in node.leaves) for node in (one, other))
    shared, all_of = sum((ours & theirs).values()), max(len(one.leaves), len(other.leaves))
    return 10 * shared >= 8 * all_of or shared == all_of - 1
