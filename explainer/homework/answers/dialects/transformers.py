"""Transformers: width d_model, h heads, d_ff within the feed-forward layer, V tokens known."""

from __future__ import annotations

from explainer.homework.answers.dialects.table import Dialect

WIDTH = "D F_in C"
DIALECT = Dialect(
    "Attention Is All You Need",
    {
        "dmodel": WIDTH,
        "d": WIDTH,
        "h": "n_h",
        "H": "n_h",
        "dff": "F_out",
        "V": "V",
        "vocabsize": "V",
        "v": "V",
        "n": "T",
        "L": "T",
        "hiddensize": WIDTH,
        "embeddim": WIDTH,
        "nembd": WIDTH,
        "intermediatesize": "F_out",
    },
)
