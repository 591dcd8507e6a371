"""The user's language, from the environment."""

from __future__ import annotations

import locale
import os

from explainer.i18n.bilingual import Lang


def preferred() -> Lang:
    """zh where the locale says so, else en (the order of the variables is POSIX's)."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    name = locale.getlocale()[0] or ""  # Windows sets no such variables
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"
