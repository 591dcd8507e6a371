"""What one step of training computes, and what checkpointing trades: by formula, from the calls of the walkthrough."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from explainer.cost.cost import Cost
from explainer.cost.figures import elements
from explainer.formula.derivation import Derivation, derive
from explainer.formula.tree import Symbol, total
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.dtypes import itemsize
from explainer.walkthrough.call import Source
from explainer.walkthrough.model import Layer

MACS = Symbol("MACs", Bi("前向传播的计算量（乘加）", "multiply-accumulates of the forward pass"), Bi("乘加", "MACs"))
FORWARD = Symbol("F", Bi("前向传播的FLOPs", "FLOPs of the forward pass"))
FIRST = Symbol("F_1", Bi("直接读取输入的层的FLOPs", "FLOPs of the layers that read the input itself"))
FROZEN = Symbol("F_z", Bi("参数冻结的层的FLOPs", "FLOPs of the layers with frozen parameters"))
BACKWARD = Symbol("F_b", Bi("反向传播的FLOPs", "FLOPs of the backward pass"))
PARAMETERS = Symbol("N", Bi("参数量", "number of parameters"), Bi("参数量", "parameters"))
TOKENS = Symbol("D", Bi("训练所用的词元数", "number of tokens of the training"), Bi("词元", "tokens"))
INPUTS = Symbol("M_x", Bi("各段输入所占字节", "bytes of the segments' inputs"))
LARGEST = Symbol("M_1", Bi("最大一段保留的字节", "bytes that the largest segment keeps"))
OUTSIDE = Symbol("M_0", Bi("各段之外保留的字节", "bytes kept outside the segments"))

FORWARD_WHY = Bi(
    zh="1次乘加按2次浮点运算（FLOPs）计；激活、归一化、池化不计。",
    en="One multiply-accumulate is two floating-point operations (FLOPs); activations, normalization and pooling are not counted.",
)
BACKWARD_WHY = Bi(
    zh="反向传播约为前向的2倍：每个卷积或矩阵乘法要算两个梯度，对输入的和对权重的，各与前向一样多；直接读取输入的层不必算对输入的梯度，减去一份。",
    en="The backward pass takes about twice the forward's: each convolution or matrix product has two gradients to compute, of its input "
    "and of its weights, each as dear as the forward; the layers that read the input itself need none of the input, which takes one off.",
)
FROZEN_WHY = Bi(
    zh="冻结的参数没有梯度，再减去一份。",
    en="Frozen parameters have no gradient, which takes another off.",
)
SIX_WHY = Bi(
    zh="常用的估算6·N·D：每个词元、每个参数前向2次、反向4次浮点运算。前提是每个参数对每个词元恰好用1次（专家混合模型应代入激活的参数量），"
    "注意力得分的计算（随长度增长）和嵌入表的查找不单独计。",
    en="The usual estimate 6·N·D: two operations forward and four backward per token and parameter. It assumes that each parameter is used "
    "exactly once per token (for a mixture of experts put in the active parameters), and does not count the attention scores, which grow "
    "with the length, nor that an embedding is only looked up.",
)
CHECKPOINT_WHY = Bi(
    zh="梯度检查点：只保留每一段（列表或Sequential中的一项，共{n}段）的输入，反向传播到这一段时再前向算一遍。"
    "因此保留的是各段的输入，加上正在重算的一段和各段之外的部分（这一段的输入可能计了两次，所以是上限）；计算多出各段的一次前向。",
    en="Gradient checkpointing keeps only the input of each segment (an entry of a list or Sequential, {n} of them) and computes a segment "
    "forward again when the backward pass comes to it. Kept are then the segments' inputs, the one segment that is being computed again, "
    "and what lies outside (that segment's input may be in it twice, so it is an upper bound); the computation has the segments' forward "
    "once more.",
)
NO_SEGMENTS = Bi(
    zh="这个模型里没有重复的段（列表或Sequential中的项），梯度检查点无从分段。",
    en="The model has no segments (entries of a list or Sequential), so there is nothing to checkpoint.",
)


@dataclass(frozen=True)
class TrainingSteps:
    """Forward, backward and one whole step, at the run's batch. None where no pass tells."""

    cost: Cost

    @cached_property
    def forward(self) -> Derivation | None:
        """2·MACs."""
        macs = self.cost.walk.macs.value
        return None if macs is None else derive(2 * MACS, {MACS: macs})

    @property
    def at_least(self) -> bool:
        """Whether a part of the pass is missing."""
        return self.cost.walk.macs.at_least

    @cached_property
    def backward(self) -> Derivation | None:
        """2·F−F_1, and −F_z where parameters are frozen."""
        if self.forward is None:
            return None
        layers = [layer for layer in self.cost.walk.layers if layer.macs]
        frozen = self._frozen
        first = sum(
            _flops(layer) for layer in layers if all(source in ("input", "constant") for source in layer.call.inputs)
        )
        formula = 2 * FORWARD - FIRST if first else 2 * FORWARD
        formula = formula - FROZEN if frozen else formula
        return derive(formula, {FORWARD: self.forward.value, FIRST: first, FROZEN: frozen})

    @cached_property
    def _frozen(self) -> int:
        layers = [layer for layer in self.cost.walk.layers if layer.owned]
        return sum(_flops(layer) for layer in layers if not any(tensor.trainable for tensor in layer.owned))

    @cached_property
    def step(self) -> Derivation | None:
        """F+F_b."""
        if self.forward is None or self.backward is None:
            return None
        return derive(FORWARD + BACKWARD, {FORWARD: self.forward.value, BACKWARD: self.backward.value})

    @cached_property
    def reasons(self) -> tuple[Bi, ...]:
        return (FORWARD_WHY, BACKWARD_WHY, *((FROZEN_WHY,) if self._frozen else ()))

    def of_tokens(self, tokens: int) -> Derivation:
        """6·N·D."""
        return derive(6 * PARAMETERS * TOKENS, {PARAMETERS: self.cost.walk.totals.torch_params, TOKENS: tokens})

    @cached_property
    def checkpoint(self) -> Checkpoint | None:
        """None where there are no segments, or nothing is known of what is kept."""
        kept = self.cost.training.kept
        segments = _segments(self.cost.walk.layers)
        if kept is None or len(segments) < 2 or self.step is None:
            return None
        inside = {name: sum(kept.by_call.get(layer.path, 0) for layer in layers) for name, layers in segments.items()}
        inputs = sum(_inputs(segments).values())
        again = sum(_flops(layer) for layers in segments.values() for layer in layers if layer.macs)
        values = {INPUTS: inputs, LARGEST: max(inside.values()), OUTSIDE: kept.bytes - sum(inside.values())}
        memory = derive(total([INPUTS, LARGEST, OUTSIDE]), values)
        flops = derive(FORWARD + BACKWARD + AGAIN, dict(self.step.values) | {AGAIN: again})
        return Checkpoint(len(segments), memory, flops)


AGAIN = Symbol("F_r", Bi("各段重算的FLOPs", "FLOPs of computing the segments again"))


@dataclass(frozen=True)
class Checkpoint:
    """What is kept with checkpointing, and what a step computes then."""

    segments: int
    kept: Derivation
    step: Derivation


def _flops(layer: Layer) -> int:
    return 2 * layer.macs.value if layer.macs else 0


def _segments(layers: tuple[Layer, ...]) -> Mapping[str, list[Layer]]:
    """The calls by the outermost entry of a list or Sequential that they belong to: `layer1.0`, `encoder.layer.3`."""
    found: dict[str, list[Layer]] = {}
    for layer in layers:
        entry = re.match(r"(?:[^.]+\.)*?\d+(?=[.@]|$)", layer.path)
        if entry:
            found.setdefault(entry.group(), []).append(layer)
    return found


def _inputs(segments: Mapping[str, list[Layer]]) -> Mapping[tuple[Source, int], int]:
    """The bytes of what the segments read that was made before them: each tensor once, whoever else reads it."""
    found: dict[tuple[Source, int], int] = {}
    for layers in segments.values():
        own = {layer.index for layer in layers}
        for operand in (operand for layer in layers for operand in layer.call.operands):
            if operand.parameter is None and operand.source not in own and operand.source != "constant":
                found[operand.source, operand.output] = elements(operand.shape) * itemsize(operand.dtype)
    return found
