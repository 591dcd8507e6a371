"""Answers as students of many courses write them, right and wrong ones that look alike, over all kinds of questions; and a sample of
what `tools/people.py` tries by the ten thousand."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from random import Random

import people_everybody
import pytest

from explainer.derive.pipeline import walk_model
from explainer.homework.grading.grade import grade
from explainer.homework.questions import find
from explainer.source import load, parse_input, static_inputs

HERE = Path(__file__).parent
TABLE = HERE / "written_answers.csv"
ACCEPTED = 0.99


@cache
def walk(model: str, size: str):
    source = str(HERE / model) if ".py:" in model else model
    loaded = load(source)
    inputs, options = static_inputs(loaded, [parse_input(size)] if size else [])
    return walk_model(loaded.model, inputs, options, name=loaded.name, source=source)


def rows(expected: str):
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["expected"] == expected:
                yield row, grade(find(walk(row["model"], row["input"]), row["question"]), row["answer"])


def test_right_answers_are_accepted_and_none_is_crossed():
    graded = list(rows("right"))
    assert len(graded) > 1200
    assert not [(row["question"], row["answer"]) for row, result in graded if result.verdict == "wrong"]
    left = [(row["question"], row["answer"]) for row, result in graded if not result.right]
    assert len(left) <= (1 - ACCEPTED) * len(graded), left


def test_wrong_answers_that_look_alike_get_no_tick():
    graded = list(rows("wrong"))
    assert len(graded) > 700
    assert not [(row["question"], row["answer"]) for row, result in graded if result.right]


def test_the_cause_of_a_wrong_answer_is_named_first():
    """`cause`: ids of mistakes or their beginnings, "|" between those that fit as well."""
    known = [(row, result) for row, result in rows("wrong") if row["cause"] and result.verdict == "wrong"]
    named = [
        any(part.startswith(cause) for part in first.split("+") for cause in row["cause"].split("|"))
        for row, result in known
        for first in [result.mistakes[0].id if result.mistakes else ""]
    ]
    assert len(named) > 200 and sum(named) >= 0.9 * len(named)


@pytest.mark.parametrize("seed", range(2))
def test_people_of_all_kinds(seed):
    crossed, ticked, accepted, many = [], [], 0, 240
    for kind, text, expected, result in people_everybody.judged(Random(seed + 100), many, 10):
        if expected == "right":
            accepted += result.right
            crossed += [(kind, text)] if result.verdict == "wrong" else []
        else:
            ticked += [(kind, text)] if result.right else []
    assert not crossed and not ticked, (crossed, ticked)
    assert accepted >= 0.98 * many
