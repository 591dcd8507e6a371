"""Which model gets which figures, and whether any of them has a fault: every architecture of torchvision, samples of timm and
transformers, the networks of the examples and tests; one table.

    python benchmarks/figures.py [torchvision timm transformers own] [-o build/figures.md] [--sample 60]

A figure with a fault of layout (letters on letters, a box on a box, anything outside its frame) is left out of lessons; here
it is named with its faults, in both languages.
"""

from __future__ import annotations

import argparse
import random
import time
import warnings
from collections import Counter
from pathlib import Path

from zoo import names, two_layers

OWN = (
    "examples/unet.py:UNet",
    "examples/net.py:Net",
    "examples/mnist_cnn.py:MnistCNN",
    "examples/vgg11_gray.py:VGG11",
    "examples/another_net.py:AnotherNet",
    "examples/tanh_net.py:TanhNet",
    "examples/lstm.py:TextClassifier",
)
LIBRARIES = ("own", "torchvision", "timm", "transformers")


def figures_of(target: str) -> dict[str, list[str]]:
    """Each figure that the model gets, with its faults in both languages."""
    from explainer.derive.pipeline import walk_guesses
    from explainer.figures.svg.faults import faults
    from explainer.figures.table import makers
    from explainer.i18n.bilingual import LANGS
    from explainer.recognition.recognise import with_ideas
    from explainer.rules import default_registry
    from explainer.source import input_guesses, load

    loaded = load(target, two_layers(target))
    walk = walk_guesses(
        loaded.model, input_guesses(loaded, []), name=loaded.name, source=loaded.source, tolerant=loaded.invented
    )
    walk = with_ideas(walk, walk.trace, loaded.made_by, default_registry())
    made = {name: maker.make(walk) for name, maker in makers().items() if maker.wants <= {"ideas"}}
    return {
        name: [f"{lang}: {fault}" for lang in LANGS for fault in faults(one.canvas(lang))]
        for name, one in made.items()
        if one is not None
    }


def main() -> None:
    """Draw them all, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("libraries", nargs="*", default=list(LIBRARIES), help="torchvision, timm, transformers, own")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--sample", type=int, default=60, help="so many of timm, two thirds of it of transformers")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    lines: list[str] = []
    faulty = 0
    for library in options.libraries:
        sizes = {"timm": options.sample, "transformers": 2 * options.sample // 3}
        targets = list(OWN) if library == "own" else names(library)
        if library in sizes:
            targets = random.Random(0).sample(targets, min(sizes[library], len(targets)))
        got: Counter[str] = Counter()
        tried = 0
        for target in targets:
            begin = time.process_time()
            try:
                found = figures_of(target)
            except Exception as error:
                lines.append(f"| {target} | not built: {str(error).splitlines()[0][:80]} | |\n")
                continue
            tried += 1
            sound = [name for name, wrong in found.items() if not wrong]
            wrong = [f"{name} ({'; '.join(told)})" for name, told in found.items() if told]
            faulty += len(wrong)
            got.update(sound)
            lines.append(f"| {target} | {', '.join(sound)} | {', '.join(wrong)[:200]} |\n")
            print(target, f"{time.process_time() - begin:.1f} s", *sound, *wrong, flush=True)
        print(f"{library}: {tried} models; " + ", ".join(f"{name} {many}" for name, many in got.most_common()))
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_text("| model | figures | left out |\n|---|---|---|\n" + "".join(lines), encoding="utf-8")
    print(f"{faulty} figures left out because of a fault")


if __name__ == "__main__":
    main()
