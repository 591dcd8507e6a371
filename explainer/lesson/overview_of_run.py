"""The pass in a few sentences: its steps kind by kind, its input and output, where the batch stands."""

from __future__ import annotations

from explainer.i18n.bilingual import Bi, joined, listed, same, shape_text
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.symbols import AXES
from explainer.walkthrough.model import Layer, Walkthrough

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
RUN_STOPPED = Bi(
    zh="输入为{input}，第一维是批量大小。下文的形状一律省略批量维。模型处于{mode}。",
    en="The input is {input}, the batch first. Shapes below leave the batch out; the model runs in {mode} mode.",
)
RETURNS_NOTHING = Bi(
    zh="forward没有返回张量（也许漏写了return），所以没有输出的形状可写。",
    en="Forward returns no tensor (its return may be missing), so there is no output whose shape could be given.",
)
A_SINGLE_NUMBER = Bi("一个数", "a single number")
NO_INPUT = Bi(
    zh="模型不需要输入，输出为{output}。模型处于{mode}。",
    en="The model takes no input; its output is {output}. It runs in {mode} mode.",
)
MODE = {"eval": Bi("评估模式", "evaluation"), "train": Bi("训练模式", "training")}
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


def kinds_said(walk: Walkthrough) -> Bi:
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
    named_kinds = [_moving(walk, kind, counts[kind]) for kind in moving]
    many = len(named_kinds) > 2  # names of their own have 与 in them: 求和与求平均
    kinds = joined([joined(named_kinds[:-1]), named_kinds[-1]], "，以及", " and ") if many else listed(named_kinds)
    return OTHER_STEPS.format(named=joined(named) + Bi("，", ", and "), n=others, kinds=kinds)


def _moving(walk: Walkthrough, kind: Kind, n: int) -> Bi:
    """拼接 / concatenation, where all of the kind are that; else 拼接与切分 / joining and splitting steps."""
    titles = {layer.rule.title for layer in walk.layers if layer.kind is kind and layer.rule is not None}
    if kind is Kind.JOIN and len(titles) == 1:
        return titles.pop()
    return Bi((OTHERS if kind is Kind.OTHER else kind.value).zh, plural(kind, n))


_STEPS = (Kind.RESHAPE, Kind.ELEMENTWISE, Kind.JOIN, Kind.REDUCTION, Kind.RESIZE, Kind.OTHER)


def plural(kind: Kind, n: int) -> str:
    """1 convolutional layer, 2 convolutional layers: the English words for so many of a kind."""
    words = OTHERS.en if kind is Kind.OTHER else kind.value.en
    if n != 1:
        return words
    if kind is Kind.OTHER:
        return "another operation"
    return (
        words.replace("layers", "layer")
        .replace("steps", "step")
        .replace("operations", "operation")
        .replace("functions", "function")
        .replace("sums and means", "sum or mean")
    )


def run_said(walk: Walkthrough) -> Bi:
    """Input, output, where the batch stands, and the mode."""
    inputs = joined([same(shape_text(shape)) for shape in walk.run.input_shapes])
    outputs = joined([same(shape_text(shape)) if shape else A_SINGLE_NUMBER for shape in walk.run.output_shapes])
    if not walk.run.input_shapes:
        return NO_INPUT.format(output=outputs, mode=MODE[walk.run.mode])
    if walk.run.stopped or not walk.run.output_shapes:
        return RUN_STOPPED.format(input=inputs, mode=MODE[walk.run.mode])
    if walk.run.batch == "second":
        path = next((one.path or one.type for one in walk.layers if _takes_sequence_first(one)), walk.name)
        return RUN_SEQUENCE_FIRST.format(input=inputs, output=outputs, path=path, mode=MODE[walk.run.mode])
    if any(layer.unbatched for layer in walk.layers):
        return RUN_UNBATCHED.format(input=inputs, output=outputs, mode=MODE[walk.run.mode])
    shapes = [shape[1:] for shape in (*walk.run.input_shapes, *walk.run.output_shapes)]
    example = shape_text(next((shape for shape in shapes if len(shape) > 1), shapes[0])) or "1"
    return RUN.format(input=inputs, axes=_axes(walk), output=outputs, example=example, mode=MODE[walk.run.mode])


def returns_nothing(walk: Walkthrough) -> list[Bi]:
    """That the pass came to its end and no tensor with it."""
    ended = walk.layers and walk.run.input_shapes and not walk.run.stopped
    return [RETURNS_NOTHING] if ended and not walk.run.output_shapes else []


def _takes_sequence_first(layer: Layer) -> bool:
    return layer.call.op is not None and layer.call.op.options.get("batch_first") is False


def with_values(walk: Walkthrough) -> list[Bi]:
    """That numbers were computed, and which, where shapes did not suffice or the user wanted it."""
    if walk.run.values == "meta":
        return []
    return [WITH_VALUES if walk.run.asked else SMALL_COPY, *([DRAWN] if walk.run.drawn else [])]


def no_batch(walk: Walkthrough, layer: Layer) -> Bi:
    """That one image came without a batch, with an example of how to put it in front."""
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
