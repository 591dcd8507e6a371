"""Which figures a lesson shows of each layer."""

from __future__ import annotations

from typing import Literal

Shown = Literal["params", "shape", "macs", "memory", "receptive-field"]
USUALLY: tuple[Shown, ...] = ("params", "shape", "macs")
