"""Does anything leave its box? Every kind of document of many models, on paper, in a browser and in a terminal.

    python benchmarks/overflow.py torchvision timm transformers own -o build/overflow.jsonl [--sample 20] [--part 1/2] [--whole]
    python benchmarks/overflow.py --table build/overflow*.jsonl

On paper: text beyond the margins of its page or beyond its cell, by WeasyPrint's boxes. In headless Chromium at 1280, 1024 and 390
pixels: a page that scrolls sideways; tables and formulas that scroll inside their own frame are counted apart. In a terminal of 80 columns: lines
that are longer (a Chinese letter takes two). Each model has its handout, its lesson and three of the other kinds, which take turns, and so do the
languages; `--whole` makes every kind in every language. A line of the file is one document; what is there is not made again. The models
come in a random order that is always the same, one of each family first, so that a sweep that was stopped has seen some of all; `--by-family` puts
families together, which is quicker. A process that has grown to 3 GB begins anew where it stopped.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from zoo import TooLong, names, two_layers

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "render"))

OWN = ("examples/unet.py:UNet", "examples/lstm.py:TextClassifier", "examples/net.py:Net")
LANGUAGES = (("zh",), ("en",), ("zh", "en"))
WIDTHS = (1280, 1024, 390)
COLUMNS = 80
SECONDS = 240  # of processor, of one model; with --whole four times as many
MOST_HELD = 3 * 2**30  # bytes of memory
KINDS = ("handout", "lesson", "ledger", "sheet", "key", "feedback", "summary", "comparison")
MOST_STEPS = 250  # of a model whose lesson is made whole; of larger ones it is the brief one
SCROLLS = "Array.from(document.querySelectorAll('div.table, .formula')).filter(e => e.scrollWidth > e.clientWidth + 1).map(e => Array.from(e.innerText).slice(0, 60).join(''))"


def documents(lesson: Any, before: Any) -> dict[str, Callable[[Any], Any]]:
    """Each kind of document of a model, made when it is asked for in a language. before: another model to compare it with."""
    from explainer.comparison.differences import compare_facts
    from explainer.comparison.facts import facts_of
    from explainer.comparison.report import document
    from explainer.homework.classroom.assignment import Assignment
    from explainer.homework.classroom.feedback import feedback
    from explainer.homework.classroom.figures import ClassFigures
    from explainer.homework.classroom.marker import Marker
    from explainer.homework.classroom.outputs import mistake_titles, question_of
    from explainer.homework.classroom.summary import summary_of
    from explainer.homework.submissions.base import Submission
    from explainer.homework.worksheets.answer_key import key_document
    from explainer.homework.worksheets.make import make_sheet
    from explainer.homework.worksheets.page import sheet_document

    walk = lesson.walkthrough
    sheet = make_sheet(walk, count=10, level=2)
    assignment = Assignment(walk)

    def marked(wrong: int) -> Any:
        answers = {str(item.number): str(987654321 * (at + 1) * wrong) for at, item in enumerate(sheet.items)}
        sent = Submission(f"20260{wrong}", "欧阳某某", sheet.id, answers)
        return Marker(assignment).submission(sent, f"{wrong}.csv")

    def summary(langs: Any) -> Any:
        figures = ClassFigures()
        for wrong in (1, 2, 3, 4):
            figures.add(marked(wrong))
        return summary_of(figures, langs, mistake_titles(), subject=walk.name)

    long = "standard" if len(walk.layers) <= MOST_STEPS else "brief"
    return {
        "handout": lambda langs: replace(lesson, langs=langs, detail="handout").document(),
        "lesson": lambda langs: replace(lesson, langs=langs, detail=long).document(),
        "ledger": lambda langs: replace(lesson, langs=langs, ledger=True).document(),
        "sheet": lambda langs: sheet_document(sheet, langs),
        "key": lambda langs: key_document(sheet, langs),
        "feedback": lambda langs: feedback(marked(1), langs, lambda one, answer: question_of(assignment, one, answer)),
        "summary": summary,
        "comparison": lambda langs: document(
            replace(compare_facts(facts_of(before.walkthrough), facts_of(walk)), peers=True), langs
        ),
    }


def on_paper(markdown: str, pictures: Any) -> tuple[int, list[str]]:
    """Pages, and what leaves them."""
    from explainer.render.pdf.write import laid_out

    pages = laid_out(markdown, pictures=pictures).pages
    return len(pages), import_module("page_boxes").leaving_pages(pages)


class Browser:
    """Headless Chromium, our fonts read from their files."""

    def __init__(self, stack: ExitStack) -> None:
        import shutil

        from playwright.sync_api import sync_playwright

        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        stack.callback(browser.close)
        self._page = browser.new_page()
        self._file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "page.html"

    def widths(self, markdown: str, pictures: Any) -> tuple[dict[str, int], dict[str, list[str]]]:
        """By how much the page is wider than the window, and what scrolls inside its frame, at each width."""
        from explainer.render.html.fonts import linked_faces
        from explainer.render.html.page import to_html

        html = to_html(markdown, fonts=False, pictures=pictures)
        self._file.write_text(html.replace("<style>", f"<style>{linked_faces()}", 1), encoding="utf-8")
        self._page.goto(self._file.as_uri())
        self._page.evaluate("document.fonts.ready")
        wider, inside = {}, {}
        for width in WIDTHS:
            self._page.set_viewport_size({"width": width, "height": 900})
            more = self._page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if more > 0:
                wider[str(width)] = more
            if found := self._page.evaluate(SCROLLS):
                inside[str(width)] = found
        return wider, inside


def in_terminal(document: Any) -> list[str]:
    """Lines that are longer than the terminal is wide."""
    from rich.cells import cell_len
    from rich.console import Console

    from explainer.render.terminal import print_document

    screen = io.StringIO()
    print_document(document, Console(file=screen, width=COLUMNS, force_terminal=False))
    return [line for line in screen.getvalue().splitlines() if cell_len(line.rstrip()) > COLUMNS]


def measured(document: Any, lesson: Any, browser: Browser | None) -> dict[str, Any]:
    """One document in its three places."""
    from explainer.document.nodes import Picture
    from explainer.render.markdown import to_markdown

    pictures = {f"{one.name}.svg": one.inline for one in document.blocks if isinstance(one, Picture)}
    markdown = to_markdown(document, lambda name: f"{name}.svg")
    pages, paper = on_paper(markdown, pictures)
    wider, inside = browser.widths(markdown, pictures) if browser else ({}, {})
    return {"pages": pages, "paper": paper, "wider": wider, "inside": inside, "terminal": in_terminal(document)}


def chosen(libraries: list[str], sample: int) -> list[str]:
    """The models, the same for the same sample."""
    found = []
    for library in libraries:
        targets = (
            list(OWN)
            if library == "own"
            else names(library)
            if library in ("torchvision", "timm", "transformers")
            else [library]
        )
        if library in ("timm", "transformers"):
            targets = random.Random(0).sample(targets, min(sample, len(targets)))
        found += targets
    random.Random(1).shuffle(found)
    families = [family(model) for model in found]  # resnet18, resnet50; timm:vit_…
    return [found[at] for at in sorted(range(len(found)), key=lambda at: families[:at].count(families[at]))]


def sweep(options: argparse.Namespace) -> bool:
    """Every document that the file does not have yet; False if the process grew too large before it was done."""
    from explainer import explain_source
    from explainer.measuring import measured as measure

    explanation, relatives = (import_module(f"explainer.{name}") for name in ("explanation", "relatives"))

    relatives.__dict__["walk_target"] = lru_cache(16)(
        relatives.__dict__["walk_target"]
    )  # the next of a family has the same relatives

    part, parts = map(int, options.part.split("/"))
    done: set[tuple[str, str, str]] = set()
    families: set[str] = set()
    if options.output.exists():
        rows = [json.loads(line) for line in options.output.read_text("utf-8").splitlines()]
        done = {(row["model"], row["kind"], row["lang"] if options.whole else "") for row in rows}
        families |= {family(row["model"]) for row in rows}
    models = chosen(options.libraries, options.sample)
    if options.by_family:
        models.sort(key=family)
    before: Any = None
    with ExitStack() as stack, options.output.open("a", encoding="utf-8") as file:
        browser = None if options.no_browser else Browser(stack)
        for at, model in enumerate(models):
            if at % parts != part - 1:
                continue
            wanted = [
                (kind, langs)
                for turn, kind in enumerate(KINDS)
                for langs in (LANGUAGES if options.whole else [LANGUAGES[(at // parts + turn) % 3]])
                if (options.whole or turn < 2 or (turn + at // parts) % 2)
                and kind in options.kinds
                and (model, kind, ",".join(langs) if options.whole else "") not in done
            ]
            if not wanted:
                continue
            begin = time.process_time()
            brief = options.siblings_short and family(model) in families
            explanation.__dict__["measured"] = _without_family if brief else measure
            signal.signal(signal.SIGPROF, _too_long)
            signal.setitimer(signal.ITIMER_PROF, SECONDS * (4 if options.whole else 1))
            try:
                lesson = explain_source(model, lang="en", arguments=two_layers(model))
                made = documents(lesson, before or lesson)
                for kind, langs in wanted:
                    row = {"model": model, "kind": kind, "lang": ",".join(langs), "short": brief}
                    row |= measured(made[kind](langs), lesson, browser)
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
                    file.flush()
                    for where in ("paper", "wider", "terminal"):
                        if row[where]:
                            print(model, kind, row["lang"], where, row[where], flush=True)
                before = lesson
                families.add(family(model))
            except (Exception, TooLong) as error:
                print(model, f"not made: {type(error).__name__} {str(error).splitlines()[:1]}"[:160], flush=True)
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
            size = held()
            print(
                f"{at + 1}/{len(models)} {model} {time.process_time() - begin:.1f} s, {size / 2**20:.0f} MiB",
                flush=True,
            )
            if size > MOST_HELD:
                return False
    return True


def family(model: str) -> str:
    """What the names of a family begin with: `resnet` of `resnet18`."""
    return re.split(r"(?<!:)[\d_]", model.removeprefix("quantized_"))[0]


def _without_family(walk: Any, wants: Collection[Any]) -> Any:
    """Measured but for the formulas of its family and its relatives, which take three quarters of a model's time."""
    from explainer.measuring import measured as measure

    return measure(walk, [want for want in wants if want not in ("family", "family_macs", "relatives")])


def held() -> int:
    """Bytes of memory of this process."""
    return int(import_module("psutil").Process().memory_info().rss)


def _too_long(number: int, frame: Any) -> None:
    raise TooLong


def table(files: list[Path]) -> Iterator[str]:
    """Documents, pages and overflows by kind and language, in Markdown."""
    rows = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 6)
    for row in rows:
        beyond = (row["paper"], row["wider"], row["inside"].get("1280"), row["terminal"])
        counts = (1, row["pages"], *(int(bool(found)) for found in beyond))
        for key in ((row["kind"], row["lang"]), ("all", "")):
            sums[key] = [a + b for a, b in zip(sums[key], counts, strict=True)]
    yield f"{len({row['model'] for row in rows})} models\n"
    yield "| document | language | documents | pages | paper | browser | scrolls inside at 1280 | terminal |"
    yield "|---|---|---:|---:|---:|---:|---:|---:|"
    for key in [(kind, ",".join(langs)) for kind in KINDS for langs in LANGUAGES] + [("all", "")]:
        if key in sums:
            yield f"| {key[0]} | {key[1]} | " + " | ".join(f"{number:,}" for number in sums[key]) + " |"


def main() -> None:
    """Sweep, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "libraries", nargs="*", default=["own", "torchvision"], help="torchvision, timm, transformers, own, or a model"
    )
    parser.add_argument("-o", "--output", type=Path, default=Path("build/overflow.jsonl"))
    parser.add_argument("--sample", type=int, default=20, help="so many of timm and of transformers")
    parser.add_argument("--part", default="1/1")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--whole", action="store_true", help="every kind in every language")
    parser.add_argument("--by-family", action="store_true", help="one family behind the other, which is quicker")
    parser.add_argument(
        "--siblings-short",
        action="store_true",
        help="the second of a family without the part on its family, which is quick",
    )
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--table", nargs="*", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.table:
        print("\n".join(table(options.table)))
        return
    options.output.parent.mkdir(parents=True, exist_ok=True)
    if not sweep(options):
        os.execv(sys.executable, [sys.executable, *sys.argv])


if __name__ == "__main__":
    main()
