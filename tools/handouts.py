"""The gallery of handouts, as `explain` prints them: examples/handouts/*.pdf, and in made_of.json the hash of the text each was made of.

    python tools/handouts.py [vgg16 unet …]

`tests/test_gallery.py` makes some of the texts again and compares: after a change of words, `make handouts`. GPT-2 and Mixtral need
transformers (their configurations; nothing is downloaded).
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.progress import track

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "examples" / "handouts"
RECORD = FOLDER / "made_of.json"
LANGUAGES = ("zh", "en", "zh,en")
GALLERY: dict[str, tuple[str, ...]] = {
    "vgg16": ("vgg16",),
    "resnet50": ("resnet50",),
    "unet": ("examples/unet.py:UNet",),
    "lstm": ("examples/lstm.py:TextClassifier",),
    "vit_b_16": ("vit_b_16",),
    "gpt2": ("hf:gpt2",),
    "mixtral": ("hf:MixtralForCausalLM",),
}


def name_of(model: str, lang: str) -> str:
    """vgg16.zh-en."""
    return f"{model}.{lang.replace(',', '-')}"


def explained(model: str, lang: str, *files: Path) -> None:
    """Write one handout, by the command line as everybody does."""
    outputs = [part for file in files for part in ("-o", str(file))]
    command = [sys.executable, "-m", "explainer", *GALLERY[model], "--detail", "handout", "--lang", lang, *outputs]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def hash_of(markdown: str) -> str:
    """Of the text, whatever the versions that it names."""
    text = re.sub(r"(PyTorch|explainer) \d[\w.+]*", r"\1", markdown)
    return hashlib.sha256(text.encode()).hexdigest()


def main() -> None:
    """Make those that were asked for, or all."""
    record: dict[str, str] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    models = sys.argv[1:] or list(GALLERY)
    with tempfile.TemporaryDirectory() as folder:
        for model, lang in track([(model, lang) for model in models for lang in LANGUAGES], "handouts"):
            text = Path(folder) / "x.md"
            explained(model, lang, text, FOLDER / f"{name_of(model, lang)}.pdf")
            record[name_of(model, lang)] = hash_of(text.read_text(encoding="utf-8"))
    RECORD.write_text(json.dumps(dict(sorted(record.items())), indent=1) + "\n")


if __name__ == "__main__":
    main()
