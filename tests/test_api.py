"""`explainer.explain` in a notebook: figures as attributes, every format, and imports only of what is used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from nets import Function, Net003, Tiny, meta
from torch import nn

import explainer
from explainer import Explanation, UserError, explain
from explainer.i18n.in_python import in_python
from explainer.walkthrough.verdict import Verdict

CHINESE_SHAPE = (1, 3, 32, 32)


@pytest.fixture(scope="module")
def lesson() -> Explanation:
    return explain(Net003(), input_size=CHINESE_SHAPE, lang="zh")


def test_layers_totals_and_verdicts_are_attributes(lesson):
    conv = lesson.layers[0]
    assert conv.path == "conv1"
    assert conv.params.value == 448  # (3·3·3+1)·16
    assert [size.value for _, size in conv.shape] == [1, 16, 32, 32]
    assert conv.params_verdict is Verdict.AGREES
    assert lesson.totals.params == lesson.totals.torch_params == 18090
    assert lesson.checks == {
        "agrees": 21,
        "disagrees": 0,
        "unchecked": 0,
        "not_reached": 0,
    }  # 10 steps, two figures each, and the total
    assert lesson.agrees


def test_verdicts_by_the_name_of_the_question(lesson):
    assert lesson.verdicts["conv1.params"] is Verdict.AGREES
    assert lesson.verdicts["pool2.shape"] is Verdict.AGREES
    assert lesson.verdicts["total.params"] is Verdict.AGREES
    assert len(lesson.verdicts) == 21


def test_markdown_json_and_a_notebooks_display(lesson):
    assert lesson.to_markdown().startswith("<!-- explainer lang=zh contents=screen -->")
    assert lesson._repr_markdown_().count("448") >= 2
    assert lesson.to_dict()["totals"]["params"]["value"] == 18090
    assert "18,090" in repr(lesson)
    assert "<html" in lesson.to_html()


def test_save_to_several_formats(lesson, tmp_path):
    paths = [tmp_path / f"x.{ending}" for ending in ("md", "html", "json", "pdf")]
    lesson.save(*paths)
    assert all(path.stat().st_size > 1000 for path in paths)
    assert json.loads(paths[2].read_text("utf-8")) == lesson.to_dict()
    assert paths[0].read_text("utf-8") == lesson.to_markdown().replace("Net003.files/", "x.files/")
    assert {path.name: path.read_bytes() for path in (tmp_path / "x.files").iterdir()} == lesson.files()
    lesson.save(str(tmp_path / "as_text.md"))
    assert (tmp_path / "as_text.md").exists()


@pytest.mark.parametrize("name", ["x.doc", "x", "nowhere/x.md"])
def test_a_file_that_cannot_be_written(lesson, tmp_path, name):
    with pytest.raises(UserError):
        lesson.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("lang", "langs"),
    [
        ("zh", ("zh",)),
        ("en", ("en",)),
        ("zh,en", ("zh", "en")),
        ("EN, zh", ("en", "zh")),
        (["zh"], ("zh",)),
        ("zh,zh", ("zh",)),
    ],
)
def test_languages(lang, langs):
    assert explain(nn.ReLU(), (1, 3), lang=lang).langs == langs


def test_the_language_is_the_locales_unless_said(monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert explain(nn.ReLU(), (1, 3)).langs == ("zh",)
    monkeypatch.setenv("LC_ALL", "C")
    assert explain(nn.ReLU(), (1, 3)).langs == ("en",)


@pytest.mark.parametrize("lang", ["fr", "", "zh;en", "中文"])
def test_an_unknown_language(lang):
    with pytest.raises(UserError):
        explain(nn.ReLU(), (1, 3), lang=lang)


def test_detail_times_and_terms():
    options = {"detail": "full", "times": "×", "terms": {"步幅": "步长"}}
    text = explain(Tiny(), (1, 3, 8, 8), lang="zh", **options).to_markdown()
    assert "步长" in text
    assert "步幅" not in text
    assert "(3×3×3+1)×4" in text
    assert len(text) > len(explain(Tiny(), (1, 3, 8, 8), lang="zh").to_markdown())


@pytest.mark.parametrize(
    "options", [{"detail": "most"}, {"times": "x"}, {"terms": {"步伐": "步长"}}, {"terms": {"步幅": 3}}]
)
def test_options_that_are_none(options):
    with pytest.raises(UserError):
        explain(nn.ReLU(), (1, 3), **options).to_markdown()


def test_the_model_is_not_changed():
    model = Tiny().train()
    before = {name: (id(value), value.device.type) for name, value in model.state_dict(keep_vars=True).items()}
    explain(model, (1, 3, 8, 8)).to_markdown()
    assert {name: (id(value), value.device.type) for name, value in model.state_dict(keep_vars=True).items()} == before
    assert model.training
    assert all(module.training for module in model.modules())


def test_training_mode():
    assert explain(Tiny(), (2, 3, 8, 8), train=True).walkthrough.trace.mode == "train"
    assert explain(Tiny().train(), (2, 3, 8, 8)).walkthrough.trace.mode == "eval"


def test_the_size_as_torch_gives_it():
    assert explain(nn.ReLU(), torch.Size([2, 3])).walkthrough.trace.input_shapes == ((2, 3),)
    assert explain(nn.ReLU(), [2, 3]).walkthrough.trace.input_shapes == ((2, 3),)


def test_several_inputs():
    both = Function(lambda a, b: a + b)
    assert explain(both, [(1, 3), (4, 3)]).walkthrough.trace.input_shapes == ((1, 3), (4, 3))
    assert explain(both, inputs=(torch.zeros(1, 3), meta(4, 3))).walkthrough.trace.output_shapes == ((4, 3),)


def test_keyword_inputs_and_other_values():
    class Scaled(nn.Module):
        def forward(self, x, times=1, *, shift=None):
            return x * times + shift

    lesson = explain(Scaled(), inputs=(torch.zeros(1, 3), 4), kwargs={"shift": torch.zeros(3)})
    assert lesson.walkthrough.trace.input_shapes == ((1, 3), (3,))
    assert [layer.type for layer in lesson.layers] == ["mul", "add"]


def test_a_model_that_needs_no_input():
    model = Function(lambda m: m.f(torch.zeros(1, 3)), f=nn.Linear(3, 2))
    lesson = explain(model, lang="en")
    assert lesson.layers[-1].path == "f"
    assert lesson.agrees
    assert lesson.to_markdown()


def test_the_name_is_the_classes_unless_said():
    assert explain(Tiny(), (1, 3, 8, 8)).walkthrough.name == "Tiny"
    named = explain(Tiny(), (1, 3, 8, 8), name="我的网络", lang="zh")
    assert "我的网络" in named.to_markdown().splitlines()[2]


@pytest.mark.parametrize(
    ("shape", "words"), [((1, 1, 8, 8), ["stem", "3"]), ((3, 8, 8), ["1,3,8,8"]), ((1, 3, 0, 8), ["stem"])]
)
def test_a_wrong_shape_is_a_sentence_in_both_languages(shape, words):
    with pytest.raises(UserError) as caught:
        explain(Tiny(), shape)
    for word in words:
        assert word in caught.value.message.zh
        assert word in caught.value.message.en
    assert str(caught.value) == in_python(caught.value.message.en, tensors=True)
    assert caught.value.__cause__ is not None


def test_a_missing_input_is_a_sentence():
    with pytest.raises(UserError) as caught:
        explain(Tiny())
    assert "x" in caught.value.message.en


@pytest.mark.parametrize("model", [Tiny, "vgg16", None, lambda x: x])
def test_what_is_no_model_is_said_to_be_none(model):
    with pytest.raises(UserError):
        explain(model, (1, 3, 8, 8))


def test_the_module_shows_its_names_and_no_others():
    assert set(explainer.__all__) >= {"Explanation", "UserError", "explain"}
    assert all(getattr(explainer, name) is not None for name in explainer.__all__)
    with pytest.raises(AttributeError):
        _ = explainer.explane


# Imports cost time: each only where it is needed.


def modules_after(code: str, folder: Path) -> set[str]:
    """The modules that a fresh interpreter has loaded after running some code."""
    program = f"import sys\n{code}\nprint('\\n' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=folder, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_importing_explainer_imports_nothing_heavy(tmp_path):
    loaded = modules_after("import explainer, explainer.cli.console", tmp_path)
    assert not {"torch", "torchvision", "weasyprint", "sympy", "rich", "markdown_it"} & loaded


def test_a_file_model_as_markdown_pays_for_torch_alone(tmp_path):
    (tmp_path / "net.py").write_text(
        "from torch import nn\n\n\ndef net():\n    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())\n"
    )
    command = (
        "from explainer.cli.console import main\nassert main(['net.py:net', '--input', '1,3,8,8', '-o', 'x.md']) == 0"
    )
    loaded = modules_after(command, tmp_path)
    assert "torch" in loaded
    assert not {"torchvision", "weasyprint", "markdown_it", "fontTools", "rich", "explainer.render.html.page"} & loaded


def test_html_needs_no_weasyprint(tmp_path):
    (tmp_path / "x.md").write_text("# x\n\n$$\na+b\n$$\n")
    command = "from explainer.cli.console import main\nassert main(['render', 'x.md', '-o', 'x.html']) == 0"
    assert not {"torch", "torchvision", "weasyprint"} & modules_after(command, tmp_path)


def test_a_zoo_model_imports_torchvision_and_not_weasyprint(tmp_path):
    command = "from explainer.cli.console import main\nassert main(['alexnet', '-o', 'x.json']) == 0"
    loaded = modules_after(command, tmp_path)
    assert "torchvision" in loaded
    assert "weasyprint" not in loaded


def test_what_a_notebook_shows_is_short():
    lesson = explainer.explain(nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU()), (1, 3, 8, 8), lang="zh")
    assert repr(lesson.layers[0]) == "<Layer 1 0 Conv2d: 224 parameters, output 1×8×6×6>"
    assert repr(lesson.layers[0].call) == "<Call 1 0 Conv2d: 1×3×8×8 → 1×8×6×6>"
    assert repr(lesson.layers[0].output) == "<Output 1×8×6×6: 7,776 multiply-accumulates>"
    assert repr(lesson.walkthrough) == "<Walkthrough of Sequential: 2 calls, 224 parameters>"
    shown = lesson._repr_html_()
    assert shown.startswith("<iframe srcdoc=") and "<script src" not in shown and shown.count('"') == 4


def test_without_an_input_the_remedy_is_pythons_and_in_the_callers_language():
    for lang, word in (("zh", "没有给出输入"), ("en", "No input is given")):
        with pytest.raises(explainer.UserError, match=word) as failed:
            explainer.explain(nn.Linear(3, 2), lang=lang)
        assert "explain(model, (1, 3, 224, 224))" in str(failed.value) and "--input" not in str(failed.value)


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", "'vgg16'却是文字；命令行写的名称、文件或配置用 explain_source('vgg16')。"),
        ("en", "call explain_source('vgg16')."),
    ],
)
def test_a_name_given_to_explain_is_sent_to_explain_source_in_the_callers_language(lang, said):
    with pytest.raises(explainer.UserError) as caught:
        explainer.explain("vgg16", lang=lang)
    assert str(caught.value).endswith(said)


def test_what_goes_wrong_in_python_is_said_in_the_language_asked_for(tmp_path):
    with pytest.raises(explainer.UserError, match="没有这个文件"):
        explainer.load(tmp_path / "none.json", lang="zh")
    with pytest.raises(explainer.UserError, match="可用的有 'brief'、'handout'"):
        explainer.explain_source("vgg16", detail="long", lang=["zh", "en"])
    with pytest.raises(explainer.UserError, match="choose from 'brief', 'handout'"):
        explainer.explain(nn.ReLU(), (1, 2), detail="long", lang="en")


def test_files_of_one_lesson_are_composed_once(monkeypatch, tmp_path):
    """A document is the same in each format; to compose it is the dearest step behind the trace."""
    from explainer import explanation

    composed, real = [], explanation.compose
    monkeypatch.setattr(explanation, "compose", lambda *given, **options: composed.append(1) or real(*given, **options))
    lesson = explain(nn.Linear(4, 2), (1, 4), lang="en")
    lesson.save(tmp_path / "a.md", tmp_path / "a.html", tmp_path / "b.md")
    lesson.to_markdown()
    assert composed == [1]
