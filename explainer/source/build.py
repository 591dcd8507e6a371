"""Build a model without allocating its weights."""

from __future__ import annotations

import contextvars
import inspect
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, words_in_a_row
from explainer.lean_torch.operators import LeanOperators
from explainer.source import torchvision_models as zoo
from explainer.source.build_failures import build_failed, too_large
from explainer.source.devices import StaysHere
from explainer.source.own_settings import NAMES as CONFIGURATIONS
from explainer.source.untrained import untrained

ITS_CLASS = Bi(
    zh="“{name}”返回的是类{kind}本身，不是它的实例：请改为 return {kind}()。",
    en="'{name}' returned the class {kind} itself, not an instance of it: write return {kind}().",
)
MOST_REAL = 2**28  # elements: a model that must be built with values takes a gigabyte at most
SMALL = 4096  # elements: a stage's widths, a running mean; never a layer's weights


class _MetaUnlessSmall(TorchFunctionMode):
    """Weights go to meta, small tensors stay real, for constructors that compute with them (RegNet's `.item()`)."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        if name in _MAKERS and kwargs.get("device") is None and (name == "empty" or _elements(args, kwargs) > SMALL):
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


class _NotTooLarge(TorchFunctionMode):
    """Everything is real, up to a limit: what asks for more says so before it has taken a machine's memory."""

    def __init__(self) -> None:
        super().__init__()
        self._left = MOST_REAL

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "") in _MAKERS:
            self._left -= _elements(args, kwargs or {})
            if self._left < 0:
                raise _TooLarge
        return func(*args, **(kwargs or {}))


class _TooLarge(Exception):
    """More weights than are built for real."""


_MAKERS = {"empty", "zeros", "ones", "rand", "randn", "full", "eye"}


def _elements(args: Any, kwargs: Any) -> int:
    shape = args[0] if args and isinstance(args[0], list | tuple) else kwargs.get("size", args)
    return math.prod(size for size in shape if isinstance(size, int))


_real = contextvars.ContextVar("real", default=False)


@contextmanager
def for_real() -> Iterator[None]:
    """Within it models are built with their weights, for running with values (`--real`)."""
    token = _real.set(True)
    try:
        yield
    finally:
        _real.reset(token)


def build(
    make: Callable[..., Any],
    name: str,
    arguments: Mapping[str, Any],
    shown: Mapping[str, Any],
    only_meta: bool = False,
) -> nn.Module:
    """Call a class or function on the meta device; only what needs real values is real.

    shown: the arguments that the user gave. only_meta: what does not build so is not tried again with values. Raises UserError if they do not fit or the constructor fails.
    """
    check_arguments(make, name, arguments, shown)
    with warnings.catch_warnings(), untrained():
        warnings.simplefilter("ignore")  # of initialization and of weights: there are none
        model = _built(make, name, arguments, shown, only_meta)
    if isinstance(model, tuple | list):  # a model with what belongs to it: transforms, a tokenizer
        models = [part for part in model if isinstance(part, nn.Module)]
        model = models[0] if len(models) == 1 else model
    if isinstance(model, type) and issubclass(model, nn.Module):
        raise UserError(ITS_CLASS.format(name=name, kind=model.__name__))
    if not isinstance(model, nn.Module):
        raise UserError(
            Bi(
                zh="“{name}”返回的是{kind}，不是 nn.Module。",
                en="'{name}' returned {kind}, not an nn.Module.",
            ).format(name=name, kind=type(model).__name__)
        )
    return model


def _built(
    make: Callable[..., Any], name: str, arguments: Mapping[str, Any], shown: Mapping[str, Any], only_meta: bool
) -> Any:
    """On meta; else with the small tensors real; else, for a constructor that runs its own layers, real as a whole."""
    first: BaseException | None = None
    try:
        every = (_META,) if only_meta else (_META, _META_UNLESS_SMALL, _REAL)
        for ways in (_WITH_VALUES,) if _real.get() else every:
            try:
                with ExitStack() as stack:
                    for way in ways:
                        stack.enter_context(way())
                    return zoo.repairing(lambda: make(**arguments))
            except Exception as error:
                if isinstance(error, _TooLarge) and first is not None:
                    if _plain_fault(first):
                        raise first from None
                    raise too_large(name, first) from first
                first = first or error
                if only_meta or isinstance(error, _FINAL) or ways in (_REAL, _WITH_VALUES):
                    raise
    except (KeyboardInterrupt, UserError):
        raise
    except BaseException as error:  # sys.exit() in a constructor as well
        raise build_failed(name, error, shown) from error


def _plain_fault(error: BaseException) -> bool:
    """A fault that values would not cure: a setting that is missing, a call that does not fit."""
    return isinstance(error, TypeError | ValueError | AttributeError | LookupError) and "meta" not in str(error).lower()


def _meta_device() -> Any:
    return torch.device("meta")


_Ways = tuple[Callable[[], Any], ...]
_META: _Ways = (_meta_device, LeanOperators, StaysHere)
_META_UNLESS_SMALL: _Ways = (_MetaUnlessSmall, StaysHere)
_REAL: _Ways = (_NotTooLarge, StaysHere)
_WITH_VALUES: _Ways = (StaysHere,)
# No other way of building helps against these.
_FINAL = (OSError, ImportError, NameError, SyntaxError, UserError)


def check_arguments(
    make: Callable[..., Any], name: str, arguments: Mapping[str, Any], shown: Mapping[str, Any]
) -> None:
    """Every required argument is there and every given one exists. Raises UserError."""
    try:
        parameters = inspect.signature(make).parameters
    except (TypeError, ValueError):
        return
    named = {key: p for key, p in parameters.items() if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    strange = [key for key in shown if key not in named and not open_ended]
    if strange:
        raise UserError(
            Bi(
                zh="“{name}”没有参数 {strange}。可用的有：{known}。",
                en="'{name}' takes no argument {strange}. It takes: {known}.",
            ).format(name=name, strange=words_in_a_row(strange), known=words_in_a_row(named or ["–"]))
        )
    missing = [key for key, p in named.items() if p.default is p.empty and key not in arguments]
    if missing:
        raise UserError(
            Bi(
                zh="构造“{name}”还需要参数 {missing}：请加上 {option}。",
                en="Building '{name}' also needs {missing}: add {option}.",
            ).format(
                name=name,
                missing=words_in_a_row(missing),
                option=Bi(
                    " ".join(f"--arg {key}{'.字段' if key in CONFIGURATIONS else ''}=值" for key in missing),
                    " ".join(f"--arg {key}{'.FIELD' if key in CONFIGURATIONS else ''}=VALUE" for key in missing),
                ),
            )
        )
