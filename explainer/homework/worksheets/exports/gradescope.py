"""Gradescope's `results.json` (its autograder specification): one test for each graded answer."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from explainer.homework.worksheets.exports.base import Export
from explainer.homework.worksheets.exports.content import lines
from explainer.i18n.bilingual import Bi, Lang
from explainer.i18n.printable import json_text, visible

if TYPE_CHECKING:
    from explainer.homework.grading.result import Graded
    from explainer.homework.worksheets.sheet import Sheet

GIVEN = Bi(zh="你的答案：{given}", en="Your answer: {given}")
EXPECTED = Bi(zh="正确答案：{expected}", en="The right answer: {expected}")
VERDICTS: dict[str, Bi] = {
    "correct": Bi("正确。", "Correct."),
    "equivalent": Bi("正确（与标准式等值）。", "Correct (in another form)."),
    "rounded": Bi("正确（近似值）。", "Correct (rounded)."),
    "wrong": Bi("错误。", "Wrong."),
    "undecided": Bi("无法判定，请教师查看。", "Undecided: a teacher should look at it."),
    "unreadable": Bi("无法识别这个答案。", "This answer cannot be read."),
}


def to_gradescope(graded: Sequence[Graded], langs: Sequence[Lang], sheet: Sheet | None = None) -> bytes:
    """The results of one student. Marks come from the sheet's points, else 1 a question.

    It takes no tolerance: these are results, which one would no longer change.
    """
    return json_text(results(graded, langs, sheet), 2).encode() + b"\n"


def results(graded: Sequence[Graded], langs: Sequence[Lang], sheet: Sheet | None = None) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "visibility": "visible",
        "output_format": "text",
        "tests": [_test(one, number, langs, sheet) for number, one in enumerate(graded, start=1)],
        "extra_data": {"sheet": sheet.id if sheet else None},
    }


def _test(one: Graded, number: int, langs: Sequence[Lang], sheet: Sheet | None) -> dict[str, Any]:
    item = sheet.find(one.question.name) if sheet else None
    most = Fraction(item.points) if item else Fraction(1)
    said = [GIVEN.format(given=visible(one.given)), VERDICTS[one.verdict]]
    if one.expected is not None and one.verdict not in ("correct",):
        said.append(EXPECTED.format(expected=one.expected))
    said += [mistake.message if one.expected is not None else mistake.hint for mistake in one.mistakes[:3]]
    said += list(one.remarks)
    return {
        "name": " / ".join(dict.fromkeys(visible(one.question.text[lang]) for lang in langs)),
        "name_format": "text",
        "number": str(item.number if item else number),
        "score": _number(most * Fraction(one.score).limit_denominator(10_000)),
        "max_score": _number(most),
        "output": "\n".join(lines(said, langs)),
        "output_format": "text",
        "status": "passed" if one.score >= 1 else "failed",
        "visibility": "visible",
        "tags": [one.verdict, *(mistake.id for mistake in one.mistakes[:1])],
    }


def _number(value: Fraction) -> int | float:
    return value.numerator if value.denominator == 1 else round(float(value), 4)


EXPORT = Export("gradescope", "Gradescope results.json", of_results=to_gradescope, endings=("results.json",))
