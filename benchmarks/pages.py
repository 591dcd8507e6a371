"""How many A4 pages a lesson takes, without its figures and exercises, and as it is.

`python benchmarks/pages.py [MODEL@DETAIL …]`. Builds the PDF in both languages.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Sequence
from dataclasses import replace

from pypdf import PdfReader

from explainer import explain_source
from explainer.api import Explanation
from explainer.document.builder import DETAILS
from explainer.render.files import from_markdown

MODELS = [
    "resnet50@standard",
    "mobilenet_v3_small@standard",
    "vgg16@standard",
    "resnet50@handout",
    "vgg16@handout",
    "mobilenet_v3_small@handout",
    "densenet121@handout",
    "googlenet@handout",
    "swin_t@handout",
    "convnext_tiny@handout",
    "examples/unet.py:UNet@handout",
    "hf:gpt2@handout",
]
EXERCISES = re.compile(r"\n## (?:练习|Exercises)\n.*\Z", re.DOTALL)


def pages(lesson: Explanation) -> tuple[int, int]:
    """Without figures and exercises, and all."""
    bare = replace(lesson, pictures=False).to_markdown()
    counts = [EXERCISES.sub("\n", bare), lesson.to_markdown()]
    drawings = lesson.drawings()
    found = [from_markdown(text, ".pdf", pictures=drawings) for text in counts]
    first, second = (len(PdfReader(io.BytesIO(content)).pages) for content in found)
    return first, second


def main(names: Sequence[str]) -> None:
    print(f"{'':32} {'text':>5} {'all':>5}")
    for name in names or MODELS:
        model, _, detail = name.partition("@")
        for lang in ("zh", "en"):
            chosen = next(one for one in DETAILS if one == (detail or "standard"))
            lesson = explain_source(model, lang=lang, detail=chosen)
            text, whole = pages(lesson)
            print(f"{model:24} {detail:8} {lang:3} {text:4} {whole:5}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
