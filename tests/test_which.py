"""`explain which`: numbers as people write them find their meaning, and random ones find none."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

import pytest
from nets import measured, walked, zoo_walk
from torch import nn

from explainer.counters.predict import with_counters
from explainer.errors import UserError
from explainer.i18n.bilingual import Bi, grouped
from explainer.ledger.document import ledger_document, which_document
from explainer.ledger.identify.hypotheses import hypotheses
from explainer.ledger.identify.number_reader import read
from explainer.ledger.identify.search import which
from explainer.ledger.words import tool_name
from explainer.measure.needs import IN_BYTES
from explainer.render.markdown import to_markdown
from explainer.walkthrough.counted import Counted, Line, Term, Unpredicted

MACS, FLOPS, PARAMS, BYTES = 15_470_264_320, 30_940_528_640, 138_357_544, 553_430_176


@pytest.fixture(scope="module")
def vgg():
    walk = measured(zoo_walk("vgg16"), *IN_BYTES)
    return with_counters(walk.trace, walk, rows=True)


@pytest.fixture(scope="module")
def resnet():
    walk = measured(zoo_walk("resnet50"), *IN_BYTES)
    return with_counters(walk.trace, walk, rows=True)


@pytest.mark.parametrize(
    ("text", "value", "fit"),
    [
        ("138.36 M", PARAMS, "rounded"),
        ("138,357,544", PARAMS, "exact"),
        ("138 357 544", PARAMS, "exact"),
        ("1.38亿", PARAMS, "rounded"),
        ("13836万", PARAMS, "rounded"),
        ("1亿3836万", PARAMS, "rounded"),
        ("0.138 B", PARAMS, "rounded"),
        ("138.36M params", PARAMS, "rounded"),
        ("１３８．３６Ｍ", PARAMS, "rounded"),
        ("约1.38亿个参数", PARAMS, "rounded"),
        ("527.79 MiB", BYTES, "rounded"),
        ("528 MB", BYTES, "rounded"),
        ("553MB", BYTES, "rounded"),
        ("553,430,176 B", BYTES, "exact"),
        ("540 M", BYTES, "rounded"),
        ("540459", BYTES, "rounded"),
        ("4427.4 Mb", BYTES, "rounded"),
        ("30.94 G", FLOPS, "rounded"),
        ("30.94 GFLOPs", FLOPS, "rounded"),
        ("15.47 GMac", MACS, "rounded"),
        ("15.47×10⁹", MACS, "rounded"),
        ("1.547e10", MACS, "rounded"),
        ("154.7亿", MACS, "rounded"),
        ("15,470,264,320", MACS, "exact"),
        ("15500000000", MACS, "rounded"),
        ("15.4703", MACS, "rounded"),
        ("15523225576", 15_523_225_576, "exact"),
        ("15.52 G", 15_523_225_576, "rounded"),
        ("15483821032", 15_483_821_032, "exact"),
        ("30.97 G", 30_973_778_432, "rounded"),
        ("138.34M", 138_344_128, "rounded"),
        ("134.26 M", 134_260_544, "rounded"),
        ("14.71M", 14_714_688, "rounded"),
        ("185.64 G", 12 * MACS, "rounded"),
        (str(64 * FLOPS), 64 * FLOPS, "exact"),
        ("102764544", 102_764_544, "exact"),
        ("102.76 M", 102_764_544, "rounded"),
        ("411.06 MB", 411_058_176, "rounded"),
        ("276.7 MB", 276_715_088, "rounded"),
        ("218.78 MB", 229_408_576, "rounded"),
    ],
)
def test_finds_the_meaning(vgg, text, value, fit):
    walk = vgg
    best = which(walk, text)[0]
    assert (best.value, best.fit) == (value, fit)


def test_a_tools_figure_comes_with_its_bridge(vgg):
    walk = vgg
    best = which(walk, "15523225576")[0]
    assert [(line.tool, line.backend) for line in best.lines] == [("ptflops", "pytorch")]
    assert best.terms[0].value == MACS
    assert sum(term.value for term in best.terms) == best.value == 15_523_225_576


def test_how_the_unit_was_misread(vgg):
    """Seed 002: 540,459 KiB written as 540 M."""
    walk = vgg
    best = which(walk, "540 M")[0]
    assert best.factor == 1_024_000
    assert best.working == "138,357,544·4"
    assert "1024,000" not in best.how.zh and "1,024,000字节" in best.how.zh


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("25.56 M", 25_557_032),
        ("97.49 MiB", 102_228_128),
        ("25.5 M", 25_503_912),
        ("23.51M", 23_508_032),
        ("4.09 G", 4_089_184_256),
        ("8.18 GFLOPs", 8_178_368_512),
        ("25610152", 25_610_152),
        ("25503912", 25_503_912),
    ],
)
def test_residual_network(resnet, text, value):
    """Without norms 25.50 M; with running means and variances (as Keras counts) 25.61 M; without classifier 23.51 M."""
    walk = resnet
    assert value in [match.value for match in which(walk, text)]


def test_digits_decide_what_may_be_believed(vgg):
    """138.36 M is the parameters; nobody means a byte each. Two digits name nothing odd."""
    walk = vgg
    assert [match.value for match in which(walk, "138.36 M")] == [PARAMS]
    assert which(walk, "77 M") == ()


def test_plausible_before_odd(vgg):
    walk = vgg
    found = which(walk, "15.47 G")
    assert found[0].value == MACS
    assert [match.cost for match in found] == sorted(match.cost for match in found)


def test_nearly(vgg):
    walk = vgg
    (only,) = which(walk, "15523225567")
    assert (only.value, only.fit, only.remainder) == (15_523_225_576, "close", -9)


def _misses(walk, texts, monkeypatch):
    known = hypotheses(walk, True)  # the same for every number
    monkeypatch.setattr("explainer.ledger.identify.search.hypotheses", lambda *_, **__: known)
    return sum(bool(which(walk, text)) for text in texts) / len(texts)


@pytest.mark.parametrize("model", ["vgg", "resnet"])
def test_random_exact_numbers_mean_nothing(model, request, monkeypatch):
    walk = request.getfixturevalue(model)
    random = Random(7)
    texts = [str(int(10 ** random.uniform(5, 11))) for _ in range(300)]
    assert _misses(walk, texts, monkeypatch) <= 1 / 150


@pytest.mark.parametrize("unit", ["M", "G", "MB"])
@pytest.mark.parametrize("model", ["vgg", "resnet"])
def test_random_numbers_of_four_digits_mean_almost_nothing(model, unit, request, monkeypatch):
    walk = request.getfixturevalue(model)
    random = Random(7)
    texts = []
    for _ in range(200):
        number = 10 ** random.uniform(0, 3)
        texts.append(f"{number:.{3 - int(math.log10(number))}f} {unit}")
    assert _misses(walk, texts, monkeypatch) <= 0.04


@pytest.mark.parametrize(
    "text",
    ["", "abc", "12,34", "1.2.3", "-5", "0", "5 parsecs", "1e999", "9" * 500, "１２个苹果", "= ", "١٢٣x", "4 G G"],
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(UserError) as refused:
        read(text)
    assert refused.value.message.zh and len(refused.value.message.en) < 250


def test_nothing_explains_it_is_said(vgg):
    walk = vgg
    for langs in (("zh",), ("en",), ("zh", "en")):
        text = to_markdown(which_document(walk, "123456789", langs, which(walk, "123456789")))
        assert ("未找到与123456789相符的量" in text) == ("zh" in langs)
        assert ("No quantity matches 123456789" in text) == ("en" in langs)


def test_the_ledger_as_a_document(vgg):
    """Every line of the ledger is in the table, every bridge adds up as printed."""
    walk = vgg
    text = to_markdown(ledger_document(walk, ("en",)))
    rows = [row for row in text.splitlines() if row.startswith("| ")]
    for line in walk.measured.counters.lines:
        assert any(tool_name(line).en in row and f" {grouped(line.value)} " in row for row in rows), line
    for line in walk.measured.counters.lines:
        for term in line.terms[1:]:
            assert f"| {'+' if term.value > 0 else '−'}{grouped(abs(term.value))} |" in text
    chinese = to_markdown(ledger_document(walk, ("zh",)))
    assert "ptflops 0.7.5（pytorch后端）" in chinese and "从真实值到各工具的数" in chinese


def only(walk, *lines, unpredicted=()):
    """The walkthrough with these lines for its whole ledger."""
    return replace(walk, measured=replace(walk.measured, counters=Counted(lines, unpredicted)))


def test_a_line_of_its_own_is_enough():
    """The document needs nothing but lines: a tool of the user's own would do."""
    walk = zoo_walk("alexnet")
    label = Bi("乘加次数", "multiply-accumulates")
    terms = (Term(label, 714_188_480), Term(Bi("偏置", "biases"), 20))
    own = Line("mine", "1.0", None, "macs", label, 714_188_500, terms, label, "convention")
    text = to_markdown(ledger_document(only(walk, own), ("zh", "en")))
    assert "714,188,500" in text and "+20" in text and "口径不同" in text


def test_what_is_not_predicted_is_said():
    walk = zoo_walk("alexnet")
    right = Bi("乘加次数", "multiply-accumulates")
    line = Line("mine", "1.0", None, "macs", right, 714_188_480, (Term(right, 714_188_480),), right, "right")
    unknown = Unpredicted("yours", "2.0", None, "flops", Bi("某层", "some layer"))
    text = to_markdown(ledger_document(only(walk, line, unpredicted=(unknown,)), ("en",)))
    assert "cannot be predicted" in text and "FLOPs of yours 2.0 (some layer)" in text
    text = to_markdown(ledger_document(only(walk, line, unpredicted=(unknown,)), ("zh",)))
    assert "yours 2.0的FLOPs（某层）" in text


def test_what_nobody_counted_is_refused_in_a_sentence():
    walk = zoo_walk("alexnet")
    for refused in (lambda: ledger_document(walk, ("en",)), lambda: which(walk, "61.1 M")):
        with pytest.raises(UserError, match="What the tools print was not measured"):
            refused()


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("553,439,607", "the file saved"),
        ("540,468 KB", "the file saved"),
        ("579.72 MB", "peak bytes of inference"),
        ("2.287 GB", "training with Adam"),
        ("60.45 MB", "memory of their own"),
    ],
)
def test_what_the_page_says_of_memory_is_found_again(vgg, written, what) -> None:
    assert what in which(vgg, written)[0].label.en


def test_bytes_in_words_are_no_bits_and_no_billions() -> None:
    assert {reading.factor for reading in read("553 million bytes").readings} == {10**6, 2**20, 1_024_000}
    assert {reading.factor for reading in read("553430176 bytes").readings} == {1}


def test_each_tool_is_named_with_its_own_quantity(vgg) -> None:
    assert which(vgg, "15470289408")[0].label.en == "FLOPs by fvcore 0.1.5, MACs by torchprofile 0.1.0"


def test_the_older_resnet_of_the_paper(resnet):
    """3.8 G is the stride on the 1×1 convolution; 4.1 G the stride on the 3×3 one."""
    first = which(resnet, "3.8G")[0]
    assert "3,857,973,248" in first.label.en and "v1.5" in first.label.zh
    assert which(resnet, "3.86 GMac")[0].value == 3_857_973_248
    assert which(resnet, "4.1G")[0].value == 4_089_184_256


@pytest.fixture(scope="module")
def digits():
    """The network of a page that prints torchstat's and torchsummary's tables of it."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Sequential(nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))
            self.conv2 = nn.Sequential(nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2))
            self.out = nn.Linear(1568, 10)

        def forward(self, x):
            return self.out(self.conv2(self.conv1(x)).view(x.shape[0], -1))

    net = Net()
    walk = measured(walked(net, (1, 1, 28, 28)), *IN_BYTES)
    return with_counters(walk.trace, walk, rows=True)


@pytest.mark.parametrize(
    ("written", "layer", "tool", "quantity"),
    [
        ("326144", "conv1.0", "torchstat", "flops"),
        ("326.14 KMac", "conv1.0", "ptflops", "macs"),
        ("2,515,072", "conv2.0", "torchstat", "flops"),
        ("2.515 M", "conv2.0", "torchinfo", "mult_adds"),
        ("639744", "conv1.0", "deepspeed", "flops"),
        ("351232", "conv1", "ptflops", "macs"),
        ("9408", "conv1.2", "torchstat", "madd"),
        ("31350", "out", "torchstat", "madd"),
        ("4800", "conv1.0", "torchstat", "memread_bytes"),
        ("63872", "conv2.0", "torchstat", "memread_bytes"),
        ("88960", "conv2.0", "torchstat", "memrw_bytes"),
        ("0.05 MB", "conv1.0", "torchstat", "memory_bytes"),
        ("0.32 MB", "", "torchsummary", "output_bytes"),
        ("0.44MB", "", "torchsummary", "total_bytes"),
        ("0.16 MB", "", "torchstat", "memory_bytes"),
        ("446.89KB", "", "torchstat", "memrw_bytes"),
    ],
)
def test_rows_of_the_tools_tables(digits, written, layer, tool, quantity):
    lines = which(digits, written)[0].lines
    assert (layer, tool, quantity) in [(line.layer, line.tool, line.quantity) for line in lines]


def test_a_row_says_what_is_in_it(digits):
    best = which(digits, "326144")[0]
    assert [(term.label.en, term.value) for term in best.terms] == [
        ("multiply-accumulates", 313_600),
        ("biases of convolutions", 12_544),
    ]
    assert "layer 1, conv1.0" in best.label.en and "第1层conv1.0" in best.label.zh
    text = to_markdown(which_document(digits, "9408", ("zh", "en"), which(digits, "9408")))
    assert "All of 9408: comparisons of max-pooling." in text and "9408全部是最大池化的比较。" in text


def test_a_row_at_another_batch(digits):
    """torchinfo's mult-adds of the first convolution for twelve pictures."""
    best = which(digits, str(12 * 326_144))[0]
    assert best.working == "326,144·12" and best.label.en.endswith("at a batch of 12")


def test_equal_rows_are_one_answer(vgg):
    """VGG16's sixth and seventh convolutions cost the same."""
    (only,) = [match for match in which(vgg, "1850490880") if match.fit == "exact"]
    assert "1 more row is like it" in only.label.en and "另有1行与它相同" in only.label.zh


def test_what_is_of_one_sample_is_not_right_for_twelve():
    walk = with_counters(*(lambda w: (w.trace, w))(walked(nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU()), (12, 1, 8, 8))))
    found = {(line.tool, line.quantity): line for line in walk.measured.counters.lines}
    given = found["torchsummary", "input_bytes"]
    assert (given.value, given.standing) == (256, "convention")
    assert [term.value for term in given.terms] == [12 * 256, -11 * 256]
    kept = found["torchstat", "memory_bytes"]
    assert kept.value == 2 * 4 * 4 * 36 and [term.value for term in kept.terms] == [12 * kept.value, -11 * kept.value]
    assert "one sample" in kept.why.en
