"""The class in figures, taken in one pass: memory does not grow with the number of submissions beyond a number each.

Means are over what has been graded: a file that could not be read and an answer that is left to the teacher have no mark yet.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from explainer.homework.classroom.record import Answered, Marked

MOST_LISTED = 200  # answers to judge by hand, and files with problems, that a page lists
MOST_TEXTS = 20_000  # different wrong answers of one question that are counted
FEWEST = 10  # submissions from which a discrimination index says something
BINS = 10


@dataclass
class QuestionFigures:
    """One question. open: left to the teacher. sums: for the correlation with the rest of the submission."""

    asked: int = 0
    given: int = 0
    right: int = 0
    open: int = 0
    names: dict[str, None] = field(default_factory=dict)
    wrong: Counter[str] = field(default_factory=Counter)
    sums: list[float] = field(default_factory=lambda: [0.0] * 6)

    @property
    def share(self) -> float:
        """Right answers of those that are graded."""
        graded = self.asked - self.open
        return self.right / graded if graded else 0.0

    @property
    def discrimination(self) -> float | None:
        """How this question goes with the rest of the work, −1 to 1; None where too few have answered or all alike."""
        n, x, y, xy, xx, yy = self.sums
        spread = (n * xx - x * x) * (n * yy - y * y)
        return (n * xy - x * y) / math.sqrt(spread) if n >= FEWEST and spread > 1e-9 else None

    def add(self, answer: Answered, rest: float | None) -> None:
        """One student's answer; rest: the share that the student reached in all other questions."""
        self.asked += 1
        self.given += answer.verdict != "missing"
        self.right += answer.right
        self.open += answer.open
        if len(self.names) < 2:
            self.names[answer.question] = None
        if answer.verdict == "wrong" and (answer.given in self.wrong or len(self.wrong) < MOST_TEXTS):
            self.wrong[answer.given[:200]] += 1
        if rest is not None and answer.points and not answer.open:
            x = answer.score / answer.points
            self.sums = [
                old + new for old, new in zip(self.sums, (1, x, rest, x * rest, x * x, rest * rest), strict=True)
            ]

    def most_wrong(self) -> tuple[str, int]:
        """The most frequent wrong answer and how often; of equal ones the shortest."""
        return min(self.wrong.items(), key=lambda pair: (-pair[1], len(pair[0]), pair[0]), default=("", 0))


@dataclass
class MistakeFigures:
    """One mistake: how often, by how many students, in which questions."""

    times: int = 0
    students: int = 0
    where: Counter[str] = field(default_factory=Counter)


@dataclass
class ClassFigures:
    """submissions: all; counted: without those that another of the same student replaces; shares: of what was graded.

    not_complete: with nothing wrong, and a figure asked for that is not known.
    """

    submissions: int = 0
    counted: int = 0
    all_right: int = 0
    not_complete: int = 0
    shares: list[float] = field(default_factory=list)
    full: float = 0.0
    questions: dict[str, QuestionFigures] = field(default_factory=dict)
    mistakes: dict[str, MistakeFigures] = field(default_factory=dict)
    sheets: Counter[str] = field(default_factory=Counter)
    by_hand: list[tuple[Marked, Answered]] = field(default_factory=list)
    open: int = 0
    problems: list[Marked] = field(default_factory=list)
    with_problems: int = 0

    def add(self, one: Marked) -> None:
        """One submission in its last form."""
        self.submissions += 1
        if one.problems or one.warnings or one.superseded:
            self.with_problems += 1
            if len(self.problems) < MOST_LISTED:
                self.problems.append(one)
        if one.superseded:
            return
        self.counted += 1
        self._by_hand(one)
        self.not_complete += one.exit_code == 3
        if not one.graded:
            return
        self.shares.append(one.share)
        self.full = max(self.full, one.max_score)
        self.all_right += one.all_right
        if one.sheet_id:
            self.sheets[one.sheet_id] += 1
        points = sum(answer.points for answer in one.answers if not answer.open)
        score = sum(answer.score for answer in one.answers if not answer.open)
        for answer in one.answers:
            if not answer.points:
                continue
            left = points - answer.points
            rest = (score - answer.score) / left if left > 0 and not answer.open else None
            self.questions.setdefault(answer.key, QuestionFigures()).add(answer, rest)
        self._mistakes(one)

    def _by_hand(self, one: Marked) -> None:
        for answer in one.answers:
            if answer.open:
                self.open += 1
                if len(self.by_hand) < MOST_LISTED:
                    self.by_hand.append((one, answer))

    def _mistakes(self, one: Marked) -> None:
        seen = set()
        for answer in one.answers:
            if answer.verdict == "wrong" and answer.points:
                id = answer.mistakes[0].id if answer.mistakes else ""
                found = self.mistakes.setdefault(id, MistakeFigures())
                found.times += 1
                found.students += id not in seen
                found.where[answer.question] += 1
                seen.add(id)

    @property
    def graded(self) -> int:
        return len(self.shares)

    @property
    def mean(self) -> float:
        """The mean share, 0 to 1, over the submissions that have been graded."""
        return statistics.fmean(self.shares) if self.shares else 0.0

    def histogram(self) -> list[int]:
        """How many submissions in each ten per cent, from below; full marks stand in the last."""
        bins = Counter(min(int(BINS * share + 1e-9), BINS - 1) for share in self.shares)
        return [bins[at] for at in range(BINS)]

    def order(self) -> list[str]:
        """The questions: a sheet's by number, a model's in the order first met."""
        return sorted(self.questions, key=lambda key: (0, int(key)) if key.isdecimal() else (1, 0))

    def to_dict(self) -> dict[str, Any]:
        """As docs/interfaces.md describes a class's summary."""
        return {
            "submissions": self.submissions,
            "counted": self.counted,
            "graded": self.graded,
            "left_to_the_teacher": self.open,
            "mean": round(self.mean, 6),
            "median": round(statistics.median(self.shares), 6) if self.shares else 0.0,
            "all_right": self.all_right,
            "histogram": [
                {"from": at / BINS, "to": (at + 1) / BINS, "submissions": n} for at, n in enumerate(self.histogram())
            ],
            "questions": [
                {
                    "question": key,
                    "answered": one.given,
                    "right": one.right,
                    "left_to_the_teacher": one.open,
                    "share_right": round(one.share, 6),
                    "discrimination": None if one.discrimination is None else round(one.discrimination, 3),
                    "most_frequent_wrong": one.most_wrong()[0],
                }
                for key in self.order()
                for one in (self.questions[key],)
            ],
            "mistakes": [
                {"id": id, "times": one.times, "students": one.students}
                for id, one in sorted(self.mistakes.items(), key=lambda pair: (pair[0] == "", -pair[1].times, pair[0]))
            ],
        }
