"""The one list of what strangers write, through every output: terminal, CSV, XLSX, HTML, PDF, GIFT, QTI, Moodle XML, JSON, logs."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path

import outputs_read as outputs
import pytest
import torch
from markdown_it import MarkdownIt
from strings import HOSTILE
from torch import nn

from explainer.api import Explanation, explain
from explainer.cli.console import main
from explainer.derive.pipeline import walk_model
from explainer.formats.table import by_ending
from explainer.homework.classroom.one_file import check_file, lines
from explainer.homework.classroom.outputs import rendered
from explainer.homework.classroom.record import Marked
from explainer.homework.grading.grade import grade
from explainer.homework.worksheets.exports.formats import EXPORTS, exported
from explainer.homework.worksheets.make import make_sheet
from explainer.homework.worksheets.sheet import Sheet
from explainer.i18n.bilingual import Lang
from explainer.i18n.printable import json_text

BOTH: tuple[Lang, Lang] = ("zh", "en")
# What a module may be called: anything without a full stop.
NAMES = [text.replace(".", "·") for text in HOSTILE if text.replace(".", "·").strip()]


class Hostile(nn.Sequential):
    """A layer of every name, and a class called as the first of them."""

    def __init__(self) -> None:
        super().__init__()
        for name in NAMES:
            self.add_module(name, nn.Conv2d(1, 1, 1))


@pytest.fixture(scope="module")
def lesson() -> Explanation:
    model = Hostile()
    type(model).__name__ = HOSTILE[0]
    try:
        return explain(model, (1, 1, 4, 4), lang="zh,en", detail="full", show="all", name=HOSTILE[1])
    finally:
        Hostile.__name__ = "Hostile"


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    size = torch.empty(1, 1, 4, 4, device="meta")
    walk = walk_model(Hostile(), (size,), {}, name=HOSTILE[0], source=HOSTILE[1])
    return make_sheet(walk, count=2 * len(NAMES), seed=3, styles="mixed", model=HOSTILE[1])


def _read(ending: str, data: bytes) -> None:
    match ending:
        case ".html":
            outputs.html(data.decode())
        case ".pdf":
            outputs.pdf(data)
        case ".xlsx":
            outputs.xlsx(data)
        case ".csv":
            outputs.spreadsheet_csv(data)
        case ".json":
            outputs.plain_json(data)
        case _:
            outputs.terminal(data.decode())


@pytest.mark.parametrize("ending", by_ending())
def test_a_lesson_in_every_format(ending: str, lesson: Explanation, tmp_path: Path) -> None:
    lesson.save(tmp_path / f"x{ending}")
    _read(ending, (tmp_path / f"x{ending}").read_bytes())


def test_a_lesson_on_a_terminal(lesson: Explanation) -> None:
    from rich.console import Console

    from explainer.render.terminal import print_document

    screen = io.StringIO()
    print_document(lesson.document(), Console(file=screen, width=200, force_terminal=False))
    outputs.terminal(lesson.to_markdown())
    outputs.terminal(screen.getvalue())


@pytest.mark.parametrize("fmt", EXPORTS)
def test_a_worksheet_for_every_platform(fmt: str, sheet: Sheet) -> None:
    graded = [grade(sheet.items[0].question, text) for text in HOSTILE]
    data = exported(sheet, fmt, BOTH, graded=graded)
    if data[:2] == b"PK":
        outputs.archive(data)
    elif fmt == "moodle":
        assert "script" not in outputs.xml(data)
    elif fmt == "gift":  # Moodle takes the backslashes away, leaves the comments out, and shows the rest as a page
        told = [line for line in data.decode().replace("\\", "").splitlines() if not line.startswith("//")]
        outputs.html("\n".join(told), ours=frozenset())
    elif data[:1] != b"{":  # a text format; what its reader shows as a page is its own to test
        outputs.terminal(data.decode())
    else:
        found = outputs.plain_json(data)
        for cell in found.get("cells", ()):
            if cell["cell_type"] == "markdown":
                outputs.html(MarkdownIt("commonmark").render("".join(cell["source"])), ours=frozenset())


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_worksheet_with_its_key_and_table(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = text.replace(".", "·") or "x"
    (tmp_path / "net.py").write_text(
        "from torch import nn\nclass Net(nn.Sequential):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.add_module({name!a}, nn.Conv2d(1, 2, 3))\n        self.add_module('x', nn.ReLU())\nEXAMPLE_INPUT = (1, 1, 5, 5)\n"
    )
    target = f"{tmp_path / 'net.py'}:Net"
    assert main(
        ["worksheet", target, "--lang", "en", "-n", "2", "-o", str(tmp_path / "w.html"), "-o", str(tmp_path / "w.csv")]
    ) in (0, 2)
    assert main([target, "--lang", "en", "--debug"]) in (0, 1)
    said = capsys.readouterr()
    outputs.terminal(said.out + said.err)
    for path in tmp_path.iterdir():
        if path.suffix in (".html", ".csv"):
            _read(path.suffix, path.read_bytes())


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory, vgg16) -> list[Marked]:
    """One student a string: it is the answer, the name, the number, the sheet, a question."""
    folder, found = tmp_path_factory.mktemp("sent"), []
    for at, text in enumerate(HOSTILE):
        path = folder / f"{at}.json"
        told = {
            "学号": text,
            "姓名": text,
            "sheet": text,
            "features.0.params": text,
            text: text,
            "features.2.params": "1",
        }
        path.write_bytes(json.dumps(told).encode())
        found += check_file(path, vgg16)[0]
    return found


def test_students_on_a_terminal(answered: list[Marked]) -> None:
    for one in answered:
        for lang in BOTH:
            outputs.terminal("\n".join(lines(one, lang)))


@pytest.mark.parametrize("ending", [".md", ".html", ".pdf"])
def test_students_on_pages(ending: str, answered: list[Marked]) -> None:
    from explainer.homework.classroom.feedback import feedback
    from explainer.homework.classroom.summary import summary

    pages = [feedback(one, BOTH, lambda marked, answer: None) for one in answered]
    each = {".md": 1, ".html": 3, ".pdf": 6}[ending]  # one text in two languages takes long to lay out
    for document in (*pages[::each], summary(answered, BOTH, {})):
        _read(ending, rendered(document, ending))


def test_students_in_tables(answered: list[Marked]) -> None:
    from explainer.homework.classroom.gradebook import table, to_csv, to_xlsx

    for lang in BOTH:
        outputs.spreadsheet_csv(to_csv(table(answered, lang)))
        outputs.xlsx(to_xlsx(table(answered, lang), "grades"))


def test_one_text_asked_about(tmp_path: Path, vgg16, capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    """`ask` and `which`, with --debug, whose log has them as well."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    logging.getLogger("explainer").addHandler(handler)
    for text in HOSTILE:
        given = text if not text.startswith("-") else f" {text}"
        for arguments in (
            ["ask", "vgg16", "features.0.params", given],
            ["ask", "vgg16", given, "1"],
            ["which", "vgg16", given],
        ):
            assert main([*arguments, "--lang", "en", "--debug"] if "\x00" not in given else ["list"]) in (0, 1, 2, 3)
    logging.getLogger("explainer").removeHandler(handler)
    said = capsys.readouterr()
    outputs.terminal(said.out)
    outputs.terminal("\n".join(line for line in said.err.splitlines() if not line.startswith((" ", "Traceback"))))
    outputs.terminal(log.getvalue())


def test_what_is_saved_for_a_program(answered: list[Marked]) -> None:
    for one in answered:
        for lang in BOTH:
            told = one.to_dict(lang)
            assert outputs.plain_json(json_text(told).encode()) == json.loads(json.dumps(told))


def test_the_checks_themselves_find_what_acts() -> None:
    """A test that could not fail would say nothing."""
    for bad in ("\x1b[31m", "\u202e", "\x9b", "\u2028"):
        with pytest.raises(AssertionError):
            outputs.terminal(bad)
    for bad in ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '<a href="javascript:alert(1)">x</a>'):
        with pytest.raises(AssertionError):
            outputs.html(bad)
    for bad in ("=1+1", "＝1", "@SUM(1)", "\t=1"):
        with pytest.raises(AssertionError):
            outputs.spreadsheet_csv(bad.encode())
