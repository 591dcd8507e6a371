"""Every notation, in the order in which they are tried: to add one, write its file and name it here."""

from __future__ import annotations

from explainer.homework.answers.dialects import (
    chinese,
    complexity,
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
    maps.BLOCKS,
    maps.BLOCKS_BY_SIDE,
    chinese.DIALECT,
    complexity.OUTPUT_MAP,
    complexity.SQUARE_MAP,
)
