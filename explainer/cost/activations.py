"""What a call does with memory: the bytes of its output, whether they are new, what it reads and writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from msgspec import Struct

from explainer.cost.figures import elements, sum_of, tensors_bytes
from explainer.formula.derivation import Derivation, derive
from explainer.formula.tree import Expr, Symbol, total
from explainer.i18n.bilingual import Bi
from explainer.memory import Memory
from explainer.vocabulary.dtypes import itemsize
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.measured import Relation, Written
from explainer.walkthrough.model import Layer

INPUTS = Symbol("B_in", Bi("读取的输入所占字节", "bytes of the inputs read"))
WEIGHTS = Symbol("B_w", Bi("读取的参数所占字节", "bytes of the parameters read"))
OUTPUTS = Symbol("B_out", Bi("写出的输出所占字节", "bytes of the output written"))

RELATION_WHY: dict[Relation, Bi] = {
    "new": Bi(zh="输出占用新的内存。", en="The output takes memory of its own."),
    "view": Bi(
        zh="输出只是输入的另一种视图，与输入共用内存，不另占空间，也不读写数据。",
        en="The output is only another view of its input: it shares the input's memory, and nothing is read or written.",
    ),
    "in_place": Bi(
        zh="原地运算：结果写回输入所在的内存，不另占空间。",
        en="In place: the result is written over the input and takes no memory of its own.",
    ),
    "unchanged": Bi(
        zh="输入原样输出，不读写数据，也不另占空间。",
        en="The input is passed on as it is: nothing is read or written, and no memory is taken.",
    ),
}
INTENSITY_WHY = Bi(
    zh="计算强度是浮点运算次数与读写字节数之比（FLOPs/B）：越高，耗时越取决于计算；越低，越取决于读写内存。",
    en="Arithmetic intensity is floating-point operations per byte read or written (FLOPs/B): where it is high, computing "
    "takes the time; where it is low, memory does.",
)


class CallMemory(Struct, frozen=True):
    """The memory of one call, in bytes.

    output: of all its outputs; relation: what memory that is, None where it could not be measured.
    read: inputs and parameters; written: outputs; neither for a view. flops: 2·MACs, None where no rule gives them.
    """

    path: str
    output: Derivation
    relation: Relation | None
    read: Derivation
    written: Derivation
    param_bytes: int
    flops: int | None

    @property
    def view(self) -> bool:
        """The output takes no memory of its own because it shares that of an input (in place too)."""
        return self.relation not in ("new", None)

    @property
    def new_bytes(self) -> int:
        """What the output adds to the activations."""
        return 0 if self.view else self.output.value

    @property
    def moved(self) -> int:
        """Bytes read and written."""
        return self.read.value + self.written.value

    @property
    def intensity(self) -> Fraction | None:
        """FLOPs per byte; None without FLOPs or without traffic."""
        return Fraction(self.flops, self.moved) if self.flops and self.moved else None

    @property
    def why(self) -> Bi | None:
        return RELATION_WHY[self.relation] if self.relation else None


def memory_of(layer: Layer, written: Written | None) -> CallMemory:
    """The memory of one call. written: what the run on meta saw of it, or None."""
    call = layer.call
    relation = written.relation if written else None
    reordered = bool(call.operands) and any(operand.reordered for operand in call.operands)
    moves = relation not in ("view", "unchanged")
    given = sum(
        elements(operand.shape) * itemsize(operand.dtype) for operand in call.operands if operand.parameter is None
    )
    key = (call.output_shapes, call.output_dtypes, reordered, moves, given, layer.param_bytes)
    output, read, to = _known.get(key) or _known.keep(key, _bytes(*key))
    return CallMemory(
        path=call.path,
        output=output,
        relation=relation,
        read=read,
        written=to,
        param_bytes=layer.param_bytes,
        flops=2 * layer.macs.value if layer.macs else None,
    )


_Bytes = tuple[Derivation, Derivation, Derivation]
_known: Memory[_Bytes] = Memory()  # a large model's calls are alike: a hundred times the same three


def _bytes(
    shapes: tuple[Shape, ...], dtypes: tuple[str, ...], reordered: bool, moves: bool, given: int, weights: int
) -> _Bytes:
    """Of the output, of what is read, of what is written. moves: it is no view, which reads and writes nothing."""
    output = tensors_bytes(shapes, dtypes, reordered)
    read = sum_of([(INPUTS, given), (WEIGHTS, weights)] if weights else [(INPUTS, given)])
    return output, read if moves else sum_of([(INPUTS, 0)]), sum_of([(OUTPUTS, output.value if moves else 0)])


def activations_of(memories: Iterable[CallMemory]) -> Derivation:
    """Σ B_out over the calls whose output takes memory of its own: equal terms as multiples."""
    counts = Counter(memory.new_bytes for memory in memories if memory.new_bytes)
    terms: list[Expr] = []
    values: dict[Symbol, int] = {}
    for i, (size, times) in enumerate(sorted(counts.items(), reverse=True), 1):
        symbol = Symbol(f"B_{i}", Bi("各个输出所占字节", "bytes of each output"))
        values[symbol] = size
        terms.append(times * symbol if times > 1 else symbol)
    return derive(total(terms), values)
