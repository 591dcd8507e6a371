"""Whoever calls from Python is told of arguments, not of options; the command line is told of options."""

from __future__ import annotations

import inspect

import pytest
import torch
from torch import nn

import explainer
from explainer import UserError
from explainer.i18n.in_python import in_python

SAID = [
    ("write --input 1,3,8,8.", 'write inputs=["1,3,8,8"].', "write input_size=(1, 3, 8, 8)."),
    (
        "例如 --input 1,128:int64；",
        '例如 inputs=["1,128:int64"]；',
        "例如 inputs=[torch.zeros(1, 128, dtype=torch.int64)]；",
    ),
    ("as --input ids=1,8.", 'as inputs=["ids=1,8"].', 'as kwargs={"ids": torch.zeros(1, 8)}.'),
    ("as --input n=int:3.", 'as inputs=["n=int:3"].', None),
    ("--input 5 is", 'inputs=["5"] is', "input_size=(5,) is"),
    ("give --arg a=1 --arg b.c=x.", 'give arguments=["a=1", "b.c=x"].', None),
    ("请检查 --arg 给的参数", "请检查 arguments 给的参数", None),
    ("how many --input options there are", "how many inputs there are", None),
    ("make it with --symbols.", "make it with symbols=True.", None),
    ("--lang 可以是 zh", "lang 可以是 zh", None),
    ("--what-if width=8, --what-if", "what_if(width=8), what_if", None),
    ("--input '{text}' is not a shape", "inputs '{text}' is not a shape", None),
    ("explain doctor --clear-cache, --no-cache", None, None),  # nothing of Python's
]


@pytest.mark.parametrize(("sentence", "source", "live"), SAID)
def test_options_become_arguments(sentence, source, live):
    assert in_python(sentence) == (source or sentence)
    assert in_python(sentence, tensors=True) == (live or source or sentence)


def test_every_option_with_an_argument_of_the_same_meaning_is_translated():
    """Those of `explain model` that `explain_source` takes."""
    from explainer.cli.commands.explain import COMMAND

    arguments = set(inspect.signature(explainer.explain_source).parameters)
    named = {"input": "inputs", "arg": "arguments"}
    options = [name for one in COMMAND.parameters for name in one("en").opts if name.startswith("--")]
    shared = [option for option in options if named.get(option[2:], option[2:]) in arguments]
    assert len(shared) > 12
    assert [option for option in shared if option in in_python(f"with {option} here")] == []


def test_wrong_inputs_are_said_as_the_caller_wrote_them():
    with pytest.raises(UserError) as failed:
        explainer.explain(nn.Conv2d(3, 4, 3), (1, 1, 8, 8), lang="en")
    assert "--" not in str(failed.value) and "inputs" in str(failed.value)
    assert "--input" in failed.value.message.en  # the command line's
    with pytest.raises(UserError) as failed:
        explainer.explain(nn.Embedding(9, 4), inputs=[torch.zeros(1, 4)], lang="en")
    assert "dtype=torch.int64" in str(failed.value)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_source_that_cannot_be_read(lang):
    with pytest.raises(UserError) as failed:
        explainer.explain_source("vgg16", inputs=["many"], lang=lang)
    assert 'inputs=["1,3,224,224"]' in str(failed.value) and "--" not in str(failed.value)


@pytest.mark.parametrize(
    "line",
    [
        ("-",),
        ("-", "-o", "x.md"),
        ("ask", "-", "conv1.params", "448"),
        ("which", "-", "448"),
        ("worksheet", "-", "-o", "sheet.md"),
        ("compare", "-", "vgg16"),
        ("check", "-", "answers.csv"),
        ("render", "-", "-o", "x.html"),
        ("vgg16", "-o", "-"),
        ("vgg16", "--terms", "-"),
    ],
)
def test_a_pipe_stands_for_no_file(run, tmp_path, monkeypatch, line):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "answers.csv").write_text("question,answer\n", encoding="utf-8")
    done = run(*line)
    assert done.code == 2
    assert "'-' (standard input or output)" in done.sentence
