"""What is said of a file that has a graph beside its tensors: its operators, and the shapes that go in and come out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from explainer.i18n.bilingual import Bi, words_in_a_row
from explainer.i18n.printable import visible

MOST_KINDS = 12
NOTE = Bi(
    zh="{path} 的计算图有{n}个算子（{kinds}）；输入 {given}，输出 {made}。计算没有运行，只列出其中的张量。",
    en="The graph of {path} has {n:operator|operators} ({kinds}); input {given}, output {made}. It was not run: its tensors are "
    "listed.",
)
RUN = Bi(
    zh="{path} 的计算图有{n}个算子（{kinds}）；输入 {given}，输出 {made}。各算子已换成torch中对应的层和函数，只按尺寸运行；各层参数的形状取自"
    "文件，文件里记下的尺寸逐一核对过。",
    en="The graph of {path} has {n:operator|operators} ({kinds}); input {given}, output {made}. Its operators were taken for torch's layers "
    "and functions and run by shapes; the layers' parameters have the file's shapes, and what shapes the file records are compared.",
)


def graph_note(
    path: Path, operators: Counter[str], given: Sequence[str], made: Sequence[str], *, run: bool = False
) -> Bi:
    """One sentence: which operators, how many of each, the shapes. run: the graph is not only listed."""
    known = [f"{visible(name)[:60]} ×{count}" for name, count in operators.most_common(MOST_KINDS)]
    more = ["…"] if len(operators) > MOST_KINDS else []
    kinds = words_in_a_row([*known, *more] or ["–"])
    shapes = [words_in_a_row(part or ["–"]) for part in (list(given), list(made))]
    return (RUN if run else NOTE).format(
        path=visible(path.name), n=operators.total(), kinds=kinds, given=shapes[0], made=shapes[1]
    )
