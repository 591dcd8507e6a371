"""Keras: filters, kernel_size, units, input_dim."""

from __future__ import annotations

from explainer.homework.answers.dialects.table import Dialect

DIALECT = Dialect(
    "Keras",
    {
        "filters": "C_out",
        "filter": "C_out",
        "nbfilter": "C_out",
        "kernelsize": "k",
        "filtersize": "k",
        "filterheight": "k_h k",
        "filterwidth": "k_w k",
        "filterh": "k_h k",
        "filterw": "k_w k",
        "units": "F_out h",
        "inputdim": "F_in",
        "inputunits": "F_in",
        "outputunits": "F_out",
        "inputchannels": "C_in",
        "inputdepth": "C_in",
        "numfilters": "C_out",
        "channels": "C_in C",
        "strides": "s",
    },
)
