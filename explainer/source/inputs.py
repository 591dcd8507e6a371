"""What a forward pass is given: shapes, from which tensors are made, and values, which are handed on as they are.

On the command line `1,3,224,224:float32` is a shape; a value is written `n=int:3`, `scale=float:2.0`, `mask=none`; and a list or
a dictionary as Python writes it, in which a tuple of integers is a shape: `views=[(1,3,8,8), (1,3,8,8)]`.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi

if TYPE_CHECKING:
    import torch

MAX_SIZE = 2**40
MAX_ELEMENTS = 2**60  # beyond it torch's own arithmetic overflows
MAX_BATCH = 1_000_000
_MOST_COPIED = 2**26  # elements: a larger batch of given values has shapes only

# As torch prints a shape, torch.Size([1, 3, 8, 8]), or a person copies it, [1, 3, 8, 8]; by name a list stays a list.
_PRINTED = re.compile(r"(?:torch\.Size\()?\[([\d\s,]+,[\d\s,]+)\]\)?")

NOT_A_SHAPE = Bi(
    zh="--input “{text}”不是形状：请写正整数，用逗号隔开，批量在前，例如 --input 1,3,224,224；数值写成 n=int:3、"
    "scale=float:2.0、name=str:abc、flag=bool:true 或 mask=none。",
    en="--input '{text}' is not a shape: write positive sizes separated by commas, batch first, for example "
    "--input 1,3,224,224; a value is written n=int:3, scale=float:2.0, name=str:abc, flag=bool:true or mask=none.",
)
NOT_A_VALUE = Bi(
    zh="--input “{text}”里的“{value}”不是{kind}：请写成例如 {example}。",
    en="'{value}' in --input '{text}' is not {kind}: write for example {example}.",
)
NOT_NESTED = Bi(
    zh="--input “{text}”无法识别：列表和字典按Python的写法，其中整数的元组是形状，例如 views=[(1,3,8,8), (1,3,8,8)]。",
    en="--input '{text}' cannot be read: lists and dictionaries are written as in Python, and a tuple of integers in them is "
    "a shape, for example views=[(1,3,8,8), (1,3,8,8)].",
)
NO_DTYPE = Bi(
    zh="没有名为“{name}”的数据类型：可用的有 float32、float64、float16、bfloat16、int64、int32、bool 等。",
    en="There is no data type '{name}': use float32, float64, float16, bfloat16, int64, int32, bool, ….",
)
NOT_SIZES = Bi(
    zh="input_size不能是{given}：应为正整数的元组，批量在前，例如 (1, 3, 224, 224)；几个输入写成几个元组的列表。",
    en="input_size cannot be {given}: it should be a tuple of positive integers, batch first, for example "
    "(1, 3, 224, 224), or a list of such tuples for several inputs.",
)
TOO_LARGE = Bi(
    zh="形状{given}太大：元素的个数不能超过2的60次方。",
    en="The shape {given} is too large to be counted: it may have 2 to the power of 60 elements at most.",
)
NOT_A_BATCH = Bi(
    zh="批量不能是{given}：应为1到{most}之间的整数。",
    en="The batch cannot be {given}: it is an integer from 1 to {most}.",
)


@dataclass(frozen=True)
class InputSpec:
    """An input of which the shape is known: its shape (batch included), dtype, and its name if it is a keyword input.

    typed: whether somebody said the dtype; else it is that of the model's weights, once there is a model.
    """

    shape: tuple[int, ...]
    dtype: str = "float32"
    name: str | None = None
    typed: bool = field(default=True, compare=False)

    def of_type(self, dtype: str) -> InputSpec:
        """With this dtype where nobody said one."""
        return self if self.typed else replace(self, dtype=dtype)

    @property
    def text(self) -> str:
        """As `--input` takes it: `ids=1,128:int64`."""
        sizes = ",".join(map(str, self.shape)) or "()"
        return f"{self.name}={sizes}:{self.dtype}" if self.name else f"{sizes}:{self.dtype}"

    def tensor(self, real: bool = False) -> torch.Tensor:
        """An empty tensor on the meta device; with `real` one with values: random, or zeros for whole numbers."""
        import torch

        dtype = getattr(torch, self.dtype)
        if not real:
            return torch.empty(self.shape, dtype=dtype, device="meta")
        return torch.rand(self.shape, dtype=dtype) if dtype.is_floating_point else torch.zeros(self.shape, dtype=dtype)

    def given(self, real: bool = False, batch: int | None = None) -> Any:
        """What the forward pass gets. batch: takes the place of the first dimension."""
        spec = self if batch is None or not self.shape else replace(self, shape=(batch, *self.shape[1:]))
        return spec.tensor(real)


@dataclass(frozen=True)
class InputValue:
    """An input that is handed on as it is: a number, a text, None, a tensor with values, a list or dictionary of these.

    Where it was written on the command line, `InputSpec` stands for each tensor in it.
    """

    value: Any
    name: str | None = None

    @property
    def text(self) -> str | None:
        """As `--input` takes it (`n=int:3`), or None if it cannot be written so."""
        written = _written(self.value)
        if written is None or self.name:
            return written and f"{self.name}={written}"
        return None if _PRINTED.fullmatch(written) else written  # without a name it would be read as a shape

    def given(self, real: bool = False, batch: int | None = None) -> Any:
        """What the forward pass gets. batch: so many rows of every tensor, its own ones over and over."""
        return _with_tensors(self.value, real, batch)


Input = InputSpec | InputValue


def texts_of(inputs: Iterable[Input]) -> list[str]:
    """As `--input` takes them; none at all where one of them cannot be written down."""
    texts = [one.text for one in inputs]
    return [text for text in texts if text is not None] if None not in texts else []


def parse_input(text: str) -> Input:
    """`1,3,224,224`, `ids=1,128:int64`, `n=int:3`, `mask=none`, `views=[(1,3,8,8), (1,3,8,8)]`. Raises UserError."""
    named = re.match(r"\s*([^\W\d]\w*)\s*=(.*)", text, re.DOTALL)
    name, rest = (named[1], named[2].strip()) if named else (None, text.strip())
    if rest.lower() == "none":
        return InputValue(None, name)
    kind, colon, value = rest.partition(":")
    if colon and kind in _VALUES:
        return InputValue(_value(kind, value, text), name)
    if not name and (printed := _PRINTED.fullmatch(rest)):
        return _shape(printed[1], text)
    if rest[:1] in ("[", "{") or re.match(r"\(\s*[(\[{'\"]", rest):
        return InputValue(_nested(rest, text), name)
    return replace(_shape(rest, text), name=name)


def parse_shape(text: str) -> InputSpec | None:
    """The shape that a text is in our notation, or None."""
    try:
        found = parse_input(text)
    except UserError:
        return None
    return found if isinstance(found, InputSpec) else None


def shapes_of(input_size: Any) -> list[tuple[int, ...]]:
    """The shapes that `input_size` of the Python API names: one shape or several. Raises UserError."""
    if isinstance(input_size, str | bytes) or not isinstance(input_size, Sequence):
        raise UserError(NOT_SIZES.format(given=repr(input_size)[:80]))
    one = all(_integer(size) is not None for size in input_size)
    return [_sizes(shape, input_size) for shape in ([input_size] if one else input_size)]


def check_batch(batch: Any) -> None:
    """A whole number that a tensor's first dimension can be. Raises UserError."""
    if batch is not None and (isinstance(batch, bool) or not isinstance(batch, int) or not 1 <= batch <= MAX_BATCH):
        raise UserError(NOT_A_BATCH.format(given=repr(batch)[:80], most=MAX_BATCH))


def _sizes(shape: Any, given: Any) -> tuple[int, ...]:
    sizes = [] if isinstance(shape, str | bytes) or not isinstance(shape, Sequence) else [_integer(s) for s in shape]
    if not isinstance(shape, Sequence) or len(sizes) != len(shape):
        raise UserError(NOT_SIZES.format(given=repr(given)[:80]))
    known = [size for size in sizes if size is not None and size >= 0]  # an empty tensor is torch's affair
    if len(known) < len(sizes):
        raise UserError(NOT_SIZES.format(given=repr(given)[:80]))
    if math.prod(known) > MAX_ELEMENTS:
        raise UserError(TOO_LARGE.format(given=repr(given)[:80]))
    return tuple(known)


def _integer(size: Any) -> int | None:
    """A whole number of any library's (numpy's as well); True and 1.0 are none."""
    if isinstance(size, bool) or not hasattr(size, "__index__"):
        return None
    try:
        return int(size.__index__())
    except (TypeError, ValueError, RuntimeError):
        return None


def _shape(rest: str, text: str) -> InputSpec:
    sizes, _, dtype = rest.partition(":")
    sizes = sizes.strip()
    scalar = sizes == "()"
    if sizes.startswith("(") and sizes.endswith(")"):
        sizes = sizes[1:-1]
    try:
        shape = tuple(int(size) for size in sizes.replace("，", ",").replace("x", ",").split(",") if size.strip())
    except ValueError:
        shape = ()
    if (not shape and not scalar) or any(size < 1 or size > MAX_SIZE for size in shape):
        raise UserError(NOT_A_SHAPE.format(text=text))
    if math.prod(shape) > MAX_ELEMENTS:
        raise UserError(TOO_LARGE.format(given=rest))
    return InputSpec(shape, _dtype(dtype.strip() or "float32"), typed=bool(dtype.strip()))


def _dtype(name: str) -> str:
    import torch

    if not isinstance(getattr(torch, name, None), torch.dtype):
        raise UserError(NO_DTYPE.format(name=name))
    return name


def _truth(text: str) -> bool:
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.strip().lower()]


_VALUES: dict[str, tuple[Callable[[str], Any], Bi, str]] = {
    "int": (int, Bi("整数", "an integer"), "n=int:3"),
    "float": (float, Bi("小数", "a number"), "scale=float:2.0"),
    "bool": (_truth, Bi("真假值", "true or false"), "flag=bool:true"),
    "str": (str, Bi("文字", "a text"), "name=str:abc"),
}


def _value(kind: str, value: str, text: str) -> Any:
    read, called, example = _VALUES[kind]
    try:
        return read(value)
    except (ValueError, KeyError) as error:
        raise UserError(NOT_A_VALUE.format(text=text, value=value, kind=called, example=example)) from error


def _nested(rest: str, text: str) -> Any:
    """A literal in which tuples of integers, and texts like `1,5:int64`, are shapes. Nothing is evaluated."""
    try:
        return _with_shapes(ast.literal_eval(rest))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise UserError(NOT_NESTED.format(text=text)) from error


def _with_shapes(value: Any) -> Any:
    if isinstance(value, str):
        return parse_shape(value) or value
    if isinstance(value, tuple) and value and all(_integer(size) is not None for size in value):
        return _shape(",".join(map(str, value)), str(value))
    if isinstance(value, tuple | list):
        return type(value)(_with_shapes(part) for part in value)
    if isinstance(value, dict):
        return {key: _with_shapes(part) for key, part in value.items()}
    return value


def _with_tensors(value: Any, real: bool, batch: int | None) -> Any:
    import torch

    if isinstance(value, InputSpec):
        return value.given(real, batch)
    if isinstance(value, torch.Tensor):
        return value if batch is None else _rows(value, batch)
    if type(value) in (list, tuple):
        return type(value)(_with_tensors(part, real, batch) for part in value)
    if type(value) is dict:
        return {key: _with_tensors(part, real, batch) for key, part in value.items()}
    return value


def _rows(tensor: torch.Tensor, batch: int) -> torch.Tensor:
    import torch

    if not tensor.dim() or not tensor.shape[0] or tensor.shape[0] == batch:
        return tensor
    if math.prod(tensor.shape[1:]) * batch > _MOST_COPIED:
        return torch.empty((batch, *tensor.shape[1:]), dtype=tensor.dtype, device="meta")
    return tensor[torch.arange(batch, device=tensor.device) % tensor.shape[0]]


def _written(value: Any) -> str | None:
    if value is None:
        return "none"
    for kind, type_ in (("bool", bool), ("int", int), ("float", float), ("str", str)):
        if type(value) is type_:
            return f"{kind}:{str(value).lower() if kind == 'bool' else value}"
    literal = _literal(value)
    if literal is None:
        return None
    return ast.literal_eval(literal) if literal.startswith("'") else literal  # a single tensor is a shape


def _literal(value: Any) -> str | None:
    """Inside a list or a dictionary: what `_nested` reads back as the same shapes and values."""
    import torch

    if isinstance(value, InputSpec):
        return repr(value.text)
    if isinstance(value, torch.Tensor):
        return repr(InputSpec(tuple(value.shape), str(value.dtype).removeprefix("torch.")).text)
    if isinstance(value, str):
        return repr(value) if parse_shape(value) is None else None
    if value is None or type(value) in (bool, int, float):
        return repr(value)
    if type(value) in (list, tuple):
        parts = [_literal(part) for part in value]
        if None in parts or (type(value) is tuple and value and all(_integer(part) is not None for part in value)):
            return None
        inside = ", ".join(part for part in parts if part is not None)
        return f"[{inside}]" if type(value) is list else f"({inside},)"
    if type(value) is dict and all(isinstance(key, str | int) for key in value):
        entries = [(key, _literal(part)) for key, part in value.items()]
        if all(part is not None for _, part in entries):
            return "{" + ", ".join(f"{key!r}: {part}" for key, part in entries) + "}"
    return None
