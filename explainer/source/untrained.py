"""Trained weights are left out: nothing is downloaded, and a derivation needs shapes only.

A constructor that fetches weights (`resnet18(weights="DEFAULT")`, `timm.create_model(…, pretrained=True)`) gets none: what torch's and
timm's loaders would give is nothing, and giving nothing to a model leaves it as it was built. Whatever else asks for an address
meets a machine without a network.
"""

from __future__ import annotations

import contextvars
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch.hub
from torch import nn

from explainer.i18n.bilingual import Bi

LEFT_OUT = Bi(
    zh="没有下载训练好的权重：推导只用各层的形状，与权重的数值无关。",
    en="Trained weights were not downloaded: only shapes matter here, not the weights' values.",
)
OFFLINE = "nothing is downloaded here"
_asked: contextvars.ContextVar[list[Bi] | None] = contextvars.ContextVar("asked", default=None)
_HERE = ("localhost", "127.0.0.1", "::1", "", None)


class _Nothing(dict[str, Any]):
    """A state dict that nobody fetched: what a program takes out of it (a head of another size) was never there."""

    def pop(self, key: str, *_: Any) -> None:
        """Nothing, whatever is asked for."""

    def __delitem__(self, key: str) -> None:
        """There is nothing to delete."""


def _mark() -> _Nothing:
    notes = _asked.get()
    if notes is not None and LEFT_OUT not in notes:
        notes.append(LEFT_OUT)
    return _Nothing()


@contextmanager
def untrained() -> Iterator[list[Bi]]:
    """While a user's code is imported or builds a model; gives the list in which it is noted that weights were left out.

    Only this thread notices; everything is put back at the end. Within another one the list is the outer one's.
    """
    outer = _asked.get()
    notes: list[Bi] = [] if outer is None else outer
    token = _asked.set(notes)
    put_back = [*_replaced()]
    try:
        yield notes
    finally:
        _asked.reset(token)
        for owner, name, ours, before in reversed(put_back):
            if getattr(owner, name) is ours:
                setattr(owner, name, before)


def _replaced() -> Iterator[tuple[Any, str, Any, Any]]:
    replace = _unless_asked
    yield replace(torch.hub, "load_state_dict_from_url", lambda before, *_, **__: _mark())
    yield replace(nn.Module, "load_state_dict", _loaded)
    yield replace(socket, "getaddrinfo", _address)
    for module, name in (
        ("torchvision.models._api", "load_state_dict_from_url"),
        ("torch.utils.model_zoo", "load_url"),
        ("timm.models._builder", "load_pretrained"),
    ):
        if (found := sys.modules.get(module)) is not None and hasattr(found, name):
            yield replace(found, name, lambda before, *_, **__: _mark())


def _unless_asked(owner: Any, name: str, instead: Any) -> tuple[Any, str, Any, Any]:
    """Put in the place of a function one that does its own outside of `untrained`: somebody may keep it."""
    before = getattr(owner, name)

    def ours(*args: Any, **kwargs: Any) -> Any:
        return before(*args, **kwargs) if _asked.get() is None else instead(before, *args, **kwargs)

    setattr(owner, name, ours)
    return owner, name, ours, before


def _loaded(before: Any, model: nn.Module, state: Any, *args: Any, **kwargs: Any) -> Any:
    if isinstance(state, _Nothing) or (not state and LEFT_OUT in (_asked.get() or ())):
        return nn.modules.module._IncompatibleKeys([], [])
    return before(model, state, *args, **kwargs)


def _address(before: Any, host: Any, *args: Any, **kwargs: Any) -> Any:
    if host not in _HERE:
        raise socket.gaierror(socket.EAI_NONAME, OFFLINE)
    return before(host, *args, **kwargs)
