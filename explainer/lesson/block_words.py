"""What a block is called and what it does, read off its formulas and its wiring; names of classes decide nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from explainer.document.nodes import Inline, Math
from explainer.formula.role import Role
from explainer.i18n.bilingual import Bi
from explainer.lesson.block_maps import (
    SAY_TRANSITION,
    TRANSITION,
    growth,
    transition,
)
from explainer.lesson.block_options import options_of
from explainer.lesson.block_steps import always, everywhere, kernel_of
from explainer.lesson.residual_work import ATTENTION as ATTENTIONS
from explainer.lesson.residual_work import Work, each_of, works_of
from explainer.lesson.shortcuts import adds_input, inside_of, instances_of, shortcut
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.parts import Layer
from explainer.walkthrough.story import Part
from explainer.walkthrough.templates.template import Step, Template

BLOCK = Bi("块", "block")
ROUND = Bi("循环体", "loop body")
RESIDUAL = Bi("残差块", "residual block")
BOTTLENECK = Bi("瓶颈残差块", "bottleneck block")
INVERTED = Bi("倒残差块", "inverted residual block")
TRANSFORMER = Bi("Transformer块", "Transformer block")
ATTENTION = Bi("注意力块", "attention block")
CONVOLVING = Bi("卷积增强的Transformer块", "convolution-augmented Transformer block")
DECODER = Bi("Transformer解码器块", "Transformer decoder block")
BRANCHES = Bi("多路并行块", "parallel-branch block")
DENSE = Bi("稠密连接块", "densely connected block")
CONVOLUTIONAL = Bi("卷积块", "convolutional block")
SEPARABLE = Bi("深度可分离卷积块", "depthwise separable block")
ENLARGING = Bi("上采样块", "upsampling block")
SQUEEZED = Bi("带压缩激励的{name}", "squeeze-and-excitation {name}")

SAY_RESIDUAL = Bi(
    zh="块的输入绕过块中各层（这条路叫捷径），加到结果上，这叫残差连接：这些层只需学习输出与输入之差，很深的网络也能训练。",
    en="The block's input is added to what its layers compute (a residual connection): they learn only the difference between output "
    "and input, and very deep networks can be trained.",
)
SAY_WITHIN = Bi(
    zh="块内有残差连接：几层的结果再加上这几层的输入，这些层只需学习二者之差，很深的网络也能训练。",
    en="Within the block what some layers compute is added to their own input (residual connections): they learn only the difference "
    "between output and input, and very deep networks can be trained.",
)
SAY_RESIDUAL_IN_SOME = Bi(
    zh="{all}块中有{n}块把块的输入加到块中各层的结果上，这叫残差连接：这些层只需学习输出与输入之差，很深的网络也能训练。",
    en="In {n} of the {all} blocks the block's input is added to what its layers compute (a residual connection): they learn only the "
    "difference between output and input, and very deep networks can be trained.",
)
SAY_FITTED = Bi(
    zh="尺寸或通道数改变的块里，输入先经过捷径上的1×1卷积（下表中部分块才有的层）再相加。",
    en="Where size or channels change, the input first goes through a 1×1 convolution on the shortcut (the layers “in some blocks” below).",
)
SAY_PROJECTED = Bi(
    zh="块的输入经过一条捷径（不带激活函数）加到块中各层的结果上，这叫残差连接：很深的网络也能训练。",
    en="The block's input, brought to the right size by a shortcut without activations, is added to its output (a residual connection): "
    "very deep networks can be trained.",
)
SAY_BOTTLENECK = Bi(
    zh="先用1×1卷积把通道数由{inside}降到{narrow}，再做{k}卷积，最后用1×1卷积把通道数升到{out}：{k}卷积只在较少的通道上进行，参数量和计算量都小得多。",
    en="A 1×1 convolution narrows the channels from {inside} to {narrow}, the {k} convolution works on these few, and another 1×1 "
    "convolution widens them to {out}: the large kernel is used on few channels only, which saves most parameters and work.",
)
SAY_MOSTLY_NARROWED = Bi(
    zh="先用1×1卷积得到{narrow}个通道（一般少于输入的{inside}个），再做{k}卷积，最后用1×1卷积把通道数升到{out}：{k}卷积只在较少的通道上进行，参数量和计算量都小得多。",
    en="A 1×1 convolution makes {narrow} channels (mostly fewer than the {inside} that come in), the {k} convolution works on these few, and "
    "another 1×1 convolution widens them to {out}: the large kernel is used on few channels only, which saves most parameters and work.",
)
SAY_INVERTED = Bi(
    zh="先用1×1卷积把通道数由{inside}升到{wide}，再逐通道做{k}卷积，即深度卷积，最后用1×1卷积把通道数降到{out}。"
    "深度卷积的每个卷积核只与一个通道相连，所以通道虽多，参数量和计算量仍小。",
    en="A 1×1 convolution widens the channels from {inside} to {wide}, a {k} convolution filters each channel by itself (depthwise), "
    "and another 1×1 convolution narrows them to {out}. A depthwise kernel sees one channel only, so the many channels cost little.",
)
SAY_TRANSFORMER = Bi(
    zh="每块做两件事，各带一条残差连接：注意力让每个位置从其他位置取信息，前馈网络再对每个位置单独变换。",
    en="A block does two things, each inside a residual connection: attention lets every position gather from others, the feed-forward "
    "network then transforms each position by itself.",
)
SAY_ATTENTION = Bi(
    zh="注意力让每个位置从其他位置取信息，结果加到块的输入上（残差连接）。",
    en="Attention lets every position gather from others; the result is added to the block's input (a residual connection).",
)
SAY_AROUND = Bi(
    zh="注意力让每个位置从其他位置取信息，前馈网络对每个位置单独变换；块的输入加到两者的结果上（残差连接）。",
    en="Attention lets every position gather from others, a feed-forward network transforms each position by itself; the block's input is "
    "added to what the two make (a residual connection).",
)
SAY_DECODER = Bi(
    zh="每块做三件事，各带一条残差连接：自注意力让每个位置从本序列的其他位置取信息，交叉注意力从另一个序列（编码器的输出）取信息，前馈网络再对每个位置单独变换。",
    en="A block does three things, each inside a residual connection: self-attention lets every position gather from others of its own "
    "sequence, cross-attention from another sequence (what the encoder made), the feed-forward network then transforms each position by "
    "itself.",
)
SAY_BRANCHES = Bi(
    zh="同一输入分{n}路并行处理，再沿通道维拼接，所以输出通道数是各路之和。",
    en="One input goes through {n} parallel branches, whose outputs are concatenated along the channels: the output has as many "
    "channels as all of them together.",
)
SAY_BRANCHES_THEN = Bi(
    zh="同一输入分{n}路并行处理，再沿通道维拼接，后面的层由拼接的结果算出输出。",
    en="One input goes through {n} parallel branches, whose outputs are concatenated along the channels; the layers behind work on all of them.",
)
SAY_GATHERED = Bi(
    zh="块中各层依次计算，先后得到的{n}个结果沿通道维拼接，所以浅层和深层的特征都用得上。",
    en="The layers work one after another, and {n} of the results on the way are concatenated along the channels: what few layers and what many layers see is used alike.",
)
SAY_DENSE = Bi(
    zh="每块都以前面各块的输出沿通道维拼接的结果为输入，所以输入通道数逐块增加。",
    en="Each block takes the concatenated outputs of all blocks before it, so its input has more channels from block to block.",
)
SAY_SEPARABLE = Bi(
    zh="先逐通道做{k}卷积，即深度卷积，再用1×1卷积把各通道合起来：一个普通的{k}卷积分成这两步（深度可分离卷积），参数量和计算量都小得多。",
    en="A {k} convolution filters each channel by itself (depthwise), then a 1×1 convolution combines the channels: an ordinary {k} convolution in two steps (depthwise separable), "
    "which take far fewer parameters and far less computation.",
)
MIXING = Bi("带混合专家的{name}", "{name} with a mixture of experts")

SAY_SQUEEZED = Bi(
    zh="压缩激励模块先把每个通道的特征图平均成1个数（压缩），再由这些数算出各通道的系数（激励），最后把各通道乘以自己的系数。",
    en="Squeeze and excitation averages each channel's map to one number (squeeze), computes a factor for each channel from these numbers "
    "(excitation), and multiplies each channel by its own.",
)
SQUEEZED_IN_SOME = Bi(
    zh="其中{n}块带压缩激励。",
    en="In {n:block|blocks} there is squeeze and excitation too.",
)


def described(part: Part) -> tuple[Bi, list[tuple[Bi, dict[str, Inline | Bi | int]]]]:
    """What the block is called, and sentences on what it does, each with what goes into it."""
    name, said = _described(part)
    if name is not BLOCK and any(idea.kind == "mixture_of_experts" for idea in part.ideas):
        name = MIXING.format(name=name)
    if name is not BLOCK and (squeezed := _squeezed(part)):
        if squeezed == len(part.template.rows if part.template else ()):
            return SQUEEZED.format(name=name), [*said, (SAY_SQUEEZED, {})]
        said = [*said, (SQUEEZED_IN_SOME, {"n": squeezed}), (SAY_SQUEEZED, {})]
    return name, said


def _squeezed(part: Part) -> int:
    """How many of the blocks have squeeze and excitation."""
    calls = {index for idea in part.ideas if idea.kind == "squeeze_excitation" for index in idea.calls}
    paths = [f"{layer.path}." for layer in part.layers if layer.index in calls]
    rows = part.template.rows if part.template else ()
    return sum(any(path.startswith(f"{row.path}.") for path in paths) for row in rows)


def _described(part: Part) -> tuple[Bi, list[tuple[Bi, dict[str, Inline | Bi | int]]]]:
    template = part.template
    assert template is not None
    steps = template.steps
    convs = [step for step in steps if step.example.kind is Kind.CONVOLUTION and not step.option]
    inside = {index for idea in part.ideas if idea.kind != "attention" for index in idea.calls}
    residuals = _residuals([step for step in steps if step.example.index not in inside], part)
    adds = len(residuals)
    joins, how = _joined_branches(template)
    attends = any(idea.kind in (*ATTENTIONS, "channel_attention") for idea in part.ideas)
    crosses = {bool(idea.settings.get("cross")) for idea in part.ideas if idea.kind == "attention"}
    if adds and crosses == {True, False} and any(idea.kind in ("mlp", "gated_mlp") for idea in part.ideas):
        return DECODER, [(SAY_DECODER, {})]
    if adds and (attends or any(step.example.kind is Kind.ATTENTION for step in steps)):
        return _attending(works_of([step.example for step in steps], part.ideas, residuals))
    if adds and (three := _narrow_or_wide(part, template, steps, residuals)):
        return three
    if adds:
        if _projected(part, steps, residuals):
            return (RESIDUAL if convs else BLOCK), [(SAY_PROJECTED, {})]
        return (RESIDUAL if convs else BLOCK), [_residual(template, residuals), *_fitted(steps, part, template)]
    if joins > 2:
        return _of_convolutions(steps) if how is SAY_GATHERED else BRANCHES, [(how, {"n": joins})]
    if part.loop:
        return ROUND, []
    if _takes_all_before(part, template):
        return DENSE, [(SAY_DENSE, {}), *growth(convs)]
    if (less := transition(template, steps)) is not None:
        return TRANSITION, [(SAY_TRANSITION, less)]
    if (separable := _separable(steps)) is not None:
        return SEPARABLE, [(SAY_SEPARABLE, separable)]
    return _of_convolutions(steps), []


def _separable(steps: Sequence[Step]) -> dict[str, Inline | Bi | int] | None:
    """A depthwise convolution, then one of 1×1, and no other; a squeeze of 1×1 maps is not counted."""
    convs = [
        step
        for step in steps
        if step.example.kind is Kind.CONVOLUTION
        and step.example.call.output_shapes
        and max(step.example.call.output_shapes[0][2:], default=1) > 1
    ]
    if len(convs) != 2 or any(step.option for step in convs) or kernel_of(convs[1]) != "1×1":
        return None
    deep = convs[0].example.output
    if deep is None or deep.form != "depthwise" or kernel_of(convs[0]) in ("", "1×1"):
        return None
    return {"k": Bi(kernel_of(convs[0]), kernel_of(convs[0]))}


def _of_convolutions(steps: Sequence[Step]) -> Bi:
    """What a block is called whose learned layers are convolutions alone, normalized or not; larger maps come out of an upsampling one."""
    kinds = {step.example.kind for step in steps if step.params is not None} - {Kind.NORMALIZATION, Kind.ACTIVATION}
    if not kinds or not kinds <= {Kind.CONVOLUTION, Kind.TRANSPOSED}:
        return BLOCK
    return ENLARGING if any(map(_enlarges, steps)) else CONVOLUTIONAL


def _enlarges(step: Step) -> bool:
    """Whether a step makes every side of its map larger: a transposed convolution of stride 2, an interpolation."""
    if step.example.kind not in (Kind.TRANSPOSED, Kind.RESIZE):
        return False
    before, after = step.example.call.input_shapes, step.example.call.output_shapes
    return (
        bool(before and after)
        and len(after[0]) > 2
        and all(a > 1.5 * b for b, a in zip(before[0][2:], after[0][2:], strict=False))
    )


def _attending(works: Sequence[set[Work]]) -> tuple[Bi, list[tuple[Bi, dict[str, Inline | Bi | int]]]]:
    """A block with attention in it, by what it does inside each residual connection."""
    does = set[Work]().union(*works)
    alone = does in ({"attention"}, {"channel_attention"})
    transforms = bool(does & {"feed_forward", "mixture", "mixed"})
    name = ATTENTION if alone else CONVOLVING if transforms and "convolution" in does else TRANSFORMER
    if [*works] in ([{"attention"}, {"feed_forward"}], [{"attention"}, {"mixture"}]):
        return name, [(SAY_TRANSFORMER, {})]
    if does == {"attention"} and len(works) == 1:
        return name, [(SAY_ATTENTION, {})]
    if said := each_of(works):
        return name, [(one, {}) for one in said]
    if {*does} == {"attention", "feed_forward"} and {"attention", "feed_forward"} in works:
        return name, [(SAY_AROUND, {})]
    return name, [(SAY_WITHIN, {})]


def _residual(template: Template, residuals: Sequence[int]) -> tuple[Bi, dict[str, Inline | Bi | int]]:
    """That the input is added, and in how many of the blocks: where the stride or the channels change, many networks leave it out."""
    added = [step for step in template.steps if step.example.index in residuals]
    if len(added) > 1 and not all(step.option for step in added):
        return SAY_WITHIN, {}
    homes = [f"{row.path}." for row in template.rows]
    if not any(_of_block(step.example, template, homes) for step in added):
        return SAY_WITHIN, {}
    names = {step.name for step in added}
    having = [row for row in template.rows if names.intersection(row.options)]
    if not all(step.option for step in added) or len(having) == len(template.rows):
        return SAY_RESIDUAL, {}
    return SAY_RESIDUAL_IN_SOME, {"n": len(having), "all": len(template.rows)}


def _of_block(add: Layer, template: Template, homes: Sequence[str]) -> bool:
    """Whether an addition gets what goes into the block, perhaps in another shape, and not only what was made in it.

    homes: the instances; an optional step's example is of another instance than the first, whose calls go before it.
    """
    home = next((home for home in homes if f"{add.path}.".startswith(home)), "")
    inside = {s.example.index: s.example for s in template.steps if f"{s.example.path}.".startswith(home)}
    if not add.call.bypass:
        return True  # by a shortcut with layers of its own, which begins at the block's input
    at: int | str | None = min(source if isinstance(source, int) else 0 for source in add.call.inputs)
    while isinstance(at, int) and at in inside and inside[at].kind is Kind.RESHAPE:
        at = next(iter(inside[at].call.inputs), None)
    return at not in inside


def _projected(part: Part, steps: Sequence[Step], residuals: Sequence[int]) -> bool:
    """Whether no residual connection of any instance adds its input as it is."""
    names = {step.name for step in steps if step.example.index in residuals}
    ways = [
        shortcut(layer, inside)
        for path, inside in instances_of(part).items()
        for layer in inside.values()
        if layer.path[len(path) :].lstrip(".") in names
    ]
    return bool(ways) and all(any(layer.kind is not Kind.RESHAPE for layer in way) for way in ways)


def _residuals(steps: Sequence[Step], part: Part) -> list[int]:
    """The calls of the additions of a tensor and what was computed from it, the tensor perhaps through layers of its own.

    Looked at in every instance: what only some have is of these, and beside a branch that some have nothing is said.
    """
    adds = adds_input(part)
    inside = {step.example.index: step.example for step in steps}
    return [
        step.example.index
        for step in steps
        if step.name in adds or step.example.call.bypass or shortcut(step.example, inside)
    ]


def _narrow_or_wide(
    part: Part, template: Template, steps: Sequence[Step], residuals: Sequence[int]
) -> tuple[Bi, list[tuple[Bi, dict[str, Inline | Bi | int]]]] | None:
    """1×1, k×k, 1×1 on the main path: narrow in the middle, or wide and depthwise. A squeeze of 1×1 maps is not counted."""
    aside = options_of(part, template).aside
    convs = [
        step
        for step in steps
        if step.example.kind is Kind.CONVOLUTION
        and step.name not in aside
        and not (step.option and not _leads_on(step, part, template))
        and step.example.call.output_shapes
        and max(step.example.call.output_shapes[0][2:], default=1) > 1
    ]
    if len(convs) != 3 or [kernel_of(step) for step in (convs[0], convs[2])] != ["1×1", "1×1"]:
        return None
    if kernel_of(convs[1]) in ("", "1×1"):
        return None
    inside, middle = convs[0].sizes.get(Role.CHANNELS_IN), convs[0].sizes.get(Role.CHANNELS_OUT)
    out = convs[2].sizes.get(Role.CHANNELS_OUT)
    if inside is None or middle is None or out is None:
        return None
    projected = _projected(part, steps, residuals)
    added = (SAY_PROJECTED, dict[str, Inline | Bi | int]()) if projected else _residual(template, residuals)
    depthwise = convs[1].example.output is not None and convs[1].example.output.form == "depthwise"
    values: dict[str, Inline | Bi | int] = {
        "inside": Math(inside),
        "out": Math(out),
        "k": Bi(kernel_of(convs[1]), kernel_of(convs[1])),
    }
    if depthwise and always(template, middle, inside) and always(template, middle, out):
        return INVERTED, [(SAY_INVERTED, {**values, "wide": Math(middle)}), added]
    if not depthwise and always(template, out, middle):
        said = SAY_BOTTLENECK if everywhere(template, inside, middle) else SAY_MOSTLY_NARROWED
        narrowed = (said, {**values, "narrow": Math(middle)})
        return BOTTLENECK, [narrowed, added, *_fitted(steps, part, template)]
    return None


def _fitted(steps: Sequence[Step], part: Part, template: Template) -> list[tuple[Bi, dict[str, Inline | Bi | int]]]:
    """Of blocks some of which have a 1×1 convolution on the shortcut."""
    optional = [step for step in steps if step.option and step.example.kind is Kind.CONVOLUTION]
    alone = [step for step in optional if not _leads_on(step, part, template)]
    return [(SAY_FITTED, {})] if len(alone) == len(optional) == 1 and kernel_of(alone[0]) == "1×1" else []


def _leads_on(option: Step, part: Part, template: Template) -> bool:
    """Whether another convolution follows an optional one: an expansion, which some instances have none of, and no shortcut."""
    path = option.example.path
    home = next((row.path for row in template.rows if f"{path}.".startswith(f"{row.path}." if row.path else "")), "")
    reached = {option.example.index}
    for layer in inside_of(part, home).values():
        if reached.intersection(source for source in layer.call.inputs if isinstance(source, int)):
            if layer.kind is Kind.CONVOLUTION:
                return True
            if not layer.call.bypass:
                reached.add(layer.index)
    return False


DEPTHWISE = Bi("深度卷积层", "depthwise convolutional layer")
_BY_SIGN = {
    "mul": Bi("逐元素相乘", "multiplication"),
    "sub": Bi("逐元素相减", "subtraction"),
    "div": Bi("逐元素相除", "division"),
}


def title_of(step: Step) -> Bi:
    """3×3卷积层 / 3×3 convolutional layer; 核长2的一维卷积层 for a single side; else the rule's title."""
    layer = step.example
    title = layer.rule.title if layer.rule else Bi(layer.type, layer.type)
    if layer.output is not None and layer.output.form == "depthwise" and title.zh == "卷积层":
        title = DEPTHWISE
    if layer.rule is not None and layer.rule.name == "arithmetic":
        title = _BY_SIGN.get(layer.type, title)
    kernel = kernel_of(step) if layer.kind in (Kind.CONVOLUTION, Kind.TRANSPOSED) else ""
    if not kernel:
        return title
    if "×" not in kernel:
        return Bi(f"核长{kernel}的{title.zh}", f"{title.en} of kernel length {kernel}")
    return Bi(f"{kernel}{title.zh}", f"{kernel} {title.en}")


def _joined_branches(template: Template) -> tuple[int, Bi]:
    """How many branches the last concatenation of the block joins, all of them made in it, by something that has parameters, and how it is said.

    What lies behind one another is no branch beside it; behind the concatenation the channels are those of the next layer.
    """
    inside = {step.example.index: step for step in template.steps}
    first = next((step for step in template.steps if step.params is not None), None)
    for step in reversed(template.steps):
        call = step.example.call
        made = first is not None and first.example.index < step.example.index
        joins = step.example.kind is Kind.JOIN and len(call.inputs) > 1
        if joins and made and all(source in inside for source in call.inputs):
            sources = {source for source in call.inputs if isinstance(source, int)}
            behind = any(sources & _before(source, inside) for source in sources)
            more = any(one.params is not None and one.example.index > step.example.index for one in template.steps)
            return len(call.inputs), SAY_GATHERED if behind else SAY_BRANCHES_THEN if more else SAY_BRANCHES
    return 0, SAY_BRANCHES


def _before(at: int, inside: Mapping[int, Step]) -> set[int]:
    """The block's calls that lead to one of them, without itself."""
    found: set[int] = set()
    waiting = [at]
    while waiting:
        for source in inside[waiting.pop()].example.call.inputs:
            if isinstance(source, int) and source in inside and source not in found:
                found.add(source)
                waiting.append(source)
    return found


def _takes_all_before(part: Part, template: Template) -> bool:
    """Whether each instance begins by joining what the one before it joined, and more: of a container the next takes all and its output."""
    first = template.steps[0]
    if first.example.kind is not Kind.JOIN:
        return False
    begins = {layer.path: set(layer.call.inputs) for layer in reversed(part.layers) if layer.kind is Kind.JOIN}
    joined = [(row.path.rpartition(".")[0], begins.get(f"{row.path}.{first.name}", set())) for row in template.rows]
    pairs = [(one, other) for (home, one), (there, other) in pairwise(joined) if home == there]
    return bool(pairs) and all(one < other for one, other in pairs)
