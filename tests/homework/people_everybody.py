"""All kinds of layers, questions and people together: draws a layer, lets people answer rightly and wrongly, has it graded."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import people
import people_figures
import people_layers
import torch
from nets import meta

from explainer.derive.pipeline import walk_model
from explainer.homework.grading.grade import grade
from explainer.homework.grading.result import Graded
from explainer.homework.questions import find


def convolution(random: Random) -> people_layers.Case:
    """The parameters of a convolution, by the makers of `people.py`."""
    (conv,) = people.convs(random, 1)
    right, wrong = (lambda r: people.right(conv, r)), (lambda r: people.wrong(conv, r))
    return people_layers.Case(conv.module, conv.size, "0.params", (right,), (wrong,))


KINDS = (convolution, *people_layers.KINDS, *people_figures.KINDS)


def judged(random: Random, answers: int, each: int) -> Iterator[tuple[str, str, str, Graded]]:
    """Kind, answer, what it is, and how it was graded: as many right answers as asked for, and as many wrong ones."""
    made = 0
    while made < answers:
        kind = KINDS[made // each % len(KINDS)]
        case = kind(random)
        example = meta(*case.size, dtype=torch.long if case.whole_numbers else torch.float32)
        question = find(walk_model(case.module(), (example,), {}, name=kind.__name__, source="test"), case.question)
        for _ in range(min(each, answers - made)):
            made += 1
            for expected, writers in (("right", case.right), ("wrong", case.wrong)):
                text = random.choice(writers)(random)
                yield kind.__name__, text, expected, grade(question, text)
