"""Inputs for transformers' models of every kind, and mixtures of experts: complete passes on meta."""

from __future__ import annotations

import pytest

from explainer.derive.pipeline import walk_guesses
from explainer.source import input_guesses, load


def walked(target, **arguments):
    loaded = load(target, arguments)
    return walk_guesses(
        loaded.model, input_guesses(loaded, []), name=loaded.name, source=loaded.source, tolerant=loaded.invented
    )


@pytest.mark.parametrize(
    ("target", "arguments"),
    [
        ("hf:glm_ocr_vision", {"depth": 1}),  # patches in a row, and how they lie
        ("hf:decision_transformer", {"n_layer": 1}),  # states, actions, returns
        ("hf:flaubert", {"n_layers": 1}),  # asserts a number of its lengths
    ],
)
def test_a_pass_is_complete(target, arguments):
    walk = walked(target, **arguments)
    assert walk.completeness.complete
    assert walk.agrees


SMALL_MIXTURE = {
    "num_hidden_layers": 1,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 100,
    "num_local_experts": 8,
    "num_experts_per_tok": 2,
}


def test_of_a_mixture_of_experts_the_chosen_ones_are_counted():
    walk = walked("hf:MixtralForCausalLM", **SMALL_MIXTURE)
    tokens, width, inner, head = 128, 32, 48, 8
    attention = 2 * width * width + 2 * width * (2 * head) + 2 * tokens * width
    experts = width * 8 + 2 * (3 * width * inner)  # the gate; two of eight, three matrices each
    assert walk.macs.value == tokens * (attention + experts + width * 100)
    assert walk.macs.verdict.value == "agrees"
    assert walk.completeness.complete
