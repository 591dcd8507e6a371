"""What torch refuses on every device but meta (matrices of different data types, integers into a softmax), a derivation refuses too."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

import explainer
from explainer.errors import UserError
from explainer.tracing.flops import FlopCounter


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


IMAGE = (2, 4, 4, 4)
FUNCTIONS = {
    **{
        name: getattr(functional, name)
        for name in ["relu", "elu", "gelu", "silu", "mish", "softplus", "hardswish", "leaky_relu", "logsigmoid", "glu"]
    },
    **{name: getattr(torch, name) for name in ["abs", "mean", "std", "var", "sigmoid"]},
    "softmax": lambda x: functional.softmax(x, 1),
    "log_softmax": lambda x: functional.log_softmax(x, 1),
    "max_pool": lambda x: functional.max_pool2d(x, 2),
    "avg_pool": lambda x: functional.avg_pool2d(x, 2),
    "adaptive": lambda x: functional.adaptive_avg_pool2d(x, 2),
    "nearest": lambda x: functional.interpolate(x, scale_factor=2),
    "bilinear": lambda x: functional.interpolate(x, scale_factor=2, mode="bilinear"),
    "dropout": lambda x: functional.dropout(x, training=False),
    "in place": lambda x: x.mul_(0.5),
    "product": lambda x: torch.bmm(x[0], x[0]),
    "layer norm": lambda x: functional.layer_norm(x, (4,), torch.ones(4, device=x.device)),
    "group norm": lambda x: functional.group_norm(x, 2, torch.ones(4, device=x.device)),
    "batch norm": lambda x: functional.batch_norm(x, torch.zeros(4, device=x.device), torch.ones(4, device=x.device)),
}
SETTINGS = {
    "output padding": lambda x: functional.conv_transpose2d(x, x[..., :3, :3], stride=2, output_padding=2, groups=2),
    "a fitting output padding": lambda x: functional.conv_transpose2d(
        x, x.new_ones(4, 2, 3, 3), stride=2, output_padding=1
    ),
    "dilation lets it": lambda x: functional.conv_transpose2d(x, x.new_ones(4, 2, 3, 3), dilation=2, output_padding=1),
    "padding": lambda x: functional.conv2d(x, x.new_ones(3, 4, 3, 3), padding=-1),
    "dilation": lambda x: functional.conv2d(x, x.new_ones(3, 4, 3, 3), dilation=0),
    "groups": lambda x: functional.conv2d(x, x.new_ones(3, 2, 3, 3), groups=2),
    "bias": lambda x: functional.conv2d(x, x.new_ones(3, 4, 3, 3), x.new_ones(4)),
    "dimension": lambda x: functional.softmax(x, 4),
    "last dimension": lambda x: functional.softmax(x, -4),
    "nothing left": lambda x: functional.interpolate(x, scale_factor=0.1),
}
TYPES = (torch.int64, torch.uint8, torch.bool, torch.complex64, torch.bfloat16, torch.float64)
CASES = [(name, dtype) for name in FUNCTIONS for dtype in TYPES] + [(name, torch.float32) for name in SETTINGS]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "dtype"), CASES, ids=str)
def test_a_function_is_refused_just_where_the_processor_refuses_it(name, dtype):
    function = (FUNCTIONS | SETTINGS)[name]

    def runs(device: str) -> bool:
        try:
            function(torch.ones(IMAGE).to(dtype).to(device))
        except (RuntimeError, IndexError, ValueError):
            return False
        return True

    with FlopCounter(typed=True), torch.no_grad():
        ours = runs("meta")
    assert ours == runs("cpu")


@pytest.mark.parametrize(
    ("model", "shape", "said"),
    [
        (Casts(nn.GELU(), torch.int64), (1, 4), "cannot be computed for numbers of type int64"),
        (Casts(nn.LayerNorm(4), torch.float64), (1, 4), "data type is not that of this layer's weights"),
        (nn.ConvTranspose2d(4, 3, 3, stride=2, output_padding=2), (1, 4, 5, 5), "output_padding must be smaller"),
        (nn.Softmax(4), (1, 4), "no dimension 4"),
    ],
    ids=["integers", "doubles", "output padding", "dimension"],
)
def test_it_is_one_sentence_with_the_cause(model, shape, said):
    with pytest.raises(UserError, match=said):
        explainer.explain(model, input_size=shape)
