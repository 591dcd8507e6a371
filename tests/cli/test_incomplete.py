"""On the command line a part is a part: exit code 3, and ask, check, compare, which leave open what nobody knows."""

import json

import pytest

STOPS = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, head=3):
        super().__init__()
        self.first, self.second = nn.Linear(6, 5), nn.Linear(5, 2)
        self.table = nn.Parameter(torch.empty(10_000_001))  # too large to be run with values unasked

    def forward(self, x):
        x = self.first(x)
        return self.second(x) if x.sum().item() > 0 else {otherwise}


EXAMPLE_INPUT = (1, 6)
"""
CUSTOM = """
import torch
from torch import nn


@torch.library.custom_op("explainer_cli_tests::{name}", mutates_args=())
def opaque(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return a @ b


@opaque.register_fake
def _(a, b):
    return a.new_empty(a.shape[0], b.shape[1])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight, self.head, self.body = nn.Parameter(torch.zeros(4, 4)), nn.Linear(4, 2), nn.Sequential(nn.Linear(4, 4))

    def forward(self, x):
        return self.head(opaque(self.body(x), self.weight))


EXAMPLE_INPUT = (1, 4)
"""
WHOLE = """
import torch
from torch import nn


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(6, 5), nn.Linear(5, 2))
        self.table = nn.Parameter(torch.empty(10_000_001))


EXAMPLE_INPUT = (1, 6)
"""


@pytest.fixture
def stops(tmp_path):
    path = tmp_path / "stops.py"
    path.write_text(STOPS.format(otherwise="x"))
    return path


@pytest.fixture
def opaque(tmp_path, request):
    path = tmp_path / "opaque.py"
    path.write_text(CUSTOM.format(name=f"op{abs(hash(request.node.name))}"))
    return path


def test_a_part_exits_with_3_and_says_why(run, stops, tmp_path):
    ran = run(f"{stops}:Net", "-o", tmp_path / "x.json")
    assert ran.code == 3
    assert "'item'" in ran.sentence
    assert "--real" in ran.sentence
    data = json.loads((tmp_path / "x.json").read_text())
    assert data["completeness"]["stopped"]["operation"] == "item"
    assert data["cost"]["macs"] == {"value": 30, "torch": 30, "verdict": "unchecked", "at_least": True}
    assert [part["verdict"] for part in data["uncalled"]] == ["not_reached"]
    assert data["checks"]["not_reached"] == 1
    assert run(tmp_path / "x.json").code == 3  # a finished lesson says the same


def test_a_whole_pass_exits_with_0(run, tmp_path):
    (tmp_path / "whole.py").write_text(WHOLE)
    assert run(f"{tmp_path / 'whole.py'}:Net").code == 0


def test_what_is_wrong_comes_before_what_is_missing(run, stops, tmp_path):
    assert run(f"{stops}:Net", "-o", tmp_path / "x.docx", "-o", tmp_path / "x.json").code == 2


@pytest.mark.parametrize("answer", ["30", "40", "nonsense?"])
@pytest.mark.parametrize("question", ["total.macs", "total.flops", "second.macs", "second.shape"])
def test_nobody_is_right_or_wrong_on_a_figure_that_is_not_known(run, stops, question, answer):
    ran = run("ask", f"{stops}:Net", question, answer, "--json")
    assert ran.code == 3
    found = json.loads(ran.out)
    assert found["verdict"] == "undecided"
    assert found["expected"] is None
    assert found["remarks"] == ["not_complete"]
    said = run("ask", f"{stops}:Net", question, answer, "--lang", "zh")
    assert said.code == 3
    assert "无法判定" in said.out


def test_what_is_known_of_a_part_is_judged_as_ever(run, stops):
    assert run("ask", f"{stops}:Net", "total.params", "10000048").code == 0  # 6·5+5 + 5·2+2 and the table
    assert run("ask", f"{stops}:Net", "second.params", "12").code == 0
    assert run("ask", f"{stops}:Net", "first.macs", "30").code == 0
    assert run("ask", f"{stops}:Net", "first.macs", "31").code == 1


def test_a_container_is_known_where_all_its_layers_are(run, opaque):
    assert run("ask", f"{opaque}:Net", "body.macs", "16").code == 0
    assert run("ask", f"{opaque}:Net", "total.macs", "24").code == 3
    assert run("ask", f"{opaque}:Net", "total.macs", "40").code == 3


def test_check_leaves_it_to_the_teacher_and_takes_no_marks(run, stops, tmp_path):
    sheet = tmp_path / "answers.csv"
    sheet.write_text("question,answer\nfirst.params,35\ntotal.macs,999\n")
    ran = run("check", f"{stops}:Net", sheet, "--json")
    assert ran.code == 3
    answers = {one["question"]: one for one in json.loads(ran.out)["answers"]}
    assert (answers["total.macs"]["verdict"], answers["total.macs"]["remarks"]) == ("undecided", ["not_complete"])
    assert (answers["first.params"]["verdict"], answers["first.params"]["remarks"]) == ("correct", [])
    sheet.write_text("question,answer\nfirst.params,36\ntotal.macs,999\n")
    assert run("check", f"{stops}:Net", sheet).code == 1  # a wrong answer comes first


def test_a_class_with_nothing_wrong_is_undecided(run, stops, tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    for number, answer in (("1", "999"), ("2", "40")):
        (folder / f"{number}.csv").write_text(f"question,answer\nfirst.params,35\ntotal.macs,{answer}\n")
    grades = tmp_path / "grades.csv"
    assert run("check", f"{stops}:Net", folder, "-o", grades).code == 3
    (folder / "2.csv").write_text("question,answer\nfirst.params,36\ntotal.macs,40\n")
    assert run("check", f"{stops}:Net", folder, "-o", grades).code == 1


def test_a_worksheet_never_asks_for_a_part(run, stops, tmp_path):
    out = tmp_path / "sheet.json"
    for seed in range(4):
        assert run("worksheet", f"{stops}:Net", "--count", "6", "--seed", seed, "--level", "3", "-o", out).code == 0
        names = out.read_text()
        assert "total.macs" not in names
        assert "second.macs" not in names
        assert "second.shape" not in names


def test_which_does_not_explain_a_number_by_a_part(run, stops):
    assert run("which", f"{stops}:Net", "10,000,048").code == 0  # the parameters are all known
    ran = run("which", f"{stops}:Net", "333", "--lang", "en")  # it may be what the rest takes
    assert ran.code == 3
    assert "cannot be decided" in ran.out


def test_the_ledger_foretells_no_cost_of_a_part(run, stops, tmp_path):
    out = tmp_path / "x.json"
    ran = run(f"{stops}:Net", "--ledger", "-o", out)
    assert ran.code == 3
    assert {line["quantity"] for line in json.loads(out.read_text())["ledger"]} <= {"params", "trainable"}
    assert "at least 30 MACs" in run(f"{stops}:Net", "--ledger", "--lang", "en").out


def test_two_nets_that_may_differ_where_nobody_looked_are_undecided(run, stops, tmp_path):
    other = tmp_path / "other.py"
    other.write_text(STOPS.format(otherwise="self.second(self.second.weight.T @ self.second(x).T).T"))
    for reference in (other, stops):
        ran = run("compare", f"{stops}:Net", f"{reference}:Net", "--json")
        assert ran.code == 3
        found = json.loads(ran.out)
        assert (found["same"], found["undecided"], found["differences"]) == (False, True, [])


def test_a_difference_before_the_stop_is_a_difference(run, stops, tmp_path):
    other = tmp_path / "other.py"
    other.write_text(STOPS.format(otherwise="x").replace("nn.Linear(6, 5)", "nn.Linear(6, 5, bias=False)"))
    assert run("compare", f"{other}:Net", f"{stops}:Net").code == 1


def test_a_difference_in_a_module_that_was_not_reached_is_a_difference(run, stops, tmp_path):
    other = tmp_path / "other.py"
    other.write_text(STOPS.format(otherwise="x").replace("nn.Linear(5, 2)", "nn.Linear(5, 3)"))
    assert run("compare", f"{other}:Net", f"{stops}:Net").code == 1


def test_a_whole_pass_and_a_part_of_the_same_layers_are_undecided(run, stops, tmp_path):
    (tmp_path / "whole.py").write_text(WHOLE)
    assert run("compare", f"{tmp_path / 'whole.py'}:Net", f"{stops}:Net").code == 3
