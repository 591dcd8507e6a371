"""How the feedback pages are called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from explainer.homework.classroom.record import Marked
from explainer.i18n.printable import visible

MAX_BYTES = 160  # of a name: file systems take 255, and an ending and a number come behind


def page_names(marked: Sequence[Marked]) -> list[str]:
    """A file name for each page: the submission's, with the student's number where one file has several."""
    return names_of([(one.file, one.student or one.name) for one in marked])


def names_of(submissions: Sequence[tuple[str, str]]) -> list[str]:
    """The same of (file, who sent it)."""
    several = Counter(file for file, _ in submissions)
    stems = Counter(_stem(file) for file in several)
    names: list[str] = []
    taken: Counter[str] = Counter()
    for file, who in submissions:
        stem = _stem(file)
        name = stem if stems[stem] == 1 else _stem(file.replace(".", "_") + ".")
        if several[file] > 1:
            name = f"{name}-{_stem((who or 'x') + '.')}"
        while (again := taken[name.lower()]) > 0:
            taken[name.lower()] += 1
            name = f"{name}_{again + 1}"
        taken[name.lower()] = 1
        names.append(name)
    return names


def _stem(file: str) -> str:
    """A name without its ending and without what file systems or links cannot carry."""
    stem = file.rpartition(".")[0] or file
    return (
        re.sub(r'[\\/:*?"<>|#%\x00-\x1f\x7f]+', "_", visible(stem))
        .strip(" .")
        .encode()[:MAX_BYTES]
        .decode(errors="ignore")
        .strip(" .")
        or "_"
    )
