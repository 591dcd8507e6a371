"""docs/pictures-by-model.zh.md from its English twin, whose table `benchmarks/figures.py` writes: the same rows, the words around them in Chinese.

python tools/pictures_by_model_page.py
"""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
HEAD = """# 每个模型有哪些图

表由`python benchmarks/figures.py -o docs/pictures-by-model.md`生成，本页由`tools/pictures_by_model_page.py`从中得到（transformers的各类模型只留两层）。各种图是什么：[pictures.zh.md](pictures.zh.md)。

| 模型 | 图 | 因排版有误而略去的 |
"""
_FAILED = re.compile(r"not built: [^|]*?(\w*Error)[^|]*?(?= \|)")
WORDS = {
    "text over text: ": "文字相叠：",
    "zh: ": "中文版",
    "en: ": "英文版",
}


def translated(english: str) -> str:
    """The page in Chinese; of what a library said on an error, cut short and in English, the kind of error."""
    table = english[english.index("| model |") :]
    _, _, rows = table.partition("\n")
    for word, chinese in WORDS.items():
        rows = rows.replace(word, chinese)
    return HEAD + _FAILED.sub(r"没有构造成功（\1）", rows)


def main() -> None:
    """Write the page."""
    english = (DOCS / "pictures-by-model.md").read_text(encoding="utf-8")
    (DOCS / "pictures-by-model.zh.md").write_text(translated(english), encoding="utf-8")


if __name__ == "__main__":
    main()
