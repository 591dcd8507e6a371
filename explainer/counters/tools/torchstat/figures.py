"""torchstat's row of totals, its two wrong figures too, each with its bridge from the true one."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

from explainer.counters.base import CounterModel
from explainer.counters.engine.account import Account
from explainer.counters.engine.hooks import HookTrace
from explainer.counters.engine.terms import PARAMS, Cause, Words
from explainer.counters.subject import Subject
from explainer.counters.tools.torchstat.counts import counted
from explainer.counters.tools.torchstat.rows import Row, leaves, table
from explainer.i18n.bilingual import Bi, same
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.counted import Line, Standing, Term
from explainer.walkthrough.model import Walkthrough

VERSION = "0.0.7"

_LAST_CALL = Cause(
    Bi("重复使用的层只留下最后一次调用", "layers used again, of which only the last call is kept"), wrong=True
)
_ONE_PICTURE = Cause(Bi("只按1个样本计，没有乘批量", "for one sample only, whatever the batch"))


_FLOPS = Words(
    meaning=Bi(
        zh="乘加次数，另计卷积的偏置、激活、池化和批归一化",
        en="called Flops, really multiply-accumulates, with convolutions' biases, activations, pooling and batch norm",
    ),
    right=Bi(zh="只有乘加，名称却是Flops。", en="Multiply-accumulates alone, under the name Flops."),
    convention=Bi(
        zh="名为Flops，一次乘加却只计1次。",
        en="A multiply-accumulate counts once, which the name does not say.",
    ),
    wrong=Bi(
        zh="只认得少数几种层：转置卷积、一维和三维的层、函数里的运算都按0计。",
        en="It knows few kinds of layers: transposed convolutions, layers in one or three dimensions and functions count 0.",
    ),
)
_MADD = Words(
    meaning=Bi(zh="乘法和加法的总次数", en="multiplications and additions together"),
    right=Bi(zh="乘法和加法分别计数。", en="Multiplications and additions are counted separately."),
    convention=Bi(
        zh="乘法和加法分别计数：k个乘积只需k−1次加法，偏置再加1次，激活、池化、批归一化另计。",
        en="Multiplications and additions are counted separately: k products need k−1 additions, a bias one more; activations, "
        "pooling and batch norm come on top.",
    ),
    wrong=Bi(
        zh="乘法和加法分别计数，但它不认得的层和函数按0计。",
        en="Multiplications and additions are counted separately, but layers it does not know and functions count 0.",
    ),
)


def _account(walk: Walkthrough, calls_of: list[Any], operations: bool) -> Account:
    account = Account(
        walk, scale=2 if operations else 1, miscounted={Kind.CONVOLUTION: _ONE_PICTURE, Kind.LINEAR: _ONE_PICTURE}
    )
    account.miscounted[Kind.TRANSPOSED] = _ONE_PICTURE
    for _, _, calls in calls_of:
        for call in calls:
            products, beside = counted(call, operations)
            account.product(call, products)
            for cause, value in beside if call is calls[-1] else ():
                account.add(cause, value, call)
            if call is not calls[-1]:
                account.add(_LAST_CALL, -products, call)
    return account


def _total(walk: Walkthrough, calls_of: list[Any], operations: bool) -> Line:
    name = "madd" if operations else "flops"
    return _account(walk, calls_of, operations).line(_MADD if operations else _FLOPS, "torchstat", VERSION, name)


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
_ONE_PICTURE_WHY = Bi("只按1个样本计，没有乘批量。", " It is that of one sample, whatever the batch.")
_READ = Bi("各层读取的字节数", "bytes that the layers read")
_WRITTEN = Bi("各层写入的字节数", "bytes that the layers write")
_ROWS_BEFORE = Bi("最后一行之前各行，被漏掉", "all rows before the last, lost")
_TOTAL_BUG = Bi(
    zh="合计行给出的是最后一行的数，并非合计，系该工具的程序错误。",
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
    calls_of = leaves(run)
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
            _TOTAL_BUG if shown != whole else _TRAFFIC_WHY + of_one,
            "wrong" if shown != whole else "convention" if batch > 1 else "right",
        )

    batch = run.args[0].shape[0]
    of_one = _ONE_PICTURE_WHY if batch > 1 else same("")

    def of_all(term: Term) -> list[Term]:
        """What a batch really has, and that it is left out."""
        rest = [Term(_ONE_PICTURE.label, -(batch - 1) * term.value)] if batch > 1 else []
        return [Term(term.label, batch * term.value), *rest]

    memory = of_all(Term(_MEMORY, sum(row.memory for row in rows)))
    return [
        _params(walk, rows, run),
        line("memory_bytes", _MEMORY, memory, _MEMORY_WHY + of_one, "convention"),
        _total(walk, calls_of, operations=True),
        _total(walk, calls_of, operations=False),
        last("memread_bytes", _READ, read, rows[-1].read),
        last("memwrite_bytes", _WRITTEN, write, rows[-1].write),
        line("memrw_bytes", _TRAFFIC, [Term(_READ, read), Term(_WRITTEN, write)], _TRAFFIC_WHY + of_one, "convention"),
    ]


def rows(subject: Subject) -> list[Line]:
    """Its table: parameters, memory, MAdd, Flops, MemRead, MemWrite and MemR+W of every innermost module, of one picture."""
    walk, run, found = subject.walk, subject.hooks, table(subject)
    if run is None or not found:
        return []
    calls_of = leaves(run)
    counts = [
        *_account(walk, calls_of, operations=True).rows("modules", _MADD, "torchstat", VERSION, "madd"),
        *_account(walk, calls_of, operations=False).rows("modules", _FLOPS, "torchstat", VERSION, "flops"),
    ]
    return [*counts, *(line for row in found for line in _of_memory(row))]


_OF_INPUT = Bi("输入的字节数", "bytes of its input")
_OF_WEIGHTS = Bi("参数的字节数", "bytes of its parameters")
_OF_OUTPUT = Bi("输出的字节数", "bytes of its output")


def _of_memory(row: Row) -> list[Line]:
    """A row's parameters, and its bytes by what they are of."""
    given = min(row.read, 4 * prod(row.input))
    read = (Term(_OF_INPUT, given), Term(_OF_WEIGHTS, row.read - given))
    written = Term(_OF_OUTPUT, row.write)

    def line(quantity: str, meaning: Bi, terms: tuple[Term, ...], why: Bi, how: Standing = "convention") -> Line:
        parts = tuple(term for term in terms if term.value)
        value = sum(term.value for term in parts)
        return Line("torchstat", VERSION, None, quantity, meaning, value, parts, why, how, layer=row.name)

    return [
        line("params", PARAMS, (Term(PARAMS, row.params),), _PARAMS_RIGHT, "right"),
        line("memory_bytes", _MEMORY, (Term(_OF_OUTPUT, row.memory),), _MEMORY_WHY),
        line("memread_bytes", _READ, read, _TRAFFIC_WHY),
        line("memwrite_bytes", _WRITTEN, (written,), _TRAFFIC_WHY),
        line("memrw_bytes", _TRAFFIC, (*read, written), _TRAFFIC_WHY),
    ]


CONVENTION = CounterModel("torchstat", VERSION, lines, order=30, rows=rows)
