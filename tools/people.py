"""The campaign of answers as people write them: `python tools/people.py --answers 10000`; exit code 1 if a right answer is crossed, a
wrong one ticked, or fewer right ones accepted than 98 of 100.

Layers, answers, words and notations come from the generators of tests/homework, which share nothing with the parser.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "homework")]
ACCEPTED = 0.98
EACH = 40  # answers about one layer


def main() -> int:
    """Run it, and print what was misjudged."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=10_000, help="right ones, and as many wrong ones")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--open", action="store_true", help="print also what was left to the teacher")
    options = parser.parse_args()
    everybody = importlib.import_module("people_everybody")
    counts: Counter[str] = Counter()
    shown: Counter[str] = Counter()
    begin = time.perf_counter()
    for kind, text, expected, graded in everybody.judged(Random(options.seed), options.answers, EACH):
        verdict = "accepted" if graded.right else "crossed" if graded.verdict == "wrong" else "left to the teacher"
        counts[f"{expected}: {verdict}"] += 1
        bad = verdict == "crossed" if expected == "right" else verdict == "accepted"
        if bad or (options.open and expected == "right" and not graded.right):
            shown[kind] += 1
            print(f"{expected}, {verdict}: {kind} {text!r}")
    for name, count in sorted(counts.items()):
        print(f"{count:7,} {name}")
    print(f"{time.perf_counter() - begin:.0f} s")
    kept = counts["right: accepted"] >= ACCEPTED * options.answers
    return 0 if kept and not counts["right: crossed"] and not counts["wrong: accepted"] else 1


if __name__ == "__main__":
    sys.exit(main())
