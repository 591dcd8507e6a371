"""The table of contents: sections, with their layer sections under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from explainer.render.html.cjk_text import text_width
from explainer.render.html.reader import Heading

_COLUMN = 22.0  # em that one of two columns has for a line of the contents, its page number aside


@dataclass
class Entry:
    """One line of the table of contents, with the lines under it."""

    id: str
    html: Markup
    width: float
    children: list[Entry] = field(default_factory=list)

    @property
    def in_columns(self) -> bool:
        """Whether the lines under it are many, and short enough to stand in two columns."""
        return len(self.children) > 5 and max(child.width for child in self.children) < _COLUMN


def outline(headings: Sequence[Heading], *, most: int | None = None) -> list[Entry]:
    """Headings as a two-level tree; with more than `most` entries of the lower level, only the upper one."""
    if most is not None and sum(heading.level == 3 for heading in headings) > most:
        headings = [heading for heading in headings if heading.level == 2]
    entries: list[Entry] = []
    section: Entry | None = None
    for heading in headings:
        entry = Entry(heading.id, Markup(heading.html), text_width(heading.text))
        if heading.level == 3 and section is not None:
            section.children.append(entry)
        else:
            entries.append(entry)
            section = entry if heading.level == 2 else section
    return entries
