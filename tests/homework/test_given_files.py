"""The reference, and what it only hands its model on from, are not among the files that a submission is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from explainer.comparison.sandbox.files import given_files

HANDS_ON = [
    "from solution import Net",
    "from solution import Net as Model\nNet = Model",
    "import solution\nNet = solution.Net",
    "from solution import *",
    "import solution as s\nglobals().update(vars(s))",
]


@pytest.mark.parametrize("name", ["Net", ""])
@pytest.mark.parametrize("text", HANDS_ON)
def test_what_a_reference_hands_on_is_not_given(text: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "reference.py").write_text(text)
    (tmp_path / "solution.py").write_text("class Net: pass")
    (tmp_path / "s.py").write_text("import reference, solution")
    assert set(given_files(tmp_path / "s.py", reference=tmp_path / "reference.py", name=name)) == {"s.py"}


def test_what_its_own_class_is_built_with_is_given(tmp_path: Path) -> None:
    (tmp_path / "reference.py").write_text("from kit import Block\nclass Net(Block): pass")
    (tmp_path / "kit.py").write_text("class Block: pass")
    (tmp_path / "s.py").write_text("import kit")
    assert set(given_files(tmp_path / "s.py", reference=tmp_path / "reference.py", name="Net")) == {"s.py", "kit.py"}
