"""That each token chooses its experts by itself: among others it is given what it is given alone.

A router that looks at one token, or at the mean of all, and sends every token to the same experts is no mixture in which a token
chooses: with a single token it cannot be told from one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from explainer.recognition.one_token import OneToken
from explainer.tracing.leaves import mapped, tensors_in
from explainer.tracing.observed import run_observed

CLOSE = 1e-4
Given = tuple[tuple[Any, ...], dict[str, Any]]


def choosing_alone(one: OneToken, places: Mapping[str, Iterable[str]]) -> set[str]:
    """Of these modules those in which each of several tokens is given what it is given alone.

    places: the tensors of the experts of each module, by its path. One that mixes tokens without its experts as well (attention is in
    it) cannot be asked, and counts as one of them. Raises whatever the model raises.
    """
    given = one.given(places)
    return {path for path, experts in places.items() if path not in given or _alone(one, path, given[path], experts)}


def _alone(one: OneToken, path: str, given: Given, experts: Iterable[str]) -> bool:
    module = one.model.get_submodule(path)
    if _apart(module, given) is not False:
        return True
    with _silent([one.parameters[name] for name in experts]):
        return _apart(module, given) is False


def _apart(module: nn.Module, given: Given) -> bool | None:
    """Whether several tokens together give what each gives by itself; None where a token cannot be given by itself."""
    x = next((value for value in tensors_in(given) if value.is_floating_point() and value.dim() > 1), None)
    if x is None:
        return None
    rows = x.shape[:-1]
    together = _of_rows(module, given, rows.numel())
    if together is None or rows.numel() < 2:
        return None
    for number in range(rows.numel()):
        alone = _of_rows(module, _only(given, rows, number), 1)
        if alone is None:
            return None
        if not torch.allclose(alone[0], together[number], rtol=CLOSE, atol=CLOSE * float(together.abs().max())):
            return False
    return True


def _of_rows(module: nn.Module, given: Given, rows: int) -> torch.Tensor | None:
    """What a module makes of its tokens, a row for each; None where it makes something else, or fails."""
    try:
        made = run_observed(module, *given, train=False, real=True)
    except Exception:  # a stranger's forward, given one of its tokens
        return None
    found = [tensor for tensor in tensors_in(made) if tensor.is_floating_point() and tensor.shape[:-1].numel() == rows]
    return found[0].reshape(rows, -1) if found else None


def _only(given: Given, rows: torch.Size, number: int) -> Given:
    """The same with one token: of each tensor that has one entry for each."""

    def one(value: Any) -> Any:
        if not isinstance(value, torch.Tensor) or value.shape[: len(rows)] != rows:
            return value
        inner = value.shape[len(rows) :]
        return value.reshape(-1, *inner)[number].reshape(*[1] * len(rows), *inner)

    args, kwargs = mapped(one, given)
    return args, kwargs


@contextmanager
def _silent(parameters: list[nn.Parameter]) -> Iterator[None]:
    """All of these 0 for a while."""
    kept = [parameter.detach().clone() for parameter in parameters]
    with torch.no_grad():
        for parameter in parameters:
            parameter.zero_()
    try:
        yield
    finally:
        with torch.no_grad():
            for parameter, before in zip(parameters, kept, strict=True):
                parameter.copy_(before)
