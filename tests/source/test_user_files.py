"""Files as people have them: written for a graphics card, in other encodings, scripts, packages, notebooks, configurations."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import torch

import explainer
from explainer.cli.console import main
from explainer.errors import UserError
from explainer.source import Loaded, load
from explainer.source.weight_files import is_weight_file

NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width=3):
        super().__init__()
        self.f = nn.Linear(6, width)

    def forward(self, x):
        return self.f(x)
"""


def parameters(loaded: Loaded) -> int:
    return sum(parameter.numel() for parameter in loaded.model.parameters())


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write_file(text: str | bytes, name: str = "net.py") -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return str(path)

    return write_file


BUILT = {
    "moves itself": ("Net", "def __init__(self, width=3):\n        super().__init__()\n        self.f = nn.Linear(6, width)\n        self.to('cpu').half().cuda()"),
    "a factory for a card": ("make", "def make(): return Net().to(torch.device('cuda:0'), torch.float16)"),
    "a factory, cpu": ("make", "def make(): return Net().to('cpu')"),
    "a model for a card": ("model", "device = torch.device('cuda')\nmodel = Net().to(device).eval()\nmodel.scale = torch.ones(3, device=device)"),
    "a default device": ("make", "torch.set_default_device('cuda')\ndef make(): return Net()"),
    "tensors on a card": ("make", "def make():\n    net = Net(); net.k = torch.zeros(3, device='cuda') + torch.ones(3).cuda(); return net"),
    "values": ("make", "def make(): return Net(int(torch.linspace(0, 3, 3)[-1]))"),
    "runs itself": ("make", "def make():\n    net = Net(); net.f.bias.data[:] = float(net(torch.zeros(1, 6)).sum()) / 9; return net"),
    "numpy": ("make", "import numpy as np\ndef make():\n    net = Net(); net.k = np.asarray(net.f.weight.detach()).sum(); return net"),
    "quantised": ("make", "def make(): return torch.ao.quantization.quantize_dynamic(nn.Sequential(Net(), nn.Linear(3, 7)), {nn.Conv2d})"),
    "a class method": ("Net.wide", "class Net(Net):\n    @classmethod\n    def wide(cls): return cls(3)"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", BUILT)
def test_built_whatever_it_asks_of_the_machine(case: str, write: Any) -> None:
    name, more = BUILT[case]
    text = (
        NET.replace(
            "def __init__(self, width=3):\n        super().__init__()\n        self.f = nn.Linear(6, width)", more
        )
        if name == "Net"
        else f"{NET}\n{more}\n"
    )
    loaded = load(f"{write(text)}:{name}")
    assert parameters(loaded) == (49 if case == "quantised" else 21)
    assert torch.get_default_device().type == "cpu"
    lesson = explainer.explain_source(
        f"{write(text)}:{name}", inputs=["1,6:float16" if "Net().to(torch" in more or name == "Net" else "1,6"]
    )
    assert lesson.totals.params == parameters(loaded)


def test_what_would_take_a_machines_memory_is_not_built_for_real(write: Any) -> None:
    path = write(
        NET + "\ndef make():\n    net = nn.Linear(2**16, 2**16); net.k = float(net.weight.sum()); return net\n"
    )
    with pytest.raises(UserError, match="too large"):
        load(f"{path}:make")


ENCODED = {
    "a mark": b"\xef\xbb\xbf" + NET.encode(),
    "GBK": ("# 全连接层\n" + NET).encode("gbk"),
    "GBK that says so": ("# -*- coding: gbk -*-\n# 全连接层\n" + NET).encode("gbk"),
    "GBK that says UTF-8": ("# -*- coding: utf-8 -*-\n# 全连接层\n" + NET).encode("gbk"),
    "UTF-16": NET.encode("utf-16"),
    "blanks from the web": NET.replace(
        "        self.f", "\u00a0\u00a0\u00a0\u00a0\u3000\u2003\u00a0\u00a0self.f"
    ).encode(),
    "marks without a width": NET.replace("self.f =", "self.f\u200b =").encode(),
    "lines of Windows": NET.replace("\n", "\r\n").encode(),
    "lines of old Macs": NET.replace("\n", "\r").encode(),
}


@pytest.mark.parametrize("case", ENCODED)
def test_a_file_in_any_encoding_and_one_beside_it(case: str, write: Any, tmp_path: Path) -> None:
    assert parameters(load(write(ENCODED[case]))) == 21
    write(ENCODED[case], "beside_it.py")
    assert parameters(load(f"{write('from beside_it import Net', 'other.py')}:Net")) == 21
    assert not list(tmp_path.rglob("*.pyc")), "nothing is written beside a user's file"


@pytest.mark.parametrize("data", [bytes(range(256)) * 9, b"\x00" * 50, b"\xff\xfe\x00"])
def test_a_file_that_is_no_text(data: bytes, write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([write(data), "--lang", "en"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "internal error" not in said


TRAINS = {
    "a loop": "net = Net()\nfor x in range(3):\n    net(torch.randn(2, 6)).sum().backward()\n    raise SystemExit",
    "a function": "def train():\n    raise SystemExit\n    loss.backward()\nx = 3\ntrain()",
    "a function of a function": "def step(): loss.backward()\ndef run():\n    raise SystemExit\n    step()\nif x_is_needed_nowhere if False else True:\n    run()",
    "a trainer": "import package_of_nobody\ntrainer = package_of_nobody.Trainer()\ntrainer.fit(Net())",
    "a download": "from torchvision.datasets import MNIST\ndata = MNIST('/nowhere/at/all', download=True)",
    "a question": "width = int(input('width? '))",
}


@pytest.mark.parametrize("named", ["", ":Net"])
@pytest.mark.parametrize("case", TRAINS)
def test_a_script_that_trains_is_run_as_far_as_needed(case: str, named: str, write: Any) -> None:
    loaded = load(write(f"{NET}\nEXAMPLE_INPUT = (1, 6)\nprint('at home')\n{TRAINS[case]}\n") + named)
    assert parameters(loaded) == 21 and loaded.inputs is not None
    (note,) = loaded.notes
    assert "Net" in note.en or "class" in note.en
    assert note.zh.endswith("。")


def test_a_script_keeps_what_its_model_needs(write: Any) -> None:
    text = f"""
import argparse, sys
sys.path.append("/nowhere")
from torch.optim import *
sizes = {{}}
sizes["width"] = 1 + 2
p = argparse.ArgumentParser()
p.add_argument("--width", type=int, default=sizes["width"])
args = p.parse_args()
{NET.replace("width=3", "width=None").replace("nn.Linear(6, width)", "nn.Linear(6, args.width)")}
layers = []
for number in range(2):
    layers.append(number)
model = Net()
opt = SGD(model.parameters())
for epoch in layers:
    model(torch.zeros(1, 6)).sum().backward(); opt.step(); raise SystemExit
"""
    for name in ("Net", "model"):
        assert parameters(load(f"{write(text)}:{name}")) == 21


def test_a_script_that_only_looks_at_its_model_is_run_as_it_is(write: Any) -> None:
    loaded = load(
        write(f"{NET}\nprint(Net()(torch.zeros(1, 6)).shape)\nif __name__ == '__main__':\n    x.backward()\n")
    )
    assert loaded.notes == ()


def test_a_command_line_of_its_own_is_empty(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["explain", "net.py", "--lang", "zh"])
    text = f"import sys, argparse\nassert len(sys.argv) == 1\np = argparse.ArgumentParser()\np.add_argument('--width', default=3)\n{NET}\n"
    assert parameters(load(f"{write(text + 'def make(): return Net(p.parse_args().width)')}:make")) == 21
    assert sys.argv[0] == "explain"


@pytest.mark.parametrize("ends", [("", ""), ("__init__.py", "")])
def test_packages(ends: tuple[str, str], write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(sys.modules)
    write("", "kit_of/__init__.py")
    write("", "kit_of/nets/__init__.py")
    write("WIDTH = 3", "kit_of/sizes.py")
    write(
        f"from ..sizes import WIDTH\nfrom .parts import Net\ndef make(): return Net(WIDTH)\n{'from . import parts' if ends[0] else ''}",
        "kit_of/nets/net.py",
    )
    write(NET, "kit_of/nets/parts.py")
    write(
        "from kit_of.sizes import WIDTH\nfrom kit_of.nets.parts import Net\ndef make(): return Net(WIDTH)\n",
        "kit_of/nets/absolute.py",
    )
    for file in ("net", "absolute"):
        assert parameters(load(f"{tmp_path}/kit_of/nets/{file}.py:make")) == 21
    assert not [name for name in set(sys.modules) - before if name.startswith("kit_of")]
    monkeypatch.chdir(tmp_path)
    assert parameters(load("kit_of.nets.net:make")) == 21
    assert not list(tmp_path.rglob("*.pyc"))


def notebook(*cells: str) -> str:
    return json.dumps(
        {
            "cells": [{"cell_type": "code", "source": cell.splitlines(keepends=True), "outputs": []} for cell in cells],
            "nbformat": 4,
            "metadata": {},
        }
    )


def test_of_a_notebook_imports_definitions_and_literals_are_run(write: Any) -> None:
    cells = (
        "%matplotlib inline\n!pip list\nimport torch",
        "%%bash\nclass Net",
        "raise SystemExit",
        "WIDTH = 3\nEXAMPLE_INPUT = (1, 6)\nOTHER = open('/nowhere')\nWIDTH += 5\nfor i in range(3): raise SystemExit",
        f"%%time\n{NET.replace('width=3', 'width=WIDTH')}",
        "try:\n    import numpy as np\nexcept ImportError:\n    np = None",
        "half written (",
        "net = Net(); net.to('cuda')",
    )
    path = write(notebook(*cells), "hw.ipynb")
    for name in ("", ":Net"):
        loaded = load(path + name)
        assert parameters(loaded) == 21 and loaded.notes
    assert main([path, "--lang", "en"]) == 0
    with pytest.raises(UserError, match="net"):
        load(f"{path}:net")


def test_a_name_that_a_notebook_does_not_run_is_named_with_its_cell(write: Any) -> None:
    path = write(
        notebook("import torch\ndevice = torch.device('cpu')", NET.replace("width=3", "width=device")), "hw.ipynb"
    )
    with pytest.raises(UserError, match=r"device.*only imports, definitions"):
        load(path)


def test_an_import_of_a_notebook_may_fail_where_nothing_needs_it(write: Any) -> None:
    cells = (
        "import package_of_nobody as p, torch\nfrom package_of_nobody.more import *",
        "from package_of_nobody import drive",
    )
    assert parameters(load(write(notebook(*cells, NET), "hw.ipynb"))) == 21
    with pytest.raises(UserError, match="pip install package_of_nobody"):
        load(write(notebook(*cells, NET.replace("width)", "from_a_star(width))")), "hw.ipynb"))
    assert parameters(load(write(notebook(*cells[1:], NET), "hw.ipynb"))) == 21
    with pytest.raises(UserError, match="pip install package_of_nobody"):
        load(write(notebook(*cells[1:], NET.replace("nn.Linear(6, width)", "drive.Linear(6)")), "hw.ipynb"))


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"cells": 3}', '{"cells": [{"cell_type": "code", "source": 3}]}', '{"cells": []}']
)
def test_a_notebook_that_is_none(text: str, write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([write(text, "hw.ipynb"), "--lang", "zh"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "内部出错" not in said


CONFIGURED = {
    "a data class": ("from dataclasses import dataclass\n@dataclass\nclass Config:\n    d: int = 3", "config", [], 21),
    "an annotation": (
        "from dataclasses import dataclass\n@dataclass\nclass Sizes:\n    d: int = 3",
        "c: 'Sizes'",
        [],
        21,
    ),
    "the file's own": ("from types import SimpleNamespace\ncfg = SimpleNamespace(d=3)", "cfg", [], 21),
    "a dictionary": ("CONFIG = {'d': 3}", "config", [], 21),
    "a field given": (
        "from dataclasses import dataclass\n@dataclass\nclass Config:\n    d: int = 9",
        "config",
        ["config.d=3"],
        21,
    ),
    "nothing but fields": ("", "args", ["args.d=3"], 21),
}


@pytest.mark.parametrize("case", CONFIGURED)
def test_configurations(case: str, write: Any) -> None:
    from explainer.source import parse_arguments

    top, parameter, given, count = CONFIGURED[case]
    name = parameter.partition(":")[0]
    read = f"{name}['d']" if case == "a dictionary" else f"{name}.d"
    text = f"{top}\n{NET.replace('width=3', parameter).replace('nn.Linear(6, width)', f'nn.Linear(6, {read})')}"
    loaded = load(f"{write(text)}:Net", parse_arguments(given))
    assert parameters(loaded) == count
    assert [name in note.en for note in loaded.notes] == ([] if case == "nothing but fields" else [True])


def test_a_field_of_nothing_is_refused(write: Any) -> None:
    with pytest.raises(UserError, match=r"config\.d"):
        load(f"{write(NET)}:Net", {"config.d": 3})


def test_what_a_model_prints_is_not_in_the_lesson(write: Any, tmp_path: Path) -> None:
    text = NET.replace(
        "super().__init__()",
        "super().__init__(); print('built'); import os; os.write(1, b'raw'); os.system('echo shell')",
    )
    path = write("print('imported')\n" + text.replace("return self.f(x)", "print('ran'); return self.f(x)"))
    for more in ([], ["--show", "all"], ["-o", str(tmp_path / "x.json"), "-o", str(tmp_path / "x.md")]):
        command = [sys.executable, "-m", "explainer", path, "--lang", "en", "--input", "1,6", *more]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0
        assert all(word in done.stderr for word in ("imported", "built", "ran", "raw", "shell"))
        assert done.stdout == "" if "-o" in more else done.stdout.startswith("<!--")
        assert not any(word in done.stdout for word in ("imported", "built", "ran\n", "raw", "shell"))
    json.loads((tmp_path / "x.json").read_text())


def test_a_factory_may_return_more_than_its_model(write: Any) -> None:
    path = write(f"{NET}\ndef make(): return Net(), None, len\ndef two(): return Net(), Net()\n")
    assert parameters(load(f"{path}:make")) == parameters(load(f"{path}:Net()")) == 21
    with pytest.raises(UserError, match="tuple"):
        load(f"{path}:two")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("https://huggingface.co/bert-base-uncased", "downloaded"),
        (".", "config.json"),
        ("hf:.", "config"),
        ("a.npz", "no kind of file"),
    ],
)
def test_what_is_no_model(name: str, says: str, write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("x", "a.npz")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=says):
        load(name)


NEAR = {
    "resnet-50": "resnet50",
    "ResNet_50": "resnet50",
    "VGG-16": "vgg16",
    "mobilenetv2": "mobilenet_v2",
    "bert": "hf:bert",
    "gpt2": "hf:gpt2",
    "hf:bert-base-uncased": "hf:bert",
    "hf:google/vit-base-patch16-224": "hf:vit",
    "hf:Qwen/Qwen2.5-7B": "hf:qwen2",
    "hf:google/flan-t5-base": "hf:t5",
    "vit_base_patch16_224": "timm:vit_base_patch16_224",
}


@pytest.mark.parametrize("name", NEAR)
def test_a_name_from_elsewhere_says_how_it_is_written(name: str) -> None:
    pytest.importorskip("transformers")
    with pytest.raises(UserError) as caught:
        load(name)
    for text in (caught.value.message.zh, caught.value.message.en):
        assert NEAR[name] in text and "generation" not in text
    if "/" in name or name.endswith("uncased"):
        assert "downloaded" in caught.value.message.en


@pytest.mark.parametrize("name", ["net.txt", "nowhere/net.yaml", "weights.pkl", "a.json"])
def test_other_files(name: str, write: Any, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no file|no model|cannot be read"):
        load(str(tmp_path / name))
    with pytest.raises(UserError) as caught:
        load(write("hello", name))
    assert caught.value.message.zh != caught.value.message.en


def test_endings_in_capitals_are_endings() -> None:
    assert is_weight_file("X.PTH") and is_weight_file("a/b.Safetensors") and not is_weight_file("vgg16")


def test_a_rule_in_a_file_that_is_imported_twice_is_there_once(write: Any) -> None:
    from explainer.rules import default_registry

    text = (
        NET
        + """
from explainer.rules.registry import default_registry
from explainer.testing import check_rule
from dataclasses import replace
import explainer

class Own(nn.Linear): pass

def output(call): return next(r for r in default_registry().rules if r.name == "linear").output(call)
linear = next(r for r in default_registry().rules if r.name == "linear")
explainer.register(replace(linear, name="own_of_a_file", modules=(Own,), functions=(), output=output))
"""
    )
    registry = default_registry()
    before = type(registry)()
    before.take_over(registry)
    try:
        for _ in range(3):
            load(write(text) + ":Net")
        assert [rule.name for rule in registry.rules].count("own_of_a_file") == 1
    finally:
        registry.take_over(before)


@pytest.mark.parametrize(
    "body",
    [
        "return torch.from_numpy(self.f(x).detach().numpy())",
        "return torch.sparse.mm(torch.eye(2).to_sparse(), self.f(x))",
    ],
)
def test_what_shapes_do_not_suffice_for_is_run_with_values_by_the_command_too(
    body: str, write: Any, tmp_path: Path
) -> None:
    path = write(NET.replace("return self.f(x)", body))
    assert main([path, "--input", "2,6", "-o", str(tmp_path / "x.json")]) in (0, 3)
    found = json.loads((tmp_path / "x.json").read_text())
    assert found["run"]["mode"] == "real" and found["totals"]["params"]["value"] == 21


OUT_OF_REACH = """
import torch
from torch import nn

def build():
    class Inner(nn.Module):
        pass
    made = Inner()
    return made

if __name__ == "__main__":
    class Net(nn.Module):
        pass
    net = Net()
"""


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (":Net", 'under if __name__ == "__main__"'),
        (":net", 'under if __name__ == "__main__"'),
        (":Inner", "inside the function build"),
        (":made", "inside the function build"),
        ("", "inside the function build"),
        (":Other", "has no 'Other'"),
    ],
)
def test_what_importing_does_not_give_is_said_for_what_it_is(write, name, says):
    with pytest.raises(UserError) as caught:
        load(write(OUT_OF_REACH, "script.py") + name)
    assert says in caught.value.message.en


def test_a_package_may_be_named_as_the_shell_completes_it(write, tmp_path, monkeypatch):
    write(NET, "packaged_nets/models/__init__.py")
    monkeypatch.chdir(tmp_path)
    assert load("packaged_nets/models:Net").name == load("packaged_nets/models/:Net").name == "Net"


def test_a_files_default_type_holds_for_its_own_model_alone(tmp_path):
    (tmp_path / "net.py").write_text(
        "import torch\nfrom torch import nn\ntorch.set_default_dtype(torch.float64)\nEXAMPLE_INPUT = (2, 3)\n\n"
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.layer = nn.Linear(3, 4)\n\n"
        "    def forward(self, x):\n        return self.layer(x + torch.zeros(3))\n"
    )
    before = torch.get_default_dtype()
    explained = explainer.explain_source(f"{tmp_path}/net.py:Net")
    assert torch.get_default_dtype() is before
    assert explained.complete
    assert explained.walkthrough.trace.input_dtypes == ("float64",)


def test_a_class_in_place_of_its_instance_is_said(tmp_path):
    (tmp_path / "net.py").write_text("from torch import nn\n\ndef make():\n    return nn.Linear\n")
    with pytest.raises(UserError, match="the class Linear itself"):
        explainer.explain_source(f"{tmp_path}/net.py:make", inputs=["2,3"])
