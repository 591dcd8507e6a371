"""A WaveNet: blocks of dilated one-dimensional convolutions whose second outputs are added up between the blocks."""

import re

import pytest
import torch
import torch.nn.functional as F
from nets import zoo_walk
from torch import nn

import explainer
from explainer.api import Explanation
from explainer.figures.kinds import stages


class Gated(nn.Module):
    def __init__(self, channels: int, skips: int, dilation: int) -> None:
        super().__init__()
        self.signal = nn.Conv1d(channels, channels, 2, dilation=dilation)
        self.gate = nn.Conv1d(channels, channels, 2, dilation=dilation)
        self.residual = nn.Conv1d(channels, channels, 1)
        self.skip = nn.Conv1d(channels, skips, 1)
        self.before = dilation

    def forward(self, x):
        padded = F.pad(x, (self.before, 0))
        both = torch.tanh(self.signal(padded)) * torch.sigmoid(self.gate(padded))
        return x + self.residual(both), self.skip(both)


class WaveNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(16, 8, 1)
        self.blocks = nn.ModuleList(Gated(8, 12, 2**i) for i in range(6))
        self.last = nn.Conv1d(12, 12, 1)
        self.classes = nn.Conv1d(12, 16, 1)

    def forward(self, x):
        x, total = self.first(x), 0
        for block in self.blocks:
            x, skip = block(x)
            total = total + skip
        return self.classes(F.relu(self.last(F.relu(total))))


def written(figure):
    """All that is written in it."""
    return {label.text for label in figure.canvas("en").labels}


@pytest.fixture(scope="module")
def lesson():
    return explainer.explain(WaveNet(), (1, 16, 64), lang="zh", detail="handout")


def test_its_blocks_are_one_row_though_sums_stand_between_them(lesson):
    text = lesson.to_markdown()
    assert "残差块 `blocks` ×6" in text and "残差块 `blocks.3`" not in text


def test_a_kernel_of_one_side_is_a_length(lesson):
    text = lesson.to_markdown()
    assert "核长2的一维卷积层 `signal`" in text and "| 2一维卷积层" not in text


def test_its_blocks_are_one_stage(lesson):
    drawn = written(lesson.figures["stages"])
    assert "6 ×" in drawn and "blocks" in drawn and "blocks.3" not in drawn


def test_the_symbols_of_an_example_are_formulas_and_a_comma_follows_them_at_once():
    text = Explanation(zoo_walk("googlenet"), ("en",), "handout", pictures=False).to_markdown()
    assert "$C$ = 480, $m_1$ = 192, $m_2$ = 96" in text
    shown = Explanation(zoo_walk("googlenet"), ("en",), "handout", pictures=False).to_html()
    assert re.search(r"<math><mi>C</mi></math> = 480, <math><msub>.{0,60}</msub></math> = 192", shown)
    assert "</math> are the numbers of channels inside the block" in shown and "</math> ," not in shown
    assert "$m_6$ are the numbers of channels inside the block" in text and text.count("channels inside the block") == 1


def test_a_free_kernel_stays_small_and_one_meaning_is_said_once():
    text = Explanation(zoo_walk("mobilenet_v3_large"), ("en",), "handout", pictures=False).to_markdown()
    assert "| k×k depthwise convolutional layer" in text and "K×k" not in text
    assert "$m_1$ and $m_2$ are the numbers of channels inside the block" in text


def test_a_function_is_called_what_its_module_is():
    drawn = written(stages.make(zoo_walk("googlenet")))
    assert "ReLU" in drawn and "relu" not in drawn


class Forgetful(nn.Linear):
    """What a student forgets."""

    def forward(self, x):
        super().forward(x)


class Scored(nn.Linear):
    def forward(self, x):
        return super().forward(x).sum()


@pytest.mark.parametrize("detail", ["handout", "standard"])
def test_a_forgotten_return_is_said_and_one_number_is_an_output(detail):
    page = explainer.explain(Forgetful(4, 2), (1, 4), lang="zh,en", detail=detail).to_markdown()
    assert "也许漏写了return" in page and "its return may be missing" in page
    assert "输出为，" not in page and "the output is ." not in page
    page = explainer.explain(Scored(4, 2), (1, 4), lang="zh,en", detail=detail).to_markdown()
    assert re.search("输出为(一个数|1个数)", page) and re.search("the output is (a single number|1 number)", page)
