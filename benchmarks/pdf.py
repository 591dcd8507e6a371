"""What a page of a PDF costs: processor seconds a page of the handout and the standard lesson, in Chinese and English, without imports.

    python benchmarks/pdf.py [MODEL …] [--detail handout standard] [--rounds 3] [--texts build/pdf]

Each document is written once before it counts (imports, fonts and style sheets that a process reads once), then --rounds times; the least
counts. `first` is that first time of each after the first document of all: formulas that no document before had. `reference` is WeasyPrint by itself on the
same HTML, its drawings SVG, once. The named figures are the sums of seconds over the sums of pages. --texts keeps the Markdown and the drawings, so that
the models are explained only once.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

MODELS = ("vgg16", "resnet50", "hf:gpt2", "examples/unet.py:UNet", "vit_b_16")
DETAILS = ("handout", "standard")
TARGETS = {"handout": 0.13, "standard": 0.10}

Text = tuple[str, Mapping[str, Callable[[], str]]]


def text_of(model: str, lang: str, detail: str, folder: Path | None) -> Text:
    """The Markdown and its drawings, from the folder if it has them."""
    kept = folder / f"{model.replace('/', '_').replace(':', '_')}-{detail}-{lang}.json" if folder else None
    if kept is None or not kept.exists():
        from explainer import explain_source

        lesson = explain_source(model, lang=lang, detail=detail)  # type: ignore[arg-type]
        written = lesson.to_markdown()
        drawn = {name: draw() for name, draw in lesson.drawings().items() if name in written}
        if kept is None:
            return written, {name: (lambda svg=svg: svg) for name, svg in drawn.items()}
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps([written, drawn], ensure_ascii=False), encoding="utf-8")
    written, drawn = json.loads(kept.read_text("utf-8"))
    return written, {name: (lambda svg=svg: svg) for name, svg in drawn.items()}


def cost(text: Text) -> tuple[float, int]:
    """Processor seconds of one PDF, and its pages."""
    from explainer.render.files import from_markdown

    gc.collect()
    begin = time.process_time()
    content = from_markdown(text[0], ".pdf", pictures=text[1])
    spent = time.process_time() - begin
    return spent, content.count(b"/Type /Page\n") or _pages(content)


def reference(text: Text) -> float:
    """Processor seconds of a page of WeasyPrint's own."""
    from explainer.render.pdf.write import load_weasyprint, only_ours, print_html

    weasyprint = load_weasyprint()
    html = print_html(text[0], pictures=text[1])
    gc.collect()
    begin = time.process_time()
    document = weasyprint.HTML(
        string=html, base_url=None, url_fetcher=only_ours(weasyprint), media_type="print"
    ).render()
    document.write_pdf(pdf_variant="pdf/ua-1")
    return (time.process_time() - begin) / len(document.pages)


def _pages(content: bytes) -> int:
    import io

    from pypdf import PdfReader

    return len(PdfReader(io.BytesIO(content)).pages)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--detail", nargs="*", default=DETAILS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--texts", type=Path)
    given = parser.parse_args()
    texts = {
        (detail, model, lang): text_of(model, lang, detail, given.texts)
        for detail in given.detail
        for model in given.models
        for lang in ("zh", "en")
    }
    cost(next(iter(texts.values())))
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0, 0.0])
    print(
        "| detail | model | lang | pages | first, s | s | s a page | ÷ reference |\n|---|---|---|---:|---:|---:|---:|---:|"
    )
    for (detail, model, lang), text in texts.items():
        first, pages = cost(text)
        spent = min(cost(text)[0] for _ in range(given.rounds))
        theirs = reference(text) * pages
        print(
            f"| {detail} | {model} | {lang} | {pages} | {first:.2f} | {spent:.2f} | {spent / pages:.3f} | {spent / theirs:.2f} |",
            flush=True,
        )
        sums[detail] = [a + b for a, b in zip(sums[detail], (first, spent, pages, theirs), strict=True)]
    for detail, (first, spent, total, theirs) in sums.items():
        wanted = TARGETS.get(detail, "")
        print(
            f"{detail} page: {spent / total:.3f} s (first {first / total:.3f}), wanted {wanted}; {spent / theirs:.2f} of WeasyPrint's own"
        )


if __name__ == "__main__":
    main()
