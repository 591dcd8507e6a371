"""What training needs: activations kept for the backward pass, gradients, optimizer states, mixed precision.

What is kept is measured: a run on meta with gradients, in which autograd hands over every tensor that it saves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch

from explainer.cost.figures import BYTES_PER_PARAMETER, sum_of
from explainer.formula.derivation import Derivation, derive
from explainer.formula.tree import Number, Symbol, total
from explainer.i18n.bilingual import Bi
from explainer.measure.memory.fused_kernels import place
from explainer.measure.memory.meta_run import STOPPED, Follower, Unmeasured, run_again
from explainer.tracing.call import Trace
from explainer.tracing.recorder import tensors_in

Optimizer = Literal["sgd", "momentum", "adam"]
STATES: Mapping[Optimizer, int] = {"sgd": 0, "momentum": 1, "adam": 2}

KEPT_WHY = Bi(
    zh="反向传播要用到前向传播时的一些特征图（卷积的输入、ReLU的输出等），它们要一直保留到反向传播用完为止；推理时则随用随放。",
    en="The backward pass needs some of the forward pass's activations (a convolution's input, ReLU's output), which stay "
    "until it has used them; in inference they are freed as soon as they have been used.",
)
GRADIENTS_WHY = Bi(
    zh="每个可训练的参数有一个梯度，数据类型与参数相同；冻结的参数没有梯度。",
    en="Every trainable parameter has one gradient of the same data type; frozen parameters have none.",
)
STATE_WHY: Mapping[Optimizer, Bi] = {
    "sgd": Bi(
        zh="不带动量的SGD不保存任何状态。",
        en="SGD without momentum keeps no state.",
    ),
    "momentum": Bi(
        zh="带动量的SGD为每个参数保存1个数：梯度的滑动累积。",
        en="SGD with momentum keeps one number per parameter: the running sum of its gradients.",
    ),
    "adam": Bi(
        zh="Adam为每个参数保存2个数：梯度的一阶矩和二阶矩的滑动平均。",
        en="Adam keeps two numbers per parameter: running means of the gradient and of its square.",
    ),
}
MIXED_WHY = Bi(
    zh="混合精度训练：权重和梯度用16位（各2字节），另存32位的主权重（4字节），Adam的两个状态也是32位（4+4字节），"
    "每个参数共2+2+4+4+4=16字节。",
    en="Mixed precision: weights and gradients in 16 bits (2 bytes each), a master copy of the weights in 32 bits (4 bytes) "
    "and Adam's two states in 32 bits (4+4 bytes): 2+2+4+4+4 = 16 bytes per parameter.",
)
DEVICE_WHY = Bi(
    zh="按CPU上的做法计：丢弃层的掩码在CPU上为浮点数，在GPU上每个元素只占1字节；注意力按融合算子计，不保存T×T的得分矩阵。",
    en="Counted as on the CPU, where dropout's mask is floating-point (on a GPU it takes 1 byte per element); attention is "
    "counted as the fused kernel, which does not keep the T×T matrix of scores.",
)

GRADIENTS = Symbol("M_g", Bi("梯度所占字节", "bytes of the gradients"))
WEIGHTS = Symbol("M_w", Bi("参数所占字节", "bytes of the parameters"))
STATE = Symbol("M_s", Bi("优化器状态所占字节", "bytes of the optimizer's state"))
KEPT = Symbol("M_k", Bi("留给反向传播的特征图所占字节", "bytes of the activations kept for the backward pass"))
TRAINABLE = Symbol("P_t", Bi("可训练的参数量", "number of trainable parameters"), Bi("参数量", "parameters"))
COPIES = Symbol("n_s", Bi("优化器为每个参数保存的数的个数", "numbers that the optimizer keeps per parameter"))


@dataclass(frozen=True)
class Kept:
    """What training keeps for the backward pass.

    by_call: bytes by the path of the call that saved them first; every storage counts once, parameters and buffers do
    not. input_bytes: what of it is the model's own input. batch: the first dimension of the first input, or None.
    """

    by_call: Mapping[str, int]
    input_bytes: int
    batch: int | None

    @property
    def bytes(self) -> int:
        return sum(self.by_call.values())

    @property
    def why(self) -> tuple[Bi, ...]:
        return (KEPT_WHY, DEVICE_WHY)

    @property
    def bytes_each(self) -> int | None:
        """Per example of the batch, where it comes out whole."""
        return self.bytes // self.batch if self.batch and self.bytes % self.batch == 0 else None


@dataclass(frozen=True)
class Training:
    """What training takes: bytes by formula.

    dtypes: trainable parameters by bytes each: {4: 138357544}; frozen: bytes of the frozen parameters.
    kept: None where the model could not be run in training mode; `unknown` then says why.
    """

    trainable: Mapping[int, int]
    frozen_bytes: int
    kept: Kept | None
    unknown: Bi | None = None

    @property
    def count(self) -> int:
        """The number of trainable parameters."""
        return sum(self.trainable.values())

    @cached_property
    def gradients(self) -> Derivation:
        """P_t·e_w: one gradient a parameter, of its own type."""
        return self._times(1)

    def optimizer(self, kind: Optimizer) -> Derivation:
        """n_s·P_t·e_w: 0, 1 or 2 numbers a parameter."""
        return self._times(STATES[kind])

    @cached_property
    def mixed(self) -> Derivation:
        """(2+2+4+4+4)·P_t: mixed precision with Adam, activations apart."""
        parts = total([Number(size, symbol) for symbol, size in MIXED])
        return derive(parts * TRAINABLE, {TRAINABLE: self.count})

    def total(self, kind: Optimizer) -> Derivation | None:
        """Weights, gradients, the optimizer's state and what is kept; None where that is unknown."""
        if self.kept is None:
            return None
        weights = sum(size * count for size, count in self.trainable.items()) + self.frozen_bytes
        terms = [(WEIGHTS, weights), (GRADIENTS, self.gradients.value), (STATE, self.optimizer(kind).value)]
        return sum_of([*terms, (KEPT, self.kept.bytes)])

    def _times(self, copies: int) -> Derivation:
        """copies·P·e, or a sum over the types where there are several."""
        sizes = sorted(self.trainable.items()) or [(4, 0)]
        if len(sizes) == 1:
            ((size, count),) = sizes
            values = {TRAINABLE: count, BYTES_PER_PARAMETER: size, COPIES: copies}
            formula = TRAINABLE * BYTES_PER_PARAMETER
            return derive(formula if copies == 1 else COPIES * formula, values)
        terms, values = [], {COPIES: copies}
        for size, count in sizes:
            many = Symbol(f"P_{size * 8}", Bi(f"{size * 8}位参数的个数", f"number of {size * 8}-bit parameters"))
            each = Symbol(f"e_{size * 8}", BYTES_PER_PARAMETER.meaning, BYTES_PER_PARAMETER.label)
            values |= {many: count, each: size}
            terms.append(many * each)
        return derive(total(terms) if copies == 1 else COPIES * total(terms), values)


MIXED = (
    (Symbol("e_h", Bi("16位权重", "16-bit weight"), Bi("16位权重", "16-bit weight")), 2),
    (Symbol("e_g", Bi("16位梯度", "16-bit gradient"), Bi("16位梯度", "16-bit gradient")), 2),
    (Symbol("e_m", Bi("32位主权重", "32-bit master weight"), Bi("32位主权重", "32-bit master weight")), 4),
    (Symbol("e_1", Bi("一阶矩", "first moment"), Bi("一阶矩", "first moment")), 4),
    (Symbol("e_2", Bi("二阶矩", "second moment"), Bi("二阶矩", "second moment")), 4),
)


def training_of(trace: Trace) -> Training:
    """What training the traced model takes; figures that cannot be measured are None."""
    trainable: dict[int, int] = {}
    frozen = 0
    for parameter in trace.model.parameters() if trace.model else ():
        if parameter.requires_grad:
            trainable[parameter.itemsize] = trainable.get(parameter.itemsize, 0) + parameter.numel()
        else:
            frozen += parameter.numel() * parameter.itemsize
    try:
        return Training(trainable, frozen, kept_of(trace))
    except Unmeasured as unknown:
        return Training(trainable, frozen, None, unknown.why)


def kept_of(trace: Trace) -> Kept:
    """Run once more on meta in training mode, with gradients, and see what autograd saves. Raises Unmeasured."""
    if trace.model is None:
        raise Unmeasured(STOPPED)
    follower = Follower(trace, trace.model)
    seen: dict[int, torch.UntypedStorage] = {}  # held, so that no other storage takes the number
    inputs: set[int] = set()
    by_call: dict[str, int] = {}
    taken = 0

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        nonlocal taken
        storage = tensor.untyped_storage()
        if storage._cdata not in seen:
            seen[storage._cdata] = storage
            path, size = follower.here, storage.nbytes()
            by_call[path] = by_call.get(path, 0) + size
            taken += size if storage._cdata in inputs else 0
        return tensor

    def saving(known: list[torch.Tensor]) -> list[torch.autograd.graph.saved_tensors_hooks]:
        inputs.update(map(place, known[: len(given)]))
        seen.update((place(tensor), tensor.untyped_storage()) for tensor in known[len(given) :])
        return [torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor)]

    given = tensors_in((trace.args, dict(trace.kwargs)))
    run_again(trace, follower, saving, train=True, grad=True)
    shapes = trace.input_shapes
    return Kept(by_call, taken, shapes[0][0] if shapes and shapes[0] else None)
