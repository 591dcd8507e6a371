"""A PDF on A4 paper."""

from __future__ import annotations

from explainer.formats.base import Format
from explainer.render.files import from_markdown

FORMAT = Format(".pdf", lambda lesson: from_markdown(lesson.to_markdown(), ".pdf"), order=2)
