"""MobileNet (Howard et al., 2017): D_K×D_K kernels, M channels in, N out, feature maps of D_F×D_F."""

from __future__ import annotations

from explainer.homework.answers.dialects.table import Dialect

NAMES = {"DK": "k", "Dk": "k", "dk": "k", "M": "C_in", "N": "C_out", "K": "k"}
OUT = "H_out W_out"
DIALECT = Dialect("MobileNet", NAMES, {"DF": OUT, "Df": OUT, "df": OUT, "DG": OUT, "Dg": OUT, "F": OUT})
FEATURE_MAPS = Dialect("MobileNet", NAMES | {"DF": "H", "Df": "H", "DG": "H_out", "Dg": "H_out", "F": "H_out"})
