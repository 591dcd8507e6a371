"""A PDF on A4 paper."""

from __future__ import annotations

from explainer.formats.base import Format, Lesson
from explainer.render.files import from_markdown


def _written(lesson: Lesson) -> bytes:
    return from_markdown(lesson.to_markdown(), ".pdf", pictures=lesson.drawings(), css=lesson.css)


FORMAT = Format(".pdf", _written, order=2)
