"""What the cost figures take, as a ratio to one trace of the same model in the same run.

python benchmarks/costs.py [MODEL …]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from explainer.collector import collector_off
from explainer.derive.pipeline import walk_guesses
from explainer.measure.measure import measure
from explainer.rules import default_registry
from explainer.source import input_guesses, load

MODELS = ("vgg16", "resnet50", "vit_b_16")
TIMES = 4


def fastest(work: Callable[[], object]) -> float:
    """Seconds of processor, the fastest of a few runs."""
    seconds = []
    for _ in range(TIMES):
        begin = time.process_time()
        work()
        seconds.append(time.process_time() - begin)
    return min(seconds)


def main(names: list[str]) -> None:
    print("| model | walk, s | peak and training, s | ratio |\n| :--- | ---: | ---: | ---: |")
    for name in names or MODELS:
        loaded = load(name)
        guesses = input_guesses(loaded, [])

        def walk() -> object:
            return walk_guesses(loaded.model, guesses, name=loaded.name, source=loaded.source)  # noqa: B023

        made = walk_guesses(loaded.model, guesses, name=loaded.name, source=loaded.source)
        with collector_off():
            once = fastest(walk)
            more = fastest(lambda: measure(made.trace, made, ("memory", "training"), default_registry()))  # noqa: B023
        print(f"| {name} | {once:.3f} | {more:.3f} | {more / once:.2f} |")


if __name__ == "__main__":
    main(sys.argv[1:])
