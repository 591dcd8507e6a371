"""A network that goes down in resolution and up again, its halves joined level by level: said in a sentence."""

from __future__ import annotations

from explainer.i18n.bilingual import Bi, same
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer, Walkthrough

U_SHAPE = Bi(
    zh="网络呈U形：编码器（encoder）{down}把特征图由{large}逐级缩小到{small}，解码器（decoder）再{up}逐级放大到{end}；"
    "{n}条跳跃连接（skip connection）把编码器各级的特征图与解码器同一级的特征图沿通道维拼接，通道数相加，高、宽不变。",
    en="The network is U-shaped: the encoder shrinks the maps{down} from {large} to {small}, and the decoder enlarges them{up} to {end} again; "
    "{n:skip connection joins a map|skip connections join the maps} of the encoder to those of the decoder at the same level: the channels "
    "add up, height and width stay.",
)

BY = {
    Kind.POOLING: Bi("用池化层", " by pooling"),
    Kind.CONVOLUTION: Bi("用步幅大于1的卷积层", " by strided convolutions"),
    Kind.TRANSPOSED: Bi("用转置卷积层", " by transposed convolutions"),
    Kind.RESIZE: Bi("用插值", " by interpolation"),
}


def u_shape(walk: Walkthrough) -> list[Bi]:
    """The sentence, if maps of two levels or more go past the smallest one and are concatenated behind it."""
    maps = [layer for layer in walk.layers if _side(layer) and _is_map(layer)]
    if not walk.complete or len(maps) < 4:
        return []
    bottom = min(maps, key=lambda layer: (_side(layer), layer.index))
    levels = {_side(layer) for layer in maps if layer.kind is Kind.JOIN and _crosses(walk, layer, bottom)}
    first, last = maps[0], maps[-1]
    if len(levels) < 2 or not _side(bottom) < _side(last):
        return []
    given = walk.run.input_shapes[0]
    large = max(_side(first), given[-2] if len(given) == 4 else 0)
    wide = given[-1] if len(given) == 4 and given[-2] == large else _shape(first)[-1]
    down = [one for one in walk.layers if one.index <= bottom.index and _changes(walk, one, -1)]
    up = [one for one in walk.layers if one.index > bottom.index and _changes(walk, one, 1)]
    ways = {"down": _way(down), "up": _way(up)}
    return [U_SHAPE.format(**ways, large=same(f"{large}×{wide}"), small=_both(bottom), end=_both(last), n=len(levels))]


def _changes(walk: Walkthrough, layer: Layer, sign: int) -> bool:
    """Whether its map is smaller (-1) or larger (1) than the one that goes in."""
    sources = [walk.layers[one - 1] for one in layer.call.inputs if isinstance(one, int) and one > 0]
    sides = [_side(one) for one in sources if _side(one)]
    return bool(sides) and _side(layer) > 0 and (_side(layer) - max(sides)) * sign > 0


def _way(layers: list[Layer]) -> Bi:
    """By what the maps shrink or grow, where it is one kind of layer."""
    kinds = {layer.kind for layer in layers}
    return BY.get(kinds.pop(), same("")) if len(kinds) == 1 else same("")


def _is_map(layer: Layer) -> bool:
    """What makes or joins maps; a vector that gets two dimensions of size 1, to be added to a map, is none."""
    return layer.kind in (Kind.CONVOLUTION, Kind.TRANSPOSED) or (layer.kind is Kind.JOIN and len(layer.call.inputs) > 1)


def _crosses(walk: Walkthrough, layer: Layer, bottom: Layer) -> bool:
    """Whether it joins a map from before the smallest one to a map from behind it, of the same size."""
    sources = [walk.layers[one - 1] for one in layer.call.inputs if isinstance(one, int) and one > 0]
    before = [one for one in sources if one.index < bottom.index and _side(one) == _side(layer)]
    return layer.index > bottom.index and bool(before) and any(one.index > bottom.index for one in sources)


def _shape(layer: Layer) -> tuple[int, ...]:
    return layer.call.output_shapes[0] if layer.call.output_shapes else ()


def _side(layer: Layer) -> int:
    shape = _shape(layer)
    return shape[2] if len(shape) == 4 else 0


def _both(layer: Layer) -> Bi:
    return same("{}×{}".format(*_shape(layer)[2:]))
