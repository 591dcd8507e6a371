"""What a convolution is built with, read off a module or off a function's arguments."""

from __future__ import annotations

from dataclasses import dataclass

from explainer.formula.tree import Symbol
from explainer.rules.base import has
from explainer.rules.windows import as_tuple
from explainer.tracing.call import Call
from explainer.vocabulary.symbols import (
    C_in,
    C_out,
    bias,
    groups,
    kernel,
    sized,
)


@dataclass(frozen=True)
class ConvolutionOptions:
    """A convolution's hyperparameters, read off a module or off a function's arguments."""

    weight: tuple[int, ...]
    has_bias: int
    g: int
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    output_padding: tuple[int, ...]
    same: bool
    transposed: bool

    @property
    def sides(self) -> tuple[int, ...]:
        return self.weight[2:]

    @property
    def channels_in(self) -> int:
        return self.weight[0] if self.transposed else self.weight[1] * self.g

    @property
    def channels_out(self) -> int:
        return self.weight[1] * self.g if self.transposed else self.weight[0]

    @property
    def spans(self) -> tuple[int, ...]:
        """d(k−1): what padding "same" adds over both sides together."""
        return tuple(d * (k - 1) for d, k in zip(self.dilation, self.sides, strict=True))

    def values(self) -> dict[Symbol, int]:
        return sized(kernel(len(self.sides)), self.sides) | {
            C_in: self.channels_in,
            C_out: self.channels_out,
            groups: self.g,
            bias: self.has_bias,
        }


def read_convolution(call: Call, transposed: bool) -> ConvolutionOptions:
    """Its options, whether a module or a function was called."""
    weight = call.tensor_shape("weight", 1)
    assert weight is not None
    dims = len(weight) - 2
    padding_given = call.option("padding", 4, 0)
    named = isinstance(padding_given, str)
    return ConvolutionOptions(
        weight=weight,
        has_bias=has(call.option("bias", 2)),
        g=call.option("groups", 6, 1),
        stride=as_tuple(call.option("stride", 3, 1), dims),
        padding=as_tuple(0 if named else padding_given, dims),
        dilation=as_tuple(call.option("dilation", 7 if transposed else 5, 1), dims),
        output_padding=as_tuple(call.option("output_padding", 5, 0) if transposed else 0, dims),
        same=padding_given == "same",
        transposed=transposed,
    )
