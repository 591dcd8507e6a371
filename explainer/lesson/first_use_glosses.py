"""English in brackets at a term's first use, as Chinese textbooks print it: 卷积核（kernel）."""

from __future__ import annotations

import re
from dataclasses import replace

from explainer.document.nodes import Block, Bullets, Inline, Paragraph, Picture, Words
from explainer.i18n.glossary import Term

# 通道数, 批量维, 上采样块, 组归一化, and 最大池化层, 不填充, 输出通道 … are words of their own: the term is glossed where it stands by itself, or as its layer's.
_NOT_BEFORE = "数维大化核量块（"
_MAKES_A_LAYER = (
    "卷积",
    "归一化",
)  # 转置卷积层 is a word of the list with 层 behind it; 卷积层 stands there as a whole
_NOT_AFTER = "不大均置度控单向积口头叉果询格在自齐计选步性邻入出总逐力"


def glossed(blocks: list[Block], terms: list[Term]) -> list[Block]:
    """The running text of a Chinese document, captions and lists too, with each term's English put in once."""
    waiting = {term.name.zh: term.name.en for term in terms}
    result: list[Block] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            block = Paragraph(_in_words(block.words, waiting))
        elif isinstance(block, Bullets):
            block = Bullets(tuple(_in_words(item, waiting) for item in block.items))
        elif isinstance(block, Picture):
            block = replace(block, caption=_in_words(block.caption, waiting))
        result.append(block)
    return result


def _in_words(words: Words, waiting: dict[str, str]) -> Words:
    return {**words, "zh": tuple(_first_uses(part, waiting) for part in words["zh"])} if "zh" in words else words


def _first_uses(part: Inline, waiting: dict[str, str]) -> Inline:
    if not isinstance(part, str) or not waiting:
        return part

    def first(found: re.Match[str]) -> str:
        word, layer = found["word"], found["layer"] or ""
        if layer and not word.endswith(_MAKES_A_LAYER):
            return found[0]
        if any(part.rfind(a, 0, found.start()) > part.rfind(b, 0, found.start()) for a, b in ("（）", "“”")):
            return found[0]  # no bracket in a bracket, none in what is quoted: at the next use
        english = waiting.pop(word, None)
        shown = _of_layer(english) if english and layer else english
        return f"{found[0]}（{shown}）" if shown else found[0]

    words = "|".join(sorted(map(re.escape, waiting), key=len, reverse=True))
    return re.sub(
        rf"(?<![{_NOT_AFTER}])(?<!组(?!权重))(?P<word>{words})(?P<layer>层)?(?![{_NOT_BEFORE}层])", first, part
    )


def _of_layer(english: str) -> str:
    """转置卷积层: transposed convolutional layer."""
    return (
        f"{english.removesuffix('convolution')}convolutional layer"
        if english.endswith("convolution")
        else f"{english} layer"
    )
