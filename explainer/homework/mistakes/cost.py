"""Mistakes with the number of operations, and with the batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from explainer.formula.rewrite import drop, times
from explainer.formula.rewrite import replace as put
from explainer.formula.tree import Expr, Number
from explainer.homework.mistakes.base import COST, PARAMS, Mistake, Way, bare, each, only
from explainer.homework.mistakes.facts import Facts
from explainer.homework.mistakes.form import Form
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.kind import Kind

CONVOLUTIONS = (Kind.CONVOLUTION, Kind.TRANSPOSED)


def _doubled(form: Form, facts: Facts) -> Iterator[Way]:
    yield Way(replace(form, before=(Number(2), *form.before)))


def _halved(form: Form, facts: Facts) -> Iterator[Way]:
    if form.before == (Number(2),):
        yield Way(replace(form, before=()))
    elif form.how == "number" and isinstance(facts.right, int) and facts.right % 2 == 0:
        yield Way(replace(form, parts=(times(*form.parts) / 2,)))


def _other_map(form: Form, facts: Facts) -> Iterator[Way]:
    """The input's sides for the output's; for a transposed convolution the other way round."""
    if facts.kind not in CONVOLUTIONS or len(facts.positions) != len(facts.axes):
        return
    new: dict[str, Expr] = {}
    for (size, _), out in zip(facts.axes, facts.positions, strict=True):
        if facts.kind is Kind.CONVOLUTION:
            new[f"{size.name}_out"] = size
        else:
            new[size.name] = bare(size, out)
    image = "×".join(map(str, facts.image))
    words = {"right_map": facts.words["area"], "wrong_map": image}
    if facts.kind is Kind.TRANSPOSED:
        words = {"right_map": image, "wrong_map": facts.words["area"]}
    yield from each(lambda part, _: put(part, new), **words)(form, facts)


def _no_positions(part: Expr, facts: Facts) -> Expr | None:
    """The weights, without the places where they are used."""
    names = [f"{size.name}_out" for size, _ in facts.axes] if facts.kind is Kind.CONVOLUTION else []
    names += [size.name for size, _ in facts.axes] if facts.kind is Kind.TRANSPOSED else []
    if facts.kind in (Kind.RECURRENT, Kind.LINEAR):
        names += ["T"]
    return drop(part, names) if names else None


def _parameters(form: Form, facts: Facts) -> Iterator[Way]:
    """The number of parameters where the operations are asked for."""
    layer = facts.layer
    if layer is not None and layer.params is not None and layer.params.value:
        yield Way(replace(form, parts=(layer.params.symbolic,), before=()))


def _one_addition_less(form: Form, facts: Facts) -> Iterator[Way]:
    """2K−1 operations for each output: K products, K−1 sums."""
    layer = facts.layer
    if layer is not None and facts.kind in (*CONVOLUTIONS, Kind.LINEAR) and layer.shape and form.whole is not None:
        outputs = times(*(Number(size.value) for _, size in layer.shape))
        yield Way(replace(form, parts=(form.whole - outputs,), before=()))


def _outputs(form: Form, facts: Facts) -> Iterator[Way]:
    """One operation for each output."""
    layer = facts.layer
    if layer is not None and len(layer.shape) > 1:
        yield Way(replace(form, parts=(times(*(Number(size.value) for _, size in layer.shape)),), before=()))


def _one_sample(part: Expr, facts: Facts) -> Expr | None:
    return drop(part, ("N",)) if facts.batch > 1 else None


def _batch(form: Form, facts: Facts) -> Iterator[Way]:
    """Parameters times the batch."""
    n = _batch_of(facts)
    if n > 1:
        yield Way(replace(form, before=(Number(n), *form.before)), {"batch": n})


def _batch_of(facts: Facts) -> int:
    if facts.layer is not None:
        return facts.batch
    shapes = facts.question.walk.run.input_shapes
    return shapes[0][0] if shapes and len(shapes[0]) > 1 else 1


def _one_sample_size(form: Form, facts: Facts) -> Iterator[Way]:
    if form.how == "product" and facts.batch > 1 and form.names[:1] == ("N",):
        yield Way(replace(form, parts=form.parts[1:], names=form.names[1:]))


def _other_convention(form: Form, facts: Facts) -> Iterator[Way]:
    """A container's or the network's operations for one sample of the batch."""
    n = _batch_of(facts)
    if facts.question.parts and n > 1 and isinstance(facts.right, int) and facts.right % n == 0:
        yield Way(replace(form, parts=(Number(facts.right // n),), before=()))


MISTAKES = (
    Mistake(
        "cost.flops_for_macs",
        "roles",
        Bi("乘加次数写成了FLOPs", "FLOPs given for MACs"),
        Bi(
            "这是FLOPs，乘法和加法各算1次；乘加次数把一次乘法和一次加法合算为1次，应除以2。",
            "these are FLOPs, in which multiplication and addition count separately. A multiply-accumulate is both in one: divide by 2.",
        ),
        Bi("一次乘加算1次运算，还是2次？", "Is a multiply-accumulate one operation or two?"),
        0.7,
        _doubled,
        ("macs",),
    ),
    Mistake(
        "cost.macs_for_flops",
        "roles",
        Bi("FLOPs写成了乘加次数", "MACs given for FLOPs"),
        Bi(
            "这是乘加次数（MACs）。FLOPs把乘法和加法各算1次，应再乘以2。",
            "these are multiply-accumulates (MACs). FLOPs count multiplication and addition separately: multiply by 2.",
        ),
        Bi("一次乘加是几次浮点运算？", "How many floating-point operations is a multiply-accumulate?"),
        0.8,
        _halved,
        ("flops",),
    ),
    Mistake(
        "cost.other_map",
        "context",
        Bi("计算量用错了特征图", "the wrong map in the cost"),
        Bi(
            "位置数误用了{wrong_map}。卷积在输出的每个位置上算一次（转置卷积在输入的每个位置上），应为{right_map}。",
            "{wrong_map} is used for the positions. A convolution works once at each position of its output (a transposed one, of its input): "
            "{right_map}.",
        ),
        Bi("卷积核要在多少个位置上各算一次？", "At how many positions does the kernel work?"),
        0.5,
        _other_map,
        COST,
    ),
    Mistake(
        "cost.no_positions",
        "roles",
        Bi("计算量没有乘以位置数", "the positions left out of the cost"),
        Bi(
            "这只是一个位置上的运算。同样的权重在每个位置上都要用一次，应乘以位置数。",
            "this is the computation at one position. The same weights are used at every position: multiply by the number of positions.",
        ),
        Bi("每个权重用了几次？", "How often is each weight used?"),
        0.5,
        each(_no_positions),
        COST,
    ),
    Mistake(
        "cost.params",
        "context",
        Bi("把参数量当成计算量", "parameters in place of operations"),
        Bi(
            "这是参数量。计算量要数运算的次数：每个权重在每个位置上各用一次，偏置不计。",
            "this is the number of parameters. Count how often they work: each weight once at every position, biases left out.",
        ),
        Bi(
            "题目问的是有多少个参数，还是要算多少次？",
            "Is the question how many parameters there are, or how many operations they take?",
        ),
        0.45,
        _parameters,
        COST,
        whole=True,
    ),
    Mistake(
        "cost.outputs",
        "context",
        Bi("把输出的元素个数当成计算量", "outputs in place of operations"),
        Bi(
            "这是输出的元素个数。每个输出元素要做多次乘加，还要乘以这个次数。",
            "this is the number of output elements. Each of them takes many multiply-accumulates: multiply by how many.",
        ),
        Bi("算出一个输出元素要几次乘加？", "How many multiply-accumulates does one output element take?"),
        0.2,
        _outputs,
        COST,
        whole=True,
    ),
    Mistake(
        "cost.one_addition_less",
        "roles",
        Bi("每个输出少算1次加法", "one addition fewer for each output"),
        Bi(
            "每个输出少算了1次。K个积相加只需K−1次加法，但这里按K次乘加（FLOPs为2K）计。",
            "one operation fewer is counted for each output: K products take K−1 sums, but here K multiply-accumulates (2K FLOPs) count.",
        ),
        Bi(
            "这里的FLOPs按K次乘加算，还是按K次乘、K−1次加算？",
            "Do these FLOPs count K multiply-accumulates, or K products and K−1 sums?",
        ),
        0.3,
        _one_addition_less,
        ("flops",),
        whole=True,
    ),
    Mistake(
        "batch.left_out",
        "context",
        Bi("只算了一个样本", "one sample only"),
        Bi(
            "只算了一个样本。批量是{N}，要乘以{N}。",
            "this is for one sample. The batch is {N}: multiply by {N}.",
        ),
        Bi("这里的批量是多少？", "How large is the batch here?"),
        0.25,
        only(lambda facts: facts.layer is not None, lambda form, facts: _any_sample(form, facts)),
        (*COST, "activations"),
    ),
    Mistake(
        "batch.left_out_total",
        "context",
        Bi("整个网络只算了一个样本", "the network's cost for one sample only"),
        Bi("只算了一个样本，还要乘以批量。", "this is for one sample: multiply by the batch."),
        Bi("这里的批量是多少？", "How large is the batch here?"),
        0.4,
        _other_convention,
        COST,
    ),
    Mistake(
        "batch.included",
        "context",
        Bi("参数量乘以了批量", "parameters times the batch"),
        Bi(
            "乘以了批量{batch}。批量中的样本共用同一组参数，批量大小不影响参数量。",
            "this is multiplied by the batch of {batch}. All samples share the same parameters: the batch does not affect their number.",
        ),
        Bi("批量变大时，参数会变多吗？", "Do parameters grow with the batch?"),
        0.35,
        _batch,
        (*PARAMS, "bias"),
    ),
)


def _any_sample(form: Form, facts: Facts) -> Iterator[Way]:
    yield from _one_sample_size(form, facts) if form.how == "product" else each(_one_sample)(form, facts)
