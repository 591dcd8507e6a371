"""What surrounds the layers: the table of all layers, subtotals, size in memory, and the closing certificate."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from explainer.compose.blocks import paths, repeated_value, run_paths, run_steps, steps
from explainer.compose.layer import capitalised, numbers_text, share, tensor_text, without_batch
from explainer.compose.overview import about
from explainer.compose.page import Page
from explainer.document import Code, Inline, Table, Text
from explainer.fold import Block, Part, Run, fold
from explainer.rules import Kind
from explainer.text.bi import Bi, grouped, joined, same
from explainer.walkthrough import By, Group, Layer, RawParameter, Verdict, Walkthrough

ALL_LAYERS = Bi(zh="各层一览", en="All layers at a glance")
HEADER = (
    Bi("序号", "No."),
    Bi("层", "Layer"),
    Bi("输出尺寸", "Output"),
    Bi("参数量算式", "Formula with numbers"),
    Bi("参数量", "Parameters"),
    Bi("占比", "Share"),
)
SUBTOTALS = Bi(zh="分部合计", en="Subtotals and total")
BY_KIND = Bi(zh="按层的类型合计：", en="By kind of layer:")
BY_BLOCK = Bi(zh="按顶层模块合计：", en="By top-level module:")
BY_STAGE = Bi(
    zh="按阶段合计（特征图大小相同的卷积层为一个阶段，不论在网络的什么位置）：",
    en="By stage (convolutions whose feature maps are of one size, wherever they stand in the network):",
)
STAGE_SUM = Bi(zh="第{n}阶段（{size}）：{sum}。", en="Stage {n} ({size}): {sum}.")
KIND_SUM = Bi(zh="{kind}（{n}个{uncalled}）：{sum}。", en="{kind} ({n}{uncalled}): {sum}.")
NOT_CALLED = Bi(zh="，其中{n}个未被调用", en=", {n} of them not called")
BLOCK_SUM = Bi(zh="{key}：{sum}。", en="{key}: {sum}.")
BLOCK_TWIN = Bi(
    zh="{key}：即上述全部{kind}，共{total}个参数。",
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
RAW_LIST = Bi(zh="在forward中直接使用的参数：{names}。", en="Parameters used directly in forward: {names}.")
TENSORS = Bi(zh="各参数张量：{names}。", en="The parameter tensors: {names}.")
MANY_ALIKE = Bi(zh="，直到{last}，共{n}个，{sum}", en=", and so on up to {last}, {n} of them, {sum}")
USED_BY = Bi(zh="（用于第{steps}步）", en=" (used in step {steps})")
UNUSED = Bi(zh="（这次没有用到）", en=" (not used in this pass)")
ALL_TRAINABLE = Bi(
    zh="{trainable}个参数全部可训练，没有冻结的参数。",
    en="All {trainable} parameters are trainable; none is frozen.",
)
SOME_FROZEN = Bi(
    zh="可训练参数{trainable}个，冻结参数{frozen}个。", en="{trainable} parameters are trainable and {frozen} frozen."
)
BUFFERS = Bi(
    zh="缓冲区共{buffers}个数（{names}），属于模型，但不由梯度学习，不是参数。",
    en="Buffers hold {buffers:number|numbers} ({names}): they belong to the model but are not learned by gradient, and are "
    "not parameters.",
)
NO_BUFFERS = Bi(zh="没有缓冲区。", en="There are no buffers.")
MEMORY = Bi(zh="参数占用的存储空间", en="Storage taken by the parameters")
MEMORY_TEXT = Bi(
    zh="参数占用的存储空间等于参数量乘以每个参数的字节数（不含中间结果、梯度等）。1字节（B）等于8比特（b）；1 MB=10⁶字节，1 MiB=2²⁰字节，二者不可混用。"
    "本模型的参数为{dtype}。",
    en="The parameters take as many bytes as there are parameters, times the bytes of each (intermediate "
    "results, gradients and the like not included). One byte (B) is eight bits (b); 1 MB = 10⁶ bytes "
    "and 1 MiB = 2²⁰ bytes are different units. This model's parameters are {dtype}.",
)
MEMORY_HEADER = (
    Bi("数据类型", "Data type"),
    Bi("每个参数（比特）", "Bits each"),
    Bi("合计（比特）", "Bits in all"),
    Bi("合计（字节）", "Bytes"),
    same("MB"),
    same("MiB"),
)
DTYPES = (("float64", 64), ("float32", 32), ("float16 / bfloat16", 16), ("int8", 8))
CERTIFICATE = Bi(zh="核对结果", en="Certificate")
CHECKED = Bi(
    zh="本文的{all}个数（{params}个参数量、{shapes}个输出尺寸和1个总参数量）逐一与PyTorch核对：{agrees}个一致，"
    "{disagrees}个不一致，{unchecked}个未核对。",
    en="{all} figures of this document ({params} parameter counts, {shapes} output sizes and the grand total) were checked "
    "against PyTorch: {agrees} agree, {disagrees} disagree, {unchecked} could not be checked.",
)
AGAINST = Bi(
    zh="参数量由公式算出，与模型中参数张量的元素个数比较；输出尺寸由公式算出，与在meta设备上实际运行一次前向传播所得的"
    "输出形状比较；总参数量与{code}比较。版本：PyTorch {torch}，explainer {explainer}。",
    en="Parameter counts come from the formulas and are compared with the number of elements in the model's own parameter "
    "tensors; output sizes are compared with the shapes of one real forward pass on the meta device; the total with "
    "{code}. Versions: PyTorch {torch}, explainer {explainer}.",
)
LOUD = Bi(
    zh="注意 ✗　有{n}个数与PyTorch不一致，见上文标有“不一致”的各处；请勿直接使用本文。",
    en="ATTENTION ✗  {n:figure|figures} disagree with PyTorch; see the places marked DISAGREES, and do not use this "
    "document as it is.",
)


def all_layers(page: Page, walk: Walkthrough) -> None:
    """The table of all layers, with what each adds to the total."""
    page.heading(2, ALL_LAYERS)
    rows = [row for part in _parts(page, walk) for row in _rows(part, walk.totals.params)]
    rows += [
        (
            (),
            (Code(part.path), f" {part.type}"),
            ("–",),
            (numbers_text(part.params) if part.params else "",),
            (grouped(part.counted),),
            (share(part.counted, walk.totals.params),),
        )
        for part in walk.uncalled
    ]
    rows += [_raw_row(page, alike, walk.totals.params) for alike in _alike(page, walk)]
    page.blocks.append(Table(tuple(page.both(title) for title in HEADER), "rlllrr", tuple(rows)))


def _parts(page: Page, walk: Walkthrough) -> Sequence[Part]:
    return walk.layers if page.detail == "full" else fold(walk.layers)


def _rows(part: Part, whole: int) -> list[tuple[Text, ...]]:
    """A row a layer; one row for all repetitions of a block."""
    if isinstance(part, Layer):
        return [_row(part, whole)]
    if isinstance(part, Run):
        out = without_batch(part.layers[-1])[1]
        return [((run_steps(part),), (Code(run_paths(part)),), (out,), (), ("0",), ("0",))]
    if isinstance(part, Block):
        return [row for inner in part.parts for row in _rows(inner, whole)]
    counted = sum(layer.counted for block in part.others for layer in block.layers)
    last = part.others[-1].layers[-1]
    folded: tuple[Text, ...] = (
        (steps(part.others),),
        (Code(paths(part.others)),),
        (without_batch(last)[1],),
        (repeated_value(part),),
        (grouped(counted),),
        (share(counted, whole),),
    )
    return [*_rows(part.first, whole), folded]


def _row(layer: Layer, whole: int) -> tuple[Text, ...]:
    place = f" {layer.place}" if layer.place else ""
    name: tuple[Inline, ...] = (
        Code(layer.path or layer.type),
        f" {layer.type}{place}" if layer.call.module is not None else "",
    )
    formula = numbers_text(layer.params) if layer.params and layer.value else ""
    return (
        (str(layer.index),),
        name,
        (without_batch(layer)[1],),
        (formula,),
        (grouped(layer.counted),),
        (share(layer.counted, whole),),
    )


def subtotals(page: Page, walk: Walkthrough) -> None:
    """Each part as the sum of its layers; the total as the sum of the parts."""
    page.heading(2, SUBTOTALS)
    kinds, blocks, stages = ([group for group in walk.groups(by) if group.params] for by in BYS)
    chosen = {"kind": kinds, "block": blocks, "stage": stages}.get(
        page.group or "", kinds if len(kinds) > 1 else blocks
    )
    if page.group == "stage":
        _by_stage(page, stages)
    if kinds and page.group in (None, "kind"):
        page.say(BY_KIND)
        for group in kinds:
            _kind_line(page, group)
    several = len(blocks) > 1 and any(len(_addends(group)) > 1 for group in blocks)
    if page.group == "block" or (page.group is None and several):
        _by_block(page, blocks, kinds if page.group is None else [])
    total = walk.totals.params
    sums = "+".join(grouped(group.params) for group in chosen)
    if sum(group.params for group in chosen) == total:
        page.tell([GRAND.format(sum=f"{sums}={grouped(total)}" if len(chosen) > 1 else sums, about=about(total))])
    _particulars(page, walk)


BYS: tuple[By, ...] = ("kind", "block", "stage")


def _kind_line(page: Page, group: Group) -> None:
    kind = RAW if group.key == "RAW" else Kind[group.key].value
    values = {"kind": capitalised(kind), "n": _members(group), "uncalled": _not_called(group), "sum": _sum(group)}
    page.tell([KIND_SUM.format(**values)])


def _by_block(page: Page, blocks: list[Group], kinds: list[Group]) -> None:
    """By top-level module; one that is a whole kind says so instead of repeating the sum."""
    page.say(BY_BLOCK)
    for group in blocks:
        twin = next((kind for kind in kinds if sorted(_addends(kind)) == sorted(_addends(group))), None)
        if twin and len(_addends(group)) > 1 and twin.key != "RAW":
            page.say(BLOCK_TWIN, key=Code(group.key), kind=Kind[twin.key].value, total=group.params)
        else:
            page.say(BLOCK_SUM, key=Code(group.key), sum=_sum(group))


def _by_stage(page: Page, stages: list[Group]) -> None:
    """By resolution of the feature map, whatever the place in the network."""
    page.say(BY_STAGE)
    for group in stages:
        if not group.resolution:
            _kind_line(page, group)
            continue
        size = "×".join(map(str, group.resolution))
        page.tell([STAGE_SUM.format(n=group.key.removeprefix("stage"), size=size, sum=_sum(group))])


def _particulars(page: Page, walk: Walkthrough) -> None:
    for path, layers in _reused(walk).items():
        extra = sum(layer.value - layer.counted for layer in layers)
        steps_ = joined([same(str(layer.index)) for layer in layers[:6]], en=", ")
        page.tell(
            [(REUSED if len(layers) < 7 else REUSED_OFTEN).format(n=steps_, path=path, times=len(layers), extra=extra)]
        )
    if walk.uncalled:
        listed = [same(f"{part.path} {grouped(part.counted)}") for part in walk.uncalled]
        page.tell([UNCALLED.format(modules=joined(listed))])
    if walk.raw_parameters:
        named = [_raw_text(alike, bool(walk.layers)) for alike in _alike(page, walk)]
        page.tell([(RAW_LIST if walk.layers else TENSORS).format(names=joined(named, "；", "; "))])
    totals = walk.totals
    parts = [SOME_FROZEN if totals.frozen else ALL_TRAINABLE, BUFFERS if totals.buffers else NO_BUFFERS]
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


def _alike(page: Page, walk: Walkthrough) -> list[list[RawParameter]]:
    """Raw parameters that differ in a layer's number alone, together: `layers.0.norm.weight`, `layers.1.norm.weight`."""
    found: dict[object, list[RawParameter]] = {}
    for raw in walk.raw_parameters:
        key = raw.name if page.detail == "full" else (re.sub(r"\d+", "*", raw.name), raw.shape)
        found.setdefault(key, []).append(raw)
    return list(found.values())


def _raw_row(page: Page, alike: list[RawParameter], whole: int) -> tuple[Text, ...]:
    total = sum(raw.params for raw in alike)
    name = alike[0].name if len(alike) == 1 else f"{alike[0].name} … {alike[-1].name}"
    each = tensor_text(alike[0].shape, alike[0].params).split("=")[0]
    formula = each if len(alike) == 1 else f"{len(alike)}·{each}"
    return ((), (Code(name),), ("–",), (formula,), (grouped(total),), (share(total, whole),))


def _raw_text(alike: list[RawParameter], used: bool) -> Bi:
    """`pos 1×12×32=384（用于第2步）`; many alike: the first and the last, and how many."""
    first, last = alike[0], alike[-1]
    text = same(f"{first.name} {tensor_text(first.shape, first.params)}")
    if len(alike) > 1:
        total = grouped(sum(raw.params for raw in alike))
        many = f"{len(alike)}·{grouped(first.params)}"
        return text + MANY_ALIKE.format(last=last.name, sum=Bi(f"{many}={total}", f"{many} = {total}"), n=len(alike))
    return text + _users(first) if used else text


def _users(raw: RawParameter) -> Bi:
    if not raw.used_by:
        return UNUSED
    steps = ", ".join(map(str, raw.used_by[:4]))
    return USED_BY.format(steps=Bi(steps.replace(", ", "、"), steps))


def _addends(group: Group) -> list[int]:
    counted = (
        [layer.counted for layer in group.layers]
        + [part.counted for part in group.uncalled]
        + [raw.params for raw in group.raw]
    )
    return [value for value in counted if value]


def _members(group: Group) -> int:
    return len(_addends(group))


def _not_called(group: Group) -> Bi:
    return NOT_CALLED.format(n=len(group.uncalled)) if group.uncalled else same("")


def _sum(group: Group) -> str:
    """1792+36,928+…+5·2,359,808=14,714,688: what occurs more than once, as a product."""
    times = Counter(_addends(group))
    terms = [grouped(value) if n == 1 else f"{n}·{grouped(value)}" for value, n in times.items()]
    total = grouped(group.params)
    return total if terms == [total] else f"{'+'.join(terms)}={total}"


def memory(page: Page, walk: Walkthrough) -> None:
    """What the parameters take in each data type: bits, bytes, MB and MiB."""
    page.heading(2, MEMORY)
    page.tell([MEMORY_TEXT.format(dtype=joined([same(dtype) for dtype in walk.totals.bits_by_dtype]))])
    total = walk.totals.params
    rows: list[tuple[Text, ...]] = []
    for name, bits in DTYPES:
        size = total * bits // 8
        figures = (
            name,
            str(bits),
            grouped(total * bits),
            grouped(size),
            _decimal(size / 10**6),
            _decimal(size / 2**20),
        )
        rows.append(tuple((figure,) for figure in figures))
    page.blocks.append(Table(tuple(page.both(title) for title in MEMORY_HEADER), "lrrrrr", tuple(rows)))


def _decimal(value: float) -> str:
    """1106.86, 10,240.00: grouped as whole numbers are."""
    return f"{value:,.2f}" if value >= 10_000 else f"{value:.2f}"


def certificate(page: Page, walk: Walkthrough) -> None:
    """How many figures were checked, against what, and how many agree."""
    page.heading(2, CERTIFICATE)
    checks = walk.checks
    page.tell(
        [
            CHECKED.format(
                all=sum(checks.values()),
                params=len(walk.layers) + len(walk.uncalled),
                shapes=len(walk.layers),
                agrees=checks[Verdict.AGREES],
                disagrees=checks[Verdict.DISAGREES],
                unchecked=checks[Verdict.UNCHECKED],
            )
        ]
    )
    wrong = checks[Verdict.DISAGREES] + walk.macs_checks[Verdict.DISAGREES]
    if wrong:
        page.alarm(LOUD.format(n=wrong))
    code = Code("sum(p.numel() for p in model.parameters())")
    page.say(AGAINST, code=code, torch=walk.versions["torch"], explainer=walk.versions["explainer"])
