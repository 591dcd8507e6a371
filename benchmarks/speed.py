"""Whole commands against a plain `import torch`: processor time and peak memory, as named ratios.

    python benchmarks/speed.py --rounds 3

The processes run in turn, and the least of each figure counts: what else runs on the machine only ever adds.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

NET = """
import torch
from torch import nn
EXAMPLE_INPUT = (1, 3, 32, 32)

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Linear(4096, 10)

    def forward(self, x):
        return self.head(torch.flatten(self.features(x), 1))
"""


@dataclass(frozen=True)
class Row:
    """One command; target: the ratio to reach, of processor time."""

    name: str
    command: tuple[str, ...]
    target: float | None = None


EXPLAIN = ("-m", "explainer")
ROWS = (
    Row("import torch", ("-c", "import torch")),
    Row("explain vgg16 --no-cache -o x.md", (*EXPLAIN, "vgg16", "--no-cache", "-o", "x.md"), 1.0),
    Row("a user's file", (*EXPLAIN, "net.py:Net", "-o", "net.md"), 0.95),
    Row("Markdown and PDF", (*EXPLAIN, "vgg16", "--no-cache", "-o", "x.md", "-o", "x.pdf"), 2.3),
    Row("explain vgg16 from the cache", (*EXPLAIN, "vgg16", "-o", "x.md"), 0.15),
    Row("explain lesson.json -o x.md", (*EXPLAIN, "lesson.json", "-o", "x.md"), 0.15),
    Row("explain ask lesson.json", (*EXPLAIN, "ask", "lesson.json", "features.0.params", "1792"), 0.15),
    Row("explain ask vgg16 from the cache", (*EXPLAIN, "ask", "vgg16", "features.0.params", "1792"), 0.15),
)


def measured(command: tuple[str, ...], folder: Path) -> tuple[float, float]:
    """Processor seconds and peak memory in MB of one process."""
    # With compiled files, as every installation has them.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["EXPLAINER_CACHE_DIR"] = str(folder / "cache")
    process = subprocess.Popen(
        [sys.executable, *command], cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds: int = parser.parse_args().rounds
    best: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "net.py").write_text(NET, encoding="utf-8")
        measured((*EXPLAIN, "vgg16", "-o", "lesson.json"), folder)
        for row in ROWS:  # fills the cache, and writes the compiled files
            measured(row.command, folder)
        for _ in range(rounds):
            for row in ROWS:
                time, memory = measured(row.command, folder)
                before = best.get(row.name, (time, memory))
                best[row.name] = min(before[0], time), min(before[1], memory)
    floor = best["import torch"]
    print(
        "| process | processor, s | ÷ import torch | target | memory, MB | ÷ import torch |\n|---|---:|---:|---:|---:|---:|"
    )
    for row in ROWS:
        time, memory = best[row.name]
        target = f"{row.target:g}" if row.target else ""
        print(
            f"| {row.name} | {time:.2f} | {time / floor[0]:.2f} | {target} | {memory:.0f} | {memory / floor[1]:.2f} |"
        )


if __name__ == "__main__":
    main()
