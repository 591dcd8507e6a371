"""Lines in a terminal: where they may end."""

from __future__ import annotations

import io
import itertools
import unicodedata

import pytest
from rich.console import Console
from torch import nn

import explainer
from explainer.render.breaking import line_ends, units
from explainer.render.terminal import print_document


def columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line)


def lines(text: str, width: int) -> list[str]:
    ends = [0, *line_ends(text, width), len(text)]
    return [text[a:b].rstrip() for a, b in itertools.pairwise(ends)]


TEXT = (
    "每个神经元与全部25,088个输入相连，有25,088个权重和1个偏置；特征图（feature map）由64×224×224变为64×112×112，"
    "与PyTorch的统计一致 ✓。式中⌊ ⌋表示舍去小数部分，共4096个神经元（约1.38亿，即138.36 M）。"
)


@pytest.mark.parametrize("width", range(24, 60))
def test_no_line_begins_with_a_stop_or_ends_with_an_opening(width):
    for line in lines(TEXT, width):
        assert columns(line) <= width
        assert line[0] not in "，。；：）》”✓" and line[-1] not in "（《“⌊"


@pytest.mark.parametrize("width", range(24, 60))
def test_numbers_words_and_their_units_stay_whole(width):
    found = lines(TEXT, width)
    for whole in ("25,088个", "64×112×112", "feature", "PyTorch", "4096个", "致 ✓"):
        assert any(whole in line for line in found)


def test_nothing_is_lost_and_a_long_word_is_cut():
    assert "".join(lines("a" * 100, 30)) == "a" * 100
    assert lines("encoder.layers.encoder_layer_0.self_attention", 20)[0] == "encoder.layers."
    assert list(units("共28个参数")) == ["共", "28个", "参", "数"]
    assert line_ends("", 10) == [] and line_ends("短", 10) == []


def test_a_lesson_in_eighty_columns():
    net = nn.Sequential(nn.Conv2d(3, 64, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64 * 36, 10))
    out = io.StringIO()
    lesson = explainer.explain(net, input_size=(1, 3, 8, 8), lang="zh")
    print_document(lesson.document(), Console(file=out, width=80, force_terminal=False))
    text = out.getvalue()
    assert "每个神经元与全部2304个输入相连" in text.replace("\n", "")
    for line in text.splitlines():
        assert columns(line.rstrip()) <= 80
        assert line.strip()[:1] not in tuple("，。；：）》")
