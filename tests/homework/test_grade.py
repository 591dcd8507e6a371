"""Verdicts: right in every form, rounded, wrong with its mistake, working step by step, undecided."""

from __future__ import annotations

import json

import pytest
from nets import walked
from torch import nn

from explainer.formula.tree import Number, Rounded, Symbol
from explainer.homework.grading.equivalence import equal
from explainer.homework.grading.grade import grade
from explainer.homework.grading.terminal import said
from explainer.homework.questions import find
from explainer.i18n.bilingual import same

MODEL = nn.Sequential(
    nn.Conv2d(512, 512, 3, padding=1),
    nn.Conv2d(512, 64, 3, groups=4, stride=2),
    nn.Conv2d(64, 128, 1, bias=False),
    nn.BatchNorm2d(128),
    nn.Conv2d(128, 16, (3, 5)),
    nn.Flatten(),
    nn.Linear(16 * 5 * 3, 10),
)
WALK = walked(MODEL, (1, 512, 16, 16))


def judged(name: str, text: str, **options):
    return grade(find(WALK, name), text, **options)


@pytest.mark.parametrize(
    ("name", "text", "verdict"),
    [
        ("0.params", "2359808", "correct"),
        ("0.params", "2,359,808 个参数", "correct"),
        ("0.params", "(3×3×512+1)×512=2359808", "correct"),
        ("0.params", "(k*k*C_in+1)*C_out", "correct"),
        ("0.params", "Cout(1 + Cin·K²)", "correct"),
        ("0.params", "P = (k*k*C_in+1)*C_out = (3*3*512+1)*512 = 4609*512 = 2359808", "correct"),
        ("0.params", "(3*3*512+1)*512", "equivalent"),
        ("0.params", "k²·Cin·Cout+Cout", "equivalent"),
        ("0.params", "(3*3*C_in+1)*C_out", "equivalent"),
        ("0.params", "(k*k*512+1)*512", "equivalent"),
        ("0.params", "(k*k*C_in+b)*C_out", "equivalent"),
        ("0.params", "2.36M", "rounded"),
        ("0.params", "236万", "rounded"),
        ("0.params", "约2360000", "rounded"),
        ("0.params", "(3*3*512+1)*512 ≈ 2.36M", "rounded"),
        ("0.params", "2360000", "wrong"),
        ("0.params", "2.35M", "wrong"),
        ("0.params", "2.37M", "wrong"),
        ("0.params", "0亿", "wrong"),
        ("0.params", "-2359808", "wrong"),
        ("0.params", "[512, 7, 7]", "wrong"),
        ("0.params", "2359808 bytes", "wrong"),
        ("0.params", "(k*k*C_out+1)*C_in", "wrong"),
        ("0.params", "(H*W*C_in+1)*C_out", "wrong"),
        ("0.params", "C_in*k*C_out*k", "wrong"),
        ("0.params", "(k*k*C_in+1)*C_out/(H-H)", "wrong"),
        ("0.params", "foo*3", "unreadable"),
        ("0.params", "(3*3*512", "unreadable"),
        ("1.params", "(k*k*C_in/g+1)*C_out", "correct"),
        ("1.params", "(k*k*C_in/4+1)*C_out", "equivalent"),
        ("1.params", "(k*k*C_in+1)*C_out", "wrong"),
        ("2.params", "k*k*C_in*C_out", "correct"),
        ("2.params", "C_in*C_out", "wrong"),
        ("3.params", "2C", "correct"),
        ("3.params", "C+C", "equivalent"),
        ("4.params", "(k_h*k_w*C_in+1)*C_out", "correct"),
        ("4.params", "(k*k*C_in+1)*C_out", "unreadable"),
        ("6.params", "(in_features+1)*out_features", "correct"),
        ("0.macs", "C_out*H_out*W_out*k*k*C_in", "equivalent"),
        ("0.macs", "604 MMACs", "rounded"),
        ("0.macs", "604 MFLOPs", "wrong"),
        ("0.bytes", "9439232", "correct"),
        ("0.bytes", "9.0 MiB", "rounded"),
        ("0.bytes", "75513856 bit", "equivalent"),
        ("0.bytes", "9.0", "wrong"),
        ("0.bytes", "2359808×4", "equivalent"),
        ("1.shape", "[64, 7, 7]", "correct"),
        ("1.shape", "1,64,7,7", "correct"),
        ("1.shape", "64@7x7", "correct"),
        ("1.shape", "C=64, H=7, W=7", "correct"),
        ("1.shape", "[64, floor((16-3)/2)+1, 7]", "equivalent"),
        ("1.shape", "[C_out, floor((H-k)/s)+1, floor((W-k)/s)+1]", "correct"),
        ("1.shape", "[C_out, (H-k)/s+1, (W-k)/s+1]", "wrong"),
        ("1.shape", "[C_out, H_out, W_out]", "wrong"),
        ("1.shape", "7×7×64", "wrong"),
        ("1.shape", "7×7", "wrong"),
        ("1.shape", "64", "wrong"),
        ("1.shape", "[64, 7]", "wrong"),
        ("0.shape", "[C_out, H, W]", "equivalent"),
        ("total.params", "k*3", "unreadable"),
    ],
)
def test_verdicts(name, text, verdict):
    graded = judged(name, text)
    assert graded.verdict == verdict, [remark.en for remark in graded.remarks]
    assert graded.right == (verdict in ("correct", "equivalent", "rounded"))
    assert graded.score == (1 if graded.right else 0)


@pytest.mark.parametrize(
    ("name", "text", "mistake"),
    [
        ("0.params", "2359296", "bias.forgotten"),
        ("0.params", "k*k*C_in*C_out", "bias.forgotten"),
        ("0.params", "(k*k*C_out+1)*C_in", "channels.swapped"),
        ("0.params", "2.35M", "slip.cut_off"),
        ("0.params", "2.36", "units.missing"),
        ("0.params", "2359808 MiB", "units.wrong"),
        ("1.params", "(k*k*C_in+1)*C_out", "channels.groups_ignored"),
        ("1.shape", "7×7", "shape.channels_missing"),
        ("1.shape", "7x7x64", "shape.channels_last"),
    ],
)
def test_mistakes_are_named(name, text, mistake):
    graded = judged(name, text)
    assert graded.verdict == "wrong"
    assert graded.mistakes[0].id == mistake


def test_a_coincidence_of_this_layer_is_told():
    english = " ".join(remark.en for remark in judged("0.params", "(k*k*C_out+1)*C_in").remarks)
    assert "happens to be the same" in english


def test_a_formula_without_a_named_mistake_gets_a_counterexample():
    graded = judged("0.params", "(k*k*C_in+3)*C_out+H*H")
    assert not graded.mistakes
    assert "A counterexample" in graded.remarks[0].en
    assert "反例" in graded.remarks[0].zh


def test_numbers_without_a_named_mistake_are_compared_term_by_term():
    graded = judged("0.params", "3*3*512*512+700")
    assert not graded.mistakes
    assert graded.remarks[0].en == "Multiplied out and compared term by term: yours has 700 where 1·512 is right."


@pytest.mark.parametrize(
    ("text", "verdict", "step", "score"),
    [
        ("(3*3*512+1)*512 = 4609*512 = 2359808", "correct", None, 1),
        ("(3*3*512+1)*512\n= 4609*512\n= 2359808", "correct", None, 1),
        ("(3*3*512+1)*512\n4609*512\n2359808", "correct", None, 1),
        ("3*3*512=4608\n4608+1=4609\n4609*512=2359808", "correct", None, 1),
        ("3*3*512*512=2359296, 2359296+512=2359808", "correct", None, 1),
        ("k=3, C_in=512\n(k*k*512+1)*512 = 2359808", "correct", None, 1),
        ("3*3*512*512 = 2359296", "wrong", 1, 0.5),
        ("(3*3*512+1)*512 = 2359296", "wrong", 2, 0.5),
        ("(3*3*512+1)*512 = 4608*512 = 2359296", "wrong", 2, 0.6667),
        ("(3*3*512+1)*512 = 4619*512 = 2359808", "wrong", 2, 0.3333),
        ("3*3*512=4608\n4608+1=4609\n4609*512=2359296", "wrong", 3, 0.6667),
        ("3*3*512=4618\n4618+1=4619\n4619*512=2364928", "wrong", 1, 0.6667),
        ("3*3*512=4608\n4608*512=2359296", "wrong", 2, 0.5),
        ("3*5*512=7680\n7680+1=7681\n7681*512=3932672", "wrong", 1, 0.6667),
        ("k=5\n(3*3*512+1)*512 = 2359808", "wrong", 1, 0.5),
    ],
)
def test_working_is_judged_step_by_step(text, verdict, step, score):
    graded = judged("0.params", text)
    assert graded.verdict == verdict, [remark.en for remark in graded.remarks]
    assert graded.first_wrong_step == step
    assert graded.score == score


def test_the_mistake_is_found_through_the_lines_of_a_working():
    assert judged("0.params", "3*3*512=4608\n4608*512=2359296").mistakes[0].id == "bias.forgotten"


@pytest.mark.parametrize(
    ("name", "text", "verdict"),
    [
        ("0.params", "weights = 3*3*512*512 = 2359296\nbias = 512\ntotal = 2359808", "correct"),
        ("0.params", "k=3, n=512\n(3*3*512+1)*512 = 2359808", "correct"),
        ("0.params", "N=512\n(3*3*512+1)*N = 2359808", "wrong"),  # N is the batch
        ("1.shape", "(16-3)//2+1=7，64×7×7", "correct"),
        ("1.shape", "16-3=13, 13//2=6, 6+1=7, 64×7×7", "correct"),
        ("1.shape", "(16-3)//2=6，64×6×6", "wrong"),
        ("1.shape", "C=64, H=W=7", "correct"),
        ("1.shape", "C=64, H=W=6", "wrong"),
        ("1.shape", "64通道，7×7", "correct"),
        ("1.shape", "64个通道，每个6×6", "wrong"),
        ("1.shape", "64, 7, 7", "correct"),
        ("5.shape", "16*5*3=240", "correct"),
        ("5.shape", "16*5*3", "wrong"),
    ],
)
def test_working_in_a_students_own_names(name, text, verdict):
    graded = judged(name, text)
    assert graded.verdict == verdict, [remark.en for remark in graded.remarks]


def test_one_size_of_a_shape_is_no_wrong_formula():
    graded = judged("1.shape", "floor((16-3)/2)+1=7")
    assert graded.verdict == "wrong" and graded.first_wrong_step is None
    assert [remark.zh for remark in graded.remarks] == ["你写了1维，输出有3维（不计批量）。"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("0.params", "230万", "59,808 less"),
        ("0.params", "-5", "2,359,813 less"),
        ("0.params", "2359808.5", "not whole"),
        ("5.params", "777", "777 more"),
        ("3.params", "0", None),
    ],
)
def test_every_wrong_number_is_said_something_of(name, text, words):
    graded = judged(name, text)
    assert graded.verdict == "wrong"
    said_of = [told.message.en for told in graded.mistakes] + [remark.en for remark in graded.remarks]
    assert said_of and (words is None or words in " ".join(said_of))


def test_a_rounded_number_is_repeated_as_it_was_written():
    assert judged("0.bytes", "9.2 MB").mistakes[0].message.zh.startswith("9,200,000不对：")
    assert not judged("0.params", "240万").mistakes  # no digits are swapped in a rounded number


def test_words_alone_are_told_from_no_answer():
    assert "neither a number nor a formula" in judged("0.params", "很多个参数").remarks[0].en
    assert judged("0.params", " ").remarks[0].en == "There is no answer."


def test_padding_makes_a_transposed_convolution_smaller():
    net = walked(nn.Sequential(nn.ConvTranspose2d(16, 8, 4, stride=2, padding=1)), (1, 16, 15, 15))
    found = grade(find(net, "0.shape"), "8×32×32").mistakes[0]
    assert found.id == "shape.padding_forgotten"
    assert "输出变小" in found.message.zh and "smaller" in found.message.en


def test_one_number_stands_without_brackets():
    assert "是240·10：" in judged("6.params", "2400").mistakes[0].message.zh


def test_an_exact_figure_that_is_then_rounded_is_exact():
    assert judged("0.params", "(3*3*512+1)*512 = 2359808 ≈ 2.36M").verdict == "correct"
    assert judged("0.bytes", "2359808*4/1024/1024 = 9.0 MiB").verdict == "rounded"
    assert judged("0.bytes", "2.36M×4 = 9.44 MB").verdict == "rounded"


def test_what_neither_proof_nor_counterexample_settles_is_undecided():
    half = Rounded(Symbol("k", same("k")), Number(2))
    whole = half + Rounded(Symbol("k", same("k")) + 1, Number(2))
    assert equal(whole, Symbol("k", same("k"))) is None
    graded = judged("0.params", "(k*(floor(k/2)+floor((k+1)/2))*C_in+1)*C_out")
    assert (graded.verdict, graded.score) == ("undecided", 0)


def test_the_json_of_an_answer():
    made = judged("0.params", "2359296").to_dict("zh")
    keys = ["question", "given", "verdict", "expected", "mistakes", "first_wrong_step", "score", "read_as", "remarks"]
    assert list(made) == keys
    assert made["read_as"] == "2,359,296" and made["remarks"] == []
    assert judged("0.params", "3*3*512*512=2359296+512=2359808").to_dict("en")["remarks"] == ["run_on"]
    assert made["expected"] == "2359808"
    assert judged("1.shape", "[64,7,7]").to_dict("en")["expected"] == "[64, 7, 7]"
    assert json.loads(json.dumps(made)) == made


@pytest.mark.parametrize(
    "text", ["2359296", "2.35M", "3*3*512=4608\n4608*512=2359296", "123", "(k*k*C_out+1)*C_in", "k*C_in", "9*512+1"]
)
def test_a_hint_does_not_give_the_answer_away(text):
    graded = judged("0.params", text, hint=True)
    shown = json.dumps(graded.to_dict("en")) + "\n".join(said(graded, "en") + said(graded, "zh", hint=True))
    assert graded.expected is None
    assert "Hint: " in shown
    for secret in ("2359808", "2,359,808", "C_in+1)", "4609"):
        assert secret not in shown.replace(json.dumps(text)[1:-1], "")


def test_the_terminal_shows_the_verdict_the_mistake_and_the_working():
    lines = said(judged("0.params", "2359296"), "zh")
    assert lines[0] == "✗ 错误"
    assert "漏了偏置" in lines[1]
    assert lines[-1].strip() == "= 2,359,808"
    assert said(judged("0.params", "2359808"), "en") == ["✓ Correct"]


def test_the_caret_stands_under_the_place_also_behind_chinese():
    lines = said(judged("0.params", "参数：3*3*?"), "en")
    assert lines[1] == "  参数：3*3*?"
    assert lines[2].index("^") == 2 + 2 * 3 + 4


def test_several_explanations_are_announced():
    strided = walked(nn.Sequential(nn.Conv2d(64, 128, 3, padding=1, stride=2)), (1, 64, 27, 27))
    graded = grade(find(strided, "0.shape"), "[128, 13, 13]")
    assert len(graded.mistakes) > 1
    assert said(graded, "en")[1] == f"This wrong answer has {len(graded.mistakes)} possible explanations:"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("(k*k*1+1)*C_out", "equivalent"),
        ("(3*3*1+1)*C_out", "equivalent"),
        ("(9+1)*C_out", "wrong"),
        ("(k*k+1)*C_out", "wrong"),
        ("(k*k+1)*1*C_out", "wrong"),
        ("k*k*C_out*1+C_out*1", "equivalent"),
    ],
)
def test_a_size_of_one_must_be_written_in_its_place(text, verdict):
    gray = walked(nn.Sequential(nn.Conv2d(1, 64, 3)), (1, 1, 8, 8))
    assert grade(find(gray, "0.params"), text).verdict == verdict


# ------------------------------------------------------------------ what a working keeps


@pytest.mark.parametrize(
    ("name", "text", "marks", "first"),
    [
        ("0.params", "(3*3*512+1)*512 = 4609*512 = 2359708", 7, "slip.arithmetic"),
        ("0.params", "(k*k*C_in+1)*C_out = (3*3*512+1)*512 = 2359708", 7, "slip.arithmetic"),
        ("0.params", "(3*3*512)*512 = 2359296", 3, "bias.forgotten"),
        ("0.bytes", "2359808*4/1024/1024 = 9.0 MB", 3, "units.mib_as_mb"),
    ],
)
def test_a_right_formula_and_its_numbers_keep_their_marks(name, text, marks, first):
    from explainer.homework.grading.messages import EARNED_BOTH
    from explainer.homework.grading.rubric import Rubric

    graded = judged(name, text)
    assert graded.verdict == "wrong" and graded.mistakes[0].id == first
    assert Rubric().marks(10, graded) == marks
    assert (EARNED_BOTH in graded.remarks) == (marks == 7)


@pytest.mark.parametrize("text", ["2359808*4 = 9439232 B = 9.002 MB", "2359808×4=9439232字节≈9.0MB"])
def test_the_right_bytes_said_again_in_mib_as_mb_are_right_with_a_remark(text):
    graded = judged("0.bytes", text)
    assert graded.right and any("MiB" in remark.en for remark in graded.remarks)


def test_only_definitions_are_an_answer():
    """`C_out = 512` where the biases are asked for: it is their number."""
    assert judged("0.bias", "C_out = 512").right and judged("0.bias", "b = 512").right
    assert not judged("0.bias", "C_in = 512 and k = 3").right and not judged("0.params", "C_out = 512").right
