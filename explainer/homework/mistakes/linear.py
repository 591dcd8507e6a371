"""Mistakes with fully connected layers, and with embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod

from explainer.formula.rewrite import drop, times
from explainer.formula.rewrite import replace as put
from explainer.formula.tree import Expr, Number, total
from explainer.homework.mistakes.base import BIASED, COST, PARAMS, Mistake, Way, bare, each, only
from explainer.homework.mistakes.facts import PASSES, Facts
from explainer.homework.mistakes.form import Form
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.model import Layer


def _flattened(facts: Facts) -> tuple[Shape, Layer] | None:
    """The feature map that is laid out before this layer, and the step that lays it out."""
    step = facts.before(facts.layer) if facts.kind is Kind.LINEAR else None
    if step is None or step.kind not in (Kind.RESHAPE, Kind.REDUCTION) or not step.call.input_shapes:
        return None
    shape = step.call.input_shapes[0]
    return (shape, step) if len(shape) > 2 else None


def _inputs(form: Form, facts: Facts, sizes: tuple[int, ...], **words: object) -> Iterator[Way]:
    """F_in as another product of sizes."""
    leaf: Expr = times(*(Number(size) for size in sizes)) if len(sizes) > 1 else bare(facts.symbols["F_in"], sizes[0])
    if prod(sizes) != facts.get("F_in"):
        yield from each(lambda part, _: put(part, {"F_in": leaf}), **words)(form, facts)


def _channels_only(form: Form, facts: Facts) -> Iterator[Way]:
    found = _flattened(facts)
    if found:
        yield from _inputs(form, facts, found[0][1:2], laid="·".join(map(str, found[0][1:])))


def _area_only(form: Form, facts: Facts) -> Iterator[Way]:
    found = _flattened(facts)
    if found and len(found[0]) > 2:
        yield from _inputs(form, facts, found[0][2:], laid="·".join(map(str, found[0][1:])))


def _one_side(form: Form, facts: Facts) -> Iterator[Way]:
    found = _flattened(facts)
    if found and len(found[0]) == 4 and found[0][2] == found[0][3]:
        yield from _inputs(form, facts, found[0][1:3], laid="·".join(map(str, found[0][1:])))


def _batch_too(form: Form, facts: Facts) -> Iterator[Way]:
    found = _flattened(facts)
    if found and found[0][0] > 1 and prod(found[0][1:]) == facts.get("F_in"):
        yield from _inputs(form, facts, found[0], batch=found[0][0])


def _before_pooling(form: Form, facts: Facts) -> Iterator[Way]:
    """The size before the pooling that comes before flattening; global averaging is pooling too."""
    found = _flattened(facts)
    if found is None:
        return
    step: Layer | None = found[1] if found[1].kind is Kind.REDUCTION else facts.before(found[1], PASSES)
    while step is not None and step.kind in (Kind.POOLING, Kind.REDUCTION):
        shape = step.call.input_shapes[0]
        if prod(shape[1:]) != facts.get("F_in"):
            yield from _inputs(form, facts, shape[1:], image="×".join(map(str, shape[2:])))
            return
        step = facts.before(step, PASSES)


def _is_linear(facts: Facts) -> bool:
    return facts.kind is Kind.LINEAR and "F_in" in facts.symbols


def _added(form: Form, facts: Facts) -> Iterator[Way]:
    """Inputs and outputs added instead of multiplied."""
    yield Way(replace(form, parts=(total([facts.symbols["F_in"], facts.symbols["F_out"]]),)))


def _neurons(form: Form, facts: Facts) -> Iterator[Way]:
    """The neurons alone, or the weights of one alone."""
    yield Way(replace(form, parts=(facts.symbols["F_out"],)))


def _one_neuron(form: Form, facts: Facts) -> Iterator[Way]:
    yield from each(lambda part, _: drop(part, ("F_out",)))(form, facts)


def _power(form: Form, facts: Facts) -> Iterator[Way]:
    """in**out, as it is printed in seed texts."""
    inputs, outputs = facts.get("F_in"), facts.get("F_out")
    if inputs > 1 and outputs * inputs.bit_length() < 128:
        power = Number(inputs**outputs)
        yield Way(replace(form, parts=(power,)))
        if facts.get("b"):
            yield Way(replace(form, parts=(power - facts.symbols["F_out"],)))
            yield Way(replace(form, parts=(power + facts.symbols["F_out"],)))


def _positions(form: Form, facts: Facts) -> Iterator[Way]:
    """Parameters counted at every position of a sequence."""
    shape = facts.call.input_shapes[0] if facts.call and facts.call.input_shapes else ()
    if len(shape) > 2 and prod(shape[1:-1]) > 1:
        sizes = [Number(size) for size in shape[1:-1]]
        yield from each(lambda part, _: times(part, *sizes), count=prod(shape[1:-1]))(form, facts)


MISTAKES = (
    Mistake(
        "linear.channels_only",
        "context",
        Bi("全连接层的输入只算通道数", "inputs from the channels only"),
        Bi(
            "输入只算了通道数。特征图展平后有{laid}个数，高和宽也要乘进去。",
            "only the channels are taken as inputs. The flattened map has {laid} numbers: height and width count too.",
        ),
        Bi("特征图展平后有多少个数？", "How many numbers does the flattened map have?"),
        0.6,
        only(_is_linear, _channels_only),
        PARAMS + COST,
    ),
    Mistake(
        "linear.before_pooling",
        "context",
        Bi("全连接层用了池化前的大小", "inputs from the size before pooling"),
        Bi(
            "用了池化前的大小{image}。展平的是池化后的特征图，输入共{F_in}个。",
            "{image} is the size before pooling. What is flattened is the pooled map, with {F_in} numbers.",
        ),
        Bi("展平之前，特征图经过池化了吗？", "Was the map pooled before it was flattened?"),
        0.6,
        only(_is_linear, _before_pooling),
        PARAMS + COST,
    ),
    Mistake(
        "linear.area_only",
        "context",
        Bi("全连接层的输入漏了通道数", "inputs without the channels"),
        Bi(
            "输入只算了高和宽。特征图展平后有{laid}个数，通道数也要乘进去。",
            "only height and width are taken as inputs. The flattened map has {laid} numbers: the channels count too.",
        ),
        Bi("被展平的特征图有几个通道？", "How many channels does the flattened map have?"),
        0.4,
        only(_is_linear, _area_only),
        PARAMS + COST,
    ),
    Mistake(
        "linear.one_side",
        "context",
        Bi("全连接层的输入只乘了一边", "inputs from one side of the map"),
        Bi(
            "只乘了特征图的一边。展平后有{laid}个数，高和宽都要乘。",
            "only one side of the map is counted. Flattened it has {laid} numbers: multiply by height and width.",
        ),
        Bi("特征图有高也有宽，都乘了吗？", "The map has a height and a width: are both counted?"),
        0.2,
        only(_is_linear, _one_side),
        PARAMS + COST,
    ),
    Mistake(
        "linear.batch_flattened",
        "context",
        Bi("全连接层的输入算进了批量", "batch counted among the inputs"),
        Bi(
            "把批量{batch}也算进了输入。展平只对每个样本进行，批量中的样本共用同一组参数。",
            "the batch of {batch} is counted among the inputs. Each sample is flattened by itself, and all share the same parameters.",
        ),
        Bi("批量变大时，参数会变多吗？", "Do parameters grow with the batch?"),
        0.35,
        only(_is_linear, _batch_too),
        PARAMS,
    ),
    Mistake(
        "linear.added",
        "roles",
        Bi("输入数与输出数相加", "inputs and outputs added"),
        Bi(
            "把输入数和输出数相加了。每个神经元与每个输入都有一个权重，两数要相乘。",
            "inputs and outputs are added. Every neuron has a weight for every input: multiply the two.",
        ),
        Bi(
            "一个神经元与几个输入相连？有几个神经元？",
            "With how many inputs is one neuron connected? How many neurons are there?",
        ),
        0.2,
        only(_is_linear, _added),
        PARAMS,
        whole=True,
    ),
    Mistake(
        "linear.neurons",
        "roles",
        Bi("只数了神经元", "neurons counted"),
        Bi(
            "这是神经元的个数。每个神经元有{F_in}个权重，参数要多得多。",
            "this is the number of neurons. Each of them has {F_in:weight|weights}, so there are many more parameters.",
        ),
        Bi("一个神经元有几个权重？", "How many weights does one neuron have?"),
        0.2,
        only(_is_linear, _neurons),
        PARAMS,
        whole=True,
    ),
    Mistake(
        "linear.one_neuron",
        "roles",
        Bi("只算1个神经元", "one neuron only"),
        Bi(
            "这只算了1个神经元。共有{F_out}个神经元，要再乘以{F_out}。",
            "this is for one neuron. There are {F_out:neuron|neurons}: multiply by {F_out}.",
        ),
        Bi("这一层有几个神经元？", "How many neurons does this layer have?"),
        0.35,
        only(_is_linear, _one_neuron),
        PARAMS + COST,
    ),
    Mistake(
        "linear.power",
        "roles",
        Bi("把乘号写成了乘方", "a power for a product"),
        Bi(
            "把乘法写成了乘方。输入数与输出数是相乘（*），不是乘方（**）。",
            "a power stands where a product belongs: inputs times outputs (*), not inputs to the power of outputs (**).",
        ),
        Bi("一个星号和两个星号有什么不同？", "What is the difference between one star and two?"),
        0.1,
        only(_is_linear, _power),
        PARAMS,
        whole=True,
    ),
    Mistake(
        "linear.positions",
        "roles",
        Bi("每个位置各算一遍参数", "parameters counted at every position of the sequence"),
        Bi(
            "乘以了位置数{count}。各位置共用同一个全连接层，参数只算一遍。",
            "this is multiplied by {count}, the positions. All of them use the same layer: count its parameters once.",
        ),
        Bi("序列变长时，参数会变多吗？", "Do parameters grow with the length of the sequence?"),
        0.35,
        only(_is_linear, _positions),
        BIASED,
    ),
)
