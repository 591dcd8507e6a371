"""A stretch of a tape run again on the CPU with numbers of ours, in double precision, within a budget of work."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

import torch
from torch import nn

from explainer.recognition.tape import Given, Made, Ref, Step, Tape
from explainer.tracing.function_names import MOVES, SILENT
from explainer.tracing.leaves import mapped, tensors_in

LARGEST = 12_000_000  # numbers in one tensor
WORK = 600_000_000  # numbers read and written, and multiply-accumulates over 64, of one model together
_FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
_COMPLEX = (torch.complex64, torch.complex128)
OF_THE_SIZE = {"new_zeros", "new_ones", "new_full", "zeros_like", "ones_like", "full_like"}  # whatever the values are
_RANDOM = {
    "rand",
    "randn",
    "rand_like",
    "randn_like",
    "randint",
    "bernoulli",
    "multinomial",
    "normal",
    "uniform",
    "randperm",
}

Env = dict[Ref, torch.Tensor]


class NoValue(Exception):
    """A stretch cannot be run: a value that nobody has, or more work than is left."""


class Replay:
    """Runs stretches of one tape.

    values: a buffer's value by its name, None where nobody knows it; parameters are drawn. `run(wanted, given)` gives the value of a
    tensor where those in `given` have others. `signature(wanted, given)` is equal for stretches that are the same function.
    """

    def __init__(self, tape: Tape, values: Callable[[str], torch.Tensor | None], work: int) -> None:
        self.tape, self.values = tape, values
        self.left = work
        self._drawn: Env = {}
        self._layers: dict[str, nn.Module] = {}
        self._fixed: Env = {}  # what depends on nothing that is drawn or given

    def run(self, wanted: Ref, given: Mapping[Ref, torch.Tensor]) -> torch.Tensor:
        """The value of `wanted`. Raises NoValue."""
        return self.runs([wanted], given)[0]

    def runs(self, wanted: Iterable[Ref], given: Mapping[Ref, torch.Tensor]) -> list[torch.Tensor]:
        """The values of several tensors of one run. Raises NoValue."""
        wanted = list(wanted)
        env: Env = dict(given)
        for at in sorted(self.between(wanted, given)):
            step = self.tape.steps[at]
            try:
                self._run(step, env)
            except NoValue:
                raise
            except Exception as error:
                raise NoValue(f"{step.name}: {error}") from error
        return [self._value(ref, env) for ref in wanted]

    def between(self, wanted: Iterable[Ref], given: Iterable[Ref]) -> set[int]:
        """The steps that must run for `wanted` once `given` is there."""
        stop, seen = set(given), set[int]()
        waiting = [ref for ref in wanted if ref not in stop]
        while waiting:
            ref = waiting.pop()
            if isinstance(ref, Made) and ref.step not in seen:
                seen.add(ref.step)
                step = self.tape.steps[ref.step]
                waiting += [before for before in step.refs if before not in stop and step.name not in OF_THE_SIZE]
        return seen

    def drawn(self, ref: Given) -> torch.Tensor:
        """A parameter's value: always the same random numbers, of the size that keeps what goes through a layer at about 1."""
        if ref not in self._drawn:
            shape = self.tape.given[ref]
            self._charge(math.prod(shape))
            seed = int.from_bytes(hashlib.sha256(ref.name.encode()).digest()[:4], "big")
            numbers = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
            scale = 1 / math.sqrt(max(1, math.prod(shape[1:]))) if len(shape) > 1 else 0.5
            self._drawn[ref] = numbers * scale
        return self._drawn[ref]

    def layer(self, step: Step) -> nn.Module:
        """A copy of the step's layer, with drawn parameters, in double precision."""
        assert step.module is not None
        path = step.path.partition("@")[0]
        if path not in self._layers:
            memo: dict[int, Any] = {}
            for name, parameter in step.module.named_parameters():
                value = self.drawn(self._owned("parameter", path, name, parameter))
                memo[id(parameter)] = nn.Parameter(value, requires_grad=False)
            for name, buffer in step.module.named_buffers():
                memo[id(buffer)] = self._buffer(f"{path}.{name}" if path else name)
            copy = deepcopy(step.module, memo)
            copy.eval()
            self._layers[path] = copy
        return self._layers[path]

    def _owned(self, what: str, path: str, name: str, tensor: torch.Tensor) -> Given:
        ref = Given(what, f"{path}.{name}" if path else name)
        if ref not in self.tape.given:
            self.tape.given[ref] = tuple(tensor.shape)  # a shared parameter has another's name
        return ref

    def _buffer(self, name: str) -> torch.Tensor:
        value = self.values(name)
        if value is None or value.is_meta:
            raise NoValue(name)
        value = value.detach().to("cpu")
        return value.double() if value.is_floating_point() else value.clone()

    def _value(self, ref: Ref, env: Env) -> torch.Tensor:
        if ref in env:
            return env[ref]
        if isinstance(ref, Made):
            raise NoValue("a step that was not run")
        if ref.what == "parameter":
            return self.drawn(ref)
        if ref.what == "buffer":
            return self._buffer(ref.name)
        if ref.what == "constant":
            value = self.tape.constants[ref.name]
            return value.double() if value.is_floating_point() else value
        raise NoValue(ref.name)

    def _run(self, step: Step, env: Env) -> None:
        if step.name in _RANDOM:
            raise NoValue(step.name)
        self._charge(sum(math.prod(shape) for shape in step.shapes))

        own = step.changes or step.kwargs.get("inplace") or getattr(step.module, "inplace", False)

        def valued(part: Any) -> Any:
            if isinstance(part, Made | Given):
                if step.name in OF_THE_SIZE and part not in env:
                    return torch.zeros(self.tape.shape_of(part), dtype=torch.float64)
                value = self._value(part, env)
                return value.clone() if own else value
            if isinstance(part, torch.dtype):
                return torch.float64 if part in _FLOATS else torch.complex128 if part in _COMPLEX else part
            if isinstance(part, torch.device):
                return torch.device("cpu")
            return part

        args, kwargs = mapped(valued, step.args), mapped(valued, step.kwargs)
        if isinstance(kwargs.get("device"), str):
            kwargs["device"] = "cpu"
        with torch.no_grad():
            if step.module is not None:
                self._charge(self._products(step))
                output = self.layer(step)(*args, **kwargs)
            elif step.name in MOVES | SILENT and len(step.shapes) == 1 and step.shape == tuple(args[0].shape):
                output = _as(args[0], step.dtypes[0])
                if step.name == "contiguous":  # a view may follow that asks for it
                    output = output.contiguous()
            else:
                assert step.function is not None
                self._charge(self._products(step))
                output = args[0] if step.name == "dropout" else step.function(*args, **kwargs)
        made = [args[0]] if step.changes else tensors_in(output)
        for number, tensor in enumerate(made):
            env[Made(step.at, number)] = tensor.double() if tensor.dtype in _FLOATS else tensor

    def _products(self, step: Step) -> int:
        """About how many multiply-accumulates a step makes, in units of the budget."""
        inner = max((math.prod(self.tape.shape_of(ref)) for ref in step.refs), default=0)
        weights = sum(p.numel() for p in step.module.parameters()) if step.module is not None else 0
        if weights:
            if not step.shape:
                return weights
            convolves = any(parameter.dim() > 2 for parameter in step.module.parameters()) if step.module else False
            features = step.shape[1] if convolves and len(step.shape) > 2 else step.shape[-1]
            return math.prod(step.shape) // max(1, features) * weights // 64
        return inner

    def _charge(self, work: int) -> None:
        if work > LARGEST * 8 or self.left < work:
            raise NoValue("more work than is left")
        self.left -= work

    # What tells one stretch from another

    def signature(self, wanted: Ref, given: Iterable[Ref]) -> str:
        """Equal for stretches that are the same function of `given` and of their parameters. Raises NoValue."""
        stop = {ref: f"given {number}" for number, ref in enumerate(given)}
        parameters: dict[Ref, int] = {}
        digest = hashlib.sha256()
        numbers: dict[int, int] = {}

        def name(ref: Ref) -> str:
            if ref in stop:
                return f"{stop[ref]} {self.tape.shape_of(ref)}"
            if isinstance(ref, Made):
                return f"step {numbers[ref.step]} {ref.output}"
            if ref.what == "parameter":
                return f"parameter {parameters.setdefault(ref, len(parameters))} {self.tape.given[ref]}"
            return hashlib.sha256(_bytes(self._value(ref, {}))).hexdigest()

        def described(part: Any) -> Any:
            if isinstance(part, Made | Given):
                known = part in stop or not isinstance(part, Made) or part.step in numbers
                return name(part) if known else f"of the size {self.tape.shape_of(part)}"
            if callable(part) and not isinstance(part, type | torch.dtype):
                return getattr(part, "__qualname__", type(part).__name__)
            return repr(part)

        for at in sorted(self.between([wanted], stop)):
            step = self.tape.steps[at]
            numbers[at] = len(numbers)
            kind = step.name
            if step.module is not None:
                shapes = [tuple(p.shape) for p in step.module.parameters()]
                kind = f"{type(step.module).__module__}.{type(step.module).__qualname__} {step.module.extra_repr()} {shapes}"
            parts = (kind, mapped(described, step.args), mapped(described, step.kwargs), step.shapes)
            digest.update(repr(parts).encode())
        digest.update(name(wanted).encode())
        return digest.hexdigest()


def _as(value: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """The value in another kind of numbers; every kind of fraction is double here."""
    if dtype in _FLOATS:
        return value.double()
    return value.to(torch.complex128 if dtype in _COMPLEX else dtype)


def _bytes(value: torch.Tensor) -> bytes:
    shape = str(tuple(value.shape)).encode()
    return shape + value.detach().contiguous().reshape(-1).numpy().tobytes()


def normal(shape: Iterable[int], seed: int, scale: float = 1.0) -> torch.Tensor:
    """Random numbers of ours: the same for the same seed."""
    return scale * torch.randn(tuple(shape), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def difference(found: torch.Tensor, right: torch.Tensor) -> float:
    """The largest difference as a part of the largest number; infinite where the shapes differ or something is no number."""
    if found.shape != right.shape or not bool(torch.isfinite(found).all()):
        return math.inf
    largest = float(right.abs().max()) if right.numel() else 0.0
    return float((found - right).abs().max()) / largest if largest else math.inf


Function = Callable[[torch.Tensor], torch.Tensor]
