"""What a training computes and takes with checkpointing and sharding, and the memory in another number format."""

from __future__ import annotations

from explainer.cost import sharding, training_steps
from explainer.cost.cost import Cost
from explainer.cost.plan import Plan
from explainer.cost.precision import NO_TRAINING, Precision
from explainer.cost.sharding import states_of
from explainer.cost.training_steps import TrainingSteps
from explainer.document.builder import Page
from explainer.document.nodes import Equation, Paragraph, Row, Table, Text
from explainer.formula.derivation import Derivation
from explainer.formula.tree import Number
from explainer.i18n.bilingual import Bi, grouped
from explainer.lesson.phrases import numbers_text

STEP_LABEL = Bi(zh="训练一步的FLOPs", en="FLOPs of a training step")
BACKWARD_LABEL = Bi(zh="反向传播的FLOPs", en="FLOPs of the backward pass")
AT_LEAST = Bi(
    zh="这次前向传播不完整，所以这些都是下限。",
    en="The forward pass is not complete, so all of these are lower bounds.",
)
TOKENS_LABEL = Bi(zh="整个训练的FLOPs", en="FLOPs of the whole training")
KEPT_LABEL = Bi(zh="用检查点时保留的字节", en="bytes kept with checkpointing")
AGAIN_LABEL = Bi(zh="用检查点时一步的FLOPs", en="FLOPs of a step with checkpointing")
ZERO_HEADER = (Bi("方式", "Way"), Bi("每台设备的字节数", "Bytes per device"), Bi("算式", "Working"))
WITH_ADAM = Bi(
    zh="以下按Adam计，参数、梯度和状态都是{dtype}。",
    en="With Adam, parameters, gradients and states in {dtype}.",
)
FORMAT = Bi(zh="以{dtype}计", en="In {dtype}")
FORMAT_HEADER = (Bi("项目", "What"), Bi("字节", "Bytes"), Bi("算式", "Working"))
NAMES = {
    "parameters": Bi("参数", "parameters"),
    "activations": Bi("各层输出合计", "all outputs together"),
    "peak": Bi("推理峰值", "inference peak"),
    "kept": Bi("为反向传播保留", "kept for the backward pass"),
    "gradients": Bi("梯度", "gradients"),
    "adam": Bi("Adam的状态", "Adam's state"),
    "cache": Bi("KV缓存", "KV cache"),
    "token": Bi("每个词元的KV缓存", "KV cache of one token"),
}


def training_plan(page: Page, cost: Cost, plan: Plan) -> None:
    """What a step computes; with the tokens the whole training; with checkpointing and with shards what they change."""
    steps = TrainingSteps(cost)
    if steps.forward is None or steps.backward is None or steps.step is None or not steps.forward.value:
        return
    page.tell([*steps.reasons, *([AT_LEAST] if steps.at_least else [])])
    equation(page, BACKWARD_LABEL, steps.backward)
    equation(page, STEP_LABEL, steps.step)
    if plan.tokens is not None:
        page.tell([training_steps.SIX_WHY])
        equation(page, TOKENS_LABEL, steps.of_tokens(plan.tokens))
    if plan.checkpoint:
        _checkpoint(page, steps)
    if plan.shards is not None:
        _shards(page, cost, plan)


def _checkpoint(page: Page, steps: TrainingSteps) -> None:
    found = steps.checkpoint
    if found is None:
        page.tell([training_steps.NO_SEGMENTS])
        return
    page.tell([training_steps.CHECKPOINT_WHY.format(n=found.segments)])
    equation(page, KEPT_LABEL, found.kept)
    equation(page, AGAIN_LABEL, found.step)


def _shards(page: Page, cost: Cost, plan: Plan) -> None:
    states = states_of(cost, plan)
    if states is None or plan.shards is None:
        return
    name = plan.dtype or ", ".join(cost.weights.bits_by_dtype) or "float32"
    page.tell([sharding.WHY.format(shards=plan.shards), WITH_ADAM.format(dtype=name)])
    rows: list[tuple[Text, ...]] = []
    for number in range(4):
        stage = states.stage(number)
        rows.append(((f"ZeRO-{number}",), (grouped(stage.value),), (numbers_text(stage),)))
    page.blocks.append(Table(tuple(page.both(title) for title in ZERO_HEADER), "lrl", tuple(rows)))


def in_precision(page: Page, cost: Cost, plan: Plan) -> None:
    """The table of the memory in the plan's number format."""
    if plan.dtype is None:
        return
    found = Precision(cost, plan.dtype)
    page.heading(3, FORMAT.format(dtype=plan.dtype))
    page.tell([*found.reasons, *([NO_TRAINING.format(dtype=plan.dtype)] if found.weights_only else [])])
    rows: list[tuple[Text, ...]] = []
    for name, derivation in found.figures.items():
        if derivation is not None:
            rows.append((page.both(NAMES[name]), (grouped(derivation.value),), (numbers_text(derivation),)))
    page.blocks.append(Table(tuple(page.both(title) for title in FORMAT_HEADER), "lrl", tuple(rows)))


def equation(page: Page, label: Bi, derivation: Derivation) -> None:
    """symbols, numbers and value, one under the other."""
    rows = [Row(page.label(label), (derivation.symbolic,)), Row(None, (derivation.substituted,))]
    if not isinstance(derivation.substituted, Number):
        rows.append(Row(None, (*derivation.steps, Number(derivation.value))))
    page.blocks.append(Equation(tuple(rows)))
    if legend := page.legend(derivation.symbolic):
        page.blocks.append(Paragraph(legend))
