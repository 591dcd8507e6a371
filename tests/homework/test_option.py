"""Multiple choice: the letter however it is written; two options are the teacher's."""

from __future__ import annotations

import pytest

from explainer.homework.classroom.option import CONTRARY, option_meant

TEXTS = [["14×14×10"], ["10×13×13"], ["10×27×27"], ["10×14×14"]]


@pytest.mark.parametrize(
    "given",
    ["D", "d", "（Ｄ）", "(d)", "D.", "选D", "选 D", "我选D", "D选项", "答案：D", "答案是D", "D. 10×14×14", "D 10x14x14", "D、10*14*14",
     "D，因为长宽减半", "28/2=14，故选D", "(28-2)/2+1=14\n所以选D。", "(28-2)/2+1=14\nD", "The answer is D", "option D", "Answer: (d)",
     "I choose D", "**D**", "D (10×14×14)", "D：池化后减半", "28/2 = 14, so the answer is D.", "`D`"],
)  # fmt: skip
def test_a_letter_is_read_however_it_is_written(given):
    assert option_meant(given, TEXTS) == "D"


@pytest.mark.parametrize("given", ["A或D", "选A或者选D", "A\nD", "B. 10×14×14", "D 14×14×10", "不选A，选D"])
def test_two_options_are_no_choice(given):
    assert option_meant(given, TEXTS) in (CONTRARY, "")


@pytest.mark.parametrize(
    "given", ["10×14×14", "", "12,288", "a number", "B为批量，10×14×14", "H=14, W=14", "C=10, H=14, W=14", "不知道"]
)
def test_what_names_no_letter_is_judged_as_a_value(given):
    assert option_meant(given, TEXTS) == ""


def test_letter_and_text_are_graded(tmp_path):
    from explainer.drawing import sheet_of_id, topic_sheet
    from explainer.homework.classroom.one_file import check_file
    from explainer.homework.worksheets.question_text import option_text
    from explainer.homework.worksheets.sheet_source import SheetSource

    sheet = topic_sheet(["pooling", "conv"], count=3, seed=2, styles="choice")
    right, other = sheet.items[0], sheet.items[1]
    wrong = next(at for at, choice in enumerate(other.choices) if not choice.right)
    text = next(option_text(right, choice.text).zh for choice in right.choices if choice.right)
    lines = f"{sheet.id}\n1. 选{right.right_letter}. {text}\n2. {chr(65 + wrong)}\n3. A或B\n"
    (tmp_path / "a.txt").write_text(lines, encoding="utf-8")
    (marked,), _ = check_file(tmp_path / "a.txt", None, source=SheetSource(redraw=sheet_of_id))
    assert [answer.verdict for answer in marked.answers][:2] == ["correct", "wrong"]
    assert marked.answers[2].verdict in ("undecided", "unreadable")
