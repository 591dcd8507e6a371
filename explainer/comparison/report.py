"""A comparison in sentences, as JSON, and as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explainer.comparison.differences import Change, Comparison, Difference
from explainer.comparison.facts import Step
from explainer.comparison.wording import (
    AT,
    BIAS_EXTRA,
    BIAS_MISSING,
    BIASES,
    BOTH,
    BREAKS,
    BUILT,
    DIFFERENT,
    DIFFERENT_BEFORE,
    DIRECTION,
    DROPOUT,
    EQUAL,
    FEWER,
    FOLLOWS,
    LAYER,
    MORE,
    NOT_RUN,
    OTHERWISE,
    PARTLY,
    PEERS,
    SAME,
    SENTENCES,
    SETTINGS,
    SHOULD,
    STEPS,
    THE_REFERENCE,
    TITLE,
    TOTAL,
    UNDECIDED,
    UNEQUAL,
    WINDOW,
)
from explainer.i18n.bilingual import Bi, Lang, begun, grouped, joined, same, shape_text
from explainer.lesson.difference import adds_up, difference_table, headline, working
from explainer.lesson.difference import lines as difference_lines
from explainer.walkthrough.difference.terms import Amount
from explainer.walkthrough.settings import Setting

if TYPE_CHECKING:
    from explainer.document.nodes import Document


MOST_TOLD = 20  # layers one by one; more are told as a sum
MOST_ARGUMENTS = 12


def lines(comparison: Comparison) -> list[Bi]:
    """The verdict first, then each difference, then the totals (of passes that are known to their end).

    Of one that broke the differences before it, which may be the cause, then where it broke.
    """
    submission = comparison.submission
    note = [comparison.note] if comparison.note else []
    if comparison.failure is not None or submission is None:
        before = [sentence(comparison, difference) for difference in comparison.differences]
        said = [DIFFERENT_BEFORE.format(n=len(before)), *before] if before else []
        why = (BREAKS if before else NOT_RUN).format(why=comparison.failure or same(""))
        return [*said, why, *note]
    if comparison.undecided:
        return [UNDECIDED.format(whose=_incomplete(comparison)), *note]
    if comparison.same:
        return [SAME.format(name=submission.name, params=submission.params), *note]
    told = [difference for difference in comparison.differences if not difference.follows]
    following = len(comparison.differences) - len(told)
    if comparison.terms and (comparison.peers or len(told) > MOST_TOLD):
        return [*_as_a_sum(comparison, len(told)), *note]
    said = [DIFFERENT.format(name=submission.name, n=len(told))]
    said += [sentence(comparison, difference) for difference in told]
    said += [FOLLOWS.format(n=following)] if following else []
    said += _built_otherwise(comparison)
    said += [summed] if (summed := working(comparison.terms)) else []
    partly = [PARTLY.format(whose=whose)] if (whose := _incomplete(comparison)) else []
    return [*said, *([] if partly else [_totals(comparison)]), *partly, *note]


def _as_a_sum(comparison: Comparison, places: int) -> list[Bi]:
    """What the second has more and fewer, layer by layer and block by block, and that it adds up."""
    first, second = comparison.sides
    found = headline(comparison.terms, first.name, second.name)
    said = [PEERS.format(first=first.name, second=second.name)]
    if not comparison.peers:
        said = [DIFFERENT.format(name=second.name, n=places)]
    said += _built_otherwise(comparison)
    said += [found] if found else []
    said += difference_lines(comparison.terms)
    return [*said, adds_up(Amount(first.params, first.macs), Amount(second.params, second.macs))]


def _built_otherwise(comparison: Comparison) -> list[Bi]:
    """The arguments that differ, from the first to the second."""
    found = comparison.built_otherwise
    if not found or len(found) > MOST_ARGUMENTS:
        return []
    peers = comparison.peers
    parts = [
        same(
            f"{one.name} {_argument(one.given if peers else one.expected)} ⇒ {_argument(one.expected if peers else one.given)}"
        )
        for one in found
    ]
    return [BUILT.format(arguments=joined(parts, "，", ", "))]


def _argument(value: Setting) -> str:
    return str(value) if not isinstance(value, int) or isinstance(value, bool) else grouped(value)


def _incomplete(comparison: Comparison) -> Bi | None:
    """Which of the two is known in part only."""
    ours, theirs = comparison.reference, comparison.submission
    if theirs is None or not (ours.incomplete or theirs.incomplete):
        return None
    if ours.incomplete and theirs.incomplete:
        return BOTH
    return THE_REFERENCE if ours.incomplete else same(theirs.name)


def sentence(comparison: Comparison, difference: Difference) -> Bi:
    """One difference: which layer, what it should be, what it is, and the parameters more or fewer."""
    ours, theirs = difference.reference, difference.submission
    step = ours or theirs
    layer = (
        _layer(step, difference.reference_place or difference.submission_place, theirs or ours) if step else same("")
    )
    words: dict[str, object] = {"layer": layer, "more": _more(difference.params, Bi("；", ", "))}
    kind: str = difference.kind
    if kind == "settings":
        words["more"] = _more(difference.params, Bi("；", "; "))
        changes = _together(difference)
        words["changes"] = joined([_change(change, ours) for change in changes], "，", ", ") if changes else OTHERWISE
    elif kind == "replaced" and ours and theirs:
        words |= {"title": _title(ours), "other": _title(theirs)}
    elif kind == "moved" and ours:
        words["place"] = _neighbours(comparison, ours)
    elif kind == "shape" and ours and theirs:
        if ours.shape == theirs.shape:
            kind = "work"
            words |= {"expected": ours.macs or 0, "given": theirs.macs or 0}
        else:
            words |= {
                "expected": shape_text(ours.shape) if ours.shape else "1",
                "given": shape_text(theirs.shape) if theirs.shape else "1",
            }
    elif kind in ("input", "output") and comparison.submission:
        pair = (comparison.reference, comparison.submission)
        shapes = [facts.input_shapes if kind == "input" else facts.output_shapes for facts in pair]
        words |= {"expected": _shapes(shapes[0]), "given": _shapes(shapes[1])}
    found = SENTENCES[kind].format(**words)
    return begun(found)


def _shapes(shapes: tuple[tuple[int, ...], ...]) -> Bi:
    return joined([same(shape_text(shape) if shape else "1") for shape in shapes]) if shapes else Bi("无", "nothing")


def _title(step: Step) -> Bi:
    if step.title is None:
        return same(step.type)
    if step.kind == "ACTIVATION":  # which one is what matters
        return Bi(f"{step.rule}激活层", f"{step.rule} layer")
    return Bi(f"{step.title.zh}步骤", step.title.en) if step.kind in STEPS else step.title


def _layer(step: Step, place: int, shown: Step | None) -> Bi:
    path = shown.path if shown else ""
    return LAYER.format(n=str(place), title=_title(step), path=AT.format(path=path) if path else same(""))


def _neighbours(comparison: Comparison, step: Step) -> Bi:
    """Between what it stands in the reference."""
    steps = comparison.reference.steps
    at = next(i for i, other in enumerate(steps) if other is step)
    if at == 0:
        return Bi("第一步", "the first step")
    return Bi(f"{_title(steps[at - 1]).zh}之后的一步", f"the step after the {_title(steps[at - 1]).en}")


def _together(difference: Difference) -> list[Change]:
    """The sides of a kernel (or window, stride …) as one: 3×3 and 5×5."""
    found: dict[str, Change] = {}
    for change in difference.changes:
        base, _, side = change.name.partition("_")
        if side not in DIRECTION or base not in SETTINGS:
            found[change.name] = change
        elif base not in found and difference.reference and difference.submission:
            found[base] = Change(base, _sides(difference.reference, base), _sides(difference.submission, base))
    return list(found.values())


def _sides(step: Step, base: str) -> str:
    return "×".join(
        str(step.settings[f"{base}_{side}"]) for side in ("d", "h", "w") if f"{base}_{side}" in step.settings
    )


def _change(change: Change, step: Step | None) -> Bi:
    if change.name == "b":
        if change.expected and not change.given:
            return BIAS_MISSING
        return (
            BIAS_EXTRA
            if change.given and not change.expected
            else BIASES.format(expected=change.expected, given=change.given)
        )
    return SHOULD.format(name=_setting(change.name, step), expected=_value(change.expected), given=_value(change.given))


def _setting(name: str, step: Step | None) -> Bi:
    if name == "p" and step and step.kind == "DROPOUT":
        return DROPOUT
    if name == "k" and step and step.kind == "POOLING":
        return WINDOW
    if name in SETTINGS:
        return SETTINGS[name]
    return same(name)


def _value(value: Setting) -> Bi:
    if value is None or isinstance(value, bool):
        return Bi("“是”", "True") if value else Bi("“否”", "False")
    if isinstance(value, int):
        return same(grouped(value))
    return same(f"{value:g}" if isinstance(value, float) else f" {value} ".strip())


def _more(params: int, before: Bi) -> Bi:
    if not params:
        return same("")
    return before + (MORE if params > 0 else FEWER).format(n=abs(params))


def _totals(comparison: Comparison) -> Bi:
    assert comparison.submission is not None
    ours, theirs = comparison.reference, comparison.submission
    return TOTAL.format(params=_both(ours.params, theirs.params), macs=_both(ours.macs, theirs.macs))


def _both(expected: int, given: int) -> Bi:
    return EQUAL.format(n=given) if expected == given else UNEQUAL.format(expected=expected, given=given)


def document(comparison: Comparison, langs: tuple[Lang, ...]) -> Document:
    """A page for a student or a teacher: the verdict, the differences as a list, the totals."""
    from explainer.document.builder import Page
    from explainer.document.nodes import Bullets, Document, Paragraph

    said = lines(comparison)
    title = " / ".join(TITLE[lang] for lang in langs)
    page = Page(langs, "standard")
    page.blocks.append(Paragraph({lang: (said[0][lang],) for lang in langs}))
    if comparison.terms and comparison.peers:
        first, second = comparison.sides
        found = headline(comparison.terms, first.name, second.name)
        page.tell([*_built_otherwise(comparison), *([found] if found else [])])
        difference_table(page, comparison.terms)
        page.tell([said[-1] if comparison.note is None else said[-2]])
    elif comparison.differences:
        items = tuple({lang: (line[lang],) for lang in langs} for line in said[1:])
        page.blocks.append(Bullets(items))
        if len(comparison.terms) > 1:
            difference_table(page, comparison.terms)
    return Document(langs=langs, title=(title,), subtitle=(), blocks=tuple(page.blocks))
