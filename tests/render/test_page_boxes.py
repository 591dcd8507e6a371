"""Nothing leaves its page or its cell: the boxes of the printed page, measured."""

from dataclasses import replace

import pytest
from page_boxes import leaving
from torch import nn

import explainer

LONG = 1_234_567_890


class Tagger(nn.Module):
    """Long numbers in words and tables: an LSTM's formula has many terms."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(20_000, 300)
        self.lstm = nn.LSTM(300, 512, num_layers=2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(1024, 45)

    def forward(self, x):
        return self.head(self.lstm(self.embed(x))[0])


@pytest.fixture(scope="module")
def tagged() -> explainer.Explanation:
    """In English, and all that its pages show measured once."""
    import torch

    lesson = explainer.explain(Tagger(), inputs=torch.zeros(1, 40, dtype=torch.long), lang="en", show="all")
    lesson.document()
    return lesson


@pytest.mark.parametrize("langs", [("zh",), ("en",), ("zh", "en")])
def test_a_lesson_stays_on_its_paper(langs: tuple[str, ...], tagged: explainer.Explanation) -> None:
    assert leaving(replace(tagged, langs=langs).to_markdown()) == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_long_sum_breaks_after_its_signs(lang: str) -> None:
    plus = "+" if lang == "zh" else " + "
    terms = plus.join(f"{LONG + i:,}" for i in range(30))
    start = "合计" if lang == "zh" else "Sum"
    assert leaving(f"<!-- explainer lang={lang} -->\n\n# {start}\n\n{start}：{terms}={LONG:,}。\n") == []


@pytest.mark.parametrize("rows", [5, 150])
def test_a_wide_table_is_set_smaller_rather_than_cut(rows: int) -> None:
    header = (
        "| "
        + " | ".join(["序号", "层", "输出尺寸", "参数量", "占比", "计算量（乘加）", "新占字节", "感受野", "累计步幅"])
        + " |"
    )
    row = "| 163–172 | `layer4.2` AdaptiveAvgPool2d | 2048×224×224 | 102,764,544 | 74.27% | 1,849,688,064 | 12,845,056 | 212×212 | 32 |"
    table = "\n".join([header, "|---:|:---|:---|---:|---:|---:|---:|---:|---:|", *[row] * rows])
    assert leaving(f"<!-- explainer lang=zh -->\n\n# 表\n\n{table}\n") == []


def test_the_check_finds_what_leaves_the_page() -> None:
    assert leaving("<!-- explainer lang=en -->\n\n# Long\n\n" + "9" * 300 + "\n")


def test_a_table_that_fits_on_a_line_is_told_so():
    from explainer.render.pdf.write import print_html

    short = "| a | b |\n|---|---:|\n| 卷积层 `conv1` | 1,234 |\n"
    long = "| a | b |\n|---|---|\n| " + "卷积层" * 20 + " | x |\n"
    formula = "| a |\n|---|\n| $x$ |\n"
    assert [text in print_html(one) for one in (short, long, formula) for text in ('class="whole"',)] == [
        True,
        False,
        False,
    ]
