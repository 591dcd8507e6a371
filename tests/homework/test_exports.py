"""Each export is read back by a program that we did not write (pyslet for QTI, gift-pegjs for GIFT, moodle_xml_parser and
amc2moodle for Moodle XML, nbformat, gslocal for Gradescope), and says there what the sheet says."""

import io
import json
import re
import shutil
import subprocess
import sys
import types
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import torch
from torch import nn

from explainer.derive.pipeline import walk_model
from explainer.drawing import topic_sheet
from explainer.errors import UserError
from explainer.homework.grading.result import Graded
from explainer.homework.mistakes.explanation import Diagnosis
from explainer.homework.question import Question
from explainer.homework.questions import find, questions
from explainer.homework.worksheets.distractors import wrong_values
from explainer.homework.worksheets.exports.base import Export
from explainer.homework.worksheets.exports.content import content, contents
from explainer.homework.worksheets.exports.formats import EXPORTS, FORMATS, export, exported, found_exports
from explainer.homework.worksheets.exports.gift import escaped
from explainer.homework.worksheets.exports.gradescope import results
from explainer.homework.worksheets.exports.tolerance import Mode, Tolerance, decimal, parse_tolerance
from explainer.homework.worksheets.make import make_sheet
from explainer.homework.worksheets.sheet import Item, Sheet
from explainer.i18n.bilingual import Bi, Lang

BOTH: tuple[Lang, Lang] = ("zh", "en")
EVIL = "<script>alert(1)</script>&amp;]]>{~=#:}\\*`\"'\x07\u202e"


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    """Numbers, shapes, formulas and choices."""
    return topic_sheet(["conv", "batchnorm", "linear", "pool"], count=12, seed=7, styles="mixed")


@pytest.fixture(scope="module")
def evil() -> Sheet:
    """A model whose names try everything."""
    model = nn.Sequential()
    model.add_module(EVIL, nn.Conv2d(3, 8, 3))
    model.add_module("{=%100%x#}", nn.Linear(6, 5))
    walk = walk_model(model, (torch.empty(1, 3, 8, 8, device="meta"),), {}, name=EVIL, source="x")
    return make_sheet(walk, count=12, seed=3, styles="mixed", model="net.py:Net")


def _zip(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


GIFT_READER = Path(__file__).parents[2] / "build" / "readers" / "node_modules" / "gift-pegjs"


def _gift(data: bytes) -> list[dict[str, Any]]:
    node = shutil.which("node")
    if node is None or not GIFT_READER.is_dir():
        pytest.skip("gift-pegjs is missing: make test installs it where npm is there")
    reader = Path(__file__).parent / "readers" / "read_gift.js"
    run = subprocess.run([node, str(reader), str(GIFT_READER)], input=data, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()[:2000]
    found: list[dict[str, Any]] = json.loads(run.stdout)
    return found


def test_the_sheet_has_every_form(sheet: Sheet) -> None:
    assert {one.form for one in contents(sheet)} == {"number", "text", "choice"}
    assert any(one.wrong for one in contents(sheet))


# QTI 2.1: pyslet reads the items and does their response processing.


def _attempt(item: Any, answer: str) -> tuple[float, set[str]]:
    from pyslet.qtiv2.variables import ItemSessionState

    state = ItemSessionState(item)
    state.begin_session()
    state.map["RESPONSE"].set_value(answer)
    state.end_attempt()
    return state["SCORE"].value, set(state["FEEDBACK"].value)


def _items(data: bytes) -> dict[str, Any]:
    import pyslet.imsqtiv2p1 as reader

    items = {}
    for name, text in _zip(data).items():
        if name.startswith("q"):
            document = reader.QTIDocument()
            document.read(src=io.BytesIO(text))
            items[document.root.identifier] = document.root
    return items


def test_qti21_items_score_as_they_should(sheet: Sheet) -> None:
    items = _items(exported(sheet, "qti21", BOTH))
    assert list(items) == [f"q{i}" for i in range(1, 13)]
    for one in contents(sheet):
        item = items[one.ident]
        if one.form == "choice":
            for option in one.options:
                score, shown = _attempt(item, option.ident)
                assert score == (float(one.points) if option.right else 0)
                assert shown == {"right" if option.right else option.ident, "solution"}
        elif one.form == "number":
            assert _attempt(item, str(one.value)) == (float(one.points), {"right", "solution"})
            for at, wrong in enumerate(one.wrong, start=1):
                assert _attempt(item, str(wrong.value)) == (0, {f"wrong{at}", "solution"})
        else:
            for form in one.accepted:
                assert _attempt(item, form)[0] == float(one.points), form
            assert _attempt(item, "[1, 2]")[0] == 0


def _single(question: Question, sheet: Sheet, points: int = 1) -> Sheet:
    return Sheet("x", Bi("题", "sheet"), (Item(1, question, "number", points),), sheet.source, (question.walk,))


@pytest.mark.parametrize(
    ("tolerance", "good", "bad"),
    [
        ("0", ["129024"], ["129023", "129025"]),
        ("10", ["129014", "129034"], ["129013", "129035"]),
        ("0.5%", ["128379", "129669"], ["128378", "129670"]),
        ("3sf", ["129000", "129499", "128501"], ["128499", "129500"]),
    ],
)
def test_qti21_tolerances(sheet: Sheet, tolerance: str, good: list[str], bad: list[str]) -> None:
    walk = walk_model(nn.Linear(1008, 128, bias=False), (torch.empty(1, 1008),), {}, name="Net", source="x")
    only = _single(find(walk, "total.params"), sheet)
    assert contents(only)[0].value == 129024
    item = _items(exported(only, "qti21", tolerance=tolerance))["q1"]
    assert [_attempt(item, answer)[0] for answer in good] == [1] * len(good)
    assert [_attempt(item, answer)[0] for answer in bad] == [0] * len(bad)


def test_qti21_package_lists_what_is_in_it(sheet: Sheet) -> None:
    files = _zip(exported(sheet, "qti21"))
    manifest = ElementTree.fromstring(files["imsmanifest.xml"])
    spaces = {"cp": "http://www.imsglobal.org/xsd/imscp_v1p1"}
    named = {file.get("href") for file in manifest.iterfind(".//cp:file", spaces)}
    assert named == set(files) - {"imsmanifest.xml"}
    idents = {resource.get("identifier") for resource in manifest.iterfind(".//cp:resource", spaces)}
    assert {need.get("identifierref") for need in manifest.iterfind(".//cp:dependency", spaces)} <= idents

    import pyslet.imsqtiv2p1 as reader

    test = reader.QTIDocument()
    test.read(src=io.BytesIO(files["test.xml"]))
    assert type(test.root).__name__ == "AssessmentTest"


# QTI 1.2: pyslet's reader of version 1.


def test_qti12_is_read_by_pyslet(sheet: Sheet) -> None:
    """Its reader has a class for every element of version 1.2, and takes each only where it may stand."""
    import pyslet.imsqtiv1p2p1 as reader
    from pyslet.xml.structures import Element

    namespace = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
    ElementTree.register_namespace("", namespace)
    written = ElementTree.fromstring(_zip(exported(sheet, "qti12", BOTH))["sheet/sheet.xml"])
    alone = ElementTree.Element(f"{{{namespace}}}questestinterop")  # pyslet's own sections cannot be walked
    alone.extend(written.findall(f".//{{{namespace}}}item"))
    document = reader.QTIDocument()
    document.read(src=io.BytesIO(ElementTree.tostring(alone)))
    seen = list(document.root.find_children_depth_first(Element))
    kinds = [type(element).__name__ for element in seen]
    assert kinds.count("Item") == 12 and kinds.count("ResProcessing") == 12
    assert len(seen) == sum(1 for _ in alone.iter()) - 1
    assert not [kind for kind in kinds if kind in ("Element", "QTIElement")], set(kinds)


def test_qti12_as_canvas_wants_it(sheet: Sheet) -> None:
    files = _zip(exported(sheet, "qti12", tolerance="0.5%"))
    q = {"q": "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"}
    items = ElementTree.fromstring(files["sheet/sheet.xml"]).findall(".//q:item", q)
    for item, one in zip(items, contents(sheet), strict=True):
        fields = {
            field.findtext("q:fieldlabel", None, q): field.findtext("q:fieldentry", None, q)
            for field in item.iterfind(".//q:qtimetadatafield", q)
        }
        kinds = {"number": "numerical_question", "text": "short_answer_question", "choice": "multiple_choice_question"}
        assert fields["question_type"] == kinds[one.form]
        assert Fraction(fields["points_possible"] or "") == Fraction(one.points)
        right = next(c for c in item.iterfind(".//q:respcondition", q) if c.find("q:setvar", q) is not None)
        given = [equal.text for equal in right.iterfind(".//q:varequal", q)]
        if one.form == "number":
            low, high = (Fraction(right.findtext(f".//q:{tag}", "", q)) for tag in ("vargte", "varlte"))
            assert given == [str(one.value)]
            assert (high - low) / 2 == abs(one.value or 0) * Fraction(1, 200) and (high + low) / 2 == one.value
        elif one.form == "choice":
            assert given == [option.ident for option in one.options if option.right]
        else:
            assert tuple(given) == one.accepted
        shown = {show.get("linkrefid") for show in item.iterfind(".//q:displayfeedback", q)}
        assert shown == {feedback.get("ident") for feedback in item.iterfind("q:itemfeedback", q)}


# GIFT: gift-pegjs.


def test_gift_is_read_by_gift_pegjs(sheet: Sheet) -> None:
    found = _gift(exported(sheet, "gift", ("zh",), tolerance="0.5%"))
    assert len(found) == 12
    for entry, one in zip(found, contents(sheet), strict=True):
        assert entry["title"] == " ".join(one.title.zh.split())
        assert one.code in entry["stem"]["text"]
        assert entry["globalFeedback"]["text"].endswith(" ".join(one.solution[-1].zh.split()))
        answers = entry["choices"]
        if one.form == "number":
            assert entry["type"] == "Numerical"
            right = answers[0]
            assert right["text"]["number"] == one.value
            assert right["text"]["range"] == pytest.approx(abs(one.value or 0) * 0.005)
            wrong = {(answer["text"]["number"], answer["weight"]) for answer in answers[1:]}
            assert wrong <= {(w.value, 0) for w in one.wrong}
        elif one.form == "choice":
            assert entry["type"] == "MC"
            assert [(answer["text"]["text"], answer["isCorrect"]) for answer in answers] == [
                (option.text.zh, option.right) for option in one.options
            ]
            assert [answer["feedback"]["text"] for answer in answers] == [
                " ".join(option.feedback.zh.split()) for option in one.options
            ]
        else:
            assert entry["type"] == "Short"
            # gift-pegjs leaves the second backslash, which keeps Moodle from taking * for any text
            assert [answer["text"]["text"].replace("\\*", "*") for answer in answers] == list(one.accepted)


@pytest.mark.parametrize(
    "text", [EVIL, "a=b~c#d{e}f:g\\h", "::x::", "// no comment", "\n\nx", "####", "%50%x", "[html]x"]
)
def test_gift_escapes(text: str) -> None:
    question = f"::t::{escaped('x ' + text)} {{=right #{escaped('y ' + text)}\n}}\n"
    [found] = _gift(question.encode())
    plain = " ".join(("x " + text).split())
    assert found["stem"]["text"] == plain
    assert found["choices"][0]["feedback"]["text"] == "y" + plain[1:]


# Moodle XML: moodle_xml_parser for multiple choice, amc2moodle for numbers.


def test_moodle_choices_are_read_by_moodle_xml_parser(sheet: Sheet) -> None:
    from moodle_xml_parser.parser import parse_string

    found = parse_string(exported(sheet, "moodle", ("en",)).decode().partition("?>")[2])["multichoice"]
    wanted = [one for one in contents(sheet) if one.form == "choice"]
    assert len(found) == len(wanted) > 1
    for entry, one in zip(found, wanted, strict=True):
        assert entry.name == one.title.en and entry.single and not entry.shuffle_answers
        assert entry.default_grade == float(one.points)
        assert [int(option.score_fraction) for option in entry.options] == [100 * o.right for o in one.options]
        for option, own in zip(entry.options, one.options, strict=True):
            assert own.text.en in option.answer and own.feedback.en.replace("&", "&amp;") in (option.feedback or "")


def test_moodle_numbers_are_read_by_amc2moodle(sheet: Sheet, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = types.ModuleType("wand.image")  # ImageMagick, which only pictures would need
    picture.Image = object  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "wand", types.ModuleType("wand"))
    monkeypatch.setitem(sys.modules, "wand.image", picture)
    etree = pytest.importorskip("lxml.etree")
    from amc2moodle.moodle2amc._questions import CreateQuestion

    root = etree.fromstring(exported(sheet, "moodle", BOTH, tolerance="7"))
    questions_ = root.findall("question[@type='numerical']")
    wanted = [one for one in contents(sheet) if one.form == "number"]
    assert len(questions_) == len(wanted) > 1
    for question, one in zip(questions_, wanted, strict=True):
        if one.value:  # it takes the logarithm
            read = CreateQuestion("numerical", question).answers()
            assert read.get("target") == str(one.value) and "exact = 7," in read.text


def test_moodle_as_its_importer_takes_it(sheet: Sheet) -> None:
    """Moodle's own importer (question/format/xml) asks for these paths."""
    root = ElementTree.fromstring(exported(sheet, "moodle", BOTH))
    found = root.findall("question")[1:]
    assert root.findall("question")[0].get("type") == "category"
    for question, one in zip(found, contents(sheet), strict=True):
        assert question.findtext("name/text") and question.findtext("questiontext/text")
        assert 'class="multilang"' in (question.findtext("generalfeedback/text") or "")
        answers = question.findall("answer")
        full = [answer.findtext("text") or "" for answer in answers if answer.get("fraction") == "100"]
        if one.form == "text":
            assert question.get("type") == "shortanswer" and question.findtext("usecase") == "0"
            assert tuple(text.replace("\\*", "*") for text in full) == one.accepted
            assert not any(re.search(r"(?<!\\)\*", text) for text in full)  # a bare * would take any text
        elif one.form == "number":
            assert full == [str(one.value)] and answers[0].findtext("tolerance") == "0"
            given = {answer.findtext("text"): answer.findtext("feedback/text") or "" for answer in answers[1:]}
            assert given and all(
                wrong.feedback.zh.replace("<", "&lt;") in given[str(wrong.value)] for wrong in one.wrong
            )


# Jupyter: nbformat, and our own reader.


def test_notebook_is_valid_and_can_be_handed_in(sheet: Sheet, tmp_path: Path) -> None:
    import nbformat

    path = tmp_path / "2024001.ipynb"
    export(sheet, path, langs=BOTH)
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.metadata["explainer"]["sheet"] == sheet.id
    answers = [cell for cell in notebook.cells if cell.metadata.get("explainer", {}).get("role") == "answer"]
    assert len(answers) == 12
    for cell in answers:
        cell.source += "12345"
    nbformat.write(notebook, path)

    from explainer.homework.submissions.readers import read

    submission = read(path)
    assert submission.sheet_id == sheet.id
    assert not submission.problems
    assert {sheet.find(name): answer for name, answer in submission.answers.items()} == dict.fromkeys(
        sheet.items, "12345"
    )


def test_an_empty_notebook_answers_nothing(sheet: Sheet, tmp_path: Path) -> None:
    from explainer.homework.submissions.readers import read

    path = tmp_path / "2024001.ipynb"
    export(sheet, path, langs=BOTH)
    assert not any(answer.strip() for answer in read(path).answers.values())


# Gradescope: gslocal.


def _graded(sheet: Sheet) -> list[Graded]:
    graded = []
    for item in sheet.items:
        right = item.number % 2 == 0
        wrong = wrong_values(item.question, 1)
        graded.append(
            Graded(
                item.question,
                "42" if right else "=cmd|x\x1b[2J",
                "correct" if right else "wrong",
                "42",
                () if right else wrong,
                score=1.0 if right else 0.5 * (item.number % 3 == 0),
            )
        )
    return graded


def test_gradescope_results_are_read_by_gslocal(
    sheet: Sheet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from gslocal.results import format_results

    path = tmp_path / "results.json"
    export(sheet, path, langs=("zh",), graded=_graded(sheet))
    format_results(path)
    said = capsys.readouterr().out
    total = sum(
        float(item.points) * (1 if item.number % 2 == 0 else 0.5 * (item.number % 3 == 0)) for item in sheet.items
    )
    assert f"{total:.2f} / {float(sheet.points):.2f}" in said and "6 passed" in said and "6 failed" in said
    assert "\x1b[2J" not in path.read_text(encoding="utf-8")


def test_gradescope_says_what_its_specification_asks(sheet: Sheet) -> None:
    data = results(_graded(sheet), BOTH, sheet)
    for test in data["tests"]:
        assert 0 <= test["score"] <= test["max_score"] and test["status"] in ("passed", "failed")
        assert test["visibility"] in ("visible", "hidden", "after_due_date", "after_published")
        assert test["output_format"] in ("text", "html", "simple_format", "md", "ansi")
        assert isinstance(test["name"], str) and isinstance(test["number"], str)
    hint = Graded(
        sheet.items[0].question, "1", "wrong", None, (Diagnosis(("x",), Bi("说了", "told"), Bi("提示", "hint"), 1),)
    )
    [only] = results([hint], ("en",))["tests"]
    assert "hint" in only["output"] and "told" not in only["output"] and only["max_score"] == 1


# Names that try to act, tolerances, files.


def test_nothing_of_a_name_acts(evil: Sheet) -> None:
    """The evil names come back as text, and no element is there that would not be there for a harmless model."""
    for fmt, files in (("moodle", None), ("qti21", "zip"), ("qti12", "zip")):
        data = exported(evil, fmt, BOTH)
        parts = _zip(data).values() if files else [data]
        for part in parts:
            root = ElementTree.fromstring(part)
            assert not [element for element in root.iter() if str(element.tag).rpartition("}")[2] in ("script", "b")]
            assert "\x07" not in part.decode() and "\u202e" not in part.decode()
    assert len(_items(exported(evil, "qti21", BOTH))) == len(evil.items)
    assert len(_gift(exported(evil, "gift", BOTH))) == len(evil.items)


def test_html_inside_moodle_and_canvas_has_no_foreign_element(evil: Sheet) -> None:
    moodle = ElementTree.fromstring(exported(evil, "moodle", BOTH))
    canvas = ElementTree.fromstring(_zip(exported(evil, "qti12", BOTH))["sheet/sheet.xml"])
    pieces = [e.text or "" for e in moodle.iter("text") if e.text and e.text.startswith("<")]
    pieces += [e.text or "" for e in canvas.iter() if e.get("texttype") == "text/html"]
    assert len(pieces) > 20
    for piece in pieces:
        root = ElementTree.fromstring(f"<div>{piece}</div>")
        assert {element.tag for element in root.iter()} <= {"div", "p", "code", "span"}


TOLERANCES: dict[Mode, str] = {"absolute": "5", "relative": "1%", "figures": "3sf"}
UNSAID = [
    (export.key, text)
    for export in EXPORTS.values()
    for mode, text in TOLERANCES.items()
    if mode not in export.tolerances
]


@pytest.mark.parametrize(("fmt", "tolerance"), UNSAID)
def test_a_tolerance_that_cannot_be_said_is_refused(sheet: Sheet, tmp_path: Path, fmt: str, tolerance: str) -> None:
    path = tmp_path / "out"
    with pytest.raises(UserError) as error:
        export(sheet, path, fmt, tolerance=tolerance, graded=_graded(sheet))
    assert tolerance in error.value.message.zh and not path.exists()


@pytest.mark.parametrize(
    "text", ["", "x", "-1", "1e5", "100%", "0sf", "1.5sf", "16sf", "1/3", "٣", "9" * 30, "nan", "."]
)
def test_a_tolerance_that_cannot_be_read(text: str) -> None:
    with pytest.raises(UserError):
        parse_tolerance(text)


def test_tolerances_are_exact() -> None:
    assert parse_tolerance("0.5%") == Tolerance("relative", Fraction(1, 2))
    assert parse_tolerance(" 3SF ") == Tolerance("figures", Fraction(3))
    assert decimal(Tolerance("relative", Fraction("0.1")).margin(15_470_264_320)) == "15470264.32"
    assert [decimal(Fraction(text)) for text in ("0.05", "-1.5", "3", "0")] == ["0.05", "-1.5", "3", "0"]
    with pytest.raises(ValueError, match="no finite decimal"):
        decimal(Fraction(1, 3))


def test_a_wrong_number_within_the_tolerance_is_not_called_wrong(sheet: Sheet) -> None:
    """Whoever may be off by half is not told a mistake first."""
    root = ElementTree.fromstring(exported(sheet, "moodle", tolerance="60%"))
    for question, one in zip(root.findall("question")[1:], contents(sheet), strict=True):
        if one.form == "number" and one.value is not None:
            others = [
                Fraction(a.findtext("text") or "") for a in question.findall("answer") if a.get("fraction") == "0"
            ]
            assert all(abs(other - one.value) > abs(one.value) * Fraction(3, 5) for other in others)


def test_large_numbers_are_not_rounded(sheet: Sheet) -> None:
    class Huge(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(2**27 + 1, 2**27 + 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.fc(x)

    with torch.device("meta"):
        walk = walk_model(Huge(), (torch.empty(1, 2**27 + 1, device="meta"),), {}, name="Huge", source="x")
    question = find(walk, "fc.params")
    one = content(Item(1, question, "number", 1))
    assert one.value == (2**27 + 2) * (2**27 + 1) > 2**53
    scores = _items(exported(_single(question, sheet), "qti21"))["q1"]
    assert _attempt(scores, str(one.value))[0] == 1 and _attempt(scores, str(one.value + 1))[0] == 0


def test_every_kind_of_question_of_a_model_can_be_exported() -> None:
    model = nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU()), nn.Flatten(), nn.Linear(288, 10)
    )
    walk = walk_model(model, (torch.empty(1, 3, 8, 8, device="meta"),), {}, name="Net", source="x")
    found = [content(Item(i, question, "number", 5)) for i, question in enumerate(questions(walk), start=1)]
    assert len(found) > 25
    for one in found:
        assert one.accepted and one.solution and any("Net" in text.en for text in one.text)
        assert not any(
            "\u4e00" <= char <= "\u9fff" for text in (*one.text, *one.solution, one.title) for char in text.en
        )


@pytest.mark.parametrize("one", EXPORTS.values(), ids=EXPORTS)
def test_every_export_of_the_table_is_whole(one: Export, sheet: Sheet, tmp_path: Path) -> None:
    assert one.name and (one.of_sheet is None) != (one.of_results is None)
    for mode in one.tolerances:
        assert exported(sheet, one.key, BOTH, tolerance=TOLERANCES[mode])
    for ending in one.endings:
        path = tmp_path / (ending if not ending.startswith(".") else f"a{ending}")
        export(sheet, path, graded=_graded(sheet))
        assert path.read_bytes() == exported(sheet, one.key, graded=_graded(sheet))
    with pytest.raises(UserError):
        exported(None, one.key)


def test_an_export_is_one_new_file(sheet: Sheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What CONTRIBUTING says: nothing else names a format."""
    from explainer.homework.worksheets import exports

    (tmp_path / "plain_text.py").write_text(
        "from explainer.homework.worksheets.exports.base import Export\n"
        "EXPORT = Export('text', 'Plain text', of_sheet=lambda sheet, langs, tolerance: sheet.id.encode(), endings=('.text',))\n"
    )
    monkeypatch.setattr(exports, "__path__", [*exports.__path__, str(tmp_path)])
    found = {each.key: each for each in found_exports()}
    assert set(found) == {*EXPORTS, "text"}
    monkeypatch.setitem(EXPORTS, "text", found["text"])
    assert exported(sheet, "text") == sheet.id.encode()


@pytest.mark.parametrize("fmt", FORMATS)
def test_the_same_sheet_gives_the_same_bytes(sheet: Sheet, fmt: Any) -> None:
    again = topic_sheet(["conv", "batchnorm", "linear", "pool"], count=12, seed=7, styles="mixed")
    assert exported(sheet, fmt, BOTH, graded=_graded(sheet)) == exported(again, fmt, BOTH, graded=_graded(again))


def test_the_ending_chooses_the_format(sheet: Sheet, tmp_path: Path) -> None:
    for name, begin in (("a.xml", b"<?xml"), ("a.gift", b"//"), ("a.zip", b"PK"), ("a.ipynb", b"{")):
        export(sheet, tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(begin)
    export(sheet, tmp_path / "b.zip", "qti12")
    assert "sheet/sheet.xml" in _zip((tmp_path / "b.zip").read_bytes())


def test_wrong_use(sheet: Sheet, tmp_path: Path) -> None:
    for path, fmt in (("a.doc", None), ("a", None), ("a.xml", "word"), ("a.json", "gradescope"), ("no/a.xml", None)):
        with pytest.raises(UserError):
            export(sheet, tmp_path / path, fmt)
    with pytest.raises(UserError):
        export(None, tmp_path / "a.xml")
