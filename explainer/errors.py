"""What goes wrong for a user: one clear sentence in both languages, and no traceback."""

from __future__ import annotations

from explainer.i18n.bilingual import Bi


class UserError(Exception):
    """Wrong use or bad input: says what was wrong and what to do. The command line exits with 2."""

    def __init__(self, message: Bi) -> None:
        super().__init__(message.en)
        self.message = message
