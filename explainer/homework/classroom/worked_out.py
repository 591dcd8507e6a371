"""How a figure comes about, on a student's page: the working, its letters explained; where nothing is to be counted, why."""

from __future__ import annotations

from explainer.document.builder import Page
from explainer.document.nodes import Equation, Paragraph, Row
from explainer.formula.derivation import Derivation
from explainer.formula.printing import ascii_formula
from explainer.formula.tree import Expr, Number, Symbol
from explainer.homework.grading.shape_answer import asked
from explainer.homework.question import WORDS, Question
from explainer.homework.used_sizes import letters, nothing_counted, used_sizes
from explainer.i18n.bilingual import Bi, same
from explainer.lesson.rounding import rounding

DERIVED = Bi("推导如下：", "It is worked out like this:")


def how_it_comes(page: Page, question: Question) -> None:
    """The working with the letters that are new to the page explained; a plain 0 has no working, but a reason."""
    if why := nothing_counted(question):
        page.together([page.words(text) for text in why])
        return
    page.say(DERIVED)
    page.blocks.append(derivation(question, page))
    formulas = letters(question, asked(question) if question.is_shape else question.sizes)
    if legend := page.legend(*formulas):
        page.blocks.append(Paragraph(legend))
    page.together(rounding(page, formulas))


def derivation(question: Question, page: Page) -> Equation:
    """The figure worked out as in the walkthrough: with symbols, with numbers, each reduction, the value."""
    if question.is_shape:
        worked = [(Symbol(name, same(name)), _chain(size)) for name, size in asked(question)]
        return Equation(tuple(Row(left, chain[1:] if chain[0] == left else chain) for left, chain in worked))
    symbolic, *rest = _chain(question.derivation)
    rows = [Row(Symbol(name, same(name)), _chain(size)) for name, size in used_sizes(question)]
    rows += [Row(page.label(WORDS[question.quantity]), (symbolic,))]
    rows += [Row(None, (expr,), labelled=expr is question.derivation.substituted) for expr in rest]
    return Equation(tuple(rows))


def _chain(size: Derivation) -> tuple[Expr, ...]:
    """Each line of the working once: a size that is only named has but two, a number by itself one."""
    chain = (size.symbolic, size.substituted, *size.steps, Number(size.value))
    return tuple({ascii_formula(expr): expr for expr in chain}.values())
