"""The memory in another number format: every figure by its formula, from what was recorded of the run.

Fractions change their size, whole numbers (indices, masks of positions) do not. An integer format is of the weights alone: the
activations stay as they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from explainer.cost.cost import Cost
from explainer.cost.figures import BYTES_EACH, elements, sum_of
from explainer.cost.inference import ACTIVATIONS, INPUTS, WEIGHTS
from explainer.cost.kv_cache import cache_size_at
from explainer.cost.training import STATES, Optimizer
from explainer.cost.weights import FORMATS
from explainer.formula.derivation import Derivation, derive
from explainer.formula.tree import Expr, Symbol
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.dtypes import itemsize

Format = Literal["float32", "float16", "bfloat16", "int8", "int4"]
INTEGERS: tuple[Format, ...] = ("int8", "int4")

FRACTIONS = Symbol("n_f", Bi("浮点数的个数", "how many floating-point numbers there are"))
WHOLE = Symbol("B_int", Bi("整数（下标、位置等）所占字节", "bytes of the whole numbers (indices, positions)"))
BOTH = Bi(
    zh="{dtype}：参数和特征图都按每个数{bits}比特计；整数（下标等）和缓冲区不变。",
    en="{dtype}: parameters and activations at {bits} bits a number; whole numbers (indices) and buffers stay as they are.",
)
WEIGHTS_ONLY = Bi(
    zh="{dtype}只用于参数（每个{bits}比特，缩放系数另计）；特征图和KV缓存仍为{others}，计算时参数先换算回去。",
    en="{dtype} is for the parameters alone ({bits} bits each, the scales not counted); activations and KV cache stay {others}, and the "
    "parameters are converted back to compute.",
)
MIXED = Bi(
    zh="实际运行常是混合的：自动混合精度（autocast）用16位做卷积和矩阵乘法，归一化、softmax和损失仍用float32，float32参数另存一份；按此格式计得的特征图因此是下限。",
    en="Real runs are often mixed: autocast has convolutions and matrix products in 16 bits, but normalization, softmax and the loss in "
    "float32, and keeps float32 parameters beside them; the activations counted here are then a lower bound.",
)
STORED = Bi(
    zh="模型中的参数本来就有几种格式（{formats}），这里全部按{dtype}计。",
    en="The model's parameters have several formats of their own ({formats}); here all are counted as {dtype}.",
)
NO_TRAINING = Bi(
    zh="{dtype}参数不能直接训练，所以没有训练时的数；量化感知训练和低秩微调（QLoRA）另存浮点参数。",
    en="{dtype} parameters are not trained as they are, so there are no figures of training; quantization-aware training and QLoRA keep "
    "floating-point parameters beside them.",
)


@dataclass(frozen=True)
class Precision:
    """The costs of one walkthrough in another format. None: what the walkthrough does not tell, or what there is not."""

    cost: Cost
    dtype: Format

    @property
    def bits(self) -> int:
        return FORMATS[self.dtype]

    @property
    def weights_only(self) -> bool:
        """Whether the activations stay as they were."""
        return self.dtype in INTEGERS

    @cached_property
    def reasons(self) -> tuple[Bi, ...]:
        """What is assumed, the mixed cases among it."""
        stored = list(self.cost.weights.bits_by_dtype)
        said = (WEIGHTS_ONLY if self.weights_only else BOTH).format(
            dtype=self.dtype, bits=self.bits, others=", ".join(sorted(self._formats)) or "float32"
        )
        several = (STORED.format(formats=", ".join(stored), dtype=self.dtype),) if len(stored) > 1 else ()
        return (said, *several, *(() if self.weights_only or self.bits > 16 else (MIXED,)))

    @cached_property
    def _formats(self) -> set[str]:
        return {dtype for layer in self.cost.walk.layers for dtype in layer.call.output_dtypes if _fraction(dtype)}

    @property
    def parameters(self) -> Derivation:
        """P·b/8."""
        return self.cost.weights.stored_as(self.dtype)

    @cached_property
    def activations(self) -> Derivation | None:
        """All outputs that take memory of their own: n_f·e+B_int."""
        if self.cost.peak is None:
            return None
        return self._sized(self._outputs())

    def _outputs(self) -> Iterator[tuple[str, int]]:
        for layer in self.cost.walk.layers:
            if not self.cost.memory[layer.index].view:
                for shape, dtype in zip(layer.call.output_shapes, layer.call.output_dtypes, strict=True):
                    yield dtype, elements(shape) * itemsize(dtype)

    @cached_property
    def peak(self) -> Derivation | None:
        """M_act+M_in+M_w at the moment at which the run had its peak."""
        peak = self.cost.peak
        if peak is None:
            return None
        made = {layer.path: layer.call.output_dtypes for layer in self.cost.walk.layers}
        alive = [((made.get(one.path) or ("float32",))[0], one.bytes) for one in peak.alive]
        inside = self._sized(alive).value
        run = self.cost.walk.run
        given = [
            (dtype, elements(shape) * itemsize(dtype))
            for shape, dtype in zip(run.input_shapes, run.input_dtypes, strict=True)
        ]
        inputs = self._sized(given).value if sum(size for _, size in given) == peak.inputs_bytes else peak.inputs_bytes
        buffers = peak.weights_bytes - self.cost.weights.bytes
        return sum_of([(ACTIVATIONS, inside), (INPUTS, inputs), (WEIGHTS, self.parameters.value + buffers)])

    @cached_property
    def kept(self) -> Derivation | None:
        """What is kept for the backward pass; None where that is unknown."""
        kept = self.cost.training.kept
        if kept is None or kept.fractions is None or self.weights_only:
            return None
        return self._counted(kept.fractions, self.bits // 8, kept.bytes - kept.fractions_bytes)

    def states(self, kind: Optimizer) -> tuple[Derivation, Derivation, Derivation] | None:
        """(weights, gradients, the optimizer's state) of the trainable parameters in this format; None for an integer one."""
        if self.weights_only:
            return None
        count = self.cost.training.count
        each = self.bits // 8

        def of(copies: int) -> Derivation:
            return derive(COPIES * TRAINABLE * BYTES_EACH, {COPIES: copies, TRAINABLE: count, BYTES_EACH: each})

        return of(1), of(1), of(STATES[kind])

    @cached_property
    def cache(self) -> Derivation | None:
        """The KV cache at the run's length and batch."""
        found = self.cost.kv_cache
        return cache_size_at(found, found.length, found.batch, self._each(found.bytes_each)) if found else None

    @cached_property
    def cache_of_a_token(self) -> Derivation | None:
        """The KV cache of one token of one text."""
        found = self.cost.kv_cache
        return cache_size_at(found, 1, 1, self._each(found.bytes_each)) if found else None

    @cached_property
    def figures(self) -> Mapping[str, Derivation | None]:
        """Every figure in the format by its name; None where there is none."""
        states = self.states("adam")
        return {
            "parameters": self.parameters,
            "activations": self.activations,
            "peak": self.peak,
            "kept": self.kept,
            "gradients": states[1] if states else None,
            "adam": states[2] if states else None,
            "cache": self.cache,
            "token": self.cache_of_a_token,
        }

    def _each(self, stored: int) -> int:
        return stored if self.weights_only else self.bits // 8

    def _sized(self, parts: Iterator[tuple[str, int]] | list[tuple[str, int]]) -> Derivation:
        """Tensors by (format, bytes) in the new format."""
        count, whole, size = 0, 0, 0
        for dtype, taken in parts:
            if _fraction(dtype) and not self.weights_only:
                count += taken // itemsize(dtype)
                size = self.bits // 8
            else:
                whole += taken
        return self._counted(count, size, whole)

    def _counted(self, count: int, each: int, whole: int) -> Derivation:
        terms: list[Expr] = [FRACTIONS * BYTES_EACH] if count else []
        if whole or not terms:
            terms.append(KEEP if self.weights_only else WHOLE)
        values = {FRACTIONS: count, BYTES_EACH: each, WHOLE: whole, KEEP: whole}
        return derive(terms[0] if len(terms) == 1 else terms[0] + terms[1], values)


COPIES = Symbol("n", Bi("每个参数保存的数的个数", "numbers kept per parameter"))
TRAINABLE = Symbol("P_t", Bi("可训练的参数量", "number of trainable parameters"), Bi("参数量", "parameters"))
KEEP = Symbol("B", Bi("不变的字节数", "bytes, as they are"))


def _fraction(dtype: str) -> bool:
    return dtype.startswith(("float", "bfloat", "complex"))
