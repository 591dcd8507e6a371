"""The commands and their options, with help in the user's language. What a command does is in `explainer.cli.commands`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from explainer.cli import help_text as texts
from explainer.cli.localized_click import ChineseContext, Command, DefaultGroup
from explainer.i18n.bilingual import Lang

MOST_BATCH = 1_000_000


def declared(lang: Lang) -> click.Group:
    """The commands with their help in the user's language."""

    def option(*names: str, text: str, **settings: Any) -> Callable[[Callable[..., int]], Callable[..., int]]:
        return click.option(*names, help=texts.OPTION_HELP[text][lang], **settings)

    def running(command: Callable[..., int]) -> Callable[..., int]:
        """The options of every command that runs a model."""
        for add in reversed(
            (
                option("--lang", text="lang", metavar="zh|en|zh,en"),
                option("--input", "inputs", text="input", multiple=True, metavar="SHAPE"),
                option("--arg", "arguments", text="arg", multiple=True, metavar="NAME=VALUE"),
                option("--batch", text="batch", type=click.IntRange(1, MOST_BATCH), metavar="N"),
                option("--train", text="train", is_flag=True),
                option("--real", text="real", is_flag=True),
                option("--no-cache", "no_cache", text="no_cache", is_flag=True),
                option("--debug", text="debug", is_flag=True),
            )
        ):
            command = add(command)
        return command

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
    @option("-o", "--output", "outputs", text="output", multiple=True, type=Path, metavar="FILE")
    @option("--detail", text="detail", type=click.Choice(["brief", "standard", "full"]), default="standard")
    @option("--show", text="show", metavar="WHAT,…")
    @option("--group", text="group", type=click.Choice(["block", "kind", "stage"]))
    @option("--ledger", text="ledger", is_flag=True)
    @option("--measure", text="measure", is_flag=True)
    @option("--times", text="times", type=click.Choice(["·", "×"]), default="·")
    @option("--terms", text="terms", type=Path, metavar="FILE")
    @running
    def model(**given: Any) -> int:
        from explainer.cli.commands.explain import run_model

        return run_model(lang, **given)

    @group.command("which", cls=Command, help=texts.WHICH_HELP[lang])
    @click.argument("model", metavar="MODEL")
    @click.argument("number", metavar="NUMBER")
    @running
    @option("--json", "as_json", text="json", is_flag=True)
    def which(**given: Any) -> int:
        from explainer.cli.commands.which import run_which

        return run_which(lang, **given)

    @group.command("ask", cls=Command, help=texts.ASK_HELP[lang])
    @click.argument("model", metavar="MODEL")
    @click.argument("question", metavar="QUESTION")
    @click.argument("answer", metavar="[ANSWER]", required=False)
    @running
    @option("--json", "as_json", text="json", is_flag=True)
    @option("--hint", text="hint", is_flag=True)
    @option("--tolerance", text="near", metavar="1%")
    @option("--layout", text="layout", type=click.Choice(["nchw", "nhwc"]))
    @option("--terms", text="notation", type=Path, metavar="FILE")
    def ask(**given: Any) -> int:
        from explainer.cli.commands.check import run_ask

        return run_ask(lang, **given)

    @group.command("check", cls=Command, help=texts.CHECK_HELP[lang])
    @click.argument("words", nargs=-1, metavar="[MODEL] ANSWERS")
    @option("-o", "--output", text="grades", type=Path, metavar="FILE")
    @option("--feedback", text="feedback", type=Path, metavar="FOLDER")
    @option("--summary", text="summary", type=Path, metavar="FILE")
    @option("--pages", text="pages", type=click.Choice(["html", "md", "pdf"]), default="html")
    @option("--questions", text="questions", type=Path, metavar="FILE")
    @option("--rubric", text="rubric", type=Path, metavar="FILE")
    @option("--sheet", text="sheet_code", metavar="CODE")
    @option("--variants", text="variants", type=Path, metavar="CSV")
    @option("--marks", text="marks", type=Path, metavar="CSV")
    @running
    @option("--json", "as_json", text="json", is_flag=True)
    @option("--hint", text="hint", is_flag=True)
    @option("--tolerance", text="near", metavar="1%")
    @option("--layout", text="layout", type=click.Choice(["nchw", "nhwc"]))
    @option("--terms", text="notation", type=Path, metavar="FILE")
    def check(**given: Any) -> int:
        from dataclasses import fields

        from explainer.cli.commands.check import CheckOptions, run_check

        options = CheckOptions(**{one.name: given.pop(one.name) for one in fields(CheckOptions)})
        return run_check(lang, options=options, **given)

    @group.command("worksheet", cls=Command, help=texts.WORKSHEET_HELP[lang])
    @click.argument("model", metavar="[MODEL]", required=False)
    @option("--topic", text="topic", metavar="TOPIC,…")
    @option("-o", "--output", "outputs", text="sheet", multiple=True, type=Path, metavar="FILE")
    @option("--key", text="key", type=Path, metavar="FILE")
    @option("--lookup", text="lookup", type=Path, metavar="FILE")
    @option("--count", text="count", type=int, default=10)
    @option("--seed", text="seed", type=int, default=1)
    @option("--level", text="level", type=int, default=1)
    @option("--style", text="style", default="number")
    @option("--students", text="students", type=Path, metavar="CSV")
    @option("--keys", text="keys", is_flag=True)
    @option("--papers", text="papers", metavar="A,B")
    @option("--rubric", text="rubric", type=Path, metavar="FILE")
    @option("--new-rubric", text="new_rubric", type=Path, metavar="FILE")
    @option("--students-edition", "edition", text="edition", type=Path, metavar="FILE")
    @option("--blank", text="blank", default="last", metavar="STEP,…")
    @option("--tolerance", text="tolerance", default="0", metavar="50|0.5%|3sf")
    @option("--format", "fmt", text="format", metavar="NAME")
    @running
    def worksheet(**given: Any) -> int:
        from explainer.cli.commands.worksheet import run_worksheet

        return run_worksheet(lang, **given)

    @group.command("compare", cls=Command, help=texts.COMPARE_HELP[lang])
    @click.argument("submission", metavar="SUBMISSION")
    @click.argument("reference", metavar="REFERENCE")
    @option("--lang", text="lang", metavar="zh|en|zh,en")
    @option("--input", "inputs", text="input", multiple=True, metavar="SHAPE")
    @option("-o", "--output", "outputs", text="page", multiple=True, type=Path, metavar="FILE")
    @option("--json", "as_json", text="json", is_flag=True)
    @option("--debug", text="debug", is_flag=True)
    def compare(**given: Any) -> int:
        from explainer.cli.commands.compare import run_compare

        given.pop("debug")
        return run_compare(lang, **given)

    @group.command("render", cls=Command, help=texts.RENDER_HELP[lang])
    @click.argument("source", type=Path, metavar="FILE.md")
    @option("-o", "--output", "outputs", text="output", multiple=True, type=Path, metavar="FILE", required=True)
    @option("--lang", text="lang", metavar="zh|en")
    @option("--debug", text="debug", is_flag=True)
    def render(**given: Any) -> int:
        from explainer.cli.commands.misc import run_render

        return run_render(lang, **given)

    @group.command("list", cls=Command, help=texts.LIST_HELP[lang])
    @click.argument("pattern", required=False, default="*")
    @option("--lang", text="lang", metavar="zh|en")
    @option("--debug", text="debug", is_flag=True)
    def list_(**given: Any) -> int:
        from explainer.cli.commands.misc import run_list

        return run_list(given["pattern"])

    @group.command("doctor", cls=Command, help=texts.DOCTOR_HELP[lang])
    @option("--lang", text="lang", metavar="zh|en")
    @option("--clear-cache", "clear_cache", text="clear_cache", is_flag=True)
    @option("--debug", text="debug", is_flag=True)
    def doctor(**given: Any) -> int:
        from explainer.cli.commands.misc import run_doctor

        return run_doctor(lang, given["clear_cache"])

    if lang == "zh":
        for command in (group, *group.commands.values()):
            command.context_class = ChineseContext
    return group
