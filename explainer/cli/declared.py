"""The commands and their options, with help in the user's language. What a command does is in `explainer.commands`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from explainer.cli.spoken import ChineseContext, Command, DefaultGroup
from explainer.text import help as texts
from explainer.text.bi import Lang


def declared(lang: Lang) -> click.Group:
    """The commands with their help in the user's language."""
    context = ChineseContext if lang == "zh" else click.Context
    Command.context_class = DefaultGroup.context_class = context

    def option(*names: str, text: str, **settings: Any) -> Callable[[Callable[..., int]], Callable[..., int]]:
        return click.option(*names, help=texts.OPTION_HELP[text][lang], **settings)

    @click.group(
        cls=DefaultGroup,
        help=texts.HELP[lang],
        no_args_is_help=False,
        invoke_without_command=True,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
    @click.version_option(package_name="explainer", message="%(version)s", help=texts.VERSION_HELP[lang])
    @click.pass_context
    def group(ctx: click.Context) -> None:
        if ctx.invoked_subcommand is None:
            click.echo(ctx.get_help())

    @group.command("model", cls=Command, help=texts.EXPLAIN_HELP[lang])
    @click.argument("model", metavar="MODEL")
    @option("--lang", text="lang", metavar="zh|en|zh,en")
    @option("--input", "inputs", text="input", multiple=True, metavar="SHAPE")
    @option("--arg", "arguments", text="arg", multiple=True, metavar="NAME=VALUE")
    @option("-o", "--output", "outputs", text="output", multiple=True, type=Path, metavar="FILE")
    @option("--detail", text="detail", type=click.Choice(["brief", "standard", "full"]), default="standard")
    @option("--group", text="group", type=click.Choice(["block", "kind", "stage"]))
    @option("--times", text="times", type=click.Choice(["·", "×"]), default="·")
    @option("--terms", text="terms", type=Path, metavar="FILE")
    @option("--show", text="show", metavar="WHAT,…")
    @option("--batch", text="batch", type=click.IntRange(1), metavar="N")
    @option("--ledger", text="ledger", is_flag=True)
    @option("--measure", text="measure", is_flag=True)
    @option("--train", text="train", is_flag=True)
    @option("--real", text="real", is_flag=True)
    @option("--debug", text="debug", is_flag=True)
    def model(**given: Any) -> int:
        from explainer.commands.model import run_model

        return run_model(lang, **given)

    @group.command("render", cls=Command, help=texts.RENDER_HELP[lang])
    @click.argument("source", type=Path, metavar="FILE.md")
    @option("-o", "--output", "outputs", text="output", multiple=True, type=Path, metavar="FILE", required=True)
    @option("--lang", text="lang", metavar="zh|en")
    @option("--debug", text="debug", is_flag=True)
    def render(**given: Any) -> int:
        from explainer.commands.others import run_render

        return run_render(lang, **given)

    @group.command("list", cls=Command, help=texts.LIST_HELP[lang])
    @click.argument("pattern", required=False, default="*")
    @option("--lang", text="lang", metavar="zh|en")
    @option("--debug", text="debug", is_flag=True)
    def list_(**given: Any) -> int:
        from explainer.commands.others import run_list

        return run_list(given["pattern"])

    @group.command("doctor", cls=Command, help=texts.DOCTOR_HELP[lang])
    @option("--lang", text="lang", metavar="zh|en")
    @option("--debug", text="debug", is_flag=True)
    def doctor(**given: Any) -> int:
        from explainer.commands.others import run_doctor

        return run_doctor(lang)

    return group
