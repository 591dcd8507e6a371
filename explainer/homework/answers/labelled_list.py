"""A list whose sizes have names, without them: `[batch=1, seq=50, hidden=192]`."""

from __future__ import annotations

from explainer.homework.answers.prose_words import LABELS
from explainer.homework.expressions import expression

_NAMED = expression(r"(?<=[\[(,，])\s*(?P<name>[^\[\](),，=:：]{1,24}?)\s*[=:：]\s*(?=\d{1,9}\s*[\]),，)）])")
ORDERED = ("channels", "height", "width")  # who names these may give them in another order


def without_names(text: str) -> str:
    """The list's sizes alone; as it was, where the names may tell another order.

    >>> without_names("[batch=1, seq=50, 2*hidden=192]"), without_names("(h=7, w=7, c=64)")
    ('[1,50,192]', '(h=7, w=7, c=64)')
    """
    names = [found["name"].lower() for found in _NAMED.finditer(text)]
    if len(names) < 2 or any(len(name) == 1 or LABELS.get(name) in ORDERED for name in names):
        return text
    return _NAMED.sub("", text)
