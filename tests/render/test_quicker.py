"""What is worked out once instead of again and again changes no byte of a page."""

from contextlib import nullcontext

import pytest

from explainer.render.pdf import quicker
from explainer.render.pdf.write import to_pdf

PAGE = """<!-- explainer: lang=zh -->
# 卷积层

每个卷积核有 $k_h·k_w·C_{in}$ 个权重，“填充”为1；步幅为2。

| 层 | 说明 | 参数量 | `code.name_of_it` |
|---|---|---:|---|
| 卷积层（kernel） | 输出的高、宽各减半，（见上）。“通道”加倍 and a few English words | 1,792 | `features.0.conv_and_more` |
| 全连接层 | $H_{out}=\\left⌊\\frac{H+2p-k}{s}\\right⌋+1$，同上 | 4096·25,088+4096 | a-b/c 1×1 |
| | 两个字 | 0 | |
"""


@pytest.mark.parametrize(
    "page", [PAGE, PAGE.replace("lang=zh", "lang=en"), PAGE + "\n\nDie Größe der Karte bleibt. " * 9]
)
def test_not_a_byte_is_different(page, monkeypatch):
    quick = to_pdf(page)
    monkeypatch.setattr(quicker, "quicker", nullcontext)
    assert to_pdf(page) == quick


def test_pieces_are_measured_once_and_weasyprint_has_its_own_back(monkeypatch):
    from weasyprint.layout import preferred

    asked = []
    original = preferred.split_first_line
    monkeypatch.setattr(
        preferred, "split_first_line", lambda *given, **more: (asked.append(given), original(*given, **more))[1]
    )
    ours = preferred.split_first_line
    row = "| 每个卷积核逐个位置滑过特征图 | 输出的通道数 |\n"
    to_pdf("| 层 | 说明 |\n|---|---|\n" + 8 * row)
    assert 0 < len(asked) < 30, "an eighth of the rows' 20 characters, and the heading"
    assert preferred.split_first_line is ours
