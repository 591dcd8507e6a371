"""Commands in one language leave those in the other as they are: nothing is kept in a class."""

from __future__ import annotations

from click.testing import CliRunner

from explainer.cli.app import declared


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
