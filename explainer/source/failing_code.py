"""The code that was running when a forward pass broke: its lines, what they compare and divide by, looked up and never run."""

from __future__ import annotations

import ast
import functools
import linecache
from collections.abc import Iterator, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any, Protocol

import torch
from torch import nn

_WAYS_DEEP = 8  # frames of the model's code, from the one that failed outwards
_OURS = ("explainer", "torch")


class Failure(Protocol):
    """A forward pass that broke, as `tracing` keeps it: the model, the module in which it broke, and on what shapes.

    needs_values: not for the inputs' sake, but because a step depends on numbers.
    """

    @property
    def root(self) -> nn.Module: ...
    @property
    def module(self) -> nn.Module: ...
    @property
    def shapes(self) -> Sequence[tuple[int, ...]]: ...
    @property
    def cause(self) -> BaseException: ...
    @property
    def needs_values(self) -> bool: ...


def lines_running(failure: Failure) -> Iterator[tuple[FrameType, int]]:
    """The lines of the model's own code that were running, the innermost first."""
    frames = []
    step = failure.cause.__traceback__
    while step is not None:
        home = step.tb_frame.f_globals.get("__name__", "").partition(".")[0]
        if home not in _OURS:
            frames.append((step.tb_frame, step.tb_lineno))
        step = step.tb_next
    yield from reversed(frames[-_WAYS_DEEP:])


@functools.lru_cache(maxsize=32)
def statements_in(file: str) -> tuple[ast.stmt, ...]:
    """All statements of a file; none of one that cannot be read."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return ()
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.stmt))


def statements_at(file: str, line: int) -> Sequence[ast.AST]:
    """The statement at a line; of one that raises the condition on which it does."""
    around = [node for node in statements_in(file) if node.lineno <= line <= (node.end_lineno or 0)]
    around.sort(key=lambda node: (node.end_lineno or 0) - node.lineno)
    if not around:
        return []
    if isinstance(around[0], ast.Raise):
        return [node.test for node in around if isinstance(node, ast.If)][:1]
    return [around[0].test] if isinstance(around[0], ast.If | ast.While) else [around[0]]


def divisors_at(failure: Failure, kind: type[ast.operator] = ast.Mod) -> Iterator[int]:
    """The whole numbers n of `… % n` in the statement that failed: written there, a variable, or a setting of an object."""
    for frame, line in lines_running(failure):
        steps = [node for step in statements_at(frame.f_code.co_filename, line) for node in ast.walk(step)]
        by = [node.right for node in steps if isinstance(node, ast.BinOp) and isinstance(node.op, kind)]
        found = [value for node in by if type(value := _looked_up(node, frame)) is int and value > 1]
        yield from found
        if by:
            return


def compared(failure: Failure) -> Iterator[tuple[int, int]]:
    """(size, other) of each `if size == other: return …` before the line that failed, both ways about, where they differ."""
    frame, line = next(lines_running(failure), (None, 0))
    if frame is None:
        return
    first = frame.f_code.co_firstlineno
    for step in statements_in(frame.f_code.co_filename):
        if not (isinstance(step, ast.If) and first <= step.lineno < line and isinstance(step.body[-1], ast.Return)):
            continue
        test = step.test
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            sizes = _looked_up(test.left, frame), _looked_up(test.comparators[0], frame)
            if all(type(size) is int and size > 1 for size in sizes) and sizes[0] != sizes[1]:
                yield sizes
                yield sizes[1], sizes[0]


def _looked_up(node: ast.expr, frame: FrameType) -> Any:
    """The value of a number, a variable, an attribute or a size, as the line itself has just looked it up; None if there is none."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return frame.f_locals.get(node.id)
    if isinstance(node, ast.Attribute):
        with suppress(Exception):
            return getattr(_looked_up(node.value, frame), node.attr)
    if isinstance(node, ast.Subscript):
        sizes, at = _looked_up(node.value, frame), _looked_up(node.slice, frame)
        if isinstance(sizes, torch.Size) and type(at) is int and at < len(sizes):
            return sizes[at]
    return None
