"""click in the user's language: help pages and complaints."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import click

from explainer.i18n.bilingual import Bi, Lang, words_in_a_row
from explainer.render.breaking import columns, line_ends


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

    def write_text(self, text: str) -> None:
        indent = " " * self.current_indent
        for paragraph in text.split("\n\n"):
            for line in _lines(" ".join(paragraph.split()), self.width - self.current_indent):
                self.write(f"{indent}{line}\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        rows, indent = list(rows), " " * self.current_indent
        wide = min(max((columns(first) for first, _ in rows), default=0), col_max) + col_spacing
        room = max(self.width - wide - self.current_indent, 10)
        for first, second in rows:
            lines = _lines(second, room)
            if columns(first) > wide - col_spacing:  # the explanation begins on the next line
                self.write(f"{indent}{first}\n")
                first = ""
            for line in lines:
                self.write(f"{indent}{first}{' ' * (wide - columns(first))}{line}".rstrip() + "\n")
                first = ""


def _lines(text: str, width: int) -> list[str]:
    """The lines of a Chinese text: none begins with a full stop, none ends inside a word or a file's name."""
    ends = [0, *line_ends(text, width), len(text)]
    return [text[a:b].strip() for a, b in pairwise(ends)]


class ChineseContext(click.Context):
    formatter_class = _ChineseFormatter


class Command(click.Command):
    """A command whose --help speaks the user's language."""

    def __init__(self, *args: Any, lang: Lang, **settings: Any) -> None:
        super().__init__(*args, **settings)
        if lang == "zh":
            self.context_class = ChineseContext

    def get_short_help_str(self, limit: int = 45) -> str:
        """Beside the command's name in the list: what it does, without where and how."""
        if self.context_class is not ChineseContext or self.short_help or not self.help:
            return super().get_short_help_str(limit)
        return re.sub("（[^）]*）", "", re.split("[。：；]", self.help)[0])

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None and self.context_class is ChineseContext:
            option.help = "显示本页"
        return option


class Group(Command, click.Group):
    """Several commands under one, in the user's language."""
