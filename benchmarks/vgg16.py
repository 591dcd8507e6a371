"""Time and peak memory of `explain vgg16`, beside the bare imports and torchinfo: python benchmarks/vgg16.py.

Whole processes are measured, in turn (A B C D, A B C D, …), after one round that only warms the disk cache; the least
of the rounds counts, since whatever else the machine does only ever adds. Exits 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import metadata
from pathlib import Path

PLAIN = """
import torch
import torchvision
"""
# What explainer.source.torchvision_models does for a torchvision whose operators do not fit torch, done at once: without the import
# that fails first, so that the floor is as low as it can be.
REPAIRED = """
import torch
library = torch.library.Library("torchvision", "FRAGMENT")
library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
import torchvision
"""
TORCHINFO = """
import torchinfo
torchinfo.summary(torchvision.models.vgg16(), input_size=(1, 3, 224, 224))
"""
FLOOR, OURS, PDF, OTHER = "import torch, torchvision", "explain → .md", "explain → .md, .pdf", "torchinfo.summary"


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    seconds: float
    megabytes: float


@dataclass(frozen=True)
class Target:
    """A figure of one command that must not exceed another's times a factor."""

    command: str
    figure: str
    factor: float
    beside: str

    def met(self, best: dict[str, Cost]) -> bool:
        """Whether the measured figures keep to it."""
        return bool(getattr(best[self.command], self.figure) <= self.factor * getattr(best[self.beside], self.figure))

    def sentence(self, best: dict[str, Cost]) -> str:
        """The target and whether it is met, as a list item."""
        mine, theirs = (getattr(best[name], self.figure) for name in (self.command, self.beside))
        limit = f"{self.factor:g} × " if self.factor != 1 else ""
        word = "met" if self.met(best) else "**missed**"
        what = {"seconds": "time", "megabytes": "memory"}[self.figure]
        return f"- {self.command}: {what} at most {limit}that of {self.beside}: {mine / theirs:.2f} ×, {word}"


TARGETS = (
    Target(OURS, "seconds", 1.25, FLOOR),
    Target(OURS, "megabytes", 1.25, FLOOR),
    Target(OURS, "seconds", 1, OTHER),
    Target(OURS, "megabytes", 1, OTHER),
    Target(PDF, "seconds", 3, FLOOR),
)


def measured(command: Sequence[str], folder: Path) -> Cost:
    """Run a command to its end in that folder. Raises RuntimeError when it fails."""
    errors = folder / "stderr.txt"
    with errors.open("wb") as stream:
        begin = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=stream)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}\nexit code {process.returncode}\n{errors.read_text(errors='replace')}")
    return Cost(seconds, usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024))


def commands(folder: Path) -> dict[str, list[str]]:
    """The four commands, the imports in the form that works with the torchvision that is installed."""
    fits = subprocess.run([sys.executable, "-c", PLAIN], cwd=folder, capture_output=True, check=False).returncode == 0
    imports = PLAIN if fits else REPAIRED
    explain = [str(Path(sys.executable).with_name("explain")), "vgg16", "--lang", "en"]
    return {
        FLOOR: [sys.executable, "-c", imports],
        OURS: [*explain, "-o", "x.md"],
        PDF: [*explain, "-o", "x.md", "-o", "x.pdf"],
        OTHER: [sys.executable, "-c", imports + TORCHINFO],
    }


def least(rounds: int) -> dict[str, Cost]:
    """The least time and the least memory of each command, measured in turn."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        todo = commands(folder)
        costs: dict[str, list[Cost]] = {command: [] for command in todo}
        for number in range(rounds + 1):
            for command, arguments in todo.items():
                cost = measured(arguments, folder)
                if number:
                    costs[command].append(cost)
                print(f"{number}/{rounds} {cost.seconds:6.2f} s {cost.megabytes:5.0f} MB  {command}", file=sys.stderr)
    return {
        command: Cost(min(cost.seconds for cost in each), min(cost.megabytes for cost in each))
        for command, each in costs.items()
    }


def report(best: dict[str, Cost]) -> str:
    """The figures as a Markdown table, and the targets."""
    floor = best[FLOOR]
    lines = ["| process | time, s | ÷ floor | memory, MB | ÷ floor |", "|---|---:|---:|---:|---:|"]
    for command, cost in best.items():
        time_ratio, memory_ratio = cost.seconds / floor.seconds, cost.megabytes / floor.megabytes
        lines.append(
            f"| {command} | {cost.seconds:.2f} | {time_ratio:.2f} | {cost.megabytes:.0f} | {memory_ratio:.2f} |"
        )
    return "\n".join([*lines, "", *(target.sentence(best) for target in TARGETS)])


def versions() -> str:
    """The date and what was measured with what, in one line."""
    packages = ("explainer", "torch", "torchvision", "torchinfo", "weasyprint", "sympy")
    named = ", ".join(f"{package} {metadata.version(package)}" for package in packages)
    return f"{date.today()}; Python {platform.python_version()}, {named}; {os.cpu_count()} cores, {platform.machine()}."


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description="Time and memory of explain vgg16 beside the bare imports, torchinfo.")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is run (default: 5)")
    best = least(parser.parse_args().rounds)
    print(versions(), report(best), sep="\n\n")
    return 0 if all(target.met(best) for target in TARGETS) else 1


if __name__ == "__main__":
    sys.exit(main())
