"""Ask the tools again about a few models, and compare with the record (tests/oracles): what CI runs.

    python tools/oracles/refresh.py [--tool TOOL …] [--model MODEL …] [--jobs N]

Without options: every tool but DeepSpeed on the small networks, VGG-16 and ResNet-18. The environments are made where
they are missing. The exit code is 1 if a tool answers otherwise than the record says, or cannot be installed although
others can; if no package can be downloaded at all, or this machine cannot make an environment (its disk is full, say),
a sentence says so and the exit code is 0. The record is not changed:
`make oracles` does that.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from environments import OPTIONAL, TOOLS, make, too_new
from record import SMALL, NotAskedError, known, run

MODELS = (*SMALL, "vgg16", "resnet18")
SHOWN = 8  # differences of one model that are printed


def differences(was: Any, now: Any, place: str = "") -> Iterator[str]:
    """Where two answers differ, one line each: `figures.by_operator.conv: 12 → 13`."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in dict.fromkeys((*was, *now)):
            yield from differences(was.get(key), now.get(key), f"{place}.{key}" if place else key)
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for index, (before, after) in enumerate(zip(was, now, strict=True)):
            yield from differences(before, after, f"{place}[{index}]")
    elif was != now:
        yield f"{place}: {_short(was)} → {_short(now)}"


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 100 else f"{text[:100]}…"


def compare(tool: str, models: list[str]) -> list[str]:
    """Ask one tool; the lines that say what changed."""
    versions, found = run(tool, models)
    before = known(tool)
    changed: list[str] = []
    for name in models:
        lines = list(differences(before["models"].get(name, {}), found[name]))
        changed += [f"  {name}  {line}" for line in lines[:SHOWN]]
        changed += [f"  {name}  and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    if changed:  # other versions alone are no difference, but may be the reason for one
        changed = [f"{tool} no longer answers what tests/oracles/{tool}.json holds (record → now):", *changed]
        changed += [f"  versions  {line}" for line in differences(before["versions"], versions)]
    return changed


def main(arguments: list[str]) -> int:
    """Make the environments, ask, compare, and close with one line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tool", action="append", choices=TOOLS)
    parser.add_argument("--model", action="append")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    tools = options.tool or [tool for tool in TOOLS if tool not in OPTIONAL]
    models = list(options.model or MODELS)
    started = time.monotonic()
    made = make(tools)
    broken = 0 if made.offline else sum(not too_new(tool) and tool not in made.unmade for tool in made.lacking)
    for sentence in made.sentences():
        print(f"oracles: {sentence}", flush=True)
    with ThreadPoolExecutor(options.jobs) as pool:
        answers = [(tool, pool.submit(compare, tool, models)) for tool in made.ready]
        for tool, answer in answers:
            try:
                changed = answer.result()
            except NotAskedError as error:
                changed = [f"{tool} does not run: {error}"]
            broken += bool(changed)
            print("\n".join(changed) + "\n" if changed else "", end="", flush=True)
    seconds = round(time.monotonic() - started)
    if made.offline:
        print("oracles: packages cannot be downloaded here; only the tools that are there were asked")
    said = f"{broken} tools differ or are missing (make oracles records them anew)" if broken else "all as recorded"
    print(f"oracles: {len(made.ready)} tools, {len(models)} models, {seconds} s: {said}")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
