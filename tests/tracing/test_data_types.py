"""Matrices of different data types: torch refuses them on every device but meta, and so does a derivation."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import explainer
from explainer.errors import UserError


class Casts(nn.Module):
    """A layer that gets its input in another data type."""

    def __init__(self, layer: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        self.layer, self.dtype = layer, dtype

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x.to(self.dtype))


class Multiplies(nn.Module):
    """A product of the input with a parameter, written out."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x @ self.weight


LAYERS = {
    "linear": (lambda: nn.Linear(4, 5), (2, 4)),
    "linear of a sequence": (lambda: nn.Linear(4, 5), (2, 3, 4)),
    "linear without bias": (lambda: nn.Linear(4, 5, bias=False), (2, 4)),
    "product": (Multiplies, (2, 4)),
    "convolution": (lambda: nn.Conv2d(4, 5, 3), (1, 4, 6, 6)),
    "transposed": (lambda: nn.ConvTranspose2d(4, 5, 3), (1, 4, 6, 6)),
    "LSTM": (lambda: nn.LSTM(4, 5), (3, 1, 4)),
}


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.int64], ids=str)
@pytest.mark.parametrize("kind", LAYERS)
def test_what_torch_refuses_is_refused(kind, dtype):
    make, shape = LAYERS[kind]
    model = Casts(make(), dtype).eval()
    with pytest.raises((RuntimeError, ValueError, NotImplementedError)):
        model(torch.randn(shape))
    with pytest.raises(UserError) as caught:
        explainer.explain(model, input_size=shape)
    assert "data type" in caught.value.message.en or "dtype" in caught.value.message.en


@pytest.mark.parametrize("kind", LAYERS)
def test_one_type_is_none_too_many(kind):
    make, shape = LAYERS[kind]
    assert explainer.explain(Casts(make().double(), torch.float64), input_size=shape).complete


def test_under_autocast_torch_casts():
    class Mixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 5)

        def forward(self, x):
            with torch.autocast("cpu", torch.bfloat16):
                return self.layer(x.bfloat16())

    model = Mixed().eval()
    assert model(torch.randn(2, 4)).shape == (2, 5)
    assert explainer.explain(model, input_size=(2, 4)).complete


def test_an_input_of_which_only_the_shape_is_said_is_of_the_weights_type(tmp_path):
    (tmp_path / "net.py").write_text(
        "import torch\nfrom torch import nn\nEXAMPLE_INPUT = (2, 4)\ndouble = nn.Linear(4, 5).double()\nhalf = nn.Linear(4, 5).half()\n"
        "mixed = nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 3).double())\n"
    )
    for name, inputs in [("double", ["2,4"]), ("double", []), ("half", []), ("half", ["2,4"])]:
        assert explainer.explain_source(f"{tmp_path}/net.py:{name}", inputs=inputs).complete
    assert explainer.explain(nn.Linear(4, 5).bfloat16(), input_size=(2, 4)).complete
    for name, inputs in [("mixed", []), ("double", ["2,4:float32"])]:
        with pytest.raises(UserError):
            explainer.explain_source(f"{tmp_path}/net.py:{name}", inputs=inputs)
