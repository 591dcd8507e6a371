"""Llama-3 405B from its configuration: `explain hf:LlamaForCausalLM …` beside building and running it once on meta.

    python benchmarks/llama.py [--rounds 3]

Whole processes in turn, the least of the rounds. Targets: at most 2 × the floor's time, under 600 MB. Exits 1 when missed.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from vgg16 import REPAIRED, Cost, measured

SETTINGS = {
    "hidden_size": 16384,
    "intermediate_size": 53248,
    "num_hidden_layers": 126,
    "num_attention_heads": 128,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
}
BARE = f"""
import transformers, transformers.utils.import_utils as tracing
tracing.is_jit_tracing = lambda: True  # or it asks a mask for its values, which the meta device has not
with torch.device("meta"), torch.no_grad():
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**{SETTINGS})).eval()
    model(input_ids=torch.zeros(1, 128, dtype=torch.int64), use_cache=False)
"""


def main() -> int:
    """Measure, print a Markdown table, say whether the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        arguments = [word for key, value in SETTINGS.items() for word in ("--arg", f"{key}={value}")]
        commands = {
            "import, build, run once": _python("-c", REPAIRED + BARE),
            "explain → .md": _python("-m", "explainer", "hf:LlamaForCausalLM", *arguments, "-o", "llama.md"),
        }
        taken: dict[str, list[Cost]] = {label: [] for label in commands}
        for _ in range(rounds):
            for label, command in commands.items():
                taken[label].append(measured(command, folder))
    best = {
        label: Cost(min(cost.seconds for cost in costs), min(cost.megabytes for cost in costs))
        for label, costs in taken.items()
    }
    floor, ours = best.values()
    print("| process | time, s | ÷ floor | memory, MB |\n|---|---:|---:|---:|")
    for label, cost in best.items():
        print(f"| {label} | {cost.seconds:.2f} | {cost.seconds / floor.seconds:.2f} | {cost.megabytes:.0f} |")
    return 0 if ours.seconds <= 2 * floor.seconds and ours.megabytes < 600 else 1


def _python(*arguments: str) -> list[str]:
    import sys

    return [sys.executable, *arguments]


if __name__ == "__main__":
    raise SystemExit(main())
