"""What is said of a file that has a graph beside its tensors: its operators, and the shapes that go in and come out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from explainer.i18n.bilingual import Bi
from explainer.i18n.printable import visible

MOST_KINDS = 12
NOTE = Bi(
    zh="{path} 的计算图有{n}个算子（{kinds}）；输入 {given}，输出 {made}。计算没有运行，只列出其中的张量。",
    en="The graph of {path} has {n:operator|operators} ({kinds}); input {given}, output {made}. It was not run: its tensors are "
    "listed.",
)


def graph_note(path: Path, operators: Counter[str], given: Sequence[str], made: Sequence[str]) -> Bi:
    """One sentence: which operators, how many of each, the shapes."""
    known = [f"{visible(name)[:60]} ×{count}" for name, count in operators.most_common(MOST_KINDS)]
    more = ["…"] if len(operators) > MOST_KINDS else []
    kinds = Bi("、".join([*known, *more]) or "–", ", ".join([*known, *more]) or "–")
    shapes = [Bi("、".join(part) or "–", ", ".join(part) or "–") for part in (list(given), list(made))]
    return NOTE.format(path=visible(path.name), n=operators.total(), kinds=kinds, given=shapes[0], made=shapes[1])
