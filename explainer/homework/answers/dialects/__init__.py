"""Notations of textbooks and courses, one table a file: the names that a formula may use, by what they stand for.

A table is read as a whole: a formula is right if it is right in one notation, never by a name from each. `--terms` adds
one more. `ALL` is the list; to add a notation, write its file and name it here.
"""

from __future__ import annotations

from explainer.homework.answers.dialects import (
    chinese,
    cs231n,
    deeplearning_ai,
    everyday,
    keras,
    maps,
    mobilenet,
    recurrent,
    transformers,
)
from explainer.homework.answers.dialects.table import Dialect

__all__ = ["ALL", "Dialect"]

ALL: tuple[Dialect, ...] = (
    everyday.DIALECT,
    cs231n.DIALECT,
    cs231n.NUMBERED,
    deeplearning_ai.DIALECT,
    mobilenet.DIALECT,
    mobilenet.FEATURE_MAPS,
    transformers.DIALECT,
    recurrent.DIALECT,
    recurrent.EQUATIONS,
    keras.DIALECT,
    maps.DIALECT,
    maps.REVERSED,
    chinese.DIALECT,
)
