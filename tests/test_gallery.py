"""The printed handouts in examples/handouts are those that `explain` makes today; `make handouts` makes them anew."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("handouts", Path(__file__).parent.parent / "tools" / "handouts.py")
assert SPEC is not None and SPEC.loader is not None
handouts = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(handouts)
RECORD = json.loads(handouts.RECORD.read_text())


@pytest.mark.parametrize(("model", "lang"), [("vgg16", "zh"), ("unet", "en"), ("lstm", "zh,en")])
def test_the_gallery_is_not_stale(model: str, lang: str, tmp_path: Path):
    made = tmp_path / "x.md"
    handouts.explained(model, lang, made)
    assert handouts.hash_of(made.read_text(encoding="utf-8")) == RECORD[handouts.name_of(model, lang)], "make handouts"


def test_every_handout_is_there_and_no_other():
    names = {handouts.name_of(model, lang) for model in handouts.GALLERY for lang in handouts.LANGUAGES}
    assert names == set(RECORD) == {path.stem for path in handouts.FOLDER.glob("*.pdf")}
