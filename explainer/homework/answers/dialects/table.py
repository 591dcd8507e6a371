"""One notation: names, and the symbols of ours that each may stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    """title: the book or course. names: each name, without underscores and in the case in which it is written, with the symbols of
    ours that it stands for, the first that the question has: `{"F": "k", "K": "C_out F_out"}`.
    """

    title: str
    names: Mapping[str, str]

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
