"""How much of a network is told by blocks, kinds of layers and ideas: a table, one model a line.

`python benchmarks/story.py [MODEL …]`. A block or a kind counts from two instances on; `+ kinds` has the layers of one form that occur twice or more
outside of blocks, and proven ideas; `+ stem, head` what leads from the input to the first block and from the last one to the scores, where
that was proven by running it (`recognition/ideas/ends.py`).
The three columns of each are shares of the calls, the parameters, the multiply-accumulates. `to explain`: parts and the steps of the
blocks, instead of calls. `cost`: processor time of templates and story beside that of the trace and of the recognition of ideas.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from explainer.targets import walk_target
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.story import Part, Story

SEVERAL = ("block", "loop", "kind", "idea", "plumbing")

MODELS = [
    "resnet18",
    "resnet50",
    "densenet121",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "mobilenet_v3_large",
    "efficientnet_b0",
    "swin_t",
    "swin_v2_t",
    "maxvit_t",
    "convnext_tiny",
    "examples/unet.py:UNet",
    "googlenet",
    "vgg16",
]


def shares(walk: Walkthrough, parts: Sequence[Part]) -> str:
    """What these parts are of all calls, parameters, multiply-accumulates."""
    calls = sum(len(part.layers) for part in parts) / max(len(walk.layers), 1)
    params = sum(part.params for part in parts) / max(walk.totals.params, 1)
    macs = sum(part.macs for part in parts) / max(walk.macs.value or 0, 1)
    return " ".join(f"{100 * one:6.1f}" for one in (calls, params, macs))


def told(story: Story) -> list[Part]:
    """The parts that are several of one form, or proven ideas: a stem or a head only if it was run."""
    return [part for part in story.parts if part.what in SEVERAL or part.is_idea]


def line(name: str) -> str:
    """One model's row."""
    before = time.process_time()
    walk = walk_target(name, ideas=True)
    between = time.process_time()
    story = walk.story
    cost = (time.process_time() - between) / (between - before)
    blocks = list(story.blocks)
    kinds = [part for part in story.parts if part.what in SEVERAL]
    whole = told(story)
    explain = sum(len(part.template.steps) if part.template else 1 for part in story.parts)
    return f"{name:24} {len(walk.layers):6} {explain:6}  {shares(walk, blocks)}  {shares(walk, kinds)}  {shares(walk, whole)}  {cost:5.2f}"


def main(names: Sequence[str]) -> None:
    print(f"{'':24} {'calls':>6} {'to':>6}  {'blocks':^20}  {'+ kinds, ideas':^20}  {'+ stem, head':^20}")
    print(f"{'':24} {'':>6} {'expl.':>6}" + f"  {'calls':>6} {'par.':>6} {'MACs':>6}" * 3 + "   cost")
    for name in names or MODELS:
        print(line(name), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
