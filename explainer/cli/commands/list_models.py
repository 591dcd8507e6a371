"""`explain list`: names that a model can be called by."""

from __future__ import annotations

from typing import Any

import click

from explainer.cli.declare import Declared, argument
from explainer.cli.shared_options import DEBUG, ONE_LANG
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, Lang
from explainer.i18n.printable import visible

NONE_FOUND = Bi(zh="没有符合“{pattern}”的模型名称。", en="No model name matches '{pattern}'.")


def run(_spoken: Lang, pattern: str, **_: Any) -> int:
    """Model names that match a pattern, one a line."""
    import fnmatch

    from explainer.source import torchvision_models as zoo

    wild = pattern.lower() if any(sign in pattern for sign in "*?[") else f"*{pattern.lower()}*"
    found = fnmatch.filter(zoo.names(), wild)
    if not found:
        raise UserError(NONE_FOUND.format(pattern=visible(pattern)))
    click.echo("\n".join(found))
    return 0


COMMAND = Declared(
    help=Bi(zh="列出模型名称，可带通配符，如 resnet*。", en="List model names; a pattern may have wildcards: resnet*."),
    parameters=(argument("pattern", required=False, default="*"), ONE_LANG, DEBUG),
    run=run,
)
