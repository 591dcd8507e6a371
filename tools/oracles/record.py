"""Run the tools on a list of models and write what they return into tests/oracles/TOOL.json.

    python tools/oracles/record.py [--tool TOOL …] [--only small|zoo] [--model MODEL …] [--keep] [--jobs N]

--keep: measure only what the record does not have yet. The environments are made by environments.py. The exit code is 1
if a tool could not be asked; its record then stays as it was.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import environments
from environments import OPTIONAL, python, ready

HERE = Path(__file__).resolve().parent
RECORD = HERE.parents[1] / "tests" / "oracles"
TOOLS = environments.TOOLS
SMALL = (
    *("grouped", "transposed", "norms", "upsampling", "pooling", "recurrent", "gated", "attention", "encoder"),
    *("products", "functional", "reused", "volume", "batched", "padded", "sequences"),
    *("examples/mnist_cnn.py", "examples/unet.py:UNet"),
)
FIRST = ("vgg16", "resnet18", "mobilenet_v2")
FAMILIES = (
    *("alexnet", "vgg", "resnet", "resnext", "wide_resnet", "densenet", "googlenet", "inception", "squeezenet"),
    *("mobilenet", "mnasnet", "shufflenet", "efficientnet", "regnet"),
)
BEYOND = (
    *("convnext_tiny", "vit_b_16", "swin_t", "swin_v2_t", "maxvit_t"),
    *("fcn_resnet50", "deeplabv3_resnet50", "deeplabv3_mobilenet_v3_large", "lraspp_mobilenet_v3_large"),
)


def zoo_names() -> list[str]:
    """torchvision's convolutional classifiers, and some models beyond them."""
    sys.path.insert(0, str(HERE.parents[1]))
    from explainer.source import torchvision_models as zoo

    classifiers = [name for name in zoo.names() if name.startswith(FAMILIES)]
    return list(dict.fromkeys((*FIRST, *classifiers, *BEYOND)))


class NotAskedError(Exception):
    """A tool that does not run at all, and its last word."""


def run(tool: str, models: list[str]) -> tuple[dict[str, str], dict[str, Any]]:
    """Versions, and the figures by model."""
    command = ["nice", str(python(tool)), str(HERE / "run.py"), tool, *models]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    found = {line.pop("model"): line for line in lines[1:]}
    if set(found) != set(models):
        raise NotAskedError((done.stderr.splitlines() or [f"the process ended with status {done.returncode}"])[-1])
    for figures in found.values():
        figures.pop("seconds", None)  # a duration is no figure: the record must not change from run to run
    return lines[0]["versions"], found


def known(tool: str) -> dict[str, Any]:
    """The record of one tool: its name, versions, and figures by model."""
    path = RECORD / f"{tool}.json"
    found: dict[str, Any] = {"tool": tool, "versions": {}, "models": {}}
    if path.exists():
        found = json.loads(path.read_text(encoding="utf-8"))
    return found


def record(tool: str, models: list[str], keep: bool) -> str:
    """Measure, and write the record of one tool; what to say of it."""
    now = known(tool)
    wanted = [name for name in models if not (keep and name in now["models"])]
    for start in range(0, len(wanted), 20):  # written as it goes: a long run may be cut short
        now["versions"], found = run(tool, wanted[start : start + 20])
        now["models"].update(found)
        (RECORD / f"{tool}.json").write_text(written(now), encoding="utf-8")
    failed = sum("error" in figures for figures in now["models"].values())
    return f"{tool}: {len(wanted)} models asked, {len(now['models'])} in the record, {failed} that the tool fails on"


def written(found: dict[str, Any]) -> str:
    """JSON with one model a line: readable, and a small difference when one changes."""
    rows = [f"    {json.dumps(name)}: {json.dumps(found['models'][name])}" for name in sorted(found["models"])]
    head = {"tool": found["tool"], "versions": found["versions"]}
    return json.dumps(head, indent=2)[:-2] + ',\n  "models": {\n' + ",\n".join(rows) + "\n  }\n}\n"


def main(arguments: list[str]) -> int:
    """Every tool that has its environment, on every model asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tool", action="append", choices=TOOLS)
    parser.add_argument("--only", choices=("small", "zoo"))
    parser.add_argument("--model", action="append")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    models = options.model or []
    if not models and options.only != "zoo":
        models = [*SMALL, *FIRST]
    if not options.model and options.only != "small":
        models = [*models, *zoo_names()]
    RECORD.mkdir(exist_ok=True)
    there, lacking = ready(), 0

    def ask(tool: str) -> str:
        if tool not in there:
            raise NotAskedError("it is not installed (tools/oracles/environments.py does that)")
        return record(tool, list(dict.fromkeys(models)), options.keep)

    tools = options.tool or TOOLS
    with ThreadPoolExecutor(options.jobs) as pool:
        asked = [(tool, pool.submit(ask, tool)) for tool in tools]
        for tool, answer in asked:
            try:
                print(answer.result(), flush=True)
            except NotAskedError as error:
                print(f"{tool}: not asked, its record stays as it was: {error}", file=sys.stderr)
                lacking += tool not in OPTIONAL or tool in (options.tool or ())
    return 1 if lacking else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
