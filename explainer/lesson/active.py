"""What one token uses of a mixture of experts, beside what there is."""

from __future__ import annotations

from explainer.document.builder import Page
from explainer.document.nodes import Equation, Heading, Math, Row
from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Expr, Number
from explainer.i18n.bilingual import Bi
from explainer.lesson.overview import about
from explainer.lesson.phrases import share
from explainer.walkthrough.active_formula import active_formula, used_symbol
from explainer.walkthrough.model import Walkthrough

HEADING = Bi(zh="一个词元用到的参数", en="What one token uses")
SAID = Bi(
    zh="专家都占内存，一个词元只用其中一部分，所以有两个参数量：全部{total}，一个词元用到{active}{about}，占{share}。",
    en="All experts take memory, a token uses some only: {total} parameters in all, {active}{about} that one token uses, {share}.",
)
ONE_EXPERT = Bi(zh="一个专家有{n}个参数。", en="One expert has {n:parameter|parameters}.")
LEFT = Bi(zh="用到的参数量", en="parameters used")
FORMULA = Bi(
    zh="同系列模型的公式只改一处：专家只计一个词元用到的{k}个。",
    en="In the family's formula one thing changes: the experts count {k} times, as many as one token uses.",
)
MACS = Bi(
    zh="每个词元只送进为它选中的专家，一次前向传播需做{macs}次乘加。",
    en="With each token sent to its own experts only, the pass takes {macs} multiply-accumulates.",
)
WIDE = 90


def active_section(page: Page, walk: Walkthrough) -> None:
    """Both counts, the working, and the formula in the family's symbols; nothing for a network without such a mixture."""
    active = walk.active
    if active is None or "params" not in page.show:
        return
    page.blocks.append(Heading(3, page.both(HEADING)))
    values = {"total": active.total, "active": active.params, "about": about(active.params, "B")}
    sizes = {one.params for one in active.experts}
    expert = [ONE_EXPERT.format(n=sizes.pop())] if len(sizes) == 1 else []
    page.tell([SAID.format(**values, share=share(active.params, active.total)), *expert])
    chain: list[Expr] = [active.derivation.substituted, *active.derivation.steps[-1:], Number(active.params)]
    formula = active_formula(walk.family, active) if walk.family is not None else None
    if walk.family is not None and formula is not None and len(plain(formula, Plain())) <= WIDE:
        page.say(FORMULA, k=Math(used_symbol(walk.family, active.experts[0].used)))
        chain.insert(0, formula)
    page.blocks.append(Equation(tuple(Row(None if i else page.label(LEFT), (expr,)) for i, expr in enumerate(chain))))
    if active.macs not in (None, walk.macs.value) and "macs" in page.show:
        page.tell([MACS.format(macs=active.macs)])
