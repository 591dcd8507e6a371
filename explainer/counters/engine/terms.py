"""From the true figure to a tool's, cause by cause, for the tools that count operation by operation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from explainer.counters.engine.operation import Operation, Rest
from explainer.counters.subject import Subject
from explainer.i18n.bilingual import Bi
from explainer.walkthrough.counted import Line, Standing, Term, Unpredicted
from explainer.walkthrough.model import Walkthrough

TRUE_MACS = Bi(zh="乘加次数", en="multiply-accumulates")
TRUE_FLOPS = Bi(zh="浮点运算次数，即乘加次数的2倍", en="floating-point operations, twice the multiply-accumulates")
PARAMETRIZED = Bi(
    zh="权重经过参数化（如权重归一化）的层，总数中未计",
    en="layers with parametrized weights (weight normalization), which the total leaves out",
)
LEFT_OUT = Bi(zh="未计{what}", en="{what} left out")
TOO_MANY = Bi(zh="{what}，多计", en="{what}, counted too high")
UNRULED = Bi(
    zh="没有规则给出乘加次数的步骤，总数中未计", en="steps to which no rule gives a cost, which the total leaves out"
)
BEYOND = Bi(zh="{what}中没有规则说明的矩阵乘法", en="matrix products of {what} that no rule explains")
PARAMS = Bi("参数量", "parameters")
FROZEN = Bi("冻结的参数", "frozen parameters")
TRAINABLE = Bi("可训练的参数量", "trainable parameters")
PARAMS_RIGHT = Bi(
    "逐个统计参数张量的元素个数，共享的只计一次。",
    "The elements of the parameter tensors are counted, shared ones once.",
)
PARAMS_TRAINABLE = Bi(
    "只统计需要梯度的参数，冻结的不计。", "Only parameters that need a gradient are counted, not frozen ones."
)


@dataclass(frozen=True)
class Cause:
    """Why a tool's figure is not the true one. wrong: a mistake, not another convention."""

    label: Bi
    wrong: bool = False


Excess = tuple[Cause, int]
Count = tuple[int, list[Excess]]  # products, and what is counted beside them


class CannotCount(Exception):
    """The tool itself fails on this model, and prints nothing."""


class NotPredicted(Exception):
    """A step whose inside we do not know, so that nobody can say how the tool counts it. what: the step."""

    def __init__(self, what: Bi) -> None:
        super().__init__(what.en)
        self.what = what


def left_out(operation: Operation) -> Excess:
    """The tool does not know the operation, and counts nothing of it."""
    return _difference(operation, 0)


def rest(operation: Rest, *, traced: bool) -> Iterable[Excess]:
    """What a tool makes of a call's rest where it has no counter inside: nothing, if there is nothing that it could see.

    traced: the tool sees every operation, else only products. Raises NotPredicted if there may be some.
    """
    if operation.counted != 0 or (traced and operation.opaque):
        raise NotPredicted(operation.title)
    return (left_out(operation),)


def counted_by_torch(operation: Rest) -> Iterable[Excess]:
    """The same of torch's own counter, whose answer was written down call by call. Raises NotPredicted if it was not."""
    if operation.counted is None:
        raise NotPredicted(operation.title)
    return (_difference(operation, operation.counted),)


def _difference(operation: Operation, counted: int) -> Excess:
    missing = operation.macs - counted
    if missing < 0 and not operation.macs:
        return Cause(BEYOND.format(what=operation.title)), -missing
    label = LEFT_OUT if missing > 0 else TOO_MANY
    return Cause(label.format(what=operation.title), wrong=True), -missing


def terms_of(
    subject: Subject, excess: Callable[[Operation], Iterable[Excess]], *, flops: bool = False
) -> tuple[tuple[Term, ...], bool]:
    """The true figure and what the tool adds or leaves out, one term a cause; and whether a cause is a mistake.

    flops: the figure is twice the multiply-accumulates, and so is what is left out. Raises CannotCount, NotPredicted.
    """
    found: dict[Cause, int] = {}
    macs = sum(layer.macs.value for layer in subject.walk.layers if layer.macs)
    unruled = sum(operation.macs for operation in subject.operations if operation.unruled)
    surplus = sum(operation.macs for operation in subject.operations) - unruled - macs
    for operation in subject.operations:
        for cause, value in excess(operation):
            found[cause] = found.get(cause, 0) + value
    scale = 2 if flops else 1
    terms = [Term(TRUE_FLOPS if flops else TRUE_MACS, scale * macs)]
    terms += [Term(PARAMETRIZED, scale * surplus)] if surplus else []
    terms += [Term(UNRULED, scale * unruled)] if unruled else []
    terms += [Term(cause.label, scale * value) for cause, value in found.items() if value]
    return tuple(terms), any(cause.wrong for cause, value in found.items() if value)


def booked_by(
    subject: Subject, excess: Callable[[Operation], Iterable[Excess]], products: Cause, *, flops: bool = False
) -> dict[str, dict[Cause, int]]:
    """What the tool counts under each call; nothing where it fails. products: the cause under which true products are booked."""
    scale = 2 if flops else 1
    found: dict[str, dict[Cause, int]] = {}
    try:
        for operation in subject.operations:
            row = found.setdefault(operation.path, {})
            for cause, value in ((products, operation.macs), *excess(operation)):
                row[cause] = row.get(cause, 0) + scale * value
    except (CannotCount, NotPredicted):
        return {}
    return found


def standing(terms: tuple[Term, ...], wrong: bool) -> Standing:
    """right: nothing but the true figure; wrong: something is left out or miscounted; else a convention."""
    return "wrong" if wrong else "convention" if len(terms) > 1 else "right"


@dataclass(frozen=True)
class Words:
    """What a tool's line says of itself. right, convention, wrong: the sentence for each standing."""

    meaning: Bi
    right: Bi
    convention: Bi
    wrong: Bi

    def why(self, how: Standing) -> Bi:
        return {"right": self.right, "convention": self.convention, "wrong": self.wrong}[how]


def line(
    subject: Subject,
    excess: Callable[[Operation], Iterable[Excess]],
    words: Words,
    *,
    tool: str,
    version: str,
    quantity: str,
    backend: str | None = None,
    flops: bool = False,
) -> list[Line | Unpredicted]:
    """The tool's one total; nothing where the tool itself fails, or where nothing was run."""
    if not subject.walk.layers:
        return []
    try:
        terms, wrong = terms_of(subject, excess, flops=flops)
    except CannotCount:
        return []
    except NotPredicted as unknown:
        return [Unpredicted(tool, version, backend, quantity, unknown.what)]
    how = standing(terms, wrong)
    value = sum(term.value for term in terms)
    return [Line(tool, version, backend, quantity, words.meaning, value, terms, words.why(how), how)]


def parameters_line(walk: Walkthrough, tool: str, version: str, backend: str | None, *, trainable: bool) -> Line:
    """The number of parameters by identity; trainable: those alone that want a gradient."""
    totals = walk.totals
    frozen = totals.frozen if trainable else 0
    terms = [Term(PARAMS, totals.params)] + ([Term(FROZEN, -frozen)] if frozen else [])
    meaning, why = (TRAINABLE, PARAMS_TRAINABLE) if frozen else (PARAMS, PARAMS_RIGHT)
    how: Standing = "convention" if frozen else "right"
    return Line(tool, version, backend, "params", meaning, totals.params - frozen, tuple(terms), why, how)
