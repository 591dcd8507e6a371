"""GIFT (docs.moodle.org, "GIFT format"): questions as plain text.

It has no marks; they stand in a comment. Wrong numbers get 0 % and their feedback.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from fractions import Fraction

from explainer.homework.expressions import expression
from explainer.homework.worksheets.exports.base import Export
from explainer.homework.worksheets.exports.content import RIGHT, Content, contents, lines, one_line, title_of
from explainer.homework.worksheets.exports.tolerance import Tolerance, decimal
from explainer.homework.worksheets.sheet import Sheet
from explainer.i18n.bilingual import Lang

_SPECIAL = expression(r"([\\~=#{}:])")


def to_gift(sheet: Sheet, langs: Sequence[Lang], tolerance: Tolerance) -> bytes:
    """The sheet as a GIFT file (UTF-8)."""
    head = f"// {_flat(one_line(title_of(sheet), langs))} {sheet.id}\n\n"
    return (head + "\n".join(_question(content, langs, tolerance) for content in contents(sheet))).encode()


def escaped(text: str) -> str:
    """Text in which nothing is a sign of the format; on one line, since an empty line would end the question."""
    return _SPECIAL.sub(r"\\\1", _flat(text))


def prose(text: str) -> str:
    """Text that Moodle shows as a page: `<` is a sign there as well."""
    return escaped(html.escape(text, quote=False))


def _flat(text: str) -> str:
    return " ".join(text.split())


def _question(content: Content, langs: Sequence[Lang], tolerance: Tolerance) -> str:
    title = prose(one_line(content.title, langs))
    said = " ".join([prose(part) for part in [content.code, *lines(content.text, langs)] if part])
    solution = prose(" ".join(lines(content.solution, langs)))
    body = "\n".join([*_answers(content, langs, tolerance), f"####{solution}"])
    opening = "{#" if content.form == "number" else "{"
    return f"// {content.points}\n::{title}::{said} {opening}\n{body}\n}}\n"


def _answers(content: Content, langs: Sequence[Lang], tolerance: Tolerance) -> list[str]:
    right = prose(one_line(RIGHT, langs))
    if content.form == "choice":
        return [
            f"{'=' if option.right else '~'}{prose(one_line(option.text, langs))} #{prose(one_line(option.feedback, langs))}"
            for option in content.options
        ]
    if content.form == "number" and content.value is not None:
        margin = tolerance.margin(content.value)
        wrong = [one for one in content.wrong if abs(Fraction(one.value - content.value)) > margin]
        return [f"={content.value}:{decimal(margin)} #{right}"] + [
            f"=%0%{one.value}:0 #{prose(one_line(one.feedback, langs))}" for one in wrong
        ]
    # In a short answer Moodle takes * for any text; behind a backslash it is itself.
    return [
        f"={escaped(form.replace('*', chr(0))).replace(chr(0), chr(92) * 2 + '*')} #{right}"
        for form in content.accepted
    ]


EXPORT = Export("gift", "GIFT", of_sheet=to_gift, endings=(".gift",), tolerances=("absolute", "relative"))
