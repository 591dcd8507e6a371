"""Every page of the documentation is there in both languages: as many headings of each level, the same commands, the same rows of figures."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path
    for path in (*(ROOT / "docs").glob("*.md"), ROOT / "README.md", *(ROOT / "examples").rglob("README.md"))
    if not path.name.endswith(".zh.md")
)


def twin(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".md") + ".zh.md")


def headings(text: str) -> Counter[int]:
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return Counter(len(found) for found in re.findall(r"^(#+) ", text, re.M))


def commands(text: str) -> list[str]:
    """What stands to be typed: the command, what it is done to, its options; names of files and words for options are each language's own."""
    lines = re.findall(r"^ {4}((?:explain|make|python|pip|git) .*)$|^((?:explain|make|python|pip|git) .*)$", text, re.M)
    kept = [re.sub(r"\s+#.*|--lang \S+", "", a or b).split() for a, b in lines]
    return sorted(" ".join([*line[:2], *(word for word in line[2:] if word.startswith("-"))]) for line in kept)


def test_no_page_is_alone():
    english = {twin(path) for path in PAGES}
    assert not [path.name for path in (ROOT / "docs").glob("*.zh.md") if path not in english]
    assert not [path.name for path in PAGES if not twin(path).exists()]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_and_its_twin(path):
    english, chinese = (one.read_text(encoding="utf-8") for one in (path, twin(path)))
    assert headings(english) == headings(chinese)
    assert commands(english) == commands(chinese)
