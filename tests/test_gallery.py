"""The printed handouts in examples/handouts are those that `explain` makes today; `make handouts` makes them anew."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
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


MIXTRAL = [
    "97.11%",
    "46.70",
    "12.88",
    "4096",
    "14,336",
    "32,000",
    "32,768",
    "41,943,040",
    "1,409,286,144",
    "352,321,536",
    "1,451,270,144",
    "394,305,536",
    "8192",
    "46,702,792,704",
    "12,879,925,248",
]


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler-utils are not installed")
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_figure_of_mixtral_is_printed(lang: str):
    """What a lecturer would write on the board; made anew, its 256 experts take a minute."""
    page = handouts.FOLDER / f"{handouts.name_of('mixtral', lang)}.pdf"
    text = subprocess.run(["pdftotext", "-layout", page, "-"], capture_output=True, text=True, check=True).stdout
    missing = [one for one in MIXTRAL if not re.search(rf"(?<![\d,.]){re.escape(one)}(?![\d]|,\d)", text)]
    assert not missing
