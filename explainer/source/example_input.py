"""The input that a user's file names: `example_input() -> (args, kwargs)`, or `EXAMPLE_INPUT`.

A tuple of integers (or a list of them), a text such as "1,128:int64", or a tuple of these, are shapes. Anything else is a value,
handed on as it is: `(args, kwargs)` is what it says; a dictionary is keyword arguments if the forward has such, else one argument;
a tuple or list is the arguments if the forward takes so many, else one argument.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from explainer.errors import UserError, at_line, said_by
from explainer.i18n.bilingual import Bi
from explainer.source.devices import without_a_card
from explainer.source.inputs import Input, InputSpec, InputValue, parse_input, parse_shape

NAMES = ("example_input", "EXAMPLE_INPUT")
FAILED = Bi(
    zh="{file} 的 example_input() 出错{line}：{reason}。它应当不带参数，返回forward的输入 (args, kwargs)。",
    en="example_input() in {file} failed{line}: {reason}. It takes no arguments and returns the forward's input, "
    "(args, kwargs).",
)


def example_of(names: dict[str, Any], model: nn.Module, file: str) -> tuple[Input, ...] | None:
    """What the file says, else Lightning's `example_input_array`; None where nobody says anything. Raises UserError."""
    given = next((names[name] for name in NAMES if names.get(name) is not None), None)
    if inspect.isfunction(given):
        given = _called(given, file)
    elif given is None:
        given = vars(model).get("example_input_array")
    return None if given is None else read_example(given, model)


def read_example(given: Any, model: nn.Module) -> tuple[Input, ...]:
    """Shapes where it names shapes, else the values as this model's forward takes them. Raises UserError."""
    if shapes := _shapes(given):
        return shapes
    forward = _forward(model)
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], tuple | list) and _names(given[1]):
        args, kwargs = given
    elif _names(given) and _fits(forward, (), given):
        args, kwargs = (), given
    elif type(given) in (tuple, list) and (_fits(forward, given, {}) or not _fits(forward, (given,), {})):
        args, kwargs = given, {}
    else:
        args, kwargs = (given,), {}
    return (*(InputValue(value) for value in args), *(InputValue(value, name) for name, value in kwargs.items()))


def _called(function: Callable[[], Any], file: str) -> Any:
    try:
        return without_a_card(function)
    except Exception as error:
        raise UserError(FAILED.format(file=file, line=at_line(error), reason=said_by(error))) from error


def _shapes(given: Any) -> tuple[InputSpec, ...]:
    """The shapes that it is made of, or () where it is a value."""
    if one := _shape(given, alone=True):
        return (one,)
    if type(given) not in (tuple, list):
        return ()
    found = [_shape(part, alone=False) for part in given]
    return tuple(shape for shape in found if shape) if all(found) else ()


def _shape(given: Any, alone: bool) -> InputSpec | None:
    if isinstance(given, str):
        return parse_shape(given)
    kinds = (tuple, list) if alone else (tuple,)
    if isinstance(given, kinds) and given and all(type(size) is int for size in given):
        spec = parse_input(",".join(map(str, given)))
        assert isinstance(spec, InputSpec)
        return spec
    return None


def _names(given: Any) -> bool:
    return isinstance(given, dict) and all(isinstance(name, str) and name.isidentifier() for name in given)


def _forward(model: nn.Module) -> Callable[..., Any]:
    """The forward that says what it takes: a wrapper (DataParallel, torch.compile) takes anything."""
    seen = 0
    while seen < 8 and (inner := next((m for n, m in model.named_children() if n in ("module", "_orig_mod")), None)):
        model, seen = inner, seen + 1
    forward: Callable[..., Any] = model.forward
    return forward


def _fits(forward: Callable[..., Any], args: Any, kwargs: Any) -> bool:
    try:
        inspect.signature(forward).bind(*args, **kwargs)
    except TypeError:
        return False
    except ValueError:  # it has no signature: only tensors are known to fit
        return all(isinstance(value, torch.Tensor) for value in (*args, *kwargs.values()))
    return True
