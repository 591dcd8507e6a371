"""What the documents name is there: modules and names in their code, packages and files in docs/architecture.md."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
CODE = [
    (page, number, text)
    for page in PAGES
    for number, text in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
]
ARCHITECTURE = [ROOT / "docs" / name for name in ("architecture.md", "architecture.zh.md")]
PACKAGES = {
    path.stem
    for path in (ROOT / "explainer").iterdir()
    if (path.suffix == ".py" or path.is_dir()) and not path.name.startswith("_")
}
FILES = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if ".venv" not in path.parts]


@pytest.mark.parametrize(("page", "number", "text"), CODE, ids=[f"{page.name}-{number}" for page, number, _ in CODE])
def test_what_a_page_s_code_imports_is_there(page, number, text):
    for node in ast.walk(ast.parse(text.replace("…", "..."))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "explainer":
            module = importlib.import_module(node.module)
            assert [name.name for name in node.names if not hasattr(module, name.name)] == []


@pytest.mark.parametrize("page", ARCHITECTURE, ids=lambda page: page.name)
def test_every_package_is_in_the_table_of_storeys_and_no_other(page):
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.count("|") == 4 and "·" in line]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[2])]
    assert len(named) == len(set(named))
    assert set(named) == PACKAGES


@pytest.mark.parametrize("page", ARCHITECTURE, ids=lambda page: page.name)
def test_every_package_is_described(page):
    text = page.read_text(encoding="utf-8")
    described = text[text.rindex("| `i18n`") :]
    assert {
        package for package in PACKAGES if f"`{package}`" not in described and f"**{package}**" not in described
    } == set()


@pytest.mark.parametrize("page", ARCHITECTURE, ids=lambda page: page.name)
def test_every_file_and_folder_that_it_names_exists(page):
    """`ideas/attention*.py` may stand for several; a name alone is that of a file somewhere."""
    wanted = {
        name
        for name in re.findall(r"`([\w*./-]+)`", page.read_text(encoding="utf-8"))
        if re.search(r"\.(py|toml|css|md)$|^\w[\w/]*/$", name)
    }
    assert wanted
    missing = {name for name in wanted if not any(map(_of_name(name).search, FILES))}
    assert missing == set()


def _of_name(name: str) -> re.Pattern[str]:
    return re.compile("(^|/)" + re.escape(name.rstrip("/")).replace(re.escape("*"), "[^/]*") + "$")
