"""Thousands of answers as people write them: none that is right is crossed, none that is wrong gets a tick."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from nets import walked
from people import convs, right, wrong

from explainer.homework.grading.grade import grade
from explainer.homework.questions import find

LAYERS, EACH = 8, 50  # of each seed: 8·50 right answers and as many wrong ones, 3,200 in all; `make answers` draws more
ACCEPTED = 0.98


@pytest.mark.parametrize("seed", range(4))
def test_no_right_answer_is_crossed_and_no_wrong_one_gets_a_tick(seed):
    random = Random(seed)
    counts: Counter[str] = Counter()
    crossed, ticked = [], []
    for conv in convs(random, LAYERS):
        question = find(walked(conv.module(), conv.size), "0.params")
        assert question.value == conv.params
        for _ in range(EACH):
            graded = grade(question, right(conv, random))
            counts["accepted"] += graded.right
            counts["right"] += 1
            if graded.verdict == "wrong":
                crossed.append(graded.given)
            graded = grade(question, wrong(conv, random))
            if graded.right:
                ticked.append(graded.given)
    assert not crossed and not ticked, (crossed, ticked)
    assert counts["accepted"] >= ACCEPTED * counts["right"], counts
