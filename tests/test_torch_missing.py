"""A machine without PyTorch, and one where it cannot be loaded: each command says so in one sentence, and finished lessons are read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from nets import walked
from torch import nn

from explainer.api import Explanation
from explainer.errors import UserError
from explainer.torch_missing import torch_missing, torch_needed

# How Python fails where a package is not there.
NOT_THERE = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "torchvision", "numpy", "sympy", "timm", "transformers"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Nothing())
"""
COMMANDS = {
    "list": ["list", "resnet*"],
    "a model": ["vgg16", "--no-cache"],
    "a user's file": ["net.py:Net"],
    "weights": ["net.pt"],
    "a topic's sheet": ["worksheet", "--topic", "conv", "-o", "t.md"],
    "two models": ["compare", "vgg11", "vgg16"],
    "a question": ["ask", "vgg16", "features.0.params", "1", "--no-cache"],
}


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("reader")
    (folder / "net.py").write_text("import torch\nclass Net(torch.nn.Module): pass\n")
    (folder / "net.pt").write_bytes(b"PK")
    Explanation(walked(nn.Linear(3, 5), (2, 3)), ("en",)).save(folder / "lesson.json")
    return folder


def run(folder: Path, start: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "start").mkdir(exist_ok=True)
    (folder / "start" / "sitecustomize.py").write_text(start)
    path = os.pathsep.join([str(folder / "start"), str(Path(__file__).parents[1])])
    command = [sys.executable, "-m", "explainer", *arguments]
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("what", COMMANDS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_needs_a_model_says_what_is_missing(what, lang, here):
    said = run(here, NOT_THERE, *COMMANDS[what], "--lang", lang)
    assert said.returncode == 2
    assert {"zh": "没有安装PyTorch", "en": "PyTorch is not installed here"}[lang] in said.stderr
    assert "pip install torch" in said.stderr
    assert len(said.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.json"], "There is no file missing.json"),
        (["lesson.json", "--what-if", "bias=false"], "from a file"),
        (["lesson.json", "--real"], "--real"),
    ],
)
def test_another_cause_is_named_first(arguments, words, here):
    said = run(here, NOT_THERE, *arguments, "--lang", "en")
    assert (said.returncode, words in said.stderr) == (2, True), said.stderr
    assert len(said.stderr.strip().splitlines()) == 1


def test_two_lessons_are_compared(here):
    Explanation(walked(nn.Linear(3, 6), (2, 3)), ("en",)).save(here / "wider.json")
    said = run(here, NOT_THERE, "compare", "wider.json", "lesson.json", "--lang", "en")
    assert (said.returncode, said.stderr) == (1, "")
    assert "24" in said.stdout
    assert "20" in said.stdout
    assert run(here, NOT_THERE, "compare", "lesson.json", "lesson.json", "--lang", "en").returncode == 0
    fixed = run(here, NOT_THERE, "compare", "lesson.json", "lesson.json", "--input", "2,3", "--lang", "en")
    assert (fixed.returncode, "leave out --input" in fixed.stderr) == (2, True)


def test_a_worksheet_on_a_lesson_is_graded_beside_it_whatever_the_file_is_called(here):
    made = run(here, NOT_THERE, "worksheet", "lesson.json", "-o", "sheet.md", "--lang", "en")
    assert (made.returncode, made.stderr) == (0, "")
    sheet = (here / "sheet.md").read_text()
    (here / "filled.md").write_text(re.sub("Answer: ＿+", "Answer: 12345", sheet))
    (here / "renamed.json").write_bytes((here / "lesson.json").read_bytes())
    graded = run(here, NOT_THERE, "check", "renamed.json", "filled.md", "--lang", "en")
    assert (graded.returncode, "12345" in graded.stdout) == (1, True), graded.stdout + graded.stderr
    alone = run(here, NOT_THERE, "check", "filled.md", "--lang", "en")
    assert "not known" in alone.stdout or "names a file" in alone.stderr + alone.stdout


def test_the_doctor_examines_such_a_machine_too(here):
    said = run(here, NOT_THERE, "doctor", "--lang", "en")
    assert "WeasyPrint" in said.stdout
    assert "internal" not in said.stderr


def test_where_it_was_left_out_on_purpose_nothing_is_amiss(monkeypatch):
    from explainer.cli import doctor

    absent = {"torch", "torchvision", "sympy"}
    found = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda package: None if package in absent else found(package))
    parts = [one for one in doctor.findings() if one.name.en in absent]
    assert len(parts) == 3
    assert not any(one.works or one.required for one in parts)
    assert all("lessons" in one.found.en for one in parts)


def test_one_that_cannot_be_loaded_is_told_from_one_that_is_not_there(here):
    broken = here / "broken" / "torch"
    broken.mkdir(parents=True, exist_ok=True)
    (broken / "__init__.py").write_text("raise OSError('libgomp.so.1: cannot open shared object file')\n")
    said = run(here, f"import sys; sys.path.insert(0, {str(broken.parent)!r})", "vgg16", "--no-cache", "--lang", "en")
    assert said.returncode == 2
    assert "PyTorch cannot be loaded (OSError: libgomp.so.1" in said.stderr
    assert "explain doctor" in said.stderr


@pytest.mark.parametrize(
    "error", [ModuleNotFoundError("No module named 'x'", name="x"), ImportError("torch"), OSError(2)]
)
def test_other_errors_are_left_alone(error):
    assert torch_missing(error) is None
    with pytest.raises(type(error)), torch_needed():
        raise error


def test_from_python_it_is_one_of_ours(monkeypatch):
    monkeypatch.delitem(sys.modules, "sympy", raising=False)
    with pytest.raises(UserError, match="sympy"), torch_needed():
        raise ModuleNotFoundError("No module named 'sympy'", name="sympy")
