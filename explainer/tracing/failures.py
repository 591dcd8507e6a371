"""A forward pass that broke, in one plain sentence: where, and the common causes in a student's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from explainer.errors import LONGEST, UserError, said_by, text_of
from explainer.i18n.bilingual import Bi, joined, same, shape_text
from explainer.i18n.printable import visible
from explainer.tracing.call import ForwardFailed
from explainer.tracing.code_failures import of_the_code
from explainer.tracing.known_failures import KNOWN, blamed
from explainer.vocabulary.shape import Shape

WHERE = Bi(zh="前向传播在{place}处出错：{cause}", en="The forward pass broke at {place}: {cause}")
ROOT = Bi(zh="模型的forward", en="the model's forward")
ON = Bi(zh="{path}（{layer}，输入{shapes}）", en="{path} ({layer}, input {shapes})")
EXPECTS_CHANNELS = Bi(
    zh="{place}要{want}个输入通道，得到的却是{got}个{on}。",
    en="{place} expects {want:input channel|input channels} and gets {got}{on}.",
)
EXPECTS_FEATURES = Bi(
    zh="{place}要{want}个输入特征，得到的却是{got}个{on}。",
    en="{place} expects {want:input feature|input features} and gets {got}{on}.",
)
ON_SHAPES = Bi(zh="（{layer}，输入{shapes}）", en=" ({layer}, input {shapes})")
OTHER = Bi(zh="torch的报错是“{line}”。", en="torch says '{line}'.")
CHECK_INPUT = Bi(zh="请检查 --input 的形状与数据类型。", en=" Check the shape and dtype given with --input.")
ENDED = Bi(
    zh="程序自己结束了运行（{error}），没有算完。请去掉这里的sys.exit()、exit()之类的调用。",
    en="the program ended itself ({error}) before the end. Remove the call of sys.exit(), exit() or the like.",
)
NO_BATCH = Bi(
    zh="输入{shape}只有{got}维，多半是漏写了批量维：请写成 --input 1,{sizes}。",
    en="The input {shape} has only {got} dimensions; the batch is probably missing: write --input 1,{sizes}.",
)
CHANNELS = Bi(
    zh="这一层要{want}个输入通道，得到的却是{got}个。请检查 --input 的第二个数，或模型的输入通道数。",
    en="this layer wants {want:input channel|input channels} and got {got}. Check the second number of --input, or the "
    "model's input channels.",
)
FEATURES = Bi(
    zh="全连接层要{want}个输入特征，得到的却是{got}个。要么输入的尺寸不是模型设计的那个（检查 --input），要么这一层的in_features应为{got}。",
    en="the fully connected layer wants {want:input feature|input features} and got {got}. Either the input's size is not the one "
    "that the model was made for (check --input), or in_features of this layer should be {got}.",
)


def explained(failure: ForwardFailed, inputs: Sequence[Shape] = (), *, inputs_fit: bool = False) -> UserError:
    """The failure as a sentence for the user; inputs: the shapes that the model was given.

    inputs_fit: the model that this one should equal takes these inputs, so that they are not to blame and no advice on them is given.
    """
    if not inputs_fit and (missing := _without_batch(failure, inputs)):
        return UserError(missing)
    line = visible((text_of(failure.cause).splitlines() or [type(failure.cause).__name__])[0][:LONGEST])
    shapes = joined([same(shape_text(shape)) for shape in failure.shapes])
    found = _mismatch(failure)
    if found is not None and inputs_fit:
        on = ON_SHAPES.format(layer=_layer(failure.module), shapes=shapes)
        place = failure.path or type(failure.module).__name__
        return UserError(found.expects.format(place=place, want=found.want, got=found.got, on=on))
    where: Bi = ROOT
    if failure.path:
        where = ON.format(path=failure.path, layer=_layer(failure.module), shapes=shapes)
    if not isinstance(failure.cause, Exception):
        return UserError(WHERE.format(place=where, cause=ENDED.format(error=said_by(failure.cause))))
    said = found.text.format(want=found.want, got=found.got) if found else None
    said = said or next((text for text in (known(line, inputs_fit) for known in KNOWN) if text), None)
    cause = said or of_the_code(failure, inputs_fit=inputs_fit)
    return UserError(WHERE.format(place=where, cause=cause or blamed(OTHER.format(line=line), CHECK_INPUT, inputs_fit)))


def _layer(module: nn.Module) -> str:
    return type(module).__name__ if list(module.children()) else repr(module).splitlines()[0]


def _without_batch(failure: ForwardFailed, inputs: Sequence[Shape]) -> Bi | None:
    """An image model that was given channels × height × width: its first convolution got a dimension too few.

    Where none was reached, only a forward that takes its input's shape apart says so.
    """
    met = [(call.module, call.shapes[0]) for call in failure.calls if call.shapes]
    met += [(failure.module, failure.shapes[0])] if failure.shapes else []
    found = next(((module, shape) for module, shape in met if isinstance(module, nn.modules.conv._ConvNd)), None)
    if not inputs:
        return None
    got = len(inputs[0])
    if found is not None:
        lacks = len(found[1]) == got == len(found[0].kernel_size) + 1
    else:
        lacks = f"expected {got + 1}, got {got}" in text_of(failure.cause)
    sizes = ",".join(map(str, inputs[0]))
    return NO_BATCH.format(shape=shape_text(inputs[0]), got=got, sizes=sizes) if lacks else None


@dataclass(frozen=True)
class _Mismatch:
    """A layer that gets another number of channels or features than it was made for, and how that is said."""

    want: int
    got: int
    text: Bi
    expects: Bi


def _mismatch(failure: ForwardFailed) -> _Mismatch | None:
    """Channels or features that do not fit, read off the layer: torch's words differ between devices."""
    module, shape = failure.module, failure.shapes[0] if failure.shapes else ()
    if isinstance(module, nn.modules.conv._ConvNd) and len(shape) == len(module.kernel_size) + 2:
        if shape[1] != module.in_channels:
            return _Mismatch(module.in_channels, shape[1], CHANNELS, EXPECTS_CHANNELS)
    elif isinstance(module, nn.Linear) and shape and shape[-1] != module.in_features:
        return _Mismatch(module.in_features, shape[-1], FEATURES, EXPECTS_FEATURES)
    elif isinstance(module, nn.modules.batchnorm._NormBase) and len(shape) > 1 and shape[1] != module.num_features:
        return _Mismatch(module.num_features, shape[1], CHANNELS, EXPECTS_CHANNELS)
    return None
