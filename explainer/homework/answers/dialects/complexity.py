"""Cost as it is taught: an output map of H×W, or of side M, kernels of K×K (He and Sun, 2015; NVIDIA's count of FLOPs)."""

from __future__ import annotations

from explainer.homework.answers.dialects.table import Dialect

OUT = "H_out W_out"
NAMES = {
    "K": "k",
    "k": "k",
    "s": "k",
    "Cin": "C_in",
    "Cout": "C_out",
    "Cl": "C_out",
    "Clprev": "C_in",
    "Ci": "C_in",
    "Co": "C_out",
    "nprev": "C_in",
    "n": "C_out",
    "Cl1": "C_in",
}
OUTPUT_MAP = Dialect("cost", NAMES | {"H": "H_out", "W": "W_out"})
SQUARE_MAP = Dialect("cost", NAMES, {"M": OUT, "m": OUT, "H": OUT, "Ho": OUT, "Hout": OUT, "F": OUT})
