"""Homework needs no torch: its modules are imported, and its work done from a file, with torch, numpy and sympy blocked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from nets import zoo_walk

from explainer.walkthrough.file.write import to_plain

BLOCK = """
import importlib, json, pkgutil, sys
from pathlib import Path

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "torchvision", "numpy", "sympy"}:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
"""
IMPORT = """
import explainer.homework
for module in pkgutil.walk_packages(explainer.homework.__path__, "explainer.homework."):
    importlib.import_module(module.name)
    print(module.name)
"""
WORK = """
from explainer.walkthrough.file.read import from_plain
from explainer.homework.classroom.grade_class import Outputs, check_folder
from explainer.homework.grading.grade import grade
from explainer.homework.questions import find
from explainer.homework.worksheets.answer_key import write_key
from explainer.homework.worksheets.exports.formats import EXPORTS, exported
from explainer.homework.worksheets.files import write_sheet
from explainer.homework.worksheets.lookup_sheet import write_lookup
from explainer.homework.worksheets.make import make_sheet

here = Path(sys.argv[1])
walk = from_plain(json.loads((here / "walk.json").read_bytes()))
sheet = make_sheet(walk, count=8, seed=3, styles="mixed")
for ending in (".md", ".html", ".csv"):
    write_sheet(sheet, here / f"sheet{ending}", ("zh", "en"))
write_key(sheet, here / "key.md", ("zh",))
write_lookup(sheet, here / "lookup.md", ("en",))
for export in EXPORTS.values():
    graded = [grade(item.question, "12") for item in sheet.items] if export.of_results else None
    assert exported(sheet, export.key, ("zh",), graded=graded)
right = grade(find(walk, "features.0.params"), "(3*3*3+1)*64=1792")
wrong = grade(find(walk, "features.0.params"), "1728")
result = check_folder(here / "sent", walk, Outputs(here / "grades.csv", here / "pages", here / "summary.md"), ("en",), jobs=1)
print(json.dumps({
    "verdicts": [right.verdict, wrong.verdict, wrong.mistakes[0].id],
    "scores": [one.score for one in result.marked],
    "sheet": sheet.id,
    "loaded": sorted({name.partition(".")[0] for name in sys.modules} & {"torch", "torchvision", "numpy", "sympy"}),
}))
"""


def run(code: str, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-c", BLOCK + code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_every_module_of_homework_is_imported_without_torch() -> None:
    found = run(IMPORT).split()
    files = (Path(__file__).parents[2] / "explainer" / "homework").rglob("*.py")
    assert len(found) == sum(1 for _ in files) - 1  # the package itself


def test_homework_of_a_file_without_torch(tmp_path: Path) -> None:
    (tmp_path / "walk.json").write_text(json.dumps(to_plain(zoo_walk("vgg16"))))
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / "1_A.csv").write_text("question,answer\nfeatures.0.params,1792\nfeatures.2.params,36928\n")
    (tmp_path / "sent" / "2_B.csv").write_text("question,answer\nfeatures.0.params,1728\nfeatures.2.params,36928\n")
    said = json.loads(run(WORK, str(tmp_path)))
    assert said["verdicts"] == ["correct", "wrong", "bias.forgotten"]
    assert said["scores"] == [2.0, 1.0]
    assert said["loaded"] == []
    assert said["sheet"] in (tmp_path / "sheet.md").read_text() and (tmp_path / "summary.md").exists()
