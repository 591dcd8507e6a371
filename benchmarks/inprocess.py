"""Walk and Markdown in one process, over 15 models of torchvision, against `torchinfo.summary`: named ratios.

    python benchmarks/inprocess.py --rounds 3

Models are built once; each is explained and summarised in turn, and the least processor time of each counts.
"""

from __future__ import annotations

import argparse
import gc
import math
import time
from collections.abc import Callable

MODELS = (
    "alexnet", "vgg16", "vgg19_bn", "resnet18", "resnet50", "densenet121", "googlenet", "inception_v3", "mobilenet_v2",
    "mobilenet_v3_large", "efficientnet_b0", "shufflenet_v2_x1_0", "squeezenet1_1", "vit_b_16", "swin_t",
)  # fmt: skip
TARGETS = {"geometric mean": 0.65, "densenet121": 2.0}


def processor(work: Callable[[], object]) -> float:
    """Processor seconds of one go."""
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("models", nargs="*", default=MODELS)
    given = parser.parse_args()
    import torch
    import torchinfo  # type: ignore[import-not-found,unused-ignore]

    import explainer
    from explainer.source.torchvision_models import torchvision

    torch.set_num_threads(1)
    ratios = {}
    print("| model | ours, s | torchinfo, s | ratio | target |\n|---|---:|---:|---:|---:|")
    for name in given.models:
        model = torchvision().models.get_model(name, weights=None).eval()
        size = (1, 3, 299, 299) if name == "inception_v3" else (1, 3, 224, 224)

        def ours(model: torch.nn.Module = model, size: tuple[int, ...] = size) -> str:
            return explainer.explain(model, size, lang="zh").to_markdown()

        def theirs(model: torch.nn.Module = model, size: tuple[int, ...] = size) -> str:
            return str(torchinfo.summary(model, input_size=size, verbose=0))

        ours()  # what is imported on the first way is not counted
        theirs()
        times = [(processor(ours), processor(theirs)) for _ in range(given.rounds)]
        mine, other = (min(column) for column in zip(*times, strict=True))
        ratios[name] = mine / other
        target = TARGETS.get(name, "")
        print(f"| {name} | {mine:.3f} | {other:.3f} | {ratios[name]:.2f} | {target} |", flush=True)
    mean = math.exp(sum(map(math.log, ratios.values())) / len(ratios))
    print(f"| geometric mean | | | {mean:.2f} | {TARGETS['geometric mean']} |")


if __name__ == "__main__":
    main()
