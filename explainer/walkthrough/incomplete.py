"""What is said of a walkthrough that covers a part of the forward pass: which operation it was, and what to do."""

from __future__ import annotations

import re

from explainer.i18n.bilingual import Bi, joined, same
from explainer.i18n.printable import visible
from explainer.walkthrough.call import Stopped
from explainer.walkthrough.model import Layer, Walkthrough

STOPPED = Bi(
    zh="前向传播没有走完：{done}，停在{place}{operation}（{reason}）。{remedy}",
    en="The forward pass did not reach its end: {done}, and it stopped {place}{operation} ({reason}). {remedy}",
)
DONE = Bi(zh="走完{n}步后", en="{n:step was|steps were} made")
IN_MODULE = Bi(zh="{path}的", en="in {path}, at ")
IN_MODEL = Bi(zh="模型自身forward的", en="in the model's own forward, at ")
OPERATION = Bi(zh="“{name}”这一步", en="'{name}'")
SOME_STEP = Bi(zh="某一步", en="a step of its own")
ADD_REAL = Bi(
    zh="这一步取决于数值，而推导时只有形状：加上 --real（在Python中是 real=True），就带着数值运行。",
    en="The step depends on values, and the derivation has only shapes: with --real (in Python, real=True) it runs with values.",
)
OF_FILE = Bi(
    zh="文件里的计算图只能跟到这里：请改为推导原来的PyTorch模型，或换一组算子（opset）重新导出。",
    en="The file's graph can be followed no further: explain the PyTorch model that it came from, or export it again with other operators.",
)
NOT_TOGETHER = Bi(
    zh="这一步要用torchvision编译好的算子，而装好的torchvision与torch不配套，带着数值也不能运行：请从同一来源同时重装torch和torchvision"
    "（explain doctor 说明怎样装）。",
    en="The step needs torchvision's compiled operators, and the torchvision that is installed does not fit torch; with values it does not "
    "run either: install both together, from one source (explain doctor says how).",
)
OTHER_INPUT = Bi(
    zh="带着数值运行也走不完：请用 --input 给一个合适的输入，或改写这一步。",
    en="With values it does not reach its end either: give an input that fits, with --input, or write the step in another way.",
)
WITHOUT_RULE = Bi(
    zh="有{n}步没有规则能说明做了多少乘加：{steps}{torch}。要算全，须为它写一条规则（explainer.register），"
    "或改用有规则的写法。",
    en="For {n:step|steps} there is no rule that says how much is multiplied: {steps}{torch}. To have the whole, write a rule "
    "(explainer.register), or write the step so that it has one.",
)
TORCH_SAW = Bi(
    zh="（PyTorch的FlopCounterMode在其中统计到{macs}次乘加）",
    en=" (PyTorch's FlopCounterMode saw {macs} multiply-accumulates there)",
)
ONE_STEP = Bi(zh="第{n}步{name}", en="{name} (step {n})")
UNSEEN = Bi(
    zh="有乘法发生在记录下来的各步之外{torch}{names}，没有推导；多半在TorchScript或编译过的部分里，请改用原来的nn.Module。",
    en="Something is multiplied outside the steps that were recorded{torch}{names} and is not derived: mostly in a part in TorchScript, or "
    "compiled. Explain the original nn.Module instead.",
)
NAMED = Bi(zh="：{names}", en=": {names}")
AT_LEAST = Bi(
    zh="因此下文的计算量只是一部分，写作“至少”。",
    en="So the multiply-accumulates below are a part, and 'at least' stands before them.",
)
UNREGISTERED = Bi(
    zh="调用了没有登记在模型里的模块：{modules}。它们的参数不在model.parameters()中，优化器不会训练，保存和.to()也会漏掉；"
    "这是常见的错误，往往因为把层放进了普通的Python列表，或在forward里现做。请改用nn.ModuleList（或nn.ModuleDict），"
    "并在__init__中建好。",
    en="Modules are called that are not registered with the model: {modules}. Their parameters are missing from "
    "model.parameters(): no optimizer trains them, and saving and .to() leave them out. It is a classic mistake, mostly of layers in a "
    "plain Python list, or made in forward. Put them into an nn.ModuleList (or nn.ModuleDict), in __init__.",
)
ONE_UNREGISTERED = Bi(
    zh="{type}（由{owner}调用，有{params}个参数）",
    en="{type} (called by {owner}, with {params:parameter|parameters})",
)
PACKED = Bi(
    zh="量化层（{steps}）的权重和偏置打包存放，不是nn.Parameter，不在model.parameters()中，所以没有计入参数量。",
    en="The quantized layers ({steps}) keep their weights and biases packed: they are no nn.Parameter, not in model.parameters(), and so "
    "not in the number of parameters.",
)
MORE = Bi(zh="等{n}个", en=" and {n} more")
SHOWN = 4
_ON_PACKED = re.compile(r"quantized::(linear|conv|embedding)|quantized_(lstm|gru)").match
_UNFIT = re.compile(
    r"load custom C\+\+ ops|operator torchvision::\w+ does not exist"
)  # torchvision's own words, and torch's
REASON = 160


def incomplete(walk: Walkthrough) -> list[Bi]:
    """A sentence for each thing that is missing, with its remedy; none for a pass that is complete."""
    found = walk.completeness
    if found.complete:
        return []
    said = []
    if found.stopped:
        said.append(_stopped(walk))
    unexplained = [walk.layers[index - 1] for index in found.without_rule]
    if sound := [layer for layer in unexplained if not layer.error]:  # of a broken rule something else is said
        said.append(_without_rule(sound))
    if found.unseen or found.unseen_flops:
        names = (
            NAMED.format(names=_listed([same(visible(name)) for name in found.unseen])) if found.unseen else same("")
        )
        said.append(UNSEEN.format(torch=_torch_saw(found.unseen_flops // 2), names=names))
    return said


def unregistered(walk: Walkthrough) -> list[Bi]:
    """The classic mistake, if it was made: layers that are no part of the model."""
    if not walk.run.unregistered:
        return []
    listed = [
        ONE_UNREGISTERED.format(type=visible(one.type), owner=one.owner or walk.name, params=one.params)
        for one in walk.run.unregistered
    ]
    return [UNREGISTERED.format(modules=_listed(listed))]


def packed(walk: Walkthrough) -> list[Bi]:
    """Why a quantized model seems to have no parameters. By the operators that torch ran, with a rule for the layer or without."""
    layers = [layer for layer in walk.layers if any(map(_ON_PACKED, layer.call.uncounted))]
    return [PACKED.format(steps=_listed([_step(layer) for layer in layers]))] if layers else []


def _stopped(walk: Walkthrough) -> Bi:
    stopped = walk.run.stopped
    assert stopped is not None
    place = IN_MODULE.format(path=stopped.path) if stopped.path else IN_MODEL
    operation = OPERATION.format(name=visible(stopped.operation)) if stopped.operation else SOME_STEP
    reason = " ".join(visible(stopped.reason).split())
    return STOPPED.format(
        done=DONE.format(n=len(walk.layers)),
        place=place,
        operation=operation,
        reason=same(reason if len(reason) <= REASON else reason[:REASON].rstrip() + "…"),
        remedy=_remedy(stopped),
    )


def _remedy(stopped: Stopped) -> Bi:
    if stopped.of_file:
        return OF_FILE
    if _UNFIT.search(stopped.reason):
        return NOT_TOGETHER
    return OTHER_INPUT if stopped.with_values else ADD_REAL


def _without_rule(layers: list[Layer]) -> Bi:
    steps = list(map(_step, layers))
    seen = sum(layer.torch_macs or 0 for layer in layers)
    return WITHOUT_RULE.format(n=len(layers), steps=_listed(steps), torch=_torch_saw(seen))


def _step(layer: Layer) -> Bi:
    return ONE_STEP.format(n=layer.index, name=visible(layer.path or layer.type))


def _torch_saw(macs: int) -> Bi:
    """What torch's counter saw; nothing where it saw nothing, or did not run."""
    return TORCH_SAW.format(macs=macs) if macs else same("")


def _listed(parts: list[Bi]) -> Bi:
    shown = joined(parts[:SHOWN])
    return shown + MORE.format(n=len(parts) - SHOWN) if len(parts) > SHOWN else shown
