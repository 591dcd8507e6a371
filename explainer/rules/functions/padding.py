"""Padding: rows and columns put around a feature map; torch lists the amounts from the last dimension backwards."""

from __future__ import annotations

from random import Random
from typing import Any

from torch import nn
from torch.nn import functional as F

from explainer.formula.tree import Expr
from explainer.i18n.bilingual import Bi
from explainer.rules.base import Rule, Sample
from explainer.rules.functional import changed, named, pictured, step
from explainer.tracing.call import Call
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.case import Output

FIXED_FILL = Bi(
    zh="填入的值由固定的规则给出，没有可学习的参数。",
    en="The values filled in follow a fixed rule; there is nothing to learn.",
)
CONSTANT = Bi(zh="各边填入常数{value}，大小相应增加。", en="Each side is padded with {value} and grows accordingly.")
REFLECT = Bi(
    zh="各边以边缘为轴对称地填入原有的值（边缘本身不重复），大小相应增加。",
    en="Each side is padded with the values mirrored at the edge (the edge itself is not repeated) and grows accordingly.",
)
REPLICATE = Bi(
    zh="各边重复填入边缘的值，大小相应增加。", en="Each side is padded by repeating the edge and grows accordingly."
)
CIRCULAR = Bi(
    zh="各边填入对侧的值，如同首尾相接，大小相应增加。",
    en="Each side is padded with the values of the opposite side, as if joined end to end, and grows accordingly.",
)
CROPPED = Bi(zh="填充为负，表示裁去相应的行或列。", en="A negative padding cuts off that many rows or columns.")

NOTHING = Bi(zh="填充的宽度都是0，形状不变。", en="All widths of the padding are 0; the shape stays the same.")
_MODES = {"reflect": REFLECT, "replicate": REPLICATE, "circular": CIRCULAR}
_CLASSES: dict[str, tuple[type[nn.Module], ...]] = {
    "constant": (nn.ConstantPad1d, nn.ConstantPad2d, nn.ConstantPad3d),
    "reflect": (nn.ReflectionPad1d, nn.ReflectionPad2d, nn.ReflectionPad3d),
    "replicate": (nn.ReplicationPad1d, nn.ReplicationPad2d, nn.ReplicationPad3d),
    "circular": (nn.CircularPad1d, nn.CircularPad2d, nn.CircularPad3d),
}


def _mode(call: Call) -> str:
    if call.module is None:
        return str(call.option("mode", 2, "constant"))
    return next(mode for mode, classes in _CLASSES.items() if isinstance(call.module, classes))


def _pad(call: Call) -> Output:
    """Left, right, top, bottom …: H + top + bottom, W + left + right."""
    first, mode = call.operands[0], _mode(call)
    given: Any = list(call.option("padding") if call.module is not None else call.option("pad", 1))
    if not all(isinstance(amount, int) for amount in given):
        return Output(None)
    symbols = pictured(first) if call.module is not None or len(given) > 2 else named(first)
    grown: dict[int, Expr] = {}
    for i in range(len(given) // 2):
        at = len(symbols) - 1 - i
        size: Expr = symbols[at]
        for amount in given[2 * i : 2 * i + 2]:
            size = size + amount if amount > 0 else size - -amount if amount < 0 else size
        if size is not symbols[at]:
            grown[at] = size
    value = call.option("value", 3 if call.module is None else None, 0)
    why = [_MODES.get(mode) or CONSTANT.format(value=_short(value))]
    if any(amount < 0 for amount in given):
        why.append(CROPPED)
    if not any(given):
        why = [NOTHING]
    return changed(first, grown, *why, names=symbols)


def _short(value: Any) -> str:
    return f"{value or 0:g}".replace("-", "−") if isinstance(value, int | float | None) else str(value)


def _sample(random: Random) -> Sample:
    dims = random.randint(1, 3)
    image = tuple(random.randint(4, 9) for _ in range(dims))
    amounts = tuple(random.randint(0, 3) for _ in range(2 * dims))
    mode: str = random.choice([*_CLASSES, "zero", "function"])
    if mode == "function":
        cut = tuple(random.randint(-1, 3) for _ in range(2 * random.randint(1, dims)))
        return Sample(lambda: lambda x: F.pad(x, cut), ((2, 3, *image),))
    if mode == "zero":
        zero: Any = (nn.ZeroPad1d, nn.ZeroPad2d, nn.ZeroPad3d)[dims - 1]
        return Sample(lambda: zero(amounts), ((2, 3, *image),))
    made: Any = _CLASSES[mode][dims - 1]
    options = (amounts, random.choice([0.0, 1.5])) if mode == "constant" else (amounts,)
    return Sample(lambda: made(*options), ((2, 3, *image),))


RULES: tuple[Rule, ...] = (
    step(
        "pad",
        Bi("填充", "padding"),
        Kind.RESIZE,
        _pad,
        _sample,
        "pad",
        modules=tuple(module for classes in _CLASSES.values() for module in classes),
        reason=FIXED_FILL,
    ),
)
