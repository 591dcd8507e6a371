"""Exercises on the network itself, each with another number than the lesson's, so that no answer stands in it."""

from __future__ import annotations

from explainer.document.builder import Page, merge
from explainer.document.exercises import Exercise, Pitfall
from explainer.document.nodes import Bullets, Code, Inline, Math, Paragraph, Strong, Text, Words
from explainer.formula.printing import Plain, plain
from explainer.formula.tree import Expr, value_of
from explainer.i18n.bilingual import Bi
from explainer.lesson.exercises_on_layers import (
    cost_exercises,
    input_exercises,
    kernel_exercises,
    map_exercises,
    size_exercises,
    token_exercises,
)
from explainer.lesson.exercises_on_network import (
    batch_exercises,
    block_exercises,
    byte_exercises,
    class_exercises,
    family_exercises,
    vocabulary_exercises,
)
from explainer.lesson.phrases import capitalised
from explainer.walkthrough.model import Walkthrough

EXERCISES = Bi(zh="练习", en="Exercises")
ANSWERS = Bi(zh="答案", en="Answers")
GAP = {"zh": "　", "en": ". "}
STOP = Bi(zh="。", en=". ")
PITFALLS = Bi(zh="常见错误", en="Pitfalls")
MOST, LONG = 5, 90
NUMBERS = 260  # signs of a formula with its numbers: three lines of a page


def exercises_of(walk: Walkthrough) -> list[Exercise]:
    """At most five, of different kinds, as the network has them."""
    makers = (
        family_exercises,
        block_exercises,
        kernel_exercises,
        size_exercises,
        cost_exercises,
        token_exercises,
        class_exercises,
        vocabulary_exercises,
        batch_exercises,
        input_exercises,
        map_exercises,
        byte_exercises,
    )
    found: dict[int, Exercise] = {}
    for one in (one for maker in makers for one in list(maker(walk))[:1]):
        found.setdefault(int(value_of(one.chain[-1], {})), one)  # other classes and another last layer are one question
    return list(found.values())[:MOST]


def exercises(page: Page, walk: Walkthrough) -> None:
    """Questions, and behind them the answers with their working."""
    found = exercises_of(walk)
    if not found:
        return
    page.heading(2, EXERCISES)
    for i, one in enumerate(found, 1):
        asked = page.words(one.question, path=Code(one.path), **one.settings)
        page.blocks.append(Paragraph(_once(page, (f"{i}. ",), asked)))
    page.heading(2, ANSWERS)
    for i, one in enumerate(found, 1):
        worked: tuple[Inline, ...] = (f"{i}. ", *_worked(one.chain))
        if one.said is None:
            page.put(*worked)
            continue
        said = page.words(one.said, path=Code(one.path))
        page.blocks.append(Paragraph(_once(page, (*worked, STOP[page.langs[0]]), said)))


def _once(page: Page, lead: Text, said: Words) -> Words:
    """Number and working stand once, before the first language; the second has its sentences alone."""
    return {lang: merge((*lead, *text)) if lang == page.langs[0] else text for lang, text in said.items()}


def _worked(chain: tuple[Expr, ...]) -> list[Inline]:
    """numbers = step = value: the numbers put in always, unless they fill the page; of the steps what fits on a line."""
    length = {expr: len(plain(expr, Plain())) for expr in chain}
    first, *steps = chain
    kept = [first] if length[first] <= NUMBERS or not steps else []
    steps = [expr for expr in steps if length[expr] <= LONG]
    room = (
        LONG if length[first] <= LONG else length[first] + LONG + LONG // 4
    )  # under a formula of several lines, one of steps
    while len(kept) + len(steps) > 2 and sum(length[expr] for expr in (*kept, *steps)) > room:
        steps.pop(-2)
    kept += steps
    parts: list[Inline] = []
    for i, expr in enumerate(kept):
        parts += [" = ", Math(expr)] if i else [Math(expr)]
    return parts


def pitfalls(page: Page, found: tuple[Pitfall, ...]) -> None:
    """What often goes wrong with this network's own figures."""
    if not found:
        return
    page.heading(2, PITFALLS)
    page.blocks.append(Bullets(tuple(_pitfall(page, one) for one in found)))


def _pitfall(page: Page, one: Pitfall) -> Words:
    said = page.words(one.text)
    return {lang: merge((Strong(capitalised(one.of)[lang]), GAP[lang], *said[lang])) for lang in page.langs}
