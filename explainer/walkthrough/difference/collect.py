"""The difference of two models: compared as trees, and equal differences told together.

Seventeen more blocks are one term of the sum, and the terms' parameters and multiply-accumulates sum to the differences of the totals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from explainer.i18n.bilingual import Bi
from explainer.walkthrough.difference.compare import Raw, compare
from explainer.walkthrough.difference.pieces import Piece, sizes_of
from explainer.walkthrough.difference.terms import Amount, Inner, Share, Term
from explainer.walkthrough.difference.tree import Node, tree_of

MOST_PATHS = 3
MOST_TERMS = 12  # of equal figures; beyond, blocks of different widths are one term


def difference(before: Iterable[Piece], after: Iterable[Piece]) -> tuple[Term, ...]:
    """The terms, in the order of the second model, what was taken away at its place in the first."""
    found: list[Raw] = []
    compare(tree_of(before), tree_of(after), found)
    return _collected(found)


def _collected(found: Sequence[Raw]) -> tuple[Term, ...]:
    """Equal differences together; where there are many, all of the same layers."""
    pairs: list[Raw] = []
    for kind, one, other in found:
        if kind == "resized" and one is not None and other is not None:
            both = zip(one.leaves, other.leaves, strict=True)
            pairs += [(kind, Node(a.path, a), Node(b.path, b)) for a, b in both if a.macs != b.macs]
        else:
            pairs.append((kind, one, other))
    groups = _grouped(pairs, lambda node: (node.counted, node.sizes, node.amount.params))
    if len(groups) > MOST_TERMS:
        groups = _grouped(pairs, lambda node: (node.counted, node.piece and node.sizes))
    return tuple(_term(group) for group in groups)


def _grouped(pairs: Sequence[Raw], key: Callable[[Node], object]) -> list[list[Raw]]:
    groups: dict[object, list[Raw]] = {}
    for kind, one, other in pairs:
        shown = (one or other) if kind == "resized" else None
        mine = (kind, shown.counted) if shown else (kind, one and key(one), other and key(other))
        groups.setdefault(mine, []).append((kind, one, other))
    return list(groups.values())


def _term(group: list[Raw]) -> Term:
    kind, one, other = group[0]
    shown = other or one
    assert shown is not None
    places = [after or before for _, before, after in group]
    costs = Counter(tuple(node.amount if node else Amount() for node in pair) for _, *pair in group)
    piece = shown.piece
    alike = len({node.sizes for node in places if node}) == 1
    return Term(
        kind=kind,
        title=_title(piece) if piece else None,
        layer_kind=piece.kind if piece else "",
        shares=tuple(Share(count, before, after) for (before, after), count in costs.items()),
        paths=tuple(node.path for node in places if node)[:MOST_PATHS],
        sizes=(_sizes(one, other), _sizes(other, one)) if alike and kind != "resized" else ("", ""),
        working=(_working(one), _working(other)) if alike and kind != "resized" else ("", ""),
        layers=() if piece or not alike else _layers_of(one, other),
    )


def _layers_of(one: Node | None, other: Node | None) -> tuple[Inner, ...]:
    """The layers of a block with parameters; where two blocks have the same layers, those that differ."""
    block = other or one
    assert block is not None
    before: Sequence[Piece | None] = one.leaves if one and other and len(one.leaves) == len(other.leaves) else []
    found = []
    for at, piece in enumerate(block.leaves):
        was = before[at] if at < len(before) else None
        if not piece.params or (was is not None and was.params == piece.params and was.settings == piece.settings):
            continue
        old, new = (sizes_of(was.settings) if was else ""), sizes_of(piece.settings)
        name = piece.path.removeprefix(block.path + ".")
        found.append(Inner(name, _title(piece), new, old if old != new else ""))
    return tuple(found)


def _title(piece: Piece) -> Bi:
    if piece.title is None:
        return Bi(piece.what, piece.what)
    if piece.kind == "ACTIVATION":  # which one is what matters
        return Bi(f"{piece.what}激活层", f"{piece.what} layer")
    return piece.title


def _working(node: Node | None) -> str:
    return node.piece.working if node and node.piece else ""


def _sizes(node: Node | None, other: Node | None) -> str:
    """The sizes of a layer; where those of the other are the same, the settings that are not."""
    if node is None or node.piece is None:
        return ""
    own = sizes_of(node.piece.settings)
    if other is None or other.piece is None or own != sizes_of(other.piece.settings):
        return own
    mine, theirs = node.piece.settings, other.piece.settings
    changed = [f"{name}={mine[name]}" for name in mine if name in theirs and mine[name] != theirs[name]]
    return ", ".join([own, *changed] if own else changed)
