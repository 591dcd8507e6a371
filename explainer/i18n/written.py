"""How a sentence of ours is written in each language: what is wrong with a text as text."""

from __future__ import annotations

import re

from explainer.i18n.bilingual import Bi

CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_FULL_WIDTH = re.compile(r"[\u3001\u3002\u300a-\u300f\uff01-\uff5e]")
_HALF_WIDTH_BESIDE_CHINESE = re.compile(r"[\u3400-\u9fff][,;:?!()]|[,;:?!()][\u3400-\u9fff]")
_DOUBLED = re.compile(r"(?<!✗)  |(?<!\.)\.\.(?!\.)|。。|，，|,,")
_TYPED = ("包.模块:名称", "文件.py:类名", "sum(p.numel() for p in model.parameters())")


def faults(text: Bi) -> list[str]:
    """What is wrong with a text, empty if nothing is.

    >>> faults(Bi(zh="共{n}个.", en="There are {n}。"))
    ['full-width punctuation in the English']
    """
    found = []
    if not text.zh.strip() or not text.en.strip():
        found.append("empty in one language")
    if CHINESE.search(text.en):
        found.append("Chinese characters in the English")
    if _FULL_WIDTH.search(text.en):
        found.append("full-width punctuation in the English")
    if _HALF_WIDTH_BESIDE_CHINESE.search(_prose(text.zh)):
        found.append("half-width punctuation beside a Chinese character")
    if _DOUBLED.search(text.zh + "\n" + text.en):
        found.append("something doubled")
    return found


def sentence_faults(text: Bi) -> list[str]:
    """The same of whole sentences, their placeholders filled."""
    found = faults(text)
    if "{" in text.zh + text.en:
        found.append("a placeholder that was not filled")
    if not text.zh.endswith(("。", "，")) or not text.en.strip().endswith((".", "·")):
        found.append("no whole sentence")
    return found


def _prose(text: str) -> str:
    """A text without its placeholders, without formulas like 2(n−1) and φ(Q)·(φ(K)ᵀ·V), and without what is to be typed."""
    for typed in _TYPED:
        text = text.replace(typed, "")
    text = re.sub(r"\{[^}]*\}", "1", text)
    before = ""
    while text != before:  # from the innermost brackets outwards
        before, text = text, re.sub(r"[A-Za-zα-ωΑ-Ω0-9_.·]\([^()\u3400-\u9fff]*\)", "1", text)
    return text
