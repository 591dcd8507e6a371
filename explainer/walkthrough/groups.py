"""The parts of a network: by top-level module, by kind of layer, by resolution of the feature map."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Literal

from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.parts import Layer, RawParameter, Uncalled

By = Literal["block", "kind", "stage"]


@dataclass(frozen=True)
class Group:
    """A part of the network and what it adds to the total.

    key: a top-level module, the name of a `Kind`, or `stage1`, `stage2`, … from the largest feature map down;
    resolution: that of a stage.
    """

    by: By
    key: str
    params: int
    macs: int
    layers: tuple[Layer, ...]
    uncalled: tuple[Uncalled, ...]
    raw: tuple[RawParameter, ...]
    resolution: Shape = ()

    @property
    def at_least(self) -> bool:
        """Whether the multiply-accumulates are a part, since of some layer nothing is known."""
        return not all(layer.macs_known for layer in self.layers)


def grouped_by(
    all_layers: tuple[Layer, ...], modules: tuple[Uncalled, ...], parameters: tuple[RawParameter, ...], by: By
) -> list[Group]:
    """The parts of the network; their `params` sum to the total.

    block: by top-level module. kind: by kind of layer. stage: by resolution of the feature map, whatever the place
    in the network (a U-Net's encoder and decoder meet), while normalization and what enlarges the map are apart.
    """
    stages = _stages(all_layers)
    members: dict[str, tuple[list[Layer], list[Uncalled], list[RawParameter]]] = {}

    def part(key: str) -> tuple[list[Layer], list[Uncalled], list[RawParameter]]:
        return members.setdefault(key, ([], [], []))

    for layer in all_layers:
        key = layer.kind.name
        if by == "block":
            key = _block(layer.path)
        elif by == "stage" and layer.kind not in _APART and (resolution := _resolution(layer)) in stages:
            key = f"stage{stages.index(resolution) + 1}"
        part(key)[0].append(layer)
    for module in modules:
        kind = module.rule.kind if module.rule else Kind.OTHER
        part(_block(module.path) if by == "block" else kind.name)[1].append(module)
    for parameter in parameters:
        part(_block(parameter.name) if by == "block" else "RAW")[2].append(parameter)
    return [
        Group(
            by=by,
            key=key,
            params=sum(x.counted for x in layers) + sum(x.counted for x in uncalled) + sum(x.params for x in raw),
            macs=sum(layer.macs.value for layer in layers if layer.macs),
            layers=tuple(layers),
            uncalled=tuple(uncalled),
            raw=tuple(raw),
            resolution=stages[int(key[5:]) - 1] if by == "stage" and key.startswith("stage") else (),
        )
        for key in (list(members) if by == "block" else sorted(members, key=_rank))
        for layers, uncalled, raw in [members[key]]
    ]


def _stages(layers: tuple[Layer, ...]) -> list[Shape]:
    """The resolutions of the convolutions' feature maps, from the largest down."""
    found = {_resolution(layer) for layer in layers if layer.kind is Kind.CONVOLUTION}
    return sorted((shape for shape in found if shape), key=lambda shape: (-prod(shape), shape))


_APART = (Kind.NORMALIZATION, Kind.TRANSPOSED)


def _resolution(layer: Layer) -> Shape:
    """The image part of an output N×C×H×W."""
    shapes = layer.call.output_shapes
    return shapes[0][2:] if shapes and len(shapes[0]) > 2 else ()


def _rank(key: str) -> tuple[int, int]:
    """Stages first, then the kinds in their order, parameters used directly last."""
    order = {kind.name: i for i, kind in enumerate(Kind)}
    return (0, int(key[5:])) if key.startswith("stage") else (1, order.get(key, len(order)))


def _block(path: str) -> str:
    """The top-level part that a path belongs to."""
    return path.split(".", 1)[0].split("@", 1)[0]
