"""Large language models from their configurations: `explain config.json` beside building and running each once on meta.

    python benchmarks/language_models.py [llama-405b mixtral-8x7b] [--rounds 3]

Whole processes in turn, the least of the rounds. Targets: parameters and multiply-accumulates as they are known, the pass complete;
at most 2 × the floor's time, under 600 MB. Exits 1 when missed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vgg16 import REPAIRED, Cost, measured


@dataclass(frozen=True)
class Model:
    """A configuration, and what is known of it: parameters, and multiply-accumulates of one sentence of 128 tokens."""

    settings: dict[str, Any]
    params: int
    macs: int


MODELS = {
    "llama-405b": Model(
        {
            "model_type": "llama",
            "architectures": ["LlamaForCausalLM"],
            "hidden_size": 16384,
            "intermediate_size": 53248,
            "num_hidden_layers": 126,
            "num_attention_heads": 128,
            "num_key_value_heads": 8,
            "vocab_size": 128256,
        },
        params=405_853_388_800,
        # 128 tokens meet each matrix once; and 2·128·128·16384 products of attention in each of 126 layers
        macs=128 * (126 * (2 * 16384 * 16384 + 2 * 16384 * 1024 + 3 * 16384 * 53248) + 16384 * 128256)
        + 126 * 2 * 128 * 128 * 16384,
    ),
    "mixtral-8x7b": Model(
        {
            "model_type": "mixtral",
            "architectures": ["MixtralForCausalLM"],
            "hidden_size": 4096,
            "intermediate_size": 14336,
            "num_hidden_layers": 32,
            "num_attention_heads": 32,
            "num_key_value_heads": 8,
            "num_local_experts": 8,
            "num_experts_per_tok": 2,
            "vocab_size": 32000,
            "tie_word_embeddings": False,
        },
        params=46_702_792_704,
        macs=1_636_114_104_320,
    ),
}
BARE = """
import json, transformers, transformers.utils.import_utils as tracing
tracing.is_jit_tracing = lambda: True  # or it asks a mask for its values, which the meta device has not
settings = json.load(open("config.json"))
config = transformers.CONFIG_MAPPING[settings["model_type"]].from_dict(settings)
config._experts_implementation = "batched_mm"  # or experts sort their tokens by values
with torch.device("meta"), torch.no_grad():
    model = getattr(transformers, settings["architectures"][0])(config).eval()
    model(input_ids=torch.zeros(1, 128, dtype=torch.int64), use_cache=False)
"""
EXPLAIN = [sys.executable, "-m", "explainer", "config.json", "--no-cache", "-o"]


def main() -> int:
    """Measure, print a Markdown table, say whether the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", choices=[*MODELS, []], help="all of them if none is named")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print("| model | process | time, s | ÷ floor | memory, MB | parameters | multiply-accumulates | met |")
    print("|---|---|---:|---:|---:|---:|---:|---|")
    return max(int(not measured_one(name, MODELS[name], given.rounds)) for name in given.models or MODELS)


def measured_one(name: str, model: Model, rounds: int) -> bool:
    """Print a model's two lines; whether its targets are met."""
    commands = {
        "import, build, run once": [sys.executable, "-c", REPAIRED + BARE],
        "explain → .md": [*EXPLAIN, "x.md"],
    }
    taken: dict[str, list[Cost]] = {label: [] for label in commands}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "config.json").write_text(json.dumps(model.settings), encoding="utf-8")
        for _ in range(rounds):
            for label, command in commands.items():
                taken[label].append(measured(command, place))
        subprocess.run(
            [*EXPLAIN, "x.json"], cwd=place, check=True, capture_output=True
        )  # for its figures, not its time
        lesson = json.loads((place / "x.json").read_text(encoding="utf-8"))
    floor, ours = (
        Cost(min(cost.seconds for cost in costs), min(cost.megabytes for cost in costs)) for costs in taken.values()
    )
    params, macs = lesson["totals"]["params"]["value"], lesson["cost"]["macs"]
    right = (params, macs["value"], macs["verdict"]) == (model.params, model.macs, "agrees")
    met = right and lesson["completeness"]["complete"] and ours.seconds <= 2 * floor.seconds and ours.megabytes < 600
    first, second = commands
    print(f"| {name} | {first} | {floor.seconds:.2f} | 1.00 | {floor.megabytes:.0f} | | | |")
    print(
        f"| {name} | {second} | {ours.seconds:.2f} | {ours.seconds / floor.seconds:.2f} | {ours.megabytes:.0f} "
        f"| {params:,} | {macs['value']:,} | {'yes' if met else 'NO'} |"
    )
    return met


if __name__ == "__main__":
    raise SystemExit(main())
