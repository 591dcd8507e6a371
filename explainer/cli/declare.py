"""What a command is, said once: its help in both languages, its arguments and options, and what runs it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from explainer.cli.localized_click import Command
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, Lang
from explainer.plain_file import NO_STREAM

MODELS = ("model", "submission", "reference")  # arguments that name a model or its file
Parameter = Callable[[Lang], click.Parameter]


def option(*names: str, help: Bi, **settings: Any) -> Parameter:
    """An option with its help in the user's language; `settings` are click's."""
    return lambda lang: click.Option(names, help=help[lang], **settings)


def argument(name: str, **settings: Any) -> Parameter:
    """A word of the command line that stands without a name; `settings` are click's."""
    return lambda lang: click.Argument([name], **settings)


class Declared(Struct, frozen=True):
    """A command. run: takes the user's language, then every parameter by its name; returns the exit code."""

    help: Bi
    parameters: tuple[Parameter, ...]
    run: Callable[..., int]

    def command(self, name: str, lang: Lang) -> click.Command:
        """The command as the user of one language sees it."""
        return Command(
            name,
            lang=lang,
            callback=partial(self._called, lang),
            params=[declared(lang) for declared in self.parameters],
            help=self.help[lang],
        )

    def _called(self, spoken: Lang, /, **given: Any) -> int:
        """Raises UserError where a file is called `-`: what comes through a pipe cannot be looked at twice, nor is a page written into one."""
        for name, value in given.items():
            files = [one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, Path)]
            if Path("-") in files or (name in MODELS and value == "-"):
                raise UserError(NO_STREAM)
        return self.run(spoken, **given)
