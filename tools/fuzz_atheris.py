"""Hostile inputs found by coverage (atheris): python tools/fuzz_atheris.py SECONDS RESULT.json. Used by tools/fuzz.py.

The reader of answers and the readers of files are instrumented; what raises is kept and the search goes on. libFuzzer ends the process,
so the figures are written as they grow.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "hostile")]
ENDINGS = (".md", ".csv", ".json", ".ipynb")


def main() -> None:
    """Search for so many seconds."""
    atheris: Any = importlib.import_module("atheris")
    result = Path(sys.argv[2])
    with atheris.instrument_imports(include=["explainer.homework", "explainer.formula"]):
        from explainer.homework.grading.grade import grade
        from explainer.homework.questions import find
        from explainer.homework.submissions import readers
        from explainer.homework.submissions.base import Broken
    campaign = importlib.import_module("answers")  # of tests/hostile

    from explainer.derive.pipeline import walk_guesses
    from explainer.source import input_guesses, load

    loaded = load("vgg16")
    walk = walk_guesses(loaded.model, input_guesses(loaded, []), name=loaded.name, source=loaded.source)
    asked = [find(walk, name) for name in ("features.0.params", "features.4.shape", "total.params.bytes", "total.macs")]
    counts: dict[str, Any] = {"tried": 0, "failures": [], "slowest": []}
    began = time.monotonic()

    def one(data: bytes) -> None:
        if not data:
            return
        which, content = data[0], data[1:]
        begin = time.process_time()
        try:
            if which % 3:
                grade(asked[which % len(asked)], content.decode("utf-8", "surrogateescape"))
            else:
                reader = readers.reader_of(ENDINGS[which % len(ENDINGS)], on_sheet=False)
                assert reader is not None
                with suppress(Broken):
                    reader(content)
        except Exception as error:
            counts["failures"].append(f"{type(error).__name__}: {content[:80]!r}")
        counts["tried"] += 1
        counts["slowest"] = sorted([*counts["slowest"], (time.process_time() - begin, repr(content[:60]))])[-10:]
        if counts["tried"] % 200 == 0 or time.monotonic() - began > float(sys.argv[1]) - 2:
            result.write_text(json.dumps(counts))

    seeds = result.with_suffix(".seeds")
    seeds.mkdir(exist_ok=True)
    for at, text in enumerate(campaign.GOOD):
        (seeds / str(at)).write_bytes(bytes([at]) + text.encode())
    atheris.Setup(
        [sys.argv[0], f"-max_total_time={int(float(sys.argv[1]))}", "-max_len=4000", "-verbosity=0", str(seeds)], one
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
