"""The options that every way in shares, as they are written: the languages, the figures shown, one of several choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from explainer.cost.plan import Plan
from explainer.document.figures import USUALLY, Shown
from explainer.errors import UserError
from explainer.i18n.bilingual import LANGS, Bi, Lang, words_in_a_row
from explainer.i18n.locale import preferred

NOT_A_CHOICE = Bi(zh="{name}不能是{value}：可用的有 {choices}。", en="{name} cannot be {value}: choose from {choices}.")


def check_choice(name: str, value: object, choices: Sequence[object]) -> None:
    """One of the choices, or a sentence with all of them. Raises UserError."""
    if value not in choices:
        raise UserError(NOT_A_CHOICE.format(name=name, value=repr(value), choices=words_in_a_row(map(repr, choices))))


def shown(show: str | Sequence[str] | None) -> tuple[Shown, ...]:
    """ "params,macs" → ("params", "macs"), in the usual order; "all" for everything. Raises UserError."""
    if show is None:
        return USUALLY
    given = show.replace("，", ",").split(",") if isinstance(show, str) else list(show)
    wanted = {word.strip().lower().replace("_", "-") for word in given}
    known: tuple[Shown, ...] = get_args(Shown)
    for word in wanted - {*known, "all"}:
        raise UserError(NOT_A_CHOICE.format(name="--show", value=repr(word), choices=words_in_a_row([*known, "all"])))
    return known if "all" in wanted else tuple(word for word in known if word in wanted)


def shown_with(show: str | Sequence[str] | None, plan: Plan) -> tuple[Shown, ...]:
    """The same; where something is planned, with the memory. Raises UserError."""
    found, known = shown(show), get_args(Shown)
    return tuple(word for word in known if word in found or (plan and word == "memory"))


def langs_of(lang: str | Sequence[str] | None) -> tuple[Lang, ...]:
    """ "zh,en" → ("zh", "en"). Raises UserError for another language."""
    if lang is None:
        return (preferred(),)
    given = lang.replace("，", ",").split(",") if isinstance(lang, str) else list(lang)
    found: list[Lang] = []
    for text in given:
        match = next((known for known in LANGS if known == text.strip().lower()), None)
        if match is None:
            raise UserError(
                Bi(
                    zh="不认识语言“{lang}”：--lang 可以是 zh、en 或 zh,en。",
                    en="Unknown language '{lang}': --lang is zh, en or zh,en.",
                ).format(lang=text)
            )
        if match not in found:
            found.append(match)
    return tuple(found)
