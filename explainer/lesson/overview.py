"""What comes before the layers: what the model is, its input, its totals, and how it got its number."""

from __future__ import annotations

from explainer.document.builder import Page
from explainer.document.nodes import Code, Inline
from explainer.i18n.bilingual import Bi, joined, same
from explainer.lesson.architectures import family_text
from explainer.lesson.number_in_name import number_in_name
from explainer.lesson.overview_of_run import kinds_said, no_batch, returns_nothing, run_said, with_values
from explainer.walkthrough.incomplete import incomplete, packed, unregistered
from explainer.walkthrough.model import Layer, RawParameter, Uncalled, Walkthrough
from explainer.walkthrough.relations import takes_one_image
from explainer.walkthrough.verdict import Verdict

OVERVIEW = Bi(zh="概览", en="Overview")
STRUCTURE = Bi(zh="一次前向传播依次经过{count}步：{kinds}。", en="One forward pass takes {count:step|steps}: {kinds}.")
STRUCTURE_STOPPED = Bi(
    zh="停下之前经过{count}步：{kinds}。", en="Before it stopped, the forward pass took {count:step|steps}: {kinds}."
)
BUILT_WITH = Bi(zh="构造参数：{arguments}。", en="Built with {arguments}.")
COMPUTATION = Bi(
    zh="一次前向传播需做{macs}次乘加运算{about}。",
    en="One forward pass takes {macs}{about} multiply-accumulates (MACs).",
)
COMPUTATION_PART = Bi(
    zh="一次前向传播至少需做{macs}次乘加运算{about}：这里只计已推导的部分。",
    en="One forward pass takes at least {macs}{about} multiply-accumulates (MACs): only what is derived here is counted.",
)
COMPUTATION_UNKNOWN = Bi(
    zh="一次前向传播需做多少次乘加，还不知道：已推导的部分里没有。",
    en="How many multiply-accumulates one forward pass takes is not known: there are none in the part that is derived here.",
)
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
    zh="参数最多的层有{count}个，各有{params}个参数，各占总参数量的{share}（第一个是{path}，{n}）。",
    en="The {count} largest layers have {params} parameters each, and each of them {share} of the total (the first is {path}, {n}).",
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
LARGEST = Bi(
    zh="参数最多的是{path}（{n}），有{params}个，占总参数量的{share}。",
    en="The largest layer is {path} ({n}): {params} parameters, {share} of the total.",
)


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
        page.tell([structure.format(count=len(walk.layers), kinds=kinds_said(walk))])
        page.tell([run_said(walk), *returns_nothing(walk), *with_values(walk)])
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
        page.alarm(no_batch(walk, single))
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
