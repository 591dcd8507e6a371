"""Build a model without allocating its weights."""

from __future__ import annotations

import contextvars
import inspect
import math
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from explainer.errors import UserError, said_by
from explainer.i18n.bilingual import Bi
from explainer.source.lean_build import LeanOperators

SMALL = 4096  # elements: a stage's widths, a running mean; never a layer's weights


class _MetaUnlessSmall(TorchFunctionMode):
    """Weights go to meta, small tensors stay real, for constructors that compute with them (RegNet's `.item()`)."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if getattr(func, "__name__", "") in {"empty", "zeros", "ones", "rand", "randn", "full"}:
            shape = args[0] if args and isinstance(args[0], list | tuple) else kwargs.get("size", args)
            sizes = [size for size in shape if isinstance(size, int)]
            if kwargs.get("device") is None and (func.__name__ == "empty" or math.prod(sizes) > SMALL):
                kwargs["device"] = "meta"
        return func(*args, **kwargs)


_real = contextvars.ContextVar("real", default=False)


@contextmanager
def for_real() -> Iterator[None]:
    """Within it models are built with their weights, for running with values (`--real`)."""
    token = _real.set(True)
    try:
        yield
    finally:
        _real.reset(token)


def build(make: Callable[..., Any], name: str, arguments: Mapping[str, Any], shown: Mapping[str, Any]) -> nn.Module:
    """Call a class or function on the meta device; only what needs real values is real.

    shown: the arguments that the user gave. Raises UserError if they do not fit or the constructor fails.
    """
    check_arguments(make, name, arguments, shown)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of initialization and of weights: there are none
        model = _built(make, name, arguments)
    if not isinstance(model, nn.Module):
        raise UserError(
            Bi(
                zh="“{name}”返回的是{kind}，不是 nn.Module。",
                en="'{name}' returned {kind}, not an nn.Module.",
            ).format(name=name, kind=type(model).__name__)
        )
    return model


def _built(make: Callable[..., Any], name: str, arguments: Mapping[str, Any]) -> Any:
    try:
        if _real.get():
            return make(**arguments)
        try:
            with torch.device("meta"), LeanOperators():
                return make(**arguments)
        except (RuntimeError, NotImplementedError, TypeError, ValueError):
            with _MetaUnlessSmall():
                return make(**arguments)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # sys.exit() in a constructor as well
        raise build_failed(name, error) from error


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
            ).format(name=name, strange=", ".join(strange), known=", ".join(named) or "–")
        )
    missing = [key for key, p in named.items() if p.default is p.empty and key not in arguments]
    if missing:
        raise UserError(
            Bi(
                zh="构造“{name}”还需要参数 {missing}：请加上 {option}。",
                en="Building '{name}' also needs {missing}: add {option}.",
            ).format(
                name=name,
                missing=", ".join(missing),
                option=Bi(
                    " ".join(f"--arg {key}=值" for key in missing), " ".join(f"--arg {key}=VALUE" for key in missing)
                ),
            )
        )


def build_failed(name: str, error: BaseException) -> UserError:
    """What went wrong in a constructor, in one sentence."""
    reason = said_by(error)
    strange = re.search(r"unexpected keyword argument '(\w+)'", reason)
    if strange:
        return UserError(
            Bi(
                zh="“{name}”没有参数 {strange}：请检查 --arg 里的名称。",
                en="'{name}' takes no argument {strange}: check the names given with --arg.",
            ).format(name=name, strange=strange[1])
        )
    return UserError(
        Bi(
            zh="构造“{name}”时出错：{reason}。请检查 --arg 给的参数。",
            en="Building '{name}' failed: {reason}. Check the arguments given with --arg.",
        ).format(name=name, reason=reason)
    )
