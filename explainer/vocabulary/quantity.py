"""What of a layer or of a network can be asked for."""

from __future__ import annotations

from typing import Literal

Quantity = Literal["params", "weights", "bias", "shape", "macs", "flops", "activations", "bytes"]
