"""The rows of a block's table: its layers and the tensors that it uses directly, those told alike joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from explainer.formula.expansion import terms_of
from explainer.formula.tree import Expr, total, value_of
from explainer.i18n.bilingual import Bi, same
from explainer.lesson.block_ideas import NAMES, kind_of
from explainer.lesson.block_options import SHORTCUT, Options, options_of
from explainer.lesson.block_words import title_of
from explainer.lesson.held_tensors import name_of_held
from explainer.lesson.phrases import capitalised
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.idea import Idea
from explainer.walkthrough.idea import Kind as IdeaKind
from explainer.walkthrough.story import Part
from explainer.walkthrough.templates.template import Step, Template

FEWEST_OF_A_LIST = 3
SCALE_AND_SHIFT = Bi("（缩放、平移）", " (scale, shift)")
SCALE = Bi("（缩放）", " (scale)")


class BlockRow(Struct, frozen=True):
    """What stands in one row. names: as the block calls them; held: tensors used directly; value: of the first instance."""

    title: Bi
    names: tuple[str, ...]
    formula: Expr
    value: int
    option: bool
    held: bool = False
    idea: IdeaKind | None = None


def joined_rows(part: Part, template: Template, formulas: Mapping[str, Expr], ideas: Sequence[Idea]) -> list[BlockRow]:
    """One row for normalizations of one kind, where the last of them stands; for layers of one idea with the same formula, where the first does."""
    options = options_of(part, template)
    groups: dict[object, list[BlockRow]] = {}
    apart: set[object] = set()  # normalizations: a sum of what each has
    listed = _of_a_list([step for step in template.steps if step.params is not None])
    for step in template.steps:
        if step.params is None:
            continue
        row = _of_step(part, step, formulas.get(step.name, step.params), ideas, options)
        rule = step.example.rule
        if (place := listed.get(step.name)) is not None:
            groups.setdefault(place, []).append(row)
        elif step.example.kind is Kind.NORMALIZATION and rule is not None:
            key: object = (rule.name, step.option, options.letters.get(step.name), step.name in options.aside)
            groups[key] = [*groups.pop(key, []), row]
            apart.add(key)
        else:
            groups.setdefault(_key(row, bool(formulas)), []).append(row)
    for held in template.held:
        expr = formulas.get(held.name, held.params)
        kind = kind_of(part, ideas, None, held.name)
        value = int(value_of(held.params, {})) if not template.symbols else 0
        name = (NAMES.get(kind) if kind is not None else None) or name_of_held(part, held.name)
        row = BlockRow(capitalised(name), (held.name,), expr, value, held.option, held=True, idea=kind)
        groups.setdefault(_key(row, bool(formulas)), []).append(row)
    return [_joined(rows, key not in apart) for key, rows in groups.items()]


def _of_a_list(found: list[Step]) -> dict[str, tuple[object, ...]]:
    """Layers whose paths differ in one number, and that have one formula: `experts.0.w1`, `experts.1.w1`, …; three or more."""
    places: dict[tuple[object, ...], list[str]] = {}
    for step in found:
        parts = step.name.partition("@")[0].split(".")
        for at, part in enumerate(parts):
            if part.isdigit():
                key = (*parts[:at], "#", *parts[at + 1 :], step.params, step.option, step.example.type)
                places.setdefault(key, []).append(step.name)
    many = {key: names for key, names in places.items() if len(names) >= FEWEST_OF_A_LIST}
    return {name: key for key, names in sorted(many.items(), key=lambda item: len(item[1])) for name in names}


def used_by_a_token(ideas: Sequence[Idea], rows: Sequence[BlockRow]) -> dict[tuple[str, ...], int]:
    """What one token uses of the rows that hold a mixture's experts: k of E; nothing where these are not told apart from the rest."""
    mixtures = [idea for idea in ideas if idea.kind == "mixture_of_experts"]
    if len(mixtures) != 1:
        return {}
    experts, used, one = (mixtures[0].settings.get(name) for name in ("experts", "used", "expert_params"))
    if not (isinstance(experts, int) and isinstance(used, int) and isinstance(one, int)):
        return {}
    held = [row for row in rows if row.held and row.value and row.value % experts == 0]
    held = [row for row in held if row.idea == "mixture_of_experts"]
    if sum(row.value for row in held) != experts * one:
        return {}
    return {row.names: row.value // experts * used for row in held}


def _of_step(part: Part, step: Step, formula: Expr, ideas: Sequence[Idea], options: Options) -> BlockRow:
    own = title_of(step)
    known = part.ideas if step.option else ideas  # its example may be of another instance
    title, kind = capitalised(own), kind_of(part, known, step.example.index)
    name = NAMES.get(kind) if kind is not None else None
    if name is not None and name.en != own.en and step.example.kind is not Kind.NORMALIZATION:
        title = Bi(f"{name.zh}：{own.zh}", f"{capitalised(name).en}: {own.en}")
    if step.name in options.aside:
        title = SHORTCUT.format(name=own)
    if step.example.kind is Kind.NORMALIZATION:
        title += _what_it_learns(step)
    return BlockRow(title, (step.name,), formula, step.example.value, step.option, idea=kind)


def _what_it_learns(step: Step) -> Bi:
    """Of a normalization: why there is a 2 in 2d, or none."""
    owned = {tensor.name.rpartition(".")[2] for tensor in step.example.owned}
    return SCALE_AND_SHIFT if owned == {"weight", "bias"} else SCALE if owned == {"weight"} else same("")


def _key(row: BlockRow, in_family: bool) -> object:
    """Rows of one idea with the same formula in the family's symbols are one; so are a mixture's experts, whatever their formula."""
    terms = terms_of(row.formula)
    if row.idea is None or not in_family or terms is None:
        return row.names
    if row.held and row.idea == "mixture_of_experts":
        return row.title.en, row.held, row.option
    return row.title.en, row.held, row.option, frozenset(terms.items())


def _joined(rows: list[BlockRow], times: bool) -> BlockRow:
    """times: 2·d·d for two of one formula."""
    if len(rows) == 1:
        return rows[0]
    formulas = [row.formula for row in rows]
    alike = times and len({_terms(one) for one in formulas}) == 1
    first = rows[0]
    return BlockRow(
        first.title,
        tuple(name for row in rows for name in row.names),
        len(rows) * formulas[0] if alike else total(formulas),
        sum(row.value for row in rows),
        first.option,
        first.held,
        first.idea,
    )


def _terms(expr: Expr) -> object:
    terms = terms_of(expr)
    return frozenset(terms.items()) if terms is not None else expr
