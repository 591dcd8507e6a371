"""A shape as an answer: with the batch or without, each size a number or a formula."""

from __future__ import annotations

from fractions import Fraction

from explainer.formula.derivation import Derivation
from explainer.formula.rewrite import rewritten
from explainer.formula.role import Role
from explainer.formula.tree import Expr, Number, Product, Rounded, Sum, Symbol, walk
from explainer.homework.answers.syntax import Side
from explainer.homework.grading import messages as say
from explainer.homework.grading.axis_names import axis_word
from explainer.homework.grading.equivalence import Compared, compare
from explainer.homework.grading.number_answer import Outcome, is_symbolic
from explainer.homework.grading.result import AnswerVerdict
from explainer.homework.grading.vocabulary import Vocabulary, number_of
from explainer.homework.mistakes.explanation import Diagnosis
from explainer.homework.question import Question
from explainer.i18n.bilingual import Bi, same

CHANNELS = (Role.CHANNELS, Role.CHANNELS_OUT, Role.CHANNELS_IN)
Sizes = tuple[tuple[str, Derivation], ...]


def asked(question: Question) -> Sizes:
    """The sizes that must be given: those without the batch."""
    sizes = question.sizes
    roles = [_role(size) for _, size in sizes]
    if len(sizes) > 1 and Role.BATCH in roles:  # first, or behind the steps of a sequence
        at = roles.index(Role.BATCH)
        return (*sizes[:at], *sizes[at + 1 :])
    if len(sizes) > 1 and roles[0] is Role.DIMENSION and sizes[0][1].value == 1:
        return sizes[1:]
    return sizes


def shape_of(side: Side) -> tuple[Expr, ...]:
    """The sizes given: of a list, of a product like 512×7×7, or one size by itself."""
    if side.shape:
        return side.shape
    assert side.expr is not None
    return tuple(_factors(side.expr))


def _factors(expr: Expr) -> list[Expr]:
    if isinstance(expr, Sum) and len(expr.parts) == 1 and not expr.parts[0][0]:  # -1×64×7×7
        first, *rest = _factors(expr.parts[0][1])
        return [Number(-first.value), *rest] if isinstance(first, Number) and rest else [expr]
    if isinstance(expr, Product) and all(times for times, _ in expr.parts):
        return [leaf for _, factor in expr.parts for leaf in _factors(factor)]
    return [expr]


def judge_shape(question: Question, given: tuple[Expr, ...], words: Vocabulary, *, by_name: bool = False) -> Outcome:
    """Sizes against the shape that was asked for. by_name: each was told by its name, so that the class's order does not matter."""
    wanted = asked(question)
    sizes = question.sizes if len(given) == len(question.sizes) else wanted
    if len(given) == len(question.sizes) > len(wanted) and given[0] == Number(-1):  # the batch left open
        given = (question.sizes[0][1].substituted, *given[1:])
    circular = next((name for size in given if isinstance(size, Symbol) and (name := size.name) in words.defined), None)
    if circular is not None:
        return Outcome("wrong", (say.ITSELF.format(name=same(circular)),))
    if words.policy.layout == "nhwc" and not by_name:
        given = _channels_first(given, sizes)
    values = [number_of(size, words.values()) for size in given]
    whole = tuple(int(value) if value is not None and value.denominator == 1 else value for value in values)
    value = tuple(size for size in whole if isinstance(size, int))
    if len(given) == len(sizes):
        found = [_size(size, derivation, words) for size, (_, derivation) in zip(given, sizes, strict=True)]
        verdicts = [verdict for verdict, _ in found]
        if all(verdict in ("correct", "equivalent") for verdict in verdicts):
            equivalent = "equivalent" in verdicts
            said = tuple(dict.fromkeys(remark for _, remarks in found for remark in remarks)) if equivalent else ()
            exact = (say.SIMPLIFIED.format(value=same(shape_string(sizes))),) if equivalent else ()
            return Outcome("equivalent" if equivalent else "correct", said + exact)
        if "wrong" not in verdicts:
            return Outcome("undecided", (say.UNDECIDED,))
        named = value if len(value) == len(given) else None
        return Outcome("wrong", (), _dimensions(given, sizes, verdicts, values), named, sizes=given)
    if len(value) == len(given):
        missing = _channels_missing(value, wanted)
        if missing is not None:
            return Outcome("wrong", value=value, mistakes=(missing,))
    batch = say.WITHOUT_BATCH if wanted is not question.sizes else same("")
    return Outcome(
        "wrong",
        (),
        (say.COUNT_OF_DIMENSIONS.format(theirs=len(given), ours=len(wanted), batch=batch),),
        value if len(value) == len(given) else None,
    )


def shape_string(sizes: Sizes) -> str:
    """`[512, 7, 7]`."""
    return f"[{', '.join(str(size.value) for _, size in sizes)}]"


def _channels_first(given: tuple[Expr, ...], sizes: Sizes) -> tuple[Expr, ...]:
    """H×W×C as C×H×W, with the batch before or not: a class that writes the channels last."""
    if len(given) != len(sizes) or len(given) < 2:
        return given
    start = 1 if len(sizes) > 2 and _role(sizes[0][1]) is Role.BATCH else 0
    return (*given[:start], given[-1], *given[start:-1])


def _size(given: Expr, right: Derivation, words: Vocabulary) -> tuple[AnswerVerdict, tuple[Bi, ...]]:
    if not is_symbolic(given):
        if number_of(given) != right.value:
            return "wrong", ()
        return ("correct" if isinstance(given, Number) else "equivalent"), ()
    found: Compared = compare(given, right.symbolic, words, settings=True)
    if found.equal:
        if not found.put_in:
            return "correct" if found.same_form else "equivalent", ()
        numbers = say.sizes_text(found.put_in)
        return "equivalent", (say.PUT_IN.format(numbers=numbers, formula=say.formula(right.symbolic)),)
    exact = _without_floors(right)  # the division comes out on this layer
    if exact is not None and compare(given, exact, words, settings=True).equal:
        return "equivalent", (say.COMES_OUT,)
    return ("undecided" if found.equal is None else "wrong"), ()


def _without_floors(right: Derivation) -> Expr | None:
    """The size's formula without its rounding, where nothing is rounded on this layer; None where something is."""
    values = {symbol.name: value for symbol, value in right.values.items()}

    def opened(node: Expr) -> Expr:
        if not isinstance(node, Rounded):
            return node
        above, below = (number_of(child, values) for child in node.children())
        if above is None or not below or (above / below).denominator != 1:
            raise ArithmeticError("something is rounded")
        return Product(((True, node.numerator), (False, node.denominator)))

    if not any(isinstance(node, Rounded) for node in walk(right.symbolic)):
        return None
    try:
        return rewritten(right.symbolic, opened)
    except ArithmeticError:
        return None


def _dimensions(
    given: tuple[Expr, ...], sizes: Sizes, verdicts: list[AnswerVerdict], values: list[Fraction | None]
) -> tuple[Bi, ...]:
    """Which sizes are wrong, each with the right one."""
    said = []
    for at, verdict in enumerate(verdicts):
        if verdict != "wrong":
            continue
        name, right = sizes[at]
        value = values[at]
        number = isinstance(given[at], Number) and value is not None
        theirs = same(say.number_text(value)) if number and value is not None else say.formula(given[at])
        ours = say.formula(right.symbolic) if is_symbolic(given[at]) else same(say.number_text(right.value))
        said.append(say.DIMENSION.format(n=at + 1, name=axis_word(name), theirs=theirs, ours=ours))
    return tuple(said)


def _role(size: Derivation) -> Role | None:
    return size.symbolic.role if isinstance(size.symbolic, Symbol) else None


def _channels_missing(value: tuple[int, ...], wanted: Sizes) -> Diagnosis | None:
    """7×7 for 512×7×7."""
    right = tuple(size.value for _, size in wanted)
    if len(right) < 2 or value != right[1:] or _role(wanted[0][1]) not in CHANNELS:
        return None
    message = say.CHANNELS_MISSING.format(channels=right[0], right=same("×".join(map(str, right))))
    return Diagnosis(("shape.channels_missing",), message, say.CHANNELS_MISSING_HINT, value)
