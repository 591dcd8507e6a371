"""Models are called as their papers write them."""

import pytest

from explainer.lesson.architectures import proper_name


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("mixtral-8x7b", "Mixtral 8×7B"),
        ("llama-2-7b-hf", "Llama 2 7B"),
        ("bert-base-uncased", "BERT-base"),
        ("electra-base", "ELECTRA-Base"),
        ("gpt2-xl", "GPT-2 XL"),
        ("MyNet", "MyNet"),
        ("MixtralForCausalLM", "Mixtral"),
        ("GPT2LMHeadModel", "GPT-2"),
        ("T5ForConditionalGeneration", "T5"),
        ("BertModel", "BERT"),
        ("ForgottenForCausalLM", "ForgottenForCausalLM"),
        ("Model", "Model"),
        ("phi", "Phi"),
        ("segformer", "SegFormer"),
        ("SegformerForImageClassification", "SegFormer"),
        ("GPTNeoXForCausalLM", "GPT-NeoX"),
        ("Qwen3MoeForCausalLM", "Qwen3-MoE"),
        ("deberta-v2", "DeBERTa-v2"),
    ],
)
def test_a_size_of_the_table_is_called_as_the_table_writes_it(typed, written):
    assert proper_name(typed, "transformers") == written


def test_a_class_of_the_users_own_keeps_its_name():
    assert proper_name("GPT2LMHeadModel", "file") == "GPT2LMHeadModel"
