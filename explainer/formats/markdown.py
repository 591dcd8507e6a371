"""Markdown with math, as GitHub shows it."""

from __future__ import annotations

from explainer.formats.base import Format

FORMAT = Format(".md", lambda lesson: lesson.to_markdown().encode(), order=0, beside=lambda lesson: lesson.files())
