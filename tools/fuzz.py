"""The campaign of hostile inputs: python tools/fuzz.py --seconds 600 [--write]. `make fuzz SECONDS=600` writes the figures into
docs/sandbox.md and docs/sandbox.zh.md.

Answers by hypothesis and by pieces of the grammar, files by the generators of tests/hostile, a class of 520. What raises, or takes
more than a second of processor for one answer, is listed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import heapq
import importlib
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "hostile"))

PIECES = (
    *"0123456789", *"+-*/^=()[]{},.;:@ \n$\\_`'\"%|<>", "×", "·", "C_in", "k", "C_out", "floor(", "⌊", "⌋", "\\frac{", "}{", "万", "亿",
    "M", "MiB", "约", "个", "²", "权重：", "合计", "so ", "total: ", "9**9", "1e40", "（", "）", "\u202e", "\ud800",
)  # fmt: skip
BEGIN, END = "<!-- fuzz -->", "<!-- /fuzz -->"


@dataclass
class Campaign:
    """What came of one kind of input: how many, what raised, the slowest by processor time."""

    tried: int = 0
    failures: list[str] = field(default_factory=list)
    slowest: list[tuple[float, str]] = field(default_factory=list)

    def one(self, what: str, work: Callable[[], object]) -> None:
        """Run one input; whatever it raises is kept."""
        begin = time.process_time()
        try:
            work()
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            self.failures.append(f"{type(error).__name__}: {what[:80]!r}")
        self.tried += 1
        heapq.heappush(self.slowest, (time.process_time() - begin, what[:60]))
        if len(self.slowest) > 10:
            heapq.heappop(self.slowest)


def answers(seconds: float) -> Campaign:
    """Answers, half of them made by hypothesis, half of pieces of the grammar."""
    strings = importlib.import_module("strings")  # of tests/hostile
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    from explainer.derive.pipeline import walk_guesses
    from explainer.homework.grading.grade import grade
    from explainer.homework.question import find
    from explainer.source import input_guesses, load

    loaded = load("vgg16")
    walk = walk_guesses(loaded.model, input_guesses(loaded, []), name=loaded.name, source=loaded.source)
    asked = [find(walk, name) for name in ("features.0.params", "features.4.shape", "total.params.bytes", "total.macs")]
    campaign, chance, until = Campaign(), Random(1), time.monotonic() + seconds
    for text in (*strings.HOSTILE, *(sign * 2_000 for sign in strings.SIGNS.values())):
        for question in asked:
            campaign.one(text, partial(grade, question, text))

    def one(text: str) -> None:
        question = chance.choice(asked)
        campaign.one(text, partial(grade, question, text))

    quiet = settings(
        max_examples=500, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    round_ = 0
    while time.monotonic() < until:
        round_ += 1
        quiet(given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=40).map("".join))(one))()
        for _ in range(500):
            one("".join(chance.choices(PIECES, k=chance.randrange(1, 120))))
    return campaign


def files(seconds: float) -> Campaign:
    """Files of every kind, read."""
    hostile_file = importlib.import_module("files").hostile_file  # of tests/hostile
    from explainer.homework.submissions.readers import read_all

    campaign, chance, until = Campaign(), Random(2), time.monotonic() + seconds
    while time.monotonic() < until:
        with tempfile.TemporaryDirectory() as folder:
            for n in range(14):
                hostile_file(chance, Path(folder), n)
            for at, _, names in os.walk(folder):
                for name in names:
                    path = Path(at) / name
                    campaign.one(os.fsencode(name).decode("utf-8", "backslashreplace"), partial(read_all, path))
    return campaign


def class_of_520() -> str:
    """500 hostile files and 20 honest students, graded as a test."""
    tests = [f"{ROOT}/tests/hostile/test_class_of_hostile_files.py", "-k", "honest"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        env={**os.environ, "EXPLAINER_HOSTILE_FILES": "500"}, cwd=ROOT, capture_output=True,
    )  # fmt: skip
    return "20" if done.returncode == 0 else "?"


def table(found: dict[str, Campaign], honest: str, memory: int, seconds: float, zh: bool) -> str:
    """The figures as Markdown."""
    head = (
        "| 输入 | 数量 | 异常 | 最慢（处理器秒） |\n|---|---:|---:|---:|" if zh else "| input | tried | raised | slowest, s of processor |\n|---|---:|---:|---:|"
    )  # fmt: skip
    names = {"answers": "答案", "files": "文件"} if zh else {"answers": "answers", "files": "files"}
    rows = [
        f"| {names[kind]} | {one.tried:,} | {len(one.failures)} | {max(one.slowest, default=(0.0, ''))[0]:.2f} |"
        for kind, one in found.items()
    ]
    said = (
        f"`make fuzz SECONDS={seconds:.0f}`，{time.strftime('%Y-%m-%d')}，Python {platform.python_version()}。内存增加{memory} MiB；"
        f"500个恶意文件之中，{honest}名（共20名）正常交作业的学生得分正确。"
        if zh
        else f"`make fuzz SECONDS={seconds:.0f}`, {time.strftime('%Y-%m-%d')}, Python {platform.python_version()}. Memory grew by {memory} MiB; "
        f"among 500 hostile files {honest} of 20 honest students got the right grades."
    )
    return "\n".join([BEGIN, head, *rows, "", said, END])


def main() -> int:
    """Run the campaign; 1 where something raised or an answer took more than a second."""
    parser = argparse.ArgumentParser(description="Hostile answers and files, for so many seconds.")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument(
        "--write", action="store_true", help="write the figures into docs/sandbox.md and docs/sandbox.zh.md"
    )
    given = parser.parse_args()
    found = {"answers": answers(given.seconds / 2)}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found["files"] = files(given.seconds / 2)
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    honest = class_of_520()
    print(table(found, honest, memory, given.seconds, zh=False))
    for kind, one in found.items():
        for seconds, what in sorted(one.slowest, reverse=True):
            print(f"{kind} {seconds:.2f} s {what!r}")
        for failure in one.failures[:20]:
            print(f"{kind} {failure}")
    if given.write:
        for name, zh in (("sandbox.md", False), ("sandbox.zh.md", True)):
            path = ROOT / "docs" / name
            made = table(found, honest, memory, given.seconds, zh)
            above, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
            path.write_text(above + made + rest.partition(END)[2], encoding="utf-8")
    slow = max(found["answers"].slowest, default=(0.0, ""))[0] > 1
    return 1 if slow or honest != "20" or any(one.failures for one in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
