"""An answer that cannot be read: what is in the way, and where."""

from __future__ import annotations

from explainer.i18n.bilingual import Bi


class Unreadable(Exception):  # an outcome, not a fault of the program
    """message: one sentence; caret: the place in the answer as given, counted in characters from 0."""

    def __init__(self, message: Bi, caret: int = 0) -> None:
        super().__init__(message.en)
        self.message = message
        self.caret = caret


class LeftOpen(Unreadable):
    """An answer whose words leave it open: 64 or 128, at least 64."""
