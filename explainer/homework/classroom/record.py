"""What grading one submission gave, as plain data: it goes into a file, comes from another process, and is laid out.

Texts are in both languages; nothing here refers to a model, so that a class can be graded in pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from explainer.homework.grading.result import NOT_COMPLETE
from explainer.i18n.bilingual import Bi, Lang

Outcome = Literal["correct", "equivalent", "rounded", "wrong", "undecided", "unreadable", "missing", "marked"]
RIGHT: frozenset[str] = frozenset(("correct", "equivalent", "rounded"))
OPEN: frozenset[str] = frozenset(("undecided", "unreadable"))  # left to the teacher, and not graded yet


@dataclass(frozen=True)
class Told:
    """A mistake as it is named to the student."""

    id: str
    message: Bi
    hint: Bi


@dataclass(frozen=True)
class Answered:
    """One answer judged. key: the column it stands in; score: of `points`, which is its full marks.

    notes: names of what is remarked, as JSON has them; `not_complete`: left to the teacher because the figure asked for is known in
    part only, whatever was answered.
    read_as: how it was read; shown where the answer itself does not say it already.
    """

    key: str
    question: str
    title: Bi
    given: str
    verdict: Outcome
    expected: str | None
    points: float
    score: float
    mistakes: tuple[Told, ...] = ()
    remarks: tuple[Bi, ...] = ()
    first_wrong_step: int | None = None
    caret: int | None = None
    notes: tuple[str, ...] = ()
    read_as: Bi | None = None

    @property
    def not_complete(self) -> bool:
        """Nobody can say what is right: for the teacher."""
        return NOT_COMPLETE in self.notes

    @property
    def right(self) -> bool:
        """Whether nothing is wrong with it."""
        return self.verdict in RIGHT or (self.verdict == "marked" and self.score >= self.points)

    @property
    def open(self) -> bool:
        """Whether a person must still judge it."""
        return self.verdict in OPEN

    def to_dict(self, lang: Lang) -> dict[str, Any]:
        """As docs/interfaces.md describes an answer."""
        return {
            "question": self.question,
            "given": self.given,
            "verdict": self.verdict,
            "expected": self.expected,
            "mistakes": [{"id": told.id, "message": told.message[lang]} for told in self.mistakes],
            "first_wrong_step": self.first_wrong_step,
            "score": self.score,
            "read_as": self.read_as[lang] if self.read_as is not None else None,
            "remarks": list(self.notes),
        }


@dataclass(frozen=True)
class Marked:
    """One submission graded. superseded: the file of the same student that counts instead of this one.

    problems: for student and teacher; warnings: for the teacher alone. claimed: the number is only what the text says;
    owner: who sent it, as the learning platform says.
    """

    file: str
    student: str
    name: str
    sheet_id: str | None
    answers: tuple[Answered, ...]
    problems: tuple[Bi, ...] = ()
    superseded: str | None = None
    warnings: tuple[Bi, ...] = ()
    claimed: bool = False
    owner: str = ""

    @property
    def graded(self) -> bool:
        """Whether anything in it has been graded: a file that could not be read, or is left to the teacher, has no mark yet."""
        return any(answer.points and not answer.open for answer in self.answers) and (
            not self.problems or any(answer.given for answer in self.answers)
        )

    @property
    def share(self) -> float:
        """The score as a share of what has been graded, 0 to 1."""
        graded = [answer for answer in self.answers if not answer.open]
        points = sum(answer.points for answer in graded)
        return sum(answer.score for answer in graded) / points if points else 0.0

    @property
    def score(self) -> float:
        return round(sum(answer.score for answer in self.answers), 6)

    @property
    def max_score(self) -> float:
        return round(sum(answer.points for answer in self.answers), 6)

    @property
    def missing(self) -> tuple[Answered, ...]:
        """What was asked and not answered."""
        return tuple(answer for answer in self.answers if answer.verdict == "missing" and answer.points)

    @property
    def all_right(self) -> bool:
        """Everything asked is answered rightly, and nothing was unreadable."""
        counted = [answer for answer in self.answers if answer.points]
        return bool(counted) and not self.problems and all(answer.right for answer in counted)

    @property
    def exit_code(self) -> int:
        """0 all right; 3 nothing is wrong, but a figure that was asked for is not known; 1 otherwise."""
        if self.all_right:
            return 0
        counted = [answer for answer in self.answers if answer.points]
        settled = counted and not self.problems and all(answer.right or answer.not_complete for answer in counted)
        return 3 if settled else 1

    def to_dict(self, lang: Lang) -> dict[str, Any]:
        """As docs/interfaces.md describes a submission."""
        return {
            "submission": self.file,
            "student": self.student,
            "name": self.name,
            "answers": [answer.to_dict(lang) for answer in self.answers],
            "score": self.score,
            "max_score": self.max_score,
            "problems": [problem[lang] for problem in (*self.problems, *self.warnings)],
        }

    def saying(self, *problems: Bi) -> Marked:
        """The same with more said."""
        return replace(self, problems=(*self.problems, *problems)) if problems else self

    def warning(self, *warnings: Bi) -> Marked:
        """The same with more said to the teacher alone."""
        return replace(self, warnings=(*self.warnings, *warnings)) if warnings else self


_PLAIN_ANSWER = ("key", "question", "given", "verdict", "expected", "points", "score", "first_wrong_step", "caret")
_PLAIN = ("file", "student", "name", "sheet_id", "superseded", "claimed", "owner")


def packed(marked: Marked) -> dict[str, Any]:
    """For a JSON file; `unpacked` gives the same again."""
    return {
        **{name: getattr(marked, name) for name in _PLAIN},
        "problems": [_pair(problem) for problem in marked.problems],
        "warnings": [_pair(warning) for warning in marked.warnings],
        "answers": [_packed_answer(answer) for answer in marked.answers],
    }


def _packed_answer(answer: Answered) -> dict[str, Any]:
    return {
        **{name: getattr(answer, name) for name in _PLAIN_ANSWER},
        "title": _pair(answer.title),
        "notes": list(answer.notes),
        "read_as": _pair(answer.read_as) if answer.read_as is not None else None,
        "remarks": [_pair(remark) for remark in answer.remarks],
        "mistakes": [[told.id, _pair(told.message), _pair(told.hint)] for told in answer.mistakes],
    }


def unpacked(data: Mapping[str, Any]) -> Marked:
    """Raises KeyError, TypeError or ValueError where the data are not ours."""
    return Marked(
        **{
            **data,
            "problems": tuple(Bi(*pair) for pair in data["problems"]),
            "warnings": tuple(Bi(*pair) for pair in data["warnings"]),
            "answers": tuple(_unpacked_answer(answer) for answer in data["answers"]),
        }
    )


def _unpacked_answer(data: Mapping[str, Any]) -> Answered:
    return Answered(
        **{
            **data,
            "title": Bi(*data["title"]),
            "notes": tuple(map(str, data["notes"])),
            "read_as": Bi(*data["read_as"]) if data["read_as"] else None,
            "remarks": tuple(Bi(*pair) for pair in data["remarks"]),
            "mistakes": tuple(Told(id, Bi(*message), Bi(*hint)) for id, message, hint in data["mistakes"]),
        }
    )


def _pair(text: Bi) -> list[str]:
    return [text.zh, text.en]


def exit_code(codes: Iterable[int]) -> int:
    """Of several submissions: what is wrong comes before what is not known."""
    found = set(codes)
    return next((code for code in (1, 3) if code in found), 0)


def points_text(points: float) -> str:
    """7.5, 10, 3.33: marks as printed."""
    return f"{round(points, 2):.2f}".rstrip("0").rstrip(".")
