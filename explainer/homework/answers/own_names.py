"""A student's own names put in: `p = 5*5*3+1`, and in the next line `24*p`, as in a program's cells.

A name that is given a value and calculated with later is a definition, never a result of its own. Its line is taken out; where it has an
equation of its own (`w = 3·3·3·64 = 1728`), that stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from explainer.homework.expressions import expression

_NAME = r"(?:[A-Za-z_]|[\u3400-\u9fff]{2})[\w\u3400-\u9fff]{0,29}"
_DEFINED = expression(
    rf"(?:^|(?<=[\n;；,，]))[ \t]*(?P<name>{_NAME})[ \t]*[=＝](?![=＝])(?P<value>[^\n;；,，#]{{1,200}})"
    r"(?:#[^\n]*)?(?P<end>$|[\n;；]|[,，](?!\d{3}(?!\d)))",
    re.MULTILINE,
)
_AT_ONCE = expression(
    rf"^[ \t]*(?P<names>{_NAME}(?:[ \t]*[,，][ \t]*{_NAME}){{1,5}})[ \t]*=[ \t]*(?P<values>\d+(?:[ \t]*[,，][ \t]*\d+){{1,5}})[ \t]*$",
    re.MULTILINE,
)
_COMMENT = expression(r"[ \t]+#[^\n]*")
_FORMULA = expression(r"[\w\s\u3400-\u9fff+*/×·÷^().=＝＋−＊-]+")
_SIGN = r"[-+*/×·÷^()=＝＋−＊]"
MOST, LONGEST, GROWN = 12, 2_000, 4_000  # names, characters of the answer, and with its names put in


def with_own_names(text: str, *, shape: bool = False, taken: Mapping[str, int] | None = None) -> str:
    """The answer with its own names put in; as it was where none is calculated with. shape: sizes may stand in a list. taken: names that mean
    something already, with their numbers; who gives them another number defines nothing.

    >>> with_own_names("n = 24\\np = 5*5*3+1\\nn*p")
    '(24)*(5*5*3+1)'
    """
    if ("=" not in text and "＝" not in text) or len(text) > LONGEST:
        return text
    at, as_given, known = 0, text, taken or {}
    text = _AT_ONCE.sub(_one_by_one, text)
    for _ in range(MOST):
        found = next((one for one in _DEFINED.finditer(text, at) if _FORMULA.fullmatch(one["value"])), None)
        if found is None:
            break
        sides = [side.strip() for side in re.split("[=＝]", found["value"])]
        names = [found["name"]]
        while len(sides) > 1 and re.fullmatch(_NAME, sides[0]):  # h = w = 14
            names.append(sides.pop(0))
        used = _used(names, shape)
        rest = text[found.end() :]
        if any(again["name"] in names for again in _DEFINED.finditer(rest)):
            return as_given  # it is given two values
        if any(name in known and sides[-1].isdigit() and int(sides[-1]) != known[name] for name in names):
            return as_given
        if not sides[-1] or not used.search(rest) or used.search(found["value"]):
            at = found.end()
            continue
        kept = f"{' = '.join(sides)}{found['end'] or ' '}" if len(sides) > 1 else ""
        given = f"({sides[-1]})"
        at = found.start() + len(kept)
        text = f"{text[: found.start()]}{kept}{used.sub(given, rest)}"
        if len(text) > GROWN:
            break
    return _COMMENT.sub("", text).strip() if text != as_given else text


def _one_by_one(found: re.Match[str]) -> str:
    """`c_in, c_out = 24, 48` in two lines."""
    names, values = (re.split(r"\s*[,，]\s*", found[part].strip()) for part in ("names", "values"))
    if len(names) != len(values):
        return found.group()
    return "\n".join(f"{name} = {value}" for name, value in zip(names, values, strict=True))


def _used(names: list[str], listed: bool) -> re.Pattern[str]:
    """Where a name is calculated with: beside a sign, or alone in its line; not where it is given another value."""
    name = "|".join(map(re.escape, names))
    whole = rf"(?<![\w\u3400-\u9fff])(?:{name})(?![\w\u3400-\u9fff])(?!\s*[=＝](?!\s*\n))"
    in_list = rf"|(?<=[,，(\[]){whole}|(?<=[,，]\s){whole}|{whole}(?=\s?[,，\])])" if listed else ""
    return re.compile(
        rf"(?<={_SIGN}){whole}|(?<={_SIGN}\s){whole}|{whole}(?=\s?[-+*/×·÷^)＋−＊])|^[ \t]*{whole}[ \t]*$" + in_list,
        re.MULTILINE,
    )
