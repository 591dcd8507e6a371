"""Attention: the whole subtree claimed, the heads without effect, torch's transformers seen in their parts."""

from __future__ import annotations

import pytest
import torch
from nets import Function, meta, traced, walked
from torch import nn
from torch.nn import functional as F

from explainer.formula.printing import ascii_formula
from explainer.rules import default_registry
from explainer.tracing.forward import trace

REGISTRY = default_registry()


def attended(layer: nn.MultiheadAttention, keys: int = 12, values: int = 12):
    """The layer on 5 queries and 7 keys of 2 samples."""
    (found,) = walked(layer, (5, 2, 12), (7, 2, keys), (7, 2, values)).layers
    return found


# four layers from 12 features to 12: 144 weights and 12 biases each
COUNTED = [
    (nn.MultiheadAttention(12, 3), "4*(D + 1)*D", 4 * (144 + 12)),
    (nn.MultiheadAttention(12, 4), "4*(D + 1)*D", 4 * (144 + 12)),
    (nn.MultiheadAttention(12, 3, bias=False), "4*D*D", 4 * 144),
    (nn.MultiheadAttention(12, 3, add_bias_kv=True), "4*(D + 1)*D + 2*D", 4 * 156 + 24),
    (nn.MultiheadAttention(12, 3, add_zero_attn=True), "4*(D + 1)*D", 4 * 156),
    # K from 5 features, V from 6
    (
        nn.MultiheadAttention(12, 3, kdim=5, vdim=6),
        "(D + 1)*D + (D_k + 1)*D + (D_v + 1)*D + (D + 1)*D",
        156 + 6 * 12 + 7 * 12 + 156,
    ),
]


@pytest.mark.parametrize(("layer", "symbolic", "count"), COUNTED)
def test_the_count(layer, symbolic, count):
    found = attended(layer, layer.kdim, layer.vdim)
    assert ascii_formula(found.params.symbolic, spaced=True) == symbolic
    assert found.params.value == found.torch_params == found.counted == count
    assert found.shape_verdict.value == found.macs_verdict.value == "agrees"


def test_the_cost_of_self_attention():
    (layer,) = walked(nn.Sequential(nn.Linear(12, 12), SelfAttention()), (2, 5, 12)).layers[1:]
    # 4·N·T·D² for the projections, 2·N·T²·D for QKᵀ and AV
    assert ascii_formula(layer.macs.symbolic) == "4*N*T*D*D+2*N*T*T*D"
    assert layer.macs.value == layer.torch_macs == 4 * 2 * 5 * 144 + 2 * 2 * 25 * 12


def test_the_cost_of_appended_keys():
    # 7 keys, one learned and one of zeros: 9
    layer = attended(nn.MultiheadAttention(12, 3, add_bias_kv=True, add_zero_attn=True))
    projections = 2 * 5 * 144 + 2 * 7 * 144 + 2 * 7 * 144 + 2 * 5 * 144
    assert layer.macs.value == layer.torch_macs == projections + 2 * (2 * 5 * 9 * 12)


class SelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(12, 3, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


class Crossed(nn.Module):
    """Queries of one sequence, keys and values of another; the arguments by name, a mask among them."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(12, 3, batch_first=True)
        self.first, self.second = nn.Linear(12, 12), nn.Linear(12, 12)

    def forward(self, x, y):
        memory = self.second(y)
        mask = torch.zeros(x.shape[1], y.shape[1])
        return self.attention(attn_mask=mask, value=memory, key=memory, query=self.first(x))[0]


def reasons(call) -> str:
    return "".join(text.zh for text in REGISTRY.for_call(call).output(call).why)


def test_self_attention_and_cross_attention_are_told_apart():
    run = traced(nn.Sequential(nn.Linear(12, 12), SelfAttention()), (2, 5, 12))
    assert "自注意力" in reasons(run.calls[-1])
    crossed = walked(Crossed(), (2, 5, 12), (2, 7, 12)).layers[-1]
    said = "".join(text.zh for text in crossed.output.why)
    assert "Q来自一个序列（5个位置），K、V来自另一个序列（7个位置）" in said
    assert crossed.shape_verdict.value == crossed.macs_verdict.value == "agrees"


def test_a_layer_never_called_is_counted_once():
    model = nn.Module()
    model.attention, model.head = nn.MultiheadAttention(12, 3), nn.Linear(2, 2)
    model.forward = lambda x: model.head(x)
    walk = walked(model, (1, 2))
    (uncalled,) = walk.uncalled
    assert (uncalled.path, uncalled.counted, uncalled.verdict.value) == ("attention", 624, "agrees")
    assert walk.totals.unexplained == 0


def test_a_parametrized_projection_is_not_guessed_at():
    layer = nn.MultiheadAttention(12, 3)
    nn.utils.parametrizations.weight_norm(layer.out_proj)
    walk = walked(layer, (5, 2, 12), (5, 2, 12), (5, 2, 12))
    assert walk.layers[0].params is None
    assert walk.totals.params == walk.totals.torch_params == 624 + 12  # a length for each row


def test_the_function_claims_what_the_module_does():
    layer = nn.MultiheadAttention(12, 3, kdim=5, vdim=5)

    def forward(model, x, y):
        own = model.layer
        return F.multi_head_attention_forward(
            x, y, y, 12, 3, None, own.in_proj_bias, None, None, False, 0.0, own.out_proj.weight, own.out_proj.bias,
            use_separate_proj_weight=True, q_proj_weight=own.q_proj_weight, k_proj_weight=own.k_proj_weight,
            v_proj_weight=own.v_proj_weight,
        )[0]  # fmt: skip

    walk = walked(Function(forward, layer=layer), (5, 2, 12), (7, 2, 5))
    (found,) = walk.layers
    assert found.params.value == walk.totals.explained == walk.totals.torch_params
    assert found.shape_verdict.value == found.macs_verdict.value == "agrees"


def test_the_output_layer_may_have_a_width_of_its_own():
    """CLIP pools with queries of 12 features and a last layer that goes to 20."""
    query, key, value, last = nn.Linear(12, 12), nn.Linear(12, 12), nn.Linear(12, 12), nn.Linear(12, 20)

    def forward(model, x, y):
        return F.multi_head_attention_forward(
            x, y, y, 12, 3, None, torch.cat([model.q.bias, model.k.bias, model.v.bias]), None, None, False, 0.0,
            model.c.weight, model.c.bias, use_separate_proj_weight=True, q_proj_weight=model.q.weight,
            k_proj_weight=model.k.weight, v_proj_weight=model.v.weight, need_weights=False,
        )[0]  # fmt: skip

    walk = walked(Function(forward, q=query, k=key, v=value, c=last), (1, 2, 12), (7, 2, 12))
    found = walk.layers[-1]
    assert [size.value for _, size in found.shape] == [1, 2, 20]
    # queries, keys and values, twice 1 · 7 · 12, and 12 · 20 for each of two sequences
    assert found.macs.value == 2 * (12 * 12 + 2 * 7 * 12 * 12 + 2 * 7 * 12 + 12 * 20)
    assert found.shape_verdict.value == found.macs_verdict.value == "agrees"


def types(run) -> list[str]:
    return [call.type for call in run.calls]


ENCODER_LAYER = [
    "MultiheadAttention", "Dropout", "add", "LayerNorm", "Linear", "relu", "Dropout", "Linear", "Dropout", "add", "LayerNorm",
]  # fmt: skip


def encoder() -> nn.TransformerEncoder:
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(12, 4, 16, batch_first=True), 2)


def test_an_encoder_is_seen_in_its_parts():
    assert types(traced(encoder(), (2, 5, 12))) == ENCODER_LAYER * 2


def test_a_padding_mask_is_not_looked_into():
    run = trace(
        encoder(),
        (meta(2, 5, 12),),
        {"src_key_padding_mask": meta(2, 5, dtype=torch.bool)},
        atomic=REGISTRY.is_atomic,
    )
    assert run.stopped is None
    assert types(run)[-22:] == ENCODER_LAYER * 2


def test_a_causal_mask_is_not_looked_into():
    """Not even where it is an input, whose values nobody knows."""

    def forward(model, x, y, mask):
        return model.transformer(x, y, tgt_mask=mask)

    model = Function(forward, transformer=nn.Transformer(12, 4, 1, 1, 16, batch_first=True))
    walk = walked(model, (2, 5, 12), (2, 7, 12), (7, 7))
    assert walk.trace.stopped is None
    assert not {"eq", "all", "triu"} & set(types(walk.trace))
    assert walk.totals.explained == walk.totals.torch_params
    # decoder layer: 2 attentions of 4·13·12, (12+1)·16, (16+1)·12, three norms of 24
    decoder = sum(layer.value for layer in walk.layers if layer.path.startswith("transformer.decoder.layers.0."))
    assert decoder == 2 * 624 + 208 + 204 + 3 * 24


def test_the_fast_path_is_switched_back():
    before = nn.modules.transformer._detect_is_causal_mask
    for enabled in (True, False):
        torch.backends.mha.set_fastpath_enabled(enabled)
        try:
            traced(encoder(), (2, 5, 12))
            assert torch.backends.mha.get_fastpath_enabled() is enabled
        finally:
            torch.backends.mha.set_fastpath_enabled(True)
    assert nn.modules.transformer._detect_is_causal_mask is before
