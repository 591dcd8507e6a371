"""The family that the model belongs to: its parameters as one formula in what it is built with, and where that holds."""

from __future__ import annotations

from explainer.document.builder import Page
from explainer.document.nodes import Heading
from explainer.errors import UserError
from explainer.formula.printing import Plain, plain
from explainer.i18n.bilingual import Bi, joined, same
from explainer.lesson.family_computation import computation
from explainer.lesson.family_equation import CHECKED, DISAGREES, total
from explainer.lesson.family_parts import blocks_opened, parts_table
from explainer.lesson.family_proof import CUT, proof, tested
from explainer.lesson.family_symbols import symbols_table
from explainer.lesson.family_values import value_at
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Walkthrough

HEADING = Bi(zh="同系列模型的公式", en="The formula of the family")
NOT_HERE = Bi(
    zh="这份讲义里没有同系列模型的公式：它需要由模型重新生成。",
    en="This lesson has no formula of the family: that must be made from the model.",
)
INTRODUCED = Bi(
    zh="参数量可用构造参数表示：换一组取值，就得到同系列的另一个模型。",
    en="Here the number of parameters is written in the numbers that the model is built with; other numbers give other models of the family.",
)
NO_FORMULA = Bi(
    zh="用别的取值构造了{builds}次，没有找到能通过验证的公式。",
    en="The model was built {builds:time|times} with other values, and no formula passed the tests.",
)
TOO_LONG = Bi(
    zh="参数量也可以写成{n}个数（构造参数{names}）的公式，但太长，讲义里不写：explain MODEL --symbols 逐部分列出，并注明核对过的范围。",
    en="The number of parameters is also one formula in {n} numbers (the arguments {names}), too long for a handout: 'explain MODEL "
    "--symbols' has it part by part, with the ranges in which it was tested.",
)
LONGEST = 600  # signs of a formula that stands in a handout: about six lines


def family_section(page: Page, walk: Walkthrough) -> None:
    """The formula with its parts, its working, and for which values it was tested. Raises UserError if nobody asked for it."""
    family = walk.family
    if family is None and not walk.measured.has("family"):
        raise UserError(NOT_HERE)
    page.heading(2, HEADING)
    if family is None:
        page.tell([walk.measured.unknown["family"]])
        return
    if family.params is None:
        page.tell(
            [NO_FORMULA.format(builds=family.builds), *([CUT.format(builds=family.builds)] if family.cut else [])]
        )
        return
    page.tell([INTRODUCED])
    symbols_table(page, family)
    parts_table(page, family)
    blocks_opened(page, family)
    proof(page, family, total(page, family, walk.totals.torch_params))
    if family.macs is not None and "macs" in page.show:
        computation(page, family.macs, family, _of_attention(walk))


def _of_attention(walk: Walkthrough) -> int:
    return sum(layer.macs.value for layer in walk.layers if layer.macs and layer.kind is Kind.ATTENTION)


def closed_form(page: Page, walk: Walkthrough, symbols_told: bool) -> None:
    """The handout's: the whole network as one formula, with its proof, where that was found.

    symbols_told: the table of symbols stands further up.
    """
    family = walk.family
    if family is None or family.params is None:
        return
    page.blocks.append(Heading(3, page.both(HEADING)))
    if len(plain(family.params, Plain())) > LONGEST and not symbols_told:
        names = dict.fromkeys(hyper.name.partition("[")[0] for hyper in family.free)
        page.tell([TOO_LONG.format(n=len(family.free), names=joined([same(name) for name in names], "、", ", "))])
        page.tell([CHECKED if value_at(family, family.params) == walk.totals.torch_params else DISAGREES])
        tested(page, family)
        return
    alone = family.free[0] if len(family.free) == 1 and not symbols_told else None  # one symbol needs no table
    if alone is None and not symbols_told:
        page.tell([INTRODUCED])
    if not symbols_told and alone is None:
        symbols_table(page, family)
    verdict = total(page, family, walk.totals.torch_params)
    proof(page, family, verdict, alone)
    if family.macs is not None and "macs" in page.show:
        computation(page, family.macs, family, _of_attention(walk))
