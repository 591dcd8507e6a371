"""Totals in symbols: parameters, multiply-accumulates and activations as polynomials in the batch and the input's size.

The polynomial is found by running the model at a few other sizes and proved at sizes that it was not made from. Sizes
go up in steps of the network's total stride, within which rounding would break the formula.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import lcm, log2

from msgspec.structs import replace

from explainer.i18n.bilingual import Bi, joined, same
from explainer.measure.again import STOPPED, Unmeasured
from explainer.measure.scaling.fitting import QUANTITIES, Attempt, Found, fit
from explainer.measure.scaling.resized_run import Runs
from explainer.measure.scaling.sizes import Variable
from explainer.tracing.call import Trace
from explainer.walkthrough.measured import InSymbols
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.receptive_field.fields import receptive_fields

VALID = Bi(zh="适用范围：{sizes}。", en="Valid for {sizes}.")
AT_LEAST = Bi(zh="{name}≥{least}", en="{name} ≥ {least}")
ANY = Bi(zh="{name}任意", en="any {name}")
MULTIPLES = Bi(zh="{name}为{step}的倍数", en="multiples of {step} for {name}")
FROM = Bi(
    zh="{name}取{rest}+{step}·i（i=0，1，2，…）",
    en="{rest}+{step}·i (i = 0, 1, 2, …) for {name}",
)
FIXED = Bi(
    zh="模型不接受其他的{names}：试过{tried}，报错“{reason}”。",
    en="The model takes no other {names}: tried with {tried}, it says '{reason}'.",
)
NOT_POLYNOMIAL = Bi(
    zh="总数不是{names}的多项式（有取整），所以只给出与批量的关系。",
    en="The totals are no polynomial in {names} (something is rounded), so only the dependence on the batch is given.",
)
MOST_CALLS = 2500  # ten runs of more would take minutes
TOO_MANY = Bi(
    zh="一次前向传播有{n}步，换尺寸反复运行太慢，没有求带符号的总数。",
    en="One forward pass takes {n} steps; running it again and again at other sizes would take too long, so there are no "
    "totals in symbols.",
)
NO_BATCH = Bi(
    zh="模型不接受其他批量，或总数与批量的关系不是多项式，所以没有带符号的总数。",
    en="The model takes no other batch, or the totals are no polynomial in it, so there are no totals in symbols.",
)
OTHER_PATH = Bi(
    zh="批量为{n}时模型走的步骤与批量更大时略有不同，所以公式从批量{first}起适用。",
    en="At batch {n} the model takes slightly other steps than at larger ones, so the formulas hold from batch {first} on.",
)
UNKNOWN_STEPS = Bi(
    zh="有的步骤不知道做了多少乘加，所以没有总数的公式。",
    en="Of some steps it is not known how much is multiplied, so there are no formulas for the totals.",
)
CONSTANT = Bi(
    zh="参数量与批量、输入大小都无关。",
    en="The number of parameters depends neither on the batch nor on the input's size.",
)


def in_symbols(trace: Trace, walk: Walkthrough, runs: Runs) -> InSymbols:
    """The totals of a walkthrough as formulas.

    Never raises for a model that takes no other sizes: then `notes` says so.
    """
    variables = runs.variables
    nothing = InSymbols(walk.totals.params, None, None, {variable.name: variable.value for variable in variables})
    if trace.stopped is not None:
        return replace(nothing, notes=(STOPPED,))
    if not walk.complete:
        return replace(nothing, notes=(UNKNOWN_STEPS,))
    if trace.model is None or not variables:
        return replace(nothing, notes=(NO_BATCH,))
    if len(trace.calls) > MOST_CALLS:
        return replace(nothing, notes=(TOO_MANY.format(n=len(trace.calls)),))
    batch, *sizes = variables
    stride = _stride(trace, walk)
    notes: list[Bi] = []
    refused = {size.name: reason for size in sizes if (reason := _refused(runs, size, stride)) is not None}
    free = [size for size in sizes if size.name not in refused]
    if refused:
        tried, said = next(iter(refused.values()))
        names = _names([size for size in sizes if size.name in refused])
        notes.append(FIXED.format(names=names, tried=same(tried), reason=same(said)))
    first = _steady_batch(runs, batch)
    if first is None:
        return replace(nothing, notes=(NO_BATCH, *notes))
    if first > batch.value:
        notes.append(OTHER_PATH.format(n=batch.value, first=first))
    for attempt in _attempts(free, stride):
        found = fit(runs, batch, first, free, attempt)
        if found is not None:
            fixed = tuple(size.name for size in sizes if size not in free)
            return _found(nothing, found, _valid(batch, first, free, attempt), notes, fixed)
    notes.append(NOT_POLYNOMIAL.format(names=_names(free)))
    found = fit(runs, batch, first, [], Attempt({}))
    if found is None:
        return replace(nothing, notes=(NO_BATCH, *notes))
    fixed = tuple(size.name for size in sizes)
    return _found(nothing, found, _valid(batch, first, [], Attempt({})), notes, fixed)


def _found(nothing: InSymbols, found: Found, valid: Bi, notes: Sequence[Bi], fixed: tuple[str, ...]) -> InSymbols:
    return replace(
        nothing,
        macs=found.macs,
        activations=found.activations,
        bases=found.bases,
        proof=found.proof,
        valid_for=valid,
        notes=(CONSTANT, *notes),
        fixed=fixed,
    )


def _steady_batch(runs: Runs, batch: Variable) -> int | None:
    """The batch from which on the totals grow evenly: the trace's own, or the next; None if they do not."""
    try:
        for first in (batch.value, batch.value + 1):
            some = [runs.at({batch.name: first + i}) for i in range(3)]
            if all(
                quantity(some[2]) - quantity(some[1]) == quantity(some[1]) - quantity(some[0])
                for quantity in QUANTITIES
            ):
                return first
    except Unmeasured:
        pass
    return None


def _refused(runs: Runs, size: Variable, stride: int) -> tuple[str, str] | None:
    """Which other value of this size the model refused, and what it said; None if it takes others."""
    tried = size.value + (stride if size.name in "DHW" else -1 if size.value > 2 else 1)
    try:
        runs.at({size.name: tried})
    except Unmeasured as refused:
        return f"{size.name}={tried}", refused.reason
    return None


def _attempts(free: Sequence[Variable], stride: int) -> Iterator[Attempt]:
    """What to try, from the likeliest."""
    names = [size.name for size in free]
    if set(names) <= {"T"}:
        yield from (Attempt({"T": 1}, 2), Attempt({"T": 1}, 3))
        return
    strides = {name: stride if name in "DHWL" else 1 for name in names}
    yield Attempt(strides)
    if set(names) <= {"H", "W"}:
        whole = {size.name: size.value for size in free}
        yield from (Attempt(whole), Attempt(strides, 2), Attempt(whole, 1, 1))
    else:
        yield Attempt(strides, 2)


def _stride(trace: Trace, walk: Walkthrough) -> int:
    """The network's total stride: the largest effective one, or by how much the map shrinks."""
    strides = [
        stride.numerator
        for field in receptive_fields(walk).values()
        for stride in field.strides
        if stride.denominator == 1
    ]
    total = lcm(*strides)
    first = trace.input_shapes[0]
    smallest = min(
        (
            shape[-1]
            for layer in walk.layers
            for shape in layer.call.output_shapes[:1]
            if len(shape) == 4 and shape[-1] > 1
        ),
        default=0,
    )
    shrunk = first[-1] // smallest if len(first) == 4 and smallest else 1  # 0 where the network enlarges
    return max(total, 1 << round(log2(max(shrunk, 1))))


def _valid(batch: Variable, n: int, free: Sequence[Variable], attempt: Attempt) -> Bi:
    """`any N, H a multiple of 32, W a multiple of 32`."""
    name = same(batch.name)
    parts = [ANY.format(name=name) if n == 1 or n == batch.value else AT_LEAST.format(name=name, least=n)]
    alike: dict[tuple[int, int], list[Variable]] = {}
    for size in free:
        first = attempt.size(size, 0) if attempt.start else size.value
        step = attempt.steps[size.name]
        alike.setdefault((step, 0 if first % step == 0 and not attempt.start else first), []).append(size)
    for (step, rest), sizes in alike.items():
        names = joined([same(size.name) for size in sizes], "、", " and ")
        if step == 1:
            parts.append(ANY.format(name=names))
        else:
            parts.append((FROM if rest else MULTIPLES).format(name=names, step=step, rest=rest))
    return VALID.format(sizes=joined(parts, "，", ", "))


def _names(variables: Sequence[Variable]) -> Bi:
    return joined([same(variable.name) for variable in variables], "、", ", ")
