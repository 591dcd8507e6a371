"""Every architecture of torchvision, timm and transformers through the whole line up to the Markdown; one table.

    python benchmarks/zoo.py torchvision timm transformers -o build/zoo.md [--sample 20] [--part 1/2] [--shallow]

For each model: parameters, the share that rules explain (and that of named raw parameters), steps, verdicts, seconds. A
model that cannot be built with its default configuration is counted and named; a crash of explainer's is `CRASH`.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
import warnings
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.progress import track

HEADER = "| model | parameters | explained | raw | unexplained | steps | agrees | disagrees | unchecked | MACs | torch's | s | note |\n"
HEADER += "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n"
REASON = 120
NO_PASS = "no forward pass: the class is made of parts that are called one by one"
MOST_REAL = 1_500_000_000  # parameters of a model that is run with values


@dataclass
class Result:
    """One model's line; `note` says what went wrong, or what is missing of the forward pass.

    macs, theirs: ours and torch's. real: it was run with values, as its shapes did not suffice.
    """

    model: str
    params: int = 0
    explained: int = 0
    raw: int = 0
    unexplained: int = 0
    steps: int = 0
    agrees: int = 0
    disagrees: int = 0
    unchecked: int = 0
    total_agrees: bool = True
    complete: bool = True
    macs: int = 0
    theirs: int = 0
    seconds: float = 0.0
    note: str = ""
    real: bool = False

    def line(self) -> str:
        def share(part: int) -> str:
            return f"{100 * part / self.params:.2f}%" if self.params else "–"

        figures = [f"{self.params:,}", share(self.explained), share(self.raw), share(self.unexplained), self.steps]
        figures += [self.agrees, self.disagrees, self.unchecked, f"{self.macs:,}", f"{self.theirs:,}"]
        figures += [f"{self.seconds:.1f}", self.note]
        return f"| {self.model} | " + " | ".join(map(str, figures)) + " |\n"


class TooLong(Exception):
    """The time for one model is over."""


def names(library: str) -> list[str]:
    """What `explain` takes as MODEL, for every architecture of a library."""
    from explainer.source import torchvision_models as zoo

    if library == "torchvision":
        return zoo.names()
    zoo.torchvision()
    if library == "timm":
        import timm

        return [f"timm:{name}" for name in timm.list_models()]
    from transformers import CONFIG_MAPPING

    return [f"hf:{name}" for name in sorted(CONFIG_MAPPING)]


def two_layers(target: str) -> dict[str, Any]:
    """Settings with which a model of transformers has two layers of each kind: its steps are the same, only fewer."""
    from transformers import CONFIG_MAPPING

    kind = target.removeprefix("hf:")
    if not target.startswith("hf:") or kind not in CONFIG_MAPPING:
        return {}
    try:
        config = CONFIG_MAPPING[kind]()
    except Exception:  # not valid by itself: said when it is built
        return {}
    deep = {key: value for key, value in vars(config).items() if key in LAYERS and isinstance(value, int) and value > 2}
    listed = [
        value for value in vars(config).values() if isinstance(value, list | tuple) and len(value) in deep.values()
    ]
    return {} if listed else dict.fromkeys(deep, 2)  # what is listed layer by layer stays as it is


LAYERS = [
    "num_hidden_layers",
    "num_layers",
    "n_layer",
    "n_layers",
    "encoder_layers",
    "decoder_layers",
    "encoder_num_hidden_layers",
    "decoder_num_hidden_layers",
    "num_decoder_layers",
    "num_encoder_layers",
    "depth",
]


# Configurations that are not valid by default (the library itself stops at them), and what makes them so.
_ROTARY = {"rope_type": "default", "rope_theta": 10_000.0, "mrope_section": [8, 12, 12], "partial_rotary_factor": 0.5}
_GLM = {"rope_parameters": _ROTARY}
_RESNET = {"backbone_channel_list": [1024, 512, 256, 64]}  # of the backbone that is built by default
NEEDED: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("glm4v_text", "glm_image_text"), _GLM),
    **{name: {"text_config": _GLM} for name in ("glm4v", "glm46v", "glmga", "glm_image")},
    "glm4v_moe_text": {**_GLM, "num_attention_heads": 32},
    "glm4v_moe": {"text_config": {**_GLM, "num_attention_heads": 32}},
    **{name: {"image_token_index": 0} for name in ("blip-2", "instructblip")},
    "instructblipvideo": {"video_token_index": 0},
    **{name: {"prediction_length": 24} for name in ("autoformer", "informer", "time_series_transformer")},
    "llama4_vision_model": {"hidden_size": 1408},
    "lw_detr": {"projector_scale_factors": [1.0]},
    "edgetam_vision_model": _RESNET,
    "edgetam": {"vision_config": _RESNET},
    "deepseek_ocr2_vision": {
        "encoder_config": {"hidden_size": 896, "num_attention_heads": 14, "num_key_value_heads": 2}
    },
    "deepseek_v2": {"num_experts_per_tok": 6},
    "qwen3_omni_moe_text": {"num_attention_heads": 32},
    "qwen3_omni_moe_thinker": {"text_config": {"num_attention_heads": 32}},
}


def run(target: str, seconds: int, shallow: bool = False) -> Result:
    """One model; shallow: of two layers, and without the page; as deep as it is if some setting wants the others.

    With values if it stops where it needs them, as the note says: then it is marked.
    """
    needed = NEEDED.get(target.removeprefix("hf:"), {}) if target.startswith("hf:") else {}
    less = two_layers(target) if shallow else {}
    result = run_once(target, seconds, {**needed, **less}, page=not shallow)
    if less and result.note.startswith(("stopped", "not built")):
        deep = run_once(target, seconds, needed, page=False)
        result = result if deep.note else deep
    if "VALUES" in result.note and result.params <= MOST_REAL:
        valued = run_once(target, seconds, {**needed, **less}, page=False, real=True)
        result = result if valued.note else replace(valued, real=True, note=f"with --real; {result.note}")
    return result


def run_once(target: str, seconds: int, settings: dict[str, Any], *, page: bool, real: bool = False) -> Result:
    """One model from its name to its Markdown."""
    from explainer.api import Explanation
    from explainer.derive.pipeline import walk_guesses
    from explainer.errors import UserError
    from explainer.source import input_guesses, load
    from explainer.source.build import for_real
    from explainer.walkthrough.verdict import Verdict

    def stop(*_: Any) -> None:
        raise TooLong

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)  # of the processor: the machine may have other work
    started, result = time.process_time(), Result(target)
    try:
        with for_real() if real else nullcontext():
            loaded = load(target, settings)
        guesses = input_guesses(loaded, [], real)
        options: dict[str, Any] = {"name": loaded.name, "source": loaded.source, "tolerant": loaded.invented}
        walk = walk_guesses(loaded.model, guesses, better=loaded.better, real=real, **options)
        if page:
            Explanation(walk, ("zh",)).to_markdown()
        totals = walk.totals
        result = Result(
            target, totals.torch_params, totals.explained, totals.raw, totals.unexplained, len(walk.layers),
            walk.checks[Verdict.AGREES], walk.checks[Verdict.DISAGREES] + walk.macs_checks[Verdict.DISAGREES],
            walk.checks[Verdict.UNCHECKED], totals.verdict is Verdict.AGREES,
            walk.completeness.complete, walk.macs.value or 0, walk.macs.torch or 0, note=missing(walk),
        )  # fmt: skip
    except UserError as error:
        result.note = f"not built: {error.message.en[:90]}"
    except TooLong:
        result.note = f"more than {seconds} s"
    except Exception as error:  # the crash is the finding
        result.note = f"CRASH {type(error).__name__}: {str(error)[:90]}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    result.seconds = time.process_time() - started
    return result


def missing(walk: Any) -> str:
    """What is missing of the forward pass: where it stopped and why, or the steps without a rule."""
    found = walk.completeness
    if found.complete:
        return ""
    if found.stopped and "_forward_unimplemented" in found.stopped.reason:
        return NO_PASS
    if found.stopped:
        reason = " ".join(found.stopped.reason.split()).replace("|", "/")
        at = f"{found.stopped.path or 'forward'}, {found.stopped.operation or 'no function'}"
        values = ", VALUES" if walk.trace.stopped.needs_values else ""
        return f"stopped{values} after {len(walk.layers)} steps: {at}: {reason[:REASON]}"
    steps = Counter(walk.layers[index - 1].type for index in found.without_rule)
    listed = ", ".join(f"{name} {times}" for name, times in steps.most_common(4))
    return f"without a rule: {listed or ', '.join(found.unseen) or found.unseen_flops}"


def summary(library: str, results: list[Result]) -> str:
    """The figures that the README states."""
    broken = ("CRASH", "not built", "more than")
    done = [result for result in results if not result.note.startswith(broken)]
    params = sum(result.params for result in done) or 1
    passing = sum(result.note != NO_PASS for result in done)
    whole = sum(result.complete for result in done)
    unexplained = sum(result.unexplained for result in done)
    notes = Counter(result.note.split(":")[0].split(" ")[0] for result in results if result.note)
    return (
        f"**{library}**: {len(results)} models, {len(done)} explained; totals agree in "
        f"{sum(result.total_agrees for result in done)}; disagreeing figures {sum(r.disagrees for r in done)}; "
        f"unexplained {100 * unexplained / params:.4f} % of all parameters; crashes {notes.get('CRASH', 0)}; "
        f"not built {notes.get('not', 0)}; over time {notes.get('more', 0)}; "
        f"complete {whole} of {passing} that have a forward pass ({100 * whole / (passing or 1):.1f} %; "
        f"{len(done) - passing} have none), "
        f"of these {sum(r.real for r in done)} only with values (--real).\n"
    )


def left_over(table: Path) -> list[str]:
    """The models of a table that were not complete."""
    rows = [line.strip("| \n").split(" | ") for line in table.read_text(encoding="utf-8").splitlines() if ":" in line]
    return [row[0] for row in rows if row[-1].startswith(("stopped", "without", "CRASH", "more than"))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="+", choices=["torchvision", "timm", "transformers"])
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--sample", type=int, help="only so many of each library, drawn with a fixed seed")
    parser.add_argument(
        "--part", default="1/1", help="2/3: the second third of each library, to run parts side by side"
    )
    parser.add_argument("--seconds", type=int, default=120, help="of the processor, for one model")
    parser.add_argument(
        "--shallow", action="store_true", help="transformers' models with two layers of each kind, no page"
    )
    parser.add_argument(
        "--again",
        type=Path,
        nargs="+",
        help="only what stopped, broke or took too long in these tables of earlier runs",
    )
    parser.add_argument("--only", nargs="+", help="only these models")
    given = parser.parse_args()
    wanted = {*(given.only or ()), *(name for table in given.again or () for name in left_over(table))}
    warnings.simplefilter("ignore")
    with given.output.open("w", encoding="utf-8") as file:
        for library in given.libraries:
            targets = names(library)
            if wanted:
                targets = [target for target in targets if target in wanted]
            if given.sample:
                targets = random.Random(0).sample(targets, min(given.sample, len(targets)))
            part, parts = map(int, given.part.split("/"))
            targets = targets[part - 1 :: parts]
            results = []
            file.write(f"\n## {library}\n\n{HEADER}")
            for target in track(targets, library, disable=not sys.stderr.isatty()):
                results.append(run(target, given.seconds, given.shallow))
                file.write(results[-1].line())
                file.flush()
            file.write(f"\n{summary(library, results)}")
            print(summary(library, results), end="")


if __name__ == "__main__":
    main()
