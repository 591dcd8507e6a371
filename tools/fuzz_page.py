"""The campaign's figures as Markdown in both languages, for docs/sandbox.md and docs/sandbox.zh.md."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

BEGIN, END = "<!-- fuzz -->", "<!-- /fuzz -->"
PAGES: dict[Literal["en", "zh"], str] = {"en": "sandbox.md", "zh": "sandbox.zh.md"}
HEADS = {
    "en": "| input | tried | raised | evaluated | over 1 s | slowest, s of processor | memory grew by, MiB |",
    "zh": "| 输入 | 数量 | 异常 | 被执行 | 超过1秒 | 最慢（处理器秒） | 内存增加（MiB） |",
}
NAMES = {
    "answers": {"en": "answers", "zh": "答案"},
    "coverage": {"en": "answers and files, by coverage (atheris)", "zh": "按覆盖率生成的答案和文件（atheris）"},
    "files": {"en": "files", "zh": "文件"},
}


class Found(Protocol):
    """What came of one kind of input."""

    tried: int
    failures: list[str]
    evaluated: list[str]
    slowest: list[tuple[float, str]]
    grown: int | None


@dataclass(frozen=True)
class Figures:
    """One campaign."""

    seconds: float
    answers: int
    kills: int
    honest: bool
    killed: bool
    found: Mapping[str, Found]


def table(figures: Figures, lang: Literal["en", "zh"]) -> str:
    """The figures in one language, between the marks that the page has."""
    rows = []
    for kind, one in figures.found.items():
        slowest = max(one.slowest, default=(0.0, ""))[0]
        over = sum(taken > 1 for taken, _ in one.slowest)
        grown = "–" if one.grown is None else str(max(one.grown, 0))
        cells = (
            NAMES[kind][lang],
            f"{one.tried:,}",
            len(one.failures),
            len(one.evaluated),
            over,
            f"{slowest:.2f}",
            grown,
        )
        rows.append(f"| {' | '.join(str(cell) for cell in cells)} |")
    slow = [f"{taken:.2f} s `{_shown(what)}`" for taken, what in sorted(figures.found["answers"].slowest, reverse=True)]
    command = f"make fuzz SECONDS={figures.seconds:.0f}" + (f" ANSWERS={figures.answers}" if figures.answers else "")
    when = f"`{command}`, {time.strftime('%Y-%m-%d')}, Python {platform.python_version()}"
    honest, killed = 20 if figures.honest else "?", 0 if figures.killed else "?"
    said = {
        "en": f"{when}. Among 500 hostile files {honest} of 20 honest students got the right grades. Of {figures.kills} runs "
        f"that were killed, {killed} left a half-written file, and each went on to the same bytes.",
        "zh": f"{when.replace(', ', '，')}。500个恶意文件之中，{honest}名（共20名）正常交作业的学生得分正确。"
        f"批改途中强行终止{figures.kills}次，写了一半的文件有{killed}个，继续运行后结果逐字节相同。",
    }
    ten = {"en": f"The ten slowest answers: {', '.join(slow)}.", "zh": f"最慢的十个答案：{'、'.join(slow)}。"}
    return "\n".join(
        [BEGIN, HEADS[lang], "|---|---:|---:|---:|---:|---:|---:|", *rows, "", said[lang], "", ten[lang], END]
    )


def write(folder: Path, figures: Figures) -> None:
    """Put the figures into both pages."""
    for lang, name in PAGES.items():
        path = folder / name
        above, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
        path.write_text(above + table(figures, lang) + rest.partition(END)[2], encoding="utf-8")


def _shown(text: str) -> str:
    """The beginning of an answer as it may stand in a page: ASCII, no signs of Markdown."""
    kept = ascii(text[:24])[1:-1].replace("`", "'").replace("|", "/")
    return kept.replace("\\\\", "\\") or "–"
