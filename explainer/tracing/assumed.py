"""Checks that a network makes of its own values are taken to pass: on the meta device nobody could say.

`assert (x == x).all()`, `if torch.isnan(x).any(): raise …`, `torch._assert(…)`, a distribution's look at its arguments:
what is asked is only whether to go on. The answer is read off the program's own text, at the place that asks: the truth
value with which it goes on. A question that decides anything else gets no answer, and needs values.
"""

from __future__ import annotations

import ast
import functools
import linecache
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

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
            if not tensor.is_meta or (name == "item" and tensor.dtype is not torch.bool):
                return plain(tensor)
            known = truth_that_passes(sys._getframe(1))
            return plain(tensor) if known is None else known

        return answer

    for name in originals:
        setattr(kind, name, asked(name))
    try:
        yield
    finally:
        for name, original in originals.items():
            if original is None:
                delattr(kind, name)
            else:
                setattr(kind, name, original)


def truth_that_passes(frame: FrameType) -> bool | None:
    """What the expression at which a frame stands must be for its check to pass; None where it is part of no check."""
    place = _place(frame.f_code, frame.f_lasti)
    return _wanted(frame.f_code.co_filename, place) if place else None


def _place(code: CodeType, at: int) -> Place | None:
    first, last, start, end = list(code.co_positions())[at // 2]
    if first is None or last is None or start is None or end is None:
        return None
    return first, start, last, end


@functools.lru_cache(maxsize=4096)
def _wanted(file: str, place: Place) -> bool | None:
    enclosing = [check for check in _checks(file) if _covers(check.test, place)]
    if not enclosing:
        return None
    check = min(enclosing, key=lambda check: (check.end_lineno or 0) - check.lineno)
    return _inside(check.test, place, wanted=isinstance(check, ast.Assert))


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


def _covers(node: ast.expr, place: Place) -> bool:
    first, start, last, end = place
    return (node.lineno, node.col_offset) <= (first, start) and (last, end) <= (
        node.end_lineno or 0,
        node.end_col_offset or 0,
    )
