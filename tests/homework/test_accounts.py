"""Answers in sentences: accounts, shapes in words, notations, the class's policy, and the published grammar."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
from nets import walked
from torch import nn

from explainer.errors import UserError
from explainer.homework.answers.answer_parser import parse
from explainer.homework.answers.dialects.table import Dialect
from explainer.homework.answers.markup import unmarked
from explainer.homework.answers.unreadable import Unreadable
from explainer.homework.classroom.interactive import check_typed
from explainer.homework.grading.grade import grade
from explainer.homework.grading.policy import Policy, notation, tolerance
from explainer.homework.questions import find

WALK = walked(nn.Sequential(nn.Conv2d(5, 20, 3, padding=1), nn.MaxPool2d(2), nn.BatchNorm2d(20)), (1, 5, 30, 26))
DOCS = Path(__file__).resolve().parents[2] / "docs"


def judged(name: str, text: str, **options):
    return grade(find(WALK, name), text, **options)


@pytest.mark.parametrize(
    "text",
    [
        "weights: 3*3*5*20 = 900, bias: 20, total: 920",
        "权重900，偏置20，共920",
        "900 weights + 20 biases = 920",
        "900个权重加20个偏置，共920个",
        "920 (900 weights and 20 biases)",
        "一共920个参数：权重900个，偏置20个",
        "Every filter has 3*3*5 = 45 weights and 1 bias, so 46*20 = 920",
        "每个卷积核有45个权重和1个偏置，20个卷积核共20×46=920个参数",
        "weights=900 bias=20 total=920",
        "| weights | 900 |\n|---|---|\n| bias | 20 |\n| total | 920 |",
        r"$\underbrace{3\cdot3\cdot5\cdot20}_{w}+\underbrace{20}_{b}=\boxed{920}$",
        "**920** ✓",
        "0.9K + 20 = 0.92K",
        "(F*F*D1+1)*K",
        "(f*f*n_c_prev+1)*n_c = (3*3*5+1)*20 = 920",
        "D_K*D_K*M*N+N",
        "(核边长×核边长×输入图像通道数+1)×卷积核数目",
        "without bias 900; with bias 920",
        "nn.Conv2d(5, 20, 3) has 20*45+20 = 920",
    ],
)
def test_right_in_words(text):
    graded = judged("0.params", text)
    assert graded.right and graded.read_as is not None, [remark.en for remark in graded.remarks]


@pytest.mark.parametrize(
    "text",
    [
        "weights: 900, bias: 20, total: 900",
        "weights: 880, bias: 40, total: 920",
        "900 or 920",
        "maybe 920",
        "920 without bias",
        "920 filters",
        "bias = 920",
        "C_out = 920",
        "k = 920",
        "920*bias",
        "(F*F*K+1)*D1",
        "(D_K*D_K*N+1)*M",
        "45*20=900+20=930",
        "900\n920\n930",
        "9e2",
    ],
)
def test_wrong_in_words(text):
    graded = judged("0.params", text)
    assert not graded.right and graded.score < 1


@pytest.mark.parametrize("text", ["45*20=900+20=920", "3*3*5=45+1=46*20=920", "45×20 = 900 + 20 = 920"])
def test_an_equation_that_runs_on_is_right_with_a_remark(text):
    graded = judged("0.params", text)
    assert (graded.verdict, graded.score, graded.notes) == ("equivalent", 0.8, ("run_on",))


@pytest.mark.parametrize(
    "text",
    [
        "20 feature maps of 15x13",
        "20个15×13的特征图",
        "高15，宽13，通道20",
        "H: 15, W: 13, C: 20",
        "15×13×20 (H×W×C)",
        "(None, 20, 15, 13)",
        "-1,20,15,13",
        "height 15, width 13, depth 20",
        "(30-2)/2+1=15, (26-2)/2+1=13, so 20x15x13",
    ],
)
def test_a_shape_in_words(text):
    assert judged("1.shape", text).right


@pytest.mark.parametrize(
    "text", ["20 maps of 13x15", "H=13, W=15, C=20", "15x13 or 20x15x13", "20 maps of 15x14", "15×13×20"]
)
def test_a_wrong_shape_in_words(text):
    assert not judged("1.shape", text).right


SQUARE = walked(nn.Conv2d(8, 16, 3, 2), (1, 8, 25, 25))


@pytest.mark.parametrize(
    "text",
    [
        "高 = (25-3)/2+1 = 12，宽同理\n所以输出是 16 个 12×12 的特征图",
        "高=12，宽一样，通道数16",
        "高为12，宽相同，通道16",
        "H=(25-3)/2+1=12, same for W\nso 16 maps of 12x12",
        "H=12, W likewise, C=16",
    ],
)
def test_the_other_side_is_said_to_be_the_same(text):
    assert grade(find(SQUARE, "shape"), text).right


@pytest.mark.parametrize("text", ["高=11，宽同理，通道16", "高=12，宽同理，通道15", "高=12，宽同理，16个11×11的特征图"])
def test_a_wrong_side_said_to_be_the_same(text):
    assert not grade(find(SQUARE, "shape"), text).right


def test_the_other_side_is_not_the_same_on_a_map_that_is_no_square():
    assert not judged("1.shape", "高15，宽同理，通道20").right


@pytest.mark.parametrize("text", ["16×11×11", "[1, 16, 11, 11]"])
def test_a_mistake_names_the_shape_as_it_was_written(text):
    (first, *_) = grade(find(SQUARE, "shape"), text).mistakes
    written = text.strip("[]").replace(", ", "×")
    assert first.message.zh.startswith(f"{written}中的11") and f"in {written} is" in first.message.en


def test_a_notation_never_makes_an_answer_wrong():
    assert judged("0.params", "(Q*Q*R+1)*S").verdict == "unreadable"
    ours = Policy(notations=(Dialect("ours", {"Q": "k", "R": "C_in", "S": "C_out"}),))
    assert judged("0.params", "(Q*Q*R+1)*S", policy=ours).right
    assert not judged("0.params", "(Q*Q*S+1)*R", policy=ours).right


def test_the_class_decides_on_digits_tolerance_and_layout(tmp_path):
    assert not judged("0.params", "0.9K").right
    assert judged("0.params", "0.9K", policy=Policy(digits=1)).right
    assert judged("0.params", "915", policy=Policy(tolerance=tolerance("1%"))).right
    assert not judged("0.params", "900", policy=Policy(tolerance=tolerance("0.01"))).right
    assert judged("1.shape", "15×13×20", policy=Policy(layout="nhwc")).right
    assert not judged("1.shape", "20×15×13", policy=Policy(layout="nhwc")).right
    for given in ("x", "90%", "-1", "1e99", "1/3", ""):
        with pytest.raises(UserError):
            tolerance(given)
    file = tmp_path / "ours.toml"
    file.write_text('[notation]\n"边长" = "k"\n', "utf-8")
    assert judged("0.params", "(边长*边长*5+1)*20", policy=Policy(notations=(notation(file),))).right
    file.write_text("[notation]\nk = 3\n", "utf-8")
    with pytest.raises(UserError):
        notation(file)


def test_the_reading_is_said_and_can_be_corrected_before_it_is_judged():
    typed, said = iter(["weights 900, total 900", "weights 900, bias 20, total 920", ""]), []
    marked, code = check_typed(WALK, ["0.params"], lang="en", ask=lambda prompt: next(typed), say=said.append)
    assert code == 0 and marked.answers[0].verdict == "correct"
    assert "Read as: 900; 900" in said and "Read as: weights: 900; biases: 20; total: 920" in said


def test_marks_are_taken_off_at_their_place():
    for text in ("**1792** ✓", r"\boxed{1792}", "| a | 1 |\n|--|--|", r"n_C^{[l-1]}·n_C^{[l]}", "1792?", "3**2**2"):
        assert len(unmarked(text)) == len(text)
    assert unmarked("3**2*4") == "3**2*4"


RULE = re.compile(r"^(\w+)\s*= (.*) ;$", re.MULTILINE)
PIECE = re.compile(r'"[^"]*"|\?[^?]*\?|\w+|[\[\]{}()|,]')


def grammar(page: str) -> dict[str, list[str]]:
    block = re.search(r"```ebnf\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    return {name: PIECE.findall(body) for name, body in RULE.findall(block.group(1))}


def choices(pieces: list[str]) -> list[list[object]]:
    """The alternatives of a rule, each a list of pieces and of (bracket, alternatives); takes what it reads off `pieces`."""
    found: list[list[object]] = [[]]
    while pieces and pieces[0] not in ("]", "}", ")"):
        piece = pieces.pop(0)
        if piece == "|":
            found.append([])
        elif piece in ("[", "{", "("):
            found[-1].append((piece, choices(pieces)))
            pieces.pop(0)
        elif piece != ",":
            found[-1].append(piece)
    return found


def sentence(rules: dict[str, list[list[object]]], alternatives: list[list[object]], random: Random, depth: int) -> str:
    """A sentence of the grammar; deep down the first choice is taken and every option left out."""
    made = ""
    for piece in random.choice(alternatives) if depth < 12 else alternatives[0]:
        if isinstance(piece, tuple):
            bracket, inner = piece
            if bracket == "(" or (depth < 8 and random.random() < 0.4):
                made += sentence(rules, inner, random, depth + 1)
        elif piece.startswith('"'):
            made += piece[1:-1]
        else:
            made += "\n" if piece.startswith("?") else sentence(rules, rules[piece], random, depth + 1)
    return made


def test_the_published_grammar_is_what_the_parser_reads():
    rules = grammar("answers.md")
    assert rules == grammar("answers.zh.md") and len(rules) > 15
    random = Random(13)
    trees = {name: choices(list(pieces)) for name, pieces in rules.items()}
    texts = {sentence(trees, trees["answer"], random, 0) for _ in range(150)}
    assert len(texts) > 80
    for text in texts:
        if len(text) < 1500:
            try:
                assert parse(text).steps
            except Unreadable as error:
                pytest.fail(f"{text!r}: {error} at {error.caret}")


def test_a_second_try_at_the_keyboard_is_given_without_the_answer():
    typed, said = iter(["900 or 920", "920"]), []
    marked, _ = check_typed(WALK, {"0.params": 3.0}, lang="en", ask=lambda prompt: next(typed), say=said.append)
    assert marked.max_score == 3 and "'or' leaves the answer open" in "".join(said)
    assert not [line for line in said if line.strip().startswith("The right answer")]


@pytest.mark.parametrize(
    "text",
    [
        "C=20, H=15, W=13",
        "高15，宽13，通道20",
        "20 maps of 15×13",
        "20×15×13 (channels first)",
        "(None, 15, 13, 20)",
        "15×13, 20 channels",
    ],
)
def test_a_class_that_writes_the_channels_last_may_name_each_size(text):
    assert judged("1.shape", text, policy=Policy(layout="nhwc")).right


@pytest.mark.parametrize(
    ("text", "right"), [("15×13×20 (channels last)", True), ("20×15×13 (NHWC)", False), ("15×13×20 (NCHW)", False)]
)
def test_the_order_may_be_told_beside_a_shape(text, right):
    assert judged("1.shape", text).right is right
