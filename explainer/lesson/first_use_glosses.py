"""English in brackets at a term's first use, as Chinese textbooks print it: 卷积核（kernel）."""

from __future__ import annotations

import re

from explainer.document.nodes import Block, Inline, Paragraph
from explainer.i18n.glossary import Term

# 通道数, 批量维, 上采样块, and 最大池化层, 不填充, 输出通道 … are words of their own: the term is glossed where it stands by itself.
_NOT_BEFORE = "数维大层化核量块（"
_NOT_AFTER = "不大均置度组控单向积口头叉果询格在自齐计选步性邻入出总逐力"


def glossed(blocks: list[Block], terms: list[Term]) -> list[Block]:
    """The paragraphs of a Chinese document with each term's English put in once."""
    waiting = {term.name.zh: term.name.en for term in terms}
    result: list[Block] = []
    for block in blocks:
        if isinstance(block, Paragraph) and "zh" in block.words:
            text = tuple(_first_uses(part, waiting) for part in block.words["zh"])
            block = Paragraph({"zh": text})
        result.append(block)
    return result


def _first_uses(part: Inline, waiting: dict[str, str]) -> Inline:
    if not isinstance(part, str) or not waiting:
        return part

    def first(found: re.Match[str]) -> str:
        word = found[0]
        if any(part.rfind(a, 0, found.start()) > part.rfind(b, 0, found.start()) for a, b in ("（）", "“”")):
            return word  # no bracket in a bracket, none in what is quoted: at the next use
        english = waiting.pop(word, None)
        return f"{word}（{english}）" if english else word

    words = "|".join(sorted(map(re.escape, waiting), key=len, reverse=True))
    return re.sub(rf"(?<![{_NOT_AFTER}])(?:{words})(?![{_NOT_BEFORE}])", first, part)
