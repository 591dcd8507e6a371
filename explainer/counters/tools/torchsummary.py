"""torchsummary 1.5.1: a row for every call of every module but Sequential, parameters by the names weight and bias.

From `torchsummary/torchsummary.py`. It runs the model on two float pictures and prints; its MB is 2²⁰ bytes. It prints no
operation counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from torch import Tensor, nn

from explainer.counters.base import CounterModel
from explainer.counters.engine.account import visits
from explainer.counters.engine.hooks import HookTrace, ModuleCall
from explainer.counters.engine.terms import PARAMS, TRAINABLE, CannotCount
from explainer.counters.subject import Subject
from explainer.i18n.bilingual import Bi, same
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.counted import Line, Standing, Term
from explainer.walkthrough.model import Walkthrough

VERSION = "1.5.1"
_BYTES = 4  # of every number, whatever its kind


@dataclass(frozen=True)
class Row:
    """One row of the table: `Conv2d-1`, its output (the batch as -1), its parameters. elements: of the output, signed."""

    name: str
    output: Shape | tuple[Shape, ...]
    params: int
    trainable: int
    elements: int
    module: nn.Module
    path: str


def rows(run: HookTrace) -> list[Row]:
    """The table of a run on a batch of 2, which is shown as -1, in the order in which the calls end. Raises CannotCount where torchsummary breaks."""
    found: list[Row] = []
    hooks = visits(run.model)  # one hook for each place where a module hangs, so a shared one has several rows a call
    for call in run.finished():
        module = call.module
        if module is run.model or isinstance(module, nn.Sequential | nn.ModuleList):
            continue
        if not call.args or not isinstance(call.args[0], Tensor):
            raise CannotCount  # input[0].size()
        for _ in range(hooks[id(module)]):
            found.append(_row(call, len(found) + 1))
    return found


def _row(call: ModuleCall, number: int) -> Row:
    output, elements = _output(call)
    tensors = [getattr(call.module, name, None) for name in ("weight", "bias")]
    params = sum(tensor.numel() for tensor in tensors if isinstance(tensor, Tensor))
    wanted = isinstance(tensors[0], Tensor) and tensors[0].requires_grad
    name = f"{type(call.module).__name__}-{number}"
    return Row(name, output, params, params if wanted else 0, elements, call.module, call.path)


def _output(call: ModuleCall) -> tuple[Shape | tuple[Shape, ...], int]:
    """The shape with -1 for the batch, and the product of all that is in it."""
    if isinstance(call.output, Tensor):
        shape = (-1, *call.output.shape[1:])
        return shape, prod(shape)
    if not isinstance(call.output, list | tuple) or not all(isinstance(each, Tensor) for each in call.output):
        raise CannotCount  # a None, a dict or a tuple within: no `.size()`
    shapes = tuple((-1, *each.shape[1:]) for each in call.output)
    if len({len(shape) for shape in shapes}) > 1:
        raise CannotCount  # numpy makes no array of it
    return shapes, _in_64_bits(prod(prod(shape) for shape in shapes))  # it multiplies all of them together


def _in_64_bits(value: int) -> int:
    """numpy's product wraps around."""
    return (value + 2**63) % 2**64 - 2**63


_AGAIN = Bi("重复使用的层每次调用都再计一次", "layers used again, counted at every call")
_OTHER_NAMES = Bi(
    zh="不叫weight、bias的参数（如循环层、注意力、直接定义的参数），以及没有用到的层，未计",
    en="parameters not named weight or bias (recurrent layers, attention, those defined directly) and layers not called, "
    "left out",
)
_PARAMS_RIGHT = Bi("逐行相加各层的weight和bias。", "The weight and bias of each row, added up.")
_PARAMS_WRONG = Bi(
    zh="每次调用加一行，所以重复使用的层重复计；名字不是weight、bias的参数则看不到。",
    en="Every call is a row, so a layer used again counts again; parameters not named weight or bias go unseen.",
)
_INPUT = Bi("输入的字节数", "bytes of the inputs")
_INPUT_WHY = Bi("每个数按4字节计，1 MB按2²⁰字节。", "Four bytes a number; 1 MB is 2²⁰ bytes.")
_ONE_SAMPLE = Bi("只按1个样本计，没有乘批量", "for one sample only, whatever the batch")
_ONE_SAMPLE_WHY = Bi("不给batch_size时只按1个样本计。", " Without its argument batch_size it is that of one sample.")
_MULTIPLIED = Bi("几个输入的大小相乘，而不是相加", "the sizes of several inputs multiplied instead of added")
_MULTIPLIED_WHY = Bi(
    zh="有几个输入时，它把所有的边长乘在一起，而不是把各输入的大小相加。",
    en="Of several inputs it multiplies all sides together, where their sizes should be added.",
)
_OUTPUT = Bi("各行输出的字节数", "bytes of the outputs of all rows")
_GRADIENTS = Bi("同样多的梯度", "as much again for gradients")
_OUTPUT_WHY = Bi(
    zh="把每一行（包括容器和原地运算的激活层）的输出都加起来，再乘2当作梯度，比真实的显存占用大。",
    en="The outputs of all rows, containers and in-place activations among them, doubled for gradients: more than memory "
    "really holds.",
)
_WEIGHTS = Bi("参数的字节数", "bytes of the parameters")
_TOTAL = Bi("输入、输出和参数的字节数之和", "bytes of inputs, outputs and parameters together")
_TOTAL_WHY = Bi(
    "输出计入每一行（包括容器），并乘以2；参数只计一次。",
    "The outputs of every row, containers too, count twice; the parameters once.",
)


def _parameters(walk: Walkthrough, table: list[Row], trainable: bool) -> Line:
    """The true number, what no row names, and what a row names again."""
    seen: set[int] = set()
    once = 0
    for row in table:
        for tensor in (getattr(row.module, name, None) for name in ("weight", "bias")):
            if isinstance(tensor, Tensor) and id(tensor) not in seen:
                seen.add(id(tensor))
                once += tensor.numel() if tensor.requires_grad or not trainable else 0
    value = sum(row.trainable if trainable else row.params for row in table)
    true = walk.totals.trainable if trainable else walk.totals.torch_params
    parts = ((_OTHER_NAMES, once - true), (_AGAIN, value - once))
    terms = (Term(TRAINABLE if trainable else PARAMS, true), *(Term(label, part) for label, part in parts if part))
    how: Standing = "wrong" if len(terms) > 1 else "right"
    why = _PARAMS_WRONG if len(terms) > 1 else _PARAMS_RIGHT
    quantity = "trainable" if trainable else "params"
    return Line("torchsummary", VERSION, None, quantity, terms[0].label, value, terms, why, how)


def _memory(subject: Subject, run: HookTrace, table: list[Row]) -> list[Line]:
    walk = subject.walk
    given = [each for each in subject.trace.args if isinstance(each, Tensor)]
    batch = given[0].shape[0] if given and given[0].dim() else 1
    inputs = _BYTES * prod(prod(each.shape[1:]) for each in given)
    true_inputs = _BYTES * sum(each.numel() for each in given)
    outputs = _BYTES * abs(_in_64_bits(sum(row.elements for row in table)))
    params = sum(row.params for row in table)
    true = walk.totals.torch_params
    differing = (Term(_AGAIN if params > true else _OTHER_NAMES, _BYTES * (params - true)),) if params != true else ()
    odd = _MULTIPLIED if len(given) > 1 else _ONE_SAMPLE
    read = (Term(_INPUT, true_inputs), *([Term(odd, inputs - true_inputs)] if inputs != true_inputs else []))
    others = (Term(_ONE_SAMPLE, -2 * (batch - 1) * outputs),) if batch > 1 else ()
    written = (Term(_OUTPUT, batch * outputs), Term(_GRADIENTS, batch * outputs), *others)
    kept = (Term(_WEIGHTS, _BYTES * true), *differing)

    def line(quantity: str, meaning: Bi, terms: tuple[Term, ...], why: Bi, how: Standing) -> Line:
        value = sum(term.value for term in terms)
        return Line("torchsummary", VERSION, None, quantity, meaning, value, terms, why, how)

    of_one = _ONE_SAMPLE_WHY if batch > 1 else same("")
    weights_why = _PARAMS_WRONG if differing else _INPUT_WHY
    return [
        line("input_bytes", _INPUT, read, *_why_of_inputs(len(given), batch)),
        line("output_bytes", _OUTPUT + Bi("×2", ", twice"), written, _OUTPUT_WHY + of_one, "convention"),
        line("param_bytes", _WEIGHTS, kept, weights_why, "wrong" if differing else "right"),
        line(
            "total_bytes", _TOTAL, (*read, *written, *kept), _TOTAL_WHY + of_one, "wrong" if differing else "convention"
        ),
    ]


def _why_of_inputs(given: int, batch: int) -> tuple[Bi, Standing]:
    if given > 1:
        return _MULTIPLIED_WHY, "wrong"
    return (_INPUT_WHY + _ONE_SAMPLE_WHY, "convention") if batch > 1 else (_INPUT_WHY, "right")


def lines(subject: Subject) -> list[Line]:
    """`summary(model, input_size)`: parameters and sizes of one picture; nothing where it breaks (see `rows`)."""
    walk, run = subject.walk, subject.hooks_on_two
    if run is None or any(isinstance(each, Tensor) and not each.is_floating_point() for each in run.args):
        return []  # it gives the model random floats
    try:
        table = rows(run)
    except CannotCount:
        return []
    if not any(row.params for row in table):
        return []  # its sum stays a plain 0, which has no .numpy()
    return [*(_parameters(walk, table, trainable) for trainable in (False, True)), *_memory(subject, run, table)]


def parameters_of_rows(subject: Subject) -> list[Line]:
    """The column `Param #`: what each call has under the names weight and bias."""
    run = subject.hooks_on_two
    if run is None or not lines(subject):
        return []
    return [
        Line(
            "torchsummary", VERSION, None, "params", PARAMS, row.params, (Term(PARAMS, row.params),), _PARAMS_RIGHT, "right",
            layer=row.path,
        )
        for row in rows(run)
    ]  # fmt: skip


CONVENTION = CounterModel("torchsummary", VERSION, lines, order=20, rows=parameters_of_rows)
