"""A lesson's JSON and back, for every architecture: the same JSON, the same pages; and pages made without torch.

    python benchmarks/roundtrip.py torchvision timm transformers --sample 20 --progress roundtrip.jsonl
    python benchmarks/roundtrip.py --without-torch vgg16 resnet50 vit_b_16 hf:gpt2 examples/unet.py:UNet

The first asks of each model whether `to_dict` → JSON → back → `to_dict` is the identity, and the Markdown from the file
that from the model. The second makes Markdown, HTML and PDF in three language settings where torch, torchvision, numpy
and sympy cannot be imported, and compares the bytes. Exit code 1 if anything differs. What `--progress` has already is not done again: a run that was
stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

LANGS = ("zh", "en", "zh,en")
ENDINGS = (".md", ".html", ".pdf")
BLOCKED = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "torchvision", "numpy", "sympy", "timm", "transformers"}:
            raise ImportError(f"{name} is not here")
sys.meta_path.insert(0, Nothing())
"""
PAGES = """
import sys
from explainer import load
from explainer.api import Explanation
source, out, *endings = sys.argv[1:]
for lang in ("zh", "en", "zh,en"):
    lesson = Explanation(load(source).walkthrough, tuple(lang.split(",")))
    for ending in endings:
        lesson.save(f"{out}/{lang.replace(',', '-')}{ending}")
"""


def difference(target: str) -> str:
    """What is not the same after the way through a file; "" if all is, or why the model was not built."""
    from explainer import UserError, explain_source
    from explainer.api import Explanation
    from explainer.walkthrough.file.read import from_bytes

    try:
        lesson = explain_source(target, lang="zh,en")
    except UserError as error:
        return f"not built: {error.message.en[:90]}"
    data = lesson.to_dict()
    written = json.dumps(data, ensure_ascii=False)
    back = Explanation(from_bytes(written.encode()), ("zh", "en"))
    if json.dumps(back.to_dict(), ensure_ascii=False) != written:
        again = back.to_dict()
        keys = [key for key in data if again.get(key) != data[key]] + [key for key in again if key not in data]
        return f"DIFFERS in JSON: {', '.join(keys)}"
    return "" if back.to_markdown() == lesson.to_markdown() else "DIFFERS in Markdown"


def without_torch(target: str, folder: Path) -> str:
    """Which pages differ when made where torch cannot be imported."""
    from explainer import explain_source
    from explainer.api import Explanation

    for side in ("with", "without"):
        (folder / side).mkdir()
    live = explain_source(target, lang="zh")
    live.save(folder / "lesson.json")
    subprocess.run(
        [sys.executable, "-c", BLOCKED + PAGES, str(folder / "lesson.json"), str(folder / "without"), *ENDINGS],
        check=True,
    )
    wrong = []
    for lang in LANGS:
        lesson = Explanation(live.walkthrough, tuple(lang.split(",")))  # type: ignore[arg-type]
        for ending in ENDINGS:
            name = f"{lang.replace(',', '-')}{ending}"  # Markdown names the folder of its pictures after itself
            lesson.save(folder / "with" / name)
            if (folder / "with" / name).read_bytes() != (folder / "without" / name).read_bytes():
                wrong.append(f"{lang} {ending}")
    return f"DIFFERS: {', '.join(wrong)}" if wrong else ""


def done(progress: Path) -> dict[str, str]:
    """What an earlier run wrote: model → what was said of it."""
    return dict(map(json.loads, progress.read_text().splitlines())) if progress.exists() else {}


def main() -> int:
    """Print a line for each model that is not the same, and how many are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", help="libraries; with --without-torch models")
    parser.add_argument("--sample", type=int, help="so many of each library, drawn by chance")
    parser.add_argument("--without-torch", action="store_true")
    parser.add_argument("--progress", type=Path, help="a file that gets a line for each model")
    given = parser.parse_args()
    if given.without_torch:
        targets = given.names
    else:
        from zoo import names

        found = [names(library) for library in given.names]
        targets = [
            name for all_ in found for name in (random.Random(1).sample(all_, given.sample) if given.sample else all_)
        ]
    before = done(given.progress) if given.progress else {}
    said = {}
    for target in targets:
        if target in before:
            said[target] = before[target]
            continue
        try:
            with tempfile.TemporaryDirectory() as folder:
                said[target] = without_torch(target, Path(folder)) if given.without_torch else difference(target)
        except Exception as error:  # a crash is a finding
            said[target] = f"CRASH {type(error).__name__}: {str(error)[:90]}"
        if said[target]:
            print(f"{target}: {said[target]}", flush=True)
        if given.progress:
            with given.progress.open("a") as file:
                file.write(json.dumps([target, said[target]], ensure_ascii=False) + "\n")
    same = sum(not text for text in said.values())
    wrong = sum(text.startswith(("DIFFERS", "CRASH")) for text in said.values())
    print(f"{len(targets)} models: {same} the same, {wrong} not, {len(targets) - same - wrong} not built")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
