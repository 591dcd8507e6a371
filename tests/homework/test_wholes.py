"""Worksheets that ask of a block, and of what one token uses of a mixture of experts."""

import textwrap

import pytest
import torch
from nets import walked
from torch import nn

from explainer.drawing.sheets import sheet_of_id
from explainer.homework.grading.grade import grade
from explainer.homework.questions import find
from explainer.homework.worksheets.answer_key import key_document
from explainer.homework.worksheets.exports.content import content
from explainer.homework.worksheets.lookup_sheet import lookup_document
from explainer.homework.worksheets.make import make_sheet
from explainer.homework.worksheets.page import sheet_csv, sheet_document
from explainer.homework.worksheets.sheet_file import sheets_json, sheets_of_json
from explainer.homework.worksheets.sheet_id import read_id
from explainer.render.markdown import to_markdown
from explainer.targets import walk_target

MIXTURE = """
    import torch
    from torch import nn

    class Expert(nn.Module):
        def __init__(self, d, f):
            super().__init__()
            self.up, self.down = nn.Linear(d, f, bias=False), nn.Linear(f, d, bias=False)

        def forward(self, x):
            return self.down(torch.relu(self.up(x)))

    class Mixture(nn.Module):
        def __init__(self, d, f, experts, k):
            super().__init__()
            self.router = nn.Linear(d, experts, bias=False)
            self.experts = nn.ModuleList(Expert(d, f) for _ in range(experts))
            self.k = k

        def forward(self, x):
            scores = self.router(x)
            best, which = scores.topk(self.k, dim=-1)
            weights = torch.zeros_like(scores).scatter(-1, which, best.softmax(-1))
            return sum(weights[..., i, None] * one(x) for i, one in enumerate(self.experts))

    class Net(nn.Module):
        def __init__(self, d=16, layers=3):
            super().__init__()
            self.table = nn.Embedding(100, d)
            self.blocks = nn.ModuleList(Mixture(d, 48, 8, 2) for _ in range(layers))
            self.out = nn.Linear(d, 100)

        def forward(self, x):
            x = self.table(x)
            for block in self.blocks:
                x = x + block(x)
            return self.out(x)
"""


class Block(nn.Module):
    """A norm, a feed-forward network, and a scale of its own."""

    def __init__(self, d):
        super().__init__()
        self.norm, self.up, self.down = nn.LayerNorm(d), nn.Linear(d, 5 * d), nn.Linear(5 * d, d)
        self.scale = nn.Parameter(torch.ones(d))

    def forward(self, x):
        return x + self.scale * self.down(self.up(self.norm(x)).relu())


class Blocks(nn.Module):
    def __init__(self, d=12, blocks=3):
        super().__init__()
        self.first = nn.Linear(7, d)
        self.h = nn.ModuleList(Block(d) for _ in range(blocks))

    def forward(self, x):
        x = self.first(x)
        for block in self.h:
            x = block(x)
        return x


BLOCK = 24 + 13 * 60 + 61 * 12 + 12


@pytest.fixture(scope="module")
def blocks():
    return walked(Blocks(), (1, 4, 7))


@pytest.fixture
def mixture(tmp_path, monkeypatch):
    (tmp_path / "moe.py").write_text(textwrap.dedent(MIXTURE), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return walk_target("moe.py:Net", ("1,12:int64",), ideas=True)


def text(document):
    return to_markdown(document).replace("\\", "")


def of(sheet, name):
    return next(item for item in sheet.items if item.name == name)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_a_block_is_asked_with_all_that_is_needed(blocks, level):
    sheet = make_sheet(blocks, count=6, level=level)
    assert len(sheet.items) == 6 and sheet.id.startswith("M4-")
    item = of(sheet, "h.*.params")
    assert item.question.value == BLOCK == find(blocks, "h.0.params").value
    shown = text(sheet_document(sheet, ("zh",)))
    for part in ("norm = LayerNorm((12,))", "up = Linear(in_features=12, out_features=60", "scale（12的参数）"):
        assert part in shown
    assert "one of these equal blocks, whose parts with parameters are: norm" in text(sheet_document(sheet, ("en",)))
    key = text(key_document(sheet, ("zh",)))
    assert "`h.0.scale` | 12 |" in key and f"**{BLOCK}**" in key
    assert "h.*.params," in sheet_csv(sheet)
    assert "h.*" in content(item).text[0].en


def test_a_block_is_graded(blocks):
    question = of(make_sheet(blocks, count=6, level=1), "h.*.params").question
    assert grade(question, str(BLOCK)).right
    forgotten = grade(question, str(BLOCK - 12))
    assert not forgotten.right and "totals.raw_forgotten" in forgotten.mistakes[0].mistakes


def test_sheets_without_such_are_as_they_were():
    convolutions = walked(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 9, 3)), (1, 3, 9, 9))
    assert make_sheet(convolutions, count=6).id.startswith("M3-")


def test_formulas_and_short_sheets_ask_of_layers_only(blocks):
    for options in ({"count": 2}, {"count": 6, "styles": "formula"}):
        sheet = make_sheet(blocks, **options)
        assert sheet.id.startswith("M3-") and all(item.question.layer is not None for item in sheet.items)


def test_an_older_id_of_the_same_model_asks_what_it_asked(blocks):
    new = make_sheet(blocks, count=6, level=1)
    source = read_id(new.id)
    old = source.__class__(**{**vars(source), "version": 3})
    again = sheet_of_id(old.text, walk=blocks)
    assert [item.name for item in again.items] == [item.name for item in sheet_of_id(again.id, walk=blocks).items]
    assert all("*" not in item.name for item in again.items)


def test_what_one_token_uses(mixture):
    sheet = make_sheet(mixture, count=12, level=3, styles="mixed", model="moe.py:Net", inputs=("1,12:int64",))
    params, macs = of(sheet, "total.active"), of(sheet, "total.active.macs")
    whole, one = mixture.totals.params, 2 * 16 * 48
    assert params.question.value == whole - 3 * 6 * one
    assert macs.question.value == mixture.macs.value - 12 * 3 * 6 * one
    shown = text(sheet_document(sheet, ("zh",)))
    assert "其中3层各有8个专家，每个专家有1536个参数，每个词元只用每层的2个。求一个词元用到的参数量。" in shown
    assert "共12个词元" in shown and "专家没有偏置" in shown
    key = text(key_document(sheet, ("en",)))
    assert "3·" in key or "3\\cdot" in to_markdown(key_document(sheet, ("en",)))
    assert "all experts counted" in text(lookup_document(sheet, ("en",)))
    # made again from its id alone, the model is loaded and its experts are found once more
    assert [item.name for item in sheet_of_id(sheet.id).items] == [item.name for item in sheet.items]
    (kept,) = sheets_of_json(sheets_json([sheet]))
    assert [item.question.value for item in kept.items if not item.question.is_shape] == [
        item.question.value for item in sheet.items if not item.question.is_shape
    ]


@pytest.mark.parametrize(
    ("given", "mistake"),
    [
        (0, "experts.all"),
        (3 * 6 * 1536 - 3 * 1536, "experts.one_too_many"),
        (6 * 1536, "experts.one_layer"),
    ],
)
def test_wrong_answers_on_experts_are_explained(mixture, given, mistake):
    question = find(mixture, "total.active")
    assert grade(question, str(question.value)).right
    assert grade(question, f"{mixture.totals.params}-3*(8-2)*1536").right
    wrong = grade(question, str(mixture.totals.params - given))
    assert not wrong.right and mistake in wrong.mistakes[0].mistakes


def test_multiple_choice_on_experts(mixture):
    sheet = make_sheet(mixture, count=9, level=2, styles="choice", model="moe.py:Net", inputs=("1,12:int64",))
    item = of(sheet, "total.active")
    assert item.style == "choice" and len(item.choices) == 4
