"""The subtotals, each part as the sum of its layers, and the total as the sum of the parts."""

from __future__ import annotations

from explainer.document.builder import Page
from explainer.document.nodes import Code
from explainer.i18n.bilingual import Bi, grouped, joined, same
from explainer.lesson.computation import plus, summed
from explainer.lesson.overview import about
from explainer.lesson.overview_of_run import plural
from explainer.lesson.phrases import capitalised
from explainer.lesson.raw_parameters import alike, raw_text
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import By, Group, Layer, Walkthrough

SUBTOTALS = Bi(zh="分部合计", en="Subtotals and total")
BY_KIND = Bi(zh="按层的类型合计：", en="By kind of layer:")
BY_BLOCK = Bi(zh="按顶层模块合计：", en="By top-level module:")
BY_STAGE = Bi(
    zh="按阶段合计（特征图大小相同的卷积层为一个阶段，不论在网络的什么位置）：",
    en="By stage (convolutions whose feature maps are of one size, wherever they stand in the network):",
)
STAGE_SUM = Bi(zh="第{n}阶段（{size}）：{sum}。", en="Stage {n} ({size}): {sum}.")
KINDS_SHORT = Bi(zh="按层的类型，参数量分别为：{parts}。", en="Parameters by kind of layer: {parts}.")
KIND_SHORT = Bi(zh="{kind}（{n}个）{total}", en="{kind} ({n}) {total}")
KIND_SUM = Bi(zh="{kind}（{n}个{uncalled}）：{sum}。", en="{kind} ({n}{uncalled}): {sum}.")
NOT_CALLED = Bi(zh="，其中{n}个未被调用", en=", {n} of them not called")
NOT_REACHED = Bi(zh="，其中{n}个未执行到", en=", {n} of them not reached")
NOT_SEEN = Bi(zh="，其中{n}个没有看到被调用", en=", {n} of them not seen to be called")
BLOCK_SUM = Bi(zh="{key}：{sum}。", en="{key}: {sum}.")
BLOCK_TWIN = Bi(
    zh="{key}包含全部{kind}，共{total}个参数。",
    en="{key}: all the {kind} above, {total} parameters.",
)
GRAND = Bi(zh="总计：{sum}{about}。", en="In all: {sum}{about}.")
RAW = Bi("单独的参数", "parameters used directly")
REUSED = Bi(
    zh="第{n}步（{path}）用的是前面已经计入的参数，不重复计数；若重复计数，会多算{extra}个。",
    en="Step {n} ({path}) uses parameters that were counted before and adds none; counting them again would add {extra}.",
)
REUSED_OFTEN = Bi(
    zh="{path}被反复使用，除首次外还有{times}次，参数不重复计数；若每次都计，会多算{extra}个。",
    en="{path} is used again {times} times after the first; its parameters are counted once, and counting them each time "
    "would add {extra}.",
)
UNCALLED = Bi(
    zh="这次前向传播没有用到、但仍计入总数的模块：{modules}。",
    en="Modules not used in this forward pass, but counted in the total: {modules}.",
)
UNREACHED = Bi(
    zh="前向传播未执行到、但仍计入总数的模块：{modules}。",
    en="Modules not reached by this forward pass, but counted in the total: {modules}.",
)
UNSEEN = Bi(
    zh="没有看到被调用、但仍计入总数的模块：{modules}。",
    en="Modules not seen to be called, but counted in the total: {modules}.",
)
RAW_LIST = Bi(zh="在forward中直接使用的参数：{names}。", en="Parameters used directly in forward: {names}.")
TENSORS = Bi(zh="各参数张量：{names}。", en="The parameter tensors: {names}.")
ALL_TRAINABLE = Bi(
    zh="这{trainable}个参数全部可训练，没有冻结的参数。",
    en="All {trainable} parameters are trainable; none is frozen.",
)
SOME_FROZEN = Bi(
    zh="可训练参数{trainable}个，冻结参数{frozen}个。", en="{trainable} parameters are trainable and {frozen} frozen."
)
TRAINABLE_UNKNOWN = Bi(
    zh="哪些参数可训练、哪些冻结，权重文件里没有写，不得而知。",
    en="Which parameters are trainable and which are frozen a file of weights does not say: it is not known.",
)
BUFFERS_BY_NAME = Bi(
    zh="按名称和类型看，有{buffers}个数属于缓冲区（{names}），不是参数。",
    en="By name and type {buffers:number is|numbers are} of buffers ({names}), and no parameters.",
)
BUFFERS = Bi(
    zh="缓冲区共{buffers}个数（{names}），属于模型，但不由梯度学习，不是参数。",
    en="Buffers hold {buffers:number|numbers} ({names}): they belong to the model but are not learned by gradient, and are "
    "not parameters.",
)
NO_BUFFERS = Bi(zh="模型没有缓冲区。", en="There are no buffers.")
BYS: tuple[By, ...] = ("kind", "block", "stage")


def subtotals(page: Page, walk: Walkthrough) -> None:
    """Each part as the sum of its layers; the total as the sum of the parts."""
    page.heading(2, SUBTOTALS)
    if page.detail == "standard" and page.group is None and not walk.run.weights_only:
        _kinds_in_short(page, walk)
        _particulars(page, walk)
        return
    kinds, blocks, stages = ([group for group in walk.groups(by) if group.params] for by in BYS)
    chosen = {"kind": kinds, "block": blocks, "stage": stages}.get(
        page.group or "", kinds if len(kinds) > 1 else blocks
    )
    idle = NOT_CALLED if walk.complete else NOT_REACHED if walk.completeness.stopped else NOT_SEEN
    if page.group == "stage":
        _by_stage(page, stages, idle)
    if kinds and page.group in (None, "kind"):
        page.say(BY_KIND)
        for group in kinds:
            _kind_line(page, group, idle)
    several = len(blocks) > 1 and any(len(_addends(group)) > 1 for group in blocks)
    if page.group == "block" or (page.group is None and several):
        _by_block(page, blocks, kinds if page.group is None else [])
    total = walk.totals.params
    sums = plus([grouped(group.params) for group in chosen])
    if sum(group.params for group in chosen) == total:
        page.tell(
            [
                GRAND.format(
                    sum=sums + Bi(f"={grouped(total)}", f" = {grouped(total)}") if len(chosen) > 1 else sums,
                    about=about(total),
                )
            ]
        )
    _particulars(page, walk)


def _kinds_in_short(page: Page, walk: Walkthrough) -> None:
    """How much each kind of layer has, in a sentence."""
    parts = []
    for group in walk.groups("kind"):
        if group.params:
            parts.append(
                KIND_SHORT.format(kind=counted_kind(group.key, _members(group)), n=_members(group), total=group.params)
            )
    if len(parts) > 1:
        total = grouped(walk.totals.params)
        sums = plus([grouped(group.params) for group in walk.groups("kind") if group.params])
        whole = GRAND.format(sum=sums + Bi(f"={total}", f" = {total}"), about=about(walk.totals.params, "B"))
        page.tell([KINDS_SHORT.format(parts=joined(parts, "，", "; ")), whole])


def counted_kind(key: str, n: int) -> Bi:
    """卷积层 / convolutional layers, of one: convolutional layer."""
    if key == "RAW":
        return RAW if n != 1 else Bi(RAW.zh, RAW.en.replace("parameters", "parameter"))
    return Bi(Kind[key].value.zh, plural(Kind[key], n))


def _kind_line(page: Page, group: Group, idle: Bi) -> None:
    values = {
        "kind": capitalised(counted_kind(group.key, _members(group))),
        "n": _members(group),
        "uncalled": idle.format(n=len(group.uncalled)) if group.uncalled else same(""),
        "sum": summed(_addends(group)),
    }
    page.tell([KIND_SUM.format(**values)])


def _by_block(page: Page, blocks: list[Group], kinds: list[Group]) -> None:
    """By top-level module; one that is a whole kind says so instead of repeating the sum."""
    page.say(BY_BLOCK)
    for group in blocks:
        twin = next((kind for kind in kinds if sorted(_addends(kind)) == sorted(_addends(group))), None)
        if twin and len(_addends(group)) > 1 and twin.key != "RAW":
            page.say(BLOCK_TWIN, key=Code(group.key), kind=Kind[twin.key].value, total=group.params)
        else:
            page.say(BLOCK_SUM, key=Code(group.key), sum=summed(_addends(group)))


def _by_stage(page: Page, stages: list[Group], idle: Bi) -> None:
    """By resolution of the feature map, whatever the place in the network."""
    page.say(BY_STAGE)
    for group in stages:
        if not group.resolution:
            _kind_line(page, group, idle)
            continue
        size = "×".join(map(str, group.resolution))
        page.tell([STAGE_SUM.format(n=group.key.removeprefix("stage"), size=size, sum=summed(_addends(group)))])


def _particulars(page: Page, walk: Walkthrough) -> None:
    for path, layers in _reused(walk).items():
        extra = sum(layer.value - layer.counted for layer in layers)
        steps_ = joined([same(str(layer.index)) for layer in layers[:6]], en=", ")
        page.tell(
            [(REUSED if len(layers) < 7 else REUSED_OFTEN).format(n=steps_, path=path, times=len(layers), extra=extra)]
        )
    if walk.uncalled:
        listed = [same(f"{part.path} {grouped(part.counted)}") for part in walk.uncalled]
        sentence = UNCALLED if walk.complete else UNREACHED if walk.completeness.stopped else UNSEEN
        page.tell([sentence.format(modules=joined(listed))])
    if walk.raw_parameters:
        named = [raw_text(together, walk) for together in alike(page, walk)]
        page.tell([(RAW_LIST if walk.layers else TENSORS).format(names=joined(named, "；", "; "))])
    totals = walk.totals
    parts = [BUFFERS if totals.buffers else NO_BUFFERS]
    if not totals.independent:
        parts = [TRAINABLE_UNKNOWN, *([BUFFERS_BY_NAME] if totals.buffers else [])]
    else:
        parts = [*([SOME_FROZEN if totals.frozen else ALL_TRAINABLE] if totals.params else []), *parts]
    values = {
        "trainable": totals.trainable,
        "frozen": totals.frozen,
        "buffers": totals.buffers,
        "names": _named(totals.buffer_names),
    }
    page.tell([part.format(**values) for part in parts])


def _named(names: tuple[str, ...]) -> Bi:
    shown = joined([same(name) for name in names[:4]])
    return shown if len(names) <= 4 else shown + Bi("等", ", …")


def _reused(walk: Walkthrough) -> dict[str, list[Layer]]:
    """The calls whose parameters were counted earlier, by module."""
    found: dict[str, list[Layer]] = {}
    for layer in walk.layers:
        if layer.value > layer.counted:
            found.setdefault(layer.path.partition("@")[0], []).append(layer)
    return found


def _addends(group: Group) -> list[int]:
    counted = (
        [layer.counted for layer in group.layers]
        + [part.counted for part in group.uncalled]
        + [raw.params for raw in group.raw]
    )
    return [value for value in counted if value]


def _members(group: Group) -> int:
    return len(_addends(group))
