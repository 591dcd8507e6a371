"""One notation: names, and the symbols of ours that each may stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Dialect:
    """title: the book or course. names: each name, without underscores and in the case in which it is written, with the symbols of
    ours that it stands for, the first that the question has: `{"F": "k", "K": "C_out F_out"}`. squares: names of a side of a square
    map, which stand in a formula twice, once for the height and once for the width.
    """

    title: str
    names: Mapping[str, str]
    squares: Mapping[str, str] = field(default_factory=dict)

    def side(self, name: str, known: Mapping[str, object], again: bool) -> str | None:
        """Our symbol for a square map's side: its height, and where it stands again its width."""
        found = self.squares.get(name.replace("_", ""), "").split()
        return found[again] if found and all(side in known for side in found) else None

    def symbol(self, name: str, known: Mapping[str, object]) -> str | None:
        """Our symbol for a name of this notation, of those that the question has; None if there is none.

        `k` is had where the question has k_h and k_w.
        """
        bare = name.replace("_", "")
        found = self.names.get(bare) or (self.names.get(bare.lower()) if len(bare) > 2 else None)
        for ours in (found or "").split():
            if ours in known or (ours in ("k", "s", "p", "d") and any(f"{ours}_{side}" in known for side in "hwd")):
                return ours
        return None
