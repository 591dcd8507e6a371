"""Mistakes with a container's or the whole network's figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from explainer.formula.role import Role
from explainer.formula.tree import Number, evaluate, value_of
from explainer.homework.mistakes.base import COST, Edit, Mistake, Way, only
from explainer.homework.mistakes.facts import Facts
from explainer.homework.mistakes.form import Form
from explainer.homework.mistakes.normalization import BATCH
from explainer.homework.question import Part
from explainer.i18n.bilingual import Bi, joined, same
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer

SUMS = ("params", "bytes")


def _is_total(facts: Facts) -> bool:
    return bool(facts.question.parts)


def _in_bytes(facts: Facts) -> bool:
    """Whether the addends are bytes, since the parameters have several data types, and not numbers of parameters."""
    return facts.quantity == "bytes" and not facts.element_bytes


def _sum(form: Form, facts: Facts) -> int:
    return int(value_of(form.parts[0], facts.values))


def _changed(form: Form, facts: Facts, difference: int, **words: object) -> Iterator[Way]:
    """The sum with so many more, or fewer."""
    yield from _moved(form, _sum(form, facts), difference, **words)


def _counting(form: Form, facts: Facts, difference: int, **words: object) -> Iterator[Way]:
    """The same with so many parameters more; in bytes it takes their data types, which are not known apart."""
    if not _in_bytes(facts):
        yield from _changed(form, facts, difference, **words)


def _moved(form: Form, whole: int, difference: int, **words: object) -> Iterator[Way]:
    if difference:
        new = Number(whole) + difference if difference > 0 else Number(whole) - (-difference)
        yield Way(replace(form, parts=(new,)), words)


def _count(part: Part, facts: Facts) -> int:
    """What a layer adds to this total."""
    if _in_bytes(facts):
        return sum(tensor.bytes for tensor in part.owned if tensor.fresh)
    if facts.quantity in SUMS:
        return part.counted
    factor = 1 if facts.quantity == "macs" else 2
    return factor * part.macs.value if isinstance(part, Layer) and part.macs else 0


def _listed(names: Iterable[str]) -> Bi:
    """The first three names."""
    several = list(dict.fromkeys(names))
    return joined([same(name) for name in several[:3]]) + (same("…") if len(several) > 3 else same(""))


def _shared_twice(form: Form, facts: Facts) -> Iterator[Way]:
    """Layers whose parameters were counted before, counted again."""
    again = [part for part in facts.question.parts if isinstance(part, Layer) and part.value > part.counted]
    extra = sum(part.value - part.counted for part in again)
    yield from _counting(form, facts, extra, layers=_listed(part.path for part in again))


def _left_out(test: Callable[[Part], bool]) -> Edit:
    """All layers of a kind left out, where others are left."""

    def edit(form: Form, facts: Facts) -> Iterator[Way]:
        gone = sum(_count(part, facts) for part in facts.question.parts if test(part))
        if gone < _sum(form, facts):
            yield from _changed(form, facts, -gone)

    return edit


def _kind_of(part: Part) -> Kind:
    return part.rule.kind if part.rule else Kind.OTHER


def _biases(form: Form, facts: Facts) -> Iterator[Way]:
    yield from _counting(form, facts, -sum(_bias_count(part) for part in facts.question.parts))


def _bias_count(part: Part) -> int:
    """The biases among what a layer adds."""
    if part.params is None or part.counted != part.params.value:
        return 0
    formula = part.parameters.formula if isinstance(part, Layer) and part.parameters else part.params.symbolic
    values = part.params.values
    if not any(symbol.role is Role.BIAS for symbol in values):
        return 0
    without = {symbol: 0 if symbol.role is Role.BIAS else value for symbol, value in values.items()}
    try:
        return part.params.value - evaluate(formula, without)
    except ValueError:
        return 0


def _norms(form: Form, facts: Facts, add: Callable[[int], int]) -> Iterator[Way]:
    counts = [part.counted for part in facts.question.parts if part.rule and part.rule.name in BATCH]
    yield from _counting(form, facts, sum(add(count) for count in counts))


def _buffers(form: Form, facts: Facts) -> Iterator[Way]:
    """The statistics that are stored with the parameters."""
    if facts.question.name.startswith("total."):
        yield from _counting(form, facts, facts.question.walk.totals.buffers)


def _one_layer(form: Form, facts: Facts) -> Iterator[Way]:
    whole = _sum(form, facts)
    for part in facts.question.parts:
        count = _count(part, facts)
        if 0 < count < whole:
            yield from _moved(form, whole, -count, layer=part.path or part.type)


def _layer_twice(form: Form, facts: Facts) -> Iterator[Way]:
    whole = _sum(form, facts)
    for part in facts.question.parts:
        yield from _moved(form, whole, _count(part, facts), layer=part.path or part.type)


def _alike_once(form: Form, facts: Facts) -> Iterator[Way]:
    """Layers that are alike counted once."""
    gone = [part for part in facts.question.parts if isinstance(part, Layer) and part.params_same_as is not None]
    yield from _changed(form, facts, -sum(_count(part, facts) for part in gone))


def _raw_forgotten(form: Form, facts: Facts) -> Iterator[Way]:
    raw = facts.question.tensors
    yield from _counting(form, facts, -sum(found.params for found in raw), names=_listed(found.name for found in raw))


def _trainable(form: Form, facts: Facts) -> Iterator[Way]:
    if facts.question.name.startswith("total."):
        yield from _counting(form, facts, -facts.question.walk.totals.frozen)


def _uncalled(form: Form, facts: Facts) -> Iterator[Way]:
    """What this forward pass never called."""
    gone = [part for part in facts.question.parts if not isinstance(part, Layer)]
    yield from _counting(form, facts, -sum(part.counted for part in gone), names=_listed(part.path for part in gone))


def _parts_summed(form: Form, facts: Facts) -> Iterator[Way]:
    """Only one layer, the largest."""
    counts = [(_count(part, facts), part.path) for part in facts.question.parts]
    if len([count for count, _ in counts if count]) > 2:  # of two, the other is forgotten
        largest, path = max(counts)
        yield Way(replace(form, parts=(Number(largest),)), {"layer": path})


def _mistake(name: str, title: Bi, text: Bi, hint: Bi, prior: float, edit: Edit, on: Iterable[str] = SUMS) -> Mistake:
    quantities = tuple(quantity for quantity in ("params", "bytes", *COST) if quantity in on)
    return Mistake(f"totals.{name}", "context", title, text, hint, prior, only(_is_total, edit), quantities)


EVERYTHING = ("params", "bytes", "macs", "flops")
MISTAKES = (
    _mistake(
        "shared_twice",
        Bi("共享的权重算了两遍", "tied weights counted twice"),
        Bi(
            "共享的权重算了两遍（{layers}）。几处用的是同一组参数，只存一份，应减去{difference}。",
            "shared weights are counted twice ({layers}). Several places use the same parameters, stored once: subtract {difference}.",
        ),
        Bi("有没有哪几层用的是同一组参数？", "Do some layers use the same parameters?"),
        0.8,
        _shared_twice,
    ),
    _mistake(
        "norm_forgotten",
        Bi("合计漏了归一化层", "normalization left out of the total"),
        Bi(
            "合计漏了归一化层，它们也有γ和β，应再加{difference}。",
            "the normalization layers are left out; they have γ and β: add {difference}.",
        ),
        Bi(
            "除了卷积层和全连接层，还有哪些层有参数？",
            "Which layers have parameters besides the convolutions and the fully connected ones?",
        ),
        0.6,
        _left_out(lambda part: _kind_of(part) is Kind.NORMALIZATION),
    ),
    _mistake(
        "biases_forgotten",
        Bi("合计漏了所有偏置", "all biases left out of the total"),
        Bi(
            "合计只有权重，漏了各层的偏置，应再加{difference}。",
            "only the weights are summed; the layers' biases are missing: add {difference}.",
        ),
        Bi("各层的偏置都加进去了吗？", "Are the biases of all layers in the sum?"),
        0.6,
        _biases,
    ),
    _mistake(
        "buffers",
        Bi("合计算进了缓冲区", "buffers counted in the total"),
        Bi(
            "把滑动均值、滑动方差等缓冲区也算进去了。它们随模型保存，但不是参数，应减去{difference}。",
            "buffers such as running mean and variance are counted too. They are saved with the model but are no parameters: "
            "subtract {difference}.",
        ),
        Bi("保存下来的数都是参数吗？", "Is every number that is saved a parameter?"),
        0.5,
        _buffers,
    ),
    _mistake(
        "norm_one_each",
        Bi("合计中批归一化每个通道只算1个", "batch normalization counted as C in the total"),
        Bi(
            "各批归一化层每个通道只算了1个参数，应为γ和β两个，应再加{difference}。",
            "batch normalization is counted with one parameter per channel; there are two, γ and β: add {difference}.",
        ),
        Bi("批归一化每个通道有几个可学习的数？", "How many numbers does batch normalization learn for each channel?"),
        0.4,
        lambda form, facts: _norms(form, facts, lambda count: -(count // 2)),
    ),
    _mistake(
        "norm_running",
        Bi("合计中批归一化每个通道算了4个", "batch normalization counted as 4C in the total"),
        Bi(
            "各批归一化层每个通道算了4个数，其中滑动均值和滑动方差不是参数，应减去{difference}。",
            "batch normalization is counted with four numbers per channel; running mean and variance are no parameters: subtract "
            "{difference}.",
        ),
        Bi("滑动均值和滑动方差是训练出来的吗？", "Are the running mean and variance learned?"),
        0.45,
        lambda form, facts: _norms(form, facts, lambda count: count),
    ),
    _mistake(
        "linear_forgotten",
        Bi("合计漏了全连接层", "fully connected layers left out of the total"),
        Bi("合计漏了全连接层，应再加{difference}。", "the fully connected layers are left out: add {difference}."),
        Bi("网络的最后几层算了吗？", "Are the last layers of the network in the sum?"),
        0.5,
        _left_out(lambda part: _kind_of(part) is Kind.LINEAR),
        EVERYTHING,
    ),
    _mistake(
        "convolutions_forgotten",
        Bi("合计漏了卷积层", "convolutions left out of the total"),
        Bi("合计漏了卷积层，应再加{difference}。", "the convolutions are left out: add {difference}."),
        Bi("各类有参数的层都加进去了吗？", "Is every kind of layer with parameters in the sum?"),
        0.3,
        _left_out(lambda part: _kind_of(part) in (Kind.CONVOLUTION, Kind.TRANSPOSED)),
        EVERYTHING,
    ),
    _mistake(
        "layer_forgotten",
        Bi("合计漏了一层", "one layer left out of the total"),
        Bi("合计漏了一层（{layer}），应再加{difference}。", "one layer is left out, {layer}: add {difference}."),
        Bi("一层一层数下来，有没有漏掉的？", "Go through the layers one by one: is one left out?"),
        0.3,
        _one_layer,
        EVERYTHING,
    ),
    _mistake(
        "layer_twice",
        Bi("合计把一层算了两遍", "one layer counted twice in the total"),
        Bi("合计把{layer}算了两遍，应减去{difference}。", "{layer} is counted twice: subtract {difference}."),
        Bi("一层一层数下来，有没有重复的？", "Go through the layers one by one: is one counted twice?"),
        0.1,
        _layer_twice,
        EVERYTHING,
    ),
    _mistake(
        "alike_once",
        Bi("相同的层只算了一次", "equal layers counted once"),
        Bi(
            "参数量相同的几层只算了一次。它们大小相同，但参数各自独立，都要加，应再加{difference}。",
            "layers of equal size are counted once. Each has parameters of its own, so add them all: {difference} more.",
        ),
        Bi("两层大小相同，就是同一层吗？", "Are two layers of one size the same layer?"),
        0.4,
        _alike_once,
    ),
    _mistake(
        "raw_forgotten",
        Bi("合计漏了单独的参数", "parameters outside of layers forgotten"),
        Bi(
            "漏了不属于任何层的参数（{names}），应再加{difference}。",
            "parameters that belong to no layer are forgotten ({names}): add {difference}.",
        ),
        Bi(
            "有没有直接写在模型里、不属于任何层的参数？",
            "Are there parameters in the model itself that belong to no layer?",
        ),
        0.5,
        _raw_forgotten,
    ),
    _mistake(
        "trainable_only",
        Bi("只算了可训练的参数", "trainable parameters only"),
        Bi(
            "只算了可训练的参数，冻结的也是参数，应再加{difference}。",
            "only trainable parameters are counted; frozen ones are parameters too: add {difference}.",
        ),
        Bi("冻结的参数还算参数吗？", "Is a frozen parameter still a parameter?"),
        0.5,
        _trainable,
    ),
    _mistake(
        "uncalled_forgotten",
        Bi("漏了前向传播没有用到的层", "layers that the forward pass does not use forgotten"),
        Bi(
            "漏了前向传播没有用到的层（{names}）。它们的参数同样属于模型，应再加{difference}。",
            "layers that this forward pass does not use are forgotten ({names}). Their parameters belong to the model all the same: "
            "add {difference}.",
        ),
        Bi("模型里有没有定义了却没有用到的层？", "Does the model define layers that it does not use?"),
        0.5,
        _uncalled,
    ),
    _mistake(
        "largest_only",
        Bi("只算了最大的一层", "only the largest layer"),
        Bi(
            "这只是最大的一层（{layer}）的参数量，其余各层还要加上。",
            "this is the largest layer alone, {layer}; the others must be added.",
        ),
        Bi("题目问的是一层，还是全部？", "Is the question about one layer or all of them?"),
        0.25,
        _parts_summed,
        EVERYTHING,
    ),
)
