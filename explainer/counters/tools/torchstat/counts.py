"""What torchstat's functions count for one call of a layer: a table from type to counter for each of its three figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any, TypeVar

from torch import nn

from explainer.counters.engine import causes
from explainer.counters.engine.hooks import ModuleCall
from explainer.counters.engine.terms import CannotCount, Cause, Count
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.shape import Shape

T = TypeVar("T")
Traffic = tuple[int, int]
Counter = Callable[[Any, Shape, Shape], Count]  # (module, input, output), shapes without the batch

_FIRST_ADDITION = Cause(
    Bi(
        "每个输出的第一个乘积不必加：每个输出元素少1次",
        "one addition fewer for each output: the first product has nothing to be added to",
    )
)
_MAX_POOLING = Cause(Bi("最大池化的比较", "comparisons of max-pooling"))
_AVERAGE_POOLING = Cause(Bi("平均池化的加法和除法", "additions and divisions of average pooling"))
_BILINEAR = Cause(Bi("双线性层", "bilinear layers"))


def counted(call: ModuleCall, operations: bool) -> Count:
    """Products and what is beside them, of one picture. operations: MAdd, else Flops. Raises CannotCount."""
    module = call.module
    counter = _of_kind(_MADD_OF if operations else _FLOPS_OF, module)
    if len(call.args) > 1 and not (isinstance(module, nn.Bilinear) and operations):
        if counter:
            raise CannotCount  # it gets the tuple in the tensor's place
        return 0, []
    given, made = tuple(call.args[0].shape[1:]), tuple(call.output.shape[1:])
    dimensions = _of_kind(_DIMENSIONS, module)
    if dimensions is not None and len(given) != dimensions:
        raise CannotCount  # an assertion of its own
    return counter(module, given, made) if counter else (0, [])


def _of_kind(table: Mapping[type[nn.Module], T], module: nn.Module) -> T | None:
    """The entry of the module's class or of a base: torchstat asks `isinstance`."""
    return next((table[base] for base in type(module).__mro__ if base in table), None)


def _convolution_flops(module: Any, given: Shape, made: Shape) -> Count:
    places = prod(made[1:])
    products = prod(module.kernel_size) * given[0] * (made[0] // module.groups) * places
    return products, [(causes.CONV_BIAS, made[0] * places if module.bias is not None else 0)]


def _batch_norm_flops(module: Any, given: Shape, made: Shape) -> Count:
    return 0, [(causes.BATCH_NORM, prod(given) * (2 if module.affine else 1))]


def _each_input(cause: Cause) -> Counter:
    return lambda module, given, made: (0, [(cause, prod(given))])


def _upsampling(module: Any, given: Shape, made: Shape) -> Count:
    return 0, [(causes.UPSAMPLING, prod(made[1:]))]


def _linear_flops(module: Any, given: Shape, made: Shape) -> Count:
    return given[0] * made[0], []


def _convolution_madd(module: Any, given: Shape, made: Shape) -> Count:
    return _products(module, given, made, made, causes.CONV_BIAS)


def _transposed_madd(module: Any, given: Shape, made: Shape) -> Count:
    return _products(module, given, made, given, causes.TRANSPOSED_BIAS)


def _products(module: Any, given: Shape, made: Shape, at: Shape, bias: Cause) -> Count:
    """at: the tensor whose positions count."""
    outputs = made[0] // module.groups * module.groups * prod(at[1:])
    products = 2 * prod(module.kernel_size) * (given[0] // module.groups) * outputs
    return products, [(_FIRST_ADDITION, -outputs), (bias, outputs if module.bias is not None else 0)]


def _batch_norm_madd(module: Any, given: Shape, made: Shape) -> Count:
    return 0, [(causes.BATCH_NORM, 4 * prod(given))]


def _max_pool_madd(module: Any, given: Shape, made: Shape) -> Count:
    return 0, [(_MAX_POOLING, (prod(_square(module.kernel_size)) - 1) * prod(made))]


def _average_pool_madd(module: Any, given: Shape, made: Shape) -> Count:
    return 0, [(_AVERAGE_POOLING, prod(_square(module.kernel_size)) * prod(made))]


def _softmax_madd(module: Any, given: Shape, made: Shape) -> Count:
    return 0, [(causes.SOFTMAX, 3 * prod(given) - 1)]


def _linear_madd(module: Any, given: Shape, made: Shape) -> Count:
    return 2 * given[0] * made[0], [(_FIRST_ADDITION, -made[0])]


def _bilinear_madd(module: Any, given: Shape, made: Shape) -> Count:
    pairs = module.in1_features * module.in2_features + module.in2_features
    return 0, [(_BILINEAR, made[0] * (2 * pairs - 1))]


def _square(size: Any) -> tuple[int, ...]:
    return tuple(size) if isinstance(size, tuple | list) else (size, size)


_FLOPS_OF: Mapping[type[nn.Module], Counter] = {
    nn.Conv2d: _convolution_flops,
    nn.BatchNorm2d: _batch_norm_flops,
    **dict.fromkeys((nn.AvgPool2d, nn.MaxPool2d), _each_input(causes.POOLING)),
    **dict.fromkeys((nn.ReLU, nn.ReLU6, nn.PReLU, nn.ELU, nn.LeakyReLU), _each_input(causes.ACTIVATION)),
    nn.Upsample: _upsampling,
    nn.Linear: _linear_flops,
}
_MADD_OF: Mapping[type[nn.Module], Counter] = {
    nn.Conv2d: _convolution_madd,
    nn.ConvTranspose2d: _transposed_madd,
    nn.BatchNorm2d: _batch_norm_madd,
    nn.MaxPool2d: _max_pool_madd,
    nn.AvgPool2d: _average_pool_madd,
    **dict.fromkeys((nn.ReLU, nn.ReLU6), _each_input(causes.ACTIVATION)),
    nn.Softmax: _softmax_madd,
    nn.Linear: _linear_madd,
    nn.Bilinear: _bilinear_madd,
}
# How many the input must have, without the batch.
_DIMENSIONS: Mapping[type[nn.Module], int] = {
    nn.Linear: 1,
    **dict.fromkeys((nn.Conv2d, nn.BatchNorm2d, nn.ConvTranspose2d, nn.AvgPool2d, nn.MaxPool2d), 3),
}


def _reads_and_writes_alike(params: int, given: Shape, made: Shape) -> Traffic:
    return prod(given), prod(given)


def _reads_its_slope(params: int, given: Shape, made: Shape) -> Traffic:
    return prod(given) + params, prod(given)


def _reads_weights(params: int, given: Shape, made: Shape) -> Traffic:
    return prod(given) + params, prod(made)


def _reads_statistics(params: int, given: Shape, made: Shape) -> Traffic:
    return prod(given) + 2 * given[0], prod(given)


def _reads_and_writes(params: int, given: Shape, made: Shape) -> Traffic:
    return prod(given), prod(made)


_TRAFFIC_OF: Mapping[type[nn.Module], Callable[[int, Shape, Shape], Traffic]] = {
    **dict.fromkeys((nn.ReLU, nn.ReLU6, nn.ELU, nn.LeakyReLU), _reads_and_writes_alike),
    nn.PReLU: _reads_its_slope,
    **dict.fromkeys((nn.Conv2d, nn.Linear), _reads_weights),
    nn.BatchNorm2d: _reads_statistics,
    **dict.fromkeys((nn.AvgPool2d, nn.MaxPool2d), _reads_and_writes),
}


def traffic(call: ModuleCall, given: Shape, made: Shape) -> Traffic:
    """Numbers read (the input and the parameters) and written, of the kinds that it knows."""
    params = sum(parameter.numel() for parameter in call.module.parameters() if parameter.requires_grad)
    moved = _of_kind(_TRAFFIC_OF, call.module)
    return moved(params, given, made) if moved else (0, 0)
