"""Stanford CS231n: an F×F kernel, stride S, padding P, K filters on a volume of W×H×D."""

from __future__ import annotations

from explainer.homework.answers.dialects.table import Dialect

NAMES = {
    "F": "k",
    "S": "s",
    "P": "p",
    "K": "C_out F_out",
    "D": "C_in C F_in",
    "W": "W L",
    "H": "H",
    "N": "C_out F_out",
    "b": "b",
}
DIALECT = Dialect("CS231n", NAMES)
NUMBERED = Dialect(
    "CS231n",
    NAMES
    | {"D1": "C_in C F_in", "D2": "C_out C", "W1": "W L", "H1": "H", "W2": "W_out L_out", "H2": "H_out"}
    | {"d": "C_in", "d1": "C_in", "d2": "C_out", "Din": "C_in", "Dout": "C_out"},
)
