"""What torch computes on no processor and no card, and the meta device, which asks for shapes alone, lets through without a word.

So a network that cannot run would be derived to its end: integers into a softmax, doubles into a layer of single precision, an output
padding as large as the stride. What is said is what torch says elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

Check = Callable[[Sequence[Any]], None]

# Where the tensors stand that must be of one type.
_OF_ONE_TYPE = {
    **dict.fromkeys(("mm", "mv", "dot", "grid_sampler_2d", "grid_sampler_3d", "_cdist_forward"), (0, 1)),
    **dict.fromkeys(("addmm", "addmv", "convolution"), (0, 1, 2)),
    **dict.fromkeys(("index_add", "index_copy"), (0, 3)),
    "index_put": (0, 2),
}
# Here an input of half precision may meet parameters of single precision.
_NORMS = {
    "native_layer_norm": (0, 2, 3),
    "native_group_norm": (0, 1, 2),
    "native_batch_norm": (0, 1, 2, 3, 4),
}
_HALVES = (torch.float16, torch.bfloat16)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What is written for floating-point numbers alone.
_NO_INTEGERS = _words(
    "_adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_max_pool2d adaptive_max_pool3d _log_softmax _softmax _safe_softmax "
    "_prelu_kernel bernoulli celu frac gelu glu grid_sampler_2d grid_sampler_3d hardshrink hardsigmoid hardswish lerp "
    "log_sigmoid_forward mish multinomial native_batch_norm rrelu_with_noise silu smooth_l1_loss softplus std var var_mean"
)
_UPSAMPLED = _words(
    "upsample_linear1d upsample_bilinear2d upsample_trilinear3d upsample_bicubic2d upsample_nearest1d upsample_nearest2d "
    "upsample_nearest3d"
)
_NO_BOOLEANS = _words(
    "abs addcmul argmax avg_pool2d avg_pool3d bmm ceil floor max_pool2d_with_indices max_pool3d_with_indices median "
    "reflection_pad2d relu round rsub sub topk trunc"
)
_NO_COMPLEX = (
    _words(
        "_adaptive_avg_pool2d _log_softmax _softmax _safe_softmax _prelu_kernel adaptive_max_pool2d argmax avg_pool2d ceil celu "
        "clamp elu erf floor gelu glu grid_sampler_2d hardshrink hardsigmoid hardswish hardtanh leaky_relu log_sigmoid_forward "
        "logit max_pool2d_with_indices median mish native_batch_norm native_group_norm relu round sign softplus softshrink topk "
        "trunc"
    )
    | _UPSAMPLED
)
_BY_DIMENSION = ("_log_softmax", "_softmax", "_safe_softmax", "sort")
_CASTING = ("cpu", "cuda", "mps", "xpu")


def refusal_of(operator: str) -> Check | None:
    """What must be asked of an operator's arguments, or None. The check raises what torch would; under autocast types are torch's business."""
    name = operator[:-1] if operator.endswith("_") and operator[:-1] in _WRITTEN else operator
    found = _CHECKS.get(name)
    if found is None:
        return None

    def check(args: Sequence[Any]) -> None:
        for one in found:
            one(name, args)

    return check


def _types(name: str, args: Sequence[Any]) -> None:
    given = args[0]
    if not isinstance(given, torch.Tensor) or given.is_floating_point():
        return
    kind = given.dtype
    # of the integers bytes are made larger: images, as they are read
    forbidden = _NO_COMPLEX if kind.is_complex else _NO_INTEGERS
    larger = name in _UPSAMPLED and not kind.is_complex and kind is not torch.uint8
    if name in forbidden or larger or (kind is torch.bool and name in _NO_BOOLEANS):
        raise RuntimeError(f"\"{name.strip('_')}\" not implemented for '{_shown(kind)}'")


def _one_type(name: str, args: Sequence[Any]) -> None:
    found = [args[at] for at in _OF_ONE_TYPE[name] if at < len(args)]
    types = list(dict.fromkeys(one.dtype for one in found if isinstance(one, torch.Tensor)))
    if len(types) > 1 and not any(map(torch.is_autocast_enabled, _CASTING)):
        shown = " and ".join(map(_shown, types))
        raise RuntimeError(f"{name.strip('_')}: the matrices must have the same dtype, but got {shown}")


def _norm_types(name: str, args: Sequence[Any]) -> None:
    tensors = [one for at in _NORMS[name] if at < len(args) and isinstance(one := args[at], torch.Tensor)]
    given, *others = (one.dtype for one in tensors)
    types = dict.fromkeys(others)
    if not types or set(types) == {given} or (given in _HALVES and set(types) == {torch.float32}):
        return
    if not any(map(torch.is_autocast_enabled, _CASTING)):
        shown = " and ".join(map(_shown, dict.fromkeys((given, *types))))
        raise RuntimeError(
            f"{name.removeprefix('native_')}: input and parameters must have the same dtype, but got {shown}"
        )


def _convolution(name: str, args: Sequence[Any]) -> None:
    _, weight, bias, stride, padding, dilation, transposed, output_padding, groups = args
    if any(size < 0 for size in padding):
        raise RuntimeError("negative padding is not supported")
    if any(size <= 0 for size in dilation):
        raise RuntimeError(f"dilation should be greater than zero, but got {list(dilation)}")
    if weight.shape[0] % groups:
        raise RuntimeError(f"groups={groups} do not divide the weight's first dimension, {weight.shape[0]}")
    outputs = weight.shape[1] * groups if transposed else weight.shape[0]
    if bias is not None and bias.shape != (outputs,):
        raise RuntimeError(f"the bias should have {outputs} elements, but its shape is {list(bias.shape)}")
    more = [
        output_padding[at] for at in range(len(output_padding)) if output_padding[at] >= _largest(at, stride, dilation)
    ]
    if transposed and more:
        raise RuntimeError(
            f"output padding must be smaller than either stride or dilation, but got {list(output_padding)}"
        )


def _largest(at: int, *settings: Sequence[int]) -> int:
    """Of the settings of one direction; one number may stand for all directions."""
    return max(one[at] if at < len(one) else one[0] for one in settings)


def _dimension(name: str, args: Sequence[Any]) -> None:
    most = max(args[0].dim(), 1)
    at = args[1] if len(args) > 1 and isinstance(args[1], int) else 0
    if not -most <= at < most:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-most}, {most - 1}], but got {at})")


def _upsampled(name: str, args: Sequence[Any]) -> None:
    sizes = args[1] if len(args) > 1 and isinstance(args[1], Sequence) else ()
    if any(isinstance(size, int) and size <= 0 for size in sizes):
        raise RuntimeError(f"Output size is too small: {list(sizes)}")


def _in_place_product(name: str, args: Sequence[Any]) -> None:
    """The product with a fraction does not fit into integers; sums and quotients torch refuses itself."""
    given, by = args[:2]
    fraction = isinstance(by, float) or (isinstance(by, torch.Tensor) and by.is_floating_point() and by.dim() > 0)
    if fraction and not (given.is_floating_point() or given.is_complex()):
        raise RuntimeError(f"result type Float can't be cast to the desired output type {_shown(given.dtype)}")


def _shown(kind: torch.dtype) -> str:
    return str(kind).removeprefix("torch.")


_CHECKS: dict[str, list[Callable[[str, Sequence[Any]], None]]] = {}
for _check, _names in (
    (_types, (*_NO_INTEGERS, *_UPSAMPLED, *_NO_BOOLEANS, *_NO_COMPLEX)),
    (_one_type, _OF_ONE_TYPE),
    (_norm_types, _NORMS),
    (_convolution, ("convolution",)),
    (_dimension, _BY_DIMENSION),
    (_upsampled, _UPSAMPLED),
    (_in_place_product, ("mul_",)),
):
    for _name in dict.fromkeys(_names):
        _CHECKS.setdefault(_name, []).append(_check)
_WRITTEN = frozenset(_CHECKS)  # silu_ is silu, written into its input
