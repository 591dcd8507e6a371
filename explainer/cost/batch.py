"""What is said of another batch: the names of the totals, and which of them change."""

from __future__ import annotations

from collections.abc import Mapping

from explainer.i18n.bilingual import Bi
from explainer.walkthrough.measured import Batch, Total

NAMES: Mapping[Total, Bi] = {
    "params": Bi("参数量", "parameters"),
    "macs": Bi("计算量（乘加）", "multiply-accumulates"),
    "activations": Bi("各层输出的元素个数", "elements of the layers' outputs"),
    "inputs_bytes": Bi("输入所占字节", "bytes of the inputs"),
    "weights_bytes": Bi("参数和缓冲区所占字节", "bytes of parameters and buffers"),
    "peak_bytes": Bi("推理峰值字节（特征图和输入）", "peak bytes of inference (activations and inputs)"),
    "kept_bytes": Bi("训练时为反向传播保留的字节", "bytes kept for the backward pass in training"),
}
CHANGES = Bi(
    zh="批量从{before}变为{after}：参数量、梯度和优化器状态不变；计算量和特征图所占的内存见下表。",
    en="From batch {before} to {after} the parameters, and with them gradients and optimizer states, stay the same; what "
    "changes is the computation and the memory of the activations.",
)


def batch_sentence(table: Batch) -> Bi:
    """From which batch to which, and what that changes."""
    return CHANGES.format(before=table.before, after=table.after)
