"""What torch says when a forward pass breaks, and what it means in a student's words."""

from __future__ import annotations

import re
from collections.abc import Callable

from explainer.errors import ASKED
from explainer.i18n.bilingual import Bi, same

NOTHING = same("")


def blamed(cause: Bi, advice: Bi, inputs_fit: bool) -> Bi:
    """The cause, and what to do about the inputs where they may be to blame."""
    return cause if inputs_fit else cause + advice


def _said(pattern: str, cause: Bi, advice: Bi) -> Callable[[str, bool], Bi | None]:
    """A cause recognised by what torch says; the named groups fill the texts. advice: on the inputs."""

    def known(line: str, inputs_fit: bool) -> Bi | None:
        found = re.search(pattern, line)
        return blamed(cause, advice, inputs_fit).format(**found.groupdict()) if found else None

    return known


KNOWN = (
    _said(
        re.escape(ASKED),
        Bi(
            zh="代码用input()等待键盘输入，这里没有人回答。请把这个值写在代码里，或作为构造参数。",
            en="the code waits for the keyboard (input()), and nobody answers here. Write the value into the code, or make it an argument of "
            "the constructor.",
        ),
        NOTHING,
    ),
    _said(
        r"shape '(?P<shape>[^']*)' is invalid for input of size (?P<size>\d+)",
        Bi(
            zh="view/reshape要求的形状{shape}与{size}个元素不符。",
            en="view/reshape asks for {shape}, which does not fit {size} elements.",
        ),
        Bi(
            zh="多半是输入图像的尺寸与模型设计的不同，请检查 --input。",
            en=" The image size is probably not the one that the model was made for: check --input.",
        ),
    ),
    _said(
        r"Kernel size can't be greater than actual input size|Output size is too small|too small",
        Bi(
            zh="特征图到这里已比卷积核或池化窗口还小。",
            en="the feature map is smaller here than the kernel or window.",
        ),
        Bi(
            zh="输入图像太小，请用更大的 --input。",
            en=" The image is too small: give a larger --input.",
        ),
    ),
    _said(
        r"Expected \dD \(unbatched\) or \dD \(batched\) input|expected \dD(?: or \dD)? input|non-empty \dD or \dD",
        Bi(
            zh="输入的维数不对。",
            en="the input has the wrong number of dimensions.",
        ),
        Bi(
            zh="--input 要写全各维，批量在前，例如 --input 1,3,224,224。",
            en=" --input takes all of them, batch first, for example --input 1,3,224,224.",
        ),
    ),
    _said(
        r"scalar types?: Long, Int|tensors used as indices must be long|Expected tensor for argument #1 'indices'",
        Bi(
            zh="这一层要整数的索引（如词元的编号），得到的却是小数。",
            en="this layer takes integers (token numbers) and got floating-point values.",
        ),
        Bi(
            zh="请在形状后写明类型，例如 --input 1,128:int64。",
            en=" Name the type after the shape, for example --input 1,128:int64.",
        ),
    ),
    _said(
        r"missing \d+ required (?:positional|keyword-only) arguments?: '(?P<name>\w+)'",
        Bi(
            zh="forward还需要输入“{name}”。",
            en="forward also needs the input '{name}'.",
        ),
        Bi(
            zh="请再给一个输入，例如 --input {name}=1,128。",
            en=" Give one more input, for example --input {name}=1,128.",
        ),
    ),
    _said(
        r"takes (?:from \d+ to )?(?P<want>\d+) positional arguments? but (?P<got>\d+) (?:was|were) given",
        Bi(
            zh="forward的输入个数不对（连同self，最多{want}个，给了{got}个）。",
            en="forward got the wrong number of inputs (with self, {want} at most; {got} were given).",
        ),
        Bi(
            zh="请检查 --input 的个数。",
            en=" Check how many --input options there are.",
        ),
    ),
    _said(
        r"unexpected keyword argument '(?P<name>\w+)'",
        Bi(
            zh="forward没有名为“{name}”的输入。",
            en="forward has no input named '{name}'.",
        ),
        Bi(
            zh="请检查 --input 里的名称。",
            en=" Check the names given with --input.",
        ),
    ),
    _said(
        r"to have the same dtype|must have the same dtype|expected scalar type|mat1 and mat2 .*dtype|Input type \(.*should be the same",
        Bi(
            zh="输入的数据类型与这一层权重的不同。",
            en="the input's data type is not that of this layer's weights.",
        ),
        Bi(
            zh="若forward里转换了类型（.half()、.double()等），请去掉；若是输入的类型不对，请在形状后写明，例如 --input 1,8:float16。",
            en=" If the forward converts it (.half(), .double() …), leave that out; if the input is to blame, name its type after the "
            "shape, for example --input 1,8:float16.",
        ),
    ),
    _said(
        r"not implemented for '(?P<type>(?:Long|Int|Short|Char|Byte|Bool|Complex|u?int|bool|complex)\w*)'",
        Bi(
            zh="这一步不能对{type}类型的数计算，请先转换类型（例如.float()）。",
            en="this step cannot be computed for numbers of type {type}; convert them first, for example with .float().",
        ),
        Bi(
            zh="若是输入的类型不对，请在形状后写明，例如 --input 1,8:float32。",
            en=" Where the input is to blame, name its type after the shape, for example --input 1,8:float32.",
        ),
    ),
    _said(
        r"output padding must be smaller than either stride or dilation",
        Bi(
            zh="output_padding必须小于stride或dilation，请改小。",
            en="output_padding must be smaller than the stride or the dilation: make it smaller.",
        ),
        NOTHING,
    ),
    _said(
        r"(?P<said>negative padding is not supported|dilation should be greater than zero.*|groups=\d+ do not divide.*|the bias should have.*)",
        Bi(
            zh="这一层的参数设置不成立：{said}。请改正模型的代码。",
            en="this layer's settings are impossible: {said}. Correct the model's code.",
        ),
        NOTHING,
    ),
    _said(
        r"Dimension out of range \(expected to be in range of \[(?P<low>-?\d+), (?P<high>-?\d+)\], but got (?P<got>-?\d+)\)",
        Bi(
            zh="这里的张量没有第{got}维（dim只能取{low}到{high}）。",
            en="the tensor has no dimension {got} here (dim may be {low} to {high}).",
        ),
        Bi(
            zh="请检查 --input 是否写全了各维，或改正代码里的dim。",
            en=" Check whether --input has all its dimensions, or correct dim in the code.",
        ),
    ),
    _said(
        r"torchvision::\w+|custom C\+\+ ops",
        Bi(
            zh="这个模型要用torchvision的编译算子，而所装的torchvision与torch不配套。explain doctor 会说明怎样重装。",
            en="this model needs torchvision's compiled operators, and the installed torchvision does not fit torch. "
            "'explain doctor' says how to reinstall.",
        ),
        NOTHING,
    ),
    _said(
        r"meta tensors|nonzero|from the 'Meta' backend|on the meta device|data-dependent|Cannot copy out of meta",
        Bi(
            zh="这一步的结果取决于数值（例如.item()、nonzero），而推导时只有形状、没有数值，无法继续。",
            en="this step depends on values (.item(), nonzero …), while the derivation has only shapes and no values, so it "
            "cannot go on.",
        ),
        NOTHING,
    ),
)
