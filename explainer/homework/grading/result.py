"""What comes of an answer: the verdict, the mistakes that explain it, and what to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from explainer.homework.mistakes.explanation import Diagnosis
from explainer.homework.question import Question
from explainer.i18n.bilingual import Bi

NOT_COMPLETE = "not_complete"  # a note: undecided, since the forward pass is known in part only
AnswerVerdict = Literal["correct", "equivalent", "rounded", "wrong", "undecided", "unreadable"]


@dataclass(frozen=True)
class Graded:
    """One answer judged.

    expected: the exact right answer as printed, None with --hint. first_wrong_step: from 1, among the steps of the
    student's working. score: 0 to 1. remarks: what is said beside (the simplified form, what follows correctly from a wrong
    step, a counterexample). caret: where an unreadable answer cannot be read. read_as: how it was read,
    None where it could not be. notes: names of what is remarked (`run_on`).
    """

    question: Question
    given: str
    verdict: AnswerVerdict
    expected: str | None
    mistakes: tuple[Diagnosis, ...] = ()
    first_wrong_step: int | None = None
    score: float = 0.0
    remarks: tuple[Bi, ...] = ()
    caret: int | None = None
    hinted: bool = False
    read_as: Bi | None = None
    notes: tuple[str, ...] = ()

    @property
    def not_complete(self) -> bool:
        """Nobody can say what is right: the command `ask` exits with 3, and a class's answer goes to the teacher."""
        return NOT_COMPLETE in self.notes

    @property
    def right(self) -> bool:
        """Nothing is wrong with it: the command `ask` exits with 0."""
        return self.verdict in ("correct", "equivalent", "rounded")

    def to_dict(self, lang: Literal["zh", "en"]) -> dict[str, Any]:
        """As docs/interfaces.md describes; with `hinted`, a mistake's message is its hint."""
        return {
            "question": self.question.name,
            "given": self.given,
            "verdict": self.verdict,
            "expected": self.expected,
            "mistakes": [
                {"id": found.id, "message": (found.hint if self.hinted else found.message)[lang]}
                for found in self.mistakes
            ],
            "first_wrong_step": self.first_wrong_step,
            "score": self.score,
            "read_as": self.read_as[lang] if self.read_as is not None else None,
            "remarks": list(self.notes),
        }
