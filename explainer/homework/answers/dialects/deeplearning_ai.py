"""deeplearning.ai: an f×f filter, n_c^[l-1] channels in, n_c^[l] filters, images of n_H×n_W."""

from __future__ import annotations

from explainer.homework.answers.dialects.table import Dialect

DIALECT = Dialect(
    "deeplearning.ai",
    {
        "f": "k",
        "s": "s",
        "p": "p",
        "nc": "C_out C",
        "nC": "C_out C",
        "ncprev": "C_in",
        "nCprev": "C_in",
        "ncout": "C_out",
        "ncin": "C_in",
        "nf": "C_out",
        "nfilters": "C_out",
        "nh": "H_out H",
        "nH": "H_out H",
        "nhprev": "H",
        "nHprev": "H",
        "nw": "W_out W",
        "nW": "W_out W",
        "nwprev": "W",
        "nWprev": "W",
        "n": "F_out",
        "nprev": "F_in H",
        "m": "N",
        "b": "b",
    },
)
