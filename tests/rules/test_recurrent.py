"""Recurrent layers: every count worked out by hand."""

from __future__ import annotations

import pytest
from nets import meta, traced, walked
from torch import nn

from explainer.formula.printing import ascii_formula
from explainer.rules import default_registry
from explainer.tracing.forward import trace

# layer, its formula, the numbers put in, and the count worked out tensor by tensor
COUNTED = [
    # 4 gates of W_ih 128·256, W_hh 256·256 and two biases of 256
    (nn.LSTM(128, 256), "4*(F_in*h + h*h + 2*h)", "4*(128*256+256*256+2*256)", 4 * (32768 + 65536 + 512)),
    (nn.LSTM(128, 256, bias=False), "4*(F_in*h + h*h)", "4*(128*256+256*256)", 4 * (32768 + 65536)),
    (nn.GRU(10, 20), "3*(F_in*h + h*h + 2*h)", "3*(10*20+20*20+2*20)", 3 * (200 + 400 + 40)),
    (nn.RNN(10, 20), "F_in*h + h*h + 2*h", "10*20+20*20+2*20", 200 + 400 + 40),
    (nn.RNN(10, 20, bias=False), "F_in*h + h*h", "10*20+20*20", 200 + 400),
    # both directions: all twice
    (nn.GRU(10, 20, bidirectional=True), "2*3*(F_in*h + h*h + 2*h)", "2*3*(10*20+20*20+2*20)", 2 * 3 * 640),
    # three layers: the second and third take the 20 of the layer below
    (
        nn.LSTM(10, 20, num_layers=3),
        "4*(F_in*h + h*h + 2*h) + (n - 1)*4*(h*h + h*h + 2*h)",
        "4*(10*20+20*20+2*20)+(3-1)*4*(20*20+20*20+2*20)",
        4 * 640 + 2 * 4 * 840,
    ),
    # both: the second layer takes the 40 of both directions
    (
        nn.LSTM(10, 20, num_layers=2, bidirectional=True),
        "2*(4*(F_in*h + h*h + 2*h) + (n - 1)*4*(2*h*h + h*h + 2*h))",
        "2*(4*(10*20+20*20+2*20)+(2-1)*4*(2*20*20+20*20+2*20))",
        2 * (4 * 640 + 4 * (800 + 400 + 40)),
    ),
    # the state shortened to 5: W_hh takes 5, W_hr has 20·5
    (
        nn.LSTM(10, 20, proj_size=5),
        "4*(F_in*h + r*h + 2*h) + h*r",
        "4*(10*20+5*20+2*20)+20*5",
        4 * (200 + 100 + 40) + 100,
    ),
    (nn.LSTMCell(10, 20), "4*(F_in*h + h*h + 2*h)", "4*(10*20+20*20+2*20)", 2560),
    (nn.GRUCell(10, 20, bias=False), "3*(F_in*h + h*h)", "3*(10*20+20*20)", 1800),
    (nn.RNNCell(10, 20), "F_in*h + h*h + 2*h", "10*20+20*20+2*20", 640),
]


@pytest.mark.parametrize(("layer", "symbolic", "substituted", "count"), COUNTED, ids=[str(case[0]) for case in COUNTED])
def test_the_count(layer, symbolic, substituted, count):
    features = layer.input_size
    shape = (7, features) if isinstance(layer, nn.RNNCellBase) else (5, 7, features)
    (found,) = walked(layer, shape).layers
    assert ascii_formula(found.params.symbolic, spaced=True) == symbolic
    assert ascii_formula(found.params.substituted) == substituted
    assert found.params.value == found.torch_params == count
    assert found.shape_verdict.value == found.macs_verdict.value == "agrees"


def test_the_steps_of_an_lstm():
    (lstm,) = walked(nn.LSTM(128, 256), (5, 7, 128)).layers
    assert [ascii_formula(step) for step in lstm.params.steps] == ["4*(32768+65536+512)", "4*98816"]


def said(layer: nn.Module, *shape: int) -> str:
    (call,) = traced(layer, shape).calls
    parameters = default_registry().for_call(call).parameters(call)
    return "".join(text.zh for text in (*parameters.why, *parameters.remark))


def test_two_biases_are_explained_where_there_are_two():
    # 4 gates · 20 units · 2 layers · 2 directions: as many second biases
    text = said(nn.LSTM(10, 20, 2, bidirectional=True), 5, 7, 10)
    assert "多320个" in text
    assert "cuDNN" in text
    assert "cuDNN" not in said(nn.LSTM(10, 20, bias=False), 5, 7, 10)


def test_the_candidate_of_a_gru_keeps_its_two_biases_apart():
    assert "不能与b_ih合并" in said(nn.GRU(10, 20), 5, 7, 10)


def test_later_layers_take_both_directions():
    assert "前一层输出的40个特征，由两个方向拼接而成" in said(nn.GRU(10, 20, 2, bidirectional=True), 5, 7, 10)
    assert "前一层输出的20个特征，" in said(nn.GRU(10, 20, 2), 5, 7, 10)


# 7 samples of 5 steps: 35 times 4·(10·20+20·20) = 2400
@pytest.mark.parametrize(
    ("options", "shape", "output", "macs"),
    [
        ({}, (5, 7, 10), (5, 7, 20), 35 * 2400),
        ({"batch_first": True}, (7, 5, 10), (7, 5, 20), 35 * 2400),
        ({}, (5, 10), (5, 20), 5 * 2400),
        ({"bidirectional": True}, (5, 7, 10), (5, 7, 40), 2 * 35 * 2400),
        ({"proj_size": 3}, (5, 7, 10), (5, 7, 3), 35 * (4 * (200 + 60) + 60)),
    ],
)
def test_shape_and_cost(options, shape, output, macs):
    (layer,) = walked(nn.LSTM(10, 20, **options), shape).layers
    assert tuple(size.value for _, size in layer.shape) == output
    assert layer.macs.value == layer.torch_macs == macs


def test_a_given_state_changes_nothing():
    lstm, x = nn.LSTM(10, 20), meta(5, 7, 10)
    state = (meta(1, 7, 20), meta(1, 7, 20))
    (call,) = trace(lstm, (x, state), atomic=default_registry().is_atomic).calls
    assert call.input_shapes == ((5, 7, 10), (1, 7, 20), (1, 7, 20))
    assert default_registry().for_call(call).output(call).macs is not None


def test_in_training_torch_counts_the_same():
    (layer,) = walked(nn.GRU(10, 20, 2, dropout=0.5), (5, 7, 10), train=True).layers
    assert layer.macs_verdict.value == "agrees"
