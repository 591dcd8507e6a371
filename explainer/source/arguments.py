"""What stands on the command line for a constructor: `--arg num_classes=10`."""

from __future__ import annotations

import ast
from typing import Any

from explainer.errors import UserError
from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible


def parse_arguments(given: list[str]) -> dict[str, Any]:
    """`num_classes=10`, `norm=none`, `config.width=16`: literals as Python writes them, else text. Raises UserError."""
    arguments: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not all(part.isidentifier() for part in name.strip().split(".")):
            raise UserError(
                Bi(
                    zh="--arg “{text}”的写法不对：应为 --arg 名称=值，例如 --arg num_classes=10。",
                    en="--arg '{text}' is not of the form name=value: write for example --arg num_classes=10.",
                ).format(text=visible(text))
            )
        arguments[name.strip()] = literal(value.strip())
    return arguments


def literal(text: str) -> Any:
    """A number, a string, a tuple, True …: read as a literal, never run."""
    named = {"true": True, "false": False, "none": None}
    if text.lower() in named:
        return named[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
