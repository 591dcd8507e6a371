"""The parameters' memory: as the model has them, and in every number format that they might be stored in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from explainer.cost.units import Size
from explainer.formula.derivation import Derivation, derive
from explainer.formula.tree import Expr, Number, Rounded, Symbol, total
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.totals import Totals

PARAMETERS = Symbol("P", Bi("参数量", "number of parameters"), Bi("参数量", "parameters"))
BITS = Symbol("b_w", Bi("每个参数的比特数", "bits per parameter"), Bi("比特", "bits"))
FORMATS: Mapping[str, int] = {
    "float64": 64,
    "float32": 32,
    "float16": 16,
    "bfloat16": 16,
    "int8": 8,
    "int4": 4,
}
WHY = Bi(
    zh="1字节等于8比特：float32每个参数占4字节，float16和bfloat16占2字节，8位占1字节，4位占半字节（量化时附带的缩放系数另计）。",
    en="A byte has 8 bits: a float32 parameter takes 4 bytes, float16 and bfloat16 take 2, 8 bits take 1, 4 bits half a byte "
    "(the scales that quantization adds are not counted).",
)


@dataclass(frozen=True)
class Weights:
    """count: the number of parameters; bits_by_dtype: as the model stores them, bits in all."""

    count: int
    bits_by_dtype: Mapping[str, int]

    @property
    def bytes(self) -> int:
        """As the model stores them."""
        return self.derivation.value

    @property
    def why(self) -> Bi:
        return WHY

    @cached_property
    def derivation(self) -> Derivation:
        """P·32/8; where the model has several formats, the sum of theirs."""
        if len(self.bits_by_dtype) <= 1:
            dtype, bits = next(iter(self.bits_by_dtype.items()), ("float32", 0))
            return _bytes(self.count, bits // self.count if self.count else FORMATS.get(dtype, 32))
        terms: list[Expr] = []
        values: dict[Symbol, int] = {}
        for dtype, bits in self.bits_by_dtype.items():
            symbol = Symbol(f"B_{dtype}", Bi(f"{dtype}参数所占字节", f"bytes of the {dtype} parameters"))
            values[symbol] = bits // 8
            terms.append(symbol)
        return derive(total(terms), values)

    def stored_as(self, dtype: str) -> Derivation:
        """All parameters in another format, a key of `FORMATS`; 4-bit ones rounded up to whole bytes."""
        return _bytes(self.count, FORMATS[dtype])

    @cached_property
    def sizes(self) -> Mapping[str, Size]:
        """In every format."""
        return {dtype: Size(self.stored_as(dtype).value) for dtype in FORMATS}


def weights_of(totals: Totals) -> Weights:
    """The memory of a walkthrough's parameters."""
    return Weights(totals.torch_params, totals.bits_by_dtype)


def _bytes(count: int, bits: int) -> Derivation:
    formula = PARAMETERS * BITS / Number(8) if count * bits % 8 == 0 else Rounded(PARAMETERS * BITS, Number(8), up=True)
    return derive(formula, {PARAMETERS: count, BITS: bits})
