"""Feature maps by letters: n×m kernels, l maps in, k maps out; and c channels in, n kernels out."""

from __future__ import annotations

from explainer.homework.answers.dialects.table import Dialect

DIALECT = Dialect("feature maps", {"n": "k_h k", "m": "k_w k", "l": "C_in", "k": "C_out"})
REVERSED = Dialect(
    "feature maps",
    {"k": "k", "K": "k", "f": "k", "c": "C_in C F_in", "n": "C_out F_out", "m": "F_in", "C": "C_in C", "N": "C_out"},
)
