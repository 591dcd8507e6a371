"""The class's results as a sequence that is read from the disk: any of them at any time, none of them kept."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import overload

from explainer.homework.classroom.reconcile import Reconciled
from explainer.homework.classroom.record import Marked
from explainer.homework.classroom.resume import Progress

FEW = 2_000  # submissions that are handed back in memory


class Results(Sequence[Marked]):
    """Every submission in its last form. places: (the file's key, which of its submissions)."""

    def __init__(self, progress: Progress, places: Sequence[tuple[str, int]], whole: Reconciled) -> None:
        self.progress = progress
        self.places = places
        self.whole = whole

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, at: int) -> Marked: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Marked]: ...
    def __getitem__(self, at: int | slice) -> Marked | Sequence[Marked]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        at = at + len(self) if at < 0 else at
        file, which = self.places[at]
        return self.whole.of(at, self.progress.read(file)[which])

    def __iter__(self) -> Iterator[Marked]:
        """Each file is read once, though it may have many submissions."""
        known, marked = None, list[Marked]()
        for at, (file, which) in enumerate(self.places):
            if file != known:
                known, marked = file, self.progress.read(file)
            yield self.whole.of(at, marked[which])

    def senders(self) -> list[tuple[str, str]]:
        """(file, who sent it) of each, without reading any."""
        briefs = (self.progress.done[file].briefs[which] for file, which in self.places)
        return [(name, one.student or one.name) for name, one in zip(self.whole.files, briefs, strict=True)]

    def kept(self) -> Sequence[Marked]:
        """The results for whoever called: of a usual class all of them, of a very large one those that are asked for."""
        return tuple(self) if len(self) <= FEW or os.name == "nt" else self
