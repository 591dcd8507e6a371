"""The examples do what their pages say: every command runs, every figure comes out, torch agrees."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from nets import torch_count

from explainer.derive.pipeline import walk_model
from explainer.source import load, static_inputs

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"

# The notes' own figures; the U-Nets' are those of the seed 004, verified by hand.
TOTALS = {
    "vgg11_gray.py:VGG11": ({}, 132862184),
    "mnist_cnn.py:MnistCNN": ({}, 28938),
    "tanh_net.py:TanhNet": ({}, 18090),
    "unet.py:UNet": ({}, 7759554),
    "unet.py:UNet with batch normalization": ({"batch_norm": "all"}, 7765442),
    "unet.py:UNet at full width": ({"feature_scale": 1}, 31030658),
}


@pytest.mark.parametrize("name", TOTALS)
def test_an_example_has_the_parameters_that_the_notes_say(name):
    arguments, total = TOTALS[name]
    loaded = load(str(EXAMPLES / name.split(" ")[0]), arguments)
    args, kwargs = static_inputs(loaded, [])
    walk = walk_model(loaded.model, args, kwargs, name=loaded.name, source="examples")
    assert walk.totals.params == walk.totals.explained == torch_count(loaded.model) == total
    assert walk.agrees
    assert [layer.path for layer in walk.layers if not layer.checked] == []


def commands() -> list[str]:
    """The commands on the examples' pages and in the README that need nothing but this repository."""
    pages = [*EXAMPLES.glob("*.md"), *ROOT.glob("README*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    found = re.findall(r"(?:`|^\s*\$? ?)(explain (?:examples/\S+|\S.*?--terms examples/\S+)[^`\n]*)", text, re.M)
    return sorted({command.strip().split("  #")[0] for command in found})


def test_the_commands_are_found():
    files = {path.name for path in EXAMPLES.glob("*.py")}
    assert {file for file in files if any(file in command for command in commands())} >= {
        "vgg11_gray.py",
        "mnist_cnn.py",
        "tanh_net.py",
    }


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_pages_runs(run, tmp_path, monkeypatch, command):
    monkeypatch.chdir(ROOT)
    words = shlex.split(command)[1:]
    for at, word in enumerate(words):
        if at and words[at - 1] == "-o":  # written elsewhere, and as Markdown: the other formats have their own tests
            words[at] = str(tmp_path / Path(word).with_suffix(".md").name)
    ran = run(*words)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out or list(tmp_path.iterdir())


def test_the_tanh_net_on_a_larger_image_mixes_batch_and_features(run):
    # 8·16·16 = 2048 features an image are read as 4 rows of 512: seed 003's view(-1, 512) turns batch 1 into 4
    ran = run(str(EXAMPLES / "tanh_net.py") + ":TanhNet", "--input", "1,3,64,64", "--lang", "en")
    assert ran.code == 0
    assert "4×2" in ran.out
