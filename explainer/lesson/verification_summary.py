"""How many figures were checked, against what, and how many agree."""

from __future__ import annotations

from explainer.document.builder import Page
from explainer.document.nodes import Code
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.verdict import Verdict

CERTIFICATE = Bi(zh="核对结果", en="Verification")
CHECKED = Bi(
    zh="本文的{all}个数（{params}个参数量、{shapes}个输出尺寸和1个总参数量）逐一与PyTorch核对：{agrees}个一致，"
    "{disagrees}个不一致，{unchecked}个未核对。",
    en="{all} figures of this document ({params} parameter counts, {shapes} output sizes and the grand total) were checked "
    "against PyTorch: {agrees} agree, {disagrees} disagree, {unchecked} could not be checked.",
)
AGAINST = Bi(
    zh="参数量由公式算出，与模型中参数张量的元素个数比较；输出尺寸由公式算出，与在meta设备（只算形状、不算数值）上运行一次前向传播得到的"
    "输出形状比较；总参数量与{code}比较。版本：PyTorch {torch}，explainer {explainer}。",
    en="Parameter counts come from the formulas and are compared with the number of elements in the model's own parameter "
    "tensors; output sizes are compared with the shapes of one forward pass on the meta device, which computes shapes but no values; the total with "
    "{code}. Versions: PyTorch {torch}, explainer {explainer}.",
)
COSTS = Bi(
    zh="另外，{n}步的计算量与PyTorch的{counter}核对（其FLOPs除以2）：{agrees}步一致，{disagrees}步不一致；"
    "其余各步PyTorch不统计计算量，不作核对。",
    en="The multiply-accumulates of {n:step|steps} were also checked against half of the FLOPs of PyTorch's {counter}: "
    "{agrees} agree, {disagrees} disagree; for the other steps PyTorch has no count, and nothing was checked.",
)
LOUD = Bi(
    zh="注意 ✗　有{n}个数与PyTorch不一致，见上文标有“不一致”的各处；请勿直接使用本文。",
    en="ATTENTION ✗  {n:figure disagrees|figures disagree} with PyTorch; see the places marked DISAGREES, and do not use this "
    "document as it is.",
)


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
    costs = walk.macs_checks
    compared = costs[Verdict.AGREES] + costs[Verdict.DISAGREES]
    if "macs" in page.show and compared:
        values = {"n": compared, "agrees": costs[Verdict.AGREES], "disagrees": costs[Verdict.DISAGREES]}
        page.say(COSTS, counter=Code("FlopCounterMode"), **values)
    wrong = checks[Verdict.DISAGREES] + walk.macs_checks[Verdict.DISAGREES]
    if wrong:
        page.alarm(LOUD.format(n=wrong))
    code = Code("sum(p.numel() for p in model.parameters())")
    page.say(AGAINST, code=code, torch=walk.versions["torch"], explainer=walk.versions["explainer"])
