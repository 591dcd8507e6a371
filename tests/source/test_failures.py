"""Each failure names its true cause and the way out, in one sentence in each language."""

from __future__ import annotations

from pathlib import Path

import pytest

from explainer.cli.console import main

NET = """
import torch
from torch import nn
{top}

class Net(nn.Module):
    def __init__(self{takes}):
        {init}

    def forward(self, x{more}):
        {body}
"""
SUPER = (
    "super().__init__(); self.c = nn.Conv2d(3, 4, 3, padding=1); self.f = nn.Linear(4, 2); self.fc2 = nn.Linear(2, 2)"
)
GOOD = "return self.f(self.c(x).mean((2, 3)))"

# what is wrong: the parts of the file, the input, what is said in both languages, what is not said
CASES: dict[str, tuple[dict[str, str], str, list[str], list[str]]] = {
    "input() in the forward": ({"body": "n = input('how many?'); " + GOOD}, "1,3,8,8", ["input()"], ["--input", "how many?", "EOF"]),
    "input() in the constructor": ({"init": SUPER + "; input('n')"}, "1,3,8,8", ["input()", "--arg", "net.py", "8"], ["EOF"]),
    "a forward that converts": ({"body": "return self.c(x.half())"}, "1,3,8,8", [".half()"], []),
    "no forward": ({"body": GOOD + "\n\nclass Net(nn.Module):\n    def foward(self, x): return x"}, "1,3", ["Net", "foward"], ["--input"]),
    "a key that is missing": ({"body": "return {'x': x}['y']"}, "1,3,8,8", ["'y'", "net.py", "11"], ["--arg"]),
    "a tuple for a tensor": ({"init": SUPER + "; self.r = nn.GRU(8, 8)", "body": "return torch.relu(self.r(x[0]))"}, "1,3,8,8", ["nn.GRU", "11"], ["--input"]),
    "no super().__init__()": ({"init": "self.c = nn.Conv2d(3, 4, 3)"}, "1,3,8,8", ["super().__init__()", "net.py", "8"], ["--arg"]),
    "a size that is missing, in a net too large to be tried with values": (
        {"init": SUPER + "; self.big = nn.Linear(60000, 60000); self.w = nn.Parameter(torch.empty(None, 4))"}, "1,3,8,8", ["TypeError", "net.py", "8"],
        ["--arg", "needs the values", "需要权重的数值"],
    ),
    "an attribute that is not defined": ({"body": "return self.fc3(x)"}, "1,3,8,8", ["self.fc3", "self.fc2", "11"], ["--input", "--arg"]),
    "a name that is not defined": ({"body": "return F.relu(x)"}, "1,3,8,8", ["NameError", "net.py", "11"], ["--input"]),
    "a linear layer too wide": ({"init": SUPER.replace("Linear(4, 2)", "Linear(999, 2)")}, "1,3,8,8", ["999", "in_features"], ["1,1,3,8,8"]),
    "three dimensions that become four": (
        {"body": "return self.f(self.c(x[:, None].expand(1, 3, 8, 8)).mean((2, 3)).repeat(1, 9))"}, "1,8,8", ["36"], ["1,1,8,8"],
    ),
    "the batch is missing": ({"body": "b, c, h, w = x.shape; return self.c(x)"}, "3,8,8", ["--input 1,3,8,8"], []),
    "the batch is missing, seen by a layer": ({"body": "return self.f(self.c(x).flatten(1))"}, "3,8,8", ["--input 1,3,8,8"], []),
    "too few channels": ({}, "1,1,8,8", ["--input", "3"], []),
    "a second input": ({"more": ", mask"}, "1,3,8,8", ["mask", "--input mask="], []),
    "a keyword input": ({"more": ", *, mask"}, "1,3,8,8", ["mask", "--input mask="], []),
    "another kind of number": ({}, "1,3,8,8:float16", ["--input 1,8:float16"], []),
    "a check of one's own": ({"body": "assert x.size(1) == 5, 'five channels'; return x"}, "1,3,8,8", ["five channels", "--input", "11"], []),
    "a refusal of one's own": (
        {"body": "\n        if x.size(1) < 5: raise RuntimeError('call prepare() first')\n        return x"}, "1,3,8,8", ["call prepare() first", "net.py", "12"], ["torch"],
    ),
    "a forward without end": ({"body": "return self(x)"}, "1,3,8,8", ["RecursionError"], ["--input"]),
    "a package that is missing": ({"top": "import einops_of_nobody.layers"}, "1,3,8,8", ["pip install einops_of_nobody", "4"], ["__main__"]),
    "a package that is missing in a constructor": ({"init": SUPER + "; import cv2_of_nobody"}, "1,3,8,8", ["pip install cv2_of_nobody"], ["--arg"]),
    "a parameter without a default": ({"takes": ", width"}, "1,3,8,8", ["width", "--arg width="], []),
    "a configuration that nobody has": ({"takes": ", config"}, "1,3,8,8", ["config", "--arg config."], []),
    "a wrong keyword deeper down": ({"init": SUPER.replace("padding=1", "paddin=1")}, "1,3,8,8", ["paddin", "net.py"], ["--arg"]),
    "a constructor that fails": ({"init": SUPER + "; raise ValueError('even!')"}, "1,3,8,8", ["even!", "net.py"], ["--arg"]),
    "a command line of its own": (
        {"top": "import argparse; p = argparse.ArgumentParser(); p.add_argument('data'); a = p.parse_args()"}, "1,3,8,8", ["data", "argparse"], ["SystemExit"],
    ),
    "Python that is none": ({"top": "def f(:"}, "1,3,8,8", ["SyntaxError", "4"], ["__main__"]),
    "a download": ({"init": SUPER + "; from urllib.error import URLError; raise URLError('no route')"}, "1,3,8,8", ["pretrained=False"], ["--arg"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_true_cause_is_named(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts, shape, says, not_said = CASES[case]
    path = tmp_path / "net.py"
    path.write_text(NET.format(**{"top": "", "takes": "", "init": SUPER, "more": "", "body": GOOD} | parts))
    for lang in ("zh", "en"):
        assert main([f"{path}:Net", "--input", shape, "--lang", lang]) == 2
        said = capsys.readouterr()
        (sentence,) = said.err.splitlines()
        assert all(word in sentence for word in says), sentence
        assert not any(word in sentence for word in not_said), sentence
        assert said.out == "" and sentence.endswith("。" if lang == "zh" else ".")
