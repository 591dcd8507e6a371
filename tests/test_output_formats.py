"""Output formats are a table: a file with a `FORMAT` is all that a new one needs."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from nets import walked
from torch import nn

from explainer import formats
from explainer.api import Explanation
from explainer.errors import UserError
from explainer.formats import table
from explainer.formats.base import Format
from explainer.formats.table import by_ending, endings
from explainer.render.files import check_target, ending_of

OURS = {".md": b"<!-- explainer", ".html": b"<!DOCTYPE html>", ".pdf": b"%PDF", ".json": b"{"}
LESSON = Explanation(walked(nn.Linear(3, 5), (2, 3)), ("en",))


def test_the_endings_in_their_order():
    """Ours as they are listed everywhere; a new one takes its place among them by its `order`."""
    assert [ending for ending in endings() if ending in OURS] == [".md", ".html", ".pdf", ".json"]
    assert all(ending == known.ending for ending, known in by_ending().items())


@pytest.mark.parametrize("ending", endings())
def test_each_writes_what_its_ending_says(ending, tmp_path):
    """Something, and the beginning that readers of our own formats look for."""
    path = tmp_path / f"lesson{ending.upper()}"
    LESSON.save(path)
    written = path.read_bytes()
    assert written and written.startswith(OURS.get(ending, b""))


@pytest.fixture
def plain_text(monkeypatch):
    """A file `a_strangers.py` in the package of the formats, and nothing else."""
    module = ModuleType("explainer.formats.a_strangers")
    module.FORMAT = Format(".strange", lambda lesson: "\n".join(map(str, lesson.document().title)).encode())
    monkeypatch.setitem(sys.modules, module.__name__, module)
    found = list(table.pkgutil.iter_modules(formats.__path__))
    monkeypatch.setattr(table.pkgutil, "iter_modules", lambda path: [*found, found[0]._replace(name="a_strangers")])
    by_ending.cache_clear()
    yield
    by_ending.cache_clear()


def test_a_new_file_is_a_new_format(plain_text, tmp_path, run, monkeypatch):
    LESSON.save(tmp_path / "lesson.strange")
    assert b"Linear" in (tmp_path / "lesson.strange").read_bytes()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text("from torch import nn\nnet = nn.Linear(3, 5)\n")
    assert run("net.py:net", "--input", "2,3", "-o", "x.strange").code == 0
    assert (tmp_path / "x.strange").exists()


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("x.txt", ".txt"),
        ("week.1.TEST.TXT", ".test.txt"),
        ("results.json", "results.json"),
        ("my_results.json", ""),
        ("test.txt", ".txt"),
        ("x.doc", ""),
        ("x", ""),
    ],
)
def test_the_longest_ending_that_fits_or_a_whole_name(name, ending):
    """As an export or a format of one file may have it: no table says how many dots there are."""
    assert ending_of(Path(name), (".txt", ".test.txt", "results.json")) == ending


def test_an_unknown_ending_names_the_known_ones(tmp_path):
    with pytest.raises(UserError) as raised:
        check_target(tmp_path / "x.doc", (".md", ".html", ".pdf"))
    assert raised.value.message.zh.endswith("文件名请以 .md、.html 或 .pdf 结尾。")
    assert raised.value.message.en.endswith("end the file name in .md, .html or .pdf.")
