"""Commands in one language leave those in the other as they are: nothing is kept in a class."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from explainer.cli import commands
from explainer.cli.app import COMMANDS, declared


def helped(group, *words: str) -> str:
    return CliRunner().invoke(group, [*words, "--help"]).output


def test_a_second_language_does_not_change_the_first():
    chinese = declared("zh")
    before = [helped(chinese), helped(chinese, "check")]
    english = declared("en")
    assert [helped(chinese), helped(chinese, "check")] == before
    assert all("用法：" in page and "显示本页" in page for page in before)
    pages = [helped(english), helped(english, "check")]
    assert all("Usage:" in page and "显示本页" not in page for page in pages)
    again = declared("zh")
    assert helped(again) == before[0]
    assert [helped(english), helped(english, "check")] == pages


def test_every_module_of_commands_is_a_command():
    found = {path.stem for path in Path(commands.__file__).parent.glob("*.py")} - {"__init__"}
    assert set(COMMANDS.values()) == found
    assert list(COMMANDS) == sorted(COMMANDS)  # as the help page lists them


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_declared_in_both_languages(name):
    pages = {lang: helped(declared(lang), name) for lang in ("zh", "en")}
    options = {lang: set(re.findall(r"^ +(?:-[a-z], )?(--[a-z-]+)", page, re.M)) for lang, page in pages.items()}
    assert pages["zh"] != pages["en"]
    assert options["zh"] == options["en"] >= {"--help", "--debug", "--lang"}
