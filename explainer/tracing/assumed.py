"""Checks that a network makes of its own values are taken to pass: on the meta device nobody could say.

`assert (x == x).all()`, `if torch.isnan(x).any(): raise …`, `torch._assert(…)`, a distribution's look at its arguments:
what is asked is only whether to go on. The answer is read off the program's own text, at the place that asks: the truth
value with which it goes on. A question that decides anything else gets no answer, and needs values.
"""

from __future__ import annotations

import ast
import dis
import functools
import linecache
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import CodeType, FrameType
from typing import Any
from unittest.mock import patch

import torch

Place = tuple[int, int, int, int]  # line, column, last line, last column
_WORDS = frozenset({"warn", "warning", "warning_once", "info", "debug", "error", "print", "log"})


@contextmanager
def checks_pass() -> Iterator[None]:
    """Within it a meta tensor that is asked for its truth by a check gives the answer with which the check passes."""
    kind: Any = torch.Tensor
    originals = {name: kind.__dict__.get(name) for name in ("__bool__", "item")}

    def asked(name: str) -> Callable[[Any], Any]:
        plain = getattr(kind, name)

        @functools.wraps(plain)
        def answer(tensor: Any) -> Any:
            known = truth_that_passes(sys._getframe(1)) if tensor.is_meta else None
            if known is None:
                return plain(tensor)
            return known if name == "__bool__" or tensor.dtype is torch.bool else Passing(known)

        return answer

    for name in originals:
        setattr(kind, name, asked(name))
    try:
        with _torch_s_own_checks():
            yield
    finally:
        for name, original in originals.items():
            if original is None:
                delattr(kind, name)
            else:
                setattr(kind, name, original)


class Passing:
    """A number in a check that nobody knows: compared with any other it gives the answer with which the check passes."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted

    def _compared(self, other: object) -> bool:
        return self._wanted

    __lt__ = __le__ = __gt__ = __ge__ = _compared
    __eq__ = __ne__ = _compared
    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return self._wanted


@contextmanager
def _torch_s_own_checks() -> Iterator[None]:
    """`torch._check_tensor_all(…)`, which asks for the value and hands it on."""
    with ExitStack() as stack:
        for name in ("_check_tensor_all", "_check_tensor_all_with"):
            if (plain := getattr(torch, name, None)) is not None:
                stack.enter_context(patch.object(torch, name, _passing_on_meta(plain)))
        yield


def _passing_on_meta(check: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(check)
    def checked(*given: Any, **named: Any) -> Any:
        asked = [value for value in (*given, *named.values()) if isinstance(value, torch.Tensor)]
        return None if any(value.is_meta for value in asked) else check(*given, **named)

    return checked


def truth_that_passes(frame: FrameType) -> bool | None:
    """What the expression at which a frame stands must be for its check to pass; None where it is part of no check."""
    place = _place(frame.f_code, frame.f_lasti)
    check = _check(frame.f_code.co_filename, place) if place else None
    if check is None or place is None:
        return None
    wanted = isinstance(check, ast.Assert)
    if _covers(check.test, place):
        return _inside(check.test, place, wanted)
    known = _alone(check.test, wanted)
    return _by_jump(frame.f_code, frame.f_lasti) if known is None else known


def _place(code: CodeType, at: int) -> Place | None:
    first, last, start, end = list(code.co_positions())[at // 2]
    if first is None or last is None or start is None or end is None:
        return None
    return first, start, last, end


@functools.lru_cache(maxsize=4096)
def _check(file: str, place: Place) -> ast.Assert | ast.If | None:
    """The innermost check that this place belongs to."""
    enclosing = [check for check in _checks(file) if _covers(check.test, place) or _is_whole(check, place)]
    return min(enclosing, key=lambda check: (check.end_lineno or 0) - check.lineno, default=None)


@functools.lru_cache(maxsize=64)
def _checks(file: str) -> tuple[ast.Assert | ast.If, ...]:
    """The assertions of a file, and the conditions on which it only raises or warns."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return ()
    return tuple(
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert) or (isinstance(node, ast.If) and not node.orelse and _only_complains(node.body))
    )


def _only_complains(body: list[ast.stmt]) -> bool:
    return all(isinstance(step, ast.Raise) or _says(step) for step in body)


def _says(step: ast.stmt) -> bool:
    """`warnings.warn(…)`, `logger.warning(…)`, `print(…)`."""
    if not (isinstance(step, ast.Expr) and isinstance(step.value, ast.Call)):
        return False
    called = step.value.func
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name in _WORDS


def _inside(node: ast.expr, place: Place, wanted: bool) -> bool:
    """The truth wanted of the part at `place`, if `wanted` is that of the whole: `not` turns it round."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _inside(node.operand, place, not wanted)
    if isinstance(node, ast.BoolOp):
        for part in node.values:
            if _covers(part, place):
                return _inside(part, place, wanted)
    return wanted


def _alone(node: ast.expr, wanted: bool) -> bool | None:
    """The same where only the statement is known that asks: None if its parts must differ."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _alone(node.operand, not wanted)
    if isinstance(node, ast.BoolOp):
        answers = {_alone(part, wanted) for part in node.values}
        return answers.pop() if len(answers) == 1 else None
    return wanted


def _is_whole(check: ast.Assert | ast.If, place: Place) -> bool:
    """The compiler says of a jump that it belongs to the whole statement."""
    return place[:2] == (check.lineno, check.col_offset)


def _by_jump(code: CodeType, at: int) -> bool | None:
    """Which answer does not lead straight to an exception, as the compiled program has it."""
    steps = list(dis.get_instructions(code))
    here = next((i for i, step in enumerate(steps) if step.offset == at), len(steps))
    for i in range(here, min(here + 3, len(steps))):
        name = steps[i].opname
        if "JUMP" in name and name.endswith(("IF_TRUE", "IF_FALSE")):
            target = next((k for k, step in enumerate(steps) if step.offset == steps[i].argval), len(steps))
            jumping = name.endswith("IF_TRUE")  # the answer with which it jumps
            if _raises(steps[i + 1 :]):
                return jumping
            return not jumping if _raises(steps[target:]) else None
    return None


def _raises(steps: list[dis.Instruction]) -> bool:
    """Whether this goes straight to an exception, without another decision on the way."""
    for step in steps:
        if step.opname in ("RAISE_VARARGS", "LOAD_ASSERTION_ERROR"):
            return True
        if "JUMP" in step.opname or step.opname.startswith("RETURN"):
            return False
    return False


def _covers(node: ast.expr, place: Place) -> bool:
    first, start, last, end = place
    return (node.lineno, node.col_offset) <= (first, start) and (last, end) <= (
        node.end_lineno or 0,
        node.end_col_offset or 0,
    )
