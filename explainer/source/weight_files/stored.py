"""What every kind of file of weights comes down to, and how one is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from explainer.i18n.bilingual import Bi

MAX_NAME = 500


@dataclass(frozen=True)
class Stored:
    """A tensor as the file describes it.

    parameter: whether the file says that it is one (True), or that it is none; None where it does not say.
    storage: the same for tensors that are the same numbers.
    """

    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    parameter: bool | None = None
    storage: object = None


@dataclass(frozen=True)
class Contents:
    """A file's tensors, and what the user should know of them."""

    tensors: Sequence[Stored]
    notes: tuple[Bi, ...] = field(default=())


class Refused(Exception):
    """The file does not add up; why, in words. whole: the words are the whole sentence."""

    def __init__(self, reason: Bi, whole: bool = False) -> None:
        super().__init__(reason.en)
        self.reason, self.whole = reason, whole
