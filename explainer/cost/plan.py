"""What somebody plans with a model: the number format, the tokens of a training, checkpointing, the devices that share its states."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import get_args

from msgspec import Struct

from explainer.cost.precision import Format
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, words_in_a_row

MOST_SHARDS = 1_000_000
MOST_TOKENS = 10**18
SCALES = {"": 0, "k": 3, "m": 6, "g": 9, "b": 9, "t": 12, "万": 4, "亿": 8, "万亿": 12}
NO_FORMAT = Bi(
    zh="没有数值格式“{dtype}”；可用的有 {formats}。",
    en="There is no number format '{dtype}'; choose from {formats}.",
)
NO_TOKENS = Bi(
    zh="“{tokens}”不是词元数：请写成 300000000000、300B 或 3000亿，从1到{most}。",
    en="'{tokens}' is no number of tokens: write 300000000000, 300B or 1.4T, from 1 to {most}.",
)
NO_SHARDS = Bi(
    zh="分片数应是1到{most}的整数，给出的是“{shards}”。",
    en="The number of shards must be a whole number from 1 to {most}, not '{shards}'.",
)


class Plan(Struct, frozen=True):
    """dtype: of weights and activations, an integer one of the weights alone. tokens: seen in training. shards: devices."""

    dtype: Format | None = None
    tokens: int | None = None
    checkpoint: bool = False
    shards: int | None = None

    def __bool__(self) -> bool:
        return self != Plan()


NOTHING_PLANNED = Plan()


def plan_of(
    dtype: str | None = None, tokens: str | int | None = None, checkpoint: bool = False, shards: int | None = None
) -> Plan:
    """The plan as options give it. Raises UserError.

    >>> plan_of("bfloat16", "1.4T").tokens
    1400000000000
    """
    formats: tuple[Format, ...] = get_args(Format)
    chosen = next((one for one in formats if one == str(dtype).removeprefix("torch.")), None)
    if dtype is not None and chosen is None:
        raise UserError(NO_FORMAT.format(dtype=str(dtype), formats=words_in_a_row(formats)))
    if shards is not None and (
        isinstance(shards, bool) or not isinstance(shards, int) or not 1 <= shards <= MOST_SHARDS
    ):
        raise UserError(NO_SHARDS.format(shards=str(shards), most=str(MOST_SHARDS)))
    return Plan(chosen, None if tokens is None else _tokens(tokens), bool(checkpoint), shards)


def _tokens(given: str | int) -> int:
    text = str(given).strip().lower().replace(",", "").replace("_", "")
    read = re.fullmatch(r"(\d{1,20}(?:\.\d{1,20})?)\s*([a-z万亿]*)", text)
    if read and read[2] in SCALES:
        value = Decimal(read[1]).scaleb(SCALES[read[2]])
        if value == int(value) and 1 <= value <= MOST_TOKENS:
            return int(value)
    raise UserError(NO_TOKENS.format(tokens=str(given)[:40], most=str(MOST_TOKENS)))
