"""Which tensors are alive together: the peak of inference memory, from the life of every storage in a run on meta.

A storage is counted from the operator that makes it until Python lets its last tensor go, exactly as in a real run
without gradients. Views share a storage, so they cost nothing. Parameters and buffers are there all the time and are
counted apart; so are the inputs, which the caller holds.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from explainer.cost.figures import sum_of
from explainer.cost.units import Size
from explainer.formula.derivation import Derivation
from explainer.formula.tree import Symbol
from explainer.i18n.bilingual import Bi, same
from explainer.measure.memory.fused_kernels import place
from explainer.measure.memory.meta_run import STOPPED, Follower, Unmeasured, Written, flat, run_again
from explainer.tracing.call import Trace
from explainer.tracing.recorder import tensors_in
from explainer.vocabulary.shape import Shape

WHY = Bi(
    zh="推理时（不求梯度），一个张量在最后一次使用之后就释放，所以峰值取决于同一时刻有哪些张量同时存在，而不是所有特征图之和。"
    "算子内部临时占用的工作区因实现而异，不计在内。",
    en="In inference (without gradients) a tensor is freed after its last use, so the peak depends on which tensors exist "
    "at the same moment, not on the sum of all feature maps. What an operator takes for itself while it works depends on the "
    "implementation and is not counted.",
)


@dataclass(frozen=True)
class Alive:
    """A storage at the peak: the call that made it, the shape that it was made with, its bytes."""

    path: str
    shape: Shape
    bytes: int


@dataclass(frozen=True)
class Peak:
    """The moment of inference at which most is alive.

    activations_bytes: what the calls have made. inputs_bytes: held by the caller throughout. weights_bytes: parameters
    and buffers. at: the call that was running. alive: what is alive then, oldest first, the inputs not among them.
    written: what each call did with memory, by path.
    """

    activations_bytes: int
    inputs_bytes: int
    weights_bytes: int
    at: str
    alive: tuple[Alive, ...]
    written: tuple[Written, ...]

    @property
    def bytes(self) -> int:
        """Activations and inputs together: the tensors alive beside the weights."""
        return self.activations_bytes + self.inputs_bytes

    @property
    def total_bytes(self) -> int:
        """Everything: activations, inputs, weights."""
        return self.bytes + self.weights_bytes

    @property
    def why(self) -> Bi:
        return WHY

    @property
    def sentence(self) -> Bi:
        """Where the peak is and what is alive there, in one sentence."""
        return AT.format(path=same(self.at), count=len(self.alive), size=same(Size(self.activations_bytes).text))

    @cached_property
    def derivation(self) -> Derivation:
        """activations + inputs, then weights: the sum that is the peak."""
        return sum_of(
            [(ACTIVATIONS, self.activations_bytes), (INPUTS, self.inputs_bytes), (WEIGHTS, self.weights_bytes)]
        )


AT = Bi(
    zh="峰值出现在{path}：此时有{count}个张量同时存在，共{size}。",
    en="The peak is at {path}: {count:tensor is|tensors are} alive there, {size} in all.",
)
ACTIVATIONS = Symbol("M_act", Bi("同时存在的特征图所占字节", "bytes of the activations alive together"))
INPUTS = Symbol("M_in", Bi("输入所占字节", "bytes of the inputs"))
WEIGHTS = Symbol("M_w", Bi("参数和缓冲区所占字节", "bytes of parameters and buffers"))


class Storages(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Follows storages from the operator that makes them to their release; notes the moment of the most bytes.

    known: tensors that are there before and after (inputs, weights). here: names the running call.
    """

    def __init__(self, known: list[torch.Tensor], here: Callable[[], str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.known = {place(tensor) for tensor in known}
        self.here = here
        self.now = self.peak = 0
        self.at = ""
        self.at_peak: tuple[Alive, ...] = ()
        self.paused = False
        self._alive: dict[int, tuple[Any, Alive]] = {}

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
        self.now -= alive.bytes


def peak_of(trace: Trace) -> Peak:
    """Run the trace's model once more on meta, without gradients, and find its peak. Raises Unmeasured."""
    if trace.model is None:
        raise Unmeasured(STOPPED)
    modes: list[Storages] = []

    def following(known: list[torch.Tensor]) -> list[Storages]:
        modes.append(Storages(known, lambda: follower.here))
        return modes

    follower = Follower(trace, trace.model, lambda call: modes[0].as_one(call))
    run_again(trace, follower, following, train=trace.mode == "train")
    storages = modes[0]
    return Peak(
        activations_bytes=storages.peak,
        inputs_bytes=storage_bytes(tensors_in((trace.args, dict(trace.kwargs)))),
        weights_bytes=storage_bytes([*trace.model.parameters(), *trace.model.buffers()]),
        at=storages.at,
        alive=tuple(alive for alive in storages.at_peak if alive.bytes),
        written=tuple(follower.written),
    )


def storage_bytes(tensors: Iterable[torch.Tensor]) -> int:
    """The bytes of the storages that these tensors stand in, each once."""
    return sum({place(tensor): tensor.untyped_storage().nbytes() for tensor in tensors}.values())
