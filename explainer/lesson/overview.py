"""What comes before the layers: what the model is, its input, its totals, and how it got its number."""

from __future__ import annotations

import re

from explainer.document.builder import Page
from explainer.document.nodes import Code, Inline
from explainer.i18n.bilingual import Bi, joined, same, shape_text
from explainer.lesson.architectures import family_text
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import AXES
from explainer.walkthrough.call import Source
from explainer.walkthrough.incomplete import incomplete, packed, unregistered
from explainer.walkthrough.model import Layer, RawParameter, Uncalled, Walkthrough
from explainer.walkthrough.relations import takes_one_image
from explainer.walkthrough.verdict import Verdict

OVERVIEW = Bi(zh="概览", en="Overview")
STRUCTURE = Bi(zh="一次前向传播依次经过{count}步：{kinds}。", en="One forward pass takes {count:step|steps}: {kinds}.")
STRUCTURE_STOPPED = Bi(
    zh="停下之前经过{count}步：{kinds}。", en="Before it stopped, the forward pass took {count:step|steps}: {kinds}."
)
OTHER_STEPS = Bi(zh="{named}另有{n}步{kinds}", en="{named}{n:further step|further steps} ({kinds})")
RUN = Bi(
    zh="输入为{input}（{axes}），输出为{output}。下文的形状一律省略批量维，如{example}。模型处于{mode}。",
    en="The input is {input} ({axes}); the output is {output}. Shapes below leave the batch out, as in "
    "{example}; the model runs in {mode} mode.",
)
RUN_UNBATCHED = Bi(
    zh="输入为{input}，输出为{output}，都没有批量维。模型处于{mode}。",
    en="The input is {input} and the output {output}, both without a batch; the model runs in {mode} mode.",
)
RUN_SEQUENCE_FIRST = Bi(
    zh="输入为{input}，输出为{output}。{path}没有设batch_first=True，所以第一维是序列长度，第二维才是批量大小；下文的形状都完整写出。模型处于{mode}。",
    en="The input is {input}; the output is {output}. {path} is built without batch_first=True, so the first dimension is the sequence and the second "
    "the batch; shapes below are written in full. The model runs in {mode} mode.",
)
NO_BATCH = Bi(
    zh="输入缺少批量维：{path}（{type}）收到的{shape}被当作一个样本，第一维是通道而不是批量。通常应在前面写上批量，例如 --input {example}。",
    en="The batch is missing from the input: {path} ({type}) takes {shape} as one sample, and its first dimension for the channels. "
    "Usually the batch stands in front, as in --input {example}.",
)
OTHERS = Bi("其他运算", "other operations")
BATCH_FIRST = Bi("第一维是批量大小", "the batch first")
BUILT_WITH = Bi(zh="构造参数：{arguments}。", en="Built with {arguments}.")
COMPUTATION = Bi(
    zh="一次前向传播需做{macs}次乘加运算{about}。",
    en="One forward pass takes {macs} multiply-accumulates{about}.",
)
COMPUTATION_PART = Bi(
    zh="一次前向传播至少需做{macs}次乘加运算{about}：这里只计已推导的部分。",
    en="One forward pass takes at least {macs} multiply-accumulates{about}: only what is derived here is counted.",
)
COMPUTATION_UNKNOWN = Bi(
    zh="一次前向传播需做多少次乘加，还不知道：已推导的部分里没有。",
    en="How many multiply-accumulates one forward pass takes is not known: there are none in the part that is derived here.",
)
RUN_STOPPED = Bi(
    zh="输入为{input}，第一维是批量大小。下文的形状一律省略批量维。模型处于{mode}。",
    en="The input is {input}, the batch first. Shapes below leave the batch out; the model runs in {mode} mode.",
)
NO_INPUT = Bi(
    zh="模型不需要输入，输出为{output}。模型处于{mode}。",
    en="The model takes no input; its output is {output}. It runs in {mode} mode.",
)
MODE = {"eval": Bi("评估模式", "evaluation"), "train": Bi("训练模式", "training")}
TOTAL = Bi(
    zh="整个网络的参数量为{total}{about}，与PyTorch的统计一致 ✓。",
    en="The network has {total} parameters{about}; PyTorch counts the same ✓.",
)
TOTAL_OF_FILE = Bi(
    zh="文件里有{total}个参数{about}（未核对）：只有张量，没有可以对照的模型。哪些张量是参数、哪些是缓冲区，"
    "文件没有写明，这里按名称和数据类型区分。",
    en="The file has {total} parameters{about} (unchecked): there are only tensors, and no model to compare with. Which of them are "
    "parameters and which are buffers the file does not say; they are told apart by name and data type.",
)
TOTAL_DISAGREES = Bi(
    zh="不一致 ✗　各部分相加得{total}个参数，PyTorch统计为{theirs}个。",
    en="DISAGREES ✗  The parts sum to {total} parameters, PyTorch counts {theirs}.",
)
LARGEST_TIED = Bi(
    zh="参数最多的层有{count}个，各有{params}个参数，占总参数量的{share}（第一个是{path}，{n}）。",
    en="The {count} largest layers have {params} parameters each, {share} of the total (the first is {path}, {n}).",
)
LARGEST_IDLE = Bi(
    zh="参数最多的是{path}（这次前向传播没有用到），有{params}个，占总参数量的{share}。",
    en="The largest is {path}, not used in this forward pass: {params} parameters, {share} of the total.",
)
IDLE = Bi(
    zh="其中{n}个属于这次前向传播没有用到的模块（{paths}），其余{rest}个。",
    en="{n} of these belong to modules that this forward pass does not use ({paths}); the others are {rest}.",
)
STOPPED = Bi(
    zh="此前的各步照常推导；其后的模块未执行到，只由自身说明参数量。参数量的总数不受影响。",
    en="The steps before it are derived as usual; the modules after it are not reached and are explained by themselves, their "
    "parameters only. The total of the parameters is the whole.",
)
LARGEST_RAW = Bi(
    zh="参数最多的张量是{path}，有{params}个参数，占总参数量的{share}。",
    en="The largest share is in one tensor, {path}: {params} parameters, {share} of the total.",
)
LARGEST_NOT_REACHED = Bi(
    zh="参数最多的是{path}（未执行到），有{params}个，占总参数量的{share}。",
    en="The largest is {path}, not reached: {params} parameters, {share} of the total.",
)
WEIGHTS_ONLY = Bi(
    zh="只有权重，没有前向传播：没有输出尺寸和计算量可以推导。",
    en="There are only weights and no forward pass: there are no output sizes and no computation to derive.",
)
WITH_VALUES = Bi(
    zh="这次带着数值运行，走哪条分支、各步的形状都以这些数值为准。",
    en="The pass was run with values: which branch was taken, and what shapes came out, holds for these.",
)
SMALL_COPY = Bi(
    zh="这个模型的前向传播要看数值，只有形状无法进行，所以用它的一个小副本带着数值在CPU上运行，走哪条分支、各步的形状都以这些数值为准。",
    en="The forward pass looks at values, and shapes alone do not get it to its end: a small copy of the model was run on the CPU with "
    "values. Which branch was taken, and what shapes came out, holds for these.",
)
DRAWN = Bi(
    zh="没有给出的数值由固定的随机种子产生，每次相同。",
    en="Values that nobody gave were drawn with a fixed seed, the same each time.",
)
LARGEST = Bi(
    zh="参数最多的是{path}（{n}），有{params}个，占总参数量的{share}。",
    en="The largest layer is {path} ({n}): {params} parameters, {share} of the total.",
)
NUMBER = Bi(
    zh="名称中的{number}是带权重的层数：{convs}个卷积层和{linears}个全连接层；{rest}没有权重，不计在内。",
    en="The {number} in the name counts the layers with weights: {convs} convolutional and {linears} fully connected. "
    "{rest} have no weights and are not counted.",
)
NUMBER_SHORTCUTS = Bi(
    zh="名称中的{number}是主干上带权重的层数：{convs}个卷积层和{linears}个全连接层；"
    "捷径上另有{shortcuts}个1×1卷积层，按惯例不计在内。",
    en="The {number} in the name counts the layers with weights on the main path: {convs} convolutional and {linears} "
    "fully connected. The shortcuts add 1×1 convolutions, {shortcuts} in all, which by convention are not counted.",
)
REST = Bi("池化层、激活层等", "Pooling, activation and the like")


def overview(page: Page, walk: Walkthrough) -> None:
    """The first section; a total that disagrees is said here first."""
    page.heading(2, OVERVIEW)
    page.tell(family_text(walk.name, walk.source))
    if walk.arguments:
        page.say(BUILT_WITH, arguments=Code(", ".join(walk.arguments)))
    totals(page, walk)
    _largest_of(page, walk)
    faults(page, walk)
    if walk.layers:
        structure = STRUCTURE_STOPPED if walk.completeness.stopped else STRUCTURE
        page.tell([structure.format(count=len(walk.layers), kinds=_kinds(walk))])
        page.tell([_run(walk), *_with_values(walk)])
    page.tell(number_in_name(walk))


def totals(page: Page, walk: Walkthrough) -> None:
    """The totals of parameters and computation; one that disagrees is said loudly."""
    if walk.totals.verdict is Verdict.DISAGREES:
        page.alarm(TOTAL_DISAGREES.format(total=walk.totals.params, theirs=walk.totals.torch_params))
        return
    sentence = TOTAL if walk.totals.independent else TOTAL_OF_FILE
    total = sentence.format(total=walk.totals.params, about=about(walk.totals.params, "B"))
    idle = _idle(walk) if walk.complete else []
    page.tell([total, *idle, *_computation(page, walk)])


def faults(page: Page, walk: Walkthrough) -> None:
    """What is missing of the pass, and what the model does that a reader must know."""
    if walk.run.weights_only:
        page.tell([WEIGHTS_ONLY])
    if single := next((layer for layer in walk.layers if layer.unbatched and takes_one_image(layer)), None):
        page.alarm(_no_batch(walk, single))
    for sentence in incomplete(walk):
        page.alarm(sentence)
    if walk.completeness.stopped:
        page.tell([STOPPED])
    for sentence in (*unregistered(walk), *packed(walk)):
        page.alarm(sentence)


def _largest_of(page: Page, walk: Walkthrough) -> None:
    if walk.totals.verdict is not Verdict.DISAGREES:
        _largest(page, walk)


def _computation(page: Page, walk: Walkthrough) -> list[Bi]:
    macs = walk.macs
    if macs.value is None or "macs" not in page.show:
        return []
    if not macs.value:
        return [COMPUTATION_UNKNOWN] if macs.at_least else []
    return [(COMPUTATION_PART if macs.at_least else COMPUTATION).format(macs=macs.value, about=about(macs.value))]


def about(value: int, billion: str = "G") -> Bi:
    """The exact number comes first, then the rounded one: （约1.38亿，即138.36 M）. billion: B, as papers write it of parameters."""
    if value < 100_000:
        return same("")
    unit, name = next(one for one in ((10**12, "T"), (10**9, billion), (10**6, "M"), (10**3, "k")) if value >= one[0])
    rounded = f"{value / unit:.2f}\N{NO-BREAK SPACE}{name}"
    chinese = next(
        (f"{value / size:.2f}{word}" for size, word in ((10**12, "万亿"), (10**8, "亿")) if value >= size), ""
    )
    chinese = chinese or f"{value / 10**4:.1f}".removesuffix(".0") + "万"
    return Bi(zh=f"（约{chinese}，即{rounded}）", en=f" (≈{rounded})")


def _idle(walk: Walkthrough) -> list[Bi]:
    """GoogLeNet's auxiliary classifiers: in the total, but not in this forward pass."""
    counted = sum(part.counted for part in walk.uncalled)
    if not counted:
        return []
    blocks = list(dict.fromkeys(part.path.partition(".")[0] for part in walk.uncalled))
    return [IDLE.format(n=counted, rest=walk.totals.params - counted, paths=joined([same(block) for block in blocks]))]


def _largest(page: Page, walk: Walkthrough) -> None:
    """Where most of the parameters are; several layers may have equally many, one may be out of use, one a tensor alone."""
    parts: list[tuple[int, Layer | Uncalled | RawParameter]] = [
        *((layer.counted, layer) for layer in walk.layers),
        *((module.counted, module) for module in walk.uncalled),
        *((raw.params, raw) for raw in walk.raw_parameters),
    ]
    most = max((counted for counted, _ in parts), default=0)
    if not most or sum(1 for counted, _ in parts if counted) < 2:
        return
    found = [part for counted, part in parts if counted == most]
    values: dict[str, Inline | Bi | int] = {
        "path": Code(found[0].name if isinstance(found[0], RawParameter) else found[0].path),
        "params": most,
        "share": f"{100 * most / walk.totals.params:.2f}%",
    }
    if isinstance(found[0], RawParameter):
        page.say(LARGEST_RAW, **values)
    elif not isinstance(found[0], Layer):
        page.say(LARGEST_NOT_REACHED if walk.completeness.stopped else LARGEST_IDLE, **values)
    elif len(found) > 1:
        page.say(LARGEST_TIED, n=page.numbered(found[0].index), count=len(found), **values)
    else:
        page.say(LARGEST, n=page.numbered(found[0].index), **values)


def _kinds(walk: Walkthrough) -> Bi:
    """What a reader looks for, kind by kind; the steps that only move values about are one number."""
    counts = {kind: sum(1 for layer in walk.layers if layer.kind is kind) for kind in Kind}
    named = [
        Bi(f"{n}{'步' if kind in (Kind.MATRIX, Kind.OTHER) else '个'}{kind.value.zh}", f"{n} {plural(kind, n)}")
        for kind, n in counts.items()
        if n and kind not in _STEPS
    ]
    moving = [kind for kind in _STEPS if counts[kind]]
    if not moving:
        return joined(named)
    others = sum(counts[kind] for kind in moving)
    if not named:
        return joined(
            [Bi(f"{counts[kind]}步{kind.value.zh}", f"{counts[kind]} {plural(kind, counts[kind])}") for kind in moving]
        )
    kinds = joined([Bi(_moving(walk, kind).zh, plural(kind, counts[kind])) for kind in moving])
    return OTHER_STEPS.format(named=joined(named) + Bi("，", ", and "), n=others, kinds=kinds)


def _moving(walk: Walkthrough, kind: Kind) -> Bi:
    """拼接, where all of the kind are that; else 拼接与切分."""
    titles = {layer.rule.title for layer in walk.layers if layer.kind is kind and layer.rule is not None}
    if kind is Kind.OTHER:
        return OTHERS
    return titles.pop() if kind is Kind.JOIN and len(titles) == 1 else kind.value


_STEPS = (Kind.RESHAPE, Kind.ELEMENTWISE, Kind.JOIN, Kind.REDUCTION, Kind.RESIZE, Kind.OTHER)


def plural(kind: Kind, n: int) -> str:
    """1 convolutional layer, 2 convolutional layers: the English words for so many of a kind."""
    words = "other steps" if kind is Kind.OTHER else kind.value.en
    if n != 1:
        return words
    return (
        words.replace("layers", "layer")
        .replace("steps", "step")
        .replace("operations", "operation")
        .replace("functions", "function")
        .replace("sums and means", "sum or mean")
    )


def _run(walk: Walkthrough) -> Bi:
    inputs = joined([same(shape_text(shape)) for shape in walk.run.input_shapes])
    outputs = joined([same(shape_text(shape)) for shape in walk.run.output_shapes])
    if not walk.run.input_shapes:
        return NO_INPUT.format(output=outputs, mode=MODE[walk.run.mode])
    if walk.run.stopped:
        return RUN_STOPPED.format(input=inputs, mode=MODE[walk.run.mode])
    if walk.run.batch == "second":
        path = next((one.path or one.type for one in walk.layers if _takes_sequence_first(one)), walk.name)
        return RUN_SEQUENCE_FIRST.format(input=inputs, output=outputs, path=path, mode=MODE[walk.run.mode])
    if any(layer.unbatched for layer in walk.layers):
        return RUN_UNBATCHED.format(input=inputs, output=outputs, mode=MODE[walk.run.mode])
    shapes = [shape[1:] for shape in (*walk.run.input_shapes, *walk.run.output_shapes)]
    example = shape_text(next((shape for shape in shapes if len(shape) > 1), shapes[0])) or "1"
    return RUN.format(input=inputs, axes=_axes(walk), output=outputs, example=example, mode=MODE[walk.run.mode])


def _takes_sequence_first(layer: Layer) -> bool:
    return layer.call.op is not None and layer.call.op.options.get("batch_first") is False


def _with_values(walk: Walkthrough) -> list[Bi]:
    """That numbers were computed, and which, where shapes did not suffice or the user wanted it."""
    if walk.run.values == "meta":
        return []
    return [WITH_VALUES if walk.run.asked else SMALL_COPY, *([DRAWN] if walk.run.drawn else [])]


def _no_batch(walk: Walkthrough, layer: Layer) -> Bi:
    example = ",".join(map(str, (1, *walk.run.input_shapes[0]))) if walk.run.input_shapes else "1,3,224,224"
    return NO_BATCH.format(
        path=layer.path or walk.name, type=layer.type, shape=shape_text(layer.call.input_shapes[0]), example=example
    )


def _axes(walk: Walkthrough) -> Bi:
    """What each dimension of the only input is, where the layer that takes it says so."""
    taker = next((layer for layer in walk.layers if "input" in layer.call.inputs), None)
    dims = len(walk.run.input_shapes[0]) - 2
    if len(walk.run.input_shapes) > 1 or taker is None or taker.call.input_shapes[0] != walk.run.input_shapes[0]:
        return BATCH_FIRST
    if taker.kind is Kind.CONVOLUTION and dims in AXES:
        sides = [word for _, _, word in AXES[dims]]
        return joined([Bi("批量大小", "batch"), Bi("通道数", "channels"), *sides], "×", " × ")
    return (
        joined([Bi("批量大小", "batch"), Bi("序列长度", "length")], "×", " × ")
        if _is_text(taker, dims)
        else BATCH_FIRST
    )


def _is_text(taker: Layer, dims: int) -> bool:
    return taker.kind is Kind.EMBEDDING and dims == 0


def number_in_name(walk: Walkthrough) -> list[Bi]:
    """Why VGG16 is called 16: said only where the count comes out exactly."""
    found = re.search(r"[a-z](\d+)(?:$|_)", walk.name)
    if not found:
        return []
    convs = [layer for layer in walk.layers if layer.kind is Kind.CONVOLUTION]
    linears = sum(1 for layer in walk.layers if layer.kind is Kind.LINEAR)
    shortcuts = len(_shortcuts(walk, convs))
    number = int(found[1])
    values = {"number": number, "linears": linears, "shortcuts": shortcuts, "rest": REST}
    if len(convs) + linears == number and convs:
        return [NUMBER.format(convs=len(convs), **values)]
    if shortcuts and len(convs) - shortcuts + linears == number:
        return [NUMBER_SHORTCUTS.format(convs=len(convs) - shortcuts, **values)]
    return []


def _shortcuts(walk: Walkthrough, convs: list[Layer]) -> list[Layer]:
    """1×1 convolutions that lead, through a normalization at most, from a block's input straight to an addition."""
    by_index = {layer.index: layer for layer in walk.layers}
    users: dict[Source, int] = {}
    for layer in walk.layers:
        for source in layer.call.inputs:
            users[source] = users.get(source, 0) + 1
    found = []
    for layer in walk.layers:
        if layer.type != "add":
            continue
        for source in layer.call.inputs:
            end = by_index.get(source) if isinstance(source, int) else None
            if end and end.kind is Kind.NORMALIZATION:
                before = end.call.inputs[0]
                end = by_index.get(before) if isinstance(before, int) else None
            if end in convs and _is_pointwise(end) and users.get(end.call.inputs[0], 0) > 1:
                found.append(end)
    return found


def _is_pointwise(layer: Layer) -> bool:
    weight = layer.call.tensor_shape("weight", 1)
    return weight is not None and set(weight[2:]) == {1}
