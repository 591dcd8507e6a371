"""What a number about a model can be: every figure that we or a tool could mean, each with a price for being odd.

The price orders the answers (the number of parameters before that of parameters without biases before a layer's) and says
how many digits a claim must have before an odd meaning is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import prod

from explainer.cost.cost import cost_of
from explainer.cost.inference import peak_sum
from explainer.cost.saved_file import file_parts
from explainer.cost.training import Optimizer
from explainer.formula.derivation import Derivation
from explainer.i18n.bilingual import Bi, grouped, joined, same
from explainer.ledger.counters import counters_of
from explainer.ledger.identify.hypothesis import BATCHES, Hypothesis, family_of
from explainer.ledger.identify.number_reader import Family
from explainer.ledger.identify.rows import of_rows
from explainer.ledger.words import quantity_word, tool_list
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.counted import Counted, Line
from explainer.walkthrough.model import Layer, Walkthrough
from explainer.walkthrough.parts import Uncalled

PARAMS = Bi("参数量", "parameters")
MACS = Bi("乘加次数（MACs）", "multiply-accumulates (MACs)")
FLOPS = Bi(
    "浮点运算次数（FLOPs，一次乘加计2次）", "floating-point operations (FLOPs, two for each multiply-accumulate)"
)
REPORTED = Bi("{tools}给出的{what}", "{what} by {tools}")
OPTIMIZERS: dict[Optimizer, Bi] = {
    "sgd": Bi("不带动量的SGD", "SGD without momentum"),
    "momentum": Bi("带动量的SGD", "SGD with momentum"),
    "adam": same("Adam"),
}


def hypotheses(walk: Walkthrough, measured: bool = False) -> tuple[Hypothesis, ...]:
    """All of them; of equal figures of one family only the least odd.

    measured: with the saved file and the memory of inference and training. Raises NotMeasured if they were not measured,
    or the tools' figures were not worked out.
    """
    found: dict[tuple[Family, int], Hypothesis] = {}
    counted = counters_of(walk)
    sources = [_parameters(walk), _costs(walk, counted), _bytes(walk), _activations(walk)]
    sources += [_reported(counted.lines), _layers(walk)]
    sources += [_measured(walk)] if measured else []
    sources.append(of_rows(walk))
    for hypothesis in (each for source in sources for each in source):
        if hypothesis.value <= 0:
            continue
        key = hypothesis.family, hypothesis.value
        known = found.get(key)
        if known is None:
            found[key] = hypothesis
        elif hypothesis.lines and not known.lines:
            found[key] = replace(known, lines=hypothesis.lines)
        elif hypothesis.cost < known.cost:
            found[key] = replace(hypothesis, lines=known.lines)
    return tuple(found.values()) + tuple(each for each in _batches(found) if (each.family, each.value) not in found)


def _parameters(walk: Walkthrough) -> Iterator[Hypothesis]:
    """All, trainable, without biases, norms or the classifier, with the buffers, of a kind of layer or a part."""
    totals = walk.totals
    counted = _counted(PARAMS, totals.params, "params")
    yield counted("", "", totals.params, 0)
    if totals.independent:  # a file of weights does not say what is trained
        yield counted("，只计可训练的", ", trainable ones alone", totals.trainable, 1)
        yield counted("，只计冻结的", ", frozen ones alone", totals.frozen, 3)
    biases, norms = _biases(walk)
    yield counted("，不含偏置", " without biases", totals.params - biases, 2)
    yield counted("，不含归一化层", " without norms", totals.params - norms, 2)
    yield counted("，不含偏置和归一化层", " without biases and norms", totals.params - biases - norms, 3)
    yield counted("，另加缓冲区", " with the buffers", totals.params + totals.buffers, 2)
    kept = ("running_mean", "running_var")
    running = sum(buffer.numel for buffer in walk.census.buffers if buffer.name.rpartition(".")[2] in kept)
    yield counted("，另加滑动均值和方差", " with running means and variances", totals.params + running, 2)
    for zh, en, layers in _classifiers(walk):
        yield counted(zh, en, totals.params - sum(layer.counted for layer in layers), 2)
    for group in walk.groups("kind"):
        if group.key in Kind.__members__:
            kind = Kind[group.key].value
            yield counted(f"，只计{kind.zh}", f" of the {kind.en} alone", group.params, 2)
    for group in walk.groups("block"):
        yield counted(f"，只计{group.key}", f" of {group.key} alone", group.params, 3)


def _costs(walk: Walkthrough, counted: Counted) -> Iterator[Hypothesis]:
    """MACs and FLOPs, with and without biases and classifier; nothing of a pass that is known in part only."""
    if not walk.complete or not walk.macs.value:
        return
    macs = walk.macs.value
    for label, scale, odd in ((MACS, 1, 0), (FLOPS, 2, 1)):
        part = _counted(label, scale * macs, "operations")
        yield part("", "", scale * macs, odd)
        yield part("，另加偏置", ", with the biases", scale * macs + counted.bias_additions, odd + 2)
        for zh, en, layers in _classifiers(walk):
            rest = macs - sum(layer.macs.value for layer in layers if layer.macs)
            yield part(zh, en, scale * rest, odd + 2)
        for group in walk.groups("kind"):
            if group.key in Kind.__members__:
                kind = Kind[group.key].value
                yield part(f"，只计{kind.zh}", f" of the {kind.en} alone", scale * group.macs, odd + 2)
        for group in walk.groups("block"):
            yield part(f"，只计{group.key}", f" of {group.key} alone", scale * group.macs, odd + 4)
    exact = _counted(FLOPS, 2 * macs, "operations")
    yield exact("，n次乘法只配n−1次加法", ", n products needing n−1 additions", 2 * macs - counted.product_outputs, 4)


def _bytes(walk: Walkthrough) -> Iterator[Hypothesis]:
    """The parameters in every number format, with the buffers, with what training keeps of each."""
    params, buffers = walk.totals.params, walk.totals.buffers
    label = Bi("参数以{dtype}存储的字节数", "bytes of the parameters in {dtype}")
    formats = (("float32", 4, 0), ("float16", 2, 1), ("float64", 8, 2), ("int8", 1, 2))
    for dtype, each, cost in formats:
        yield Hypothesis(label.format(dtype=dtype), params * each, "bytes", cost, working=f"{grouped(params)}·{each}")
    yield Hypothesis(label.format(dtype="int4"), (params + 1) // 2, "bytes", 3)
    own = sum(walk.totals.bits_by_dtype.values()) // 8
    yield Hypothesis(Bi("参数按各自类型存储的字节数", "bytes of the parameters in their own types"), own, "bytes", 1)
    both = Bi("参数和缓冲区以float32存储的字节数", "bytes of the parameters and buffers in float32")
    yield Hypothesis(both, 4 * (params + buffers), "bytes", 1, working=f"({grouped(params)}+{grouped(buffers)})·4")
    kept = Bi("训练时{what}的字节数（float32）", "bytes of {what} in training, float32")
    for times, zh, en in (
        (2, "参数和梯度", "parameters and gradients"),
        (3, "参数、梯度和动量", "parameters, gradients and momentum"),
        (4, "参数、梯度和Adam的两个状态", "parameters, gradients and Adam's two states"),
    ):
        yield Hypothesis(
            kept.format(what=Bi(zh, en)), 4 * times * params, "bytes", 3, working=f"{times}·{grouped(params)}·4"
        )


def _activations(walk: Walkthrough) -> Iterator[Hypothesis]:
    """The numbers in the outputs of all layers, of all steps, of convolutions and linear layers; and their bytes."""
    if walk.completeness.stopped:
        return  # the outputs of a part are nobody's total
    weighty = (Kind.CONVOLUTION, Kind.TRANSPOSED, Kind.LINEAR)
    chosen: tuple[tuple[str, str, Callable[[Layer], bool]], ...] = (
        ("所有层", "all layers", lambda layer: layer.call.op is not None),
        ("所有步骤", "all steps", lambda layer: True),
        ("卷积层和全连接层", "convolutional and fully connected layers", lambda layer: layer.kind in weighty),
    )
    for zh, en, wanted in chosen:
        count = sum(prod(shape) for layer in walk.layers if wanted(layer) for shape in layer.call.output_shapes)
        name = Bi(zh, en)
        yield Hypothesis(
            Bi("{of}输出的元素总数", "elements in the outputs of {of}").format(of=name), count, "elements", 2
        )
        size = Bi("{of}输出的字节数（float32）", "bytes of the outputs of {of}, float32").format(of=name)
        yield Hypothesis(size, 4 * count, "bytes", 3, working=f"{grouped(count)}·4")
        twice = Bi("{of}输出及其梯度的字节数（float32）", "bytes of the outputs of {of} and their gradients, float32")
        yield Hypothesis(twice.format(of=name), 8 * count, "bytes", 3, working=f"2·{grouped(count)}·4")
    given = sum(prod(shape) for shape in walk.run.input_shapes)
    yield Hypothesis(Bi("输入的元素个数", "elements of the input"), given, "elements", 4)
    yield Hypothesis(Bi("输入的字节数（float32）", "bytes of the input, float32"), 4 * given, "bytes", 4)


def _measured(walk: Walkthrough) -> Iterator[Hypothesis]:
    """The bytes of the saved file, of inference at its peak, of training: what the page says of them."""
    cost = cost_of(walk)
    if cost.saved_file:
        name = Bi("用torch.save保存的文件的字节数", "bytes of the file saved with torch.save")
        yield Hypothesis(name, cost.saved_file.bytes, "bytes", 1, working=_sum(file_parts(cost.saved_file)))
    if cost.peak and cost.activations:
        name = Bi("推理峰值字节（特征图、输入和权重）", "peak bytes of inference: activations, inputs and weights")
        yield Hypothesis(name, cost.peak.total_bytes, "bytes", 3, working=_sum(peak_sum(cost.peak)))
        name = Bi("推理峰值字节（特征图和输入）", "peak bytes of inference: activations and inputs")
        yield Hypothesis(name, cost.peak.bytes, "bytes", 3)
        name = Bi("各层输出的字节数（与输入共用内存的不计）", "bytes of the outputs that take memory of their own")
        yield Hypothesis(name, cost.activations.value, "bytes", 3)
    if cost.kv_cache:
        name = Bi("KV缓存的字节数", "bytes of the KV cache")
        yield Hypothesis(name, cost.kv_cache.bytes, "bytes", 3)
    if cost.training.kept:
        name = Bi("训练时为反向传播保留的字节数", "bytes kept for the backward pass in training")
        yield Hypothesis(name, cost.training.kept.bytes, "bytes", 3)
        name = Bi("用{optimizer}训练共需的字节数", "bytes that training with {optimizer} takes in all")
        for kind, optimizer in OPTIMIZERS.items():
            if total := cost.training.total(kind):
                label = name.format(optimizer=optimizer)
                yield Hypothesis(label, total.value, "bytes", 3, working=_sum(total))


def _sum(derivation: Derivation) -> str:
    """`553,430,176+602,112`, of a derivation that is a sum."""
    return "+".join(grouped(value) for value in derivation.values.values() if value)


def _reported(lines: tuple[Line, ...]) -> Iterator[Hypothesis]:
    """What the tools print; tools that print the same stand together."""
    together: dict[tuple[Family, int], list[Line]] = {}
    for line in lines:
        together.setdefault((family_of(line.quantity), line.value), []).append(line)
    for (family, value), same_lines in together.items():
        words = {(word.zh, word.en): word for word in (quantity_word(line) for line in same_lines)}
        named = [(word, [line for line in same_lines if quantity_word(line) == word]) for word in words.values()]
        label = joined([REPORTED.format(tools=tool_list(those), what=word) for word, those in named], "，", ", ")
        cost = 1 if family in ("params", "operations") else 2
        yield Hypothesis(label, value, family, cost, tuple(same_lines))


OF_LAYER = Bi("第{n}层{path}的", "layer {n}, {path}: ")
OF_FUNCTION = Bi("第{n}步{path}的", "step {n}, {path}: ")


def _layers(walk: Walkthrough) -> Iterator[Hypothesis]:
    """Each layer's own figures, the first of equal ones."""
    for layer in walk.layers:
        of = (OF_FUNCTION if layer.call.op is None else OF_LAYER).format(n=layer.index, path=layer.path or layer.type)
        if layer.counted:
            yield Hypothesis(of + Bi("参数量", "parameters"), layer.counted, "params", 4)
            yield Hypothesis(
                of + Bi("参数的字节数（float32）", "bytes of its parameters, float32"), 4 * layer.counted, "bytes", 6
            )
        if layer.macs:
            yield Hypothesis(of + Bi("乘加次数", "multiply-accumulates"), layer.macs.value, "operations", 5)
            yield Hypothesis(of + Bi("FLOPs", "FLOPs"), 2 * layer.macs.value, "operations", 6)
        count = sum(prod(shape) for shape in layer.call.output_shapes)
        yield Hypothesis(of + Bi("输出元素个数", "output elements"), count, "elements", 6)
        yield Hypothesis(of + Bi("输出的字节数（float32）", "bytes of its output, float32"), 4 * count, "bytes", 7)


def _batches(found: dict[tuple[Family, int], Hypothesis]) -> Iterator[Hypothesis]:
    """Costs and activations of a larger batch; parameters do not depend on it."""
    times = Bi("{label}，批量大小为{batch}时", "{label}, at a batch of {batch}")
    for known in list(found.values()):
        if known.family in ("operations", "elements") and known.cost <= 3:
            for batch in BATCHES:
                label, working = times.format(label=known.label, batch=batch), f"{grouped(known.value)}·{batch}"
                yield Hypothesis(label, batch * known.value, known.family, known.cost + 4, working=working)


def _counted(label: Bi, whole: int, family: Family) -> Callable[[str, str, int, int], Hypothesis]:
    """A part of a whole: the label with a restriction; nothing where it is the whole or nothing of it."""

    def part(zh: str, en: str, value: int, cost: int) -> Hypothesis:
        rest = value - whole
        working = f"{grouped(whole)}{'−' if rest < 0 else '+'}{grouped(abs(rest))}" if rest else ""
        return Hypothesis(
            Bi(label.zh + zh, label.en + en), 0 if zh and not rest else value, family, cost, working=working
        )

    return part


def _biases(walk: Walkthrough) -> tuple[int, int]:
    """The parameters called a bias outside norms, and those of norms."""
    norms = sum(layer.counted for layer in walk.layers if layer.kind is Kind.NORMALIZATION)
    parts: tuple[Layer | Uncalled, ...] = (*walk.layers, *walk.uncalled)
    owned = {tensor.name: tensor.numel for part in parts for tensor in part.owned}
    owned |= {raw.name: raw.params for raw in walk.raw_parameters}
    for layer in walk.layers:
        if layer.kind is Kind.NORMALIZATION:
            for tensor in layer.owned:
                owned.pop(tensor.name, None)
    biases = sum(count for name, count in owned.items() if "bias" in name.rpartition(".")[2])
    return biases, norms


def _classifiers(walk: Walkthrough) -> Iterator[tuple[str, str, list[Layer]]]:
    """The last fully connected layer, and the top-level module that it is part of."""
    linear = [layer for layer in walk.layers if layer.kind is Kind.LINEAR and layer.counted]
    if not linear:
        return
    last = linear[-1]
    yield f"，不含最后的全连接层{last.path}", f" without the last fully connected layer, {last.path}", [last]
    block = last.path.partition(".")[0]
    if block != last.path:
        members = [layer for layer in walk.layers if layer.path.partition(".")[0] == block]
        yield f"，不含{block}", f" without {block}", members
