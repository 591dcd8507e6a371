"""The figures that a handout must have, in both languages: what a lecturer would write on the board for each of these five models."""

import re
from dataclasses import replace

import pytest

import explainer

BOARD = {
    "resnet50": "9536 70,400 75,008 215,808 280,064 379,392 655,360 851,968 5120 1,117,184 1,219,584 1,512,448 2,048,000 2,049,000 4,462,592 6,039,552 "
    "7,098,368 14,964,736 25,557,032 118,013,952 218,365,952 667,942,912 809,238,528 1,027,604,480 1,464,336,384 4,089,184,256 "
    "9m² 4m² 12m 4C·m C·m+13m²+12m 4C·m+8m 17m²+12m 288m² 17m²·H_{\\mathrm{out}}·W_{\\mathrm{out}} 5C·m+13m²+20m",
    "hf:gpt2": "0.63% 31.02% 68.35% <0.01% 50,257 1024 1536 4608 379 24 9984 590,592 786,432 1,771,776 2,360,064 2,362,368 7,077,888 7,087,872 "
    "38,597,376 85,054,464 124,439,808 11,173,625,856 3d²+3d d²+d 4d²+4d 4d²+d 12d²+13d N·T·L·(12d²+2d·T) 6d",
    "vit_b_16": "196 197 224 768 769 3072 151,296 442,368 451,584 590,592 770,536 2,362,368 4,722,432 7,087,872 85,054,464 86,567,656 17,563,828,224 "
    "4·(d+1)·d 4d²+2d·f+9d+f 12d²+13d S·L·(2S·d+4d²+2d·f)",
    "hf:llama-3-8b": "15.38% 3.85% 80.77% <0.01% 4096 14,336 8192 500,000 65,536 128,256 131,072 33,554,432 8,388,608 176,160,768 218,112,000 25,165,824 "
    "805,306,368 1,050,673,152 6,979,584,000 8,030,261,248 8d² 9d 2d 3d·f",
    "hf:mixtral-8x7b": "97.11% 46.70 12.88 4096 14,336 32,000 32,768 41,943,040 1,409,286,144 352,321,536 1,451,270,144 394,305,536 8192 46,702,792,704 "
    "12,879,925,248",
}


def said(markdown: str) -> str:
    """Formulas as they read: `12d^{2}\\cdot T` is 12d²·T."""
    for old, new in ((r"\cdot ", "·"), ("{,}", ","), ("^{2}", "²"), (r"\<", "<")):
        markdown = markdown.replace(old, new)
    return markdown


@pytest.mark.parametrize("model", BOARD)
def test_every_figure_stands_in_both_languages(model):
    lesson = explainer.explain_source(model, lang="zh", detail="handout")
    for lang in ("zh", "en"):
        text = said(replace(lesson, langs=(lang,)).to_markdown())
        missing = [
            one for one in BOARD[model].split() if not re.search(rf"(?<![\d,.]){re.escape(one)}(?![\d]|,\d)", text)
        ]
        assert not missing, (lang, missing)
