"""Every tool's figures beside our predictions of them: model, tool, predicted, actual, remainder, as Markdown.

    python benchmarks/ledger.py [-o build/ledger.md] [--tool TOOL …] [--model MODEL …] [--run] [--only-wrong]

The actual figures are those of the record, tests/oracles; --run asks the tools anew, and so does a model that the record
does not have (torchvision's name, file.py:Class). That needs their environments: make oracles. The exit code is 1 if
anything is left unexplained.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from explainer.counters.predict import conventions, subject
from explainer.derive.live import LiveWalkthrough
from explainer.derive.pipeline import walk_model
from explainer.source import load
from explainer.walkthrough.counted import Line

ROOT = Path(__file__).resolve().parents[1]
ORACLES = ROOT / "tools" / "oracles"
sys.path.insert(0, str(ORACLES))

from environments import python  # noqa: E402
from nets import NETS  # noqa: E402
from record import RECORD, TOOLS  # noqa: E402

HEADER = "| model | tool | quantity | predicted | actual | remainder |\n|---|---|---|---:|---:|---:|\n"
# torchsummary prints its sizes rounded, torchstat's row of totals holds the sums: (line's quantity, the record's).
ROUNDED = {f"{part}_bytes": f"{part}_mib" for part in ("input", "output", "param", "total")}
TOTAL_ROW = {"memread_bytes": 5, "memwrite_bytes": 6}


@dataclass(frozen=True)
class Entry:
    """One figure. actual: what the tool gave, None where it failed; shown: that as printed, where it is rounded."""

    model: str
    tool: str
    quantity: str
    predicted: int | None
    actual: int | None
    shown: str = ""
    note: str = ""

    @property
    def remainder(self) -> int | None:
        """What the convention does not explain. A rounded figure leaves 0 if the prediction rounds to it."""
        if self.note:
            return None if self.predicted is None else -self.predicted
        if self.shown and self.predicted is not None:
            return (
                0
                if f"{self.predicted / 2**20:.2f}" == self.shown
                else round(float(self.shown) * 2**20) - self.predicted
            )
        return (self.actual or 0) - (self.predicted or 0)

    def row(self) -> str:
        """A row of the Markdown table."""
        predicted = "–" if self.predicted is None else f"{self.predicted:,}"
        actual = self.note or (f"{self.shown} MiB" if self.shown else f"{self.actual:,}")
        rest = "–" if self.remainder is None else f"{self.remainder:,}"
        return f"| {self.model} | {self.tool} | {self.quantity} | {predicted} | {actual} | {rest} |\n"


def recorded(tool: str) -> dict[str, Any]:
    """What the record holds of a tool."""
    path = RECORD / f"{tool}.json"
    models: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["models"] if path.exists() else {}
    return models


def asked(tool: str, models: list[str]) -> dict[str, Any]:
    """What a tool returns now."""
    if not models or not python(tool).exists():
        return {}
    done = subprocess.run(
        [python(tool), ORACLES / "run.py", tool, *models], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {line["model"]: line for line in lines[1:]}


def walk_of(name: str, measured: dict[str, Any]) -> LiveWalkthrough:
    """Our walkthrough on the input that the tool was given."""
    dtype = getattr(torch, measured["input_dtype"])
    given = torch.empty(measured["input_shape"], dtype=dtype, device="meta")
    model = NETS[name][0]().eval() if name in NETS else load(name).model
    return walk_model(model, (given,), {}, name=name, source="benchmark")


def entries(name: str, tool: str, lines: list[Line], measured: dict[str, Any]) -> Iterator[Entry]:
    """Each line of a tool beside what the tool gave."""
    if "error" in measured:
        for line in lines:
            yield Entry(name, tool, line.quantity, line.value, None, note="the tool fails")
        if not lines:
            yield Entry(name, tool, "–", None, None, note="the tool fails, as predicted")
        return
    figures = measured["figures"]
    if tool == "torch":  # on the CPU the ledger has a line only where the figure is another
        figures = {"flops": figures["flops"], **({"flops (cpu)": figures["flops_cpu"]} if len(lines) > 1 else {})}
    if tool == "torchstat":
        rows = figures["rows"]
        figures = {name: figures[name] for name in ("params", "madd", "flops")} | {
            **{name: int(float(figures["total_row"][place])) for name, place in TOTAL_ROW.items()},
            "memory_bytes": round(sum(row[4] for row in rows) * 2**20),
            "memrw_bytes": sum(row[7] + row[8] for row in rows),
        }
    found = {line.quantity + (" (cpu)" if line.backend == "cpu" else ""): line.value for line in lines}
    for quantity, value in found.items():
        shown = figures.get(ROUNDED.get(quantity, ""), "") if tool == "torchsummary" else ""
        if shown or quantity in figures:
            yield Entry(name, tool, quantity, value, figures.get(quantity), shown)
    expected = {name for name, value in figures.items() if isinstance(value, int)}
    for quantity in sorted(expected - set(found)):
        yield Entry(name, tool, quantity, None, figures[quantity])


def by_tool(walk: LiveWalkthrough) -> dict[str, list[Line]]:
    """The ledger's lines under the tools' names in the record."""
    model = subject(walk.trace, walk)
    return {
        counter.name: [line for line in counter.lines(model) if isinstance(line, Line)] for counter in conventions()
    }


def main(arguments: list[str]) -> int:
    """Write the table, and say how many figures have no remainder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--tool", action="append", choices=TOOLS)
    parser.add_argument("--model", action="append")
    parser.add_argument("--run", action="store_true", help="ask the tools anew")
    parser.add_argument("--only-wrong", action="store_true", help="only rows with a remainder")
    options = parser.parse_args(arguments)
    tools = options.tool or list(TOOLS)
    measured = {tool: recorded(tool) for tool in tools}
    models = options.model or list(dict.fromkeys(name for known in measured.values() for name in known))
    for tool in tools:
        missing = [name for name in models if options.run or name not in measured[tool]]
        measured[tool] = {**measured[tool], **asked(tool, missing)}
    table: list[Entry] = []
    for name in models:
        sample = next((known[name] for known in measured.values() if "input_shape" in known.get(name, {})), None)
        if sample is None:
            print(f"{name}: no tool could be asked", file=sys.stderr)
            continue
        lines = by_tool(walk_of(name, sample))
        table += [
            e
            for tool in tools
            if name in measured[tool]
            for e in entries(name, tool, lines[tool], measured[tool][name])
        ]
    wrong = [entry for entry in table if entry.remainder]
    text = HEADER + "".join(entry.row() for entry in (wrong if options.only_wrong else table))
    text += f"\n{len(models)} models, {len(tools)} tools, {len(table)} figures, {len(wrong)} with a remainder.\n"
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text(text, encoding="utf-8")
        print(text.splitlines()[-1])
    else:
        print(text, end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
