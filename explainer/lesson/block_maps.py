"""What a block does to the number of its maps: growth, a transition, a concatenation with maps from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from explainer.document.nodes import Inline, Math
from explainer.formula.role import Role
from explainer.formula.tree import Number
from explainer.i18n.bilingual import Bi
from explainer.lesson.block_steps import always, kernel_of
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.story import Part
from explainer.walkthrough.templates.template import Step, Template

Values = dict[str, Inline | Bi | int]
Said = tuple[Bi, Values]
SAY_GROWTH = Bi(
    zh="一块的输出只有{growth}个通道，这个数叫增长率（growth rate）：每过一块，下一块的输入就多{growth}个通道。",
    en="A block makes only {growth} channels, the growth rate: after each block the next one's input has {growth} channels more.",
)
SAY_NARROWED = Bi(
    zh="{k}卷积之前，1×1卷积先把通道数变为{times}·{made}={narrow}，即增长率的{times}倍，所以不论输入有多少个通道，{k}卷积的参数量都相同。",
    en="Before the {k} convolution a 1×1 convolution brings the channels to {times}·{made} = {narrow}, {times} times the growth rate: however many go in, the {k} convolution costs the same.",
)
TRANSITION = Bi("过渡块", "transition block")
SAY_TRANSITION = Bi(
    zh="1×1卷积把通道数由{inside}降到{out}，池化再缩小特征图，后面各层的计算量因此减少。",
    en="A 1×1 convolution brings the channels from {inside} down to {out}, and pooling makes the map smaller, so that what follows has less to compute.",
)
SAY_JOINED = Bi(
    zh="块内算出的特征图有{made}个通道，与块外传来的特征图沿通道维拼接后共有{whole}个通道，所以拼接之后，卷积的输入通道数是{whole}。",
    en="The map made inside the block has {made} channels; with those of the map that comes from outside there are {whole}, which go into the convolution behind the "
    "concatenation.",
)


def growth(convs: Sequence[Step]) -> list[Said]:
    """How many channels a densely connected block makes, and why its first convolution is there: where both are fixed numbers."""
    out = [step.sizes.get(Role.CHANNELS_OUT) for step in convs]
    if not out or not isinstance(out[-1], Number):
        return []
    made = int(out[-1].value)
    said: list[Said] = [(SAY_GROWTH, {"growth": made})]
    kernels = [kernel_of(step) for step in convs]
    if len(convs) == 2 and kernels[0] == "1×1" and kernels[1] not in ("", "1×1") and isinstance(out[0], Number):
        narrow = int(out[0].value)
        if narrow > made and narrow % made == 0:
            values: Values = {"narrow": narrow, "times": narrow // made, "made": made}
            said.append((SAY_NARROWED, {**values, "k": Bi(kernels[1], kernels[1])}))
    return said


def transition(template: Template, steps: Sequence[Step]) -> Values | None:
    """The channels of a block that is one 1×1 convolution to fewer channels, and a pooling; None where it is none."""
    learned = [step for step in steps if step.params is not None and step.example.kind is not Kind.NORMALIZATION]
    pooled = [step for step in steps if step.example.kind is Kind.POOLING]
    if len(learned) != 1 or len(pooled) != 1 or learned[0].option or pooled[0].option:
        return None
    conv = learned[0]
    inside, out = conv.sizes.get(Role.CHANNELS_IN), conv.sizes.get(Role.CHANNELS_OUT)
    if conv.example.kind is not Kind.CONVOLUTION or kernel_of(conv) != "1×1" or inside is None or out is None:
        return None
    before, after = pooled[0].example.call.input_shapes, pooled[0].example.call.output_shapes
    smaller = before and after and all(a < b for a, b in zip(after[0][2:], before[0][2:], strict=False))
    return {"inside": Math(inside), "out": Math(out)} if smaller and always(template, inside, out) else None


def joined_from_outside(part: Part) -> list[Said]:
    """Why the channels grow again in a block that joins a map of its own with one from elsewhere (the decoder of a U-Net)."""
    assert part.template is not None
    steps = {step.example.index: step for step in part.template.steps if not step.option}
    for join in steps.values():
        sources = join.example.call.inputs
        if join.example.kind is not Kind.JOIN or len(sources) != 2:
            continue
        inside = [steps[source] for source in sources if isinstance(source, int) and source in steps]
        behind = [step for step in steps.values() if join.example.index in step.example.call.inputs]
        made = inside[0].sizes.get(Role.CHANNELS_OUT) if len(inside) == 1 else None
        whole = behind[0].sizes.get(Role.CHANNELS_IN) if len(behind) == 1 else None
        if made is not None and whole is not None and always(part.template, whole, made):
            return [(SAY_JOINED, {"made": Math(made), "whole": Math(whole)})]
    return []
