"""Sizes of a tensor, batch included."""

from __future__ import annotations

Shape = tuple[int, ...]
