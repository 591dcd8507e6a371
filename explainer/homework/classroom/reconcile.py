"""What can only be said when the whole class is graded: who sent twice, which questions count, who left one out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from explainer.homework.classroom.assignment import Assignment
from explainer.homework.classroom.brief import Brief, brief
from explainer.homework.classroom.hand_marks import HandMarks
from explainer.homework.classroom.identity import Standing, standings
from explainer.homework.classroom.marker import missing
from explainer.homework.classroom.record import Answered, Marked
from explainer.i18n.bilingual import Bi, words_in_a_row
from explainer.i18n.printable import visible

NOT_ASKED = Bi(
    zh="不在计分的题目之列，不计分：{names}。",
    en="Not among the questions that count, so without marks: {names}.",
)
_NOTHING = Standing()


@dataclass(frozen=True)
class Reconciled:
    """What the class as a whole says of each submission: `of(place, marked)` gives its last form.

    keys: the questions on the model that count. guessed: they were taken from the answers.
    """

    assignment: Assignment
    files: Sequence[str]
    standings: Mapping[int, Standing]
    keys: tuple[str, ...]
    guessed: bool
    hand: HandMarks = field(default_factory=HandMarks)

    def of(self, at: int, marked: Marked) -> Marked:
        """The submission with these things said and the teacher's own marks in it."""
        standing = self.standings.get(at, _NOTHING)
        if standing.superseded is not None:
            marked = replace(marked, superseded=self.files[standing.superseded])
        if not standing.number:
            marked = replace(marked, student="")
        marked = marked.warning(*standing.warnings)
        if not marked.sheet_id:
            marked = _completed(marked, self.keys, self.assignment)
        return self.hand.applied(marked)


def reconciled(
    briefs: Sequence[Brief], files: Sequence[str], assignment: Assignment, hand: HandMarks | None = None
) -> Reconciled:
    """Of all submissions in order, and the files that they are in. Raises UserError for a question given that is none."""
    standing = standings(briefs, files)
    keys, guessed = _asked(briefs, standing, assignment)
    return Reconciled(assignment, files, standing, tuple(keys), guessed, hand or HandMarks())


def settled(marked: Sequence[Marked], assignment: Assignment) -> tuple[list[Marked], bool]:
    """The same for a few submissions that are at hand: (the results, whether the questions were taken from the answers)."""
    whole = reconciled([brief(one) for one in marked], [one.file for one in marked], assignment)
    return [whole.of(at, one) for at, one in enumerate(marked)], whole.guessed


def _asked(briefs: Sequence[Brief], standing: Mapping[int, Standing], assignment: Assignment) -> tuple[list[str], bool]:
    """The questions on the model that count: as given, else those that at least two answer (of one or two: all)."""
    if assignment.points:
        return [assignment.asked(name, None).key for name in assignment.points], False
    counted = [
        one
        for at, one in enumerate(briefs)
        if one.answered and not one.on_sheet and standing.get(at, _NOTHING).superseded is None
    ]
    times: Counter[str] = Counter()
    for keys, students in Counter(one.keys for one in counted).items():
        times.update(dict.fromkeys(keys, students))
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

    def left_out(key: str) -> Answered:
        return missing(assignment.asked(key, None))

    if not one.answers:
        return replace(one, answers=tuple(left_out(key) for key in keys) if assignment.walk is not None else ())
    given = {answer.key: answer for answer in one.answers}
    counted = [given.get(key) or left_out(key) for key in keys]
    others = [
        replace(answer, points=0.0, score=0.0) for key, answer in given.items() if key not in keys and answer.given
    ]
    said = [NOT_ASKED.format(names=words_in_a_row(visible(answer.key) for answer in others))] if others else []
    return replace(one, answers=(*counted, *others)).saying(*said)
