"""One bad file stops nobody: honest students get their grades, everyone gets a row, nobody's mark is lowered by another's file."""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest
from files import hostile_file
from strings import HOSTILE

from explainer.homework.classroom.grade_class import check_folder
from explainer.homework.classroom.gradebook import table, to_csv, to_xlsx
from explainer.homework.classroom.one_file import lines
from explainer.homework.classroom.outputs import Outputs
from explainer.homework.classroom.record import Answered, Marked
from explainer.homework.classroom.resume import content_of
from explainer.homework.submissions.decode import name_text
from explainer.homework.submissions.limits import TooLong, within
from explainer.homework.submissions.readers import read_all
from explainer.i18n.bilingual import same
from explainer.i18n.printable import cell, lines_visible, visible

NAME = "features.0.params"
HOSTILES = int(os.environ.get("EXPLAINER_HOSTILE_FILES", "42"))  # `make fuzz` takes 500


def graded(folder: Path, walk, out: Path):
    out.mkdir(exist_ok=True)
    outputs = Outputs(out / "grades.csv", out / "feedback", out / "summary.md", ".md")
    result = check_folder(folder, walk, outputs, ("en",), questions={NAME: 10.0})
    text = (out / "grades.csv").read_bytes().decode("utf-8-sig")
    return result, list(csv.DictReader(io.StringIO(text)))


def test_honest_students_among_hostile_files_get_their_grades(tmp_path, vgg16):
    folder, chance = tmp_path / "sent", Random(7)
    folder.mkdir()
    for n in range(20):
        (folder / f"2023{n:03}_Ann-O-Lee.md").write_text(f"- {NAME}: {1792 if n % 2 else 1793}\n")
    for n in range(HOSTILES):
        hostile_file(chance, folder, n)
    _, rows = graded(folder, vgg16, tmp_path / "out")
    honest = {row["student"]: row for row in rows if row["file"].endswith("Ann-O-Lee.md")}
    assert sorted(honest) == [f"2023{n:03}" for n in range(20)]
    assert [honest[f"2023{n:03}"]["score"] for n in range(20)] == ["0", "10"] * 10
    assert {row["name"] for row in honest.values()} == {"Ann-O-Lee"}
    entries = sum(len(files) for _, _, files in os.walk(folder)) + sum(
        os.path.islink(os.path.join(at, one)) for at, folders, _ in os.walk(folder) for one in folders
    )
    assert len({row["file"] for row in rows}) == entries - sum(
        name.startswith(".") for _, _, names in os.walk(folder) for name in names
    )
    for page in [
        tmp_path / "out" / "grades.csv",
        tmp_path / "out" / "summary.md",
        *(tmp_path / "out" / "feedback").iterdir(),
    ]:
        assert not set("\x1b\u202e\x07") & set(page.read_text(encoding="utf-8")), page


def test_a_name_in_gbk_bytes_is_read_and_keeps_everybodys_grades(tmp_path, vgg16):
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "2023001.md").write_text(f"{NAME}: 1792\n")
    raw = os.path.join(os.fsencode(folder), "2023002_王小明.md".encode("gb18030"))
    Path(os.fsdecode(raw)).write_text(f"{NAME}: 1792\n")
    _, rows = graded(folder, vgg16, tmp_path / "out")
    assert [(row["student"], row["name"], row["score"]) for row in rows] == [
        ("2023001", "", "10"),
        ("2023002", "王小明", "10"),
    ]
    assert name_text("\ud83d.md") == "\\ud83d.md"


def test_nobodys_mark_is_lowered_by_another_file(tmp_path, vgg16):
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "2023001_张三.md").write_text(f"{NAME}: 1792\n")
    (folder / "zzz.md").write_text(f"学号：2023001\n{NAME}: 5\n", encoding="utf-8")
    (folder / "2023009.csv").write_text(f"student,{NAME}\n2023001,1\n2023009,1792\n")
    (folder / "a.md").write_text(f"学号：2023005\n{NAME}: 1792\n", encoding="utf-8")
    (folder / "b.md").write_text(f"学号：2023005\n{NAME}: 7\n", encoding="utf-8")
    result, rows = graded(folder, vgg16, tmp_path / "out")
    scores = {row["student"]: row["score"] for row in rows if row["student"]}
    assert scores == {"2023001": "10", "2023009": "10", "2023005": "10"}
    others = [row for row in rows if not row["student"]]
    assert [row["file"] for row in others] == ["2023009.csv", "b.md", "zzz.md"]
    assert all("please check" in row["remarks"] for row in others)
    assert all(one.superseded is None for one in result.marked)
    feedback = (tmp_path / "out" / "feedback" / "zzz.md").read_text(encoding="utf-8")
    assert "please check" not in feedback  # that is the teacher's business


@pytest.mark.parametrize("written", ["２０２３０００１", "2023 0001", "2023\u200b0001", "\u202e20230001"])
def test_a_number_written_otherwise_is_the_same_number(written, tmp_path, vgg16):
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "20230001_张三.md").write_text(f"{NAME}: 1792\n")
    (folder / "zzz.md").write_text(f"学号：{written}\n{NAME}: 5\n", encoding="utf-8")
    _, rows = graded(folder, vgg16, tmp_path / "out")
    assert {row["file"]: (row["student"], row["score"]) for row in rows} == {
        "20230001_张三.md": ("20230001", "10"),
        "zzz.md": ("", "0"),
    }


def test_one_number_with_two_peoples_names_lowers_nobodys_mark(tmp_path, vgg16):
    folder = tmp_path / "sent"
    folder.mkdir()
    for name, value in (("张三", 1792), ("李四_最终", 5), ("张三_v2", 1792)):
        (folder / f"20230001_{name}.md").write_text(f"{NAME}: {value}\n")
    for name, value in (("张三", 5), ("张三_v2", 1792), ("v3", 6)):  # one person: the last one counts
        (folder / f"20230002_{name}.md").write_text(f"{NAME}: {value}\n")
    result, rows = graded(folder, vgg16, tmp_path / "out")
    assert [(row["file"], row["score"]) for row in rows if row["student"] == "20230001" and row["score"]][-1] == (
        "20230001_张三_v2.md",
        "10",
    )
    other = next(row for row in rows if "李四" in row["file"])
    assert other["student"] == "" and "please check" in other["remarks"]
    standing = {one.file: one.superseded for one in result.marked if one.file.startswith("20230002")}
    assert [file for file, by in standing.items() if by is None] == ["20230002_张三_v2.md"]


def test_the_platforms_name_is_worth_more_than_a_file_name_that_a_student_chose(tmp_path, vgg16):
    folder = tmp_path / "sent"
    for person, value in (("张三_77", 1792), ("李四_78", 5)):
        (folder / f"{person}_assignsubmission_file_").mkdir(parents=True)
        (folder / f"{person}_assignsubmission_file_" / "2023001.md").write_text(f"{NAME}: {value}\n")
    _, rows = graded(folder, vgg16, tmp_path / "out")
    by_name = {row["name"]: row for row in rows}
    assert (by_name["张三"]["student"], by_name["张三"]["score"]) == ("2023001", "10")
    assert by_name["李四"]["student"] == "" and "please check" in by_name["李四"]["remarks"]


def test_a_students_folder_with_nothing_in_it_has_a_row(tmp_path, vgg16):
    """The learning platform made it; what stands empty inside a folder that has a file is no student's."""
    folder = tmp_path / "sent"
    for one in ("2023001_Ann-O-Lee", "2023002_Bob-B-Ray/inner/inner", "2023003_Cat-C-Fox/pictures"):
        (folder / one).mkdir(parents=True)
    (folder / "2023003_Cat-C-Fox/a.md").write_text(f"- {NAME}: 1792\n")
    (folder / "2023001_Ann-O-Lee/Thumbs.db").write_bytes(b"x")
    (folder / "fb").mkdir()
    outputs = Outputs(folder / "grades.csv", folder / "fb", folder / "summary.md", ".md")
    marked = check_folder(folder, vgg16, outputs, ("en",), questions={NAME: 10.0}).marked
    assert {one.file: one.score for one in marked} == {
        "2023001_Ann-O-Lee": 0,
        "2023002_Bob-B-Ray": 0,
        "2023003_Cat-C-Fox/a.md": 10,
    }


def test_in_the_platforms_folder_a_file_called_like_somebody_else_takes_nothing_from_them(tmp_path, vgg16):
    folder = tmp_path / "sent"
    files = {
        "张三_77_assignsubmission_file_/hw.md": f"学号：20230001\n{NAME}: 1792\n",
        "李四_78_assignsubmission_file_/20230001.md": f"{NAME}: 5\n",
        "李四_78_assignsubmission_file_/张三_77_assignsubmission_file_20230001.md": f"{NAME}: 5\n",
        "王五 20230003_1234567_assignsubmission_file_/20230001.md": f"{NAME}: 1792\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    _, rows = graded(folder, vgg16, tmp_path / "out")
    found = {row["file"]: (row["student"], row["name"], row["score"]) for row in rows}
    first, second, third, fourth = (found[name] for name in files)
    assert first == ("20230001", "张三", "10")
    assert second[:2] == third[:2] == ("", "李四")
    assert fourth == ("20230003", "王五", "10")


def test_what_is_too_large_is_not_hashed_and_what_is_no_file_not_opened(tmp_path):
    sparse, pipe = tmp_path / "a.csv", tmp_path / "b.csv"
    with sparse.open("wb") as file:
        file.truncate(3_000_000_000)
    os.mkfifo(pipe)
    begin = time.perf_counter()
    assert content_of(sparse).startswith("large:")
    assert content_of(pipe).startswith("no file:")
    assert [read_all(path)[0].problems != () for path in (sparse, pipe)] == [True, True]
    assert time.perf_counter() - begin < 2


# ---- limits


def _for_ever():
    while True:
        pass


def _within_another():
    with within(5):
        pass
    _for_ever()


def test_a_limit_counts_processor_time_and_not_the_clock():
    with within(0.2):
        time.sleep(0.6)
    with pytest.raises(TooLong), within(0.2):
        _for_ever()


def test_an_inner_limit_leaves_the_outer_one_as_it_was():
    begin = time.process_time()
    with pytest.raises(TooLong), within(0.3):
        _within_another()
    assert time.process_time() - begin < 2
    with within(5):
        pass
    time.sleep(0.01)  # no alarm is left behind


WAITS = """
import os, sys, time
from explainer.homework.classroom.parallel import spread
def work(n):
    os.write(1, b"%d\\n" % os.getpid())  # in one piece
    time.sleep(60)
list(spread(work, list(range(16)), jobs=2))
"""


def test_workers_go_with_their_parent():
    process = subprocess.Popen([sys.executable, "-c", WAITS], stdout=subprocess.PIPE, text=True)
    workers = [int(process.stdout.readline()) for _ in range(2)]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    until = time.monotonic() + 10
    while time.monotonic() < until and any(_alive(pid) for pid in workers):
        time.sleep(0.05)
    assert not any(_alive(pid) for pid in workers)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# ---- what strangers write, in every output

ACTS = "".join(chr(code) for code in (*range(32), 127, *range(128, 160), 0x202E, 0x2066, 0x2028, 0xFFFE, 0xFFFF))


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_printed_can_be_encoded_and_acts_on_nothing(text):
    for made in (visible(text), cell(text), lines_visible(text).replace("\n", "")):
        made.encode("utf-8")
        assert not set(ACTS) & set(made)
    assert cell(text).lstrip()[:1] not in tuple("=+-@＝＋－＠|%")


def test_names_of_every_alphabet_are_kept():
    for name in (
        "张三",
        "Ann-O-Lee",
        "Zoë",
        "Иван Петров",
        "山田 太郎",
        "김철수",
        "محمد",
        "می\u200cخواهم",
        "क्\u200dष",
        "O’Neill",
    ):
        assert visible(name) == name


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_strangers_text_in_tables_terminal_and_pages(text, tmp_path):
    from explainer.homework.classroom.feedback import feedback
    from explainer.homework.classroom.record import packed, unpacked
    from explainer.homework.classroom.summary import summary
    from explainer.render.html.page import to_html
    from explainer.render.markdown import to_markdown

    answer = Answered("1", text, same("title"), text, "unreadable", None, 1.0, 0.0, remarks=(same("r"),))
    marked = Marked(text, text, text, None, (answer,), (same(visible(text)),))
    assert unpacked(packed(marked)) == marked
    for row in csv.reader(io.StringIO(to_csv(table([marked], "zh")).decode("utf-8-sig"))):
        assert not any(one.lstrip()[:1] in tuple("=+@＝＋＠|%") for one in row)
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(to_xlsx(table([marked], "en"), "grades")))
    assert {one.data_type for row in book.active.iter_rows() for one in row if one.value is not None} == {"s", "n"}
    for line in lines(marked, "en"):
        assert not set(ACTS) & set(line)
    for document in (feedback(marked, ("zh", "en"), lambda m, a: None), summary([marked], ("zh", "en"), {})):
        markdown = to_markdown(document)
        html = to_html(markdown, fonts=False)
        assert not {"\x1b", "\u202e", "\x00", "\ufffe"} & set(markdown + html)
        for sign in (
            "<script>alert",
            "<img src=x",
            "<b>x",
            'href="javascript',
            'href="http://evil',
            'src="http://evil',
        ):
            assert sign not in html
        html.encode("utf-8")
