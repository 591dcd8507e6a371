"""The peak of inference memory as a sum, and what is said of it."""

from __future__ import annotations

from explainer.cost.figures import sum_of
from explainer.formula.derivation import Derivation
from explainer.formula.tree import Symbol
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.measured import Peak

WHY = Bi(
    zh="推理时（不求梯度），一个张量在最后一次使用之后就释放，所以峰值取决于同一时刻有哪些张量同时存在，而不是所有特征图之和。"
    "算子内部临时占用的工作区因实现而异，不计在内。",
    en="In inference (without gradients) a tensor is freed after its last use, so the peak depends on which tensors exist "
    "at the same moment, not on the sum of all feature maps. What an operator takes for itself while it works depends on the "
    "implementation and is not counted.",
)
AT = Bi(
    zh="峰值出现在{path}：此时有{count}个张量同时存在，共{size}。",
    en="The peak is at {path}: {count:tensor is|tensors are} alive there, {size} in all.",
)
ACTIVATIONS = Symbol("M_act", Bi("同时存在的特征图所占字节", "bytes of the activations alive together"))
INPUTS = Symbol("M_in", Bi("输入所占字节", "bytes of the inputs"))
WEIGHTS = Symbol("M_w", Bi("参数和缓冲区所占字节", "bytes of parameters and buffers"))


def peak_sum(peak: Peak) -> Derivation:
    """M_act + M_in + M_w: activations, inputs and weights."""
    return sum_of([(ACTIVATIONS, peak.activations_bytes), (INPUTS, peak.inputs_bytes), (WEIGHTS, peak.weights_bytes)])
