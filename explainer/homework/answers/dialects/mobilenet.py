"""MobileNet (Howard et al., 2017): D_K×D_K kernels, M channels in, N out, feature maps of D_F×D_F."""

from __future__ import annotations

from explainer.homework.answers.dialects.table import Dialect

NAMES = {"DK": "k", "Dk": "k", "dk": "k", "M": "C_in", "N": "C_out", "K": "k"}
DIALECT = Dialect("MobileNet", NAMES | {"DF": "H_out", "Df": "H_out", "df": "H_out"})
FEATURE_MAPS = Dialect("MobileNet", NAMES | {"DF": "H", "Df": "H", "DG": "H_out", "Dg": "H_out", "F": "H_out"})
