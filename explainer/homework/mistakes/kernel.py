"""Mistakes with the kernel's size, and counting what moves with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from explainer.formula.rewrite import drop, drop_once, rewritten, role, times
from explainer.formula.rewrite import replace as put
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Product
from explainer.homework.mistakes.base import COST, PARAMS, Mistake, Way, each, either, only
from explainer.homework.mistakes.facts import Facts
from explainer.homework.mistakes.form import Form
from explainer.i18n.bilingual import Bi, same
from explainer.vocabulary.kind import Kind

CONVOLUTIONS = (Kind.CONVOLUTION, Kind.TRANSPOSED)


THE_OTHER = Bi("（式中另一个{side}是输入通道数）", " (the other {side} is the number of input channels)")


def _is_convolution(facts: Facts) -> bool:
    return facts.kind in CONVOLUTIONS


def _square(facts: Facts) -> bool:
    sides = {facts.get(name) for name in facts.kernel}
    return _is_convolution(facts) and len(facts.kernel) > 1 and len(sides) == 1


def _not_squared(form: Form, facts: Facts) -> Iterator[Way]:
    side = facts.get(facts.kernel[0])
    alike = len(facts.kernel) == 2 and facts.of(Role.CHANNELS_IN) == side * max(facts.of(Role.GROUPS), 1)
    other = THE_OTHER.format(side=side) if alike else same("")  # (3·3+1)·64: 3·3 is not the kernel's
    yield from each(lambda part, _: drop_once(part, facts.kernel), side=side, other=other)(form, facts)


def _doubled(form: Form, facts: Facts) -> Iterator[Way]:
    """3·2 for 3²."""
    dims = len(facts.kernel)

    def change(node: Expr) -> Expr:
        if not isinstance(node, Product):
            return node
        sides = [part for part in node.parts if role(part[1]) in facts.kernel]
        if len(sides) < 2:
            return node
        kept = [part for part in node.parts if not any(part is side for side in sides[1:])]
        kept.insert(kept.index(sides[0]) + 1, (True, Number(dims)))
        return Product(tuple(kept))

    yield from each(lambda part, _: rewritten(part, change), side=facts.get(facts.kernel[0]), dims=dims)(form, facts)


def _image(form: Form, facts: Facts) -> Iterator[Way]:
    """The input's sides where the kernel's belong."""
    if facts.axes and all(size > 1 for size in facts.image):
        new = {side.name: size for size, side in facts.axes}
        words = {"image": "×".join(map(str, facts.image)), "sides": _sides(facts)}
        yield from each(lambda part, _: put(part, dict(new)), **words)(form, facts)


def _output_image(form: Form, facts: Facts) -> Iterator[Way]:
    """The output's sides where the kernel's belong."""
    if facts.axes and len(facts.positions) == len(facts.axes) and max(facts.positions) > 1:
        new = {side.name: Number(size) for (_, side), size in zip(facts.axes, facts.positions, strict=True)}
        words = {"image": facts.words["area"], "sides": _sides(facts)}
        for way in each(lambda part, _: put(part, dict(new)), **words)(form, facts):
            yield replace(way, fit=0.3)


def _sides(facts: Facts) -> str:
    return "×".join(str(facts.get(name)) for name in facts.kernel)


def _per_position(form: Form, facts: Facts) -> Iterator[Way]:
    """Each parameter counted at every position of the output."""
    if facts.kind in CONVOLUTIONS and facts.positions and max(facts.positions) > 1:
        sides = [Number(size) for size in facts.positions]
        yield from each(lambda part, _: times(part, *sides))(form, facts)


def _neurons(form: Form, facts: Facts) -> Iterator[Way]:
    """The elements of the output in place of the parameters."""
    if facts.kind in CONVOLUTIONS and facts.positions and max(facts.positions) > 1:
        elements = times(*(Number(size) for size in facts.positions), facts.symbols["C_out"])
        yield Way(replace(form, parts=(elements,)))


def _weights_per_position(form: Form, facts: Facts) -> Iterator[Way]:
    """The multiply-accumulates of one image in place of the parameters."""
    layer = facts.layer
    if (
        facts.kind in CONVOLUTIONS
        and layer is not None
        and layer.macs is not None
        and max(facts.positions, default=1) > 1
    ):
        yield Way(replace(form, parts=(drop(layer.macs.symbolic, ("N",)),)))


def _dilated(form: Form, facts: Facts) -> Iterator[Way]:
    """The span of a dilated kernel in place of its cells."""
    layer = facts.layer
    if layer is None or facts.kind not in CONVOLUTIONS:
        return
    given = facts.named(Role.DILATION)
    if not given or all(facts.get(name) == 1 for name in given):
        return
    new: dict[str, Expr] = {}
    for name in facts.kernel:
        step = facts.symbols.get("d") or facts.symbols.get(name.replace("k", "d"))
        side = facts.symbols[name]
        if step is not None and facts.values[step] > 1:
            new[name] = Number(facts.values[step] * (facts.values[side] - 1) + 1, side)
    yield from each(lambda part, _: put(part, new))(form, facts)


MISTAKES = (
    Mistake(
        "kernel.not_squared",
        "roles",
        Bi("卷积核边长没有平方", "kernel not squared"),
        Bi(
            "只乘了卷积核的一条边长{other}。卷积核是{sides}，各边都要乘。",
            "only one side of the kernel is counted{other}. The kernel is {sides}: multiply by every side.",
        ),
        Bi("卷积核有几条边？一个卷积核覆盖多少格？", "How many cells does a kernel cover?"),
        0.44,
        only(_square, lambda form, facts: _with_sides(_not_squared(form, facts), facts)),
        PARAMS + COST,
    ),
    Mistake(
        "kernel.doubled",
        "roles",
        Bi("平方算成了乘以2", "the square taken as twice"),
        Bi(
            "把{side}的{dims}次方算成了{side}×{dims}。卷积核是{sides}，要把各边相乘。",
            "{side} to the power {dims} was taken as {side}×{dims}. The kernel is {sides}: multiply its sides.",
        ),
        Bi("平方和乘以2是一回事吗？", "Is a square the same as twice?"),
        0.15,
        only(_square, lambda form, facts: _with_sides(_doubled(form, facts), facts)),
        PARAMS + COST,
    ),
    Mistake(
        "kernel.image",
        "context",
        Bi("把图像大小当成卷积核大小", "image size in place of kernel size"),
        Bi(
            "{image}是特征图的大小，误当作卷积核的大小了。卷积核是{sides}；参数量与图像大小无关。",
            "{image} is the size of the image, put where the kernel's belongs. The kernel is {sides}; the size of the image does not "
            "affect the number of parameters.",
        ),
        Bi("这里要用哪个大小：图像的，还是卷积核的？", "Which size belongs here: the image's or the kernel's?"),
        0.55,
        only(_is_convolution, either(_image, _output_image)),
        PARAMS,
    ),
    Mistake(
        "kernel.per_position",
        "roles",
        Bi("每个位置都算一遍参数", "parameters counted at every position"),
        Bi(
            "乘以了输出的位置数（{area}）。同一卷积核在各个位置上共享参数，不必再乘。",
            "this is multiplied by the positions of the output ({area}). A kernel is reused at every position: count it once.",
        ),
        Bi("卷积核移到下一个位置时，要换一套权重吗？", "When the kernel moves on, does it take new weights?"),
        0.5,
        _per_position,
        ("params", "bytes"),
    ),
    Mistake(
        "kernel.neurons",
        "context",
        Bi("数的是输出的元素，不是参数", "outputs counted instead of parameters"),
        Bi(
            "这是输出特征图的元素个数（神经元数），不是参数量。参数是卷积核里的权重和偏置。",
            "these are the elements of the output (its neurons), not parameters. The parameters are the weights and biases of the "
            "kernels.",
        ),
        Bi("参数存在哪里：特征图里，还是卷积核里？", "Where are the parameters: in the feature map or in the kernels?"),
        0.4,
        _neurons,
        PARAMS,
        whole=True,
    ),
    Mistake(
        "kernel.cost_for_params",
        "context",
        Bi("把计算量当成参数量", "operations in place of parameters"),
        Bi(
            "这是计算量（乘加），每个权重在各个位置上都要用一次。参数只存一份，不必乘以位置数。",
            "these are multiply-accumulates: each weight is used at every position. It is stored only once: do not multiply by the "
            "positions.",
        ),
        Bi(
            "题目问的是要存多少个数，还是要算多少次？",
            "Is the question how many numbers are stored, or how often they are used?",
        ),
        0.45,
        _weights_per_position,
        PARAMS,
        whole=True,
    ),
    Mistake(
        "kernel.dilated",
        "roles",
        Bi("膨胀率算进了参数量", "dilation counted as weights"),
        Bi(
            "把膨胀后跨过的格数当成了卷积核的大小。膨胀只把权重拉开，空格里没有参数，卷积核仍是{sides}。",
            "the span of the dilated kernel was taken for its size. Dilation only spreads the weights; the gaps hold none, and the "
            "kernel is still {sides}.",
        ),
        Bi("膨胀卷积的空格里有权重吗？", "Are there weights in the gaps of a dilated kernel?"),
        0.4,
        lambda form, facts: _with_sides(_dilated(form, facts), facts),
        PARAMS + COST,
    ),
)


def _with_sides(ways: Iterator[Way], facts: Facts) -> Iterator[Way]:
    for way in ways:
        yield replace(way, words={**way.words, "sides": _sides(facts)})
