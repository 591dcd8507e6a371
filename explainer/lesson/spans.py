"""Several paths as one: `layer1`, `blocks.2.layers.1…4.layers.MBconv`, `h.0 … h.11`."""

from __future__ import annotations

from collections.abc import Sequence


def span(paths: Sequence[str], others: Sequence[str] = ()) -> str:
    """The container of these paths where it holds none of the others; else the numbers in which they differ, or first and last.

    >>> span(["a.0", "a.1"], ["b.0"]), span(["a.1.c", "a.2.c"], ["a.0.c"]), span(["a.0", "a.1.x"], ["a.2"])
    ('a', 'a.1…2.c', 'a.0 … a.1.x')
    """
    if len(set(paths)) == 1:
        return paths[0]
    split = [path.split(".") for path in paths]
    shared = _shared(split)
    home = ".".join(split[0][:shared])
    if home and not any(path.startswith(home + ".") for path in set(others) - set(paths)):
        return home
    if len({len(parts) for parts in split}) == 1:
        differ = [i for i in range(len(split[0])) if len({parts[i] for parts in split}) > 1]
        if len(differ) == 1:
            at = differ[0]
            return ".".join([*split[0][:at], f"{split[0][at]}…{split[-1][at]}", *split[0][at + 1 :]])
    return f"{paths[0]} … {paths[-1]}"


def _shared(split: Sequence[Sequence[str]]) -> int:
    """How many parts all paths begin with."""
    for at, parts in enumerate(zip(*split, strict=False)):
        if len(set(parts)) > 1:
            return at
    return min(map(len, split))
