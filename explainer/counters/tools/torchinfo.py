"""torchinfo 1.8.0: hooks on every module; costs from parameters times output positions.

From `torchinfo/torchinfo.py`, `layer_info.py` and `model_statistics.py`. Its list of layers is rebuilt here, containers
and layers used again among them, since what it adds up depends on that list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from torch import Tensor, nn

from explainer.counters.base import CounterModel
from explainer.counters.engine import causes
from explainer.counters.engine.account import Account
from explainer.counters.engine.hooks import HookTrace, ModuleCall
from explainer.counters.engine.table import parameter_rows
from explainer.counters.engine.terms import PARAMS, TRAINABLE, Cause, Words
from explainer.counters.subject import Subject
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.counted import Line, Standing, Term
from explainer.walkthrough.model import Walkthrough

VERSION = "1.8.0"
_STORAGE = 64  # what Python's getsizeof adds to the bytes of a tensor's storage

_POSITIONS = Cause(
    Bi(
        "全连接层作用于序列时只按批量计，没有乘位置数",
        "fully connected layers on sequences, counted once instead of at every position",
    ),
    wrong=True,
)
_CELLS = Cause(Bi("循环单元：又乘了隐藏状态的宽度", "recurrent cells, multiplied by the hidden size again"), wrong=True)
_PARAMETERS = Cause(Bi("归一化、嵌入等层：批量×参数量", "norms, embeddings and the like: batch × parameters"))
_RECURRENT_BIAS = Cause(Bi("循环层的偏置", "biases of recurrent layers"))
_WORDS = Words(
    meaning=Bi(zh="乘加次数，另计偏置", en="multiply-accumulates, with the biases"),
    right=Bi(zh="只有乘加，没有偏置。", en="Multiply-accumulates alone; there are no biases."),
    convention=Bi(
        zh="每个参数（包括偏置）在每个输出位置计1次，激活和池化不计。",
        en="Every parameter, biases too, counts once at every output position; activations and pooling do not count.",
    ),
    wrong=Bi(
        zh="只看参数和输出尺寸：作用于序列的全连接层、注意力、函数里的运算和转置卷积都会算错。",
        en="It looks only at parameters and output sizes: fully connected layers on sequences, attention, functions and "
        "transposed convolutions come out wrong.",
    ),
)


@dataclass
class _Info:
    """One entry of torchinfo's list."""

    module: nn.Module
    depth: int
    parent: _Info | None
    call: ModuleCall | None = None
    recursive: bool = False
    children: list[_Info] = field(default_factory=list)

    @property
    def leaf(self) -> bool:
        return not any(self.module.children())

    def count(self, trainable: bool = False) -> int:
        return sum(p.numel() for p in self.module.parameters() if p.requires_grad or not trainable)

    def leftover(self, trainable: bool = False) -> int:
        """What a container owns beyond the entries below it."""
        return self.count(trainable) - sum(
            child.count(trainable) if child.leaf else child.leftover(trainable)
            for child in self.children
            if not child.recursive
        )


def _entries(run: HookTrace) -> list[_Info]:
    """The list of calls in order, with the containers that are never called put in, as torchinfo shows it."""
    places: dict[int, _Info] = {}  # where each module hangs: the last place that uses it
    stack = [_Info(run.model, 0, None)]
    while stack:
        info = stack.pop()
        places[id(info.module)] = info
        inner = [child for child in info.module._modules.values() if child is not None]
        stack += [_Info(child, info.depth + 1, info) for child in reversed(inner)]
    entries: list[_Info] = []
    seen: set[int] = set()
    for call in run.modules:
        place = places[id(call.module)]
        entries.append(_Info(call.module, place.depth, place.parent, call, id(call.module) in seen))
        seen.add(id(call.module))
    entries = _with_containers(entries, seen)
    for i, entry in enumerate(entries):
        below = (j for j in range(i + 1, len(entries)) if entries[j].depth <= entry.depth)
        entry.children = entries[i + 1 : next(below, len(entries))]
    return entries


def _with_containers(entries: list[_Info], seen: set[int]) -> list[_Info]:
    """torchinfo's `add_missing_container_layers`."""
    listed: list[_Info] = []
    current: dict[int, _Info] = {}
    for entry in entries:
        chain: dict[int, _Info] = {}
        parent = entry.parent
        while parent is not None and parent.depth > 0:
            chain[parent.depth] = parent
            parent = parent.parent
        for depth in range(1, entry.depth):
            shown = depth in current and current[depth].module is chain[depth].module
            if not shown and not (listed and chain[depth] is listed[-1]):
                container = chain[depth]
                container.recursive = id(container.module) in seen
                seen.add(id(container.module))
                listed.append(container)
                current[depth] = container
        current[entry.depth] = entry
        for deeper in [depth for depth in current if depth > entry.depth]:
            del current[deeper]
        listed.append(entry)
    return listed


def _output(call: ModuleCall) -> tuple[list[int], int]:
    """The output's size and the bytes of an element: of several tensors, the first."""
    out = call.output
    if isinstance(out, dict):
        out = list(out.values())[-1] if out else None
    while isinstance(out, list | tuple) and out:
        out = out[0]
    return (list(out.shape), out.element_size()) if isinstance(out, Tensor) else ([], 0)


def _account(walk: Walkthrough, entries: list[_Info]) -> Account:
    account = Account(
        walk,
        miscounted={
            Kind.TRANSPOSED: causes.STRIDES,
            Kind.LINEAR: _POSITIONS,
            Kind.RECURRENT: _CELLS,
        },
    )
    for entry in entries:
        if entry.leaf and entry.call is not None:
            _book(account, entry.call)
    return account


def _book(account: Account, call: ModuleCall) -> None:
    """Parameters times positions: weights of a layer with products are products, all else is on top."""
    size, _ = _output(call)
    kind = type(call.module)
    conv = "Conv" in kind.__name__
    places = prod(size[:1] + size[2:]) if conv else size[0] if size else 0
    transposed = isinstance(call.module, nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d)
    recurrent = isinstance(call.module, nn.RNNBase | nn.RNNCellBase)
    bias = causes.TRANSPOSED_BIAS if transposed else causes.CONV_BIAS if conv else causes.LINEAR_BIAS
    for name, parameter in call.module.named_parameters():
        if name in ("weight", "bias"):
            value = places * parameter.numel()
        elif "weight" in name or "bias" in name:
            value = prod(size[:2]) * parameter.numel()
        else:
            continue
        if recurrent:
            if "weight" in name:
                account.product(call, value)
            else:
                account.add(_RECURRENT_BIAS, value, call)
        elif not conv and not isinstance(call.module, nn.Linear):
            if name == "weight" and account.whole(call, value):  # a linear layer of somebody's own
                account.product(call, value)
            else:
                account.add(_PARAMETERS, value, call)
        elif name == "weight":
            account.product(call, value)
        else:
            account.add(bias, value, call)


_USED_TWICE = Bi(zh="容器中共享的层，被重复计入或漏掉", en="shared layers within containers, counted again or missed")
_PARAMS_RIGHT = Bi(
    "统计所有参数，共享的层只计一次。",
    "All parameters are counted, a shared layer's at its first use only.",
)
_PARAMS_WRONG = Bi(
    zh="它按层的列表相加，共享或没有用到的层会使总数出错。",
    en="It adds up its list of layers, and layers that are shared or not called upset the total.",
)


def _params(walk: Walkthrough, entries: list[_Info], trainable: bool) -> Line:
    value = 0
    for entry in entries:
        if not entry.recursive:
            value += max(entry.count(trainable) if entry.leaf else entry.leftover(trainable), 0)
    true = walk.totals.trainable if trainable else walk.totals.torch_params
    terms = [Term(TRAINABLE if trainable else PARAMS, true)]
    terms += [Term(_USED_TWICE, value - true)] if value != true else []
    how: Standing = "wrong" if value != true else "right"
    why = _PARAMS_WRONG if value != true else _PARAMS_RIGHT
    quantity = "trainable" if trainable else "params"
    return Line("torchinfo", VERSION, None, quantity, terms[0].label, value, tuple(terms), why, how)


_INPUT = Bi("输入的字节数", "bytes of the inputs")
_PYTHON_OBJECT = Bi("每个输入张量的Python对象64字节", "64 bytes of a Python object for each input")
_OUTPUT = Bi("有参数的层的输出所占字节", "bytes of the outputs of layers with parameters")
_GRADIENTS = Bi("同样多的梯度", "as much again for gradients")
_WEIGHTS = Bi("参数的字节数", "bytes of the parameters")
_NOT_IN_LEAVES = Bi(
    zh="注意力等有子模块的层自己的参数，以及直接定义的参数，未计",
    en="parameters of modules with parts of their own (attention) and those defined directly, left out",
)
_INPUT_WHY = Bi(
    "按sys.getsizeof计，每个输入多出64字节。", "As sys.getsizeof has it, which adds 64 bytes for each input."
)
_OUTPUT_WHY = Bi(
    zh="只计有参数的层的输出，再乘2当作梯度；激活层和池化层的输出不计，所以不是真实的显存占用。",
    en="Only outputs of layers with parameters, doubled for gradients; activations and pooling are not in it, so it is not "
    "what memory really holds.",
)
_WEIGHTS_RIGHT = Bi(
    "参数量×每个参数的字节数，1 MB按10⁶字节。", "Number of parameters times the bytes of each; 1 MB is 10⁶ bytes."
)
_WEIGHTS_WRONG = Bi("只计没有子模块的层的参数。", "Only parameters of layers without parts of their own are in it.")
_TOTAL = Bi("输入、输出和参数的字节数之和", "bytes of inputs, outputs and parameters together")
_TOTAL_WHY = Bi(
    "输出只计有参数的层，并乘以2；参数只计一次。",
    "Of the outputs only those of layers with parameters count, twice; the parameters once.",
)


def _memory(walk: Walkthrough, run: HookTrace, entries: list[_Info]) -> list[Line]:
    given = [each for each in run.args if isinstance(each, Tensor)]
    inputs = sum(each.numel() * each.element_size() for each in given)
    outputs = weights = 0
    for entry in entries:
        if not entry.leaf:
            continue
        if entry.call is not None and entry.count():
            size, element = _output(entry.call)
            outputs += prod(size) * element
        if not entry.recursive:
            weights += sum(p.numel() * p.element_size() for p in entry.module.parameters())
    true = sum(walk.totals.bits_by_dtype.values()) // 8
    missing = () if weights == true else (Term(_NOT_IN_LEAVES, weights - true),)
    read = (Term(_INPUT, inputs), Term(_PYTHON_OBJECT, _STORAGE * len(given)))
    written = (Term(_OUTPUT, outputs), Term(_GRADIENTS, outputs))
    kept = (Term(_WEIGHTS, true), *missing)

    def line(quantity: str, meaning: Bi, terms: tuple[Term, ...], why: Bi, how: Standing) -> Line:
        value = sum(term.value for term in terms)
        return Line("torchinfo", VERSION, None, quantity, meaning, value, terms, why, how)

    return [
        line("input_bytes", _INPUT, read, _INPUT_WHY, "convention"),
        line("output_bytes", _OUTPUT + Bi("×2", ", twice"), written, _OUTPUT_WHY, "convention"),
        line(
            *("param_bytes", _WEIGHTS, kept),
            _WEIGHTS_WRONG if missing else _WEIGHTS_RIGHT,
            "wrong" if missing else "right",
        ),
        line("total_bytes", _TOTAL, (*read, *written, *kept), _TOTAL_WHY, "wrong" if missing else "convention"),
    ]


def lines(subject: Subject) -> list[Line]:
    """`summary(model, input_size=…)`: mult-adds, parameters, and the four memory figures (its MB is 10⁶ bytes)."""
    walk, run = subject.walk, subject.hooks
    if run is None:
        return []
    entries = _entries(run)
    parameters = [_params(walk, entries, trainable) for trainable in (False, True)]
    macs = _account(walk, entries).line(_WORDS, "torchinfo", VERSION, "mult_adds")
    return [macs, *parameters, *_memory(walk, run, entries)]


def rows(subject: Subject) -> list[Line]:
    """Its table with `col_names=("num_params", "mult_adds")`: a row for every call."""
    walk, run = subject.walk, subject.hooks
    if run is None:
        return []
    entries = _entries(run)
    macs = _account(walk, entries).rows("calls", _WORDS, "torchinfo", VERSION, "mult_adds")
    return [*macs, *parameter_rows(run.model, _params(walk, entries, trainable=False))]


CONVENTION = CounterModel("torchinfo", VERSION, lines, order=10, rows=rows)
