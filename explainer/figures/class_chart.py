"""How a class did: a histogram of the scores, and which mistake how often."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from explainer.figures.figure import Figure
from explainer.figures.parts import heading
from explainer.figures.svg.canvas import SMALLEST, WIDTH, Canvas
from explainer.figures.svg.colours import ACCENT, FAINT, INK, SOFT
from explainer.i18n.bilingual import Bi, Lang

TITLE = Bi("全班的得分与错误", "Scores and mistakes of the class")
CAPTION = Bi(
    "左：各得分段的份数；右：最常见的错误及其次数。",
    "Left: submissions by score; right: the most frequent mistakes and how often.",
)
ALT = Bi("各得分段（每段10%）的份数：{bins}。", "Submissions by score, in steps of 10%: {bins}.")
SCORES, MISTAKES = Bi("得分分布", "scores"), Bi("常见错误", "mistakes")
SPLIT, HIGH, MOST = 190.0, 118.0, 8


def class_chart(bins: Sequence[int], mistakes: Sequence[tuple[Bi, int]]) -> Figure:
    """bins: submissions in each tenth of the scores; mistakes: titles and counts, the most frequent first."""

    @cache
    def drawing(lang: Lang) -> Canvas:
        canvas = Canvas(lang, HIGH + 36)
        _histogram(canvas, bins)
        _mistakes(canvas, mistakes[:MOST])
        return canvas

    return Figure("class", TITLE, CAPTION, ALT.format(bins=", ".join(map(str, bins))), drawing)


def _histogram(canvas: Canvas, bins: Sequence[int]) -> None:
    heading(canvas, 0, 9, SCORES)
    wide, most, bottom = (SPLIT - 20) / len(bins), max([*bins, 1]), HIGH + 18
    for i, count in enumerate(bins):
        high = (HIGH - 22) * count / most
        if count:
            canvas.rect(i * wide + 1, bottom - high, wide - 2, high, "#b8d3ea", INK, 0.4)
            canvas.text((i + 0.5) * wide, bottom - high - 3, str(count), SMALLEST, anchor="middle")
        if i % 2 == 0:
            canvas.text(i * wide + 6, bottom + 10, f"{10 * i}%", SMALLEST, anchor="middle", fill=SOFT)
    canvas.line((0, bottom), (SPLIT - 20, bottom), weight=0.6)


def _mistakes(canvas: Canvas, mistakes: Sequence[tuple[Bi, int]]) -> None:
    if not mistakes:
        return
    heading(canvas, SPLIT, 9, MISTAKES)
    names = [canvas.fitted(title[canvas.lang], 7.2, "regular", 150) for title, _ in mistakes]
    left = SPLIT + max(canvas.wide(name, 7.2) for name in names) + 6
    unit = (WIDTH - 24 - left) / max(count for _, count in mistakes)
    for i, (name, (_, count)) in enumerate(zip(names, mistakes, strict=True)):
        y = 26 + 14 * i
        canvas.text(left - 5, y + 2.6, name, 7.2, anchor="end")
        canvas.rect(left, y - 4.4, max(count * unit, 1), 9, FAINT, ACCENT, 0.5)
        canvas.text(left + count * unit + 4, y + 2.6, str(count), SMALLEST)
    canvas.line((left, 18), (left, 22 + 14 * len(mistakes) - 6), weight=0.6)
