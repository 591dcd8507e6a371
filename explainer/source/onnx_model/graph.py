"""The graph of an ONNX file as a module: its layers are torch's, its forward does operator by operator what the file says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from explainer.errors import GraphEnds
from explainer.source.onnx_model import operators, sizes
from explainer.source.onnx_model.operators import Given, Unknown, padded

Shape = tuple[int, ...]
NO_EQUAL = "none of torch's layers and functions is known for it"
OTHER_SHAPE = "{step} gives {made}, and the file records {recorded}"


@dataclass(frozen=True)
class Step:
    """One operator. name: `Conv_0`; layer: the path of the module that it runs, or ""; recorded: what the file says of its results."""

    name: str
    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    layer: str = ""
    recorded: tuple[Shape | None, ...] = ()


class OnnxGraph(nn.Module):
    """Run by shapes only. An operator that is not known here raises GraphEnds, which names it."""

    def __init__(
        self,
        steps: Sequence[Step],
        given: Sequence[tuple[str, Shape]],
        made: Sequence[str],
        numbers: Mapping[str, Any],
        tensors: Mapping[str, str],
    ) -> None:
        """given: the inputs with the shapes that are assumed of them; made: the outputs; numbers: known ones by name; tensors: the
        names of parameters and buffers for those of initializers.
        """
        super().__init__()
        self.steps, self.given, self.made = tuple(steps), tuple(given), tuple(made)
        self.numbers, self.tensors = dict(numbers), dict(tensors)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        names = [name for name, _ in self.given]
        values: dict[str, Any] = {**self.numbers, **dict(zip(names, args, strict=False)), **kwargs}
        for name, own in self.tensors.items():
            values[name] = _owned(self, own)
        as_recorded = all(
            isinstance(values.get(name), Tensor) and tuple(values[name].shape) == shape for name, shape in self.given
        )
        for step in self.steps:
            given = Given([values.get(name) for name in step.inputs], step.attributes, len(step.outputs))
            try:
                result = self._result(step, given)
            except Unknown:
                raise GraphEnds(step.operator, f"{step.name}: {NO_EQUAL}") from None
            results = result if isinstance(result, list | tuple) else [result]
            for name, value, recorded in zip(step.outputs, results, step.recorded, strict=False):
                values[name] = value
                made = tuple(value.shape) if hasattr(value, "shape") else recorded
                if as_recorded and recorded is not None and made != recorded:
                    raise GraphEnds(step.operator, OTHER_SHAPE.format(step=step.name, made=made, recorded=recorded))
        results = [values.get(name) for name in self.made]
        return results[0] if len(results) == 1 else tuple(results)

    def _result(self, step: Step, given: Given) -> Any:
        if step.layer:
            return _applied(self.get_submodule(step.layer), given)
        for known in (sizes.of_tensor(step.operator, given.at(0)), sizes.folded(step.operator, given)):
            if known is not None:
                return known
        return operators.run(step.operator, given)


def _owned(module: nn.Module, name: str) -> Any:
    path, _, last = name.rpartition(".")
    return getattr(module.get_submodule(path), last)


def _applied(layer: nn.Module, given: Given) -> Any:
    """A layer on what the operator gets: an embedding takes indices, a recurrent layer gives its directions apart."""
    if isinstance(layer, nn.Embedding):
        index = given.at(1)
        return layer(index if isinstance(index, Tensor) else given.tensor(1))
    x = given.tensor(0)
    if isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Conv3d):
        x, pads = padded(x, given, layer.kernel_size)
        if pads != layer.padding:  # worked out from the input
            x = functional.pad(x, [amount for one in reversed(pads) for amount in (one, one)])
        return layer(x)
    if isinstance(layer, nn.RNNBase):
        out, state = layer(x)
        directions = 2 if layer.bidirectional else 1
        apart = out.unflatten(2, (directions, layer.hidden_size)).permute(0, 2, 1, 3)
        return [apart, *(state if isinstance(state, tuple) else (state,))]
    return layer(x)
