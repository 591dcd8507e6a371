"""Whose submission counts where several say that they are one student's.

What the file's name says (the learning platform made it) comes before what the text says. A later file of the same sender
replaces an earlier one; files with one number and several people's names are of several senders. Between different senders nobody's mark is lowered: the stronger claim counts, else the better one, and
the teacher is told of both.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from explainer.homework.classroom.brief import Brief
from explainer.i18n.bilingual import Bi, same
from explainer.i18n.printable import visible

NOT_THEIRS = Bi(
    zh="这份写的学号是 {student}，而该学号另有 {file}，以它为准；这份是谁的，请核对。",
    en="This one says student {student}, for whom {file} counts; please check whose it is.",
)
CONTESTED = Bi(
    zh="另有 {file} 也写着学号 {student}；以本份为准，请核对。",
    en="{file} says student {student} as well; this one counts, please check.",
)


@dataclass(frozen=True, slots=True)
class Standing:
    """superseded: the place of the submission that counts instead of this one. number: False where the student's number is
    somebody else's. warnings: for the teacher."""

    superseded: int | None = None
    number: bool = True
    warnings: tuple[Bi, ...] = ()


def standings(briefs: Sequence[Brief], files: Sequence[str]) -> dict[int, Standing]:
    """By a submission's place, for those of which there is something to say."""
    groups: dict[str, list[int]] = defaultdict(list)
    for at, one in enumerate(briefs):
        if one.student:
            groups[_squeezed(one.student)].append(at)
    result: dict[int, Standing] = {}
    for group in groups.values():
        if len(group) > 1:
            _settle(group, briefs, files, result)
    return result


def _settle(group: Sequence[int], briefs: Sequence[Brief], files: Sequence[str], result: dict[int, Standing]) -> None:
    senders: dict[str, list[int]] = defaultdict(list)
    named = {_squeezed(one.name) for one in (briefs[at] for at in group) if not (one.owner or one.claimed)} - {""}
    for at in group:
        senders[_sender(briefs[at], files[at], several=len(named) > 1)].append(at)
    latest = {}
    for sender, places in senders.items():
        answered = [at for at in places if briefs[at].answered]
        latest[sender] = answered[-1] if answered else places[-1]
        for at in places:
            if at != latest[sender] and answered:
                result[at] = Standing(superseded=latest[sender])
    if len(latest) == 1:
        return
    counting = max(latest.values(), key=lambda at: (_borne_out(briefs[at]), briefs[at].score, at))
    student, others = briefs[counting].student, [at for at in latest.values() if at != counting]
    told = CONTESTED.format(file=same(visible(files[others[0]])), student=same(visible(student)))
    result[counting] = Standing(warnings=(told,))
    for at in others:
        told = NOT_THEIRS.format(file=same(visible(files[counting])), student=same(visible(student)))
        for each in group:  # their earlier ones are not that student's either
            standing = result.get(each, Standing())
            if each == at or standing.superseded == at:
                result[each] = replace(standing, number=False, warnings=(told,))


def _borne_out(one: Brief) -> bool:
    """Whether anybody but the sender says the number: the platform, or the file's name where the platform has put no other."""
    return one.answered and not one.claimed and (not one.owner or _squeezed(one.student) in _squeezed(one.owner))


def _sender(one: Brief, file: str, *, several: bool) -> str:
    """Who sent it, as far as one can know: the platform's participant; the number of the file's name, with the person's where
    there are several; for a claim, the file."""
    if one.owner:
        return f"platform {one.owner}"
    if one.claimed:
        return f"file {file}"
    return f"name {_squeezed(one.name)}" if several else "name"


def _squeezed(text: str) -> str:
    """A number or a name for comparison: without blanks, invisible signs, wide letters and capitals."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return "".join(char for char in plain if not char.isspace() and unicodedata.category(char) != "Cf")
