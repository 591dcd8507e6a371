"""What a handout says of a block's numbers, and of the computation, figure by figure."""

import functools
import re
from dataclasses import replace

import pytest

import explainer


@functools.cache
def lesson(target, arguments=()):
    """One for all that is asked of it, in both languages: ResNet-50's takes ten seconds."""
    made = explainer.explain_source(target, arguments=dict(arguments), lang="en", detail="handout")
    made.to_markdown()  # what it needs is measured here, not once for each language
    return made


@functools.cache
def handout(target, arguments=(), lang="en"):
    made = lesson(target, arguments)
    return (made if lang == "en" else replace(made, langs=(lang,))).to_markdown()


@pytest.mark.parametrize(
    "said",
    [
        r"12\cdot 768\cdot 768+13\cdot 768",
        "attention 2,362,368 (33.33%), feed-forward network 4,722,432 (66.63%)",
        "The highest term, $12d^{2}$, makes up 99.86% of them",
        "for each token 2·2·12·64 = 3072 numbers (keys and values, 2 blocks, 12 heads, 64 features a head), 6144 bytes",
        "the two parts would be equal at $T$ = $6d$ = 4608",
        "50,257·768 | 38,597,376",
        "comes from one token and its position",
        "not by its name. Attention: on 2 sets of random queries Q, keys K and values V",
        "1024·768 | 786,432",
        "the layer that turns it into probabilities of tokens is not part of this model",
        ", attention's scores and weighted sums, grows with the square of $T$",
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
        "In the 12 blocks without the layers marked “in some blocks”, $C$ is $4m$, which makes $17m^{2}+12m$ parameters each",
        "two 3×3 convolutions on all $4m$ channels would take $2\\cdot 3\\cdot 3\\cdot (4m)\\cdot (4m)$ = $288m^{2}$ weights, about 17 times the $17m^{2}$",
        r"takes $17m^{2}\cdot H_{\mathrm{out}}\cdot W_{\mathrm{out}}$ = $17\cdot 64\cdot 64\cdot 56\cdot 56$ = 218,365,952 multiply-accumulates",
        "would subtract a bias of the convolutions again",
        "4 more steps without parameters: activation layers `relu` (3 times), addition `add`",
        "For example `layer3.0` (main path and shortcut), with",
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


# What a lecturer would write on the board for each of these models (of Mixtral: tests/test_gallery.py).
BOARD = {
    "resnet50": "9536 70,400 75,008 215,808 280,064 379,392 655,360 851,968 5120 1,117,184 1,219,584 1,512,448 2,048,000 2,049,000 4,462,592 6,039,552 "
    "7,098,368 14,964,736 25,557,032 118,013,952 218,365,952 667,942,912 809,238,528 1,027,604,480 1,464,336,384 4,089,184,256 "
    "9m² 4m² 12m 4C·m C·m+13m²+12m 4C·m+8m 17m²+12m 288m² 17m²·H_{\\mathrm{out}}·W_{\\mathrm{out}} 5C·m+13m²+20m",
    "hf:gpt2": "0.63% 31.02% 68.35% <0.01% 50,257 1024 1536 4608 379 24 9984 590,592 786,432 1,771,776 2,360,064 2,362,368 7,077,888 7,087,872 "
    "38,597,376 85,054,464 124,439,808 11,173,625,856 3d²+3d d²+d 4d²+4d 4d²+d 12d²+13d N·T·L·(12d²+2d·T) 6d",
    "vit_b_16": "196 197 224 768 769 3072 151,296 442,368 451,584 590,592 770,536 2,362,368 4,722,432 7,087,872 85,054,464 86,567,656 17,563,828,224 "
    "4·(d+1)·d 4d²+2d·f+9d+f 12d²+13d S·L·(2S·d+4d²+2d·f)",
    "hf:llama-3-8b": "15.38% 3.85% 80.77% <0.01% 4096 14,336 8192 500,000 128,256 33,554,432 8,388,608 176,160,768 218,112,000 25,165,824 "
    "50,331,648 1,050,673,152 436,224,000 1,486,901,248 8d² 9d 2d 3d·f",
}


def as_it_reads(markdown: str) -> str:
    """Formulas as they read: `12d^{2}\\cdot T` is 12d²·T."""
    for old, new in ((r"\cdot ", "·"), ("{,}", ","), ("^{2}", "²"), (r"\<", "<")):
        markdown = markdown.replace(old, new)
    return markdown


FEWER = {"hf:llama-3-8b": (("num_hidden_layers", 2),)}  # all 32 take a minute


@pytest.mark.parametrize("model", BOARD)
def test_every_figure_stands_in_both_languages(model):
    for lang in ("zh", "en"):
        text = as_it_reads(handout(model, FEWER.get(model, ()), lang))
        missing = [
            one for one in BOARD[model].split() if not re.search(rf"(?<![\d,.]){re.escape(one)}(?![\d]|,\d)", text)
        ]
        assert not missing, (lang, missing)
