"""The commands. Each is a module of `explainer.cli.commands` that declares its options and is loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module

import click

from explainer.cli.declare import Declared
from explainer.cli.localized_click import Group
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, Lang

# Each command's name and its module, which holds a `COMMAND`.
COMMANDS = {
    "ask": "ask",
    "check": "check",
    "compare": "compare",
    "doctor": "doctor",
    "list": "list_models",
    "model": "explain",
    "render": "render",
    "which": "which",
    "worksheet": "worksheet",
}
DEFAULT = "model"  # `explain vgg16` is `explain model vgg16`

HELP = Bi(
    zh="逐层推导神经网络的参数量、输出尺寸和计算量：列公式、代数值、逐步计算，并与PyTorch核对。",
    en="Show the working of a neural network: every layer's parameters, output size and computation, formula, numbers, each step, "
    "checked against PyTorch.",
)
NO_COMMAND = Bi(zh="没有命令 {name}，相近的是 {near}。", en="There is no command {name}; did you mean {near}?")
VERSION_HELP = Bi(zh="显示版本号", en="show the version")


class Commands(Group):
    """The commands by name; a word that names none is the default command's first argument."""

    def __init__(self, lang: Lang) -> None:
        super().__init__(
            lang=lang,
            help=HELP[lang],
            no_args_is_help=False,
            invoke_without_command=True,
            callback=_help_without_command,
            params=[_version(lang)],
            context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
        )
        self.lang = lang

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return command(cmd_name, self.lang) if cmd_name in COMMANDS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS:
            _check_spelling(args[0])
            args = [DEFAULT, *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args[:1] == ["help"]:
            args = [*(word for word in args[1:2] if word in COMMANDS), "--help"]
        if {"-h", "--help"} & set(args) and not [word for word in args if _is_name(word, args)]:
            args = ["--help"]
        if args and args[0].startswith("-") and args[0] not in ("-h", "--help", "--version"):
            args = [DEFAULT, *args]
        return super().parse_args(ctx, args)


def declared(lang: Lang) -> Commands:
    """The commands with their help in the user's language."""
    return Commands(lang)


def command(name: str, lang: Lang) -> click.Command:
    """One command of `COMMANDS`; its module is loaded."""
    found: Declared = import_module(f"explainer.cli.commands.{COMMANDS[name]}").COMMAND
    return found.command(name, lang)


@click.pass_context
def _help_without_command(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def _version(lang: Lang) -> click.Option:
    def show(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
        if wanted and not ctx.resilient_parsing:
            from importlib.metadata import version

            click.echo(version("explainer"))
            ctx.exit()

    return click.Option(
        ["--version"], is_flag=True, expose_value=False, is_eager=True, help=VERSION_HELP[lang], callback=show
    )


def _check_spelling(word: str) -> None:
    """Raises UserError for a command that is misspelt: no model has such a name."""
    from difflib import get_close_matches
    from pathlib import Path

    near = get_close_matches(word, COMMANDS, n=1, cutoff=0.75)
    if near and not Path(word).exists():
        raise UserError(NO_COMMAND.format(name=word, near=near[0]))


def _is_name(word: str, args: list[str]) -> bool:
    """A model or a command, and not an option or the value of --lang."""
    at = args.index(word)
    return not word.startswith("-") and not (at and args[at - 1] == "--lang")
