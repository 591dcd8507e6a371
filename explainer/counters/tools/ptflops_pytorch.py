"""ptflops 0.7.5 with its default backend, `pytorch`: hooks on modules, and patched functions on top.

From `ptflops/pytorch_engine.py` and `pytorch_ops.py`. A layer such as nn.ReLU has a hook, and calls F.relu, which is
patched: it counts twice. The hooks' sum is divided by the batch, the functions' is not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from msgspec.structs import replace
from torch import Tensor, nn

from explainer.counters.base import CounterModel
from explainer.counters.engine import causes
from explainer.counters.engine.account import REPEATED, Account, visits
from explainer.counters.engine.hooks import POOLS, FunctionCall, HookTrace, ModuleCall
from explainer.counters.engine.table import parameter_rows
from explainer.counters.engine.terms import CannotCount, Cause, Count, Words, parameters_line
from explainer.counters.subject import Subject
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.counted import Line, Term
from explainer.walkthrough.model import Walkthrough

VERSION = "0.7.5"

Counter = Callable[[ModuleCall], Count]
Amount = tuple[float, list[tuple[Cause, float]]]  # of a function: products, and what is beside them
FunctionCounter = Callable[[FunctionCall, bool], Amount]

_ATTENTION = Cause(
    Bi("注意力层的偏置、缩放和softmax", "biases, scaling and softmax of attention layers"),
)
_ATTENTION_TWICE = Cause(
    Bi("注意力层的矩阵乘法又作为函数计了一次", "products of attention layers once more, as functions"), wrong=True
)
_ATTENTION_WRONG = Cause(
    Bi("注意力层的投影：键和值的宽度不同于查询时算错", "projections of attention layers, wrong where widths differ"),
    wrong=True,
)
_SUM_BIAS = Cause(Bi("addmm、baddbmm的加法", "additions of addmm and baddbmm"))
_PER_PICTURE = Cause(
    Bi("各层的总数除以批量（函数的不除）", "the layers' sum is divided by the batch (the functions' is not)")
)
_WORDS = Words(
    meaning=Bi(
        zh="乘加次数，另计偏置、归一化，激活和池化计两次",
        en="multiply-accumulates with biases and norms, activations and pooling twice",
    ),
    right=Bi(zh="这个模型里没有它另计的运算。", en="This model has none of the operations that it adds."),
    convention=Bi(zh="偏置、归一化等运算也算进去。", en="Biases, norms and the like are counted too."),
    wrong=Bi(
        zh="模块上的钩子和被替换的函数都计数，所以激活、池化、上采样计了两次；运算符@和融合的注意力则看不到。",
        en="Both the hook on a module and the patched function count, so activations, pooling and upsampling come twice; "
        "the operator @ and fused attention go unseen.",
    ),
)


def _convolution(call: ModuleCall) -> Count:
    return _convolved(call, call.output, causes.CONV_BIAS)


def _transposed(call: ModuleCall) -> Count:
    return _convolved(call, call.args[0], causes.TRANSPOSED_BIAS)


def _convolved(call: ModuleCall, at: Tensor, cause: Cause) -> Count:
    """at: the tensor whose positions count."""
    module: Any = call.module
    batch = call.args[0].shape[0]
    products = prod(module.kernel_size) * module.in_channels * (module.out_channels // module.groups)
    bias = batch * prod(call.output.shape[1:]) if module.bias is not None else 0
    return products * prod(at.shape[2:]) * batch, [(cause, bias)]


def _linear(call: ModuleCall) -> Count:
    module: Any = call.module
    given, made = call.args[0].shape, call.output.shape
    places = prod(given[:-1])
    bias = places * made[-1] if module.bias is not None else 0
    return places * given[-1] * made[-1], [(causes.LINEAR_BIAS, bias)]


def _activation(call: ModuleCall) -> Count:
    return 0, [(causes.ACTIVATION, call.output.numel())]


def _pool(call: ModuleCall) -> Count:
    return 0, [(causes.POOLING, call.args[0].numel())]


def _norm(cause: Cause) -> Counter:
    return lambda call: (0, [(cause, call.args[0].numel() * (2 if getattr(call.module, "affine", False) else 1))])


def _upsampling(call: ModuleCall) -> Count:
    return 0, [(causes.UPSAMPLING, prod(call.output.shape[1:]))]


def _recurrent(call: ModuleCall) -> Count:
    """Forward weights, doubled for two directions; gates and biases on top."""
    module: Any = call.module
    x = call.args[0]
    cell = isinstance(module, nn.RNNCellBase)
    suffixes = [""] if cell else [f"_l{i}" for i in range(module.num_layers)]
    times = x.shape[0] * (1 if cell else x.shape[1] * (2 if module.bidirectional else 1))
    steps = {"RNN": 1, "GRU": 7, "LSTM": 10}[type(module).__name__.removesuffix("Cell")] * module.hidden_size
    products = beside = 0
    for suffix in suffixes:
        products += getattr(module, f"weight_ih{suffix}").numel() + getattr(module, f"weight_hh{suffix}").numel()
        beside += steps
        if module.bias:
            beside += getattr(module, f"bias_ih{suffix}").numel() + getattr(module, f"bias_hh{suffix}").numel()
    return times * products, [(causes.GATES, times * beside)]


def _attention(call: ModuleCall) -> Count:
    module: Any = call.module
    args = call.args
    if len(args) != 3:
        raise CannotCount  # `q, k, v = input`
    (batch, length) = (0, 1) if module.batch_first else (1, 0)
    q, k, v = args
    if q.dim() != 3:
        raise CannotCount
    n, heads = q.shape[batch], module.num_heads
    (ql, kl, vl), (qd, kd, vd) = (t.shape[length] for t in (q, k, v)), (t.shape[2] for t in (q, k, v))
    products = ql * qd * qd + kl * kd * kd + vl * vd * vd + ql * vd * vd
    products += heads * ql * kl * (qd // heads + vd // heads)
    beside = ql * qd + heads * ql * kl + ql * vd
    beside += (ql + kl + vl) * qd if module.in_proj_bias is not None else 0
    return n * products, [(_ATTENTION, n * beside)]


def _timm_attention(call: ModuleCall) -> Count:
    module: Any = call.module
    n, length, _ = call.args[0].shape
    heads, width = module.num_heads, module.head_dim
    return n * heads * length * length * width * 2, [(_ATTENTION, n * heads * (length * width + length * length))]


# The types on its list, and those of libraries that it looks for: with timm installed, attention is one layer.
_HOOKS: Mapping[type[nn.Module], Counter] = {
    **dict.fromkeys((nn.Conv1d, nn.Conv2d, nn.Conv3d), _convolution),
    **dict.fromkeys((nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d), _transposed),
    nn.Linear: _linear,
    **dict.fromkeys((nn.ReLU, nn.PReLU, nn.ELU, nn.LeakyReLU, nn.ReLU6, nn.GELU), _activation),
    **dict.fromkeys((nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d), _pool),
    **dict.fromkeys((nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d), _pool),
    **dict.fromkeys((nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d), _pool),
    **dict.fromkeys((nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d), _norm(causes.BATCH_NORM)),
    **dict.fromkeys((nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d), _norm(causes.OTHER_NORMS)),
    **dict.fromkeys((nn.GroupNorm, nn.LayerNorm), _norm(causes.OTHER_NORMS)),
    nn.Upsample: _upsampling,
    **dict.fromkeys((nn.RNN, nn.GRU, nn.LSTM, nn.RNNCell, nn.GRUCell, nn.LSTMCell), _recurrent),
    nn.MultiheadAttention: _attention,
}
_LIBRARIES: Mapping[tuple[str, str], Counter] = {
    ("timm.models.vision_transformer", "Attention"): _timm_attention,
    ("torchvision.ops", "DeformConv2d"): _convolution,
}


def _hook(module: nn.Module) -> Counter | None:
    """The hook that it puts on a module of this type, if any."""
    kind = type(module)
    in_libraries = (
        counter for (home, name), counter in _LIBRARIES.items() if getattr(sys.modules.get(home), name, None) is kind
    )
    return _HOOKS.get(kind) or next(in_libraries, None)


def _known(module: nn.Module) -> bool:
    return _hook(module) is not None


def _each_element(cause: Cause, twice: Cause | None = None) -> FunctionCounter:
    """One for each element of the input. twice: the cause within a layer that has a hook besides."""
    return lambda call, counted: (0, [(twice if counted and twice else cause, _first(call).numel())])


def _resized(call: FunctionCall, counted: bool) -> Amount:
    return 0, [(causes.UPSAMPLING_TWICE if counted else causes.UPSAMPLING, _interpolated(call))]


def _product(call: FunctionCall, counted: bool) -> Amount:
    return prod(_first(call).shape) * call.argument("other", 1).shape[-1], []


def _sum(call: FunctionCall, counted: bool) -> Amount:
    factor = prod(call.argument("mat1", 1).shape) * call.argument("mat2", 2).shape[-1]
    return factor, [(_SUM_BIAS, _first(call).numel() if call.kwargs.get("beta", 1) else 0)]


def _elementwise(call: FunctionCall, counted: bool) -> Amount:
    return 0, [(causes.ELEMENTWISE, causes.left_aligned(_first(call), call.argument("other", 1)))]


_PATCHES: Mapping[str, FunctionCounter] = {
    **dict.fromkeys(
        (f"F.{name}" for name in ("relu", "prelu", "elu", "relu6", "gelu", "silu")),
        _each_element(causes.ACTIVATION, causes.ACTIVATION_TWICE),
    ),
    **dict.fromkeys((f"F.{name}" for name in POOLS), _each_element(causes.POOLING, causes.POOLING_TWICE)),
    "F.softmax": _each_element(causes.SOFTMAX),
    **dict.fromkeys(("F.upsample", "F.interpolate"), _resized),
    **dict.fromkeys(("torch.matmul", "Tensor.matmul", "torch.mm", "Tensor.mm", "torch.bmm", "Tensor.bmm"), _product),
    **dict.fromkeys(("torch.addmm", "Tensor.addmm", "torch.baddbmm"), _sum),
    **dict.fromkeys(("torch.mul", "Tensor.mul", "torch.add", "Tensor.add"), _elementwise),
}


def _function(call: FunctionCall) -> Amount:
    """Products, and what else a patched function adds."""
    counter = _PATCHES.get(call.name)
    return counter(call, _known(call.module)) if counter else (0, [])


def _first(call: FunctionCall) -> Tensor:
    given = call.argument("input", 0)
    assert isinstance(given, Tensor)
    return given


def _interpolated(call: FunctionCall) -> float:
    x, size, factor = _first(call), call.argument("size", 1), call.argument("scale_factor", 2)
    if size is not None:
        sides = list(size) if isinstance(size, tuple | list) else [int(size)] * (x.dim() - 2)
        return prod(sides) * prod(x.shape[:2])
    if isinstance(factor, tuple) and len(factor) == x.dim() - 2:
        return x.numel() * prod(int(each) for each in factor)
    return float(x.numel() * factor ** (x.dim() - 2))


def _batch(run: HookTrace) -> int:
    return len(run.args[0]) if run.args and isinstance(run.args[0], Tensor) else 1


def _layers(walk: Walkthrough, run: HookTrace) -> tuple[Account, int]:
    """What the hooks count, and its sum."""
    account = Account(walk, miscounted={Kind.ATTENTION: _ATTENTION_WRONG, **causes.RECURRENT})
    reached = visits(run.model, _known)
    layers = 0
    for call in run.modules:
        times, hook = reached.get(id(call.module), 0), _hook(call.module)
        if not times or hook is None:
            continue
        products, beside = hook(call)
        account.product(call, products)
        for cause, value in beside:
            account.add(cause, value, call)
        whole = products + sum(value for _, value in beside)
        account.add(REPEATED, (times - 1) * whole)
        layers += times * whole
    return account, layers


def _macs(walk: Walkthrough, run: HookTrace) -> Line:
    account, layers = _layers(walk, run)
    functions: dict[Cause, float] = {}
    for function in run.functions:
        product, others = _function(function)
        if product and _known(function.module):
            functions[_ATTENTION_TWICE] = functions.get(_ATTENTION_TWICE, 0) + product
        elif product:
            account.product(function, int(product))
        for cause, amount in others:
            functions[cause] = functions.get(cause, 0) + amount
    for cause, amount in functions.items():
        account.add(cause, int(amount))
    account.add(_PER_PICTURE, int(layers / _batch(run)) - layers)
    return account.line(_WORDS, "ptflops", VERSION, "macs", "pytorch")


def lines(subject: Subject) -> list[Line]:
    """`get_model_complexity_info(model, …)`: macs and params; nothing where it gives up (attention by keywords)."""
    walk, run = subject.walk, subject.hooks
    try:
        macs = [_macs(walk, run)] if run is not None else []
    except CannotCount:
        return []
    return [*macs, parameters_line(walk, "ptflops", VERSION, "pytorch", trainable=True)] if macs else []


def rows(subject: Subject) -> list[Line]:
    """`print_per_layer_stat=True`: parameters and MACs of each module with what is in it, of one picture; by the hooks alone."""
    walk, run = subject.walk, subject.hooks
    if run is None:
        return []
    account, _ = _layers(walk, run)
    batch = _batch(run)
    macs = account.rows("tree", _WORDS, "ptflops", VERSION, "macs", "pytorch")
    total = parameters_line(walk, "ptflops", VERSION, "pytorch", trainable=True)
    return [*(_of_one(row, batch) for row in macs), *parameter_rows(run.model, total, trainable=True)]


def _of_one(row: Line, batch: int) -> Line:
    """The row with the share of one picture, which is what it shows."""
    value = row.value // batch
    share = (Term(_PER_PICTURE.label, value - row.value),) if batch > 1 else ()
    return replace(row, value=value, terms=(*row.terms, *share))


CONVENTION = CounterModel("ptflops", VERSION, lines, backend="pytorch", order=60, rows=rows)
