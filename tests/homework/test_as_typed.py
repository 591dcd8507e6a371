"""`explain ask`, `check`, `worksheet` as a user types them: both languages, nothing to read, a folder named as a file."""

from __future__ import annotations

import io

import pytest

NET = """
import torch
from torch import nn

EXAMPLE_INPUT = (1, 3, 8, 8)


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 16, 3))
"""


@pytest.fixture
def net(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET, "utf-8")
    return "net.py:Net"


def test_an_answer_is_judged_in_both_languages(run, net, tmp_path):
    ran = run("ask", net, "0.params", "432", "--lang", "zh,en")
    assert ran.code == 1
    assert "✗ 错误" in ran.out and "✗ Wrong" in ran.out
    (tmp_path / "answers.csv").write_text("question,answer\n0.params,432\n", "utf-8")
    ran = run("check", net, "answers.csv", "--lang", "en,zh")
    assert ran.code == 1
    assert ran.out.index("the biases are missing") < ran.out.index("漏了偏置")


@pytest.mark.parametrize("words", [("ask", "0.params", "448"), ("check", "answers.csv")])
def test_an_unknown_language_is_refused(run, net, tmp_path, words):
    (tmp_path / "answers.csv").write_text("question,answer\n0.params,448\n", "utf-8")
    ran = run(words[0], net, *words[1:], "--lang", "fr")
    assert ran.code == 2 and "'fr'" in ran.sentence


@pytest.mark.parametrize("typed", ["", "asdf\n"])
def test_nothing_to_read_is_said(run, net, monkeypatch, typed):
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    ran = run("check", net, "-", "--lang", "zh")
    assert ran.code == 2
    assert "没有读到答案" in ran.sentence


def test_a_class_needs_a_folder(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "class.csv").write_text("学号,姓名\n0012,张三\n", "utf-8")
    ran = run("worksheet", "--topic", "conv", "--students", "class.csv", "-o", "sheets.pdf", "--lang", "zh")
    assert ran.code == 2 and "sheets.pdf" in ran.sentence
    assert not (tmp_path / "sheets.pdf").exists()
