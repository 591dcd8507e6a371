"""One word for one thing: in the head of every table of every kind of document, multiply-accumulates are 计算量（乘加） and MACs."""

import re
import sys
from importlib import import_module
from pathlib import Path

import pytest

from explainer.explanation import Explanation
from explainer.render.markdown import to_markdown

HEAD = re.compile(r"^\|(.+)\|\n\|(?: :?-+:? \|)+$", re.MULTILINE)
MEANT = re.compile(r"计算|乘加|运算|FLOP|MAC|multipl", re.IGNORECASE)
KINDS = ("handout", "lesson", "ledger", "sheet", "key", "feedback", "summary", "comparison")


@pytest.fixture(scope="module")
def documents(vgg16, resnet18):
    """Those of ResNet-18, as the sweep makes them (`benchmarks/overflow.py`)."""
    folder = str(Path(__file__).parents[1] / "benchmarks")
    sys.path.insert(0, folder)
    try:
        made = import_module("overflow").documents
    finally:
        sys.path.remove(folder)
    return made(Explanation(resnet18, ("zh",)), Explanation(vgg16, ("zh",)))


@pytest.mark.parametrize("kind", KINDS)
def test_multiply_accumulates_have_one_name_in_the_heads_of_tables(documents, kind):
    for lang, word in (("zh", "计算量（乘加）"), ("en", "MACs")):
        heads = HEAD.findall(to_markdown(documents[kind]((lang,))))
        cells = [cell.strip() for head in heads for cell in re.split(r"(?<!\\)\|", head)]
        meant = [cell for cell in cells if MEANT.search(cell)]
        assert all(word in cell for cell in meant), meant
        assert meant or kind not in ("handout", "lesson", "comparison")
