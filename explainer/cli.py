"""The command line: arguments only. What a command does is in the stages that it calls."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from explainer import commands
from explainer.commands import EXIT_USAGE
from explainer.errors import UserError
from explainer.text import help as texts
from explainer.text.bi import LANGS, Bi, Lang
from explainer.text.locale import preferred

USAGE = Bi(zh="用法不对：{reason}。运行 explain --help 查看用法。", en="Wrong use: {reason}. Run explain --help.")
UNEXPECTED = Bi(
    zh="程序内部出错（{reason}）：这是explainer的问题，请加 --debug 再运行一次并报告。",
    en="An internal error ({reason}): this is explainer's fault; run again with --debug and report it.",
)
INTERRUPTED = Bi(zh="已中断，没有留下写了一半的文件。", en="Interrupted; no half-written file was left.")


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code: 0 all agrees, 1 something disagrees, 2 wrong use or bad input."""
    arguments = sys.argv[1:] if argv is None else argv
    lang = _spoken(arguments)
    debug = "--debug" in arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        return int(_commands(lang).main(arguments, prog_name="explain", standalone_mode=False) or 0)
    except UserError as error:
        return _complain(error.message[lang], error, debug)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return _complain(USAGE.format(reason=_reason(error)[lang])[lang], error, debug)
    except (KeyboardInterrupt, click.Abort):
        click.echo(INTERRUPTED[lang], err=True)
        return EXIT_USAGE
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        return _complain(UNEXPECTED.format(reason=reason)[lang], error, debug)


def _complain(sentence: str, error: BaseException, debug: bool) -> int:
    if debug:
        import traceback

        traceback.print_exception(error)
    click.echo(sentence, err=True)
    return EXIT_USAGE


def _spoken(arguments: list[str]) -> Lang:
    """The language for messages: the first of --lang, whatever else is wrong with the line; else the locale's."""
    for at, word in enumerate(arguments):
        value = (
            word.partition("=")[2]
            if word.startswith("--lang=")
            else arguments[at + 1 : at + 2]
            if word == "--lang"
            else ""
        )
        first = (
            (value[0] if isinstance(value, list) and value else str(value))
            .replace("，", ",")
            .split(",")[0]
            .strip()
            .lower()
        )
        for lang in LANGS:
            if first == lang:
                return lang
    return preferred()


def _reason(error: click.ClickException) -> Bi:
    """click's complaint in both languages."""
    match error:
        case click.NoSuchOption():
            near = f" ({', '.join(error.possibilities)}?)" if error.possibilities else ""
            return Bi(f"没有选项 {error.option_name}{near}", f"there is no option {error.option_name}{near}")
        case click.MissingParameter():
            name = (
                (error.param.opts[0] if error.param.opts[0].startswith("-") else error.param.human_readable_name)
                if error.param
                else ""
            )
            return Bi(f"缺少 {name}", f"{name} is missing")
        case click.BadParameter():
            name = error.param.opts[-1] if error.param else ""
            choices = getattr(error.param.type, "choices", None) if error.param else None
            allowed = ", ".join(map(str, choices)) if choices else error.message
            return Bi(f"{name} 的值不对，可用的是 {allowed}", f"the value of {name} is not one of {allowed}")
        case click.BadOptionUsage():
            return Bi(f"选项 {error.option_name} 后面要跟一个值", f"option {error.option_name} needs a value")
    extra = re.search(r"unexpected extra arguments? \((.*)\)", error.message)
    if extra:
        return Bi(f"多余的参数 {extra[1]}", f"{extra[1]} is one argument too many")
    return Bi(error.message.rstrip("."), error.message.rstrip("."))


_WORDS = {"Options": "选项", "Commands": "命令"}


class _ChineseFormatter(click.HelpFormatter):
    """click's own words of the help page."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, "用法：")

    def write_heading(self, heading: str) -> None:
        super().write_heading(_WORDS.get(heading, heading))


class _ChineseContext(click.Context):
    formatter_class = _ChineseFormatter


class _Command(click.Command):
    """A command whose --help speaks the user's language."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None and self.context_class is _ChineseContext:
            option.help = "显示本页"
        return option


class _DefaultGroup(click.Group, _Command):
    """`explain vgg16` is `explain model vgg16`: the first word is a command only if one has that name."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            args = ["model", *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if {"-h", "--help"} & set(args) and not [word for word in args if _is_name(word, args)]:
            args = ["--help"]
        if args and args[0].startswith("-") and args[0] not in ("-h", "--help", "--version"):
            args = ["model", *args]
        return super().parse_args(ctx, args)


def _is_name(word: str, args: list[str]) -> bool:
    """A model or a command, and not an option or the value of --lang."""
    at = args.index(word)
    return not word.startswith("-") and not (at and args[at - 1] == "--lang")


def _commands(lang: Lang) -> click.Group:
    """The commands with their help in the user's language."""
    context = _ChineseContext if lang == "zh" else click.Context
    _Command.context_class = _DefaultGroup.context_class = context

    def option(*names: str, text: str, **settings: Any) -> Callable[[Callable[..., int]], Callable[..., int]]:
        return click.option(*names, help=texts.OPTION_HELP[text][lang], **settings)

    @click.group(
        cls=_DefaultGroup,
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

    @group.command("model", cls=_Command, help=texts.EXPLAIN_HELP[lang])
    @click.argument("model", metavar="MODEL")
    @option("--lang", text="lang", metavar="zh|en|zh,en")
    @option("--input", "inputs", text="input", multiple=True, metavar="SHAPE")
    @option("--arg", "arguments", text="arg", multiple=True, metavar="NAME=VALUE")
    @option("-o", "--output", "outputs", text="output", multiple=True, type=Path, metavar="FILE")
    @option("--detail", text="detail", type=click.Choice(["brief", "standard", "full"]), default="standard")
    @option("--group", text="group", type=click.Choice(["block", "kind", "stage"]))
    @option("--times", text="times", type=click.Choice(["·", "×"]), default="·")
    @option("--terms", text="terms", type=Path, metavar="FILE")
    @option("--train", text="train", is_flag=True)
    @option("--real", text="real", is_flag=True)
    @option("--debug", text="debug", is_flag=True)
    def model(**given: Any) -> int:
        return commands.run_model(lang, **given)

    @group.command("render", cls=_Command, help=texts.RENDER_HELP[lang])
    @click.argument("source", type=Path, metavar="FILE.md")
    @option("-o", "--output", "outputs", text="output", multiple=True, type=Path, metavar="FILE", required=True)
    @option("--lang", text="lang", metavar="zh|en")
    @option("--debug", text="debug", is_flag=True)
    def render(**given: Any) -> int:
        return commands.run_render(lang, **given)

    @group.command("list", cls=_Command, help=texts.LIST_HELP[lang])
    @click.argument("pattern", required=False, default="*")
    @option("--lang", text="lang", metavar="zh|en")
    @option("--debug", text="debug", is_flag=True)
    def list_(**given: Any) -> int:
        return commands.run_list(given["pattern"])

    @group.command("doctor", cls=_Command, help=texts.DOCTOR_HELP[lang])
    @option("--lang", text="lang", metavar="zh|en")
    @option("--debug", text="debug", is_flag=True)
    def doctor(**given: Any) -> int:
        return commands.run_doctor(lang)

    return group


def console() -> None:
    """The `explain` command."""
    sys.exit(main())
