"""What is alive at each step of a pass, and why: a log of storages made and freed, read once it is known who reads what later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from explainer.walkthrough.measured import Moment

MOST_STEPS, MOST_LOOKS = 4_000, 2_000_000  # work, so that a long trace that keeps everything stays cheap


@dataclass(frozen=True)
class _Step:
    """A call: what it read, how far the log had come when the most was alive in it, and where it began there."""

    path: str
    read: frozenset[int]
    most: int
    begin: int


class Timeline:
    """Collects storages by their number in order of making: made(8), made(4), step("conv", {0}), freed(0), …"""

    def __init__(self) -> None:
        self._bytes: list[int] = []
        self._log: list[int] = []  # n: storage n is made; ~n: it is freed
        self._steps: list[_Step] = []
        self._now = self._most = self._begin = 0
        self._high = -1  # nothing made yet in this step

    def made(self, size: int) -> int:
        """A storage of so many bytes; its number."""
        number = len(self._bytes)
        self._bytes.append(size)
        self._log.append(number)
        self._now += size
        if self._now > self._high:
            self._high, self._most = self._now, len(self._log)
        return number

    def freed(self, number: int) -> None:
        self._log.append(~number)
        self._now -= self._bytes[number]

    def step(self, path: str, read: Iterable[int]) -> None:
        """A call has ended that was given these storages. What was made since the last one is its own."""
        most = self._most if self._high >= 0 else len(self._log)
        self._steps.append(_Step(path, frozenset(read), most, self._begin))
        self._begin, self._high = len(self._log), -1

    def moments(self, results: Iterable[int]) -> tuple[Moment, ...]:
        """The steps, each at its fullest; () where it would be too much to look at. results: what the model returns, never idle."""
        if len(self._steps) > MOST_STEPS:
            return ()
        last = {number: at for at, step in enumerate(self._steps) for number in step.read}
        last |= dict.fromkeys(results, len(self._steps))
        found: list[Moment] = []
        alive: set[int] = set()
        done = looks = 0
        for at, step in enumerate(self._steps):
            for entry in self._log[done : step.most]:
                if entry < 0:
                    alive.discard(~entry)
                else:
                    alive.add(entry)
            done = max(done, step.most)
            looks += len(alive)
            if looks > MOST_LOOKS:
                return ()
            own = {entry for entry in self._log[step.begin : step.most] if entry >= 0}
            made = read = later = idle = 0
            for number in alive:
                size = self._bytes[number]
                if number in own:
                    made += size
                elif number in step.read:
                    read += size
                elif last.get(number, -1) > at:
                    later += size
                else:
                    idle += size
            found.append(Moment(step.path, made, read, later, idle))
        return tuple(found)
