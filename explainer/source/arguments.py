"""What stands on the command line: `--input 1,3,224,224:float32`, `--arg num_classes=10`."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi

if TYPE_CHECKING:
    import torch

MAX_SIZE = 2**40


@dataclass(frozen=True)
class InputSpec:
    """One input: its shape (batch included), dtype, and its name if it is a keyword input."""

    shape: tuple[int, ...]
    dtype: str = "float32"
    name: str | None = None

    @property
    def text(self) -> str:
        """As `--input` takes it: `ids=1,128:int64`."""
        sizes = ",".join(map(str, self.shape))
        return f"{self.name}={sizes}:{self.dtype}" if self.name else f"{sizes}:{self.dtype}"

    def tensor(self, real: bool = False) -> torch.Tensor:
        """An empty tensor on the meta device; with `real` one with values: random, or zeros for whole numbers."""
        import torch

        dtype = getattr(torch, self.dtype)
        if not real:
            return torch.empty(self.shape, dtype=dtype, device="meta")
        return torch.rand(self.shape, dtype=dtype) if dtype.is_floating_point else torch.zeros(self.shape, dtype=dtype)


def parse_input(text: str) -> InputSpec:
    """`1,3,224,224`, `1,128:int64`, `ids=1,128:int64`. Raises UserError."""
    name, _, rest = text.rpartition("=")
    sizes, _, dtype = rest.partition(":")
    try:
        shape = tuple(int(size) for size in sizes.replace("，", ",").replace("x", ",").split(",") if size.strip())
    except ValueError:
        shape = ()
    if not shape or any(size < 1 or size > MAX_SIZE for size in shape):
        raise UserError(
            Bi(
                zh="--input “{text}”不是形状：请写正整数，用逗号隔开，批量在前，例如 --input 1,3,224,224。",
                en="--input '{text}' is not a shape: write positive sizes separated by commas, batch first, "
                "for example --input 1,3,224,224.",
            ).format(text=text)
        )
    return InputSpec(shape, _dtype(dtype.strip() or "float32"), name.strip() or None)


def _dtype(name: str) -> str:
    import torch

    if not isinstance(getattr(torch, name, None), torch.dtype):
        raise UserError(
            Bi(
                zh="没有名为“{name}”的数据类型：可用的有 float32、float64、float16、bfloat16、int64、int32、bool 等。",
                en="There is no data type '{name}': use float32, float64, float16, bfloat16, int64, int32, bool, ….",
            ).format(name=name)
        )
    return name


def parse_arguments(given: list[str]) -> dict[str, Any]:
    """`num_classes=10`, `norm=none`: literals as Python writes them, anything else as text. Raises UserError."""
    arguments: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip().isidentifier():
            raise UserError(
                Bi(
                    zh="--arg “{text}”的写法不对：应为 --arg 名称=值，例如 --arg num_classes=10。",
                    en="--arg '{text}' is not of the form name=value: write for example --arg num_classes=10.",
                ).format(text=text)
            )
        arguments[name.strip()] = _literal(value.strip())
    return arguments


def _literal(text: str) -> Any:
    """A number, a string, a tuple, True …: read as a literal, never run."""
    named = {"true": True, "false": False, "none": None}
    if text.lower() in named:
        return named[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
