"""Where calls are: all of a module's forward, or a stretch of it."""

from __future__ import annotations

from collections.abc import Iterable

from explainer.walkthrough.call import Call
from explainer.walkthrough.model import Walkthrough


def owner_of(call: Call) -> str:
    """The path of the module that a call is, or whose forward ran the function."""
    path = call.path.partition("@")[0]
    return path if call.op is not None else path.rpartition(".")[0]


class Places:
    """The calls of each module, those of its parts among them."""

    def __init__(self, walk: Walkthrough) -> None:
        self.owners = {layer.index: owner_of(layer.call) for layer in walk.layers}
        self.inside: dict[str, list[int]] = {}
        for index, owner in self.owners.items():
            for path in above(owner):
                self.inside.setdefault(path, []).append(index)

    def of(self, calls: Iterable[int]) -> tuple[str, bool]:
        """The module that these calls are all of, else the innermost that they lie in; and whether they are a stretch of it."""
        numbers = sorted(calls)
        path = self.common(numbers)
        inside = self.inside[path]
        at = inside.index(numbers[0])
        run = inside[at : at + len(numbers)] == numbers  # a module that runs several times has a run of them each time
        whole = run and len(inside) % len(numbers) == 0 and at % len(numbers) == 0
        return path, not whole

    def common(self, numbers: Iterable[int]) -> str:
        """The innermost module that holds them all."""
        paths = [above(self.owners[number]) for number in numbers]
        together = [path for path in paths[0] if all(path in others for others in paths)]
        return together[-1]


def above(path: str) -> list[str]:
    """The root, the modules on the way, and the module itself: "", "h", "h.0"."""
    names = path.split(".") if path else []
    return ["", *(".".join(names[: i + 1]) for i in range(len(names)))]
