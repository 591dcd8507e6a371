"""Activation functions: each value by itself (softmax: along one axis); PReLU alone has something to learn."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from torch import nn

from explainer.formula.tree import Number
from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample, no_parameters
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import C, axis_symbols, sized
from explainer.walkthrough.case import Axis, Output, Parameters

NOTHING_LEARNED = Bi(zh="；它是固定的函数，没有可学习的参数。", en="; it is a fixed function with nothing to learn.")
SAME_SHAPE = Bi(zh="运算逐元素进行，输出形状不变。", en="It works on each value by itself; the shape stays the same.")
SAME_SHAPE_AXIS = Bi(
    zh="运算沿指定的维度进行，输出形状不变。",
    en="It works along one dimension; the shape stays the same.",
)
GATED = Bi(
    zh="沿一个维度把输入分成两半，一半经sigmoid后去乘另一半，所以这个维度减半。",
    en="The input is cut in two along one dimension and one half, through a sigmoid, multiplies the other: "
    "that dimension is halved.",
)
ONE_SLOPE = Bi(
    zh="负半轴的斜率是可学习的，各通道共用1个。", en="The slope for negative values is learned; all channels share one."
)
SLOPES = Bi(
    zh="负半轴的斜率是可学习的，每个通道1个，共{C}个。",
    en="The slope for negative values is learned, one a channel: {C} in all.",
)


def same_shape(call: Call) -> tuple[tuple[Axis, ...], dict[Any, int]]:
    """The axes of an output shaped like the first input."""
    shape = call.shapes[0]
    symbols = axis_symbols(shape)
    return tuple(Axis(symbol.name, symbol) for symbol in symbols), sized(symbols, shape)


def _output(call: Call) -> Output:
    axes, values = same_shape(call)
    along_axis = "max" in call.type.lower() or "softmin" in call.type.lower()
    return Output(axes, values, why=(SAME_SHAPE_AXIS if along_axis else SAME_SHAPE,))


def _gated_output(call: Call) -> Output:
    axes, values = same_shape(call)
    dim = call.option("dim", 1, -1)
    halved = list(axes)
    halved[dim] = Axis(f"{axes[dim].name}_out", axes[dim].size / 2)
    return Output(tuple(halved), values, why=(GATED,))


def _slopes(call: Call) -> Parameters:
    weight = call.tensor_shape("weight", 1)
    assert weight is not None
    why = ONE_SLOPE if weight == (1,) else SLOPES.format(C=weight[0])
    formula = Number(1) if weight == (1,) else C
    return Parameters(formula, {C: weight[0]}, claims=("weight",), why=(why,))


def _sample(random: Random, build: Callable[[], nn.Module]) -> Sample:
    return Sample(build, (tuple(random.randint(1, 8) * 2 for _ in range(random.choice([2, 3, 4]))),))


def _sample_softmax2d(random: Random) -> Sample:
    return Sample(nn.Softmax2d, (tuple(random.randint(1, 9) for _ in range(4)),))


def _sample_prelu(random: Random) -> Sample:
    channels = random.randint(1, 64)
    slopes = random.choice([1, channels])
    return Sample(lambda: nn.PReLU(slopes), ((random.randint(1, 4), channels, 8, 8),))


def _rule(word: str, module: type[nn.Module], functions: str, does: Bi, **options: Any) -> Rule:
    """A fixed activation; `does` says what the function is, as the beginning of a sentence."""
    title = Bi("激活层", "activation layer") if "Soft" not in word or "max" not in word.lower() else _SOFTMAX
    return Rule(
        name=word,
        title=title,
        kind=Kind.ACTIVATION,
        modules=(module,),
        functions=tuple(functions.split()),
        parameters=no_parameters(does + NOTHING_LEARNED),
        output=_output,
        sample=_sample_softmax2d
        if module is nn.Softmax2d
        else lambda random: _sample(random, lambda: module(**options)),
    )


_SOFTMAX = Bi("Softmax层", "softmax layer")

RULES = (
    _rule(
        "ReLU",
        nn.ReLU,
        "relu",
        Bi("ReLU把负数置零，正数不变", "ReLU sets negative values to zero and keeps the others"),
    ),
    _rule(
        "ReLU6",
        nn.ReLU6,
        "relu6",
        Bi("ReLU6把负数置零，大于6的取6", "ReLU6 sets negative values to zero and caps the others at 6"),
    ),
    _rule(
        "LeakyReLU",
        nn.LeakyReLU,
        "leaky_relu",
        Bi("LeakyReLU对负数乘以一个小的固定斜率", "LeakyReLU multiplies negative values by a small fixed slope"),
    ),
    _rule(
        "RReLU",
        nn.RReLU,
        "rrelu",
        Bi(
            "RReLU对负数乘以一个随机斜率（评估时取平均值）",
            "RReLU multiplies negative values by a random slope (its mean in evaluation)",
        ),
    ),
    _rule("ELU", nn.ELU, "elu", Bi("ELU在负半轴为α(eˣ−1)", "ELU is α(eˣ−1) for negative values")),
    _rule("CELU", nn.CELU, "celu", Bi("CELU在负半轴为α(e^(x/α)−1)", "CELU is α(e^(x/α)−1) for negative values")),
    _rule("SELU", nn.SELU, "selu", Bi("SELU是按固定系数缩放的ELU", "SELU is ELU scaled by fixed constants")),
    _rule(
        "GELU",
        nn.GELU,
        "gelu",
        Bi(
            "GELU(x)=x·Φ(x)，其中Φ为标准正态分布的分布函数",
            "GELU is x·Φ(x), with Φ the standard normal distribution function",
        ),
    ),
    _rule("SiLU", nn.SiLU, "silu", Bi("SiLU为x·σ(x)", "SiLU is x·σ(x)")),
    _rule("Mish", nn.Mish, "mish", Bi("Mish为x·tanh(ln(1+eˣ))", "Mish is x·tanh(ln(1+eˣ))")),
    _rule(
        "Sigmoid",
        nn.Sigmoid,
        "sigmoid",
        Bi(
            "Sigmoid为1/(1+e⁻ˣ)，把值压缩到0与1之间",
            "Sigmoid is 1/(1+e⁻ˣ) and maps every value into the range from 0 to 1",
        ),
    ),
    _rule(
        "LogSigmoid",
        nn.LogSigmoid,
        "logsigmoid log_sigmoid",
        Bi("LogSigmoid为Sigmoid的对数", "LogSigmoid is the logarithm of the sigmoid"),
    ),
    _rule("Tanh", nn.Tanh, "tanh", Bi("Tanh把值压缩到−1与1之间", "Tanh maps every value into the range from −1 to 1")),
    _rule("Tanhshrink", nn.Tanhshrink, "tanhshrink", Bi("Tanhshrink为x−tanh(x)", "Tanhshrink is x−tanh(x)")),
    _rule(
        "Hardtanh",
        nn.Hardtanh,
        "hardtanh",
        Bi("Hardtanh把值截断在一个固定区间内", "Hardtanh clips values to a fixed interval"),
    ),
    _rule(
        "Hardsigmoid",
        nn.Hardsigmoid,
        "hardsigmoid",
        Bi("Hardsigmoid是Sigmoid的分段线性近似", "Hardsigmoid is a piecewise linear approximation of the sigmoid"),
    ),
    _rule("Hardswish", nn.Hardswish, "hardswish", Bi("Hardswish为x·Hardsigmoid(x)", "Hardswish is x·Hardsigmoid(x)")),
    _rule(
        "Hardshrink",
        nn.Hardshrink,
        "hardshrink",
        Bi("Hardshrink把绝对值小的数置零", "Hardshrink sets values near zero to zero"),
    ),
    _rule(
        "Softshrink",
        nn.Softshrink,
        "softshrink",
        Bi("Softshrink把数向零收缩一个固定值", "Softshrink moves values towards zero by a fixed amount"),
    ),
    _rule(
        "Softplus",
        nn.Softplus,
        "softplus",
        Bi("Softplus为ln(1+eˣ)，是ReLU的光滑近似", "Softplus is ln(1+eˣ), a smooth ReLU"),
    ),
    _rule("Softsign", nn.Softsign, "softsign", Bi("Softsign为x/(1+|x|)", "Softsign is x/(1+|x|)")),
    _rule(
        "Threshold",
        nn.Threshold,
        "threshold",
        Bi("Threshold把不超过阈值的数换成固定值", "Threshold replaces values up to a threshold by a fixed one"),
        threshold=0.1,
        value=0.0,
    ),
    _rule(
        "Softmax",
        nn.Softmax,
        "softmax",
        Bi("Softmax把一组数变成概率", "Softmax turns a group of values into probabilities"),
        dim=1,
    ),
    _rule(
        "Softmin",
        nn.Softmin,
        "softmin",
        Bi(
            "Softmin把一组数变成概率，越小的数概率越大",
            "Softmin turns a group of values into probabilities, the smallest getting most",
        ),
        dim=1,
    ),
    _rule(
        "Softmax2d",
        nn.Softmax2d,
        "",
        Bi(
            "Softmax2d在各个位置上把各通道的值变成概率",
            "Softmax2d turns the channels' values at each position into probabilities",
        ),
    ),
    _rule(
        "LogSoftmax",
        nn.LogSoftmax,
        "log_softmax",
        Bi("LogSoftmax为Softmax的对数", "LogSoftmax is the logarithm of softmax"),
        dim=1,
    ),
    Rule(
        name="GLU",
        title=Bi("门控线性单元", "gated linear unit"),
        kind=Kind.ACTIVATION,
        modules=(nn.GLU,),
        functions=("glu",),
        parameters=no_parameters(
            Bi("GLU以输入的一半经Sigmoid作为门，控制另一半", "GLU lets half of its input gate the other half")
            + NOTHING_LEARNED
        ),
        output=_gated_output,
        sample=lambda random: _sample(random, nn.GLU),
    ),
    Rule(
        name="PReLU",
        title=Bi("激活层", "activation layer"),
        kind=Kind.ACTIVATION,
        modules=(nn.PReLU,),
        functions=("prelu",),
        parameters=_slopes,
        output=_output,
        sample=_sample_prelu,
    ),
)
