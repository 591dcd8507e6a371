"""Which tensors are alive together: the peak of inference memory, from the life of every storage in a run on meta.

A storage is counted from the operator that makes it until Python lets its last tensor go, exactly as in a real run
without gradients. Views share a storage, so they cost nothing. Parameters and buffers are there all the time and are
counted apart; so are the inputs, which the caller holds.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch._C._dynamo import eval_frame
from torch.utils._python_dispatch import TorchDispatchMode

from explainer.lean_torch.kernels import never_compiled
from explainer.measure.again import STOPPED, Unmeasured, run_again
from explainer.measure.memory.fused_kernels import place
from explainer.measure.memory.storage_recorder import StorageRecorder, attention_fused, flat
from explainer.measure.memory.timeline import Timeline
from explainer.tracing.call import Trace
from explainer.tracing.leaves import tensors_in
from explainer.walkthrough.measured import Alive, Peak

_Mode: Any = TorchDispatchMode
_CAN_SKIP = hasattr(eval_frame, "set_code_exec_strategy")  # torch 2.7 and newer


class Storages(_Mode):  # type: ignore[misc]
    """Follows storages from the operator that makes them to their release; notes the moment of the most bytes.

    known: tensors that are there before and after (inputs, weights). here: names the running call. timeline: what lived when.
    """

    def __init__(self, known: list[torch.Tensor], here: Callable[[], str]) -> None:
        super().__init__()
        self.known = {place(tensor) for tensor in known}
        self.here = here
        self.now = self.peak = 0
        self.at = ""
        self.at_peak: tuple[Alive, ...] = ()
        self.paused = False
        self.timeline = Timeline()
        self._alive: dict[int, tuple[Any, Alive]] = {}
        self._numbers: dict[int, int] = {}  # of those alive, in the timeline

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return not _CAN_SKIP  # else torch imports its compiler to have it leave alone what `never_compiled` marks

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        output = func(*args, **(kwargs or {}))
        if not self.paused:
            self.see(output)
        return output

    def see(self, output: Any) -> None:
        """Note the storages of these tensors that are new."""
        grown = False
        for tensor in flat(output):
            storage = tensor.untyped_storage()
            key = storage._cdata
            if key in self.known or key in self._alive:
                continue
            size = storage.nbytes()
            alive = Alive(self.here(), tuple(tensor.shape), size)
            self._alive[key] = (weakref.ref(storage, lambda _, key=key: self._released(key)), alive)  # type: ignore[misc]
            self._numbers[key] = self.timeline.made(size)
            self.now += size
            grown = True
        if grown and self.now > self.peak:
            self.peak, self.at = self.now, self.here()
            self.at_peak = tuple(alive for _, alive in self._alive.values())

    def as_one(self, call: Callable[[], Any]) -> Any:
        """A call that is one kernel on a real device: only what it returns is counted."""
        self.paused = True
        try:
            output = call()
        finally:
            self.paused = False
        self.see(output)
        return output

    def _released(self, key: int) -> None:
        _, alive = self._alive.pop(key)
        self.timeline.freed(self._numbers.pop(key))
        self.now -= alive.bytes

    def step(self, path: str, given: Iterable[int]) -> None:
        """A call has ended that was given the tensors in these storages."""
        self.timeline.step(path, [self._numbers[key] for key in given if key in self._numbers])

    @property
    def left(self) -> list[int]:
        """The numbers of the storages that are alive."""
        return list(self._numbers.values())


never_compiled(Storages.__torch_dispatch__)


def peak_of(trace: Trace) -> Peak:
    """Run the trace's model once more on meta, without gradients, and find its peak. Raises Unmeasured.

    An import in the middle of the pass leaves exceptions behind whose tracebacks hold its frames, and with them tensors
    that would never be released: where torch had to load its compiler on the way, the pass is made again.
    """
    before = _loaded()
    found = _pass(trace)
    return found if _loaded() == before else _pass(trace)


def _loaded() -> list[bool]:
    return [name in sys.modules for name in ("torch._dynamo", "torch.fx.experimental.symbolic_shapes")]


def _pass(trace: Trace) -> Peak:
    if trace.model is None:
        raise Unmeasured(STOPPED)
    modes: list[Storages] = []

    def following(known: list[torch.Tensor]) -> list[AbstractContextManager[Any]]:
        modes.append(Storages(known, lambda: recorder.here))
        return [attention_fused(recorder), *modes]

    recorder = StorageRecorder(
        trace, trace.model, lambda call: modes[0].as_one(call), lambda path, given: modes[0].step(path, given)
    )
    output = run_again(trace, recorder, following, train=trace.mode == "train")
    storages = modes[0]
    timeline = storages.timeline.moments(storages.left)
    del output  # until here, so that the results are alive
    return Peak(
        activations_bytes=storages.peak,
        inputs_bytes=storage_bytes(tensors_in((trace.args, dict(trace.kwargs)))),
        weights_bytes=storage_bytes([*trace.model.parameters(), *trace.model.buffers()]),
        at=storages.at,
        alive=tuple(alive for alive in storages.at_peak if alive.bytes),
        written=tuple(recorder.written),
        timeline=timeline,
    )


def storage_bytes(tensors: Iterable[torch.Tensor]) -> int:
    """The bytes of the storages that these tensors stand in, each once."""
    return sum({place(tensor): tensor.untyped_storage().nbytes() for tensor in tensors}.values())
