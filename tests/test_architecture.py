"""The rules of the house: which package may import which, where models run, and what a file may be. No exceptions.

Every import counts, also under TYPE_CHECKING and inside functions. `lint-imports` reads the same layers from
pyproject.toml.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import explainer

HOME = Path(explainer.__file__).parent

GROUND = {"i18n", "errors", "plain_file", "unused_code", "collector", "memory", "vocabulary", "formula", "walkthrough"}
TORCH = {"lean_torch", "tracing", "source", "rules", "derive", "measure", "counters", "probing", "recognition"}
READERS = {"cost", "document", "lesson", "render", "figures", "ledger", "export", "homework"}
ROOF = {
    "options",
    "cache",
    "known_sizes",
    "torch_missing",
    "targets",
    "drawing",
    "formats",
    "api",
    "explanation",
    "measuring",
    "family",
    "what_if",
    "relatives",
    "testing",
    "comparison",
    "cli",
    "__init__",
    "__main__",
}
HEAVY = {"torch", "torchvision", "numpy", "sympy"}

# Each storey from the bottom up: a package imports those of the lines below its own, never one beside it.
STOREYS = (
    (
        ("i18n", "collector", "memory"),
        ("errors", "plain_file", "unused_code"),
        ("formula",),
        ("vocabulary",),
        ("walkthrough",),
    ),
    (
        ("lean_torch",),
        ("tracing", "source"),
        ("rules",),
        ("derive",),
        ("measure", "counters", "probing"),
        ("recognition",),
    ),
    (
        ("cost",),
        ("document",),
        ("lesson", "render"),
        ("figures",),
        ("ledger",),
        ("export", "homework"),
    ),
)


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(HOME.rglob("*.py")):
        parts = path.relative_to(HOME.parent).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = dict(modules())


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


@cache
def imports(name: str) -> tuple[tuple[str, str, int], ...]:
    """(module, name taken from it or "", line) of every import in a module, wherever it stands."""
    found = []
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found += [(alias.name, "", node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno}: a relative import"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                taken = (whole, "") if whole in MODULES else (node.module or "", alias.name)
                found.append((*taken, node.lineno))
    return tuple(found)


def package(module: str) -> str:
    """`explainer.render.html.page` → `render`; the root's own name is `__init__`."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def inner() -> Iterator[tuple[str, str, str, int]]:
    """(module, module that it imports, name, line), within explainer."""
    for name in MODULES:
        for target, taken, line in imports(name):
            if target.split(".")[0] == "explainer":
                yield name, target, taken, line


def storeys_broken() -> Iterator[str]:
    for name, target, _, line in inner():
        here, there = package(name), package(target)
        if here == there or here in ROOF:
            continue
        where = f"{name}:{line} imports {target}"
        if there in ROOF:
            yield f"{where}: up to the roof"
        elif here in GROUND and there not in GROUND:
            yield f"{where}: the ground stands on nothing"
        elif here in TORCH and there in READERS:
            yield f"{where}: torch's storey knows no readers"
        elif here in READERS and there in TORCH:
            yield f"{where}: readers know only the ground"


def lines_broken() -> Iterator[str]:
    for storey in STOREYS:
        level = {member: number for number, line in enumerate(storey) for member in line}
        for name, target, _, line in inner():
            here, there = package(name), package(target)
            if here != there and here in level and there in level and level[there] >= level[here]:
                yield f"{name}:{line} imports {target}: not below {here}"


def heavy_imports() -> Iterator[str]:
    for name in MODULES:
        if package(name) in GROUND | READERS:
            for target, _, line in imports(name):
                if target.split(".")[0] in HEAVY:
                    yield f"{name}:{line} imports {target}"


def loops() -> Iterator[str]:
    """Strongly connected components of the files (Tarjan), of the packages, and of the packages inside homework."""
    for graph in (file_graph(), package_graph(), homework_graph()):
        for component in components(graph):
            if len(component) > 1:
                yield " ↔ ".join(sorted(component))


def file_graph() -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {name: set() for name in MODULES}
    for name, target, _, _ in inner():
        if target in MODULES and target != name:
            graph[name].add(target)
    return graph


def package_graph() -> dict[str, set[str]]:
    graph: dict[str, set[str]] = defaultdict(set)
    for name, target, _, _ in inner():
        if package(name) != package(target) and "__init__" not in (package(name), package(target)):
            graph[package(name)].add(package(target))
            graph[package(target)] |= set()
    return graph


def homework_graph() -> dict[str, set[str]]:
    """Which package of homework imports which; the files beside them are no package."""
    graph: dict[str, set[str]] = {
        path.name: set() for path in (HOME / "homework").iterdir() if (path / "__init__.py").exists()
    }
    for name, target, _, _ in inner():
        here, there = (module.removeprefix("explainer.homework.").split(".")[0] for module in (name, target))
        if here in graph and there in graph and here != there and ".homework." in name and ".homework." in target:
            graph[here].add(there)
    assert graph["grading"] and graph["worksheets"]  # it sees what there is
    return graph


def components(graph: dict[str, set[str]]) -> Iterator[set[str]]:
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(node: str) -> None:
        number[node] = low[node] = len(number)
        stack.append(node)
        for other in graph[node]:
            if other not in number:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == number[node]:
            at = stack.index(node)
            found.append(set(stack[at:]))
            del stack[at:]

    for node in graph:
        if node not in number:
            visit(node)
    yield from found


def private_names_abroad() -> Iterator[str]:
    for name, target, taken, line in inner():
        private = taken.startswith("_") or any(part.startswith("_") for part in target.split(".")[1:])
        if private and not taken.startswith("__") and package(name) != package(target):
            yield f"{name}:{line} takes {taken or target} from {target}"


def busy_inits() -> Iterator[str]:
    """An `__init__` has a docstring, imports and `__all__`; the root's also `__getattr__` and the table that it reads."""
    for name, path in MODULES.items():
        if path.name != "__init__.py":
            continue
        for node in tree(name).body:
            lazy = name == "explainer" and (
                (isinstance(node, ast.FunctionDef) and node.name == "__getattr__") or is_assigned(node, "_HOME")
            )
            guard = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if not (
                text or lazy or guard or isinstance(node, ast.Import | ast.ImportFrom) or is_assigned(node, "__all__")
            ):
                yield f"{name}:{node.lineno} {ast.unparse(node).splitlines()[0]}"


def is_assigned(node: ast.stmt, name: str) -> bool:
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AugAssign | ast.AnnAssign)
        else []
    )
    return [ast.unparse(target).split("[")[0] for target in targets] == [name]


RUNNERS = {
    "tracing",
    "measure",
    "counters",
    "recognition",
    "testing",
}  # testing asks torch itself, beside what we trace
RUNS = {"FlopCounterMode", "on_meta", "run_again", "register_forward_hook"}


def models_run_elsewhere() -> Iterator[str]:
    """Whoever runs a model to see what it does counts it, hooks it or uses a runner of ours. (Building is source's.)"""
    for name in MODULES:
        if package(name) in RUNNERS:
            continue
        for node in ast.walk(tree(name)):
            called = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            if called in RUNS:
                yield f"{name}:{node.lineno} {called}"


def rebuilding_elsewhere() -> Iterator[str]:
    for name in MODULES:
        if package(name) != "formula":
            for node in ast.walk(tree(name)):
                if isinstance(node, ast.Attribute) and node.attr == "rebuilt":
                    yield f"{name}:{node.lineno} rebuilds an expression"


RULES = {
    "storeys": storeys_broken,
    "lines": lines_broken,
    "heavy": heavy_imports,
    "loops": loops,
    "private": private_names_abroad,
    "inits": busy_inits,
    "runs": models_run_elsewhere,
    "rebuilds": rebuilding_elsewhere,
}


@pytest.mark.parametrize("of_the_house", RULES.values(), ids=RULES)
def test_the_rule_holds(of_the_house):  # no rule of a layer: `make rule` collects every file that has one as "rule"
    assert list(of_the_house()) == []


def test_every_package_has_its_storey():
    found = {package(name) for name in MODULES}
    assert found <= GROUND | TORCH | READERS | ROOF
    assert {member for storey in STOREYS for line in storey for member in line} == GROUND | TORCH | READERS


BLOCK = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {heavy!r}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Blocked())
import importlib
for name in {names!r}:
    importlib.import_module(name)
"""


@pytest.mark.parametrize("place", sorted(GROUND | READERS))
def test_it_is_imported_without_torch(place):
    names = [name for name in MODULES if package(name) == place]
    done = subprocess.run(
        [sys.executable, "-c", BLOCK.format(heavy=HEAVY, names=names)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr.splitlines()[-1]


if __name__ == "__main__":  # a table of what is still to be done
    for title, rule in RULES.items():
        broken = list(rule())
        print(f"\n== {title}: {len(broken)}", *broken, sep="\n")


def test_what_does_not_count_makes_no_walkthrough():
    """Whatever is imported on the way from a name to a walkthrough is part of the key."""
    from explainer.cache import keys

    graph, reached, todo = file_graph(), set(), {"explainer.targets"}
    while todo:
        name = todo.pop()
        reached.add(name)
        todo |= graph[name] - reached
    assert {"derive", "rules", "walkthrough", "tracing", "source"} <= {package(name) for name in reached}
    assert {package(name) for name in reached} & keys._READERS == {"cache"}
