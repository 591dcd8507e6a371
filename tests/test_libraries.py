"""Architectures of timm and transformers, and weight files: nothing downloaded, totals agree, every parameter named."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from explainer.cli.console import main
from explainer.derive.pipeline import walk_guesses
from explainer.source import input_guesses, load
from explainer.walkthrough.verdict import Verdict

TIMM = (
    "resnet26",
    "vit_tiny_patch16_224",
    "convnext_atto",
    "efficientnet_b0",
    "swin_tiny_patch4_window7_224",
    "mixer_s32_224",
)
HF = ("bert", "gpt2", "t5", "vit", "clip", "distilbert", "wav2vec2")


def walked(target, **arguments):
    loaded = load(target, arguments)
    return loaded, walk_guesses(
        loaded.model, input_guesses(loaded, []), name=loaded.name, source=loaded.source, tolerant=loaded.invented
    )


@pytest.mark.parametrize("target", [f"timm:{name}" for name in TIMM] + [f"hf:{name}" for name in HF])
def test_every_parameter_is_explained_or_named(target):
    loaded, walk = walked(target)
    assert walk.totals.verdict is Verdict.AGREES
    assert walk.totals.params == sum(parameter.numel() for parameter in loaded.model.parameters())
    assert walk.checks[Verdict.DISAGREES] == walk.macs_checks[Verdict.DISAGREES] == 0
    assert walk.totals.unexplained == 0
    assert walk.trace.stopped is None
    real = sum(parameter.numel() for parameter in loaded.model.parameters() if not parameter.is_meta)
    assert real <= 0.06 * walk.totals.params  # weight_norm computes wav2vec2's first lengths from real values


def test_a_model_that_names_two_main_inputs():
    """OneFormer's `main_input_name` is a list: its parameters are all in the total, whatever its forward makes of them."""
    loaded, walk = walked("hf:oneformer")
    assert walk.totals.params == sum(parameter.numel() for parameter in loaded.model.parameters()) > 0
    assert walk.totals.verdict is Verdict.AGREES


def test_gpt2_ties_its_output_layer_to_the_embedding():
    """124,439,808 parameters; counting lm_head again would add 50257·768 = 38,597,376 (Radford et al. 2019)."""
    _, walk = walked("hf:GPT2LMHeadModel")
    assert walk.totals.params == 124_439_808
    head = next(layer for layer in walk.layers if layer.path == "lm_head")
    assert (head.value, head.counted) == (50257 * 768, 0)
    assert head.shared_with == ("transformer.wte",)


def test_settings_change_a_configuration_and_wrong_ones_are_named(capsys):
    _, walk = walked("hf:bert", num_hidden_layers=2, hidden_size=48, num_attention_heads=4, intermediate_size=96)
    assert sum(layer.type == "Linear" for layer in walk.layers) == 2 * 6 + 1  # q, k, v, out, two of the MLP; pooler
    assert main(["hf:bert", "--arg", "hiden_size=3", "--lang", "en"]) == 2
    assert "hidden_size" in capsys.readouterr().err


def test_a_local_configuration_with_its_head(tmp_path):
    settings = {"model_type": "bert", "architectures": ["BertForSequenceClassification"], "num_hidden_layers": 1}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(settings), encoding="utf-8")
    loaded, _ = walked(f"hf:{path}")
    assert type(loaded.model).__name__ == "BertForSequenceClassification"


@pytest.mark.parametrize("target", ["timm:resnet62x", "hf:gtp2"])
def test_unknown_names_get_the_nearest(target, capsys):
    assert main([target, "--lang", "en"]) == 2
    error = capsys.readouterr().err
    assert "Close to it" in error
    assert len(error.strip().splitlines()) == 1


@pytest.mark.parametrize("ending", [".pt", ".safetensors"])
def test_weights_alone_are_listed_by_name_and_shape(ending, tmp_path, capsys):
    path = tmp_path / f"weights{ending}"
    state = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).state_dict()
    if ending == ".pt":
        torch.save(state, path)
    else:
        save_file(state, path)
    output = tmp_path / "x.json"
    assert main([str(path), "-o", str(output)]) == 0
    data = json.loads(output.read_text(encoding="utf-8"))
    named = {raw["name"]: raw["params"] for raw in data["raw_parameters"]}
    assert named["0.weight"] == 4 * 3 * 3 * 3
    assert named["0.bias"] == 4


def test_a_whole_pickled_model_is_refused(tmp_path, capsys):
    path = tmp_path / "whole.pt"
    torch.save(nn.Linear(2, 3), path)
    assert main([str(path), "--lang", "zh"]) == 2
    assert "整个模型（torch.nn.modules.linear.Linear）" in capsys.readouterr().err
