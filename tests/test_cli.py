"""The command: what it writes, where, and the one sentence that it says when something is wrong."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from conftest import Ran

from explainer.cli import console as cli
from explainer.render import files as save
from explainer.render.breaking import columns

CHINESE = re.compile(r"[\u4e00-\u9fff]")
NET = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width: int = 4):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3)
        self.fc = nn.Linear(width, 2)

    def forward(self, x):
        return self.fc(self.conv(x).mean((2, 3)))


EXAMPLE_INPUT = (1, 3, 8, 8)
"""


@pytest.fixture
def net(tmp_path, monkeypatch):
    """A folder with net.py in it, and in it we are."""
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def source(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")


# What it writes.


def test_markdown_goes_into_a_pipe(run, net):
    ran = run("net.py:Net", "--lang", "en")
    assert ran.code == 0
    assert ran.err == ""
    assert ran.out.startswith("<!-- explainer lang=en")
    assert "(3·3·3+1)·4" in ran.out


def test_a_terminal_gets_a_readable_rendering(run, net, monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    ran = run("net.py:Net", "--lang", "en")
    assert ran.code == 0
    assert "(3·3·3+1)·4" in ran.out
    assert "$$" not in ran.out
    assert "\\begin" not in ran.out


def test_the_ending_chooses_the_format_and_several_come_from_one_run(run, net):
    ran = run("net.py:Net", "--lang", "zh", "-o", "x.md", "-o", "x.html", "-o", "x.json", "-o", "x.PDF")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert (net / "x.md").read_text("utf-8").startswith("<!-- explainer lang=zh")
    assert "<html" in (net / "x.html").read_text("utf-8")
    assert json.loads((net / "x.json").read_text("utf-8"))["totals"]["params"]["value"] == 122  # 28·4 + 5·2
    assert (net / "x.PDF").read_bytes().startswith(b"%PDF")


def test_json_is_the_same_in_every_language(run, net):
    run("net.py:Net", "--lang", "zh", "-o", "zh.json")
    run("net.py:Net", "--lang", "en", "-o", "en.json")
    assert (net / "zh.json").read_text("utf-8") == (net / "en.json").read_text("utf-8")
    data = json.loads((net / "zh.json").read_text("utf-8"))
    del data["walkthrough"]  # it holds the texts of both languages
    assert not CHINESE.search(json.dumps(data, ensure_ascii=False))


def test_output_is_in_the_language_asked_for(run, net):
    assert CHINESE.search(run("net.py:Net", "--lang", "zh").out)
    both = run("net.py:Net", "--lang", "zh,en").out
    assert "参数量" in both
    assert "parameters" in both
    assert run("net.py:Net", "--lang", "zh，en").out == both


@pytest.mark.parametrize(("locale", "chinese"), [("zh_CN.UTF-8", True), ("en_US.UTF-8", False), ("C", False)])
def test_the_language_is_the_locales_unless_said(run, net, monkeypatch, locale, chinese):
    monkeypatch.setenv("LC_ALL", locale)
    out = run("net.py:Net").out
    assert ("lang=zh" in out) is chinese
    assert CHINESE.search(run("nope").sentence) if chinese else not CHINESE.search(run("nope").sentence)


def test_the_first_language_leads(run, net):
    assert run("net.py:Net", "--lang", "en,zh").out.startswith("<!-- explainer lang=en,zh")


def test_detail(run, net):
    brief, standard, full = (
        run("net.py:Net", "--lang", "en", "--detail", how).out for how in ("brief", "standard", "full")
    )
    assert len(brief) < len(standard) < len(full)
    assert "### " not in brief
    assert "(3·3·3+1)·4" in brief  # in the table of all layers
    assert "3·3·3·4" in full  # without bias
    assert run("net.py:Net", "--lang", "en").out == standard


def test_the_times_sign(run, net):
    out = run("net.py:Net", "--lang", "zh", "--times", "×").out
    assert "(3×3×3+1)×4" in out
    assert r"\times" in out
    assert "·" not in out
    assert r"\cdot" not in out


def test_terms_of_ones_own(run, net):
    (net / "terms.toml").write_text(
        '"步幅" = "步长"\n"卷积层" = "卷积运算层"\n[en]\n"stride" = "step"\n', encoding="utf-8"
    )
    zh = run("net.py:Net", "--lang", "zh", "--terms", "terms.toml").out
    assert "步长" in zh
    assert "步幅" not in zh
    assert "卷积运算层" in zh
    assert "step" in run("net.py:Net", "--lang", "en", "--terms", "terms.toml").out


def test_arguments_and_inputs(run, net):
    out = run("net.py:Net", "--lang", "en", "--arg", "width=7", "--input", "2,3,16,16").out
    assert "(3·3·3+1)·7" in out
    assert "2×3×16×16" in out


def test_a_keyword_input(run, net):
    assert run("net.py:Net", "--input", "x=1,3,8,8").code == 0


def test_an_input_with_a_dtype(run, net):
    source(
        net,
        "ids.py",
        "from torch import nn\n\n\ndef net():\n    return nn.Sequential(nn.Embedding(10, 4), nn.Linear(4, 2))\n",
    )
    assert run("ids.py:net", "--input", "1,7:int64").code == 0
    ran = run("ids.py:net", "--input", "1,7", "--lang", "en")
    assert ran.code == 2
    assert ":int64" in ran.sentence


def test_training_mode(run, net):
    assert "training" in run("net.py:Net", "--lang", "en", "--train").out
    assert "evaluation" in run("net.py:Net", "--lang", "en").out


def test_a_class_in_a_package(run):
    ran = run("torch.nn:Linear", "--arg", "in_features=3", "--arg", "out_features=4", "--input", "1,3", "--lang", "en")
    assert ran.code == 0
    assert "(3+1)·4" in ran.out


def test_a_zoo_model_in_one_command(run):
    ran = run("alexnet", "--lang", "en", "--detail", "brief")
    assert ran.code == 0
    assert "61,100,840" in ran.out


def test_the_same_command_twice_gives_the_same(run, net):
    for ending in ("md", "html", "json", "pdf"):
        run("net.py:Net", "--lang", "zh", "-o", f"a.{ending}")
        run("net.py:Net", "--lang", "zh", "-o", f"b.{ending}")
        first = (net / f"a.{ending}").read_bytes().replace(b"(a.files/", b"(b.files/")  # a Markdown's own pictures
        assert first == (net / f"b.{ending}").read_bytes(), ending
    pictures = [{path.name: path.read_bytes() for path in (net / f"{name}.files").iterdir()} for name in "ab"]
    assert pictures[0] == pictures[1]


def test_a_file_is_written_over_with_the_permissions_of_a_new_one(run, net):
    (net / "x.md").write_text("old")
    assert run("net.py:Net", "-o", "x.md").code == 0
    assert (net / "x.md").read_text("utf-8") != "old"
    (net / "plain").write_text("")
    assert stat.S_IMODE((net / "x.md").stat().st_mode) == stat.S_IMODE((net / "plain").stat().st_mode)


def test_no_file_of_the_machine_is_named_in_a_document(run, net):
    for options in (["--lang", "zh"], ["--lang", "en"]):
        assert str(net) not in run(str(net / "net.py") + ":Net", *options).out


# The other commands.


def test_list(run):
    ran = run("list", "vgg*")
    assert ran.code == 0
    assert ran.out.split() == ["vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn"]
    assert "resnet18" in run("list", "net18").out.split()
    assert len(run("list").out.split()) > 100


def test_doctor(run):
    for lang in ("zh", "en"):
        ran = run("doctor", "--lang", lang)
        assert ran.code == 0
        for part in ("torch", "torchvision", "pango", "timm", "onnx", "gguf"):
            assert part in ran.out
        assert ran.err == ""
        assert bool(CHINESE.search(ran.out)) is (lang == "zh")


def test_doctor_says_what_to_type_without_pango(run, no_pango):
    ran = run("doctor", "--lang", "en")
    assert ran.code == 2
    assert re.search(r"✗.*pango", ran.out)
    assert re.search(r"→ .*pango", ran.out)


def test_render(run, net):
    run("net.py:Net", "--lang", "zh", "-o", "notes.md")
    text = (net / "notes.md").read_text("utf-8").replace("## 概览", "## 我改的标题\n\n我加的一段话， $a+b$ 。")
    (net / "notes.md").write_text(text, encoding="utf-8")
    ran = run("render", "notes.md", "-o", "notes.html", "-o", "notes.pdf")
    assert (ran.code, ran.err) == (0, "")
    page = (net / "notes.html").read_text("utf-8")
    assert "我改的标题" in page
    assert "我加的一段话" in page
    assert (net / "notes.pdf").read_bytes().startswith(b"%PDF")


def test_render_of_an_unedited_document_is_what_explain_writes(run, net):
    run("net.py:Net", "--lang", "en", "-o", "x.md", "-o", "x.html")
    run("render", "x.md", "-o", "again.html")
    assert (net / "again.html").read_text("utf-8") == (net / "x.html").read_text("utf-8")


def test_help_is_in_both_languages(run):
    for lang, word in (("zh", "语言"), ("en", "language")):
        ran = run("model", "--help", "--lang", lang)
        assert ran.code == 0
        assert word in ran.out
        for option in ("--input", "--arg", "-o", "--detail", "--terms", "--times"):
            assert option in ran.out


@pytest.mark.parametrize("command", ["model", "worksheet", "check", "which"])
def test_a_line_of_chinese_help_begins_with_no_full_stop(run, command):
    lines = run(command, "--help", "--lang", "zh").out.splitlines()
    assert all(columns(line) <= 80 and line.strip()[:1] not in {*"，。；、）"} for line in lines)


def test_chinese_help_breaks_no_word(run):
    shown = run("model", "--help", "--lang", "zh").out
    for word in (".safetensors", "net.py:Net", "receptive-field", "bfloat16", "width_per_group=128"):
        assert word in shown


def test_the_list_of_commands_is_whole_in_chinese(run):
    assert "..." not in run("--help", "--lang", "zh").out


def test_a_misspelt_command_is_no_model(run):
    for lang, says in (("zh", "没有命令 chek"), ("en", "did you mean check?")):
        ran = run("chek", "answers.csv", "--lang", lang)
        assert ran.code == 2 and says in ran.err, ran.err


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("help",)])
def test_help_shows_the_commands(run, words):
    ran = run(*words)
    assert ran.code == 0
    for command in ("render", "list", "doctor"):
        assert command in ran.out


def test_version(run):
    ran = run("--version")
    assert ran.code == 0
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*\n", ran.out)


# What goes wrong: (command, words that must be in the sentence of both languages).

ERRORS: dict[str, tuple[list[str], list[str]]] = {
    "unknown name": (["vgg61"], ["vgg61", "vgg16"]),
    "a name like no other": (["zzzzzz"], ["zzzzzz", "explain list"]),
    "channels": (["net.py:Net", "--input", "1,1,8,8"], ["conv", "Conv2d", "1×1×8×8", "3", "--input"]),
    "channels in the zoo": (["vgg16", "--input", "1,1,224,224"], ["features.0", "--input"]),
    "features": (["two.py:Flat", "--input", "1,10"], ["f", "12", "10", "--input"]),
    "a fraction for a size": (["vgg11", "--arg", "num_classes=0.5"], ["vgg11", "--arg"]),
    "image too small": (["vgg16", "--input", "1,3,16,16"], ["features.30", "--input"]),
    "kernel larger than image": (["net.py:Net", "--input", "1,3,2,2"], ["conv", "1×3×2×2", "--input"]),
    "no batch": (["vgg16", "--input", "3,224,224"], ["3×224×224", "--input 1,3,224,224"]),
    "too many dimensions": (["net.py:Net", "--input", "1,1,3,8,8"], ["1×1×3×8×8", "--input"]),
    "too many inputs": (["net.py:Net", "--input", "1,3,8,8", "--input", "1,3"], ["--input"]),
    "wrong input name": (["net.py:Net", "--input", "y=1,3,8,8"], ["y", "--input"]),
    "no input": (["two.py:Flat"], ["--input 1,12"]),
    "no input for images": (["two.py:Image"], ["--input 1,5,224,224"]),
    "bad input": (["net.py:Net", "--input", "1,3,a"], ["1,3,a", "--input 1,3,224,224"]),
    "bad dtype": (["net.py:Net", "--input", "1,3,8,8:float33"], ["float33", "float32", "int64"]),
    "class not found": (["two.py:Flot"], ["Flot", "Flat", "Image"]),
    "several classes": (["two.py"], ["Flat", "Image", "two.py:"]),
    "no model": (["two.py:NUMBER"], ["NUMBER"]),
    "no file": (["nofile.py:Net"], ["nofile.py"]),
    "no module": (["nomodule.x:Net"], ["nomodule.x"]),
    "needs arguments": (["two.py:Wide"], ["Wide", "--arg width="]),
    "unknown argument": (["net.py:Net", "--arg", "depth=3"], ["depth", "width"]),
    "bad argument": (["net.py:Net", "--arg", "width"], ["--arg", "num_classes=10"]),
    "argument of a wrong type": (["net.py:Net", "--arg", "width=abc"], ["--arg"]),
    "syntax error": (["broken.py:Net"], ["broken.py", "3", "SyntaxError"]),
    "import error": (["missing.py:Net"], ["missing.py", "2", "no_such_package_x"]),
    "no folder": (["net.py:Net", "-o", "nowhere/x.md"], ["nowhere"]),
    "a folder as the file": (["net.py:Net", "-o", "folder.md"], ["folder.md"]),
    "unknown ending": (["net.py:Net", "-o", "x.doc"], ["x.doc", ".md", ".html", ".pdf", ".json"]),
    "no ending": (["net.py:Net", "-o", "x"], [".md"]),
    "unknown option": (["net.py:Net", "--lnag", "zh"], ["--lnag", "--lang"]),
    "unknown detail": (["net.py:Net", "--detail", "most"], ["--detail", "brief", "standard", "full"]),
    "unknown sign": (["net.py:Net", "--times", "x"], ["--times", "·", "×"]),
    "too many words": (["net.py:Net", "alexnet"], ["alexnet"]),
    "no model named": (["--detail", "full"], ["MODEL"]),
    "no terms file": (["net.py:Net", "--terms", "none.toml"], ["none.toml"]),
    "terms that are no TOML": (["net.py:Net", "--terms", "bad.toml"], ["bad.toml"]),
    "an unknown term": (["net.py:Net", "--terms", "odd.toml"], ["步伐", "步幅"]),
    "a term that is no word": (["net.py:Net", "--terms", "three.toml"], ["步幅"]),
    "nothing in the list": (["list", "qqq"], ["qqq"]),
    "render without a file": (["render", "none.md", "-o", "x.html"], ["none.md"]),
    "render to an unknown ending": (["render", "notes.md", "-o", "x.doc"], ["x.doc"]),
    "render without an output": (["render", "notes.md"], ["-o"]),
    "render of something binary": (["render", "binary.md", "-o", "x.html"], ["binary.md", "UTF-8"]),
}
TWO = """
import torch
from torch import nn


class Flat(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Linear(12, 3)

    def forward(self, x):
        return self.f(x)


class Image(Flat):
    def __init__(self):
        super().__init__()
        self.f = nn.Conv2d(5, 3, 3)


class Wide(Flat):
    def __init__(self, width):
        super().__init__()


class Lazy(Flat):
    def __init__(self):
        super().__init__()
        self.f = nn.LazyConv2d(3, 3)


NUMBER = 3
"""


@pytest.fixture
def workshop(net):
    """A folder with everything that can be wrong."""
    source(net, "two.py", TWO)
    source(net, "broken.py", "import torch\n\ndef f(:\n")
    source(net, "missing.py", "import torch\nimport no_such_package_x\n")
    (net / "folder.md").mkdir()
    (net / "notes.md").write_text("# x\n")
    (net / "binary.md").write_bytes(b"\xff\xfe\x00\x81")
    (net / "bad.toml").write_text("步幅 = 步长\n", encoding="utf-8")
    (net / "odd.toml").write_text('"步伐" = "步长"\n', encoding="utf-8")
    (net / "three.toml").write_text('"步幅" = 3\n', encoding="utf-8")
    return net


@pytest.mark.parametrize(("command", "words"), ERRORS.values(), ids=ERRORS)
def test_an_error_is_one_clear_line_in_each_language(run, workshop, command, words):
    before = sorted(workshop.iterdir())
    for lang in ("zh", "en"):
        ran = run(*command, "--lang", lang)
        assert ran.code == 2
        assert ran.out == ""
        for word in words:
            assert word in ran.sentence
        assert bool(CHINESE.search(re.sub("步幅|步伐|时间步|累计", "", ran.sentence))) is (lang == "zh")
        assert "Traceback" not in ran.err
        assert "内部出错" not in ran.sentence
        assert "internal error" not in ran.sentence
        assert ran.sentence.endswith(("。", ".", "？", "?"))
    assert sorted(path for path in workshop.iterdir() if path.name != "__pycache__") == [
        path for path in before if path.name != "__pycache__"
    ]


# English that torch, click or the system says in the middle of a Chinese sentence is no Chinese sentence.
ENGLISH_SENTENCE = re.compile(r"(?:\b[a-z]{2,}\b[ ']){3}[a-z]{2,}")
QUOTES_OTHERS = {
    "syntax error",
    "import error",
    "argument of a wrong type",
    "a fraction for a size",
    "terms that are no TOML",
}


@pytest.mark.parametrize(
    "command",
    [command for name, (command, _) in ERRORS.items() if name not in QUOTES_OTHERS],
    ids=lambda c: " ".join(c),
)
def test_a_chinese_error_is_chinese_throughout(run, workshop, command):
    sentence = run(*command, "--lang", "zh").sentence
    shown = re.sub(r"（[A-Z]\w+\(.*?\)[，）]", "", sentence)  # the layer as torch prints it
    assert not ENGLISH_SENTENCE.search(shown), shown
    assert not re.search(r"\b(is a|denied|Got|unexpected|No such)\b", shown), shown


def test_an_unknown_language(run, net):
    ran = run("net.py:Net", "--lang", "fr")
    assert ran.code == 2
    assert "fr" in ran.sentence
    assert "zh,en" in ran.sentence


def test_a_language_without_a_value(run, net):
    ran = run("net.py:Net", "--lang")
    assert ran.code == 2
    assert "--lang" in ran.sentence


def test_a_folder_that_cannot_be_written(run, net, monkeypatch):
    real = os.access
    monkeypatch.setattr(save.os, "access", lambda path, mode: mode != os.W_OK and real(path, mode))
    for lang in ("zh", "en"):
        ran = run("net.py:Net", "-o", "x.md", "--lang", lang)
        assert ran.code == 2
        assert "x.md" in ran.sentence
        assert bool(CHINESE.search(ran.sentence)) is (lang == "zh")
    assert not (net / "x.md").exists()


def test_a_bad_output_does_not_keep_the_good_ones_from_being_written(run, net):
    ran = run("net.py:Net", "-o", "nowhere/x.md", "-o", "x.json", "-o", "x.doc", "-o", "y.md", "--lang", "en")
    assert ran.code == 2
    assert len(ran.err.splitlines()) == 2
    assert (net / "x.json").exists()
    assert (net / "y.md").exists()


class _NoPango:
    """Importing weasyprint finds no native library."""

    def find_spec(self, name, path=None, target=None):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0': libpango-1.0-0: cannot open shared object file")


@pytest.fixture
def no_pango(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_NoPango(), *sys.meta_path])


def test_without_pango_the_other_outputs_are_still_written(run, net, no_pango):
    for lang in ("zh", "en"):
        ran = run("net.py:Net", "-o", "x.pdf", "-o", "x.md", "-o", "x.html", "--lang", lang)
        assert ran.code == 2
        assert "libpango" in ran.sentence
        assert "PDF" in ran.sentence
        assert bool(CHINESE.search(ran.sentence)) is (lang == "zh")
        assert {path.name for path in net.glob("x.*")} == {"x.md", "x.files", "x.html"}


def test_without_pango_render_says_so_too(run, net, no_pango):
    (net / "notes.md").write_text("# x\n")
    ran = run("render", "notes.md", "-o", "notes.html", "-o", "notes.pdf", "--lang", "en")
    assert ran.code == 2
    assert "libpango" in ran.sentence
    assert (net / "notes.html").exists()
    assert not (net / "notes.pdf").exists()


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name not in ("net.py", "__pycache__")]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), RuntimeError("boom")])
def test_nothing_half_written_is_left(run, net, monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(save.os, "replace", fail)
    ran = run("net.py:Net", "-o", "x.md", "--lang", "en")
    assert ran.code == 2
    assert len(ran.err.strip().splitlines()) == 1
    assert leftovers(net) == []


def test_a_file_that_was_there_survives_a_failure(run, net, monkeypatch):
    (net / "x.html").write_text("mine")
    monkeypatch.setattr("explainer.render.html.page.to_html", lambda *_, **__: 1 / 0)
    ran = run("net.py:Net", "-o", "x.html")
    assert ran.code == 2
    assert (net / "x.html").read_text() == "mine"
    assert leftovers(net) == ["x.html"]


def test_an_error_of_ours_is_one_line_too(run, net, monkeypatch):
    monkeypatch.setattr("explainer.render.markdown.to_markdown", lambda *_: 1 / 0)
    for lang, words in (("zh", "--debug"), ("en", "--debug")):
        ran = run("net.py:Net", "--lang", lang)
        assert ran.code == 2
        assert words in ran.sentence
        assert "ZeroDivisionError" in ran.sentence


def test_debug_shows_the_traceback(run, net):
    ran = run("net.py:Net", "--input", "1,1,8,8", "--debug", "--lang", "en")
    assert ran.code == 2
    assert "Traceback" in ran.err
    assert "RuntimeError" in ran.err
    assert ran.err.splitlines()[-1].startswith("The forward pass broke at conv")


def test_an_error_message_of_several_lines_becomes_one(run, net):
    source(
        net, "wordy.py", NET.replace("return self.fc", 'raise RuntimeError("first\\nsecond")\n        return self.fc')
    )
    ran = run("wordy.py:Net", "--lang", "en")
    assert ran.code == 2
    assert "first" in ran.sentence
    assert "second" not in ran.sentence


def test_control_characters_in_a_name_do_not_reach_the_terminal(run, net):
    ran = run("vgg\x1b[31m16", "--lang", "en")
    assert ran.code == 2
    assert "\x1b" not in ran.err


# As a process of its own.


def process(*words: str, cwd: Path, **options) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LC_ALL": "C", **options.pop("env", {})}
    command = [sys.executable, "-m", "explainer", *words]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", cwd=cwd, env=environment, **options
    )


def test_as_a_process(net):
    done = process("net.py:Net", "--lang", "zh", cwd=net, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "(3·3·3+1)·4" in done.stdout
    assert "卷积层" in done.stdout


def test_an_error_as_a_process(net):
    done = process("net.py:Net", "--input", "1,1,8,8", "--lang", "zh", cwd=net, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "conv" in done.stderr


def test_a_reader_that_stops_reading_is_no_error(net):
    command = f"{sys.executable} -m explainer net.py:Net --lang zh --detail full | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=net, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith("<!--")


def test_what_the_forward_prints_does_not_get_into_the_document(net):
    source(net, "chatty.py", NET.replace("return self.fc", 'print("hello")\n        return self.fc'))
    done = process("chatty.py:Net", "--lang", "en", cwd=net, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith("<!-- explainer"), done.stdout[:40]


def test_main_returns_instead_of_exiting(net):
    assert cli.main(["net.py:Net", "-o", "x.md"]) == 0


def test_the_sentence_of_a_run_is_its_only_line():
    assert Ran(2, "", "one\n").sentence == "one"
    with pytest.raises(AssertionError):
        _ = Ran(2, "", "one\ntwo\n").sentence
