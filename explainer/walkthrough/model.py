"""The derivations of one model with their verdicts; knows nothing of languages or formats.

Figures are plain integers; shapes include the batch; MACs are multiply-accumulates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Literal

from explainer.formula.derivation import Derivation
from explainer.rules import Output, Parameters, Rule
from explainer.tracing.call import Call, Trace
from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.measured import Measured
from explainer.walkthrough.verdict import Verdict

By = Literal["block", "kind", "stage"]


@dataclass(frozen=True)
class Tensor:
    """A parameter by name, with its shape: what can be said where no rule explains it."""

    name: str
    shape: Shape
    numel: int


@dataclass(frozen=True)
class Layer:
    """One call explained.

    params: None where no rule explains the parameters; then `tensors` lists them. counted: what the call adds to
    the total (0 where its parameters were counted before); shared_with: the other users of its parameters.
    shape: one derivation per dimension of the first output; empty where no rule gives it.
    same_as, params_same_as: the first call that is equal altogether, or in its parameters.
    place: `conv1-1`, for a convolution on images. torch_params, torch_macs: torch's own counts (MACs: FLOPs halved).
    """

    call: Call
    rule: Rule | None
    parameters: Parameters | None
    output: Output | None
    params: Derivation | None
    torch_params: int
    param_bytes: int
    params_verdict: Verdict
    counted: int
    shared_with: tuple[str, ...]
    tensors: tuple[Tensor, ...]
    shape: tuple[tuple[str, Derivation], ...]
    shape_verdict: Verdict
    macs: Derivation | None
    torch_macs: int | None
    macs_verdict: Verdict
    same_as: int | None = None
    params_same_as: int | None = None
    place: str = ""

    @property
    def index(self) -> int:
        return self.call.index

    @property
    def path(self) -> str:
        return self.call.path

    @property
    def type(self) -> str:
        return self.call.type

    @property
    def kind(self) -> Kind:
        return self.rule.kind if self.rule else Kind.OTHER

    @property
    def checked(self) -> bool:
        """Parameters and shape were compared with torch's and are the same, and the cost does not disagree."""
        cost = self.macs_verdict is not Verdict.DISAGREES
        return self.params_verdict is Verdict.AGREES and self.shape_verdict is Verdict.AGREES and cost

    @property
    def value(self) -> int:
        """The number of parameters, by rule or, without one, by the tensors."""
        return self.params.value if self.params else self.torch_params


@dataclass(frozen=True)
class Uncalled:
    """A module with parameters that this forward pass never called: explained by itself, and counted."""

    path: str
    type: str
    rule: Rule | None
    params: Derivation | None
    counted: int
    torch_params: int
    verdict: Verdict
    tensors: tuple[Tensor, ...]


@dataclass(frozen=True)
class RawParameter:
    """A parameter used directly in a forward; `used_by`: the calls that take it."""

    name: str
    shape: Shape
    params: int
    used_by: tuple[int, ...]


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


@dataclass(frozen=True)
class Totals:
    """Sums over the network. params is the sum of the parts; torch_params is torch's own sum."""

    params: int
    torch_params: int
    explained: int
    raw: int
    unexplained: int
    trainable: int
    frozen: int
    buffers: int
    buffer_names: tuple[str, ...]
    bits_by_dtype: Mapping[str, int]

    @property
    def verdict(self) -> Verdict:
        return Verdict.AGREES if self.params == self.torch_params else Verdict.DISAGREES


@dataclass(frozen=True)
class Walkthrough:
    """One model, explained.

    arguments: what it was built with, as the user wrote it: `num_classes=10`. measured: what needed further runs of the
    model, as far as anybody wanted it.
    """

    name: str
    source: str
    trace: Trace
    layers: tuple[Layer, ...]
    uncalled: tuple[Uncalled, ...]
    raw_parameters: tuple[RawParameter, ...]
    totals: Totals
    versions: Mapping[str, str]
    arguments: tuple[str, ...] = ()
    measured: Measured = Measured()

    @cached_property
    def checks(self) -> dict[Verdict, int]:
        """How many figures agree, disagree, or have nothing to be compared with: parameters, shapes, the total."""
        counts = dict.fromkeys(Verdict, 0)
        for layer in self.layers:
            counts[layer.params_verdict] += 1
            counts[layer.shape_verdict] += 1
        for module in self.uncalled:
            counts[module.verdict] += 1
        counts[self.totals.verdict] += 1
        return counts

    @cached_property
    def macs_checks(self) -> dict[Verdict, int]:
        """The same of the multiply-accumulates."""
        counts = dict.fromkeys(Verdict, 0)
        for layer in self.layers:
            counts[layer.macs_verdict] += 1
        return counts

    @property
    def agrees(self) -> bool:
        """Nothing disagrees with torch."""
        return not self.checks[Verdict.DISAGREES] and not self.macs_checks[Verdict.DISAGREES]

    def groups(self, by: By) -> list[Group]:
        """The parts of the network; their `params` sum to the total.

        block: by top-level module. kind: by kind of layer. stage: by resolution of the feature map, whatever the place
        in the network (a U-Net's encoder and decoder meet), while normalization and what enlarges the map are apart.
        """
        stages = self._stages()
        members: dict[str, tuple[list[Layer], list[Uncalled], list[RawParameter]]] = {}

        def part(key: str) -> tuple[list[Layer], list[Uncalled], list[RawParameter]]:
            return members.setdefault(key, ([], [], []))

        for layer in self.layers:
            key = layer.kind.name
            if by == "block":
                key = _block(layer.path)
            elif by == "stage" and layer.kind not in _APART and (resolution := _resolution(layer)) in stages:
                key = f"stage{stages.index(resolution) + 1}"
            part(key)[0].append(layer)
        for module in self.uncalled:
            kind = module.rule.kind if module.rule else Kind.OTHER
            part(_block(module.path) if by == "block" else kind.name)[1].append(module)
        for parameter in self.raw_parameters:
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

    def _stages(self) -> list[Shape]:
        """The resolutions of the convolutions' feature maps, from the largest down."""
        found = {_resolution(layer) for layer in self.layers if layer.kind is Kind.CONVOLUTION}
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
