"""What torch runs for each call, operation by operation, as fvcore, torchprofile, ptflops and torch's counter see it.

Those tools know no modules: `nn.MultiheadAttention` is three matrix products, a product element by element, and so on. An
operation bears the name that torch's JIT tracer gives it, without `aten::`. Its `macs` are the true ones; those of all
operations sum to the walkthrough's (and to more where it gives a layer none, its weights being parametrized).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import prod
from typing import Any

from explainer.counters.engine.attention import HEADS, attention_operations, fast_encoder_layer
from explainer.counters.engine.operation import Operation
from explainer.counters.engine.strides import Strides, strides
from explainer.derive.live import LiveWalkthrough
from explainer.derive.parametrized import is_parametrized
from explainer.formula.tree import evaluate, specialise, substitute
from explainer.i18n.bilingual import Bi
from explainer.tracing.call import Call, TensorRef
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.model import Layer

__all__ = ["Operation", "operations"]

_UNEXPLAINED = Bi("其他运算", "other operations")
_MULTIPLICATIONS = {"mul", "multiply", "imul", "rmul"}
_TENSOR_MODES = {"bilinear", "nearest", "linear", "trilinear"}


def operations(walk: LiveWalkthrough) -> Iterator[Operation]:
    """The operations of all calls in order; what has a cost and no expansion is an operation named after its rule."""
    layout = strides(walk.trace)
    model = walk.trace.model if walk.trace.mode == "eval" else None
    modules = model.named_modules() if model is not None else ()
    encoders = {path for path, module in modules if fast_encoder_layer(module)}
    for layer, call in zip(walk.layers, walk.trace.calls, strict=True):
        left = macs = _macs(layer, call)
        inside = layer.path.partition("@")[0].rpartition(".")[0]
        for operation in _expanded(layer, call, macs, layout):
            left -= operation.macs
            yield replace(operation, fast=True) if inside in encoders else operation
        if left:
            title = layer.rule.title if layer.rule else _UNEXPLAINED
            yield Operation(layer.call.type, title, macs=left)


def _macs(layer: Layer, call: Call) -> int:
    """The layer's multiply-accumulates; of a parametrized one (weight normalization, …) the product's alone."""
    if layer.macs is None and layer.rule is not None and is_parametrized(call.module):
        output = layer.output
        return (
            evaluate(substitute(specialise(output.macs, output.values), output.values)) if output and output.macs else 0
        )
    return layer.macs.value if layer.macs else 0


def _expanded(layer: Layer, call: Call, macs: int, layout: Strides) -> Iterable[Operation]:
    if layer.rule is None or not layer.call.output_shapes:
        return ()
    name = layer.rule.name
    for known in (_products, _attention, _recurrent, _normalization, _pooling, _elementwise):
        found = list(known(name, layer, call, macs, layout))
        if found:
            return found
    return ()


def _products(name: str, layer: Layer, call: Call, macs: int, layout: Strides) -> Iterator[Operation]:
    """Convolutions, linear layers, matrix products: those that every tool counts, each in its way."""
    title = layer.rule.title if layer.rule else _UNEXPLAINED
    output = call.output_shapes[0]
    if name.startswith("conv"):
        weight = call.tensor_shape("weight", 1) or ()
        groups = call.option("groups", 7 if "transpose" not in name else 6, 1)
        spelt = isinstance(call.option("padding", 4), str) and call.option("padding_mode", None, "zeros") == "zeros"
        kind = "conv_transpose" if "transpose" in name else "conv_mode" if spelt else "conv"
        bias = prod(output) if call.option("bias", 2) is not None else 0
        channels = output[-len(weight) + 1] if len(weight) > 1 else 0
        yield Operation(
            kind, title, call.shapes[:1], output, macs, bias=bias, weight=weight, groups=groups, channels=channels
        )
    elif name == "linear":
        biased = call.option("bias", 2) is not None
        yield _linear(call.shapes[0], output, macs, biased, layout.contiguous(call, 0), title)
    elif name == "linear_stored_by_input":
        yield Operation("addmm", title, call.shapes[:1], output, macs, bias=prod(output))
    elif name == "matmul":
        kind = {"rmatmul": "matmul"}.get(call.type, call.type)
        added = prod(output) if kind == "addmm" else 0
        shapes = call.shapes[::-1] if call.type == "rmatmul" else call.shapes
        yield Operation(kind, title, shapes, output, macs, bias=added)
    elif name == "einsum":
        yield Operation("einsum", title, call.shapes, output, macs, equation=call.option("equation", 0))
    elif name == "scaled_dot_product_attention":
        mask = call.option("attn_mask", 3)
        dropped = float(call.option("dropout_p", 4, 0.0) or 0)
        yield Operation("sdpa", HEADS, call.shapes[:3], output, macs, fused=_fused(call.shapes[:3], mask, dropped))


def _linear(given: Shape, output: Shape, macs: int, biased: bool, contiguous: bool, title: Bi) -> Operation:
    """torch adds the bias within the product (addmm) of a matrix, or of more dimensions in one piece; else afterwards."""
    contiguous = contiguous or len(given) < 3
    return Operation("linear", title, (given,), output, macs, bias=prod(output) * biased, contiguous=contiguous)


def _fused(shapes: tuple[Shape, ...], mask: Any, dropped: float) -> bool:
    """Whether the CPU takes its fused kernel: four dimensions, heads of one size, no dropout, a mask that fits."""
    q, k, v = shapes
    fits = not isinstance(mask, TensorRef) or (len(mask.shape) in (2, 4) and mask.parameter is None)
    return len(q) == len(k) == len(v) == 4 and q[-1] == k[-1] == v[-1] and not dropped and fits


def _attention(name: str, layer: Layer, call: Call, macs: int, layout: Strides) -> Iterator[Operation]:
    if name == "multi_head_attention":
        yield from attention_operations(call, layout)


def _recurrent(name: str, layer: Layer, call: Call, macs: int, layout: Strides) -> Iterator[Operation]:
    """LSTM, GRU and RNN are one operation to the tracer; their cells are two linear layers each."""
    title = layer.rule.title if layer.rule else _UNEXPLAINED
    output = call.output_shapes[0]
    if name in ("LSTM", "GRU", "RNN"):
        module: Any = call.module
        given = call.shapes[0] if len(call.shapes[0]) == 3 else (call.shapes[0][0], 1, call.shapes[0][1])
        steps, batch = (given[1], given[0]) if module.batch_first and len(call.shapes[0]) == 3 else given[:2]
        gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[name] * module.hidden_size
        sides = (1 + module.bidirectional) * steps * batch * gates * bool(module.bias)
        turned = module.batch_first and len(call.shapes[0]) == 3
        yield Operation(
            name.lower(),
            title,
            (given,),
            output,
            macs,
            bias=2 * sides * module.num_layers,
            contiguous=layout.contiguous(call, 0, turned),
            apart=sides,
            fused=name == "LSTM" and not module.proj_size,
            hidden=(module.proj_size if name == "LSTM" else 0) or module.hidden_size,
            layers=(module.num_layers, 1 + module.bidirectional),
        )
    elif name in ("LSTMCell", "GRUCell", "RNNCell"):
        rows, size = prod(output[:-1]), output[-1]
        gates = {"LSTMCell": 4, "GRUCell": 3, "RNNCell": 1}[name]
        features = call.shapes[0][-1]
        cell: Any = call.module
        for width in (features, size):
            wide = (rows, gates * size)
            yield _linear((rows, width), wide, rows * width * gates * size, bool(cell.bias), True, title)
        for _ in range({"LSTMCell": 3, "GRUCell": 2, "RNNCell": 0}[name]):
            yield Operation("mul", title, (output,), output)


def _normalization(name: str, layer: Layer, call: Call, macs: int, layout: Strides) -> Iterator[Operation]:
    title = layer.rule.title if layer.rule else _UNEXPLAINED
    kinds = {"layer_norm": (2, False), "group_norm": (2, False), "instance_norm": (3, False)}
    given = call.shapes[0] if call.shapes else ()
    if "batch_norm" in name:
        training = bool(call.option("training", 5, False))
        if call.module is not None:
            training = call.training or call.option("running_mean") is None
        affine = call.option("weight", 3) is not None
        yield Operation("batch_norm", title, (given,), call.output_shapes[0], affine=affine, training=training)
    elif name in kinds:
        affine = call.option("weight", kinds[name][0]) is not None
        yield Operation(name, title, (given,), call.output_shapes[0], affine=affine)
    elif name == "local_response_norm" and call.type != "CrossMapLRN2d":
        output = call.output_shapes[0]
        pool = "avg_pool2d" if len(given) == 3 else "avg_pool3d"
        yield Operation("mul", title, (output,), output)
        yield Operation(pool, title, (output,), output)
        yield Operation("mul", title, (output,), output)


def _pooling(name: str, layer: Layer, call: Call, macs: int, layout: Strides) -> Iterator[Operation]:
    title = layer.rule.title if layer.rule else _UNEXPLAINED
    output = call.output_shapes[0]
    if name.startswith(("adaptive_avg_pool", "avg_pool")):
        yield Operation(name, title, call.shapes[:1], output)
    elif name.startswith("max_unpool"):
        yield Operation("max_unpool", title, call.shapes[:1], output)
    elif name.startswith("lp_pool"):
        yield Operation(name.replace("lp", "avg"), title, call.shapes[:1], output)
        for _ in range(2):
            yield Operation("mul", title, (output,), output)
    elif name in ("interpolate", "upsample_layer"):
        mode = {"upsample_nearest": "nearest", "upsample_bilinear": "bilinear"}.get(call.type)
        mode = mode or str(call.option("mode", 3, "nearest"))
        if mode in _TENSOR_MODES and not call.option("antialias", None, False):
            yield Operation(f"upsample_{mode}{len(output) - 2}d", title, call.shapes[:1], output)
    elif name == "grid_sample":
        mode = str(call.option("mode", 2, "bilinear"))
        yield Operation("grid_sampler", title, call.shapes[:1], output, mode=mode)


def _elementwise(name: str, layer: Layer, call: Call, macs: int, layout: Strides) -> Iterator[Operation]:
    title = layer.rule.title if layer.rule else _UNEXPLAINED
    output = call.output_shapes[0]
    if call.type in _MULTIPLICATIONS:
        yield Operation("mul", title, call.shapes, output)
    elif call.type == "mean":
        yield Operation("mean", title, call.shapes, output)
    elif name == "LeakyReLU":
        yield Operation("leaky_relu", title, call.shapes, output)
