"""The figures as JSON, which `explain` reads back."""

from __future__ import annotations

from explainer.formats.base import Format

FORMAT = Format(".json", lambda lesson: lesson.json_writer(), order=3)
