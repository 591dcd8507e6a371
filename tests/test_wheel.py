"""The wheel, installed on its own and run outside the repository: what users have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent

NET = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.fc = nn.Linear(8 * 16 * 16, 10)

    def forward(self, x):
        x = torch.max_pool2d(torch.relu(self.conv(x)), 2)
        return self.fc(torch.flatten(x, 1))
"""

# Runs the command, then says where every one of explainer's modules and its templates came from.
RUN_AND_TELL = """\
import json, sys
from explainer.cli.console import main
code = main(sys.argv[1:])
from explainer.render.html.assets import templates_dir
ours = [module for name, module in list(sys.modules.items()) if name.partition(".")[0] == "explainer"]
modules = [module.__file__ or list(module.__path__)[0] for module in ours]
print(json.dumps({"code": code, "modules": modules, "templates": str(templates_dir())}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    dist = tmp_path_factory.mktemp("dist")
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(dist)], cwd=REPO)
    (built,) = dist.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the wheel's files in it; its dependencies are the environment's."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
    _run([*pip, "--target", str(target), str(wheel)], cwd=target)
    return target


def test_the_wheel_carries_the_package_and_its_templates(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = {
        path.relative_to(REPO).as_posix()
        for folder in ("explainer", "templates")
        for path in (REPO / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    wanted = {name if name.startswith("explainer/") else f"explainer/{name}" for name in tracked}
    assert not wanted - names
    assert {name.partition("/")[0] for name in names} == {"explainer", f"{_dist_info(wheel)}"}
    assert not [name for name in names if "tests/" in name or "/test_" in name or name.endswith(".pyc")]


def test_every_bundled_font_has_its_licence(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    names = archive.namelist()
    licences = [name for name in names if name.startswith("explainer/templates/fonts/OFL-") and name.endswith(".txt")]
    assert len(licences) >= 3
    for name in licences:
        assert "SIL OPEN FONT LICENSE" in archive.read(name).decode("utf-8").upper()
    in_metadata = {Path(name).name for name in names if name.startswith(f"{_dist_info(wheel)}/licenses/")}
    assert in_metadata >= {"LICENSE", *(Path(name).name for name in licences)}


def test_an_installed_wheel_explains_a_model_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    arguments = ["net.py:Net", "--input", "1,3,32,32", "--lang", "zh", "-o", "a.md", "-o", "a.html", "-o", "a.pdf"]
    done = _run([sys.executable, "-c", RUN_AND_TELL, *arguments], cwd=tmp_path, path=installed)
    told = json.loads(done.stdout.splitlines()[-1])

    assert told["code"] == 0, done.stderr
    assert [file for file in told["modules"] if not Path(file).is_relative_to(installed)] == []
    assert Path(told["templates"]).is_relative_to(installed)

    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    for name in ("a.md", "a.html"):
        assert "20490" in (tmp_path / name).read_text(encoding="utf-8").replace(",", "").replace("{}", "")
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__"} == {
        "net.py",
        "a.md",
        "a.files",
        "a.html",
        "a.pdf",
    }


def test_the_installed_command_tells_its_version(installed: Path, wheel: Path, tmp_path: Path) -> None:
    scripts = installed / ("Scripts" if os.name == "nt" else "bin")
    done = _run([str(scripts / "explain"), "--version"], cwd=tmp_path, path=installed)
    assert done.stdout.strip() == wheel.name.split("-")[1]


def _dist_info(wheel: Path) -> str:
    return "-".join(wheel.name.split("-")[:2]) + ".dist-info"


def _run(command: list[str], cwd: Path, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run it with the repository out of sight: only `path`, if given, comes before the environment's packages."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if path:
        environment["PYTHONPATH"] = str(path)
    done = subprocess.run(
        command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_the_readers_requirements_are_ours_without_torch() -> None:
    declared = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]["dependencies"]
    readers = [
        line for line in (REPO / "requirements-readers.txt").read_text().splitlines() if line[:1] not in ("", "#")
    ]
    assert readers == [line for line in declared if not line.startswith(("torch", "sympy", "safetensors"))]


def test_a_lesson_is_read_in_an_environment_without_torch(wheel: Path, tmp_path: Path) -> None:
    """As docs/install.md says: a new environment, the wheel without its dependencies, the readers' requirements."""
    _run([sys.executable, "-m", "venv", str(tmp_path / "venv")], cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--no-deps", str(wheel)], cwd=tmp_path)
    constraints = tmp_path / "constraints.txt"
    constraints.write_text((REPO / "constraints.txt").read_text())
    _run([*pip, "-r", str(REPO / "requirements-readers.txt"), "-c", str(constraints)], cwd=tmp_path)
    (tmp_path / "net.py").write_text(NET)
    made = [sys.executable, "-m", "explainer", "net.py:Net", "--input", "1,3,32,32", "-o", "net.json", "-o", "with.md"]
    _run(made, cwd=tmp_path)
    assert subprocess.run([python, "-c", "import torch"], capture_output=True).returncode != 0
    explain = str(tmp_path / "venv" / "bin" / "explain")
    _run([explain, "net.json", "-o", "without.md", "-o", "net.html", "-o", "net.pdf"], cwd=tmp_path)
    renamed = (tmp_path / "without.md").read_text().replace("without.files/", "with.files/")
    assert renamed == (tmp_path / "with.md").read_text()
    pictures = sorted((tmp_path / "with.files").iterdir())
    assert pictures and all(
        (tmp_path / "without.files" / each.name).read_bytes() == each.read_bytes() for each in pictures
    )
    assert (tmp_path / "net.pdf").read_bytes()[:5] == b"%PDF-"
    _run([explain, "ask", "net.json", "conv.params", "(3*3*3+1)*8"], cwd=tmp_path)
    _run([explain, "doctor"], cwd=tmp_path)  # nothing is amiss
    missing = subprocess.run([explain, "vgg16", "--lang", "en"], cwd=tmp_path, capture_output=True, text=True)
    assert missing.returncode == 2
    assert missing.stderr.startswith("PyTorch is not installed here")
    assert len(missing.stderr.strip().splitlines()) == 1


def test_what_whoever_extends_it_needs_travels_along(wheel):
    """The types, and `check_rule` for rules of one's own; no test and no tool of ours."""
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"explainer/py.typed", "explainer/testing.py"} <= names
    assert not [name for name in names if name.startswith(("tests/", "tools/"))]
