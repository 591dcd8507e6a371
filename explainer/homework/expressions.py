"""Regular expressions that are compiled when they are first used.

The readers of answers have two hundred, of which one answer meets few; compiling all of them takes as long as everything
else that `explain ask` imports.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, cast


def expression(text: str, flags: int = 0) -> re.Pattern[str]:
    """`re.compile`, put off: the same methods and attributes. Raises re.error when it is first used.

    >>> expression(r"\\d+").findall("3×3×64")
    ['3', '3', '64']
    """
    return cast("re.Pattern[str]", _Expression(text, flags))


class _Expression:
    """Stands for a compiled expression; what was asked of it once is its own attribute from then on."""

    def __init__(self, text: str, flags: int) -> None:
        self._given = text, flags

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(*self._given)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # copying and pickling look for what no expression has
            raise AttributeError(name)
        value = getattr(self._compiled, name)
        self.__dict__[name] = value
        return value
