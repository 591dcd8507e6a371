"""thop 0.1.1 (post2209072238): hooks on modules of exactly the types it knows; functions go unseen.

From `thop/profile.py`, `vision/basic_hooks.py`, `vision/calc_func.py` and `rnn_hooks.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from torch import nn

from explainer.counters.base import CounterModel
from explainer.counters.engine import causes
from explainer.counters.engine.account import REPEATED, Account, visits
from explainer.counters.engine.hooks import HookTrace, ModuleCall
from explainer.counters.engine.terms import PARAMS, Cause, Count, Words
from explainer.counters.subject import Subject
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.counted import Line, Standing, Term
from explainer.walkthrough.model import Walkthrough

VERSION = "0.1.1"

Counter = Callable[[ModuleCall], Count]

_PER_OUTPUT = {"nearest": 1, "linear": 5, "bilinear": 11, "bicubic": 259}

_ADAPTIVE_POOLING = Cause(
    Bi(
        "自适应平均池化：输入元素数与输出元素数之和",
        "adaptive average pooling: elements of its input and of its output",
    )
)
_AVERAGE_POOLING = Cause(Bi("平均池化：每个输出元素1次", "average pooling: one for each element of its output"))
_PRELU = Cause(Bi("PReLU：每个元素1次", "PReLU: one for each element"))
_WORDS = Words(
    meaning=Bi("乘加次数，另计归一化和平均池化", "multiply-accumulates, and norms and average pooling on top"),
    right=Bi(
        zh="只计各层的乘加，偏置、激活和最大池化都按0计。",
        en="Only the layers' multiply-accumulates; bias, activation and max-pooling count 0.",
    ),
    convention=Bi(
        zh="偏置、激活和最大池化按0计。",
        en="Bias, activation and max-pooling count 0.",
    ),
    wrong=Bi(
        zh="只认得它登记过的模块类型：函数和注意力按0计，转置卷积多计，所以总数不对。",
        en="It knows only the module types on its list: functions and attention count 0 and transposed convolutions too "
        "much, so the total is wrong.",
    ),
)
_UNKNOWN_PARAMS = Bi(
    zh="它不认得的层（如注意力、嵌入、组归一化）的参数，以及直接定义的参数",
    en="parameters of layers it does not know (attention, embedding, group norm) and those defined directly",
)
_UNCALLED_PARAMS = Bi(zh="前向计算中没有用到的层的参数", en="parameters of layers that this forward pass did not call")
_SHARED_PARAMS = Bi(zh="共享的层重复计入的参数", en="shared layers' parameters, counted again")
_PARAMS_WORDS = {
    "right": Bi("逐层相加，每层都是它认得的类型。", "Summed layer by layer, each of a type that it knows."),
    "wrong": Bi(
        zh="只统计它认得的、且前向计算用到的层，其余的参数漏掉。",
        en="Only layers of known types that the forward pass calls are summed; other parameters are missing.",
    ),
}


def _convolution(call: ModuleCall) -> Count:
    module: Any = call.module
    channels = call.args[0].shape[1] // module.groups
    return call.output.numel() * channels * prod(module.weight.shape[2:]), []


def _linear(call: ModuleCall) -> Count:
    module: Any = call.module
    return module.in_features * call.output.numel(), []


def _recurrent(call: ModuleCall) -> Count:
    """Products, and what comes on top, for every step and every picture."""
    module: Any = call.module
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[type(module).__name__.removesuffix("Cell")]
    hidden = module.hidden_size
    beside = gates * (hidden + 2 * hidden * module.bias) + {1: 0, 3: 4, 4: 4}[gates] * hidden
    given = call.args[0]
    if isinstance(module, nn.RNNCellBase):
        products = given.shape[0] * gates * hidden * (module.input_size + hidden)
        return products, [(causes.GATES, given.shape[0] * beside)]
    steps = given.shape[0] * given.shape[1]  # batch and steps, whichever comes first
    directions = 2 if module.bidirectional else 1
    products = directions * gates * hidden * (module.input_size + hidden)
    products += (module.num_layers - 1) * directions * gates * hidden * (directions * hidden + hidden)
    return steps * products, [(causes.GATES, steps * directions * module.num_layers * beside)]


def _norm(cause: Cause) -> Counter:
    def counted(call: ModuleCall) -> Count:
        affine = getattr(call.module, "affine", False) or getattr(call.module, "elementwise_affine", False)
        return 0, [(cause, (4 if affine else 2) * call.args[0].numel())]

    return counted


def _prelu(call: ModuleCall) -> Count:
    return 0, [(_PRELU, call.args[0].numel())]


def _softmax(call: ModuleCall) -> Count:
    module: Any = call.module
    features = call.args[0].shape[module.dim]
    return 0, [(causes.SOFTMAX, call.args[0].numel() // features * (3 * features - 1))]


def _average(call: ModuleCall) -> Count:
    return 0, [(_AVERAGE_POOLING, call.output.numel())]


def _adaptive(call: ModuleCall) -> Count:
    area = 1.0  # thop divides side by side, in double precision
    for before, after in zip(call.args[0].shape[2:], call.output.shape[2:], strict=True):
        area *= before / after
    return 0, [(_ADAPTIVE_POOLING, int((area + 1) * call.output.numel()))]


def _upsampling(call: ModuleCall) -> Count:
    module: Any = call.module
    return 0, [(causes.UPSAMPLING, _PER_OUTPUT.get(module.mode, 0) * call.output.numel())]


def _nothing(call: ModuleCall) -> Count:
    return 0, []


# The types on its list; a subclass is another type.
_COUNTERS: Mapping[type[nn.Module], Counter] = {
    **dict.fromkeys((nn.Conv1d, nn.Conv2d, nn.Conv3d), _convolution),
    **dict.fromkeys((nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d), _convolution),
    nn.Linear: _linear,
    **dict.fromkeys((nn.RNN, nn.GRU, nn.LSTM, nn.RNNCell, nn.GRUCell, nn.LSTMCell), _recurrent),
    **dict.fromkeys((nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm), _norm(causes.BATCH_NORM)),
    **dict.fromkeys((nn.LayerNorm, nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d), _norm(causes.OTHER_NORMS)),
    nn.PReLU: _prelu,
    nn.Softmax: _softmax,
    **dict.fromkeys((nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d), _average),
    **dict.fromkeys((nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d), _adaptive),
    **dict.fromkeys((nn.Upsample, nn.UpsamplingBilinear2d, nn.UpsamplingNearest2d), _upsampling),
    **dict.fromkeys(
        (nn.ZeroPad2d, nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.Dropout, nn.Sequential, nn.PixelShuffle), _nothing
    ),
    **dict.fromkeys((nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d), _nothing),
    **dict.fromkeys((nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d), _nothing),
}


def _book(account: Account, call: ModuleCall, times: int) -> None:
    """Book what the hook of one call adds; times: how often it is added up in the end."""
    products, beside = _COUNTERS[type(call.module)](call)
    if not products:
        for cause, value in beside:
            account.add(cause, times * value, call)
        return
    account.product(call, products)
    for cause, value in beside:
        account.add(cause, value, call)
    account.add(REPEATED, (times - 1) * (products + sum(value for _, value in beside)), call)


def _ends(root: nn.Module) -> dict[int, int]:
    """How often each module is reached when the figures are added up: not below a layer that has a hook."""
    known = {
        id(module) for module in root.modules() if type(module) in _COUNTERS and not isinstance(module, nn.Sequential)
    }
    return visits(root, lambda module: id(module) in known and module is not root)


def _account(walk: Walkthrough, run: HookTrace) -> Account:
    account = Account(walk, miscounted={Kind.TRANSPOSED: causes.STRIDES, **causes.RECURRENT})
    hooks, reached = visits(run.model), _ends(run.model)
    for call in run.modules:
        times = hooks[id(call.module)] * reached.get(id(call.module), 0)
        if type(call.module) in _COUNTERS and times:
            _book(account, call, times)
    return account


def _params(walk: Walkthrough, run: HookTrace) -> Line:
    called = {id(call.module) for call in run.modules}
    reached = _ends(run.model)
    seen: set[int] = set()
    repeated = uncalled = 0
    for module in run.model.modules():
        times = reached.get(id(module), 0)
        if module is run.model or isinstance(module, nn.Sequential) or type(module) not in _COUNTERS or not times:
            continue
        own = sum(parameter.numel() for parameter in module.parameters())
        fresh = {id(parameter): parameter.numel() for parameter in module.parameters() if id(parameter) not in seen}
        seen |= set(fresh)
        if id(module) in called:
            repeated += times * own - sum(fresh.values())
        else:
            uncalled += sum(fresh.values())
    total = walk.totals.torch_params
    unknown = sum(p.numel() for p in run.model.parameters() if id(p) not in seen)
    parts = ((_UNKNOWN_PARAMS, -unknown), (_UNCALLED_PARAMS, -uncalled), (_SHARED_PARAMS, repeated))
    terms = (Term(PARAMS, total), *(Term(label, value) for label, value in parts if value))
    how: Standing = "wrong" if len(terms) > 1 else "right"
    value = sum(term.value for term in terms)
    return Line("thop", VERSION, None, "params", PARAMS, value, terms, _PARAMS_WORDS[how], how)


def lines(subject: Subject) -> list[Line]:
    """`profile(model, inputs)`: macs and params. Nothing where the forward pass cannot be followed to its end."""
    walk, run = subject.walk, subject.hooks
    return [_account(walk, run).line(_WORDS, "thop", VERSION, "macs"), _params(walk, run)] if run is not None else []


def rows(subject: Subject) -> list[Line]:
    """`profile(…, ret_layer_info=True)`: the operations of each module with what is in it."""
    walk, run = subject.walk, subject.hooks
    return _account(walk, run).rows("tree", _WORDS, "thop", VERSION, "macs") if run is not None else []


CONVENTION = CounterModel("thop", VERSION, lines, order=40, rows=rows)
