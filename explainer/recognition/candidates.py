"""Whether a pass can hold an idea at all, by its calls alone: for one that cannot, nothing is run."""

from __future__ import annotations

from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Walkthrough
from explainer.walkthrough.parts import Layer

# No activation, normalisation, attention or gate is written by hand without one of these.
_TELLING = {
    *(
        "softmax",
        "scaled_dot_product_attention",
        "rsqrt",
        "sqrt",
        "tanh",
        "sigmoid",
        "erf",
        "exp",
        "pow",
        "var",
        "std",
        "norm",
    ),
    *(
        "var_mean",
        "std_mean",
        "vector_norm",
        "hardsigmoid",
        "softplus",
        "topk",
        "Softmax",
        "Sigmoid",
        "Hardsigmoid",
        "square",
    ),
    *("Tanh", "hardtanh", "clamp", "relu6", "MultiheadAttention", "normalize", "unfold", "Unfold"),
}
_PRODUCTS = {"matmul", "bmm", "einsum"}  # two of one another are linear attention
_BETWEEN = {Kind.ACTIVATION, Kind.DROPOUT, Kind.ELEMENTWISE, Kind.JOIN, Kind.RESHAPE, Kind.NORMALIZATION}
_FAR = 16
CUT = 6  # dimensions of a batch of images cut into rows and columns of patches


def any_candidate(walk: Walkthrough) -> bool:
    """Whether anything in the pass may be an idea (plumbing apart)."""
    if any(layer.type in _TELLING for layer in walk.layers):
        return True
    if sum(layer.type in _PRODUCTS for layer in walk.layers) > 1:
        return True
    if any(len(shape) >= CUT for layer in walk.layers for shape in layer.call.output_shapes):
        return True
    if any(map(_is_patches, walk.layers)) or _holds_mlp(walk):
        return True
    return bool(walk.story.all("stem") or walk.story.all("head"))


def is_linear(layer: Layer) -> bool:
    """A linear layer, or a convolution that is one at each place."""
    if layer.kind is Kind.LINEAR:
        return True
    return layer.kind is Kind.CONVOLUTION and set(_sizes(layer, "kernel_size")) == {1}


def _holds_mlp(walk: Walkthrough) -> bool:
    """Whether a linear layer follows another behind an activation, in a row of just two."""
    before = {layer.index: _linear_before(walk, layer) for layer in walk.layers if is_linear(layer)}
    followed = {one.index for one in before.values() if one is not None}
    return any(one is not None and not before[one.index] and index not in followed for index, one in before.items())


def _linear_before(walk: Walkthrough, layer: Layer) -> Layer | None:
    """A linear layer that this one gets its input from through something with an activation in it."""
    found: Layer | None = None
    active, seen, waiting = False, set[int](), list(layer.call.inputs[:1])
    while waiting:
        source = waiting.pop()
        if not isinstance(source, int) or len(seen) > _FAR:
            return None
        before = walk.layers[source - 1]
        if is_linear(before):
            found = before
        elif before.kind not in _BETWEEN or before.call.bypass:
            return None
        elif source not in seen:
            seen.add(source)
            active = active or before.kind is Kind.ACTIVATION
            waiting += before.call.inputs
    return found if active else None


def _is_patches(layer: Layer) -> bool:
    """A convolution of the input whose kernel moves by its own size."""
    kernel = _sizes(layer, "kernel_size")
    return layer.kind is Kind.CONVOLUTION and max(kernel, default=1) > 1 and kernel == _sizes(layer, "stride")


def _sizes(layer: Layer, name: str) -> tuple[int, ...]:
    value = layer.call.option(name)
    return tuple(value) if isinstance(value, tuple | list) else ()
