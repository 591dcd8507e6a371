"""A name or a path becomes a model and its input; what cannot be found says so."""

from __future__ import annotations

import importlib
import subprocess
import sys
import textwrap

import pytest
import torch
from nets import torch_count

from explainer.cli.console import main
from explainer.errors import UserError
from explainer.source import (
    InputSpec,
    load,
    parse_arguments,
    parse_input,
    static_inputs,
)
from explainer.source import (
    torchvision_models as zoo,
)
from explainer.source.load import suggested_input
from explainer.source.neighbours import put_neighbours_away

NET = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width: int = 8, bias: bool = True):
        super().__init__()
        self.f = nn.Conv2d(5, width, 3, bias=bias)

    def forward(self, x):
        return self.f(x)
"""


@pytest.fixture
def write(tmp_path):
    """Write a Python file and return its path."""

    def write_file(name: str, text: str) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return str(path)

    return write_file


def complaint(target: str, arguments=None) -> UserError:
    with pytest.raises(UserError) as caught:
        load(target, arguments)
    return caught.value


# The zoo.


@pytest.mark.parametrize(
    ("name", "side"), [("vgg16", 224), ("inception_v3", 299), ("efficientnet_b1", 240), ("vit_b_16", 224)]
)
def test_a_zoo_model_knows_its_input(name, side):
    loaded = load(name)
    assert loaded.source == "torchvision"
    assert loaded.name == name
    assert loaded.inputs == (InputSpec((1, 3, side, side)),)


def test_a_zoo_name_may_be_written_in_capitals():
    assert load("VGG16").name == "vgg16"


def test_nothing_is_allocated():
    model = load("vgg16").model
    assert {parameter.device.type for parameter in model.parameters()} == {"meta"}
    assert torch_count(model) == 138357544


def test_constructor_arguments():
    assert load("vgg16", {"num_classes": 10}).model.classifier[-1].out_features == 10


@pytest.mark.parametrize(
    ("wrong", "right"), [("vgg61", "vgg16"), ("resnet-18", "resnet18"), ("mobilnet_v2", "mobilenet_v2")]
)
def test_an_unknown_name_has_its_neighbours_named(wrong, right):
    message = complaint(wrong).message
    for text in (message.zh, message.en):
        assert wrong in text
        assert right in text


def test_a_name_like_no_other():
    assert "explain list" in complaint("qqqqqqqqq").message.en


def test_every_zoo_name_has_a_builder():
    assert all(zoo.builder(name) for name in zoo.names())
    assert len(zoo.names()) > 100


# Files.


def test_a_class_in_a_file(write):
    loaded = load(write("a_net.py", NET) + ":Net", {"width": 3})
    assert loaded.model.f.out_channels == 3
    assert loaded.name == "Net"
    assert loaded.inputs is None


def test_the_only_class_need_not_be_named(write):
    assert load(write("a_net.py", NET)).name == "Net"


def test_a_function_that_builds_a_model(write):
    path = write("builder.py", NET + "\n\ndef small():\n    return Net(2)\n")
    assert load(f"{path}:small").model.f.out_channels == 2


def test_a_finished_model_in_a_file(write):
    path = write("ready.py", NET + "\n\nmodel = Net(6)\n")
    assert load(f"{path}:model").model.f.out_channels == 6


def test_a_file_may_import_its_neighbours_at_once_and_later(write, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    write("neighbour_of_net.py", "WIDTH = 7\n")
    write("late_neighbour.py", "WIDTH = 9\n")
    later = "\n\ndef late():\n    from late_neighbour import WIDTH\n    return Net(WIDTH)\n"
    now = "from neighbour_of_net import WIDTH\n"
    path = write("with_neighbour.py", f"{now}{NET}\n\ndef make():\n    return Net(WIDTH)\n{later}")
    assert load(f"{path}:make").model.f.out_channels == 7
    assert load(f"{path}:late").model.f.out_channels == 9


def test_a_failed_import_leaves_the_search_path_alone(write):
    before = list(sys.path)
    complaint(write("fails_at_once.py", "raise RuntimeError\n"))
    assert sys.path == before


def test_a_folder_with_spaces_and_chinese(write):
    assert load(write("我的 网络/网络.py", NET) + ":Net").name == "Net"


def test_a_dataclass_or_annotation_in_the_file_is_no_obstacle(write):
    text = "from __future__ import annotations\nfrom dataclasses import dataclass\n\n\n@dataclass\nclass Config:\n    width: int = 4\n\n\n"
    assert load(write("configured.py", text + NET.strip().replace("import torch\n", "")) + ":Net").name == "Net"


EXAMPLES = {
    "a tuple": ("(1, 5, 9, 9)", [((1, 5, 9, 9), "float32", None)]),
    "text": ('"1,5,9,9"', [((1, 5, 9, 9), "float32", None)]),
    "text with a dtype": ('"1,5:int64"', [((1, 5), "int64", None)]),
    "several": ('["1,5", "ids=1,7:int64"]', [((1, 5), "float32", None), ((1, 7), "int64", "ids")]),
    "several shapes": ("[(1, 5), (2, 3)]", [((1, 5), "float32", None), ((2, 3), "float32", None)]),
}


@pytest.mark.parametrize(("written", "meant"), EXAMPLES.values(), ids=EXAMPLES)
def test_a_file_may_name_its_example_input(write, written, meant):
    loaded = load(write("exampled.py", f"{NET}\n\nEXAMPLE_INPUT = {written}\n") + ":Net")
    assert [(spec.shape, spec.dtype, spec.name) for spec in loaded.inputs] == meant


def test_what_is_given_goes_before_the_example(write):
    loaded = load(write("exampled2.py", f"{NET}\n\nEXAMPLE_INPUT = (1, 5, 9, 9)\n"))
    args, _ = static_inputs(loaded, [parse_input("2,5,7,7")])
    assert args[0].shape == (2, 5, 7, 7)
    args, _ = static_inputs(loaded, [])
    assert args[0].shape == (1, 5, 9, 9)
    assert args[0].is_meta


@pytest.mark.parametrize("name", ["json", "copy"])
def test_a_file_named_like_a_standard_module_harms_nobody(tmp_path, name):
    (tmp_path / f"{name}.py").write_text(NET + "\nEXAMPLE_INPUT = (1, 5, 9, 9)\n")
    command = [
        sys.executable,
        "-m",
        "explainer",
        f"{tmp_path}/{name}.py:Net",
        "--lang",
        "en",
        "-o",
        str(tmp_path / "x.json"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
    assert (done.returncode, done.stderr) == (0, "")


LIBRARIES = ("weasyprint", "markdown_it", "openpyxl", "torchvision", "torch", "sympy", "numpy")
NOT_INSTALLED = ("linkify_it", "triton", "cchardet", "simplejson")  # what libraries ask for and do without


@pytest.mark.parametrize("reach", ["", "import sys\nsys.path[:0] = ['', __file__.rpartition('/')[0]]\n"])
def test_files_named_like_libraries_never_stand_in_for_them(tmp_path, reach):
    """Beside the model, in the working folder, and put into sys.path by the model's own file."""
    for name in (*LIBRARIES, *NOT_INSTALLED):
        (tmp_path / f"{name}.py").write_text(f"open('/dev/stderr', 'w').write('{name}')\nraise SystemExit(7)\n")
    (tmp_path / "net.py").write_text(f"{NET}\n{reach}\nEXAMPLE_INPUT = (1, 5, 9, 9)\n")
    pages = [word for ending in ("html", "pdf", "json") for word in ("-o", f"x.{ending}")]
    command = [sys.executable, "-m", "explainer", "net.py:Net", "--lang", "en", *pages, "--show", "all"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    later = f"""
        import importlib.util, sys
        sys.path.pop(0)
        from explainer.source import load
        load("net.py:Net")
        for name in {LIBRARIES}:
            assert "site-packages" in importlib.util.find_spec(name).origin, name
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(later)], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_library_that_the_users_code_calls_finds_nothing_beside_it(write, tmp_path, monkeypatch):
    """At once, and late in a forward pass: transformers looks for others' packages so, by their names."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "asks_for_others.py").write_text(
        "import importlib.util\ndef has(name):\n    return importlib.util.find_spec(name) is not None\n"
        "def tries(name):\n    try:\n        __import__(name)\n    except ImportError:\n        return False\n    return True\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    write("optional_thing.py", "raise SystemExit(7)\n")
    write("own_thing.py", "width = 4\n")
    ask = "asks_for_others.has('optional_thing') or asks_for_others.tries('optional_thing')"
    path = write(
        "net.py",
        f"import asks_for_others, importlib\nfrom torch import nn\nassert not ({ask})\n"
        "width = importlib.import_module('own_thing').width\n"
        "class Net(nn.Linear):\n    def __init__(self): super().__init__(width, 2)\n"
        f"    def forward(self, x):\n        assert not ({ask})\n        return super().forward(x)\n",
    )
    loaded = load(f"{path}:Net")
    assert tuple(loaded.model(torch.empty(1, 4, device="meta")).shape) == (1, 2)


def test_neighbours_are_there_for_the_users_code_alone(write, tmp_path):
    write("absent_library.py", "WIDTH = 6\n")
    write("kit/__init__.py", "from .blocks import Block\n")
    write("kit/blocks.py", "from . import sizes\nfrom torch import nn\nclass Block(nn.Conv2d): WIDTH = sizes.WIDTH\n")
    write("kit/sizes.py", "WIDTH = 4\n")
    write("kit/later.py", "from kit.blocks import Block\n")
    text = """
        import torch
        import absent_library, kit
        from kit import Block
        from torch import nn

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.f = Block(5, absent_library.WIDTH, 3)

            def forward(self, x):
                import absent_library as again
                from importlib import import_module
                later = import_module("kit.later")
                assert again is absent_library and later.Block is Block
                return self.f(x)
    """
    before = set(sys.modules)
    loaded = load(write("with_kit.py", text))
    for name in ("absent_library", "kit", "kit.blocks"):
        assert name not in sys.modules
        with pytest.raises(ImportError):
            importlib.import_module(name)
    assert loaded.model(torch.empty(1, 5, 9, 9, device="meta")).shape == (1, 6, 7, 7)
    put_neighbours_away()
    assert not {name for name in set(sys.modules) - before if name.startswith(("absent", "kit"))}
    assert str(tmp_path) not in sys.path


def test_a_plain_folder_beside_it_is_a_package(write):
    """Without an __init__.py; imported at once and late, with its own imports relative or not."""
    write(
        "parts_of_it/blocks.py",
        "from .sizes import WIDTH\nfrom parts_of_it import sizes\nassert sizes.WIDTH == WIDTH\n",
    )
    write("parts_of_it/sizes.py", "WIDTH = 3\n")
    late = "\ndef make():\n    from parts_of_it import sizes\n    assert sizes is parts_of_it.sizes\n    return Net(sizes.WIDTH)\n"
    path = write("with_parts.py", f"import parts_of_it.blocks\n{NET}{late}")
    assert load(f"{path}:make").model.f.out_channels == 3
    assert "parts_of_it" not in sys.modules


@pytest.mark.parametrize("start", [None, "", "from .net_of_it import Net\n", "from . import widths_of_it\n"])
def test_a_file_that_imports_relatively_is_of_its_folder_s_package(write, start):
    if start is not None:
        write("a package-1.0/__init__.py", start)
    write("a package-1.0/widths_of_it.py", "from . import more\nWIDTH = more.WIDTH\n")
    write("a package-1.0/more/__init__.py", "WIDTH = 3\n")
    late = "\ndef make():\n    from .widths_of_it import WIDTH\n    return Net(WIDTH)\n"
    path = write("a package-1.0/net_of_it.py", f"from .widths_of_it import WIDTH\n{NET}{late}")
    for _ in range(2):
        assert load(f"{path}:make").model.f.out_channels == 3
        assert load(f"{path}:Net").name == "Net"
    said = complaint(write("other/net.py", f"from ..far import x\n{NET}")).message.en
    assert "imports relatively at line 1" in said and "far" in said and "explainer_user" not in said


def test_two_files_each_have_their_own_neighbour_of_one_name(write):
    for folder, width in (("one", 3), ("two", 4)):
        write(f"{folder}/blocks_of_it.py", f"WIDTH = {width}\n")
        path = write(f"{folder}/net.py", f"from blocks_of_it import WIDTH\n{NET}\ndef make(): return Net(WIDTH)\n")
        assert load(f"{path}:make").model.f.out_channels == width
    write("two/blocks_of_it.py", "WIDTH = 50\n")
    assert load(f"{path}:make").model.f.out_channels == 50


def test_paths_that_a_file_adds_serve_it_alone(write, tmp_path):
    write("elsewhere/far_away.py", "WIDTH = 3\n")
    reach = f"import sys\nsys.path.insert(0, {str(tmp_path / 'elsewhere')!r})\nfrom far_away import WIDTH\n"
    late = "\ndef make():\n    import far_away\n    return Net(far_away.WIDTH)\n"
    before = list(sys.path)
    assert load(write("reaching.py", reach + NET + late) + ":make").model.f.out_channels == 3
    assert sys.path == before and "far_away" not in sys.modules


ENDING = {
    "sys.exit(0)": "SystemExit",
    "raise SystemExit": "SystemExit",
    "exit()": "SystemExit",
    "quit(0)": "SystemExit",
    "raise GeneratorExit": "GeneratorExit",
    "raise type('Own', (BaseException,), {'__str__': lambda self: 1 / 0})": "Own",
    "raise ValueError('\\x1b[2J\\u202e')": "u202e",
}


@pytest.mark.parametrize("place", ["import", "constructor", "forward", "layer"])
@pytest.mark.parametrize("ending", ENDING)
def test_a_file_that_ends_the_program_is_a_sentence(write, capsys, place, ending):
    line = dict.fromkeys(("import", "constructor", "forward", "layer"), "pass") | {place: ending}
    text = f"""
        import sys
        import torch
        from torch import nn
        {line["import"]}

        class Layer(nn.Module):
            def forward(self, x):
                {line["layer"]}
                return torch.relu(x)

        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = Layer()
                {line["constructor"]}

            def forward(self, x):
                {line["forward"]}
                return self.layer(x)

        EXAMPLE_INPUT = (1, 5)
    """
    path = write("ending.py", text)
    assert main([path + ":Net", "--lang", "en"]) == 2
    said = capsys.readouterr()
    assert ENDING[ending] in said.err and said.out == ""
    assert said.err.count("\n") == 1 and "\x1b" not in said.err and "\u202e" not in said.err
    assert "internal error" not in said.err


def test_a_failed_import_leaves_no_half_made_module(write):
    complaint(write("half_made_module.py", "x = 1\nraise RuntimeError('no')\n"))
    assert not [name for name in sys.modules if "half_made_module" in name]


BROKEN = {
    "a syntax error": ("import torch\n\ndef f(:\n", "3", "SyntaxError"),
    "a missing package": ("import torch\nimport no_such_package_x\n", "2", "no_such_package_x"),
    "an exception": ("x = 1\n\n\ny = 1 / 0\n", "4", "ZeroDivisionError"),
    "an exit": ("import sys\nsys.exit(3)\n", "2", "SystemExit"),
    "bad indentation": ("class A:\n    x = 1\n  y = 2\n", "3", "IndentationError"),
}


@pytest.mark.parametrize(("text", "line", "what"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_fails_to_import_names_the_line(write, text, line, what):
    message = complaint(write("broken_file.py", text) + ":Net").message
    assert f"第{line}行" in message.zh
    assert f"line {line}" in message.en
    assert what in message.zh
    assert what in message.en


def test_no_file():
    message = complaint("no_such_file.py:Net").message
    assert "no_such_file.py" in message.zh
    assert "no_such_file.py" in message.en


TWO = NET + "\n\nclass Other(nn.Module):\n    pass\n\n\nNUMBER = 3\n\n\ndef pair():\n    return [1, 2]\n"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", ["Net", "Other"]),
        (":Nett", ["Nett", "Net", "Other"]),
        (":NUMBER", ["NUMBER"]),
        (":pair", ["pair", "list"]),
        (":torch", ["torch"]),
    ],
)
def test_what_is_no_model_says_which_are(write, name, words):
    message = complaint(write("two_models.py", TWO) + name).message
    for word in words:
        assert word in message.zh
        assert word in message.en


def test_a_file_without_models(write):
    message = complaint(write("no_models.py", "x = 1\n")).message
    assert "no_models.py" in message.zh
    assert "no_models.py" in message.en


# Modules.


def test_a_class_in_a_package():
    assert load("torch.nn:Linear", {"in_features": 3, "out_features": 4}).model.weight.shape == (4, 3)


def test_a_module_in_the_working_folder(write, tmp_path, monkeypatch):
    write("package_of_nets/inner.py", NET)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load("package_of_nets.inner:Net").name == "Net"


@pytest.mark.parametrize(
    ("target", "words"),
    [("no_such_module.x:Net", ["no_such_module.x"]), ("torch.nn:Lineer", ["torch.nn", "Lineer"]), ("torch:nn", ["nn"])],
)
def test_what_is_not_in_a_module(target, words):
    message = complaint(target).message
    for word in words:
        assert word in message.zh
        assert word in message.en


# Constructor arguments.


def test_missing_arguments_are_named_with_the_option_to_type():
    message = complaint("torch.nn:Linear").message
    for text in (message.zh, message.en):
        assert "--arg in_features=" in text
        assert "--arg out_features=" in text


def test_an_unknown_argument_is_named_with_the_known_ones(write):
    message = complaint(write("argued.py", NET) + ":Net", {"depth": 3}).message
    for text in (message.zh, message.en):
        assert "depth" in text
        assert "width" in text


def test_an_unknown_argument_of_a_zoo_model():
    message = complaint("vgg16", {"nun_classes": 10}).message
    assert "nun_classes" in message.zh
    assert "nun_classes" in message.en


def test_a_constructor_that_fails(write):
    path = write("refuses.py", NET.replace("super().__init__()", "raise ValueError('width must be even')"))
    message = complaint(path).message
    assert "width must be even" in message.zh
    assert "width must be even" in message.en


def test_a_constructor_that_computes_with_real_values(write):
    """Built on meta, `.item()` has nothing to read: only what needs real values is real."""
    text = NET.replace("self.f =", "width = int(torch.linspace(4, width, 3)[-1].item())\n        self.f =")
    model = load(write("computing.py", text)).model
    assert model.f.out_channels == 8


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("num_classes=10", 10),
        ("rate=0.5", 0.5),
        ("rate=1e-3", 1e-3),
        ("bias=False", False),
        ("bias=false", False),
        ("norm=None", None),
        ("norm=none", None),
        ("sizes=(1, 2)", (1, 2)),
        ("sizes=[1,2]", [1, 2]),
        ("name=resnet", "resnet"),
        ("name='a b'", "a b"),
        ("path=a=b", "a=b"),
        ("code=__import__('os').getpid()", "__import__('os').getpid()"),
    ],
)
def test_arguments_are_read_as_literals_and_never_run(given, meant):
    (value,) = parse_arguments([given]).values()
    assert value == meant
    assert type(value) is type(meant)


@pytest.mark.parametrize("given", ["num_classes", "=3", "1x=3", "a b=3", ""])
def test_an_argument_that_is_none(given):
    with pytest.raises(UserError):
        parse_arguments([given])


# Inputs.


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("1,3,224,224", InputSpec((1, 3, 224, 224))),
        (" 1, 3 ", InputSpec((1, 3))),
        ("1，3，8，8", InputSpec((1, 3, 8, 8))),
        ("1x3x8x8", InputSpec((1, 3, 8, 8))),
        ("1,128:int64", InputSpec((1, 128), "int64")),
        ("ids=1,128:int64", InputSpec((1, 128), "int64", "ids")),
        ("5", InputSpec((5,))),
    ],
)
def test_inputs_as_typed(text, spec):
    assert parse_input(text) == spec
    tensor = spec.tensor()
    assert tuple(tensor.shape) == spec.shape
    assert tensor.dtype == getattr(torch, spec.dtype)
    assert tensor.is_meta


@pytest.mark.parametrize(
    "text", ["", "a", "1,a", "1,-3", "0,3", "1.5,3", "1,3:float33", "1,3:nn", ":int64", "ids=", "9" * 30]
)
def test_inputs_that_are_none(text):
    with pytest.raises(UserError) as caught:
        parse_input(text)
    assert caught.value.message.zh
    assert caught.value.message.en


@pytest.mark.parametrize(
    ("layer", "suggestion"),
    [
        ("Conv2d(5, 2, 3)", "1,5,224,224"),
        ("Conv1d(5, 2, 3)", "1,5,100"),
        ("Linear(17, 2)", "1,17"),
        ("Embedding(10, 4)", "1,128:int64"),
        ("LSTM(6, 4, batch_first=True)", "1,100,6"),
    ],
)
def test_a_missing_input_is_suggested_from_the_first_layer(layer, suggestion):
    model = eval(f"torch.nn.{layer}", {"torch": torch})
    assert suggested_input(model) == suggestion


def test_a_missing_input_shows_the_option_to_type(write):
    with pytest.raises(UserError) as caught:
        static_inputs(load(write("no_input.py", NET)), [])
    for text in (caught.value.message.zh, caught.value.message.en):
        assert "--input 1,5,224,224" in text


def test_a_model_that_takes_no_input_needs_none(write):
    path = write(
        "inputless.py", NET.replace("forward(self, x)", "forward(self)").replace("self.f(x)", "self.f.weight.sum()")
    )
    assert static_inputs(load(path), []) == ((), {})
