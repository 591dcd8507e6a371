"""docs/sandbox*.md say the numbers that the code goes by."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sandbox_page", ROOT / "tools" / "sandbox_page.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_is_current(lang: str) -> None:
    tool = _tool()
    text = (ROOT / tool.PAGES[lang]).read_text(encoding="utf-8")
    assert tool.page(text, lang) == text, f"{tool.PAGES[lang]} is out of date: run tools/sandbox_page.py"
    assert f"{tool.Limits().cpu_seconds}" in text
