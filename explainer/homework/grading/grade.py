"""One answer graded: read, judged, and a wrong one met with the mistake that explains it."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from explainer.formula.tree import Expr, Product, Sum, walk
from explainer.homework.answers.answer_parser import EMPTY, ONLY_WORDS, parse
from explainer.homework.answers.none_said import says_none
from explainer.homework.answers.other_spelling import in_other_words, of_a_shape, with_commas_apart
from explainer.homework.answers.own_names import with_own_names
from explainer.homework.answers.said_order import said_order
from explainer.homework.answers.syntax import Answer, Side
from explainer.homework.answers.unreadable import LeftOpen, Unreadable
from explainer.homework.grading.counted_as import counted_as_another
from explainer.homework.grading.crossing import may_be_right
from explainer.homework.grading.false_equation import false_equation
from explainer.homework.grading.layer_parts import part_values
from explainer.homework.grading.messages import NOT_PLACED, NUMBER_WANTED, OTHER_THING, SHAPE_WANTED, UNDECIDED
from explainer.homework.grading.number_answer import Outcome, judge_number
from explainer.homework.grading.ordinals import without_ordinals
from explainer.homework.grading.part_said import said_of_wrong_part
from explainer.homework.grading.per_one import said_as_multiple, said_of_each
from explainer.homework.grading.policy import Policy
from explainer.homework.grading.read_as import of_answer
from explainer.homework.grading.result import NOT_COMPLETE, Graded
from explainer.homework.grading.sentences import accepted, doubtful, in_sentences, left_open
from explainer.homework.grading.shape_answer import asked, judge_shape, shape_of, shape_string
from explainer.homework.grading.vocabulary import UnknownName, Vocabulary, vocabulary
from explainer.homework.grading.vouched import vouched
from explainer.homework.grading.working import Worked, Working
from explainer.homework.grading.working_steps import Steps
from explainer.homework.mistakes.explanation import Diagnosis
from explainer.homework.question import Question

HARMLESS = (SHAPE_WANTED, NUMBER_WANTED, UNDECIDED)  # remarks that give no answer away
NODES, TERMS = 150, 200  # of a formula that the mistakes compare with theirs
NONE = "0"  # what 没有参数 is read as
USUAL = Policy()
TOLD = 0.1  # a misconception that tells why the end of an answer in words is wrong
LIKELY = 0.8  # a misconception that comes before a slip of the same value
SIGNS = "+-*/×·÷=^_\\"  # what makes a formula of letters
SAID = 3  # explanations that are worth saying


def grade(question: Question, text: str, *, hint: bool = False, policy: Policy = USUAL) -> Graded:
    """Judge an answer. Never raises for what a student wrote.

    hint: nothing that gives the answer away is in the result. policy: what the class agrees on (digits, tolerance, layout).
    """
    found = _graded(question, text, hint=hint, policy=policy)
    if question.undecided is not None:
        return found
    rest, order = said_order(text) if question.is_shape else (text, None)
    if order is not None:
        ordered = _graded(question, rest, hint=hint, policy=replace(policy, layout=order))
        if ordered.right:
            return replace(ordered, given=text)
        found = replace(found, verdict="undecided", remarks=(OTHER_THING,), mistakes=()) if found.right else found
    taken = vocabulary(question, policy).values()
    apart = of_a_shape(text) if question.is_shape else with_commas_apart(text)
    for other in (apart, with_own_names(text, shape=question.is_shape, taken=taken)):
        if found.right or other == text:
            continue
        again = replace(_graded(question, other, hint=hint, policy=policy), given=text, caret=None)
        left = again.verdict == "undecided" and again.remarks == (OTHER_THING,)  # right, but in bytes
        if again.right or left or (found.verdict == "wrong" and again.verdict == "undecided"):
            return again
    plainer = in_other_words(text, shape=question.is_shape)
    if found.verdict in ("unreadable", "undecided") and plainer != text:
        again = _graded(question, plainer, hint=hint, policy=policy)
        alone = plainer.strip().rstrip("万亿").isdigit()  # 两万
        return replace(again, given=text, caret=None) if again.right or alone else found
    return found


def _graded(question: Question, text: str, *, hint: bool, policy: Policy) -> Graded:
    if question.undecided is not None:
        return Graded(
            question, text, "undecided", None, remarks=(question.undecided,), hinted=hint, notes=(NOT_COMPLETE,)
        )
    expected = None if hint else expected_text(question)
    blank = Graded(question, text, "unreadable", expected, hinted=hint)
    words = vocabulary(question, policy)
    worked: Worked | None = None
    try:
        answer = parse(NONE if says_none(text, question.quantity) else text, question.quantity)
        worked = replace(_judged(question, answer, words), read_as=of_answer(answer))
    except Unreadable as error:
        blank = replace(blank, remarks=(error.message,), caret=error.caret)
    except _Unknown as unknown:
        place = _place(unknown.error.name, unknown.side, text)
        blank = replace(blank, remarks=(unknown.error.message,), caret=place)
    if worked is None or not accepted(worked):
        worked = in_sentences(question, text, words, worked)
    elif doubtful(question, text, words):
        worked = Worked(Outcome("undecided", (OTHER_THING,)), None, 0.0, worked.read_as)
    if worked is not None and accepted(worked) and _said_of_another(question, text, policy):
        worked = Worked(Outcome("undecided", (OTHER_THING,)), None, 0.0, worked.read_as)
    if worked is not None and worked.outcome.verdict == "wrong" and may_be_right(question, text, words):
        worked = Worked(Outcome("undecided", (NOT_PLACED,)), None, 0.0, worked.read_as)
    if worked is None or worked.outcome.remarks == (NOT_PLACED,):
        false = false_equation(text)
        if false is not None:
            return _not_holding(question, blank, worked, false, words)
    if worked is None:
        opened = left_open(question, text, words) if any(char.isdigit() for char in text) else None
        if opened is None and not any(char.isdigit() or char in SIGNS for char in text):
            opened = LeftOpen(ONLY_WORDS if text.strip() else EMPTY, 0)
        return replace(blank, remarks=(opened.message,), caret=opened.caret) if opened is not None else blank
    outcome = worked.outcome
    mistakes = outcome.mistakes or (_explained(question, outcome) if outcome.verdict == "wrong" else ())
    guessed = not mistakes or len(mistakes[0].mistakes) > 1  # two mistakes together are found too easily
    if outcome.verdict == "wrong" and guessed and not outcome.slips and worked.first_wrong is None:
        false = false_equation(text)
        mistakes = (*((false,) if false is not None else ()), *mistakes)
    if worked.by_cause and (not mistakes or len(mistakes[0].mistakes) > 1 or mistakes[0].weight < TOLD):
        return blank
    if outcome.verdict == "wrong" and outcome.slips:
        mistakes = (*(found for found in mistakes if found.weight >= LIKELY), *outcome.slips)
    remarks = outcome.remarks if mistakes else (*outcome.remarks, *outcome.instead)
    if hint:
        remarks = tuple(remark for remark in remarks if remark in HARMLESS)
    return Graded(
        question,
        text,
        outcome.verdict,
        expected,
        mistakes[:SAID],
        worked.first_wrong,
        worked.score,
        remarks,
        hinted=hint,
        read_as=worked.read_as,
        notes=worked.notes,
    )


def _not_holding(
    question: Question, blank: Graded, worked: Worked | None, false: Diagnosis, words: Vocabulary
) -> Graded:
    """An answer in words with an equation that does not hold: wrong, unless the right figure stands in it as well."""
    if worked is not None or question.is_shape or may_be_right(question, blank.given, words):
        return replace(blank, verdict="undecided", remarks=(false.hint if blank.hinted else false.message,))
    return replace(blank, verdict="wrong", remarks=(), mistakes=(false,))


def expected_text(question: Question) -> str:
    """The exact right answer: `2359808`, or `[512, 7, 7]`."""
    return shape_string(asked(question)) if question.is_shape else str(question.value)


def _said_of_another(question: Question, text: str, policy: Policy) -> bool:
    """The right figure, said of each one, or of half, or only to number something."""
    counted = without_ordinals(text)
    if counted != text and not grade(question, counted, policy=policy).right:
        return True
    sizes = [size.value for _, size in asked(question)] if question.is_shape else []
    if counted_as_another(text, question.quantity, 0 if question.is_shape else question.value, sizes):
        return True
    if question.is_shape:
        return said_as_multiple(text, question.shape)
    if question.quantity == "params":
        parts = part_values(question)
        if said_of_wrong_part(text, parts, question.value):
            return True
    if not vouched(text, question.value, question.quantity):
        return True
    return said_of_each(text, question.value) or said_as_multiple(text, (question.value,))


class _Unknown(Exception):
    def __init__(self, error: UnknownName, side: Side) -> None:
        super().__init__(error.name)
        self.error, self.side = error, side


def _judged(question: Question, answer: Answer, words: Vocabulary) -> Worked:
    if answer.kind == "working":
        steps = Steps(question, answer, words)
        try:
            return Working(question, steps.read(), words).judged()
        except UnknownName as error:
            raise _Unknown(error, steps.at) from error
    side = answer.last
    try:
        expr = words.resolved(side.expr) if side.expr is not None else None
        shape = tuple(words.resolved(size) for size in side.shape)
    except UnknownName as error:
        raise _Unknown(error, side) from error
    side = replace(side, expr=expr, shape=shape)
    outcome = _single(question, side, words)
    return Worked(outcome, None, 1.0 if outcome.verdict in ("correct", "equivalent", "rounded") else 0.0)


def _single(question: Question, side: Side, words: Vocabulary) -> Outcome:
    if not question.is_shape:
        return judge_number(question, side, words)
    given = shape_of(side)
    outcome = judge_shape(question, given, words)
    if outcome.verdict == "wrong" and len(given) == 1 and len(asked(question)) > 1:
        return replace(outcome, remarks=(SHAPE_WANTED,))
    return outcome


def _explained(question: Question, outcome: Outcome) -> tuple[Diagnosis, ...]:
    from explainer.homework.mistakes import diagnose

    if outcome.value is None:
        return ()
    given = tuple(small for size in outcome.sizes if (small := _small(size) or size)) or _small(outcome.expr)
    found = diagnose(question, outcome.value, given, within=outcome.within)
    if outcome.within:  # near a rounded number two mistakes together are found too easily
        return tuple(diagnosis for diagnosis in found if len(diagnosis.mistakes) == 1)
    return found


def _small(expr: Expr | None) -> Expr | None:
    """A formula that may be multiplied out: short, and of few terms."""
    if expr is None or not expr.children():
        return None
    return expr if _nodes(expr) <= NODES and _terms(expr) <= TERMS else None


def _nodes(expr: Expr) -> int:
    return sum(1 for _ in walk(expr))


def _terms(expr: Expr) -> int:
    """How many terms it may have when multiplied out."""
    children = [_terms(child) for child in expr.children()]
    if isinstance(expr, Sum):
        return sum(children)
    return min(prod(children), TERMS + 1) if isinstance(expr, Product) else 1 if not children else sum(children)


def _place(name: str, side: Side, text: str) -> int:
    """Where the name stands in the answer, as well as it can be told."""
    for spelled in (name, name.replace("_", "")):
        at = text.find(spelled, side.start)
        if at >= 0:
            return at
    return side.start
