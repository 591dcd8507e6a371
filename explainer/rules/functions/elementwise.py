"""Value by value: arithmetic, functions, comparisons, logic, masks. Shapes are matched from the right; 1 is repeated."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import torch

from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample
from explainer.rules.functional import (
    SAME_SHAPE,
    broadcast,
    named,
    neutral,
    step,
    tensor,
    unchanged,
)
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.vocabulary.symbols import sized
from explainer.walkthrough.case import Axis, Output

ADDITION = Bi(zh="加法没有可学习的参数。", en="An addition has nothing to learn.")
ARITHMETIC = Bi(zh="运算逐元素进行，没有可学习的参数。", en="It works element by element; there is nothing to learn.")
FUNCTION = Bi(
    zh="对每个值施加同一个固定的函数，没有可学习的参数。",
    en="The same fixed function is applied to every value; there is nothing to learn.",
)
COMPARISON = Bi(
    zh="逐元素比较，结果是真或假，没有可学习的参数。",
    en="Values are compared one by one, giving true or false; there is nothing to learn.",
)
LOGIC = Bi(
    zh="对真值（或二进制位）逐个运算，没有可学习的参数。",
    en="It works on truth values (or bits) one by one; there is nothing to learn.",
)
MASKED = Bi(
    zh="按真假掩码逐个取舍数值，没有可学习的参数。",
    en="A mask of true and false chooses value by value; there is nothing to learn.",
)
SKIP = Bi(
    zh="残差连接：{later}与{earlier}形状相同，逐元素相加，输出形状不变。",
    en="This is a residual connection: {later} and {earlier} have the same shape and are added element by element; the shape "
    "stays the same.",
)
BRANCHES = Bi(
    zh="两路相加：{later}与{earlier}形状相同，逐元素相加，输出形状不变。",
    en="Two branches meet: {later} and {earlier} have the same shape and are added element by element; the shape stays the same.",
)
BROADCAST = Bi(
    zh="大小为1的维度按广播规则扩展后再运算。",
    en="Dimensions of size 1 are broadcast, that is, repeated to fit.",
)
CHOSEN = Bi(
    zh="取出的个数取决于数值本身，形状由实际运行给出。",
    en="How many are picked depends on the values; the shape is the one observed in the run.",
)


def _broadcast(call: Call) -> Output:
    shapes = call.shapes
    if call.type == "where" and len(shapes) == 1 and len(call.args) == 1:
        return Output(None, why=(CHOSEN,))  # where(x): the positions that are not zero
    out: Shape = broadcast(*shapes)
    whole = next((operand for operand in call.operands if operand.shape == out and operand.parameter is None), None)
    symbols = named(whole) if whole else neutral(out)
    axes = tuple(Axis(symbol.name, symbol) for symbol in symbols)
    alike = all(shape in (out, ()) for shape in shapes)
    residual = _residual(call)
    kind = "residual" if call.bypass else "branches"
    form = kind if residual else "" if alike else "broadcast"
    why = (SKIP if call.bypass else BRANCHES) if residual else SAME_SHAPE if alike else BROADCAST
    return Output(axes, sized(symbols, out), why=(why,), form=form, given=residual)


def _maps(call: Call) -> bool:
    """Two feature maps, and no heads of queries: those were reordered."""
    return all(len(operand.shape) == 4 and not operand.reordered for operand in call.operands)


def _residual(call: Call) -> dict[str, tuple[int, ...]]:
    """A tensor and what was computed from it, or two feature maps of one shape, added: which of the two is the later one.

    What the two maps are is not known here: a shortcut through a layer of its own, or branches of equal weight.
    """
    shapes = call.shapes
    if call.type != "add" or len(shapes) != 2 or shapes[0] != shapes[1] or not (call.bypass or _maps(call)):
        return {}
    if any(operand.parameter is not None or operand.source == "constant" for operand in call.operands):
        return {}
    made = [operand.source if type(operand.source) is int else 0 for operand in call.operands]
    return {"later": (1,), "earlier": (0,)} if made[0] <= made[1] else {"later": (0,), "earlier": (1,)}


_FIT: tuple[Callable[[Shape], Shape], ...] = (
    lambda shape: shape,
    lambda shape: (shape[0], shape[1], 1, 1),
    lambda shape: (1,),
    lambda shape: shape[1:],
)


def _two(*operations: Callable[..., Any]) -> Callable[[Random], Sample]:
    """A sampler for operations on two tensors, the second broadcast or not."""

    def sample(random: Random) -> Sample:
        shape, operation, other = tensor(random), random.choice(operations), random.choice(_FIT)
        return Sample(lambda: operation, (shape, other(shape)))

    return sample


def _one(*operations: Callable[..., Any]) -> Callable[[Random], Sample]:
    """A sampler for operations on one tensor."""

    def sample(random: Random) -> Sample:
        shape, operation = tensor(random, random.choice([2, 3, 4])), random.choice(operations)
        return Sample(lambda: operation, (shape,))

    return sample


_ARITHMETIC = """sub subtract rsub mul multiply div divide true_divide rdiv floordiv rfloordiv floor_divide remainder rmod
    fmod pow rpow float_power neg negative positive abs absolute clamp clip clamp_min clamp_max maximum minimum fmax fmin
    lerp addcmul addcdiv square reciprocal copysign sign sgn polar complex"""
_FUNCTIONS = """exp exp2 expm1 log log2 log10 log1p sqrt rsqrt sin cos tan asin acos atan arctan sinh cosh asinh acosh
    atanh arctanh atan2 arctan2 hypot logaddexp xlogy erf erfc erfinv special_erf special_expit logit lgamma digamma
    sinc floor ceil round trunc frac nan_to_num conj angle deg2rad rad2deg"""
_COMPARISONS = """eq ne lt gt le ge less less_equal greater greater_equal not_equal isclose isnan isinf isfinite
    isposinf isneginf isin"""
_LOGIC = """and or xor invert iand ior ixor bitwise_and bitwise_or bitwise_xor bitwise_not logical_and logical_or
    logical_xor logical_not lshift rshift rlshift rrshift bitwise_left_shift bitwise_right_shift"""

RULES: tuple[Rule, ...] = (
    step(
        "add",
        Bi("逐元素相加", "addition"),
        Kind.ELEMENTWISE,
        _broadcast,
        _two(torch.add, lambda x, y: x + y),
        "add",
        reason=ADDITION,
    ),
    step(
        "arithmetic",
        Bi("逐元素运算", "arithmetic"),
        Kind.ELEMENTWISE,
        _broadcast,
        _two(torch.mul, torch.sub, torch.div, torch.maximum, lambda x, y: x // y, lambda x, y: x % y, lambda x, _: -x),
        _ARITHMETIC,
        reason=ARITHMETIC,
    ),
    step(
        "math_function",
        Bi("逐元素函数", "element-wise function"),
        Kind.ELEMENTWISE,
        _broadcast,
        _one(torch.exp, torch.log, torch.sqrt, torch.rsqrt, torch.sin, torch.cos, torch.erf, torch.floor, torch.round),
        _FUNCTIONS,
        reason=FUNCTION,
    ),
    step(
        "comparison",
        Bi("比较", "comparison"),
        Kind.ELEMENTWISE,
        lambda call: unchanged(call) if call.type == "isin" else _broadcast(call),
        _two(lambda x, y: x == y, torch.ne, torch.lt, torch.gt, lambda x, y: x <= y, torch.ge, lambda x, _: x != 0),
        _COMPARISONS,
        reason=COMPARISON,
    ),
    step(
        "logic",
        Bi("逻辑运算", "logical operation"),
        Kind.ELEMENTWISE,
        _broadcast,
        _two(torch.logical_and, torch.logical_or, torch.logical_xor, lambda x, _: torch.logical_not(x)),
        _LOGIC,
        reason=LOGIC,
    ),
    step(
        "masked",
        Bi("按掩码取值", "masking"),
        Kind.ELEMENTWISE,
        _broadcast,
        _two(
            lambda x, mask: x.masked_fill(mask.to(torch.bool), 0.0),
            lambda x, mask: torch.where(mask.to(torch.bool), x, 0.0),
        ),
        "masked_fill where",
        reason=MASKED,
    ),
)
