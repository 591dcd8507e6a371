"""How the feedback pages are called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from explainer.homework.classroom.record import Marked
from explainer.i18n.printable import visible


def page_names(marked: Sequence[Marked]) -> list[str]:
    """A file name for each page: the submission's, with the student's number where one file has several."""
    several = Counter(one.file for one in marked)
    stems = Counter(_stem(one.file) for one in {one.file: one for one in marked}.values())
    names: list[str] = []
    for one in marked:
        stem = _stem(one.file)
        name = stem if stems[stem] == 1 else _stem(one.file.replace(".", "_") + ".")
        if several[one.file] > 1:
            name = f"{name}-{_stem((one.student or one.name or 'x') + '.')}"
        while name.lower() in {known.lower() for known in names}:
            name += "_"
        names.append(name)
    return names


def _stem(file: str) -> str:
    """A name without its ending and without what file systems or links cannot carry."""
    stem = file.rpartition(".")[0] or file
    return re.sub(r'[\\/:*?"<>|#%\x00-\x1f\x7f]+', "_", visible(stem)).strip(" .")[:100] or "_"
