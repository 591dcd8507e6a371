"""Patch embedding: the image is cut into patches, and each becomes a vector by one linear map: a convolution that moves by its own size."""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch.nn import functional

from explainer.i18n.bilingual import Bi
from explainer.recognition.definitions import CLOSE
from explainer.recognition.graph import Found, Graph
from explainer.recognition.ideas.pointwise import within
from explainer.recognition.recogniser import Recogniser
from explainer.recognition.replay import NoValue, difference, normal
from explainer.recognition.tape import Given, Made, Ref, Step
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.idea import Proof

MOST_BACK = 6
SIDE = 3  # patches
PROVEN = Bi(
    zh="对随机的{n}×{n}个图像块，分别由代码和“切块、展平、乘以同一个矩阵”计算，结果一致（{off}）。",
    en="The input stage was run on {n}×{n} random patches beside “cut, flatten, multiply by one matrix”: the results agree ({off}).",
)


def found(graph: Graph) -> Iterator[Found]:
    """The convolution of the input, and the steps that make rows of vectors of what it gives."""
    for step in graph.tape.steps:
        if graph.kind(step) is not Kind.CONVOLUTION or step.module is None or len(step.shape) != 4:
            continue
        patch = _patch(graph, step)
        behind = _row(graph, step)
        if patch is None or not behind or not _of_input(graph, step):
            continue
        try:
            off = _compared(graph, step)
        except NoValue:
            continue
        if off > CLOSE:
            continue
        source = graph.data(step)
        assert source is not None
        sizes = {"patch": patch, "channels": graph.real_shape(source)[1], "width": graph.real_shape(Made(step.at))[1]}
        words = PROVEN.format(n=SIDE, off=within(off))
        proof = Proof("run", words, 1, (_shape(graph, step),), off, 1, graph.model)
        yield Found("patch_embedding", graph.calls([step.at, *behind]), dict(sizes), proof)


def _patch(graph: Graph, step: Step) -> int | None:
    """The side of a patch in the model itself, if the kernel moves by its own size over the whole image."""
    layer = graph.layer(step)
    if layer is None:
        return None
    call = layer.call
    kernel, stride, padding = (call.option(name) for name in ("kernel_size", "stride", "padding"))
    plain = call.option("groups") == 1 and set(call.option("dilation") or ()) == {1}
    if not plain or kernel != stride or not isinstance(kernel, tuple) or set(padding or ()) - {0}:
        return None
    return kernel[0] if len(set(kernel)) == 1 and kernel[0] > 1 else None


def _row(graph: Graph, step: Step) -> list[int]:
    """The steps behind that put the places in a row; none where they stay an image."""
    found: list[int] = []
    while len(users := graph.tape.users.get(Made(step.at), [])) == 1 and graph.shaping(graph.tape.steps[users[0]]):
        step = graph.tape.steps[users[0]]
        found.append(step.at)
    return found if found and len(step.shape) == 3 else []


def _of_input(graph: Graph, step: Step) -> bool:
    ref: Ref | None = graph.data(step)
    for _ in range(MOST_BACK):
        if ref is None or isinstance(ref, Given):
            return ref is not None and ref.what == "input"
        before = graph.tape.steps[ref.step]
        if not (graph.pointwise(before) or graph.shaping(before)):
            return False
        ref = graph.data(before)
    return False


def _shape(graph: Graph, step: Step) -> tuple[int, ...]:
    source = graph.data(step)
    assert source is not None and step.module is not None
    kernel = step.module.kernel_size
    assert isinstance(kernel, tuple)
    return (1, graph.tape.shape_of(source)[1], *(SIDE * int(side) for side in kernel))


def _compared(graph: Graph, step: Step) -> float:
    """The layer beside one matrix for all patches. Raises NoValue."""
    layer = graph.replay.layer(step)
    parameters = {name: value.detach() for name, value in layer.named_parameters()}
    weight = parameters["weight"]
    if math.prod(weight.shape) > 4_000_000:
        raise NoValue("a large kernel")
    image = normal(_shape(graph, step), 1)
    kernel = (int(weight.shape[2]), int(weight.shape[3]))
    patches = functional.unfold(image, kernel, stride=kernel).transpose(1, 2)
    right = functional.linear(patches, weight.flatten(1), parameters.get("bias"))
    with torch.no_grad():
        made = layer(image).flatten(2).transpose(1, 2)
    return difference(made, right)


RECOGNISER = Recogniser(found, order=80)
