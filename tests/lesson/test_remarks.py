"""What a handout says of a block's numbers, and of the computation, figure by figure."""

import functools

import pytest

import explainer


@functools.cache
def handout(target, arguments=()):
    return explainer.explain_source(target, arguments=dict(arguments), lang="en", detail="handout").to_markdown()


@pytest.mark.parametrize(
    "said",
    [
        r"12\cdot 768\cdot 768+13\cdot 768",
        "attention 2,362,368 (33.33%), feed-forward network 4,722,432 (66.63%)",
        "The highest term, $12d^{2}$, makes up 99.86% of them",
        "for each token 2·2·12·64 = 3072 numbers (keys and values, 2 blocks, 12 heads, 64 features a head), 6144 bytes",
        "they are equal at $T$ = $6d$ = 4608",
        "50,257·768 | 38,597,376",
        "comes from one token and its position",
        "not by its name. Attention: On 2 sets of random queries Q, keys K and values V",
        "1024·768 | 786,432",
    ],
)
def test_gpt2(said):
    assert said in handout("hf:gpt2", (("n_layer", 2),))


@pytest.mark.parametrize(
    "said",
    [
        "$C$, $m$ and the stride (1 or 2)",
        "Where size or channels change, the input first goes through a 1×1 convolution on the shortcut",
        "with `width_per_group=256`, all else unchanged?",  # 128 is a row of the family's table
        "In the 12 blocks without the layers that only some have, $C$ is $4m$, so that they take $17m^{2}+12m$ parameters each",
        "two 3×3 convolutions on all $4m$ channels would take $288m^{2}$ weights, about 17 times the $17m^{2}$",
        r"takes $17m^{2}\cdot H_{\mathrm{out}}\cdot W_{\mathrm{out}}$ = $17\cdot 64\cdot 64\cdot 56\cdot 56$ = 218,365,952 multiply-accumulates",
        "subtracts any bias of the convolutions",
    ],
)
def test_resnet(said):
    assert said in handout("resnet50")


@pytest.mark.parametrize(
    "said",
    [
        r"with $S$ = $\frac{I^{2}}{p^{2}}+1$ = 197 positions",
        r"N\cdot (3I^{2}\cdot d+S\cdot L\cdot (2S\cdot d+4d^{2}+2d\cdot f)+K\cdot d)",
        "grows with the square of $S$",
        "The 197 positions are 14×14 = 196 patches and 1 learned vector besides.",
        "(16·16·3+1)·768 | 590,592",
        "1·197·768 | 151,296",
    ],
)
def test_vit(said):
    assert said in handout("vit_b_16")


@pytest.mark.parametrize(
    "said",
    [
        "rotary embedding (RoPE) of queries and keys, base 1,000,000",
        "With 8 heads for keys and values too, a block would have 6144 parameters more, the 2 blocks together 12,288",
        "2·2·2·8 = 64 numbers (keys and values, 2 blocks, 2 heads, 8 features a head), 128 bytes",
        "| fully connected layers with biases | no biases | $9d$ → 0 |",
        r"| $T_{\mathrm{max}}$ learned position vectors (the longest sequence) |",
        "comes from one token, wherever it stands",
        "| 24,576 |",  # of the experts' 49,152, in the column of what one token uses
        "One expert has 12,288 parameters.",
    ],
)
def test_a_small_mixture(said):
    small = {"hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 8}
    more = {"num_key_value_heads": 2, "num_local_experts": 4, "vocab_size": 96}
    page = handout("hf:MixtralForCausalLM", tuple({**small, **more}.items()))
    assert said in page
