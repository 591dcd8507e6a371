"""What a command is, said once: its help in both languages, its arguments and options, and what runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import click

from explainer.cli.localized_click import Command
from explainer.i18n.bilingual import Bi, Lang

Parameter = Callable[[Lang], click.Parameter]


def option(*names: str, help: Bi, **settings: Any) -> Parameter:
    """An option with its help in the user's language; `settings` are click's."""
    return lambda lang: click.Option(names, help=help[lang], **settings)


def argument(name: str, **settings: Any) -> Parameter:
    """A word of the command line that stands without a name; `settings` are click's."""
    return lambda lang: click.Argument([name], **settings)


@dataclass(frozen=True)
class Declared:
    """A command. run: takes the user's language, then every parameter by its name; returns the exit code."""

    help: Bi
    parameters: tuple[Parameter, ...]
    run: Callable[..., int]

    def command(self, name: str, lang: Lang) -> click.Command:
        """The command as the user of one language sees it."""
        return Command(
            name,
            lang=lang,
            callback=partial(self.run, lang),
            params=[declared(lang) for declared in self.parameters],
            help=self.help[lang],
        )
