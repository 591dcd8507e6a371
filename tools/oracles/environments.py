"""The tools' environments: one shared by most, one for each tool that needs libraries of its own.

    python tools/oracles/environments.py [--tool TOOL …] [FOLDER]

They share torch, torchvision and explainer with the environment that runs this, through a .pth file, so that a figure
differs because of the tool and never because of torch; pip may not replace anything that is shared. What is there
already stays as it is. A tool that cannot be installed is left out, and one sentence says what it lacks.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import re
import site
import subprocess
import sys
import venv
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tools_run import ORACLES

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / "build" / "oracles"
# Environment → tool → what pip installs for it.
PACKAGES: dict[str, dict[str, str]] = {}
for each in ORACLES.values():
    PACKAGES.setdefault(each.environment, {})[each.name] = each.packages
TOOLS = tuple(ORACLES)
OPTIONAL = {each.name for each in ORACLES.values() if each.optional}
# pip's words for an index that does not answer (or for none at all), as opposed to one that lacks a package.
UNREACHABLE = re.compile(r"Retrying \(|timed out|Connection|HTTP error 5|No matching distribution found for wheel")
LIMIT = 600  # seconds for one run of pip
ATTEMPTS = 2  # what a busy machine refuses once it often grants again


@dataclass
class Made:
    """The tools that are ready, what the others lack (a sentence each), those of them that this machine is to blame for,
    and whether no package could be downloaded.
    """

    ready: list[str] = field(default_factory=list)
    lacking: dict[str, str] = field(default_factory=dict)
    unmade: set[str] = field(default_factory=set)
    offline: bool = False

    def sentences(self) -> list[str]:
        """What is left out, one sentence a reason."""
        reasons = dict.fromkeys(self.lacking.values())
        left_out = {why: [tool for tool in TOOLS if self.lacking.get(tool) == why] for why in reasons}
        return [f"{', '.join(tools)}: left out, {why}" for why, tools in left_out.items()]


def environment(tool: str) -> str:
    """The name of the environment that a tool runs in."""
    return ORACLES[tool].environment


def python(tool: str, folder: Path = FOLDER) -> Path:
    """The interpreter that a tool runs in."""
    return folder / environment(tool) / "bin" / "python"


def ready(folder: Path = FOLDER) -> list[str]:
    """The tools that can be asked."""
    found = [tool for name in PACKAGES for tool in _state(folder / name)]
    return [tool for tool in TOOLS if tool in found]


def too_new(tool: str) -> str:
    """Why this Python is too new for a tool's libraries, or nothing."""
    now = sys.version_info[:2]
    newest = ORACLES[tool].newest or now
    built, this = (".".join(map(str, numbers)) for numbers in (newest, now))
    return f"its libraries were built for Python up to {built}, and this is {this}" if now > newest else ""


def make(tools: Iterable[str] = TOOLS, folder: Path = FOLDER) -> Made:
    """Make the environments of these tools, or leave them as they are."""
    made, wanted = Made(), list(tools)
    names = [name for name in PACKAGES if set(wanted) & set(PACKAGES[name])]
    folder.mkdir(parents=True, exist_ok=True)
    constraints = folder / "constraints.txt"
    constraints.write_text("".join(f"{name}=={version}\n" for name, version in _shared_versions().items()))
    with ThreadPoolExecutor(2) as pool:
        for part in pool.map(lambda name: _make_one(name, folder, constraints), names):
            made.lacking |= {tool: why for tool, why in part.lacking.items() if tool in wanted}
            made.unmade |= part.unmade
            made.offline |= part.offline
    made.ready = [tool for tool in ready(folder) if tool in wanted]
    return made


def _make_one(name: str, folder: Path, constraints: Path) -> Made:
    """One environment; what stops it twice (a full disk, a killed child) is said of its tools and stops no other."""
    failed = ""
    for _ in range(ATTEMPTS):
        try:
            return _made(name, folder, constraints)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            failed = f"its environment could not be made ({' '.join(str(error).split())})"
            (folder / name / ".installed").unlink(missing_ok=True)
    return Made(lacking=dict.fromkeys(PACKAGES[name], failed), unmade=set(PACKAGES[name]))


def _made(name: str, folder: Path, constraints: Path) -> Made:
    place, made = folder / name, Made()
    made.lacking = {tool: why for tool in PACKAGES[name] if (why := too_new(tool))}
    missing = [tool for tool in PACKAGES[name] if tool not in (*_state(place), *made.lacking)]
    if not missing:
        return made
    if not _state(place):
        venv.create(place, with_pip=True, clear=True)
        packages = next((place / "lib").glob("python*")) / "site-packages"
        lines = [f"import site; site.addsitedir({path!r})" for path in _shared()]
        (packages / "zz_shared.pth").write_text("\n".join(lines) + "\n")
    why = _pip(place, constraints, name, missing)
    if UNREACHABLE.search(why):
        made.offline = True
        made.lacking |= dict.fromkeys((tool for tool in missing if PACKAGES[name][tool]), "no package index answers")
    elif why:  # one package may be missing: the other tools can be had without it
        for tool in missing:
            if alone := _pip(place, constraints, name, [tool]):
                made.lacking[tool] = alone
    usable = _importable(place, [tool for tool in missing if tool not in made.lacking])
    made.lacking |= {tool: said for tool, said in usable.items() if said}
    installed = [*_state(place), *(tool for tool, said in usable.items() if not said)]
    (place / ".installed").write_text(json.dumps({"of": _signature(name), "tools": installed}) + "\n")
    return made


def _state(place: Path) -> list[str]:
    """The tools that an environment has; none if it was made of other packages, or beside another torch."""
    try:
        state = json.loads((place / ".installed").read_text())
        tools: list[str] = state["tools"] if state["of"] == _signature(place.name) else []
    except (OSError, ValueError, TypeError, KeyError):
        return []
    return tools


def _signature(name: str) -> list[str]:
    """What an environment is made of."""
    versions = [f"{each} {importlib.metadata.version(each)}" for each in ("torch", "torchvision")]
    return [json.dumps(PACKAGES[name]), sys.version.split()[0], *_shared(), *versions]


def _shared() -> list[str]:
    return [path for path in site.getsitepackages() if Path(path).is_dir()]


def _shared_versions() -> dict[str, str]:
    """What pip may not replace, and the versions that constraints.txt names for the rest."""
    lines = (HERE.parents[1] / "constraints.txt").read_text(encoding="utf-8").splitlines()
    named = dict(line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    present = {item.metadata["Name"]: item.version for item in importlib.metadata.distributions()}
    own = {"pip", "setuptools", "wheel", "explainer"}
    return {name.lower(): version for name, version in (named | present).items() if name.lower() not in own}


def _pip(place: Path, constraints: Path, name: str, tools: list[str]) -> str:
    """Install what these tools need; what pip complains of, or nothing."""
    wanted = list(dict.fromkeys(" ".join(PACKAGES[name][tool] for tool in tools).split()))
    own = {item.split("==")[0] for item in wanted}  # torchstat has a numpy of its own
    allowed = place / "constraints.txt"
    kept = [line for line in constraints.read_text().splitlines() if line.split("==")[0] not in own]
    allowed.write_text("\n".join(kept) + "\n")
    install = [str(place / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    install += ["--no-input", "--retries", "2", "--timeout", "60"]
    # DeepSpeed compiles nothing; the packages that need torch to be built find the shared one.
    build = ["--no-build-isolation", "--only-binary", "numpy,pandas", "-c", str(allowed)]
    for step in (["setuptools", "wheel"], [*build, *wanted]):
        if not wanted:
            break
        try:
            done = subprocess.run(
                [*install, *step],
                env={**os.environ, "DS_BUILD_OPS": "0"},
                capture_output=True,
                text=True,
                timeout=LIMIT,
            )
        except subprocess.TimeoutExpired:
            return "pip timed out"
        if done.returncode:
            return _complaint(done.stdout + done.stderr)
    return ""


def _complaint(said: str) -> str:
    """pip's own sentence: that the index does not answer, or the last error."""
    if away := UNREACHABLE.search(said):
        return away[0]
    errors = [line.partition(":")[2].strip() for line in said.splitlines() if line.lower().startswith("error:")]
    return errors[-1] if errors else "pip failed"


def _importable(place: Path, tools: list[str]) -> dict[str, str]:
    """Tool → why it cannot be imported, or nothing."""
    command = [str(place / "bin" / "python"), str(HERE / "run.py"), "--ready", *tools]
    done = subprocess.run(command, capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    why = (done.stderr.splitlines() or ["it could not be imported"])[-1]
    return {**dict.fromkeys(tools, why), **{line["tool"]: line["lacks"] for line in lines}}


def main(arguments: list[str]) -> int:
    """Make them all; fail if there is no tool to ask."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--tool", action="append", choices=TOOLS)
    options = parser.parse_args(arguments)
    made = make(options.tool or TOOLS, options.folder.resolve())
    for sentence in made.sentences():
        print(sentence, file=sys.stderr)
    return 0 if made.ready else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
