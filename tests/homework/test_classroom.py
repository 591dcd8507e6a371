"""A class graded: every file gets a row and a page, no file stops the others, nothing of an answer acts."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from explainer.cli.bar import class_progress
from explainer.drawing import sheet_of_id, topic_sheet
from explainer.errors import UserError
from explainer.homework.classroom import marker as marking
from explainer.homework.classroom import parallel
from explainer.homework.classroom.assignment import Assignment, straightened
from explainer.homework.classroom.grade_class import check_folder
from explainer.homework.classroom.gradebook import table, to_csv, to_xlsx
from explainer.homework.classroom.interactive import check_typed, chosen
from explainer.homework.classroom.one_file import check_file, check_text, lines
from explainer.homework.classroom.outputs import GRADES, Outputs, mistake_titles
from explainer.homework.classroom.page_names import page_names
from explainer.homework.classroom.question_list import questions_of
from explainer.homework.classroom.record import Marked, packed, points_text, unpacked
from explainer.homework.classroom.resume import Progress
from explainer.homework.classroom.summary import mistake_title
from explainer.homework.grading import grade as grade_module
from explainer.homework.question import right_value
from explainer.homework.worksheets.sheet_source import SheetSource
from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import cell as harmless

A, B, C = "features.0.params", "features.2.params", "features.0.shape"
RIGHT = f"question,answer\n{A},1792\n{B},36928\n{C},1×64×224×224\n"
BIASLESS = f"question,answer\n{A},1728\n{B},36928\n{C},1×64×224×224\n"
# What must never come through: markup, TeX, a template, a spreadsheet's formula, marks that turn text around.
NASTY = [
    "<script>alert(1)</script>",
    r"$\input{/etc/passwd}$",
    "![x](http://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "{{7*7}} {0} {x}",
    '=HYPERLINK("http://evil.example")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(1)",
    "\u202e1792\u2066",
    "`` ` ``` \\` <img src=x onerror=alert(1)>",
    "--> <b>x</b> <!--",
    "| a | b |\n|--|--|",
    "\x1b[31m",
    "\t=1+1",
    "＝1+1",
    "---\n# Heading\n",
]


@pytest.fixture
def folder(tmp_path):
    """`folder({"a.csv": text})` writes a class's files."""

    def make(files):
        for name, content in files.items():
            path = tmp_path / "sent" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path / "sent"

    return make


@pytest.fixture
def grade_class(folder, vgg16, tmp_path):
    """Write files, grade them; (result, the rows of grades.csv as dicts)."""

    def run(files, langs=("en",), pages=".md", walk=vgg16, **options):
        outputs = Outputs(tmp_path / "grades.csv", tmp_path / "feedback", tmp_path / "summary.md", pages)
        source = SheetSource(redraw=sheet_of_id)
        result = check_folder(folder(files), walk, outputs, langs, source=source, **options)
        text = (tmp_path / "grades.csv").read_bytes().decode("utf-8-sig")
        return result, list(csv.DictReader(io.StringIO(text)))

    return run


MIXED = {
    "2023001_张三.csv": RIGHT,
    "2023002_李四.md": f"- {A}: 1728\n- {B}: (3*3*64+1)*64\n",
    "2023003_王五.json": json.dumps({A: 1792, C: [1, 64, 224, 224], "foo.params": 3}),
    "2023004.csv": b"\x89PNG\0\0",
    "2023005.doc": b"\xd0\xcf\x11\xe0",
    "2023006.xlsx": b"PK\x03\x04broken",
    "张三丰_77_assignsubmission_file_/2023007.txt": f"{A} = 1792\n{B}: 36928\n",
    ".DS_Store": b"x",
    "~$2023001.docx": b"x",
    "__MACOSX/x.csv": "x",
}


def test_every_file_gets_a_row_and_a_page_and_none_stops_the_others(grade_class, tmp_path):
    result, rows = grade_class(MIXED)
    assert [row["student"] for row in rows] == [f"202300{n}" for n in range(1, 8)]
    assert [(row["score"], row["max_score"]) for row in rows] == [
        ("3", "3"), ("1", "3"), ("2", "3"), ("", "3"), ("", "3"), ("", "3"), ("2", "3"),
    ]  # fmt: skip
    assert rows[1]["not answered"] == C and rows[2]["not answered"] == B
    assert "no text" in rows[3]["remarks"] and ".doc" in rows[4]["remarks"] and ".xlsx" in rows[5]["remarks"]
    assert "'foo.params'" in rows[2]["remarks"]
    assert [row["name"] for row in rows] == ["张三", "李四", "王五", "", "", "", "张三丰"]
    assert len(list((tmp_path / "feedback").iterdir())) == 7
    assert result.exit_code == 1
    assert result.guessed


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_page_names_the_mistake_and_works_it_out(grade_class, tmp_path, lang):
    grade_class({"a_李四.csv": BIASLESS}, langs=(lang,))
    page = (tmp_path / "feedback" / "a_李四.md").read_text(encoding="utf-8")
    assert ("偏置" if lang == "zh" else "bias") in page
    assert "1728" in page and "1792" in page
    assert r"C_{\mathrm{in}}" in page
    assert ("得分：2/3" if lang == "zh" else "score: 2 of 3") in page
    assert not (set("，。：") & set(page)) or lang == "zh"


@pytest.mark.parametrize(("text", "told"), [("I did not get as far as this one", True), ("12 34", False)])
def test_words_that_cannot_be_read_are_not_told_of_missing_operators(grade_class, tmp_path, text, told):
    grade_class({"a.md": f"{A}: {text}\n\n{B}: 36928\n"})
    page = (tmp_path / "feedback" / "a.md").read_text(encoding="utf-8")
    assert ("your teacher will read it" in page) == told
    assert ("between two numbers" in page or "cannot be read from" in page) != told


def test_a_page_of_right_answers_says_where_marks_were_lost(grade_class, tmp_path):
    grade_class({"a.md": f"{A}: 27*64=1728+64=1792\n\n{B}: 36928\n\n{C}: 64x224x224\n"})
    page = (tmp_path / "feedback" / "a.md").read_text(encoding="utf-8")
    assert "Every answer is right; some marks were lost" in page and "well done" not in page


def test_with_a_hint_no_page_gives_the_answer_away(grade_class, tmp_path):
    grade_class({"a.csv": BIASLESS}, hint=True)
    page = (tmp_path / "feedback" / "a.md").read_text(encoding="utf-8")
    assert "Hint: " in page
    assert "1792" not in page and "C_{" not in page


def test_the_summary_counts_mistakes_and_shows_a_chart(grade_class, tmp_path):
    files = {f"2023{n:03}.csv": BIASLESS if n < 3 else RIGHT for n in range(6)}
    result, _ = grade_class(files)
    page = (tmp_path / "summary.md").read_text(encoding="utf-8")
    first = result.marked[0].answers[0].mistakes[0].id
    title = mistake_title(first, mistake_titles())["en"]
    row = next(line for line in page.splitlines() if title.split("(")[0][:20] in line.replace("\\", ""))
    assert re.search(r"\| 3 \| 3 \| ■{16} \| `features.0.params`", row)
    assert re.search(r"\| `features.0.params` \| 6 \| 3 \| 50% \| ■{8} \| `1728` ×3 \|", page)
    assert re.search(r"\| 90–100% \| 3 \| ■{16} \|", page)
    assert re.search(r"\| 60–70% \| 3 \| ■{16} \|", page)


def test_every_mistake_that_the_grader_names_has_a_title():
    """Ids are written in the code of the grading; a class's summary must not print one."""
    grading = Path(grade_module.__file__).parent
    ids = {
        id
        for file in grading.glob("*.py")
        for id in re.findall(r'Diagnosis\(\(\s*"([a-z_.]+)"', file.read_text("utf-8"))
    }
    assert "shape.channels_missing" in ids
    for id in ids:
        assert mistake_title(id, mistake_titles()).zh != id, id


def test_titles_of_two_mistakes_together_are_both_said():
    titles = mistake_titles()
    one, two = list(titles)[:2]
    assert mistake_title(f"{one}+{two}", titles).en == f"{titles[one].en} + {titles[two].en}"


def test_the_later_of_two_submissions_counts_and_both_are_listed(grade_class, tmp_path):
    files = {"2023001_v2.csv": BIASLESS, "2023001_v10.csv": RIGHT, "2023001_v11.csv": "", "2023002.csv": RIGHT}
    result, rows = grade_class(files)
    assert [row["file"] for row in rows] == ["2023001_v2.csv", "2023001_v10.csv", "2023001_v11.csv", "2023002.csv"]
    assert [one.superseded for one in result.marked] == ["2023001_v10.csv", None, "2023001_v10.csv", None]
    assert "2023001_v10.csv" in rows[0]["remarks"]
    assert "4 submissions, 2 counted" in (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert result.exit_code == 0


def test_what_only_one_answers_does_not_count_for_the_others(grade_class):
    files = {f"2023{n:03}.csv": RIGHT for n in range(3)}
    files["2023000.csv"] += "features.5.params,1\n"
    result, rows = grade_class(files)
    assert {row["max_score"] for row in rows} == {"3"}
    assert "features.5.params" in rows[0]["remarks"]
    assert "features.5.params" not in rows[0]
    assert result.marked[0].answers[-1].points == 0


def test_a_list_of_questions_sets_what_counts_and_how_much(grade_class, tmp_path):
    listed = tmp_path / "questions.csv"
    listed.write_text(f"题目,分值\n{B},5\n{A},2.5\ntotal.params,2.5\n", encoding="gb18030")
    result, rows = grade_class({"a.csv": RIGHT, "b.csv": BIASLESS}, questions=questions_of(listed))
    assert [row["score"] for row in rows] == ["7.5", "5"]
    assert list(rows[0])[5:8] == [f"{B} (of 5)", f"{A} (of 2.5)", "total.params (of 2.5)"]
    assert rows[0]["not answered"] == "total.params"
    assert not result.guessed
    with pytest.raises(UserError, match=r"foo\.params"):
        grade_class({"a.csv": RIGHT}, questions={"foo.params": 1.0})


@pytest.mark.parametrize(
    ("text", "word"),
    [("题目,分值\n", "names no"), (f"question,points\n{A},many\n", "many"), (f"question,points\n{A},-1\n", "-1")],
)
def test_a_wrong_list_of_questions_is_told(tmp_path, text, word):
    path = tmp_path / "q.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=word):
        questions_of(path)


def test_plain_lists_of_questions_have_one_mark_each(tmp_path):
    path = tmp_path / "q.txt"
    path.write_text(f"# ours\n{A}\n{B}\n", encoding="utf-8")
    assert questions_of(path) == {A: 1.0, B: 1.0}
    with pytest.raises(UserError):
        questions_of(tmp_path / "none.txt")


# ---- safety


class Seen(HTMLParser):
    """The tags and addresses of a page, as a browser would take them."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.addresses, self.handlers = set(), [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def nasty_class():
    files = {}
    for n, text in enumerate(NASTY):
        files[f"2023{n:03}.json"] = json.dumps(
            {"student": f"{text}{n}", "name": text, A: text, f"{text}.params": text, C: f"1×64\n{text}"}
        )
    return files


def test_nothing_of_an_answer_acts_in_html(grade_class, tmp_path):
    grade_class(nasty_class(), langs=("zh", "en"), pages=".html")
    pages = list((tmp_path / "feedback").iterdir())
    assert len(pages) == len(NASTY)
    clean = {"script", "img", "b", "iframe", "link", "object", "form"}
    for page in pages:
        html = page.read_text(encoding="utf-8")
        seen = Seen(html)
        assert not seen.tags & clean
        assert [address for address in seen.addresses if not address.startswith("#")] == []
        assert seen.handlers == []
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b]", html)
        assert not re.search(r">\s*49\b", html)
        assert "<merror" not in html


def test_nothing_of_an_answer_acts_in_markdown_or_the_summary(grade_class, tmp_path):
    from markdown_it import MarkdownIt

    grade_class(nasty_class(), langs=("zh", "en"))
    for page in [*(tmp_path / "feedback").iterdir(), tmp_path / "summary.md"]:
        text = page.read_text(encoding="utf-8")
        head, _, body = text.partition("\n")
        assert head.startswith("<!-- explainer lang=")
        seen = Seen(
            MarkdownIt("commonmark", {"html": True}).enable("table").render(re.sub(r"(?s)\$\$.*?\$\$", "", body))
        )
        assert not seen.tags & {"script", "img", "b", "a"}, page
        assert r"\input" not in re.sub(r"`[^`\n]*`", "", text).replace(r"\\input", "")
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b]", text)
        assert len(re.findall(r"(?m)^# ", text)) == 1


def test_no_cell_of_the_grades_is_a_formula(grade_class, tmp_path):
    result, _ = grade_class(nasty_class())
    content = (tmp_path / "grades.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))):
        for cell in row:
            assert not re.match(r"\s*[=+@＝＋＠\t\r]|-[^\d]", cell), cell
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(table(result.marked, "zh"), "成绩")))
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert {cell.column for cell in cells if cell.data_type == "n"} >= {4, 5}


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", " =1", "＝1", "－1", "|x", "%x"])
def test_text_that_a_spreadsheet_runs_is_marked_as_text(text):
    assert harmless(text) == "'" + text
    assert harmless("a=1") == "a=1"


def test_terminal_lines_have_no_control_characters(vgg16, tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"name": "\x1b[31m", A: "\x1b]0;x\x07", "\x1b[2J.params": 1}), encoding="utf-8")
    marked, code = check_file(path, vgg16)
    text = "\n".join(lines(marked[0], "en"))
    assert "\x1b" not in text and "\x07" not in text
    assert code == 1


# ---- grades as files


def test_student_numbers_keep_their_zeros_in_both_tables():
    marked = [Marked("a.csv", "00123", "张三", None, ())]
    assert b"00123" in to_csv(table(marked, "zh"))
    import openpyxl

    sheet = openpyxl.load_workbook(io.BytesIO(to_xlsx(table(marked, "zh"), "成绩"))).active
    assert (sheet["A1"].value, sheet["A2"].value, sheet["A2"].number_format) == ("学号", "00123", "@")


def test_marks_are_printed_short():
    assert [points_text(value) for value in (1.0, 7.5, 10 / 3, 0.0, 100)] == ["1", "7.5", "3.33", "0", "100"]


def test_pages_have_names_of_their_own():
    files = ["a.csv", "a.md", "b/c.csv", "x.csv", "x.csv", "..hidden.csv", "q?*.csv", "A.json"]
    marked = [Marked(file, f"s{n}", "", None, ()) for n, file in enumerate(files)]
    names = page_names(marked)
    assert len({name.lower() for name in names}) == len(names)
    assert names[2:5] == ["b_c", "x-s3", "x-s4"]
    assert all("/" not in name and "?" not in name and not name.startswith(".") for name in names)


# ---- the same again, and after an interruption


def bytes_of(folder: Path):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@pytest.mark.parametrize("pages", [".md", ".html"])
def test_run_twice_it_gives_the_same_bytes_in_one_process_or_two(grade_class, tmp_path, pages):
    many = {**MIXED, **{f"202310{n}.csv": (RIGHT, BIASLESS)[n % 2] for n in range(9)}}
    results = []
    for jobs in (1, 2, 2):
        grade_class(many, pages=pages, jobs=jobs)
        results.append(bytes_of(tmp_path))
    assert results[0] == results[1] == results[2]
    assert not [name for name in results[0] if "partial" in name]


def test_the_workbook_is_the_same_bytes_a_second_later():
    rows = table([Marked("a.csv", "1", "", None, ())], "en")
    before = to_xlsx(rows, "grades")
    time.sleep(1.1)
    assert to_xlsx(rows, "grades") == before


def test_an_interrupted_run_goes_on_where_it_was(grade_class, tmp_path, monkeypatch):
    files = {f"2023{n:03}.csv": BIASLESS for n in range(6)}
    real, graded = marking.Marker.file, []

    def interrupted(self, path, name):
        if len(graded) == 3:
            raise KeyboardInterrupt
        graded.append(name)
        return real(self, path, name)

    monkeypatch.setattr(marking.Marker, "file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        grade_class(files)
    assert not (tmp_path / "grades.csv").exists() and not (tmp_path / "feedback").exists()
    assert (tmp_path / ".grades.csv.partial").exists()
    graded.clear()
    monkeypatch.setattr(marking.Marker, "file", lambda self, path, name: graded.append(name) or real(self, path, name))
    (tmp_path / "sent" / "2023001.csv").write_text(RIGHT, encoding="utf-8")
    files["2023001.csv"] = RIGHT
    grade_class(files)
    assert graded == ["2023001.csv", "2023003.csv", "2023004.csv", "2023005.csv"]
    resumed = bytes_of(tmp_path)
    assert ".grades.csv.partial" not in resumed
    grade_class(files)
    assert bytes_of(tmp_path) == resumed


def test_a_state_cut_short_or_of_another_run_is_no_harm(tmp_path):
    path = tmp_path / "state"
    marked = Marked("a.csv", "1", "张", None, ())
    state = Progress(path, "f")
    for name in "ab":
        state.add(name, "hash", [marked])
    state.close(finished=False)
    path.write_text(path.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    again, other = Progress(path, "f"), Progress(path, "g")
    again.load()
    other.load()
    assert list(again.done) == ["a"] and again.knows("a", "hash") and not again.knows("a", "other")
    assert again.read("a") == [marked]
    assert other.done == {}


def test_a_result_survives_its_way_through_json(vgg16, tmp_path):
    path = tmp_path / "张三_2023001.csv"
    path.write_text(BIASLESS, encoding="utf-8")
    (marked,), _ = check_file(path, vgg16)
    assert unpacked(json.loads(json.dumps(packed(marked)))) == marked


KILLED = """
import signal
import sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job, as a suite may be, is started with it ignored
from explainer.homework.classroom import marker as marking
from explainer.homework.classroom.grade_class import Outputs, check_folder
sys.path.insert(0, sys.argv[2])
from nets import zoo_walk
real = marking.Marker.file
import time
def slow(self, path, name):
    time.sleep(0.3)
    return real(self, path, name)
marking.Marker.file = slow
folder = Path(sys.argv[1])
walk = zoo_walk("vgg16")
print("ready", flush=True)
check_folder(folder / "sent", walk, Outputs(folder / "grades.csv"), ("en",), jobs=2)
"""


def test_ctrl_c_in_two_processes_keeps_what_is_done(folder, tmp_path):
    folder({f"2023{n:03}.csv": RIGHT for n in range(20)})
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path), str(Path(__file__).parent.parent)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert process.stdout.readline() == b"ready\n"
    state = tmp_path / ".grades.csv.partial"
    until = time.monotonic() + 60
    while time.monotonic() < until and not (state.exists() and len(state.read_text().splitlines()) > 3):
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert not (tmp_path / "grades.csv").exists()
    assert 3 < len(state.read_text().splitlines()) < 20


# ---- files that do harm


def test_a_file_that_kills_its_process_takes_no_other_with_it(grade_class, monkeypatch):
    real = marking.Marker.file

    def fatal(self, path, name):
        if "003" in name:
            os._exit(9)
        return real(self, path, name)

    monkeypatch.setattr(marking.Marker, "file", fatal)
    _, rows = grade_class({f"2023{n:03}.csv": RIGHT for n in range(10)}, jobs=2)
    assert [row["score"] for row in rows] == ["3"] * 3 + [""] + ["3"] * 6
    assert "crashed" in rows[3]["remarks"]


def test_an_answer_that_hangs_or_fails_is_left_to_the_teacher(grade_class, monkeypatch):
    import explainer.homework.grading.grade as grader

    def hang(question, text, **options):
        while text == "1792":  # processor time is what counts
            try:
                sum(range(10_000))
            except Exception:  # as some library may
                continue
        raise ZeroDivisionError

    monkeypatch.setattr(grader, "grade", hang)
    monkeypatch.setattr(marking, "GRADING", 0.3)
    result, _ = grade_class({"a.csv": RIGHT})
    assert [answer.verdict for answer in result.marked[0].answers] == ["undecided"] * 3
    assert "time" in result.marked[0].answers[0].remarks[0].en
    assert "ZeroDivisionError" in result.marked[0].answers[2].remarks[0].en


def test_thousands_of_unknown_names_are_told_in_short(grade_class):
    text = "question,answer\n" + "".join(f"nothing{n}.params,1\n" for n in range(1500))
    begin = time.perf_counter()
    result, _ = grade_class({"a.csv": text, "b.csv": RIGHT})
    assert time.perf_counter() - begin < 20
    assert len(result.marked[0].problems) == marking.MOST_PROBLEMS + 1
    assert "1,480" in result.marked[0].problems[-1].en or "1480" in result.marked[0].problems[-1].en


def test_processes_share_the_work_and_keep_the_order():
    found = dict(parallel.spread(lambda n: (n * n, os.getpid()), list(range(20)), jobs=2))
    assert {at: value for at, (value, _) in found.items()} == {n: n * n for n in range(20)}
    assert os.getpid() not in {pid for _, pid in found.values()}
    assert dict(parallel.spread(lambda n: os.getpid(), [1, 2], jobs=2)) == {0: os.getpid(), 1: os.getpid()}


# ---- wrong use


def test_wrong_use_is_said_before_any_work(folder, vgg16, tmp_path):
    sent = folder({"a.csv": RIGHT})
    for outputs, word in (
        (Outputs(tmp_path / "grades.txt"), "grades.txt"),
        (Outputs(summary=tmp_path / "s.csv"), "s.csv"),
        (Outputs(tmp_path / "none" / "grades.csv"), "none"),
        (Outputs(feedback=sent / "a.csv"), "a.csv"),
        (Outputs(feedback=tmp_path, pages=".docx"), "docx"),
    ):
        with pytest.raises(UserError, match=word):
            check_folder(sent, vgg16, outputs, ("en",))
    with pytest.raises(UserError, match="no folder"):
        check_folder(tmp_path / "nowhere", vgg16, Outputs(), ("en",))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no submissions"):
        check_folder(tmp_path / "empty", vgg16, Outputs(), ("en",))


def test_our_own_results_in_the_folder_are_not_graded(folder, vgg16):
    sent = folder({"a.csv": RIGHT})
    outputs = Outputs(sent / "grades.csv", sent / "feedback", sent / "summary.md", ".md")
    for _ in range(2):
        assert [one.file for one in check_folder(sent, vgg16, outputs, ("en",)).marked] == ["a.csv"]


# ---- one file, typed answers


def test_one_file_says_each_answer_and_exits_accordingly(vgg16, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(BIASLESS, encoding="utf-8")
    (marked,), code = check_file(path, vgg16)
    assert code == 1
    text = "\n".join(lines(marked, "en"))
    assert f"✗ {A}  wrong" in text and f"✓ {B}  correct" in text and "Score: 2 of 3" in text
    assert "1792" in text or "1,792" in text
    data = marked.to_dict("zh")
    assert set(data) >= {"submission", "answers", "score", "max_score"}
    assert set(data["answers"][0]) == {
        "question",
        "given",
        "verdict",
        "expected",
        "mistakes",
        "first_wrong_step",
        "score",
        "read_as",
        "remarks",
    }
    path.write_text(RIGHT, encoding="utf-8")
    assert check_file(path, vgg16)[1] == 0
    (marked,), _ = check_file(path, vgg16, questions={A: 2.0, "total.params": 3.0})
    assert (marked.score, marked.max_score) == (2, 5)


def test_one_file_with_a_hint_does_not_say_the_answer(vgg16, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(BIASLESS, encoding="utf-8")
    (marked,), _ = check_file(path, vgg16, hint=True)
    text = "\n".join(lines(marked, "zh", hint=True))
    assert "提示：" in text
    assert "1792" not in text and "1,792" not in text
    assert marked.to_dict("zh")["answers"][0]["expected"] is None


def test_what_cannot_be_checked_is_wrong_use(vgg16, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"")
    with pytest.raises(UserError, match="empty"):
        check_file(path, vgg16)
    path.write_text(RIGHT, encoding="utf-8")
    with pytest.raises(UserError, match="No model"):
        check_file(path, None)
    assert check_text(RIGHT, vgg16)[1] == 0


def test_answers_typed_in_the_terminal_are_judged_one_by_one(vgg16):
    typed, said = iter(["1728", "", "(3*3*64+1)*64"]), []

    def ask(prompt):
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    marked, code = check_typed(vgg16, [A, C, B, "total.params"], lang="zh", ask=ask, say=said.append)
    assert [answer.verdict for answer in marked.answers][:2] == ["wrong", "missing"]
    assert len(marked.answers) == 3 and marked.answers[2].right
    assert code == 1
    text = "\n".join(said)
    assert "第1题（共4题）：features.0（卷积层）的参数量" in text
    assert "偏置" in text


def test_typed_with_hints_a_wrong_answer_may_be_mended(vgg16):
    typed, said = iter(["1728", "1792"]), []
    marked, code = check_typed(vgg16, [A], lang="en", hint=True, ask=lambda prompt: next(typed), say=said.append)
    assert code == 0 and marked.answers[0].right
    assert "Hint: " in "\n".join(said)


def test_the_questions_asked_without_a_list_are_questions(vgg16):
    names = list(chosen(vgg16))
    assert names[-1] == "total.params" and len(names) == 10
    assignment = Assignment(vgg16)
    assert [assignment.asked(name, None).key for name in names] == names


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("features.0（卷积层）的参数量", A),
        ("features.0.参数量", A),
        ("ｆｅａｔｕｒｅｓ．０．ｐａｒａｍｓ", A),
        (" features.0.params： ", A),
        ("features.0 的输出尺寸", C),
        ("整个网络的参数量", "total.params"),
    ],
)
def test_a_question_may_be_named_in_words(typed, name):
    assert straightened(typed) == name


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_sees_the_progress_and_a_pipe_does_not(folder, vgg16, monkeypatch):
    sent = folder({f"2023{n:03}.csv": RIGHT for n in range(10)})
    with class_progress("zh") as report:
        assert report is None
    terminal = Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    with class_progress("zh") as report:
        check_folder(sent, vgg16, Outputs(), ("zh",), report=report)
    assert "批改：第10份，共10份" in terminal.getvalue()


# ---- the example


def test_the_examples_results_are_what_comes_out(tmp_path):
    import importlib.util

    home = Path(__file__).parent.parent.parent / "examples" / "homework"
    spec = importlib.util.spec_from_file_location("regenerate", home / "regenerate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    result = module.grade(tmp_path)
    assert len({Path(one.file).suffix for one in result.marked}) == len(result.marked) == 6
    assert [one.problems for one in result.marked] == [()] * 6
    found, kept = bytes_of(tmp_path), bytes_of(home / "results")
    assert list(found) == list(kept)
    assert [name for name in found if found[name] != kept[name]] == [], "run examples/homework/regenerate.py"


# ---- worksheets


def test_a_worksheet_is_graded_by_its_id_without_a_model(grade_class, tmp_path):
    sheets = {number: topic_sheet(["conv"], count=4, seed=7, student=number) for number in ("2023001", "2023002")}
    files = {}
    for number, sheet in sheets.items():
        rows = [f"{item.number}. {right_value(item.question)}" for item in sheet.items[:3]]
        files[f"{number}.md"] = f"<!-- explainer lang=zh sheet={sheet.id} -->\n\n" + "\n".join(rows)
    files["2023003.md"] = files["2023001.md"]
    files["2023004.md"] = files["2023001.md"].replace("-s7", "-s8")
    _, rows = grade_class(files, walk=None)
    points = float(sheets["2023001"].points)
    for row in rows[:3]:
        assert float(row["max_score"]) == points
        assert float(row["score"]) == pytest.approx(points * 3 / 4)
        assert row["not answered"] == "4"
    assert "2023001" in rows[2]["remarks"] and "2023003" in rows[2]["remarks"]
    assert "mistyped" in rows[3]["remarks"]
    assert "Give" not in rows[3]["remarks"]


def test_a_worksheets_id_never_runs_a_students_file(grade_class, tmp_path):
    from explainer.homework.worksheets.sheet_id import SheetId

    evil = tmp_path / "evil.py"
    evil.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Net: pass\n")
    for name in (f"{evil}:Net", "evil.py:Net", "os:system"):
        id = SheetId("model", (name,), 3, 1, "number", 1).text
        _, rows = grade_class({"a.md": f"<!-- sheet={id} -->\n1. 5\n", "b.csv": "x"}, walk=None)
        assert "named" in rows[0]["remarks"] or "name the model" in rows[0]["remarks"]
    assert not (tmp_path / "ran").exists()


def test_a_worksheet_on_another_model_is_told(grade_class, vgg16):
    from explainer.homework.worksheets.sheet_id import SheetId

    id = SheetId("model", ("resnet18",), 3, 1, "number", 1).text
    _, rows = grade_class({"a.md": f"<!-- sheet={id} -->\n1. 5\n"})
    assert "another model" in rows[0]["remarks"]
    assert GRADES.en


def test_what_could_not_be_read_has_no_mark_and_not_0():
    broken = Marked("a.pdf", "2023001", "Ann", None, (), problems=(Bi("打不开。", "It cannot be opened."),))
    (heading, row) = table([broken], "en")
    assert row[heading.index("score")] == ""
    assert "2023001,Ann,a.pdf,,0," in to_csv([row]).decode("utf-8-sig")
