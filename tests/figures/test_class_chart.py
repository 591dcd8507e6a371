"""The picture of a class: its numbers are those given, and its layout is sound."""

from __future__ import annotations

import pytest

from explainer.document.nodes import Document, Paragraph
from explainer.figures.class_chart import class_chart
from explainer.figures.svg.faults import faults
from explainer.i18n.bilingual import LANGS, Bi
from explainer.render.markdown import to_markdown

LONG = Bi(
    "把输出通道数当成了输入通道数，又漏了偏置", "took the output channels for the input channels and forgot the bias"
)
CLASSES = [
    ([0, 0, 1, 0, 2, 5, 9, 14, 8, 3], [(Bi("漏了偏置", "bias forgotten"), 12), (LONG, 7), (Bi("其他", "others"), 1)]),
    ([0] * 9 + [31], []),
    ([10_000] + [0] * 9, [(Bi(f"错误{i}", f"mistake {i}"), 10_000 - i) for i in range(20)]),
]


@pytest.mark.parametrize(("bins", "mistakes"), CLASSES)
def test_it_is_sound_and_has_the_numbers(bins, mistakes):
    chart = class_chart(bins, mistakes)
    for lang in LANGS:
        canvas = chart.canvas(lang)
        assert faults(canvas) == []
        texts = [label.text for label in canvas.labels]
        assert all(str(count) in texts for count in bins if count)
        assert all(str(times) in texts for _, times in mistakes[:8])


def test_a_page_has_the_picture_or_the_table_and_not_both():
    chart = class_chart([1] * 10, [])
    said = Paragraph({"en": ("as a table",)})
    made = Document(("en",), ("t",), (), (chart.picture(("en",), (said,)),))
    with_pictures = to_markdown(made, lambda name: f"{name}.svg")
    assert "as a table" in to_markdown(made) and "as a table" not in with_pictures and "class.svg" in with_pictures
