"""How many figures were checked, against what, and how many agree."""

from __future__ import annotations

from collections.abc import Mapping

from explainer.document.builder import Page
from explainer.document.nodes import Code, Paragraph
from explainer.i18n.bilingual import Bi, joined, same
from explainer.lesson.block import blocks_of
from explainer.lesson.block_ideas import PROVEN, proofs_of
from explainer.lesson.idea import plumbing
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.verdict import Verdict

CERTIFICATE = Bi(zh="核对结果", en="Verification")
CHECKED = Bi(
    zh="共有{all}个数（{params}个参数量、{shapes}个输出尺寸和1个总参数量）逐一与PyTorch核对：{result}。",
    en="In all, {all} figures ({params:parameter count|parameter counts}, {shapes:output size|output sizes} and the grand total) were checked "
    "against PyTorch: {result}.",
)
AGAINST = Bi(
    zh="参数量由公式算出，与模型中参数张量的元素个数比较；输出尺寸由公式算出，与{run}一次前向传播得到的"
    "输出形状比较；总参数量与{code}比较。版本：PyTorch {torch}，explainer {explainer}。",
    en="Parameter counts come from the formulas and are compared with the number of elements in the model's own parameter "
    "tensors; output sizes are compared with the shapes of one forward pass {run}; the total with "
    "{code}. Versions: PyTorch {torch}, explainer {explainer}.",
)
CHECKED_IN_SHORT = Bi(
    zh="各步共{all}个数（未全部列出）逐一与PyTorch核对：{params}个参数量和总参数量对照模型的参数张量，{shapes}个输出尺寸对照{run}运行的一次前向传播，{result}。",
    en="All {all} figures, printed here or not, were checked against PyTorch, {params:parameter count|parameter counts} and their total against the model's own tensors, "
    "{shapes:output size|output sizes} against a pass {run}: {result}.",
)
COSTS_IN_SHORT = Bi(
    zh="{n}步的计算量与{counter}统计的一半比较，{result}；其余各步它不统计。",
    en="The multiply-accumulates of {n:step|steps} were checked against half of what {counter} counts: {result}; it counts none for the others.",
)
RUN_IN_SHORT = {
    "meta": Bi("meta设备上（只算形状）", "on the meta device (shapes alone)"),
    "real": Bi("带着数值", "with values"),
}
VERSIONS = Bi(
    zh="版本：PyTorch {torch}，explainer {explainer}。", en="Versions: PyTorch {torch}, explainer {explainer}."
)
RUN = {
    "meta": Bi("在meta设备（只算形状、不算数值）上运行", "on the meta device, which computes shapes but no values"),
    "real": Bi("带着数值运行", "with values"),
}
NOTHING_TO_CHECK = Bi(
    zh="这里只有一个权重文件：各数都取自文件本身，没有独立的东西可以核对，所以没有打勾的数。版本：PyTorch {torch}，explainer {explainer}。",
    en="There is only a file of weights: every figure is the file's own, there is nothing independent to check it against, and so "
    "nothing is ticked. Versions: PyTorch {torch}, explainer {explainer}.",
)
PART = Bi(
    zh="前向传播没有全部推导出来：{missing}计算量的总数只是“至少”，没有与PyTorch核对。",
    en="Not the whole forward pass is derived: {missing}the total of the multiply-accumulates is 'at least' so many, and was not "
    "checked against PyTorch.",
)
NOT_REACHED = Bi(zh="有{n}个模块未执行到，", en="{n:module was|modules were} not reached, ")
NOT_KNOWN = Bi(zh="有{n}步不知道做了多少乘加，", en="for {n:step|steps} it is not known how much is multiplied, ")
COSTS = Bi(
    zh="另外，{n}步的计算量与PyTorch的{counter}核对（其FLOPs除以2）：{result}；其余各步PyTorch不统计计算量。",
    en="The multiply-accumulates of {n:step|steps} were also checked against half of the FLOPs of PyTorch's {counter}: "
    "{result}; PyTorch counts none for the other steps.",
)
ALL_AGREE = Bi(zh="全部一致 ✓", en="all agree ✓")
AGREE, DISAGREE, UNCHECKED = (
    Bi(zh="{n}个一致", en="{n:agrees|agree}"),
    Bi(zh="{n}个不一致", en="{n:disagrees|disagree}"),
    Bi(zh="{n}个未核对", en="{n} could not be checked"),
)
LOUD = Bi(
    zh="注意 ✗　有{n}个数与PyTorch不一致，见上文标有“不一致”的各处；请勿直接使用本文。",
    en="ATTENTION ✗  {n:figure disagrees|figures disagree} with PyTorch; see the places marked DISAGREES, and do not use this "
    "document as it is.",
)


def certificate(page: Page, walk: Walkthrough) -> None:
    """How many figures were checked, against what, and how many agree."""
    page.heading(2, CERTIFICATE)
    versions = {"torch": walk.versions["torch"], "explainer": walk.versions["explainer"]}
    if walk.run.weights_only:
        page.tell([NOTHING_TO_CHECK.format(**versions)])
        return
    checks = walk.checks
    short = page.detail == "handout"
    checked = (CHECKED_IN_SHORT if short else CHECKED).format(
        run=(RUN_IN_SHORT if short else RUN)[walk.run.values],
        all=sum(checks.values()) - checks[Verdict.NOT_REACHED],
        params=len(walk.layers) + len(walk.uncalled),
        shapes=len(walk.layers),
        result=_result(checks),
    )
    said = [page.words(checked)]
    costs = walk.macs_checks
    compared = costs[Verdict.AGREES] + costs[Verdict.DISAGREES]
    if "macs" in page.show and compared:
        counted = {verdict: costs[verdict] for verdict in (Verdict.AGREES, Verdict.DISAGREES)}
        said.append(
            page.words(
                COSTS_IN_SHORT if short else COSTS, counter=Code("FlopCounterMode"), n=compared, result=_result(counted)
            )
        )
    if short:
        found = proofs_of(blocks_of(walk))
        texts = [*plumbing(walk), *([PROVEN, *found] if found else [])]
        page.together([*said, page.words(VERSIONS, **versions), *map(page.words, texts)])
    else:
        page.blocks += [Paragraph(words) for words in said]
    if not walk.complete:
        page.alarm(PART.format(missing=_missing(walk)))
    wrong = checks[Verdict.DISAGREES] + walk.macs_checks[Verdict.DISAGREES]
    if wrong:
        page.alarm(LOUD.format(n=wrong))
    if short:
        return
    code = Code("sum(p.numel() for p in model.parameters())")
    page.say(AGAINST, code=code, run=RUN[walk.run.values], **versions)


def _result(checks: Mapping[Verdict, int]) -> Bi:
    """All agree, or how many of each; what there is none of is not said."""
    said = ((Verdict.AGREES, AGREE), (Verdict.DISAGREES, DISAGREE), (Verdict.UNCHECKED, UNCHECKED))
    found = [text.format(n=checks[verdict]) for verdict, text in said if checks.get(verdict)]
    if len(found) == 1 and checks.get(Verdict.AGREES):
        return ALL_AGREE
    return joined(found, "，", ", ") if found else UNCHECKED.format(n=0)


def _missing(walk: Walkthrough) -> Bi:
    """How many modules and steps are missing."""
    found = same("")
    if walk.not_reached:
        found = found + NOT_REACHED.format(n=len(walk.not_reached))
    if walk.completeness.without_rule:
        found = found + NOT_KNOWN.format(n=len(walk.completeness.without_rule))
    return found
