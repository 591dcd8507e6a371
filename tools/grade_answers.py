"""How well real answers are judged: `python tools/grade_answers.py answers.csv`.

The table has the columns model, input, question, answer, expected (right or wrong) and, of a wrong one, its cause. Models are
as for `explain`, paths beside the table. Printed: right answers accepted, unreadable and crossed; wrong ones accepted; how often
the cause is named first, where the table names it by a mistake's id or by words of `CAUSES`.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from explainer.derive.pipeline import walk_model
from explainer.homework.grading.grade import grade
from explainer.homework.grading.result import Graded
from explainer.homework.questions import find
from explainer.source import load, parse_input, static_inputs
from explainer.walkthrough.model import Walkthrough

CAUSES = {
    "channels forgotten": "channels.single_input",
    "swap": "channels.swapped",
    "arithmetic": "slip",
    "input as fc": "kernel.image",
    "one kernel": "channels.single_output",
    "sum": "kernel.added",
    "fc": "kernel.image",
    "ignored channels+bias": "bias.forgotten+channels.single_input",
    "added kernel sides": "kernel.added",
    "took the image channels (3) instead of the 64 before": "channels.previous_layer",
    "not squared": "kernel.not_squared",
    "bias per input channel": "bias.per_input_channel",
    "swapped": "channels.swapped",
    "took output channels twice": "channels.output_twice",
    "input channels twice": "channels.input_twice",
    "5x5 kernel": "kernel.other_size",
    "channels only": "linear.channels_only",
    "bias on inputs": "bias.on_inputs",
    "added": "linear.added",
    "one bias (Keras old)": "recurrent.one_bias",
    "LSTM gates": "recurrent.gates",
    "positions": "norm.positions",
    "groups ignored": "channels.groups_ignored",
    "padding ignored": "shape.padding_forgotten",
    "padding once": "shape.padding_once",
    "ceil": "shape.rounding",
    "dilation ignored": "shape.dilation_ignored",
    "no plus one": "shape.no_plus_one",
    "bias added": "bias.in_cost",
    "positions forgotten": "cost.no_positions",
    "only one side": "cost.one_side",
    "one input channel": "channels.single_input",
    "qkv only no bias": "bias.forgotten+attention.no_output",
    "qkv heads": "attention.no_output",
    "as MHA": "totals.grouped_as_full",
    "A times B": "totals.adapter_multiplied",
    "bn forgotten": "totals.norm_forgotten",
}


def is_named(cause: str, graded: Graded) -> bool:
    """Whether the first mistake named is the cause: ids or their beginnings, "+" for both together, "|" for either."""
    ids = graded.mistakes[0].id.split("+") if graded.mistakes else []
    wanted = [either.split("+") for either in CAUSES.get(cause, cause).split("|")]
    return any(all(any(found.startswith(one) for found in ids) for one in every) for every in wanted)


@cache
def walk(source: str, size: str) -> Walkthrough:
    """The model of a row, explained; each once."""
    loaded = load(source)
    inputs, options = static_inputs(loaded, [parse_input(size)] if size else [])
    return walk_model(loaded.model, inputs, options, name=loaded.name, source=source)


def judged(table: Path) -> Iterator[tuple[dict[str, str], Graded]]:
    """Every row of the table with what `grade` makes of it."""
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    os.chdir(table.parent)
    for row in rows:
        yield row, grade(find(walk(row["model"], row["input"]), row["question"]), row["answer"])


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--all", action="store_true", help="print every answer, not only those misjudged")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    for row, graded in judged(options.table.resolve()):
        *_, cause = row.values()
        right = row["expected"] == "right"
        kind = (
            "accepted" if graded.right else "unreadable" if graded.verdict in ("unreadable", "undecided") else "crossed"
        )
        counts[f"{row['expected']}: {kind}"] += 1
        named = graded.mistakes[0].id if graded.mistakes else "-"
        if cause and not right:
            counts["cause: named first" if is_named(cause, graded) else "cause: another named, or none"] += 1
        if options.all or right != graded.right or (cause and not right):
            said = "; ".join(remark.en for remark in graded.remarks)
            flag = (
                "!!"
                if graded.right and not right
                else "  "
                if right == graded.right
                else "? "
                if kind == "unreadable"
                else "x "
            )
            print(
                f"{flag}{row['expected']:5} {graded.verdict:10} {row['question']} {row['answer']!r} [{cause}] {named} {said[:110]}"
            )
    for name, count in sorted(counts.items()):
        print(f"{count:5} {name}")


if __name__ == "__main__":
    main()
