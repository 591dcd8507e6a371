"""What can only be said when the whole class is graded: who sent twice, which questions count, who left one out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from explainer.homework.classroom.assignment import Assignment
from explainer.homework.classroom.marker import missing
from explainer.homework.classroom.record import Marked
from explainer.i18n.bilingual import Bi, same
from explainer.i18n.printable import visible

NOT_ASKED = Bi(
    zh="不在计分的题目之列，不计分：{names}。",
    en="Not among the questions that count, so without marks: {names}.",
)


def settled(marked: Sequence[Marked], assignment: Assignment) -> tuple[list[Marked], bool]:
    """The results with these things said, and whether the questions that count were taken from the answers."""
    last = {one.student.lower(): at for at, one in enumerate(marked) if one.student and one.answers}
    result = []
    for at, one in enumerate(marked):
        counting = last.get(one.student.lower(), at)
        result.append(replace(one, superseded=marked[counting].file) if counting != at else one)
    keys, guessed = _asked(result, assignment)
    return [one if one.sheet_id else _completed(one, keys, assignment) for one in result], guessed


def _asked(marked: Sequence[Marked], assignment: Assignment) -> tuple[list[str], bool]:
    """The questions on the model that count: as given, else those that at least two answer (of one or two: all)."""
    if assignment.points:
        return [assignment.asked(name, None).key for name in assignment.points], False
    counted = [one for one in marked if not one.superseded and not one.sheet_id and one.answers]
    times = Counter(answer.key for one in counted for answer in one.answers)
    least = 2 if len(counted) > 2 else 1
    order = _order(assignment, times)
    return [key for key in order if times[key] >= least], bool(times)


def _order(assignment: Assignment, times: Iterable[str]) -> list[str]:
    """As the model has them, so that the columns do not depend on who comes first."""
    from explainer.homework.question import QUANTITIES

    if assignment.walk is None:
        return sorted(times)
    paths = [layer.path for layer in assignment.walk.layers] + [part.path for part in assignment.walk.uncalled]
    place = {path: at for at, path in reversed(list(enumerate(paths)))}

    def rank(key: str) -> tuple[int, int, str]:
        path, _, quantity = key.rpartition(".")
        path = path.removesuffix(".params") if quantity == "bytes" else path
        inside = [at for known, at in place.items() if known.startswith(f"{path}.")]
        first = place.get(path, min(inside) if inside and path != "total" else len(paths))
        return first, next((at for at, known in enumerate(QUANTITIES) if known == quantity), 0), key

    return sorted(times, key=rank)


def _completed(one: Marked, keys: Sequence[str], assignment: Assignment) -> Marked:
    """The questions that count in their order, those left out too; others behind, without marks."""
    if not one.answers:
        empty = tuple(missing(assignment.asked(key, None)) for key in keys) if assignment.walk is not None else ()
        return replace(one, answers=empty)
    given = {answer.key: answer for answer in one.answers}
    counted = [given.get(key) or missing(assignment.asked(key, None)) for key in keys]
    others = [
        replace(answer, points=0.0, score=0.0) for key, answer in given.items() if key not in keys and answer.given
    ]
    said = [NOT_ASKED.format(names=same(", ".join(visible(answer.key) for answer in others)))] if others else []
    return replace(one, answers=(*counted, *others)).saying(*said)
