"""What only some instances of a block have: which steps go together, and which stand on the shortcut of a residual connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import ascii_uppercase

from explainer.formula.tree import Expr
from explainer.i18n.bilingual import Bi
from explainer.lesson.shortcuts import instances_of, shortcut
from explainer.walkthrough.story import Part
from explainer.walkthrough.templates.template import Held, Row, Step, Template

SHORTCUT = Bi("捷径：{name}", "Shortcut: {name}")
MAIN, ASIDE = Bi("主路，合计", "The main path, together"), Bi("捷径，合计", "The shortcut, together")
SOME = Bi("（部分块才有）", " (in some blocks)")
SOME_OF = Bi("（部分块才有：{letter}）", " (in some blocks: {letter})")
SUM = Bi("每块都有的层合计", "What every block has, together")
OPTION_SUM = Bi("部分块才有的层合计", "What some blocks have, together")
OPTION_SUM_OF = Bi("{letter}，合计", "{letter}, together")


@dataclass(frozen=True)
class Options:
    """letters: of each optional step or tensor with parameters that of its group, "" where all belong to one.

    aside: the names of the steps on a shortcut. sums: the parameters of each group, by its letter.
    """

    letters: Mapping[str, str]
    aside: frozenset[str]
    sums: Mapping[str, tuple[Expr, ...]]

    @property
    def only_shortcuts(self) -> bool:
        """Whether what only some have is just what stands on a shortcut."""
        return bool(self.letters) and set(self.letters) == self.aside

    def said_of(self, name: str) -> Bi:
        """（部分块才有：A）."""
        letter = self.letters.get(name, "")
        return SOME_OF.format(letter=letter) if letter else SOME

    def of(self, row: Row) -> str:
        """The letters of what this instance has."""
        return "".join(dict.fromkeys(letter for name, letter in self.letters.items() if name in row.options))


def options_of(part: Part, template: Template) -> Options:
    """Steps that the same instances have are one group, in the order in which they stand in the block."""
    steps: list[Step | Held] = [*template.steps, *template.held]
    parts = [(one.name, one.params) for one in steps if one.option and one.params is not None]
    having = {name: tuple(row.path for row in template.rows if name in row.options) for name, _ in parts}
    groups = list(dict.fromkeys(having.values()))
    letter = {group: ascii_uppercase[i % 26] if len(groups) > 1 else "" for i, group in enumerate(groups)}
    letters = {name: letter[group] for name, group in having.items()}
    sums: dict[str, tuple[Expr, ...]] = {}
    for name, params in parts:
        sums[letters[name]] = (*sums.get(letters[name], ()), params)
    learned = {step.name for step in template.steps if step.params is not None}
    return Options(letters, frozenset(_aside(part) & learned), sums)


def _aside(part: Part) -> set[str]:
    """The steps through which, in some instance, an addition gets the block's input beside what more layers make of it."""
    found: set[str] = set()
    for path, inside in instances_of(part).items():
        for add in inside.values():
            found |= {layer.path[len(path) :].lstrip(".") for layer in shortcut(add, inside)}
    return found
