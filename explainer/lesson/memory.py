"""Memory: what each layer writes and reads, the peak of inference, what training needs, the cache, the saved file."""

from __future__ import annotations

from explainer.cost import inference
from explainer.cost import saved_file as file_texts
from explainer.cost.activations import INTENSITY_WHY
from explainer.cost.cost import Cost
from explainer.cost.kv_cache import cache_reasons, cache_size
from explainer.cost.plan import Plan
from explainer.cost.training import DEVICE_WHY, GRADIENTS_WHY, KEPT_WHY, STATE_WHY, Optimizer
from explainer.cost.units import UNITS, Size, rounded
from explainer.document.builder import Page, sentences
from explainer.document.nodes import Code, Table, Text
from explainer.i18n.bilingual import Bi, grouped, same, shape_text
from explainer.lesson.phrases import worked_text
from explainer.lesson.planning import equation, in_precision, training_plan
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.measured import SavedFile
from explainer.walkthrough.model import Layer

OUTPUT = Bi(zh="输出占{worked}字节", en="The output takes {worked} bytes")
TRAFFIC = Bi(
    zh="；读入{read}字节，写出{written}字节，计算强度{flops}/{moved}≈{intensity} FLOPs/B。",
    en="; {read} bytes are read and {written} written, an arithmetic intensity of {flops}/{moved} ≈ {intensity} FLOPs/B.",
)
PLAIN_TRAFFIC = Bi(zh="；读入{read}字节，写出{written}字节。", en="; {read} bytes are read and {written} written.")
STOP = Bi(zh="。", en=".")
SCALAR = Bi(zh="标量", en="scalar")
KEPT = Bi(zh="训练时为反向传播保留{n}字节。", en="Training keeps {n} bytes for the backward pass.")
MEMORY = Bi(zh="内存占用", en="Memory")
UNKNOWN = Bi(zh="特征图的内存无法测出：{reason}", en="The memory of the activations could not be measured: {reason}")
ALL_OUTPUTS = Bi(
    zh="各层输出合计（与输入共用内存的不计）：{size}。",
    en="All outputs together (those that share their input's memory not counted): {size}.",
)
INFERENCE = Bi(zh="推理", en="Inference")
TRAINING = Bi(zh="训练", en="Training")
PEAK_LABEL = Bi(zh="推理峰值", en="inference peak")
ALIVE_HEADER = (Bi("产生它的步骤", "Made by"), Bi("形状", "Shape"), Bi("字节", "Bytes"))
TRAIN_HEADER = (
    Bi("优化器", "Optimizer"),
    Bi("参数", "Parameters"),
    Bi("梯度", "Gradients"),
    Bi("优化器状态", "State"),
    Bi("为反向传播保留", "Kept for backward"),
    Bi("合计（字节）", "Total (bytes)"),
)
OPTIMIZERS: dict[Optimizer, Bi] = {
    "sgd": same("SGD"),
    "momentum": Bi("带动量的SGD", "SGD with momentum"),
    "adam": same("Adam"),
}
TRAIN_LABEL = Bi(zh="训练（Adam）所占字节", en="bytes of training with Adam")
MIXED = Bi(
    zh="混合精度（16位）配Adam，权重、梯度、32位主权重和优化器状态共{worked}字节；为反向传播保留的特征图约减半。",
    en="In mixed precision (16 bits) with Adam, the weights, gradients, 32-bit master weights and states take {worked} bytes; what is kept for the "
    "backward pass about halves.",
)
KV = Bi(zh="KV缓存", en="KV cache")
KV_LABEL = Bi(zh="缓存字节数", en="bytes of the cache")
SEEN_AS_M = 1000 * 2**10  # a smaller file is not shown as so many M
FILE = Bi(zh="保存成文件", en="The saved file")
PREDICTED = Bi(
    zh="用{code}保存，文件大小按格式推算为{size}。",
    en="Saved with {code}, the file comes out, by its format, at {size}.",
)
PARTS = Bi(
    zh="其中参数{weights}字节，缓冲区{buffers}字节，名称和形状的清单{names}字节，文件头、对齐填充和目录{container}字节。",
    en="Of these the parameters take {weights} bytes, the buffers {buffers}, the list of names and shapes {names}, and headers, "
    "filling and directory {container}.",
)
MEASURED = Bi(zh="实际保存一次，量得{size}，与推算一致 ✓", en="Saved once for real, it measures {size}, as predicted ✓")
MEASURED_OTHER = Bi(
    zh="不一致 ✗　实际保存一次，量得{size}，与推算相差{difference}字节。",
    en="DISAGREES ✗  Saved once for real, it measures {size}, {difference} bytes off the prediction.",
)


def layer_memory(page: Page, layer: Layer, cost: Cost) -> None:
    """One paragraph: the output's bytes, whether they are new, the traffic, what training keeps."""
    memory = cost.memory[layer.index]
    parts = [OUTPUT.format(worked=worked_text(memory.output))]
    if memory.moved and memory.intensity is not None:
        values = {"flops": memory.flops, "moved": memory.moved, "intensity": rounded(memory.intensity)}
        parts[0] = parts[0] + TRAFFIC.format(read=memory.read.value, written=memory.written.value, **values)
    elif memory.moved:
        parts[0] = parts[0] + PLAIN_TRAFFIC.format(read=memory.read.value, written=memory.written.value)
    else:
        parts[0] = parts[0] + STOP
    if memory.why and page.first(("memory", memory.relation)):
        parts.append(memory.why)
    kept = cost.training.kept.by_call.get(layer.path, 0) if cost.training.kept else 0
    if kept:
        parts.append(KEPT.format(n=kept))
    if memory.intensity is not None and page.first("intensity"):
        parts.append(INTENSITY_WHY)
    page.tell(parts)


def network_memory(page: Page, cost: Cost, measure: bool, plan: Plan) -> None:
    """The section on the whole network."""
    if not cost.walk.layers:
        return
    page.heading(2, MEMORY)
    page.say(UNITS)
    _inference(page, cost)
    _training(page, cost)
    training_plan(page, cost, plan)
    if cost.kv_cache:
        page.heading(3, KV)
        page.tell(list(cache_reasons(cost.kv_cache)))
        equation(page, KV_LABEL, cache_size(cost.kv_cache))
    in_precision(page, cost, plan)
    saved_file(page, cost, measure)


def saved_file(page: Page, cost: Cost, measure: bool) -> None:
    """The file's size, predicted; with `measure` saved once for real."""
    file = cost.saved_file
    if file is None:
        return
    page.heading(3 if "memory" in page.show else 2, FILE)
    page.say(PREDICTED, code=Code("torch.save(model.state_dict(), …)"), size=same(Size(file.bytes).text))
    page.tell([PARTS.format(**_parts(file)), file_texts.WHY])
    if file.bytes >= SEEN_AS_M:
        page.tell([file_texts.why_kib(file.bytes)])
    measured = cost.file_on_disk if measure else None
    if measured == file.bytes:
        page.say(MEASURED, size=same(Size(measured).text))
    elif measured is not None:
        page.alarm(MEASURED_OTHER, size=same(Size(measured).text), difference=abs(measured - file.bytes))


def _parts(file: SavedFile) -> dict[str, int]:
    return {"weights": file.weights, "buffers": file.buffers, "names": file.names, "container": file.container}


def _inference(page: Page, cost: Cost) -> None:
    page.heading(3, INFERENCE)
    peak = cost.peak
    if peak is None:
        page.tell([UNKNOWN.format(reason=cost.unknown or same(""))])
        return
    if cost.activations:
        page.say(ALL_OUTPUTS, size=same(Size(cost.activations.value).text))
    size = same(Size(peak.activations_bytes).text)
    page.say(sentences([inference.WHY, inference.AT]), path=Code(peak.at), count=len(peak.alive), size=size)
    rows: list[tuple[Text, ...]] = [
        ((Code(alive.path),), (shape_text(alive.shape),) if alive.shape else page.both(SCALAR), (grouped(alive.bytes),))
        for alive in peak.alive
    ]
    page.blocks.append(Table(tuple(page.both(title) for title in ALIVE_HEADER), "llr", tuple(rows)))
    equation(page, PEAK_LABEL, inference.peak_sum(peak))


def _training(page: Page, cost: Cost) -> None:
    page.heading(3, TRAINING)
    training = cost.training
    if training.kept is None:
        page.tell([UNKNOWN.format(reason=training.unknown or same(""))])
        return
    special = any(layer.kind in (Kind.DROPOUT, Kind.ATTENTION) for layer in cost.walk.layers)
    page.tell([KEPT_WHY, *([DEVICE_WHY] if special else []), GRADIENTS_WHY, *STATE_WHY.values()])
    rows: list[tuple[Text, ...]] = []
    for kind, name in OPTIMIZERS.items():
        total = training.total(kind)
        assert total is not None
        state = training.optimizer(kind).value
        weights = total.value - training.gradients.value - state - training.kept.bytes
        figures = (weights, training.gradients.value, state, training.kept.bytes, total.value)
        rows.append((page.both(name), *((grouped(figure),) for figure in figures)))
    page.blocks.append(Table(tuple(page.both(title) for title in TRAIN_HEADER), "lrrrrr", tuple(rows)))
    adam = training.total("adam")
    assert adam is not None
    equation(page, TRAIN_LABEL, adam)
    page.tell([MIXED.format(worked=worked_text(training.mixed))])
