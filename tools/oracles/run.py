"""What a tool returns for a model: one line of JSON a model.

    python tools/oracles/run.py TOOL MODEL [MODEL …]
    python tools/oracles/run.py --ready TOOL [TOOL …]      # which of them can be imported

MODEL: a name of torchvision, `file.py:Class`, or a name in nets.py. Each model is measured in a process of its own (a
fork), since some tools leave torch patched. The tools' environments are made by environments.py.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
os.environ.setdefault("OMP_NUM_THREADS", "1")

import tools_run  # noqa: E402
import torch  # noqa: E402
from nets import INTEGER, NETS  # noqa: E402

from explainer.source import load, static_inputs  # noqa: E402
from explainer.source import torchvision_models as zoo  # noqa: E402
from explainer.source.build import for_real  # noqa: E402

SIZE = {"inception_v3": 299, "swin_v2_t": 256, "swin_v2_s": 256, "swin_v2_b": 256}


def build(name: str) -> tuple[torch.nn.Module, torch.Tensor]:
    """The model with weights on the CPU, in evaluation mode, and its input: torchvision's at 224×224."""
    torch.manual_seed(0)
    if name in NETS:
        kind, shape = NETS[name]
        x = torch.zeros(shape, dtype=torch.int64) if name in INTEGER else torch.rand(shape)
        return kind().eval(), x
    with for_real():
        loaded = load(name)
    (x,), _ = static_inputs(loaded, [], real=True)
    if loaded.source == "torchvision" and x.dim() == 4:
        side = SIZE.get(name, 224)
        x = torch.rand(1, 3, side, side)
    return loaded.model.eval(), x


def measure(tool: str, name: str) -> dict[str, Any]:
    """The tool's figures for one model, or its error."""
    model, x = build(name)
    record: dict[str, Any] = {"model": name, "input_shape": list(x.shape), "input_dtype": str(x.dtype)[6:]}
    started = time.monotonic()
    try:
        with tools_run.quiet():
            record["figures"] = tools_run.ORACLES[tool].ask(model, x)
    except Exception as error:
        said = f"{type(error).__name__}: {error}".splitlines()[0]
        record["error"] = said.replace(str(ROOT), ".").replace(sys.prefix, ".")[:200]
    record["seconds"] = round(time.monotonic() - started, 2)
    return record


def versions(tool: str) -> dict[str, str]:
    """What was run: the tool's version and those of torch, torchvision and Python."""
    installed = tools_run.ORACLES[tool].packages.split()[
        :1
    ]  # the tool's own stands first; none for what comes with torch
    names = dict.fromkeys((*(name.partition("==")[0] for name in installed), "torch", "torchvision", "numpy"))
    return {**{name: importlib.metadata.version(name) for name in names}, "python": sys.version.split()[0]}


def tell_ready(tools: list[str]) -> int:
    """A line for each tool: what it lacks."""
    zoo.torchvision()
    for tool in tools:
        lacks = ""
        try:
            with tools_run.quiet():
                tools_run.prepare(tool)
        except Exception as error:
            lacks = str(error).partition("\n")[0] or type(error).__name__
        print(json.dumps({"tool": tool, "lacks": lacks}), flush=True)
    return 0


def main(arguments: list[str]) -> int:
    """One line with the versions, then one for each model."""
    if arguments[:1] == ["--ready"]:
        return tell_ready(arguments[1:])
    if len(arguments) < 2 or arguments[0] not in tools_run.ORACLES:
        print(__doc__, "tools:", ", ".join(tools_run.ORACLES), file=sys.stderr)
        return 2
    tool, *names = arguments
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    zoo.torchvision()
    with tools_run.quiet():
        tools_run.prepare(tool)
    print(json.dumps({"tool": tool, "versions": versions(tool)}), flush=True)
    for name in names:
        child = os.fork()
        if child == 0:
            print(json.dumps(measure(tool, name), ensure_ascii=False), flush=True)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status:
            print(json.dumps({"model": name, "error": f"the process ended with status {status}"}), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
