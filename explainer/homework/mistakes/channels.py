"""Mistakes with the numbers of channels and of features."""

from __future__ import annotations

from collections.abc import Iterator

from explainer.formula.rewrite import drop, replace, rewritten, role, roles, swap
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Product
from explainer.homework.mistakes.base import COST, PARAMS, SIZE, Mistake, Way, bare, each, only
from explainer.homework.mistakes.facts import CONVOLUTIONS, Facts
from explainer.homework.mistakes.form import Form
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind

JOINS = ("cat", "concat", "concatenate", "hstack")


def _is_convolution(facts: Facts) -> bool:
    return facts.kind in CONVOLUTIONS


def _swapped(part: Expr, facts: Facts) -> Expr | None:
    """Inputs and outputs exchanged; without a bias or groups it makes no difference."""
    return swap(swap(part, "C_in", "C_out"), "F_in", "F_out")


def _groups_twice(part: Expr, facts: Facts) -> Expr | None:
    """C_out divided by the groups as well."""
    if "g" not in facts.roles or "g" not in roles(part):
        return None
    return rewritten(part, lambda node: node / facts.symbols["g"] if role(node) == "C_out" else node)


def _in_name(facts: Facts) -> str | None:
    return next((name for name in ("C_in", "F_in") if name in facts.roles), None)


def _with_inputs(form: Form, facts: Facts, name: str, count: int) -> Iterator[Way]:
    leaf = bare(facts.symbols[name], count)
    yield from each(lambda part, _: replace(part, {name: leaf}), given=count)(form, facts)


def _concat_forgotten(form: Form, facts: Facts) -> Iterator[Way]:
    """C_in of one branch only, where the input was joined from several."""
    name, joined = _in_name(facts), facts.before(facts.layer)
    if name is None or joined is None or joined.type not in JOINS:
        return
    dim = 1 if name == "C_in" else -1
    sizes = [shape[dim] for shape in joined.call.input_shapes if len(shape) > 1]
    if sum(sizes) == facts.get(name):
        for size in dict.fromkeys(sizes):
            yield from _with_inputs(form, facts, name, size)


def _previous(form: Form, facts: Facts) -> Iterator[Way]:
    """The inputs of the layer before in place of this one's."""
    name = _in_name(facts)
    before = facts.before(facts.layer, passing=(*_PASSED, Kind.POOLING, Kind.RESHAPE, Kind.JOIN, Kind.ELEMENTWISE))
    if name is None or before is None or before.parameters is None or before.kind is not facts.kind:
        return
    count = {symbol.name: value for symbol, value in before.parameters.values.items()}.get(name)
    if count is not None and count != facts.get(name):
        yield from _with_inputs(form, facts, name, count)


_PASSED = (Kind.ACTIVATION, Kind.DROPOUT, Kind.NORMALIZATION)


def _kept(part: Expr, facts: Facts) -> Expr | None:
    """The output with as many channels as the input."""
    pairs = [("C_out", "C_in"), ("F_out", "F_in")]
    new = {out: facts.symbols[into] for out, into in pairs if into in facts.symbols and out in facts.roles}
    return replace(part, new)


def _pooled(form: Form, facts: Facts) -> Iterator[Way]:
    """The channels divided as well."""
    stride, channels = facts.of(Role.STRIDE), facts.of(Role.CHANNELS)
    if facts.kind is Kind.POOLING and stride > 1 and channels and channels % stride == 0:
        whole, by = (facts.symbols[facts.named(wanted)[0]] for wanted in (Role.CHANNELS, Role.STRIDE))
        yield from each(lambda part, _: whole / by if role(part) == whole.name else None, stride=stride)(form, facts)


def _single_output(part: Expr, facts: Facts) -> Expr | None:
    """One kernel: the factor C_out of the whole left out."""
    return drop(part, ("C_out",)) if isinstance(part, Product) else None


MISTAKES = (
    Mistake(
        "channels.swapped",
        "roles",
        Bi("输入、输出弄反", "inputs and outputs swapped"),
        Bi(
            "输入、输出弄反了。权重的个数虽不变，偏置却不对：每个{owner}1个偏置，应有{n}个。",
            "inputs and outputs are swapped. The number of weights stays the same, but not the number of biases: there "
            "is one for each {owner}, {n} in all.",
        ),
        Bi("偏置的个数由输入决定，还是由输出决定？", "Does the number of biases follow the inputs or the outputs?"),
        0.6,
        each(_swapped),
        PARAMS,
    ),
    Mistake(
        "channels.single_input",
        "roles",
        Bi("只算1个输入通道", "only one input channel"),
        Bi(
            "只算了1个输入通道。卷积核有厚度：它要覆盖相连的每个输入通道，权重要再乘以输入通道数。",
            "only one input channel is counted. A kernel is as deep as the channels that it sees: multiply its weights by their number.",
        ),
        Bi("一个卷积核只与一个输入通道相连吗？", "Does a kernel look at one input channel only?"),
        0.45,
        only(_is_convolution, each(lambda part, _: drop(part, ("C_in", "g")))),
        PARAMS + COST,
    ),
    Mistake(
        "channels.single_output",
        "roles",
        Bi("只算1个卷积核", "only one kernel"),
        Bi(
            "这只是1个卷积核。每个输出通道都要一个卷积核，共{n}个。",
            "this is one kernel alone. Every output channel needs a kernel of its own: {n} in all.",
        ),
        Bi("这一层有几个卷积核？", "How many kernels does this layer have?"),
        0.4,
        only(_is_convolution, each(_single_output)),
        PARAMS + COST,
    ),
    Mistake(
        "channels.groups_ignored",
        "roles",
        Bi("没有考虑分组", "groups ignored"),
        Bi(
            "没有考虑分组。分成{g}组后，每个卷积核只与本组的输入通道相连，权重要除以{g}。",
            "the groups are ignored. With {g} groups a kernel sees only the channels of its own group: divide the weights by {g}.",
        ),
        Bi(
            "groups不为1时，一个卷积核与多少个输入通道相连？", "With groups, how many input channels does a kernel see?"
        ),
        0.7,
        each(lambda part, _: drop(part, ("g",))),
        PARAMS + COST,
    ),
    Mistake(
        "channels.groups_twice",
        "roles",
        Bi("输出通道数也除以了组数", "output channels divided by the groups too"),
        Bi(
            "输出通道数也除以了组数。这只是一组的个数，{g}组合起来仍是{n}个卷积核。",
            "the output channels are divided by the groups too. That is one group; the {g} groups together have all {n} kernels.",
        ),
        Bi("各组的卷积核合起来有多少个？", "How many kernels do all groups have together?"),
        0.15,
        each(_groups_twice),
        PARAMS + COST,
    ),
    Mistake(
        "channels.concat_forgotten",
        "context",
        Bi("忘了拼接：只算一路的输入通道", "concatenation forgotten"),
        Bi(
            "输入只算了一路的{given}个，忘了拼接。这一层的输入由几路拼接而成，各路的个数要相加。",
            "only the {given} inputs of one branch are counted: the concatenation is forgotten. The input is joined from several, "
            "which add up.",
        ),
        Bi("这一层的输入从哪几处来？", "Where does the input of this layer come from?"),
        0.8,
        _concat_forgotten,
        PARAMS + COST,
    ),
    Mistake(
        "channels.previous_layer",
        "context",
        Bi("用了前一层的输入数", "the inputs of the layer before"),
        Bi(
            "{given}是前一层的输入数。前一层的输出数才是这一层的输入数。",
            "{given} is what the layer before takes in. What it puts out is what this layer takes in.",
        ),
        Bi(
            "这一层接收的是前一层的输入，还是它的输出？",
            "Does this layer take what the one before took, or what it made?",
        ),
        0.35,
        _previous,
        PARAMS + COST,
    ),
    Mistake(
        "channels.kept",
        "roles",
        Bi("以为输出与输入一样多", "as many outputs as inputs"),
        Bi(
            "输出{channel}数用了输入的。输出{channel}数等于{owner}的个数，即{n}。",
            "the output has the input's number of {channel}s here. It has one {channel} for each {owner}: {n}.",
        ),
        Bi("输出有几个{channel}，由什么决定？", "What decides how many {channel}s the output has?"),
        0.5,
        each(_kept),
        SIZE,
    ),
    Mistake(
        "channels.pooled",
        "roles",
        Bi("池化时通道数也减少", "pooling the channels too"),
        Bi(
            "通道数也除以了{stride}。池化在各通道内分别进行，只缩小高和宽，通道数不变。",
            "the channels are divided by {stride} too. Pooling works inside each channel: it shrinks the image and keeps the channels.",
        ),
        Bi("池化会改变通道数吗？", "Does pooling change the number of channels?"),
        0.3,
        _pooled,
        SIZE,
    ),
)
