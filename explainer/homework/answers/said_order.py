"""A shape's order told beside it: `24×24×20 (channels last)`, `NHWC`, `通道在最后`."""

from __future__ import annotations

import re
from typing import Literal

from explainer.homework.expressions import expression

_LAST = r"channels?[-_ ]last|n?hwc|通道数?(?:放|写|排)?在?最?后面?"
_FIRST = r"channels?[-_ ]first|n?chw|通道数?(?:放|写|排)?在?最?前面?"
_SAID = rf"(?:in\s+|as\s+|按|用)?(?:(?P<last{{0}}>{_LAST})|(?P<first{{0}}>{_FIRST}))(?:\s*(?:order|format|layout|convention|格式|顺序))?"
_REMARK = expression(
    rf"\s*[(（\[]\s*{_SAID.format('a')}\s*[)）\]]|(?:[,，;；]\s*|\s+){_SAID.format('z')}(?=\s*[.。!！]?\s*$)",
    re.IGNORECASE,
)


def said_order(text: str) -> tuple[str, Literal["nchw", "nhwc"] | None]:
    """The answer without the remark, and the order that it tells; None where it tells none, or two.

    >>> said_order("24×24×20 (channels last)"), said_order("20×24×24")
    (('24×24×20', 'nhwc'), ('20×24×24', None))
    """
    found = list(_REMARK.finditer(text))
    if len(found) != 1:
        return text, None
    (remark,) = found
    rest = text[: remark.start()] + text[remark.end() :]
    return rest, "nhwc" if remark["lasta"] or remark["lastz"] else "nchw"
