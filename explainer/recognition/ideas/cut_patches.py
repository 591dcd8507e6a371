"""Patch embedding without a convolution: the image is cut by views or an unfold, and each patch goes through one fully connected layer.

Which pixel goes where is read off by giving each pixel its own number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import nn

from explainer.i18n.bilingual import Bi
from explainer.recognition.graph import Found, Graph
from explainer.recognition.recogniser import Recogniser
from explainer.recognition.replay import NoValue
from explainer.recognition.tape import Given, Made, Ref
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.idea import Proof

MOST_BACK = 12
CUTS = {"unfold", "pad"}
PROVEN = Bi(
    zh="给每个像素编号后运行切块的代码：每一行正好是一个{p}×{p}图像块的全部像素，各行的排列次序相同，所有图像块各出现一次。",
    en="The code that cuts was run on an image whose pixels are numbered: each row has just the pixels of one {p}×{p} patch, all in the same order, and every patch is one row.",
)


def found(graph: Graph) -> Iterator[Found]:
    """Each fully connected layer that is given the patches of the image."""
    for step in graph.tape.steps:
        if graph.kind(step) is not Kind.LINEAR or not graph.linear(step) or len(step.shape) != 3:
            continue
        rows = graph.data(step)
        image = _image(graph, rows) if rows is not None else None
        if rows is None or image is None:
            continue
        try:
            side = _side(graph, rows, image)
        except NoValue:
            continue
        if side is None:
            continue
        steps = graph.replay.between([rows], [image])
        sizes = {"patch": _real_side(graph, image, rows), "channels": graph.real_shape(image)[1]}
        width = graph.real_shape(Made(step.at))[-1]
        proof = Proof("run", PROVEN.format(p=side), 1, (graph.tape.shape_of(image),), 0.0, None, graph.model)
        yield Found("patch_embedding", graph.calls([*steps, step.at]), {**sizes, "width": width}, proof)
        return


def _image(graph: Graph, ref: Ref) -> Ref | None:
    """The input image of which rows are cut, by nothing but steps that move numbers."""
    moved = False
    for _ in range(MOST_BACK):
        if isinstance(ref, Given):
            return ref if ref.what == "input" and moved and len(graph.tape.shape_of(ref)) == 4 else None
        step = graph.tape.steps[ref.step]
        before = graph.data(step)
        if before is None or not (graph.shaping(step) or step.name in CUTS or isinstance(step.module, nn.Unfold)):
            return None
        moved, ref = True, before
    return None


def _side(graph: Graph, rows: Ref, image: Ref) -> int | None:
    """The side of a patch, if the rows are all patches, each once."""
    n, channels, high, wide = graph.tape.shape_of(image)
    numbers = torch.arange(n * channels * high * wide, dtype=torch.float64).reshape(n, channels, high, wide)
    made = graph.replay.run(rows, {image: numbers})
    side = math.isqrt(made.shape[-1] // channels)
    if side < 2 or side * side * channels != made.shape[-1] or high % side or wide % side:
        return None
    found = made[0].long()
    places, across = found % (high * wide), found % wide
    down = places // wide
    block = (down // side) * (wide // side) + across // side
    inside = (found // (high * wide) * side + down % side) * side + across % side
    whole = bool((block == block[:, :1]).all()) and bool((inside == inside[:1]).all())
    each = sorted(block[:, 0].tolist()) == list(range((high // side) * (wide // side)))
    complete = sorted(inside[0].tolist()) == list(range(side * side * channels))
    return side if whole and each and complete else None


def _real_side(graph: Graph, image: Ref, rows: Ref) -> int:
    return math.isqrt(graph.real_shape(rows)[-1] // graph.real_shape(image)[1])


RECOGNISER = Recogniser(found, order=81)
