"""How notes are written with --debug: names and texts of strangers stand in them, and nothing of them acts on the terminal."""

from __future__ import annotations

import logging

from explainer.i18n.printable import lines_visible


class Visible(logging.Formatter):
    """What acts is spelled out."""

    def format(self, record: logging.LogRecord) -> str:
        """The note and its traceback."""
        return lines_visible(super().format(record))
