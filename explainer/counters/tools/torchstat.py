"""torchstat 0.0.7: a row for every leaf module, with parameters, memory, MAdd, Flops, MemRead and MemWrite.

From `torchstat/model_hook.py`, `compute_madd.py`, `compute_flops.py`, `compute_memory.py` and `reporter.py`. It replaces
`__call__` of the classes, runs one picture, and keeps of each module only its last call. Its MB and KB are binary.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Any

from torch import Tensor, nn

from explainer.counters.base import CounterModel
from explainer.counters.engine import causes
from explainer.counters.engine.account import Account
from explainer.counters.engine.hooks import HookTrace, ModuleCall
from explainer.counters.engine.terms import PARAMS, CannotCount, Cause, Words
from explainer.counters.subject import Subject
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.counted import Line, Standing, Term
from explainer.walkthrough.model import Walkthrough

VERSION = "0.0.7"

_ACTIVATIONS = (nn.ReLU, nn.ReLU6, nn.PReLU, nn.ELU, nn.LeakyReLU)
_POOLS = (nn.AvgPool2d, nn.MaxPool2d)
_FIRST_ADDITION = Cause(
    Bi(
        "每个输出的第一个乘积不必加：每个输出元素少1次",
        "one addition fewer for each output: the first product has nothing to be added to",
    )
)
_MAX_POOLING = Cause(Bi("最大池化的比较", "comparisons of max-pooling"))
_AVERAGE_POOLING = Cause(Bi("平均池化的加法和除法", "additions and divisions of average pooling"))
_BILINEAR = Cause(Bi("双线性层", "bilinear layers"))
_LAST_CALL = Cause(
    Bi("重复使用的层只留下最后一次调用", "layers used again, of which only the last call is kept"), wrong=True
)
_ONE_PICTURE = Cause(Bi("只按1个样本计，没有乘批量", "for one sample only, whatever the batch"))


@dataclass(frozen=True)
class Row:
    """One row of the table: shapes without the batch, bytes for memory (torchstat shows them in MiB), MemRead, MemWrite."""

    name: str
    input: Shape
    output: Shape
    params: int
    memory: int
    madd: int
    flops: int
    read: int
    write: int


def table(subject: Subject) -> tuple[Row, ...]:
    """The whole table, row by row; empty where torchstat breaks on the model."""
    run = subject.hooks
    try:
        return tuple(_row(name, module, calls) for name, module, calls in _leaves(run)) if run else ()
    except CannotCount:
        return ()


def _leaves(run: HookTrace) -> list[tuple[str, nn.Module, list[ModuleCall]]]:
    """The leaf modules in order of registration with their calls. Raises CannotCount where torchstat breaks."""
    if len(run.args) != 1 or not isinstance(run.args[0], Tensor) or run.args[0].dim() != 4:
        raise CannotCount  # the input's size is three numbers
    wrapped: list[type[nn.Module]] = []
    for module in run.model.modules():
        if not list(module.children()) and type(module) not in wrapped:
            wrapped.append(type(module))
    calls: dict[int, list[ModuleCall]] = {}
    for call in run.modules:
        calls.setdefault(id(call.module), []).append(call)
        own = next((kind for kind in type(call.module).__mro__ if kind in wrapped), None)
        if own is None:
            continue
        # A class whose base was wrapped before it calls itself for ever; a subclass of a wrapped class is unknown.
        earlier = wrapped[: wrapped.index(own)]
        tensors = bool(call.args) and isinstance(call.args[0], Tensor) and isinstance(call.output, Tensor)
        if own is not type(call.module) or any(issubclass(own, kind) for kind in earlier) or not tensors:
            raise CannotCount
    leaves = [(name, module) for name, module in run.model.named_modules() if not list(module.children())]
    if any(not name for name, _ in leaves):
        raise CannotCount
    return [(name, module, calls.get(id(module), [])) for name, module in leaves]


def _row(name: str, module: nn.Module, calls: list[ModuleCall]) -> Row:
    if not calls:
        return Row(name, (0, 0, 0), (0, 0, 0), 0, 0, 0, 0, 0, 0)
    call = calls[-1]
    x, out = call.args[0], call.output
    given, made = tuple(x.shape[1:]), tuple(out.shape[1:])
    params = sum(parameter.numel() for parameter in module._parameters.values() if parameter is not None)
    madd, flops = _booked(call, operations=True), _booked(call, operations=False)
    read, write = _traffic(call, given, made)
    size = x.element_size()
    return Row(name, given, made, params, 4 * prod(made), madd, flops, size * read, size * write)


def _booked(call: ModuleCall, operations: bool) -> int:
    products, beside = _counted(call, operations)
    return products + sum(value for _, value in beside)


def _counted(call: ModuleCall, operations: bool) -> tuple[int, list[tuple[Cause, int]]]:
    """Products and what is beside them, of one picture. operations: MAdd, else Flops. Raises CannotCount."""
    module: Any = call.module
    if len(call.args) > 1 and not (isinstance(module, nn.Bilinear) and operations):
        if _supported(module, operations):
            raise CannotCount  # it gets the tuple in the tensor's place
        return 0, []
    given, made = tuple(call.args[0].shape[1:]), tuple(call.output.shape[1:])
    if isinstance(module, nn.Linear):
        _require(len(given) == 1)
    elif isinstance(module, nn.Conv2d | nn.BatchNorm2d | nn.ConvTranspose2d | nn.AvgPool2d | nn.MaxPool2d):
        _require(len(given) == 3)
    return (_madd if operations else _flops)(module, given, made)


def _supported(module: nn.Module, operations: bool) -> bool:
    known: tuple[type[nn.Module], ...] = (nn.Conv2d, nn.BatchNorm2d, nn.Linear, *_POOLS, nn.ReLU, nn.ReLU6)
    known += (nn.ConvTranspose2d, nn.Softmax, nn.Bilinear) if operations else (*_ACTIVATIONS, nn.Upsample)
    return isinstance(module, known)


def _require(condition: bool) -> None:
    """torchstat's assertions on dimensions."""
    if not condition:
        raise CannotCount


def _flops(module: Any, given: Shape, made: Shape) -> tuple[int, list[tuple[Cause, int]]]:
    if isinstance(module, nn.Conv2d):
        places = prod(made[1:])
        products = prod(module.kernel_size) * given[0] * (made[0] // module.groups) * places
        return products, [(causes.CONV_BIAS, made[0] * places if module.bias is not None else 0)]
    if isinstance(module, nn.BatchNorm2d):
        return 0, [(causes.BATCH_NORM, prod(given) * (2 if module.affine else 1))]
    if isinstance(module, _POOLS):
        return 0, [(causes.POOLING, prod(given))]
    if isinstance(module, _ACTIVATIONS):
        return 0, [(causes.ACTIVATION, prod(given))]
    if isinstance(module, nn.Upsample):
        return 0, [(causes.UPSAMPLING, prod(made[1:]))]
    return (given[0] * made[0], []) if isinstance(module, nn.Linear) else (0, [])


def _madd(module: Any, given: Shape, made: Shape) -> tuple[int, list[tuple[Cause, int]]]:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        transposed = isinstance(module, nn.ConvTranspose2d)
        outputs = made[0] // module.groups * module.groups * prod((given if transposed else made)[1:])
        products = 2 * prod(module.kernel_size) * (given[0] // module.groups) * outputs
        bias = causes.TRANSPOSED_BIAS if transposed else causes.CONV_BIAS
        return products, [(_FIRST_ADDITION, -outputs), (bias, outputs if module.bias is not None else 0)]
    if isinstance(module, nn.BatchNorm2d):
        return 0, [(causes.BATCH_NORM, 4 * prod(given))]
    if isinstance(module, nn.MaxPool2d):
        return 0, [(_MAX_POOLING, (prod(_square(module.kernel_size)) - 1) * prod(made))]
    if isinstance(module, nn.AvgPool2d):
        return 0, [(_AVERAGE_POOLING, prod(_square(module.kernel_size)) * prod(made))]
    if isinstance(module, nn.ReLU | nn.ReLU6):
        return 0, [(causes.ACTIVATION, prod(given))]
    if isinstance(module, nn.Softmax):
        return 0, [(causes.SOFTMAX, 3 * prod(given) - 1)]
    if isinstance(module, nn.Linear):
        return 2 * given[0] * made[0], [(_FIRST_ADDITION, -made[0])]
    if isinstance(module, nn.Bilinear):
        pairs = module.in1_features * module.in2_features + module.in2_features
        return 0, [(_BILINEAR, made[0] * (2 * pairs - 1))]
    return 0, []


def _square(size: Any) -> tuple[int, ...]:
    return tuple(size) if isinstance(size, tuple | list) else (size, size)


def _traffic(call: ModuleCall, given: Shape, made: Shape) -> tuple[int, int]:
    """Numbers read (the input and the parameters) and written, of the kinds that it knows."""
    module = call.module
    params = sum(parameter.numel() for parameter in module.parameters() if parameter.requires_grad)
    if isinstance(module, nn.ReLU | nn.ReLU6 | nn.ELU | nn.LeakyReLU):
        return prod(given), prod(given)
    if isinstance(module, nn.PReLU):
        return prod(given) + params, prod(given)
    if isinstance(module, nn.Conv2d | nn.Linear):
        return prod(given) + params, prod(made)
    if isinstance(module, nn.BatchNorm2d):
        return prod(given) + 2 * given[0], prod(given)
    return (prod(given), prod(made)) if isinstance(module, _POOLS) else (0, 0)


_FLOPS = Words(
    meaning=Bi(
        zh="名为Flops，其实是乘加次数，另计卷积的偏置、激活、池化和批归一化",
        en="called Flops, really multiply-accumulates, with convolutions' biases, activations, pooling and batch norm",
    ),
    right=Bi(zh="只有乘加，名称却是Flops。", en="Multiply-accumulates alone, under the name Flops."),
    convention=Bi(
        zh="名称是Flops，一次乘加却只计1次，再加上偏置、激活、池化和批归一化。",
        en="Under the name Flops a multiply-accumulate counts once; biases, activations, pooling and batch norm come on top.",
    ),
    wrong=Bi(
        zh="只认得少数几种层：转置卷积、一维和三维的层、函数里的运算都按0计。",
        en="It knows few kinds of layers: transposed convolutions, layers in one or three dimensions and functions count 0.",
    ),
)
_MADD = Words(
    meaning=Bi(zh="乘法和加法的总次数", en="multiplications and additions together"),
    right=Bi(zh="乘法和加法分别计数。", en="Multiplications and additions are counted apart."),
    convention=Bi(
        zh="乘法和加法分别计数：k个乘积只需k−1次加法，偏置再加1次，激活、池化、批归一化另计。",
        en="Multiplications and additions are counted apart: k products need k−1 additions, a bias one more; activations, "
        "pooling and batch norm come on top.",
    ),
    wrong=Bi(
        zh="乘法和加法分别计数，但它不认得的层和函数按0计。",
        en="Multiplications and additions are counted apart, but layers it does not know and functions count 0.",
    ),
)


def _total(walk: Walkthrough, leaves: list[Any], operations: bool) -> Line:
    account = Account(
        walk, scale=2 if operations else 1, miscounted={Kind.CONVOLUTION: _ONE_PICTURE, Kind.LINEAR: _ONE_PICTURE}
    )
    account.miscounted[Kind.TRANSPOSED] = _ONE_PICTURE
    for _, _, calls in leaves:
        for call in calls:
            products, beside = _counted(call, operations)
            account.product(call, products)
            for cause, value in beside if call is calls[-1] else ():
                account.add(cause, value)
            if call is not calls[-1]:
                account.add(_LAST_CALL, -products)
    name = "madd" if operations else "flops"
    return account.line(_MADD if operations else _FLOPS, "torchstat", VERSION, name)


_UNCALLED = Bi("没有用到的层的参数，未计", "parameters of layers not called, left out")
_DIRECT = Bi(
    "直接定义的或不在最底层模块里的参数，未计", "parameters defined directly or outside the innermost modules, left out"
)
_PARAMS_RIGHT = Bi(
    "逐行相加各层自己的参数，共享的层只有一行。", "Each row's own parameters, added up; a shared layer has one row."
)
_PARAMS_WRONG = Bi("只统计最底层且用到的模块。", "Only innermost modules that are called are counted.")
_MEMORY = Bi("各层输出的字节数", "bytes of the layers' outputs")
_MEMORY_WHY = Bi(
    zh="把最底层各模块的输出加起来，每个数按4字节计，不含参数和梯度；1 MB按2²⁰字节。",
    en="The outputs of the innermost modules, four bytes a number, without parameters and gradients; 1 MB is 2²⁰ bytes.",
)
_READ = Bi("各层读取的字节数", "bytes that the layers read")
_WRITTEN = Bi("各层写入的字节数", "bytes that the layers write")
_ROWS_BEFORE = Bi("最后一行之前各行，被漏掉", "all rows before the last, lost")
_TOTAL_BUG = Bi(
    zh="合计行里印的是最后一行的数，不是合计：这是它的程序错误。",
    en="The row of totals shows the last row's figure, not the sum: a mistake in its program.",
)
_TRAFFIC = Bi("各层读写的字节数", "bytes that the layers read and write")
_TRAFFIC_WHY = Bi(
    zh="它认得的层读取输入和参数、写出输出；1 KB按1024字节。",
    en="Layers it knows read their input and parameters and write their output; 1 KB is 1024 bytes.",
)


def _params(walk: Walkthrough, rows: Iterable[Row], run: HookTrace) -> Line:
    value = sum(row.params for row in rows)
    called = {id(call.module) for call in run.modules}
    idle = {
        id(parameter): parameter.numel()
        for module in run.model.modules()
        if id(module) not in called and not list(module.children())
        for parameter in module._parameters.values()
        if parameter is not None
    }
    true = walk.totals.torch_params
    rest = value - true + sum(idle.values())
    parts = ((_UNCALLED, -sum(idle.values())), (_DIRECT, rest))
    terms = (Term(PARAMS, true), *(Term(label, part) for label, part in parts if part))
    how: Standing = "wrong" if len(terms) > 1 else "right"
    why = _PARAMS_WRONG if len(terms) > 1 else _PARAMS_RIGHT
    return Line("torchstat", VERSION, None, "params", PARAMS, value, terms, why, how)


def lines(subject: Subject) -> list[Line]:
    """`stat(model, (3, 224, 224))`: the row of totals, its two wrong figures too (see `table` for the rows)."""
    walk, run, rows = subject.walk, subject.hooks, table(subject)
    if run is None or not rows:
        return []
    leaves = _leaves(run)
    read, write = sum(row.read for row in rows), sum(row.write for row in rows)

    def line(quantity: str, meaning: Bi, terms: list[Term], why: Bi, how: Standing) -> Line:
        value = sum(term.value for term in terms)
        return Line("torchstat", VERSION, None, quantity, meaning, value, tuple(terms), why, how)

    def last(quantity: str, meaning: Bi, whole: int, shown: int) -> Line:
        terms = [Term(meaning, whole), *([Term(_ROWS_BEFORE, shown - whole)] if shown != whole else [])]
        return line(
            quantity,
            meaning,
            terms,
            _TOTAL_BUG if shown != whole else _TRAFFIC_WHY,
            "wrong" if shown != whole else "right",
        )

    memory = [Term(_MEMORY, sum(row.memory for row in rows))]
    return [
        _params(walk, rows, run),
        line("memory_bytes", _MEMORY, memory, _MEMORY_WHY, "convention"),
        _total(walk, leaves, operations=True),
        _total(walk, leaves, operations=False),
        last("memread_bytes", _READ, read, rows[-1].read),
        last("memwrite_bytes", _WRITTEN, write, rows[-1].write),
        line("memrw_bytes", _TRAFFIC, [Term(_READ, read), Term(_WRITTEN, write)], _TRAFFIC_WHY, "convention"),
    ]


CONVENTION = CounterModel("torchstat", VERSION, lines, order=30)
