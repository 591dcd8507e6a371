"""One self-contained HTML page."""

from __future__ import annotations

from explainer.formats.base import Format
from explainer.render.files import from_markdown

FORMAT = Format(".html", lambda lesson: from_markdown(lesson.to_markdown(), ".html"), order=1)
