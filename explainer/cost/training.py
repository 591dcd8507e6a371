"""What training takes: weights, gradients, the optimizer's state, and what is kept for the backward pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from explainer.cost.figures import BYTES_PER_PARAMETER, sum_of
from explainer.formula.derivation import Derivation, derive
from explainer.formula.tree import Number, Symbol, total
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.measured import Kept, Training

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
        zh="普通SGD不保存优化器状态。",
        en="SGD without momentum keeps no state.",
    ),
    "momentum": Bi(
        zh="带动量的SGD为每个参数保存1个数，即梯度的指数加权累积（动量）。",
        en="SGD with momentum keeps one number per parameter: the running sum of its gradients.",
    ),
    "adam": Bi(
        zh="Adam为每个参数保存2个数：梯度的一阶矩和二阶矩的滑动平均。",
        en="Adam keeps two numbers per parameter: running means of the gradient and of its square.",
    ),
}
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
class TrainingMemory:
    """What training takes, in bytes by formula. unknown: why it could not be measured what is kept, where it could not."""

    measured: Training
    unknown: Bi | None = None

    @property
    def kept(self) -> Kept | None:
        """What is kept for the backward pass; None where that is unknown."""
        return self.measured.kept

    @property
    def count(self) -> int:
        """The number of trainable parameters."""
        return sum(count for _, count in self.measured.trainable)

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
        weights = sum(size * count for size, count in self.measured.trainable) + self.measured.frozen_bytes
        terms = [(WEIGHTS, weights), (GRADIENTS, self.gradients.value), (STATE, self.optimizer(kind).value)]
        return sum_of([*terms, (KEPT, self.kept.bytes)])

    def _times(self, copies: int) -> Derivation:
        """copies·P·e, or a sum over the types where there are several."""
        sizes = self.measured.trainable or ((4, 0),)
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
