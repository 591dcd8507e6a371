"""Models of eight other libraries: totals, multiply-accumulates beside torch's own counter, completeness; one table.

    python benchmarks/libraries.py -o build/libraries.md [diffusers peft …] [--installed DIR]

Each library is installed without its dependencies' torch into a folder of its own (build/libraries/NAME), beside the torch that is
there, and its models run in a process of their own. torch's counter is asked by itself, not through explainer. A figure
that disagrees, a crash, or a pass that is not complete is named.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import warnings
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# What pip installs, none of it with its dependencies: torch stays the one that is there.
PACKAGES = {
    "diffusers": ("diffusers", "importlib_metadata", "zipp"),
    "segmentation-models-pytorch": ("segmentation-models-pytorch",),
    "monai": ("monai", "einops"),
    "ultralytics": ("ultralytics", "opencv-python-headless", "ultralytics-thop", "psutil", "py-cpuinfo"),
    "open_clip_torch": ("open_clip_torch", "ftfy", "wcwidth"),
    "x-transformers": ("x-transformers", "einops", "einx", "loguru", "frozendict", "torch-einops-utils"),
    "torch_geometric": (
        *("torch_geometric", "aiohttp", "aiosignal", "frozenlist", "multidict", "yarl", "propcache", "attrs", "xxhash"),
        "psutil",
    ),
    "peft": ("peft", "accelerate", "psutil"),
}
HEADER = (
    "| library | model | parameters | ours = torch's | MACs | torch's counter | verdict | run | complete | note |\n"
)
HEADER += "|---|---|---:|---|---:|---:|---|---|---|---|\n"
MARK = "@@ "


@dataclass
class Result:
    """One model. agrees: no figure disagrees with torch; theirs: torch's counter by itself, None where it cannot run."""

    library: str
    model: str
    params: int = 0
    total_agrees: bool = True
    macs: int = 0
    theirs: int | None = None
    verdict: str = ""
    run: str = ""
    complete: bool = False
    agrees: bool = True
    note: str = ""

    def line(self) -> str:
        theirs = "–" if self.theirs is None else f"{self.theirs:,}"
        figures = [
            self.library,
            self.model,
            f"{self.params:,}",
            "yes" if self.total_agrees else "NO",
            f"{self.macs:,}",
            theirs,
        ]
        figures += [self.verdict, self.run, "yes" if self.complete else "no", self.note]
        return "| " + " | ".join(figures) + " |\n"


def installed(library: str, home: Path) -> Path:
    """The library's folder, filled by pip if it is not there."""
    folder = home / library
    if not folder.is_dir():
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-deps",
            "--target",
            str(folder),
            *PACKAGES[library],
        ]
        subprocess.run(command, check=True)
    return folder


def run_library(library: str, home: Path) -> list[Result]:
    """All of its models, in a process that has the library on its path."""
    folder = installed(library, home)
    root = str(Path(__file__).resolve().parent.parent)
    paths = [root, str(folder), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "HF_HUB_OFFLINE": "1",
        "YOLO_OFFLINE": "true",
    }
    environment["YOLO_CONFIG_DIR"] = str(folder)
    command = [sys.executable, __file__, "--models", library]
    found: list[Result] = []
    said = ""
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        for line in running.stdout or ():
            if line.startswith(MARK):
                found.append(Result(**json.loads(line[len(MARK) :])))
                print(found[-1].line(), end="", file=sys.stderr, flush=True)
            else:
                said = line.strip() or said
    if running.returncode:
        found.append(Result(library, "", note=f"CRASH {said[:160]}"))
    return found


def run_models(library: str) -> None:
    """Print a line of JSON for each model; in the library's own process."""
    warnings.simplefilter("ignore")
    from library_models import CASES

    from explainer.source import torchvision_models

    torchvision_models.torchvision()
    for name, model, inputs, named in CASES[library]():
        print(MARK + json.dumps(asdict(result(library, name, model, inputs, named))), flush=True)


def result(library: str, name: str, model: Any, inputs: tuple[Any, ...], named: dict[str, Any]) -> Result:
    """One model explained, and torch's counter asked by itself."""
    from explainer import explain

    model.eval()
    found = Result(library, name)
    found.theirs = counted(model, inputs, named)
    try:
        lesson = explain(model, inputs=inputs, kwargs=named, lang="en")
        figures = lesson.to_dict()
        lesson.to_markdown()
    except Exception as error:  # the crash is the finding
        found.note = f"CRASH {type(error).__name__}: {str(error)[:160]}".replace("|", "/")
        return found
    macs, walk = figures["cost"]["macs"], lesson.walkthrough
    found.params, found.total_agrees = (
        lesson.totals.params,
        lesson.totals.params == sum(p.numel() for p in model.parameters()),
    )
    found.macs, found.verdict = macs["value"], macs["verdict"]
    found.run, found.complete = figures["run"]["mode"], figures["completeness"]["complete"]
    found.agrees = lesson.agrees
    if not found.complete:
        stopped = figures["completeness"]["stopped"]
        types = sorted({walk.layers[index - 1].type for index in figures["completeness"]["without_rule"]})
        found.note = (
            f"stopped at {stopped['operation']}: {stopped['reason'][:100]}"
            if stopped
            else f"no rule: {', '.join(types)}"
        )
    if not found.agrees:
        wrong = [
            layer.path
            for layer in lesson.layers
            if "disagrees" in (layer.macs_verdict.value, layer.shape_verdict.value)
        ]
        found.note = f"DISAGREES: {', '.join(wrong[:4])}"
    elif found.complete and found.theirs is not None and found.verdict == "agrees" and found.theirs != found.macs:
        found.note = "DISAGREES with torch's counter asked by itself"
    found.note = found.note.replace("|", "/").replace("\n", " ")
    return found


def counted(model: Any, inputs: tuple[Any, ...], named: dict[str, Any]) -> int | None:
    """torch's own count, halved: on meta, else with values, attention as two products, for fused it is not counted there."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils._pytree import tree_map
    from torch.utils.flop_counter import FlopCounterMode

    def on_meta(value: Any) -> Any:
        return value.to("meta") if isinstance(value, torch.Tensor) else value

    def valued(value: Any) -> Any:
        if not isinstance(value, torch.Tensor) or not value.is_meta:
            return value
        return torch.zeros(value.shape, dtype=value.dtype)

    for place, moved in (("meta", on_meta), ("cpu", valued)):
        try:
            given, keywords = tree_map(moved, (inputs, named))
            plain = sdpa_kernel(SDPBackend.MATH) if place == "cpu" else nullcontext()
            with plain, FlopCounterMode(display=False) as counter, torch.no_grad():
                deepcopy(model).to(place)(*given, **keywords)
        except Exception:
            continue
        return int(counter.get_total_flops()) // 2
    return None


def summary(results: list[Result]) -> str:
    """The figures that docs/coverage.md states."""
    models = [one for one in results if one.model]
    crashes = [one for one in results if one.note.startswith("CRASH")]
    wrong = [one for one in models if not one.agrees or not one.total_agrees or "DISAGREES" in one.note]
    return (
        f"{len(models)} models of {len({one.library for one in models})} libraries; complete {sum(one.complete for one in models)}; "
        f"totals agree in {sum(one.total_agrees for one in models)}; disagreeing {len(wrong)}; crashes {len(crashes)}.\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="*", choices=[*PACKAGES, []], help="all of them if none is named")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument(
        "--installed", type=Path, default=Path("build/libraries"), help="where the libraries' folders are"
    )
    parser.add_argument("--models", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.models:
        run_models(given.models)
        return
    results = [
        one for library in given.libraries or PACKAGES for one in run_library(library, given.installed.resolve())
    ]
    text = HEADER + "".join(one.line() for one in results) + "\n" + summary(results)
    if given.output:
        given.output.parent.mkdir(parents=True, exist_ok=True)
        given.output.write_text(text, encoding="utf-8")
    print(text if not given.output else summary(results), end="")


if __name__ == "__main__":
    main()
