"""click in the user's language: help pages and complaints."""

from __future__ import annotations

import re
from typing import Any

import click

from explainer.i18n.bilingual import Bi, Lang, words_in_a_row


def reason(error: click.ClickException) -> Bi:
    """click's complaint in both languages."""
    match error:
        case click.NoSuchOption():
            name, near = error.option_name, error.possibilities
            if not near:
                return Bi(f"没有选项 {name}", f"there is no option {name}")
            return Bi(
                f"没有选项 {name}，相近的有 {'、'.join(near)}",
                f"there is no option {name}; near it are {', '.join(near)}",
            )
        case click.MissingParameter():
            name = (
                (error.param.opts[0] if error.param.opts[0].startswith("-") else error.param.human_readable_name)
                if error.param
                else ""
            )
            return Bi(f"缺少 {name}", f"{name} is missing")
        case click.BadParameter():
            name = error.param.opts[-1] if error.param else ""
            if isinstance(error.param and error.param.type, click.types.IntParamType):
                least = getattr(error.param.type if error.param else None, "min", None)
                most = getattr(error.param.type if error.param else None, "max", None)
                from_ = (
                    f"{least}到{most}之间的" if most is not None else f"不小于{least}的" if least is not None else ""
                )
                to_ = f" from {least}" + (f" to {most}" if most is not None else " on") if least is not None else ""
                return Bi(f"{name} 后面应是{from_}整数", f"{name} takes a whole number{to_}")
            choices = getattr(error.param.type, "choices", None) if error.param else None
            allowed = words_in_a_row(choices) if choices else Bi(error.message, error.message)
            return Bi(f"{name} 的值不对，可用的是 {allowed.zh}", f"the value of {name} is not one of {allowed.en}")
        case click.BadOptionUsage():
            return Bi(f"选项 {error.option_name} 后面要跟一个值", f"option {error.option_name} needs a value")
    extra = re.search(r"unexpected extra arguments? \((.*)\)", error.message)
    if extra:
        return Bi(f"多余的参数 {extra[1]}", f"{extra[1]} is one argument too many")
    return Bi(error.message.rstrip("."), error.message.rstrip("."))


_WORDS = {"Options": "选项", "Commands": "命令"}
_PLACES = {"[OPTIONS]": "[选项]", "[COMMAND]": "[命令]", "COMMAND": "命令", "[ARGS]...": "[参数]…"}


class _ChineseFormatter(click.HelpFormatter):
    """click's own words of the help page."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, " ".join(_PLACES.get(word, word) for word in args.split()), "用法：")

    def write_heading(self, heading: str) -> None:
        self.write(f"{'':>{self.current_indent}}{_WORDS.get(heading, heading)}：\n")


class ChineseContext(click.Context):
    formatter_class = _ChineseFormatter


class Command(click.Command):
    """A command whose --help speaks the user's language."""

    def __init__(self, *args: Any, lang: Lang, **settings: Any) -> None:
        super().__init__(*args, **settings)
        if lang == "zh":
            self.context_class = ChineseContext

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None and self.context_class is ChineseContext:
            option.help = "显示本页"
        return option


class Group(Command, click.Group):
    """Several commands under one, in the user's language."""
