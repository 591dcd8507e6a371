"""One self-contained HTML page."""

from __future__ import annotations

from explainer.formats.base import Format, Lesson
from explainer.render.files import from_markdown


def _written(lesson: Lesson) -> bytes:
    return from_markdown(lesson.to_markdown(), ".html", pictures=lesson.drawings(), css=lesson.css)


FORMAT = Format(".html", _written, order=1)
