"""The campaign of hostile inputs: python tools/fuzz.py --seconds 600 [--answers 100000] [--write].

Answers by hypothesis and by the generators of tests/hostile, by coverage where atheris is installed, files of every kind, a class of
520, kills at any moment. `make fuzz SECONDS=600` writes the figures into docs/sandbox.md and docs/sandbox.zh.md. What raises, is
evaluated, or takes more than a second of processor for one answer is listed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import gc
import heapq
import importlib
import importlib.util
import json
import os
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
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "hostile"), str(ROOT / "tools")]
QUESTIONS = ("features.0.params", "features.4.shape", "total.params.bytes", "total.macs", "total.params")
ACTS = {"os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen", "socket.connect", "ctypes.dlopen"}


@dataclass
class Campaign:
    """What came of one kind of input: how many, what raised, what was evaluated, the slowest by processor time."""

    tried: int = 0
    failures: list[str] = field(default_factory=list)
    evaluated: list[str] = field(default_factory=list)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    grown: int | None = None  # MiB, after the first tenth

    def one(self, what: str, work: Callable[[], object]) -> None:
        """Run one input; whatever it raises is kept."""
        begin = time.process_time()
        try:
            with WATCH.over(what, self):
                work()
        except Exception as error:
            self.failures.append(f"{type(error).__name__}: {what[:80]!r}")
        self.tried += 1
        heapq.heappush(self.slowest, (time.process_time() - begin, what[:60]))
        if len(self.slowest) > 10:
            heapq.heappop(self.slowest)


class Watch:
    """Python's own audit: whether anything of an input is compiled or run, or a program or a connection is begun."""

    def __init__(self) -> None:
        self.text, self.campaign = "", Campaign()
        sys.addaudithook(self._event)

    def over(self, text: str, campaign: Campaign) -> Watch:
        """As a context: while this input is worked on."""
        self.text, self.campaign = text, campaign
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        self.text = ""

    def _event(self, event: str, given: tuple[object, ...]) -> None:
        if not self.text:
            return
        source = given[0] if event == "compile" else None
        said = source.decode("utf-8", "replace") if isinstance(source, bytes) else source
        if event in ACTS or (isinstance(said, str) and said.strip() and (said in self.text or self.text in said)):
            self.campaign.evaluated.append(f"{event}: {self.text[:80]!r}")


WATCH = Watch()


def resident() -> int:
    """Bytes of memory that this process holds now."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def answers(seconds: float, least: int) -> Campaign:
    """Answers: until the time is over and there are as many as wanted."""
    strings = importlib.import_module("strings")  # of tests/hostile
    hostile_answer = importlib.import_module("answers").hostile_answer
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    from explainer.derive.pipeline import walk_guesses
    from explainer.homework.grading.grade import grade
    from explainer.homework.questions import find
    from explainer.source import input_guesses, load

    loaded = load("vgg16")
    walk = walk_guesses(loaded.model, input_guesses(loaded, []), name=loaded.name, source=loaded.source)
    asked = [find(walk, name) for name in QUESTIONS]
    campaign, chance, begin = Campaign(), Random(1), time.monotonic()

    def one(text: str) -> None:
        question = chance.choice(asked)
        campaign.one(text, partial(grade, question, text))

    for text in (*strings.HOSTILE, *(sign * 2_000 for sign in strings.SIGNS.values())):
        for question in asked:
            campaign.one(text, partial(grade, question, text))
    pieces = importlib.import_module("answers").PIECES
    quiet = settings(
        max_examples=1_000,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    made = st.text(max_size=60) | st.lists(st.sampled_from(pieces), max_size=40).map("".join)
    before: int | None = None
    while time.monotonic() - begin < seconds or campaign.tried < least:
        quiet(given(made)(one))()
        for _ in range(1_000):
            one(hostile_answer(chance))
        if before is None and campaign.tried >= least / 10 and time.monotonic() - begin >= seconds / 10:
            before = resident()
    campaign.grown = (resident() - before) >> 20 if before else None
    return campaign


def by_coverage(seconds: float) -> Campaign | None:
    """atheris, in a process of its own; None where it is not installed."""
    if importlib.util.find_spec("atheris") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        tool = str(ROOT / "tools" / "fuzz_atheris.py")
        subprocess.run([sys.executable, tool, str(seconds), str(result)], cwd=folder, capture_output=True, check=False)
        if not result.exists():
            return Campaign(failures=["atheris ended without figures"])
        found = json.loads(result.read_text())
    return Campaign(found["tried"], found["failures"], [], [(taken, what) for taken, what in found["slowest"]])


def files(seconds: float) -> Campaign:
    """Files of every kind, read."""
    hostile_file = importlib.import_module("files").hostile_file  # of tests/hostile
    from explainer.homework.submissions.readers import read_all

    campaign, chance, begin, before = Campaign(), Random(2), time.monotonic(), 0
    while time.monotonic() - begin < seconds:
        with tempfile.TemporaryDirectory() as folder:
            for n in range(14):
                hostile_file(chance, Path(folder), n)
            for at, _, names in os.walk(folder):
                for name in names:
                    path = Path(at) / name
                    campaign.one(os.fsencode(name).decode("utf-8", "backslashreplace"), partial(read_all, path))
        if not before and time.monotonic() - begin > seconds / 10:
            before = resident()
    campaign.grown = (resident() - before) >> 20 if before else None
    return campaign


def passes(test: str, **environment: str) -> bool:
    """Whether a test of tests/hostile passes with these figures instead of the small ones."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *f"{ROOT}/tests/hostile/{test}".split()]
    done = subprocess.run(command, env={**os.environ, **environment}, cwd=ROOT, capture_output=True, check=False)
    return done.returncode == 0


def main() -> int:
    """Run the campaign; 1 where something raised or was evaluated, or an answer took more than a second."""
    parser = argparse.ArgumentParser(description="Hostile answers and files, for so many seconds.")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--answers", type=int, default=0, help="at least so many answers, however long it takes")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--write", action="store_true", help="write the figures into docs/sandbox.md and sandbox.zh.md")
    given = parser.parse_args()
    found = {"answers": answers(given.seconds * 0.5, given.answers)}
    if (guided := by_coverage(given.seconds * 0.2)) is not None:
        found["coverage"] = guided
    else:
        print("atheris is not installed: no search by coverage (pip install atheris)")
    found["files"] = files(given.seconds * 0.3)
    honest = passes("test_class_of_hostile_files.py -k honest", EXPLAINER_HOSTILE_FILES="500")
    killed = passes("test_faults.py -k killed", EXPLAINER_KILLS=str(given.kills))
    import fuzz_page

    figures = fuzz_page.Figures(given.seconds, given.answers, given.kills, honest, killed, found)
    print(fuzz_page.table(figures, "en"))
    for kind, one in found.items():
        for seconds, what in sorted(one.slowest, reverse=True):
            print(f"{kind} {seconds:.2f} s {what!a}")
        for failure in (*one.failures[:20], *one.evaluated[:20]):
            print(f"{kind} {failure}")
    if given.write:
        fuzz_page.write(ROOT / "docs", figures)
    slow = any(max(found[kind].slowest, default=(0.0, ""))[0] > 1 for kind in found if kind != "files")
    bad = slow or not honest or not killed or any(one.failures or one.evaluated for one in found.values())
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
