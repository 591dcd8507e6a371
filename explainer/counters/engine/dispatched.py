"""What reaches torch's dispatcher on the CPU: the products in which torch's counter and ptflops see the operations.

A fused kernel hides its products: scaled_dot_product_attention and nn.LSTM count 0 there. Products with a vector are
`mv` and `dot`, which neither knows.
"""

from __future__ import annotations

from explainer.counters.engine.operation import Operation, Rest

PRODUCTS = {"conv", "conv_mode", "conv_transpose", "linear", "addmm", "mm", "bmm", "baddbmm", "gru", "rnn", "einsum"}


def seen(operation: Operation, *, cpu: bool) -> bool:
    """Whether the dispatcher hands the operation's products to a counter. cpu: not on the meta device."""
    if operation.name in ("sdpa", "lstm"):
        return not (cpu and operation.fused)
    if operation.name == "matmul":
        return len(operation.shapes[1]) > 1
    return operation.name in PRODUCTS


def counted_on_meta(operation: Operation) -> int:
    """The multiply-accumulates that torch's counter sees of an operation on the meta device."""
    if isinstance(operation, Rest):
        return operation.counted or 0
    return operation.macs if seen(operation, cpu=False) else 0
