"""The commands of costs and homework as a user types them: what they print, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from explainer.cli.console import main

NET = """
from torch import nn

class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1024, 10))

EXAMPLE_INPUT = (1, 3, 16, 16)
"""


@pytest.fixture
def net(tmp_path, monkeypatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET)
    return "net.py:Net"


def test_show_batch_and_measure(net, capsys):
    assert main([net, "--lang", "en", "--show", "macs,memory", "--batch", "4", "--measure"]) == 0
    page = capsys.readouterr().out
    assert "What the batch changes" in page
    assert "| parameters | 10,698 | 10,698 | the same |" in page
    assert "| multiply-accumulates | 120,832 | 483,328 | 4 times |" in page
    assert "Saved once for real" in page and "DISAGREES" not in page


def test_the_ledger_as_a_page_and_in_the_json(net, capsys):
    assert main([net, "--lang", "en", "--ledger"]) == 0
    assert "| thop 0.1.1 |" in capsys.readouterr().out
    assert main([net, "--ledger", "-o", "x.json"]) == 0
    ledger = json.loads(Path("x.json").read_text("utf-8"))["ledger"]
    by_tool = {(line["tool"], line.get("backend"), line["quantity"]): line for line in ledger}
    assert by_tool["torch", None, "flops"]["value"] == 2 * 120_832
    assert all(sum(term["value"] for term in line["terms"]) == line["value"] for line in ledger)
    assert by_tool["ptflops", "pytorch", "macs"]["value"] != by_tool["ptflops", "aten", "macs"]["value"]


def test_which(net, capsys):
    assert main(["which", net, "10698", "--lang", "zh"]) == 0
    assert "参数量" in capsys.readouterr().out
    assert main(["which", net, "987654321", "--lang", "en"]) == 1
    assert "No quantity matches" in capsys.readouterr().out
    assert main(["which", net, "120832", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["value"] == 120_832
    assert main(["which", net, "lots", "--lang", "en"]) == 2
    assert "cannot be read as a number" in capsys.readouterr().err


def test_ask(net, capsys):
    assert main(["ask", net, "0.params", "(3*3*3+1)*16", "--lang", "en"]) == 0
    capsys.readouterr()
    assert main(["ask", net, "0.params", "3*3*3*16", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "wrong"
    assert main(["ask", net, "0.weight", "1", "--lang", "en"]) == 2
    assert "no question '0.weight'" in capsys.readouterr().err


def test_ask_as_json_with_a_hint(net, capsys):
    assert main(["ask", net, "0.params", "432", "--json", "--hint"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["verdict"] == "wrong" and answer["expected"] is None
    assert answer["mistakes"][0]["id"].startswith("bias")


def test_check_a_file_and_a_class(net, capsys):
    Path("answers.csv").write_text("question,answer\n0.params,448\n2.shape,16×8×8\n4.params,10240\n", "utf-8")
    assert main(["check", net, "answers.csv", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [answer["verdict"] for answer in found["answers"]] == ["correct", "correct", "wrong"]
    folder = Path("class")
    folder.mkdir()
    for student, answer in (("2024001", "448"), ("2024002", "432")):
        (folder / f"{student}.csv").write_text(f"question,answer\n0.params,{answer}\n", "utf-8")
    command = [
        "check",
        net,
        "class",
        "-o",
        "grades.csv",
        "--feedback",
        "pages",
        "--summary",
        "summary.md",
        "--lang",
        "zh",
    ]
    assert main(command) == 1
    assert "2024002" in Path("grades.csv").read_text("utf-8-sig")
    assert len(list(Path("pages").iterdir())) == 2
    assert "偏置" in Path("summary.md").read_text("utf-8")
    assert main(["check", net, "answers.csv", "-o", "grades.csv", "--lang", "en"]) == 2
    assert main(["check", "nothing.csv", "--lang", "en"]) == 2


def test_a_topics_worksheet_is_checked_by_its_id(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["worksheet", "--topic", "conv,batchnorm", "--count", "4", "--seed", "3", "--lang", "zh"]
    assert main([*command, "-o", "sheet.csv", "--key", "key.md", "--lookup", "lookup.md"]) == 0
    assert main(["check", "sheet.csv", "--lang", "zh"]) == 1  # nothing is filled in yet
    assert "得分：0/100" in capsys.readouterr().out
    assert main([*command, "-o", "sheet.csv", "--lang", "xx"]) == 2
    assert main(["worksheet", "-o", "sheet.md", "--lang", "en"]) == 2
    assert "model" in capsys.readouterr().err


def test_worksheets_for_other_programs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["worksheet", "--topic", "linear", "--count", "2", "--lang", "en"]
    assert main([*command, "-o", "quiz.xml", "-o", "quiz.gift", "-o", "quiz.ipynb"]) == 0
    assert "<quiz>" in Path("quiz.xml").read_text("utf-8")
    assert main([*command, "-o", "quiz.gift", "--tolerance", "3sf"]) == 2
    assert "gift" in capsys.readouterr().err.lower()


def test_compare(net, capsys):
    assert main(["compare", net, net, "--lang", "en"]) == 0
    Path("other.py").write_text(
        NET.replace("nn.Conv2d(3, 16, 3, padding=1)", "nn.Conv2d(3, 16, 3, padding=1, bias=False)")
    )
    capsys.readouterr()
    assert main(["compare", "other.py:Net", net, "--lang", "zh"]) == 1
    assert "缺少偏置" in capsys.readouterr().out
    assert main(["compare", "missing.py:Net", net, "--lang", "en"]) == 2


def test_a_students_edition(net):
    assert main(["worksheet", net, "--students-edition", "blank.md", "--blank", "last", "--lang", "zh"]) == 0
    assert r"\underline" in Path("blank.md").read_text("utf-8")
