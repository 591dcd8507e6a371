"""Feature maps by letters: n×m kernels, l maps in, k maps out; c channels in, n kernels out; and kernels as blocks, w×h×d."""

from __future__ import annotations

from explainer.homework.answers.dialects.table import Dialect

DIALECT = Dialect("feature maps", {"n": "k_h k", "m": "k_w k", "l": "C_in", "k": "C_out"})
REVERSED = Dialect(
    "feature maps",
    {"k": "k", "K": "k", "f": "k", "c": "C_in C F_in", "n": "C_out F_out", "m": "F_in", "C": "C_in C", "N": "C_out"},
)
BLOCKS = Dialect("kernels as blocks", {"m": "k_h k", "n": "k_w k", "d": "C_in", "k": "C_out"})
BLOCKS_BY_SIDE = Dialect(
    "kernels as blocks", {"w": "k_w k", "h": "k_h k", "d": "C_in", "c": "C_in", "k": "C_out", "n": "C_out"}
)
