"""Recurrent layers: input size D, d, n or m, hidden size H, h or n."""

from __future__ import annotations

from explainer.homework.answers.dialects.table import Dialect

DIALECT = Dialect(
    "LSTM",
    {
        "D": "F_in",
        "d": "F_in",
        "x": "F_in",
        "i": "F_in",
        "I": "F_in",
        "E": "F_in",
        "e": "F_in",
        "inputdim": "F_in",
        "inputsize": "F_in",
        "embeddingdim": "F_in",
        "h": "h",
        "H": "h",
        "units": "h",
        "hiddensize": "h",
        "hiddendim": "h",
    },
)
EQUATIONS = Dialect("LSTM", {"m": "F_in", "n": "h", "k": "F_in", "u": "h"})
