"""Code that was written for a graphics card, run without one: a tensor stays where it is.

`Net().to(device)`, `.cuda()`, `torch.zeros(3, device="cuda")` say where a tensor is to be kept, which a lesson does not ask.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

MOVES = {"to", "cuda", "cpu", "xpu", "npu", "mps", "hpu"}
_HERE = {"cpu", "meta"}
_NO_CARD = re.compile(
    r"not compiled with|_cuda_|\bNVIDIA\b|\bCUDA\b|\bcuda\b|\bHIP\b|\bMPS\b|\bXPU\b|PyTorch was not linked|PrivateUse1"
)

_KINDS = (AssertionError, RuntimeError, AttributeError)  # the last where torch was built without the card's functions


# A layer's weights are filled by these, five times for one batch norm; each call goes by two functions of Python.
_FILLS = frozenset({torch.Tensor.fill_, torch.Tensor.zero_})


def _fills_nothing(args: Any) -> bool:
    """`fill_` and `zero_` with a number, of a tensor on meta that torch would let be changed in place."""
    given = args[0]
    changed = not given.requires_grad or not torch.is_grad_enabled()
    return given.is_meta and changed and all(type(value) in (int, float, bool) for value in args[1:])


def _draws_nothing(init: Any, given: Mapping[str, Any]) -> bool:
    """A layer's weights drawn at random, on meta, from a distribution that torch would take: the half of what building a Linear costs."""
    tensor, generator = given.get("tensor"), given.get("generator")
    if not isinstance(tensor, torch.Tensor) or not tensor.is_meta or generator is not None:
        return False
    if init is nn.init.kaiming_uniform_:
        usual = given.get("mode") in ("fan_in", "fan_out") and given.get("nonlinearity") == "leaky_relu"
        return usual and tensor.dim() > 1 and type(given.get("a")) in (int, float)
    low, high = given.get("a"), given.get("b")
    return isinstance(low, int | float) and isinstance(high, int | float) and low <= high


_DRAWS = frozenset({nn.init.kaiming_uniform_, nn.init.uniform_})


class StaysHere(TorchFunctionMode):
    """No tensor leaves for a device that may not be there, nor a meta tensor for one that has values."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _FILLS and not kwargs and _fills_nothing(args):
            return args[0]
        kwargs = kwargs or {}
        if func in _DRAWS and not args and _draws_nothing(func, kwargs):
            return kwargs["tensor"]
        if args and isinstance(args[0], torch.Tensor) and getattr(func, "__name__", "") in MOVES:
            return _staying(args[0], args[1:], kwargs)
        device = kwargs.get("device")
        if device is not None and _type_of(device) not in _HERE:
            kwargs = {name: value for name, value in kwargs.items() if name != "device"}
        return func(*args, **kwargs)


def _staying(tensor: torch.Tensor, args: Any, kwargs: Any) -> torch.Tensor:
    """`x.to("cuda", torch.float16)`: of all that it says, the device is left out."""
    given = [*args, kwargs.get("device"), kwargs.get("other"), kwargs.get("dtype")]
    if any(_type_of(value) == "meta" for value in given if isinstance(value, str | torch.device)):
        return tensor.to("meta")
    dtypes = [value if isinstance(value, torch.dtype) else value.dtype for value in given if hasattr(value, "dtype")]
    dtypes += [value for value in given if isinstance(value, torch.dtype)]
    kept = {name: value for name, value in kwargs.items() if name in ("copy", "memory_format")}
    return tensor.to(dtype=dtypes[0] if dtypes else tensor.dtype, **kept)


def _type_of(device: Any) -> str:
    """`cuda` for "cuda:0", 0 and torch.device("cuda")."""
    if isinstance(device, torch.device):
        return device.type
    return device.partition(":")[0] if isinstance(device, str) else "cuda"


def wants_a_card(error: BaseException) -> bool:
    """Whether an error says that a device is missing."""
    return isinstance(error, _KINDS) and bool(_NO_CARD.search(str(error)))


def without_a_card(run: Callable[[], Any]) -> Any:
    """Run it; once more, with every tensor kept here, if all it stumbled over was a device that is not there.

    What it sets as the default device holds while it runs, and no longer.
    """
    with _default_device_kept():
        try:
            return run()
        except _KINDS as error:
            if not wants_a_card(error):
                raise
    with _default_device_kept(), _no_card_asked(), StaysHere():
        return run()


@contextmanager
def _default_device_kept() -> Iterator[None]:
    before = torch.get_default_device()
    try:
        yield
    finally:
        if _default_device() != before:
            torch.set_default_device(None if before.type == "cpu" else before)


@contextmanager
def _no_card_asked() -> Iterator[None]:
    """`torch.set_default_device("cuda")`, which would come after `StaysHere`, and what asks the card itself, do nothing."""
    default = torch.set_default_device
    stand_ins = {
        (torch, "set_default_device"): lambda device: default(device) if _type_of(device) in _HERE else None,
        (torch.cuda, "set_device"): lambda device: None,
        (torch.cuda, "synchronize"): lambda device=None: None,
        (torch.cuda, "current_device"): lambda: 0,
    }
    kept = {place: getattr(*place) for place in stand_ins}
    for (home, name), stand_in in stand_ins.items():
        setattr(home, name, stand_in)
    try:
        yield
    finally:
        for (home, name), original in kept.items():
            setattr(home, name, original)


def _default_device() -> torch.device | None:
    try:
        return torch.get_default_device()
    except (AssertionError, RuntimeError):  # one that is not there cannot even be asked
        return None
