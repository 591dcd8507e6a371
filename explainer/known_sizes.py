"""Sizes of a transformers architecture by the name that everybody uses: `hf:gpt2-medium` is hf:gpt2 with the settings of our table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from explainer.cost.published import Published, published
from explainer.i18n.bilingual import Bi, same

SETTINGS = Bi(
    zh="{name}：按收录的配置构造（{settings}），没有下载任何东西。",
    en="{name}: built with the configuration in our table ({settings}); nothing was downloaded.",
)
PREFIX = "hf:"
_SAME_SIZES = ("", "hf", "uncased")  # what the hub adds to a name without changing any size


@dataclass(frozen=True)
class Named:
    """target: what is built; arguments: with which settings; name: what the lesson is called, None for the target's own.

    note: that the settings were ours, for the user; None where there are none.
    """

    target: str
    arguments: tuple[str, ...]
    name: str | None = None
    note: Bi | None = None


def with_known_sizes(target: str, arguments: Sequence[str] = ()) -> Named:
    """The architecture with its settings, where the name is that of a size that we know; what it was otherwise.

    >>> with_known_sizes("hf:gpt2-medium").arguments
    ('n_layer=24', 'n_embd=1024', 'n_head=16')
    """
    one = _known(target.removeprefix(PREFIX)) if target.startswith(PREFIX) else None
    if one is None:
        return Named(target, tuple(arguments))
    settings = tuple(f"{name}={value}" for name, value in (*one.settings.items(), *one.further.items()))
    note = SETTINGS.format(name=same(one.name), settings=same(", ".join(settings))) if settings else None
    return Named(one.named, (*settings, *arguments), target.removeprefix(PREFIX).rpartition("/")[2], note)


def _known(name: str) -> Published | None:
    plain = _plain(name.rpartition("/")[2])
    for one in published():
        usual = _plain(one.named.removeprefix(PREFIX))
        if plain != usual and plain in {_plain(one.name) + more for more in _SAME_SIZES}:
            return one
    return None


def _plain(name: str) -> str:
    return re.sub(r"[^0-9a-z]", "", name.lower().replace("×", "x"))
