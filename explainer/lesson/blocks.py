"""What a folded row of a table is called: repeated blocks, and runs of steps that only prepare."""

from __future__ import annotations

from collections.abc import Sequence

from explainer.i18n.bilingual import grouped
from explainer.walkthrough.fold import Block, Repeat, Run


def run_steps(run: Run) -> str:
    """The numbers of the steps: 5–12."""
    return f"{run.layers[0].index}–{run.layers[-1].index}"


def run_paths(run: Run) -> str:
    """Its first and last step."""
    return f"{run.layers[0].path} … {run.layers[-1].path}"


def steps(blocks: Sequence[Block]) -> str:
    """The numbers of the steps: 12～18."""
    return f"{blocks[0].layers[0].index}–{blocks[-1].layers[-1].index}"


def paths(blocks: Sequence[Block]) -> str:
    """`layer1.1`, or `layer1.1 … layer1.5` for several."""
    return blocks[0].path if len(blocks) == 1 else f"{blocks[0].path} … {blocks[-1].path}"


def repeated_value(repeat: Repeat) -> str:
    """11·7,087,872: the formula of a folded row."""
    return f"{len(repeat.others)}·{grouped(repeat.first.params)}" if len(repeat.others) > 1 else ""
