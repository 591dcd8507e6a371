"""One model explained, as plain data: the waist between what needs torch and what reads.

No module, no tensor, no live model is in it; it goes to JSON and comes back. It knows nothing of languages or formats.
Figures are plain integers; shapes include the batch; MACs are multiply-accumulates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from explainer.memory import cached_property
from explainer.walkthrough.call import Run
from explainer.walkthrough.completeness import Completeness, completeness_of
from explainer.walkthrough.family import Family
from explainer.walkthrough.fold import Part, fold
from explainer.walkthrough.groups import By, Group, grouped_by
from explainer.walkthrough.idea import Active, Idea
from explainer.walkthrough.loops import Loop, again_of, loops_of
from explainer.walkthrough.measured import Measured
from explainer.walkthrough.parts import Layer, RawParameter, Tensor, Uncalled
from explainer.walkthrough.relatives import Relatives
from explainer.walkthrough.story import Story
from explainer.walkthrough.story_division import story_of
from explainer.walkthrough.templates.template import Template, templates_of
from explainer.walkthrough.totals import Census, MacsTotal, Totals
from explainer.walkthrough.verdict import Verdict, compare
from explainer.walkthrough.what_if import WhatIf

NOTHING_MEASURED = Measured()
W = TypeVar("W", bound="Walkthrough")
# What is read from the calls and tensors alone, and costs something.
_OF_CALLS = (
    "totals",
    "completeness",
    "macs",
    "folded",
    "checks",
    "macs_checks",
    "templates",
    "loops",
    "repeated",
    "_grouped",
)
__all__ = [
    "By",
    "Census",
    "Completeness",
    "Group",
    "Layer",
    "MacsTotal",
    "RawParameter",
    "Tensor",
    "Totals",
    "Uncalled",
    "Walkthrough",
]


@dataclass(frozen=True)
class Walkthrough:
    """One model, explained.

    arguments: what it was built with, as the user wrote it: `num_classes=10`. measured: what needed further runs of the
    model, as far as anybody wanted it. family: the formulas of the model's family, if asked for and found.
    containers: the class of each module that has modules in it and calls below it, by path. ideas: what modules and stretches
    were proven to be, in the order of their first calls; active: what one token uses of a mixture of experts.
    what_if: the same model with other arguments beside it; relatives: the ready-made models of its family; where that was asked for.
    docstring: what the author of the model's class says of it, a paragraph of a stranger's words.
    """

    name: str
    source: str
    run: Run
    layers: tuple[Layer, ...]
    uncalled: tuple[Uncalled, ...]
    raw_parameters: tuple[RawParameter, ...]
    census: Census
    versions: Mapping[str, str]
    arguments: tuple[str, ...] = ()
    measured: Measured = NOTHING_MEASURED
    family: Family | None = None
    containers: Mapping[str, str] = field(default_factory=dict)
    ideas: tuple[Idea, ...] = ()
    active: Active | None = None
    what_if: WhatIf | None = None
    relatives: Relatives | None = None
    docstring: str = ""
    recorded: bool = field(default=False, compare=False)

    def __repr__(self) -> str:
        return f"<Walkthrough of {self.name}: {len(self.layers)} calls, {self.totals.params:,} parameters>"

    def told(self: W, **more: Any) -> W:
        """The same pass with other things said of it (ideas, measurements, a name); what its calls say is not read again."""
        changed = replace(self, **more)
        for name in _OF_CALLS:
            if name in vars(self):
                object.__setattr__(changed, name, vars(self)[name])
        return changed

    @cached_property
    def totals(self) -> Totals:
        """The sums, of the parts and of torch."""
        parts: tuple[Layer | Uncalled, ...] = (*self.layers, *self.uncalled)
        unexplained = sum(part.counted for part in parts if part.params is None)
        by_rule = sum(part.counted for part in parts if part.params is not None)
        directly = sum(parameter.params for parameter in self.raw_parameters)
        census = self.census
        return Totals(
            params=by_rule + unexplained + directly,
            torch_params=census.torch_params,
            explained=by_rule,
            raw=directly,
            unexplained=unexplained,
            trainable=census.trainable,
            frozen=census.frozen,
            buffers=sum(buffer.numel for buffer in census.buffers),
            buffer_names=tuple(dict.fromkeys(buffer.name.rpartition(".")[2] for buffer in census.buffers)),
            bits_by_dtype=census.bits_by_dtype,
            independent=not self.run.weights_only,
        )

    @cached_property
    def completeness(self) -> Completeness:
        """Whether the whole pass is here, and what is missing."""
        return completeness_of(self.run, self.layers)

    @property
    def complete(self) -> bool:
        """Whether the whole pass is here."""
        return self.completeness.complete

    @cached_property
    def macs(self) -> MacsTotal:
        """The multiply-accumulates of all calls, beside what torch's counter saw of the whole pass."""
        if self.run.weights_only:
            return MacsTotal(None, None, Verdict.UNCHECKED, at_least=False)
        value = sum(layer.macs.value for layer in self.layers if layer.macs)
        theirs = self._torch_macs
        return MacsTotal(value, theirs, self._macs_verdict(value, theirs), at_least=not self.complete)

    @property
    def _torch_macs(self) -> int | None:
        """Of the whole pass, or (a file of older date) of the calls; None where no counter ran."""
        if self.run.torch_flops is not None:
            return self.run.torch_flops // 2
        flops = [layer.call.flops for layer in self.layers]
        return None if None in flops else sum(one or 0 for one in flops) // 2

    def _macs_verdict(self, value: int, theirs: int | None) -> Verdict:
        if self.macs_checks[Verdict.DISAGREES]:
            return Verdict.DISAGREES
        blind = any(layer.blind for layer in self.layers)
        return Verdict.UNCHECKED if blind or not self.complete else compare(value, theirs)

    @property
    def not_reached(self) -> tuple[Uncalled, ...]:
        """The modules that the pass might have come to, had it not stopped."""
        return self.uncalled if self.completeness.stopped else ()

    @cached_property
    def folded(self) -> tuple[Part, ...]:
        """The calls with equal blocks folded."""
        return fold(self.layers)

    @cached_property
    def checks(self) -> dict[Verdict, int]:
        """How many figures agree, disagree, have nothing to be compared with, or were not reached.

        Parameters, shapes (of modules not reached too), and the total.
        """
        counts = dict.fromkeys(Verdict, 0)
        for layer in self.layers:
            counts[layer.params_verdict] += 1
            counts[layer.shape_verdict] += 1
        for module in self.uncalled:
            counts[module.verdict] += 1
        counts[self.totals.verdict] += 1
        counts[Verdict.NOT_REACHED] += len(self.not_reached)
        return counts

    @cached_property
    def macs_checks(self) -> dict[Verdict, int]:
        """The same of the multiply-accumulates."""
        counts = dict.fromkeys(Verdict, 0)
        for layer in self.layers:
            counts[layer.macs_verdict] += 1
        return counts

    @property
    def broken(self) -> tuple[Layer | Uncalled, ...]:
        """The parts whose rule raised something else than that it does not apply."""
        parts: tuple[Layer | Uncalled, ...] = (*self.layers, *self.uncalled)
        return tuple(part for part in parts if part.error)

    @property
    def agrees(self) -> bool:
        """Nothing disagrees with torch, and no rule is broken."""
        return not self.broken and not self.checks[Verdict.DISAGREES] and not self.macs_checks[Verdict.DISAGREES]

    @cached_property
    def templates(self) -> tuple[Template, ...]:
        """The blocks that occur several times, each with its formula and its instances."""
        again: dict[int, list[Layer]] = {}
        for index, first in self.repeated.items():
            again.setdefault(first, []).append(self.layers[index - 1])
        once = [layer for layer in self.layers if layer.index not in self.repeated]
        return templates_of(once, self.containers, self.raw_parameters, again)

    @cached_property
    def loops(self) -> tuple[Loop, ...]:
        """The stretches of calls that run again and again with the same parameters."""
        return loops_of(self.layers)

    @cached_property
    def repeated(self) -> dict[int, int]:
        """Each call that repeats another one: its index → that of the call in the first round of its loop."""
        return again_of(self.loops)

    @cached_property
    def story(self) -> Story:
        """The parts that the network is told in; every call is in one of them, and their figures sum to the totals."""
        return story_of(
            self.layers,
            self.uncalled,
            self.raw_parameters,
            self.templates,
            self.ideas,
            self.run,
            self.loops,
            self.containers,
        )

    def groups(self, by: By) -> list[Group]:
        """The parts of the network; their `params` sum to the total."""
        if by not in self._grouped:
            self._grouped[by] = grouped_by(self.layers, self.uncalled, self.raw_parameters, by)
        return self._grouped[by]

    @cached_property
    def _grouped(self) -> dict[By, list[Group]]:
        return {}
