"""Grades the class in submissions/ and writes results/: python examples/homework/regenerate.py."""

from __future__ import annotations

from pathlib import Path

from explainer.derive.pipeline import walk_guesses
from explainer.homework.classroom.grade_class import ClassResult, Outputs, check_folder
from explainer.homework.classroom.question_list import questions_of
from explainer.source import input_guesses, load

HERE = Path(__file__).resolve().parent


def grade(results: Path) -> ClassResult:
    loaded = load("vgg16")
    walk = walk_guesses(loaded.model, input_guesses(loaded, []), name=loaded.name, source=loaded.source)
    outputs = Outputs(results / "grades.csv", results / "feedback", results / "summary.md", pages=".md")
    return check_folder(HERE / "submissions", walk, outputs, ("zh",), questions=questions_of(HERE / "questions.csv"))


if __name__ == "__main__":
    (HERE / "results").mkdir(exist_ok=True)
    grade(HERE / "results")
