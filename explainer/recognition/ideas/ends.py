"""The two ends of a network: what makes its first features of the input, and what makes its output of the last ones.

Where they begin and end is read off the blocks (the walkthrough's story); what they are is run. An input stage treats all places of
an image alike, or makes one row of each patch or token. An output stage averages over the places, reads one of them, or works at
each by itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import torch

from explainer.i18n.bilingual import Bi
from explainer.recognition.definitions import CLOSE
from explainer.recognition.graph import Found, Graph
from explainer.recognition.ideas.pointwise import within
from explainer.recognition.recogniser import Recogniser
from explainer.recognition.replay import NoValue, difference, normal
from explainer.recognition.tape import Given, Made, Ref
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.idea import Kind as IdeaKind
from explainer.walkthrough.idea import Plain, Proof
from explainer.walkthrough.story import Part

PLACES = 16  # along a side of the probing image's output
BORDER = 5  # of these at each edge, which padding reaches
CHANGED = 1e-9
SHIFTED = Bi(
    zh="输入端对图像各处的处理相同：随机图像平移{s}个像素，输出恰好平移1格（{off}）。",
    en="The input stage treats all places of the image alike: where a random image is moved by {s:pixel|pixels}, the output moves by one "
    "place ({off}).",
)
PATCHES = Bi(
    zh="输入端输出的每一行只来自一个图像块：改动随机图像的一块，只有一行改变。",
    en="Each row that the input stage makes comes from one patch: where one patch of a random image is changed, one row changes.",
)
TOKENS = Bi(
    zh="输入端输出的每一行只取决于一个词元和它的位置：改动一个词元，只有它的那一行改变。",
    en="Each row that the input stage makes comes from one token and its position: where one token is changed, only its row changes.",
)
TOKENS_ALONE = Bi(
    zh="输入端输出的每一行只取决于一个词元，与位置无关：改动一个词元，只有它的那一行改变；相同的词元，各行相同。",
    en="Each row that the input stage makes comes from one token, wherever it stands: where one token is changed, only its row changes; equal "
    "tokens have equal rows.",
)
MEAN = Bi(
    zh="输出端先对所有位置求平均：以随机特征图运行，结果等于各位置的平均值；打乱各位置的次序，全连接层的输入不变（{off}）。",
    en="The output stage averages over all places: for random features it gives their mean, and whatever the order of the places, the fully "
    "connected layer receives the same ({off}).",
)
MEAN_OF_SCORES = Bi(
    zh="输出端对每个位置分别打分，再对所有位置求平均：以随机特征图运行，最后一步等于各位置的平均值；打乱各位置的次序，结果不变（{off}）。",
    en="The output stage scores each place and averages the scores: run on random features, its last step is their mean, and whatever the order of the places, the "
    "result is the same ({off}).",
)
ONE = Bi(
    zh="输出端只读第{n}个位置：改动其余各位置，结果不变。",
    en="The output stage reads position {n} alone: whatever the others are, the result stays the same.",
)
EACH = Bi(
    zh="输出端对每个位置单独计算：改动一个位置，只有这个位置的结果改变。",
    en="The output stage works at each position by itself: where one is changed, its result changes alone.",
)


def found(graph: Graph) -> Iterator[Found]:
    """The input stage and the output stage of a network that has blocks between them."""
    for part in graph.walk.story.all("stem"):
        yield from _said(graph, "stem", part, _stem(graph, part))
    for part in graph.walk.story.all("head"):
        yield from _said(graph, "head", part, _head(graph, part))


Read = tuple[dict[str, Plain], Bi, float, tuple[int, ...]]


def _said(graph: Graph, kind: IdeaKind, part: Part, read: Read | None) -> Iterator[Found]:
    if read is not None:
        settings, words, off, shape = read
        calls = tuple(layer.index for layer in part.layers)
        yield Found(kind, calls, settings, Proof("run", words, 2, (shape,), off, None, graph.model))


# The input stage


def _stem(graph: Graph, part: Part) -> Read | None:
    ends = _ends(graph, part)
    if ends is None or not isinstance(ends[0], Given):
        return None
    x, y = ends
    try:
        if graph.tape.shape_of(x) and not _is_image(graph, x):
            return _tokens(graph, x, y)
        return _image(graph, part, x, y) if len(graph.tape.shape_of(y)) == 4 else _patches(graph, part, x, y)
    except NoValue:
        return None


def _is_image(graph: Graph, x: Ref) -> bool:
    return len(graph.tape.shape_of(x)) == 4


def _stride(part: Part) -> int:
    """How many pixels of the input are one place of the output."""
    strides = [layer.call.option("stride") for layer in part.layers if layer.kind in (Kind.CONVOLUTION, Kind.POOLING)]
    sides = [one[0] if isinstance(one, tuple | list) else one for one in strides]
    return math.prod(int(one) for one in sides if isinstance(one, int) and one > 0)


def _image(graph: Graph, part: Part, x: Ref, y: Ref) -> Read | None:
    """Moved by as many pixels as are one place, the image gives an output that is moved by one place."""
    stride = _stride(part)
    shape = (1, graph.tape.shape_of(x)[1], PLACES * stride, PLACES * stride)
    image = normal(shape, 1)
    before, after = (graph.replay.run(y, {x: one}) for one in (image, image.roll((stride, stride), (2, 3))))
    off = min(_moved(before, after, sides) for sides in ((2, 3), (1, 2)))  # channels first, or last
    if off > CLOSE:
        return None
    return {"of": "image", "stride": stride}, SHIFTED.format(s=stride, off=within(off)), off, shape


def _moved(before: torch.Tensor, after: torch.Tensor, sides: tuple[int, int]) -> float:
    """How far the second is from the first moved by one place along these axes, away from the edges."""
    if before.shape != after.shape or any(abs(before.shape[axis] - PLACES) > BORDER for axis in sides):
        return math.inf
    for axis in sides:
        inside = before.shape[axis] - 2 * BORDER
        before, after = before.narrow(axis, BORDER, inside), after.narrow(axis, BORDER + 1, inside)
    return difference(after, before)


def _patches(graph: Graph, part: Part, x: Ref, y: Ref) -> Read | None:
    """One patch of the image changed: one row of the output changes."""
    stride, shape = _stride(part), graph.tape.shape_of(x)
    image = normal(shape, 1)
    other = image.clone()
    other[..., stride : 2 * stride, stride : 2 * stride] += 1
    rows = _rows(graph, y, {x: image}, {x: other})
    return ({"of": "patches", "stride": stride}, PATCHES, 0.0, shape) if rows is not None and len(rows) == 1 else None


def _tokens(graph: Graph, x: Ref, y: Ref) -> Read | None:
    """One token changed: its row changes alone."""
    shape = graph.tape.shape_of(x)
    if len(shape) != 2 or shape[1] < 3:
        return None
    ids = torch.ones(shape, dtype=torch.int64)
    other = ids.clone()
    other[0, 1] = 2
    rows = _rows(graph, y, {x: ids}, {x: other})
    if rows != [1]:
        return None
    alike = graph.replay.run(y, {x: ids})  # one token everywhere: rows differ by their positions, or not at all
    words = TOKENS_ALONE if torch.equal(alike, alike[:, :1].expand_as(alike)) else TOKENS
    return {"of": "tokens"}, words, 0.0, shape


def _rows(graph: Graph, y: Ref, one: dict[Ref, torch.Tensor], other: dict[Ref, torch.Tensor]) -> list[int] | None:
    """The rows of the first sequence in which two runs differ."""
    before, after = graph.replay.run(y, one), graph.replay.run(y, other)
    if before.shape != after.shape or before.dim() != 3:
        return None
    differs = ((before - after).abs() > CHANGED * before.abs().max()).any(-1)
    return [int(row) for row in differs[0].nonzero().flatten()]


# The output stage


def _head(graph: Graph, part: Part) -> Read | None:
    """What the first fully connected layer is given, of the features before; the scores themselves where there is none."""
    linear = next((layer for layer in part.layers if layer.kind is Kind.LINEAR), None)
    ends = _ends(graph, part)
    if ends is None:
        return None
    x, y = ends
    h = graph.data(graph.tape.calls[linear.index]) if linear is not None else y
    shape = graph.tape.shape_of(x)
    if h is None or len(shape) < 3:
        return None
    try:
        averaged = _averaged(graph, part, x, h, shape, MEAN if linear is not None else MEAN_OF_SCORES)
        return averaged or (_one_or_each(graph, x, h, shape) if len(shape) == 3 else None)
    except NoValue:
        return None


def _averaged(graph: Graph, part: Part, x: Ref, h: Ref, shape: tuple[int, ...], words: Bi) -> Read | None:
    """The places in another order make no difference, and what averages them is the mean."""
    if len(graph.tape.shape_of(h)) != 2 or not _means(graph, part):
        return None
    features = normal(shape, 1)
    before = graph.replay.run(h, {x: features})
    width = before.shape[-1]
    axis = next((n for n in (1, len(shape) - 1) if shape[n] == width), 1 if len(shape) == 4 else len(shape) - 1)
    last = features.movedim(axis, -1)
    places = last.reshape(last.shape[0], -1, last.shape[-1])
    order = torch.randperm(places.shape[1], generator=torch.Generator().manual_seed(2))
    mixed = places[:, order].reshape(last.shape).movedim(-1, axis)
    off = difference(graph.replay.run(h, {x: mixed}), before) if len(order) > 1 else math.inf
    return ({"reads": "mean"}, words.format(off=within(off)), off, shape) if off <= CLOSE else None


def _means(graph: Graph, part: Part) -> bool:
    """Whether the one step that makes fewer numbers is the mean over all places."""
    steps = [graph.tape.calls[layer.index] for layer in part.layers if layer.kind in (Kind.POOLING, Kind.REDUCTION)]
    if len(steps) != 1 or (source := graph.data(steps[0])) is None:
        return False
    given = normal(graph.tape.shape_of(source), 3)
    made = graph.replay.run(Made(steps[0].at), {source: given})
    wide = [axes for axes in ((2, 3), (1, 2), (1,), (2,)) if max(axes) < given.dim()]
    return any(
        difference(made.flatten(), given.mean(axes).flatten()) <= CLOSE for axes in wide if math.prod(given.shape)
    )


def _one_or_each(graph: Graph, x: Ref, h: Ref, shape: tuple[int, ...]) -> Read | None:
    """Every position changed by itself: which of them the result follows, and where."""
    features = normal(shape, 1)
    before = graph.replay.run(h, {x: features})
    asked = sorted({0, 1, shape[1] // 2, shape[1] - 1})
    seen: dict[int, Sequence[int]] = {}
    for position in asked:
        other = features.clone()
        other[:, position] = normal((shape[0], shape[2]), 7)
        after = graph.replay.run(h, {x: other})
        differs = (after - before).abs() > CHANGED * before.abs().max()
        seen[position] = (
            [int(row) for row in differs.any(-1)[0].nonzero().flatten()]
            if before.dim() == 3 and before.shape[1] == shape[1]
            else [-1] * bool(differs.any())
        )
    if all(rows == [position] for position, rows in seen.items()):
        return {"reads": "each"}, EACH, 0.0, shape
    read = [position for position, rows in seen.items() if rows]
    alone = features.clone().fill_(0.5)
    if len(read) != 1:
        return None
    alone[:, read[0]] = features[:, read[0]]
    if difference(graph.replay.run(h, {x: alone}), before) > CLOSE:
        return None
    return {"reads": "one", "position": read[0]}, ONE.format(n=read[0] + 1), 0.0, shape


def _ends(graph: Graph, part: Part) -> tuple[Ref, Ref] | None:
    """What goes into a part, if it is one tensor that depends on the input (or is first put together of several), and what it makes."""
    own = {graph.tape.calls[layer.index].at for layer in part.layers}
    y: Ref = Made(graph.tape.calls[part.layers[-1].index].at)
    inputs: set[Ref] = set()
    seen, waiting = set[Ref](), [y]
    while waiting:
        ref = waiting.pop()
        if ref in seen or not graph.is_fed(ref):
            continue
        seen.add(ref)
        step = graph.tape.step_of(ref)
        if step is None or (step.call is not None and step.at not in own):
            inputs.add(ref)
        else:
            waiting += step.refs
    first = graph.tape.calls[part.layers[0].index]
    if len(inputs) > 1 and graph.kind(first) is Kind.JOIN and inputs == set(first.refs):
        return Made(first.at), y
    return (inputs.pop(), y) if len(inputs) == 1 else None


RECOGNISER = Recogniser(found, order=90, knows=True)
