"""The smallest example of what the network does, worked out number by number, before its own large numbers come."""

from __future__ import annotations

from functools import partial
from math import prod

from explainer.document.builder import Page
from explainer.document.nodes import Code, Equation, Heading, Row
from explainer.formula.role import Role
from explainer.formula.tree import Number
from explainer.i18n.bilingual import Bi, grouped, same, words_in_a_row
from explainer.lesson.mixing import mixes
from explainer.lesson.parameters import PARAMETERS
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.small_example import (
    BIAS,
    GIVEN,
    INPUTS,
    NEURON,
    OUTPUTS,
    Rows,
    image,
    kernel,
    middle,
    outputs,
    overlapping,
    products,
    small,
    spread,
    terms,
)
from explainer.walkthrough.model import Layer, Walkthrough

HEADING = Bi(zh="先用小数字算一遍", en="First with small numbers")
CONVOLUTION = Bi(
    zh="卷积：输入为{given}（逐行为{numbers}），卷积核为{kernel}（逐行为{weights}），步幅为1，不填充。卷积核盖住左上角的{n}个数，对应位置相乘，再全部相加，得到第一个输出：{sum}={first}。"
    "然后逐格移动，高、宽方向各有{worked}={along}个位置，输出为{out}。各位置用的是同一组权重，所以参数只有{n}个权重和1个偏置，共{params}个",
    en="A convolution: input {given} ({numbers}, row by row), kernel {kernel} ({weights}), stride 1, no padding. The kernel covers the {n} numbers of the upper left corner; each is multiplied by the weight "
    "on it, and the sum is the first output: {sum} = {first}. The kernel moves on place by place, {worked} = {along} along a side: the output "
    "is {out}. All places share the weights: only {n} weights and a bias, {params} parameters",
)
CONVOLUTION_LINE = Bi(
    zh="卷积：输入为{numbers}这{side}个数，卷积核为{weights}，步幅为1，不填充。卷积核盖住前{n}个数，对应位置相乘，再相加，得到第一个输出：{sum}={first}。"
    "然后逐格移动，共有{worked}={along}个位置，即{along}个输出。各位置用的是同一组权重，所以参数只有{n}个权重和1个偏置，共{params}个",
    en="A convolution: the {side} numbers {numbers}, kernel {weights}, stride 1, no padding. The kernel covers the first {n} numbers; each is multiplied by the weight "
    "on it, and the sum is the first output: {sum} = {first}. The kernel moves on place by place, {worked} = {along} in all: as many outputs. All "
    "places share the weights: only {n} weights and a bias, {params} parameters",
)
STOP = Bi("。", ".")
PLACES = Bi(
    zh="；乘加却要在{places}个位置上各做{n}次，共{places}·{n}={macs}次。",
    en=", but {places}·{n} = {macs} multiply-accumulates.",
)
ONCE = Bi(
    zh="；每个权重参与1次乘加，共{inputs}·{outputs}={macs}次。",
    en=". Each weight is used in one multiply-accumulate: {inputs}·{outputs} = {macs}.",
)
LONG = Bi(zh="{n}", en="{n} long")
TRANSPOSED = Bi(
    zh="转置卷积：输入为{given}，卷积核为{kernel}，步幅为1，不填充。每个输入与卷积核的{n}个权重分别相乘，放到输出中相应的位置，重叠处相加；"
    "全部{inputs}个输入都影响到的那个输出是{sum}={middle}。输出的边长为{worked}={along}，即{out}，比输入大。参数只有{n}个权重和1个偏置，共{params}个",
    en="A transposed convolution: input {given}, kernel {kernel}, stride 1, no padding. Each input times the {n} weights of the kernel is laid down at its "
    "place in the output, and what overlaps is added up: the output that all {inputs} inputs reach is {sum} = {middle}. A side of the output "
    "is {worked} = {along}: {out}, more than the input. There are only {n} weights and a bias, {params} parameters",
)
TIMES = Bi(
    zh="；{inputs}个输入各与{n}个权重相乘，共{inputs}·{n}={macs}次乘加。",
    en=", but {inputs}·{n} = {macs} multiply-accumulates.",
)
HERE_TRANSPOSED = Bi(
    zh="本网络的{path}同样计算：卷积核为{sides}；输入共{spots}个数，各与{each}个权重相乘，产生{kernels}个输出通道。",
    en="{path} of this network does the same: its kernels are {sides}, and each of the {spots:number|numbers} of its input is multiplied by "
    "{each:weight|weights}, for {kernels:output channel|output channels}.",
)
HERE_CONVOLUTION = Bi(
    zh="本网络的{path}同样计算：卷积核为{sides}，覆盖{deep}个通道，每个输出需{work}{each}次乘加；共{kernels}个卷积核，各在{area}{spots}个位置上计算。",
    en="{path} of this network does the same: its kernels are {sides} and reach through {deep:channel|channels}, so each output is a sum of {work}{each:product|products}; "
    "there are {kernels:kernel|kernels}, each at {area}{spots:place|places}.",
)
CONNECTED = Bi(
    zh="全连接：{inputs}个输入，{outputs}个输出。每个输出是全部输入的加权和再加偏置。输入为{given}，某个神经元的权重为{weights}，偏置为{bias}时，"
    "它的输出是{sum}+{bias}={first}。{outputs}个神经元各有{inputs}个权重和1个偏置，共{count}={params}个参数",
    en="A fully connected layer: {inputs} inputs, {outputs} outputs, each a weighted sum of all inputs plus a bias. With the inputs {given}, weights "
    "{weights} and bias {bias}, an output is {sum} + {bias} = {first}. Each of the {outputs} neurons has {inputs} weights and a bias: {count} = "
    "{params} parameters",
)
HERE_CONNECTED = Bi(
    zh="本网络的{path}同样计算，有{wide}个输入、{narrow}个输出。",
    en="{path} of this network does the same with {wide:input|inputs} and {narrow:output|outputs}.",
)
HERE_POSITIONS = Bi(
    zh="本网络的{path}同样计算，有{wide}个输入、{narrow}个输出，在{positions}个位置上各用一次同一组权重。",
    en="{path} of this network does the same with {wide:input|inputs} and {narrow:output|outputs}, once at each of {positions} positions, with the same weights.",
)
HERE_ROWS = Bi(
    zh="本网络的{path}同样计算，有{wide}个输入、{narrow}个输出，对{positions}行各用一次同一组权重。",
    en="{path} of this network does the same with {wide:input|inputs} and {narrow:output|outputs}, once for each of {positions} rows, with the same weights.",
)


def miniature(page: Page, walk: Walkthrough) -> None:
    """The section, with what of it the network has; its figure behind it."""
    convolution, connected = first_convolution(walk), first_connected(walk)
    transposed = first_transposed(walk) if convolution is None else None
    if not (convolution or transposed or connected):
        return
    page.blocks.append(Heading(3, page.both(HEADING)))
    derived = page.detail == "handout" and bool(walk.story.repeating) and "params" in page.show
    neuron = partial(_connected, rows=mixes(walk))
    for layer, said in ((convolution, _convolution), (transposed, _transposed), (connected, neuron)):
        if layer is not None:
            said(page, layer)
            if derived:
                _derived(page, layer)
    page.illustrate("miniature")


def _derived(page: Page, layer: Layer) -> None:
    """The layer's own parameters, every factor named: its kind has no section where blocks are told."""
    params = layer.params
    if params is not None:
        rest = tuple(dict.fromkeys((*params.steps, Number(params.value))))
        label = page.label(PARAMETERS)
        page.blocks.append(Equation((Row(label, (params.substituted,), labelled=True), Row(None, rest))))


def first_convolution(walk: Walkthrough) -> Layer | None:
    """The first convolution whose figures agree."""
    return next((one for one in _sound(walk, Kind.CONVOLUTION) if _sizes(one, Role.SIZE)), None)


def first_transposed(walk: Walkthrough) -> Layer | None:
    """The first transposed convolution whose figures agree."""
    return next((one for one in _sound(walk, Kind.TRANSPOSED) if _sizes(one, Role.SIZE)), None)


def first_connected(walk: Walkthrough) -> Layer | None:
    """The first fully connected layer whose figures agree."""
    return next((one for one in _sound(walk, Kind.LINEAR) if _sizes(one, Role.FEATURES_IN)), None)


def dims_of(layer: Layer) -> int:
    """Along how many sides a convolution slides."""
    return len(_sizes(layer, Role.SIZE))


def _sound(walk: Walkthrough, kind: Kind) -> list[Layer]:
    return [
        layer
        for layer in walk.layers
        if layer.kind is kind and layer.checked and layer.params is not None and layer.macs is not None
    ]


def _sizes(layer: Layer, *roles: Role) -> tuple[int, ...]:
    """The numbers that play this part, of the parameters or of the output."""
    for said in (layer.parameters, layer.output):
        found = tuple(value for symbol, value in said.values.items() if symbol.role in roles) if said else ()
        if found:
            return found
    return ()


def _convolution(page: Page, layer: Layer) -> None:
    dims = dims_of(layer)
    out, weights = outputs(dims), kernel(dims)
    n, places, side, k = len(terms(dims)), len(out) * len(out[0]), len(image(dims)[0]), len(weights[0])
    values: dict[str, Bi | int] = {
        "sum": Bi(products(terms(dims)), products(terms(dims), " + ")),
        "first": out[0][0],
        "side": side,
        "worked": Bi(f"({side}−{k})/1+1", f"({side} − {k})/1 + 1"),
        "along": len(out[0]),
        "n": n,
        "params": n + 1,
        "places": places,
        "macs": places * n,
    }
    values |= {"numbers": _row_by_row(image(dims)), "weights": _row_by_row(weights)}
    if dims > 1:
        values |= {"given": _square(image(dims)), "kernel": _square(weights), "out": _square(out)}
    sides, shape = _sizes(layer, Role.KERNEL), layer.call.output_shapes[0]
    sides = sides if len(sides) == dims else sides[:1] * dims
    deep = _sizes(layer, Role.CHANNELS_IN)[0] // (_sizes(layer, Role.GROUPS) or (1,))[0]
    page.say(
        _together((CONVOLUTION if dims > 1 else CONVOLUTION_LINE) + _cost(page, PLACES), HERE_CONVOLUTION),
        **values,
        path=Code(layer.path or layer.type),
        sides=same("×".join(map(str, sides))) if dims > 1 else LONG.format(n=sides[0]),
        deep=deep,
        work=_worked(*sides, deep),
        each=prod(sides) * deep,
        kernels=_sizes(layer, Role.CHANNELS_OUT)[0],
        area=_worked(*shape[-dims:]),
        spots=prod(shape[-dims:]),
    )


def _transposed(page: Page, layer: Layer) -> None:
    dims = dims_of(layer)
    given, weights, out, at = small(dims), kernel(dims), spread(dims), middle(dims)
    n, inputs, side, k = len(weights) * len(weights[0]), len(given) * len(given[0]), len(given[0]), len(weights[0])
    pairs = overlapping(*at, dims)
    kernels = _sizes(layer, Role.CHANNELS_OUT)[0] // (_sizes(layer, Role.GROUPS) or (1,))[0]
    sides, shape = _sizes(layer, Role.KERNEL), layer.call.input_shapes[0]
    sides = sides if len(sides) == dims else sides[:1] * dims
    page.say(
        _together(TRANSPOSED + _cost(page, TIMES), HERE_TRANSPOSED),
        given=_square(given) if dims > 1 else _listed(given[0]),
        kernel=_square(weights) if dims > 1 else _listed(weights[0]),
        out=_square(out) if dims > 1 else _listed(out[0]),
        n=n,
        inputs=inputs,
        sum=Bi(products(pairs), products(pairs, " + ")),
        middle=out[at[0]][at[1]],
        worked=Bi(f"({side}−1)·1+{k}", f"({side} − 1)·1 + {k}"),
        along=len(out[0]),
        params=n + 1,
        macs=inputs * n,
        path=Code(layer.path or layer.type),
        sides=same("×".join(map(str, sides))) if dims > 1 else LONG.format(n=sides[0]),
        spots=prod(shape[1:]),
        each=prod(sides) * kernels,
        kernels=kernels,
    )


def _connected(page: Page, layer: Layer, rows: bool) -> None:
    pairs = list(zip(GIVEN, NEURON, strict=True))
    positions = prod(layer.call.output_shapes[0][1:-1])
    many = HERE_ROWS if rows and len(layer.call.shapes[0]) == 3 else HERE_POSITIONS
    page.say(
        _together(CONNECTED + _cost(page, ONCE), many if positions > 1 else HERE_CONNECTED),
        inputs=INPUTS,
        outputs=OUTPUTS,
        given=_listed(GIVEN),
        weights=_listed(NEURON),
        bias=BIAS,
        sum=Bi(products(pairs), products(pairs, " + ")),
        first=sum(a * b for a, b in pairs) + BIAS,
        count=Bi(f"({INPUTS}+1)·{OUTPUTS}", f"({INPUTS} + 1)·{OUTPUTS}"),
        params=(INPUTS + 1) * OUTPUTS,
        macs=INPUTS * OUTPUTS,
        path=Code(layer.path or layer.type),
        wide=_sizes(layer, Role.FEATURES_IN)[0],
        narrow=_sizes(layer, Role.FEATURES_OUT)[0],
        positions=positions,
    )


def _cost(page: Page, text: Bi) -> Bi:
    """What it costs, where costs are shown."""
    return text if "macs" in page.show else STOP


def _together(first: Bi, second: Bi) -> Bi:
    return Bi(first.zh + second.zh, f"{first.en} {second.en}")


def _square(rows: tuple[tuple[int, ...], ...]) -> Bi:
    return same(f"{len(rows)}×{len(rows[0])}")


def _worked(*factors: int) -> Bi:
    """224·224=, in front of the number that it makes; nothing where there is nothing to multiply."""
    working = "·".join(map(grouped, factors))
    return Bi(f"{working}=", f"{working} = ") if len(factors) > 1 else same("")


def _row_by_row(rows: Rows) -> Bi:
    """1至9 where they count up, else every number: what the sum uses is said before it."""
    numbers = tuple(number for row in rows for number in row)
    if len(rows) > 1 and numbers == tuple(range(numbers[0], numbers[-1] + 1)):
        return Bi(f"{numbers[0]}至{numbers[-1]}", f"{numbers[0]} to {numbers[-1]}")
    return _listed(numbers)


def _listed(numbers: tuple[int, ...]) -> Bi:
    """1、2、3 / 1, 2, 3."""
    words = [grouped(one).replace("-", "−") for one in numbers]
    return words_in_a_row(words)
