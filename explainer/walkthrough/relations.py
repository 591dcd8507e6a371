"""What one layer is to the others: equal to an earlier one, at a place in a chain of convolutions."""

from __future__ import annotations

from explainer.vocabulary.kind import Kind
from explainer.vocabulary.shape import Shape
from explainer.walkthrough.call import Place
from explainer.walkthrough.parts import Layer


def related(layers: list[Layer], batch: Place = "first") -> tuple[Layer, ...]:
    """The layers with `same_as`, `params_same_as` and `place`, which follow from what they are; batch: where it stands."""
    return tuple(_marked_equal(_placed(_without_batch(layers, batch))))


def takes_one_image(layer: Layer) -> bool:
    """Whether a convolution was given one image without a batch, C×H×W: torch takes it, a lesson must say so."""
    weight = layer.call.op.tensors.get("weight") if layer.call.op is not None else None
    if layer.kind not in (Kind.CONVOLUTION, Kind.TRANSPOSED) or weight is None or not layer.call.input_shapes:
        return False
    made = layer.call.output_shapes[0] if layer.call.output_shapes else ()
    return len(layer.call.input_shapes[0]) == len(made) == len(weight) - 1


def _without_batch(layers: list[Layer], batch: Place) -> list[Layer]:
    """All layers of a run whose first convolution saw one image, or whose inputs do not begin with the batch."""
    if batch != "first":
        return [layer.marked(unbatched=True) for layer in layers]
    first = next((layer for layer in layers if layer.kind in (Kind.CONVOLUTION, Kind.TRANSPOSED)), None)
    if first is None or not takes_one_image(first):
        return layers
    return [layer.marked(unbatched=True) for layer in layers]


def _marked_equal(layers: list[Layer]) -> list[Layer]:
    """Equal are calls of one rule with the same formulas, numbers and shapes (a repr may differ without meaning)."""
    first: dict[object, int] = {}
    modules: dict[str, tuple[int, object, object]] = {}  # a module's first call, and what that is equal to
    first_params: dict[object, int] = {}
    marked = []
    for layer in layers:
        if layer.rule is None or layer.params is None:
            again = _again(layer, modules, None, None)[0]
            marked.append(layer.marked(again=again) if again is not None else layer)
            continue
        params = (layer.rule.name, *layer.params.texts)
        sizes = tuple([(name, text, value) for name, text, _, value in layer.output.size_texts]) if layer.output else ()
        call = layer.call
        key = (*params, sizes, call.input_shapes, call.output_shapes, call.type)
        earlier, earlier_params = first.setdefault(key, layer.index), first_params.setdefault(params, layer.index)
        again, its_key, its_params = _again(layer, modules, key, params)
        earlier = again if again and its_key == key else earlier
        earlier_params = again if again and its_params == params else earlier_params
        same_as = earlier if earlier != layer.index else None
        params_same_as = earlier_params if earlier_params != layer.index and layer.value else None
        if (again, same_as, params_same_as) != (layer.again, layer.same_as, layer.params_same_as):
            layer = layer.marked(again=again, same_as=same_as, params_same_as=params_same_as)
        marked.append(layer)
    return marked


def _again(
    layer: Layer, modules: dict[str, tuple[int, object, object]], key: object, params: object
) -> tuple[int | None, object, object]:
    """The first call of the module that a later call runs, with what it is equal to; a function is never the same again."""
    if layer.call.op is None:
        return None, None, None
    first = modules.setdefault(layer.path.partition("@")[0], (layer.index, key, params))
    return (None, None, None) if first[0] == layer.index else first


def _placed(layers: list[Layer]) -> list[Layer]:
    """conv1-1, conv1-2, conv2-1, …: a stage is a run of convolutions whose outputs have one resolution.

    Only in a plain chain of layers, as VGG's; where most stages have one convolution, as AlexNet's and LeNet's, layers are numbered through.
    """
    if any(len(layer.call.inputs) != 1 or layer.call.inputs[0] not in ("input", i) for i, layer in enumerate(layers)):
        return layers  # branches and shortcuts: their papers number blocks, not layers
    stages: list[Shape] = []
    count: dict[Shape, int] = {}
    placed = []
    for layer in layers:
        resolution = _resolution(layer)
        if resolution is None:
            placed.append(layer)
            continue
        if resolution not in stages:
            stages.append(resolution)
        count[resolution] = count.get(resolution, 0) + 1
        placed.append(layer.marked(place=f"conv{stages.index(resolution) + 1}-{count[resolution]}"))
    several = sum(number > 1 for number in count.values())
    return placed if 2 * several > len(count) else layers


def _resolution(layer: Layer) -> Shape | None:
    """The size of a convolution's feature map; a 1×1 map (squeeze and excitation) is no stage."""
    if layer.kind is not Kind.CONVOLUTION or not layer.call.output_shapes:
        return None
    resolution = layer.call.output_shapes[0][2:]
    return resolution if len(resolution) == 2 and set(resolution) != {1} else None
