"""Models whose code misbehaves: each ends in a lesson or in one sentence, never in a traceback, and nothing acts on a terminal."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explainer.cli.console import main

FRAME = """
import sys
import torch
from torch import nn
{top}

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Linear(4, 4)
        {init}

    def forward(self, x):
        {forward}
        return self.f(x)

    {method}

EXAMPLE_INPUT = (1, 4)
"""

CODE = {
    "exit": {"forward": "sys.exit(0)"},
    "exit at once": {"top": "import os", "forward": "os._exit(0)"},
    "exit at once in the constructor": {"top": "import os", "init": "os._exit(0)"},
    "exit at once on import": {"top": "import os; os._exit(0)"},
    "exit with text": {"forward": "sys.exit('\\x1b[2J bye')"},
    "exit in repr": {"method": "def extra_repr(self): sys.exit(0)"},
    "error in repr": {"method": "def extra_repr(self): 1 / 0"},
    "repr with an escape": {"method": "def extra_repr(self): return '\\x1b[2J\\u202e'"},
    "endless recursion": {"forward": "return self.forward(x)"},
    "recursion in the constructor": {"init": "Net()"},
    "nothing comes back": {"forward": "return None"},
    "a string comes back": {"forward": "return 'x'"},
    "itself comes back": {"forward": "return self"},
    "an error that cannot be printed": {
        "top": "class E(Exception):\n    def __str__(self): raise self",
        "forward": "raise E",
    },
    "an error of many lines": {"forward": "raise ValueError('a\\n' * 10000)"},
    "a long error": {"forward": "raise ValueError('x' * 10**6)"},
    "an error with escapes": {"forward": "raise ValueError('\\x1b[31m\\u202eevil\\x07')"},
    "an error with half a character": {"forward": "raise ValueError('\\ud800')"},
    "an empty error": {"forward": "raise ValueError"},
    "not an Exception": {"forward": "raise BaseException('x')"},
    "generator exit": {"forward": "raise GeneratorExit"},
    "prints escapes": {"forward": "print('\\x1b[2J', flush=True)"},
    "closes the streams": {"forward": "sys.stdout = None"},
    "getattr for everything": {"method": "def __getattr__(self, name): raise RuntimeError(name)"},
    "a layer with an odd name": {"init": "self.add_module('\\x1b[2J', nn.Linear(4, 4))"},
    "a parameter with an odd name": {"init": "self.register_parameter('\\u202e', nn.Parameter(torch.zeros(2)))"},
    "a class with an odd name": {"init": "type(self).__name__ = '\\x1b[2J'"},
    "huge": {"init": "self.g = nn.Linear(2**31, 2**31)"},
    "too huge": {"init": "self.g = nn.Linear(2**62, 2**62)"},
    "negative": {"init": "self.g = nn.Linear(-1, 4)"},
    "changes itself": {"forward": "self.g = nn.Linear(4, 4)"},
    "deletes its layer": {"forward": "del self.f"},
    "contains itself": {"init": "self.add_module('again', self)"},
    "a hook that raises": {"init": "self.register_forward_hook(lambda *given: 1 / 0)"},
    "a hook that exits": {"init": "self.register_forward_pre_hook(lambda *given: sys.exit(0))"},
    "an example that is none": {"method": "pass\n\nEXAMPLE_INPUT = object()"},
}


def _written(folder: Path, code: dict[str, str]) -> str:
    parts = {"top": "", "init": "pass", "forward": "pass", "method": "pass", **code}
    (folder / "net.py").write_text(FRAME.format(**parts), encoding="utf-8")
    return f"{folder / 'net.py'}:Net"


@pytest.mark.parametrize("name", CODE)
def test_misbehaving_code(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = main(
        [_written(tmp_path, CODE[name]), "--lang", "en", "-o", str(tmp_path / "x.json"), "-o", str(tmp_path / "x.md")]
    )
    said = capfd.readouterr()
    assert code in (0, 1, 2)
    assert "Traceback" not in said.err and "internal error" not in said.err, said.err[-2000:]
    assert len(said.err) < 5000
    if "prints" not in name:
        assert not {"\x1b", "\u202e", "\x07"} & set(said.err + said.out)
    if code == 2:
        assert len(said.err.strip().splitlines()) == 1 and not (tmp_path / "x.json").exists()
    else:
        json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
        assert not {"\x1b", "\u202e"} & set((tmp_path / "x.md").read_text(encoding="utf-8"))


TARGETS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["timm:", "hf:", "x.py:", ":Net", "a:b:c", "x.safetensors", "\x1b.py", "..", "hf:../x.json", "x\0.py"]
    ),
    st.tuples(
        st.sampled_from(["timm:", "hf:", ""]), st.text(max_size=8), st.sampled_from([".py", ".pt", ".json", ":x"])
    ).map("".join),
)


@settings(max_examples=30)
@given(target=TARGETS)
def test_any_name_of_a_model(target: str) -> None:
    if target.startswith("-") or not target:
        target = f"x{target}"
    assert main([target, "--lang", "en"]) == 2


def test_a_file_that_is_no_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in (
        b"",
        b"\x00" * 100,
        b"\xff\xfe\x00",
        b"(" * 10**5,
        textwrap.dedent("x = 1").encode("utf-16"),
        b"a" * 10**6,
    ):
        (tmp_path / "net.py").write_bytes(content)
        assert main([str(tmp_path / "net.py"), "--lang", "en"]) == 2
        said = capsys.readouterr().err
        assert len(said.strip().splitlines()) == 1 and "internal error" not in said, said
