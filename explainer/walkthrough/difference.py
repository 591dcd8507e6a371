"""What one model has and another has not, as a sum: layers and blocks added, taken away and changed, equal ones together.

The models are compared as trees of their layers, by the paths: equal parts of a container answer to one another
wherever they stand in it, those that are left over by their place. So that seventeen more blocks are one term of the
sum, and the terms' parameters and multiply-accumulates sum to the differences of the totals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from explainer.i18n.bilingual import Bi
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.settings import Setting, settings_of, working_of

TermKind = Literal["added", "removed", "changed", "resized"]
"""resized: the same layers on maps of another size, so that only their cost differs."""
MOST_PATHS = 3
MOST_TERMS = 12  # of equal figures; beyond, blocks of different widths are one term


@dataclass(frozen=True)
class Piece:
    """A layer as far as two models are compared by it.

    what: its rule's name, or its class where none explains it; kind: of layer, as a name of `Kind`. params: what it adds to the total;
    macs: None where it makes none that are known. working: its parameters with the numbers in the formula.
    """

    path: str
    what: str
    kind: str
    title: Bi | None
    settings: Mapping[str, Setting]
    params: int
    macs: int | None
    shape: Shape
    working: str = ""


@dataclass(frozen=True)
class Amount:
    """What a layer or a block adds to the totals."""

    params: int = 0
    macs: int = 0

    def times(self, count: int) -> Amount:
        return Amount(count * self.params, count * self.macs)

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.params + other.params, self.macs + other.macs)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.params - other.params, self.macs - other.macs)


@dataclass(frozen=True)
class Inner:
    """A layer within a block that has parameters: its name there, and what it is; before: its sizes in the other model, where they are others."""

    name: str
    title: Bi
    sizes: str
    before: str = ""


@dataclass(frozen=True)
class Share:
    """So many of a term's differences, each of which is the same: what stands there before and after."""

    count: int
    before: Amount
    after: Amount

    @property
    def each(self) -> Amount:
        return self.after - self.before


@dataclass(frozen=True)
class Term:
    """Differences of one kind. shares: those that are equal in every figure together; more than one where blocks grow.

    title: of a layer; None for a block, which has `layers` (of the model after, or of the one before where it is taken away).
    paths: the first places, in the model where it stands. sizes, working: of a layer, before and after.
    """

    kind: TermKind
    title: Bi | None
    layer_kind: str
    shares: tuple[Share, ...]
    paths: tuple[str, ...]
    sizes: tuple[str, str] = ("", "")
    working: tuple[str, str] = ("", "")
    layers: tuple[Inner, ...] = ()

    @property
    def count(self) -> int:
        return sum(share.count for share in self.shares)

    @property
    def total(self) -> Amount:
        """What the term adds to the difference of the totals."""
        return sum((share.each.times(share.count) for share in self.shares), Amount())

    @property
    def params(self) -> tuple[int, int] | None:
        """The parameters of one, before and after; None where they are not all the same."""
        found = {(share.before.params, share.after.params) for share in self.shares}
        return next(iter(found)) if len(found) == 1 else None


def pieces_of(walk: Walkthrough) -> list[Piece]:
    """The layers of a walkthrough, called or not, and its parameters that belong to none."""
    found = [
        Piece(
            path=layer.path,
            what=layer.rule.name if layer.rule else layer.type,
            kind=layer.kind.name,
            title=layer.rule.title if layer.rule else None,
            settings=settings_of(layer),
            params=layer.counted,
            macs=layer.macs.value if layer.macs else None,
            shape=layer.call.output_shapes[0] if layer.call.output_shapes else (),
            working=working_of(layer) if layer.counted == layer.value else "",
        )
        for layer in walk.layers
    ]
    for part in walk.uncalled:
        settings = {symbol.name: value for symbol, value in part.params.values.items()} if part.params else {}
        what, title = (part.rule.name, part.rule.title) if part.rule else (part.type, None)
        kind = part.rule.kind.name if part.rule else "OTHER"
        found.append(Piece(part.path, what, kind, title, settings, part.counted, None, (), working_of(part)))
    return [*found, *raw_pieces({raw.name: raw.params for raw in walk.raw_parameters})]


RAW = Bi("直接使用的参数", "parameter used directly")


def raw_pieces(raw: Mapping[str, int]) -> list[Piece]:
    """Parameters that belong to no layer, by their sizes."""
    return [Piece(name, "", "RAW", RAW, {}, size, None, ()) for name, size in raw.items()]


def difference(before: Iterable[Piece], after: Iterable[Piece]) -> tuple[Term, ...]:
    """The terms, in the order of the second model, what was taken away at its place in the first."""
    found: list[_Raw] = []
    _compare(_tree(before), _tree(after), found)
    return _collected(found)


@dataclass
class _Node:
    path: str
    piece: Piece | None = None
    children: dict[str, _Node] = field(default_factory=dict)

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
    def holds_blocks(self) -> bool:
        """Whether containers of one form stand in it several times, at whatever depth."""
        forms = Counter(child.form for child in self.children.values() if child.piece is None and len(child.leaves) > 2)
        return any(count > 1 for count in forms.values()) or any(one.holds_blocks for one in self.children.values())


_Raw = tuple[TermKind, "_Node | None", "_Node | None"]


def _settings(piece: Piece) -> object:
    return tuple(sorted((name, str(value)) for name, value in piece.settings.items()))


def _tree(pieces: Iterable[Piece]) -> _Node:
    root = _Node("")
    for piece in pieces:
        node, parts = root, piece.path.split(".")
        for at, part in enumerate(parts[:-1]):
            inner = node.children.setdefault(part, _Node(".".join(parts[: at + 1])))
            if inner.piece is not None:  # a call at the same path as what is called in it
                inner = node.children.setdefault(f"{part}.", _Node(inner.path))
            node = inner
        name = parts[-1]
        while name in node.children:
            name += "'"
        node.children[name] = _Node(piece.path, piece)
    return root


def _compare(before: _Node, after: _Node, found: list[_Raw]) -> None:
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
            _compare(one, other, found)
        elif one.form == other.form and listed:
            found.append(("changed", one, other))
        elif listed and not _alike(one, other):
            found += [("removed", one, None), ("added", None, other)]
        else:
            _compare(one, other, found)
    _layers(list(left.values()), list(right.values()), found)


def _is_list(before: _Node, after: _Node) -> bool:
    """Whether the containers in them are blocks: some of them have the same layers."""
    forms = Counter(child.form for node in (before, after) for child in _containers(node))
    alone = [Counter(child.form for child in _containers(node)) for node in (before, after)]
    return any(count > 2 for count in forms.values()) or any(count > 1 for one in alone for count in one.values())


def _containers(node: _Node) -> list[_Node]:
    return [child for child in node.children.values() if child.piece is None]


def _unmatched(before: _Node, after: _Node) -> tuple[dict[str, _Node], dict[str, _Node]]:
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


def _resized(left: dict[str, _Node], right: dict[str, _Node], found: list[_Raw]) -> None:
    """Takes out those that are equal but for the sizes of what goes through them, in order."""
    waiting: dict[object, list[str]] = {}
    for name, node in right.items():
        waiting.setdefault(node.own, []).append(name)
    for name in list(left):
        if names := waiting.get(left[name].own):
            found.append(("resized", left.pop(name), right.pop(names.pop(0))))


def _layers(left: list[_Node], right: list[_Node], found: list[_Raw]) -> None:
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


def _alike(one: _Node, other: _Node) -> bool:
    """Whether two blocks share so many layers that one is the other with something added."""
    ours, theirs = (Counter(piece.what for piece in node.leaves) for node in (one, other))
    return 10 * sum((ours & theirs).values()) >= 8 * max(len(one.leaves), len(other.leaves))


def _collected(found: Sequence[_Raw]) -> tuple[Term, ...]:
    """Equal differences together; where there are many, all of the same layers."""
    pairs: list[_Raw] = []
    for kind, one, other in found:
        if kind == "resized" and one is not None and other is not None:
            both = zip(one.leaves, other.leaves, strict=True)
            pairs += [(kind, _Node(a.path, a), _Node(b.path, b)) for a, b in both if a.macs != b.macs]
        else:
            pairs.append((kind, one, other))
    groups = _grouped(pairs, lambda node: (node.counted, node.sizes, node.amount.params))
    if len(groups) > MOST_TERMS:
        groups = _grouped(pairs, lambda node: (node.counted, node.piece and node.sizes))
    return tuple(_term(group) for group in groups)


def _grouped(pairs: Sequence[_Raw], key: Callable[[_Node], object]) -> list[list[_Raw]]:
    groups: dict[object, list[_Raw]] = {}
    for kind, one, other in pairs:
        shown = (one or other) if kind == "resized" else None
        mine = (kind, shown.counted) if shown else (kind, one and key(one), other and key(other))
        groups.setdefault(mine, []).append((kind, one, other))
    return list(groups.values())


def _term(group: list[_Raw]) -> Term:
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


def _layers_of(one: _Node | None, other: _Node | None) -> tuple[Inner, ...]:
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


def _working(node: _Node | None) -> str:
    return node.piece.working if node and node.piece else ""


def _sizes(node: _Node | None, other: _Node | None) -> str:
    """The sizes of a layer; where those of the other are the same, the settings that are not."""
    if node is None or node.piece is None:
        return ""
    own = sizes_of(node.piece.settings)
    if other is None or other.piece is None or own != sizes_of(other.piece.settings):
        return own
    mine, theirs = node.piece.settings, other.piece.settings
    changed = [f"{name}={mine[name]}" for name in mine if name in theirs and mine[name] != theirs[name]]
    return ", ".join([own, *changed] if own else changed)


def sizes_of(settings: Mapping[str, Setting]) -> str:
    """What a layer is called by: the kernel, what goes in and comes out.

    >>> sizes_of({"k_h": 3, "k_w": 3, "C_in": 256, "C_out": 512})
    '3×3, 256→512'
    """
    parts = []
    kernel = [str(settings[name]) for name in ("k", "k_d", "k_h", "k_w") if name in settings]
    if kernel:
        parts.append("×".join(kernel))
    for inside, out in (("C_in", "C_out"), ("F_in", "F_out"), ("V", "D")):
        if inside in settings and out in settings:
            parts.append(f"{settings[inside]}{'×' if inside == 'V' else '→'}{settings[out]}")
            break
    else:
        parts += [str(settings[name]) for name in ("C", "D", "h") if name in settings][:1]
    if settings.get("g", 1) not in (1, None):
        parts.append(f"g={settings['g']}")
    return ", ".join(parts)
