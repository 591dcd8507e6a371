"""One forward pass on the meta device, written down; the model comes back as it was."""

from __future__ import annotations

import random
import resource
from dataclasses import dataclass

import pytest
import torch
from nets import Function, Tiny, meta, traced
from torch import nn
from torch.nn import functional as F

from explainer.rules import default_registry
from explainer.tracing.call import ForwardFailed
from explainer.tracing.forward import function_name, trace

ATOMIC = default_registry().is_atomic


def paths(run) -> list[str]:
    return [call.path for call in run.calls]


def by_path(run) -> dict:
    return {call.path: call for call in run.calls}


def test_paths_types_and_order():
    run = traced(Tiny(), (1, 3, 8, 8))
    assert [(call.index, call.path, call.type, call.kind) for call in run.calls] == [
        (1, "stem", "Conv2d", "module"),
        (2, "body.0", "Conv2d", "module"),
        (3, "body.1", "BatchNorm2d", "module"),
        (4, "add", "add", "function"),
        (5, "relu", "relu", "function"),
        (6, "mean", "mean", "function"),
        (7, "head", "Linear", "module"),
    ]


def test_which_output_feeds_which_input():
    calls = by_path(traced(Tiny(), (1, 3, 8, 8)))
    assert calls["stem"].inputs == ("input",)
    assert calls["body.0"].inputs == (1,)
    assert calls["add"].inputs == (3, 1)  # the body's output and, past it, the stem's
    assert calls["head"].inputs == (6,)


def test_shapes_and_counted_operations():
    calls = by_path(traced(Tiny(), (2, 3, 8, 8)))
    assert calls["stem"].input_shapes == ((2, 3, 8, 8),)
    assert calls["stem"].output_shapes == ((2, 4, 8, 8),)
    assert calls["mean"].output_shapes == ((2, 4),)
    assert calls["stem"].flops == 2 * 2 * 8 * 8 * 4 * 3 * 3 * 3  # 2·MACs: N·H·W·C_out·k·k·C_in each
    assert not calls["relu"].flops


def test_a_concatenation_has_several_inputs():
    run = traced(Function(lambda m, x: torch.cat([m.a(x), x, m.a(x)], 1), a=nn.Conv2d(3, 4, 1)), (1, 3, 5, 5))
    assert paths(run) == ["a", "a@2", "cat"]
    assert run.calls[-1].inputs == (1, "input", 2)
    assert run.calls[-1].input_shapes == ((1, 4, 5, 5), (1, 3, 5, 5), (1, 4, 5, 5))


def test_repeated_calls_are_numbered():
    def forward(model, x):
        for _ in range(3):
            x = model.f(x) + x
        return x

    run = traced(Function(forward, f=nn.Linear(4, 4)), (1, 4))
    assert paths(run) == ["f", "add", "f@2", "add@2", "f@3", "add@3"]


def test_a_function_inside_a_block_has_the_blocks_path():
    run = traced(nn.Sequential(nn.ReLU(), Tiny()), (1, 3, 8, 8))
    assert "1.add" in paths(run)
    assert "1.relu" in paths(run)


def test_a_module_in_two_places_is_one_module_called_twice():
    layer = nn.Linear(4, 4)
    run = traced(nn.Sequential(layer, nn.ReLU(), layer), (1, 4))
    assert paths(run) == ["0", "1", "0@2"]
    assert run.calls[0].module is run.calls[2].module


def test_in_place_operations_are_steps_too():
    def forward(x):
        x = x + 1
        x += 1
        x.mul_(2)
        return F.relu_(x)

    run = traced(Function(forward), (1, 4))
    assert [call.type for call in run.calls] == ["add", "add", "mul", "relu"]
    assert [call.inputs[0] for call in run.calls] == ["input", 1, 2, 3]


@pytest.mark.parametrize(
    ("name", "taught"),
    [
        ("relu_", "relu"),
        ("__getitem__", "getitem"),
        ("__radd__", "add"),
        ("__rsub__", "rsub"),
        ("flatten", "flatten"),
        ("log_softmax", "log_softmax"),
        ("max_pool2d_with_indices", "max_pool2d_with_indices"),
    ],
)
def test_function_names(name, taught):
    assert function_name(name) == taught


def test_reading_a_shape_is_no_step():
    run = traced(Function(lambda x: x.contiguous().view(x.size(0), x.shape[1] * x.shape[-1])), (1, 2, 2))
    assert [call.type for call in run.calls] == ["view"]
    assert run.calls[0].inputs == ("input",)


@pytest.mark.parametrize("turn", [lambda x: x.T, lambda x: x.mT, lambda x: x.t(), lambda x: x.transpose(0, 1)])
def test_a_transposition_is_a_step_however_it_is_written(turn):
    run = traced(Function(lambda m, x: m.f(turn(x)), f=nn.Linear(3, 2)), (3, 5))
    assert len(run.calls) == 2
    assert run.calls[0].output_shapes == ((5, 3),)
    assert run.calls[1].inputs == (1,)


@pytest.mark.parametrize(
    "cast", [lambda x: x.to("cpu"), lambda x: x.float(), lambda x: x.to(torch.float32), lambda x: x.cpu()]
)
def test_moving_a_tensor_is_no_step(cast):
    run = traced(Function(lambda m, x: m.f(cast(x)), f=nn.Linear(3, 2)), (1, 3))
    assert paths(run) == ["f"]


@pytest.mark.parametrize("cls", [nn.Conv2d, nn.ReLU, nn.Linear])
def test_what_a_layer_does_inside_is_its_own_business(cls):
    layer = {nn.Conv2d: lambda: nn.Conv2d(3, 4, 3, padding=1, padding_mode="circular")}.get(
        cls, lambda: cls(*([3, 4] if cls is nn.Linear else []))
    )()
    run = traced(layer, (1, 3, 6, 6) if cls is nn.Conv2d else (2, 3))
    assert [call.type for call in run.calls] == [cls.__name__]
    assert run.calls[0].path == ""


def test_several_inputs():
    run = traced(Function(lambda a, b: a * b), (1, 4), (3, 4))
    assert run.input_shapes == ((1, 4), (3, 4))
    assert run.calls[0].inputs == ("input", "input")
    assert run.output_shapes == ((3, 4),)


class Keyworded(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(10, 4)

    def forward(self, ids, *, scale=None, times=1):
        x = self.embed(ids)
        return x * scale * times if scale is not None else x


def test_keyword_inputs():
    given = {"ids": meta(1, 7, dtype=torch.int64), "scale": meta(1, 7, 1), "times": 3}
    run = trace(Keyworded(), (), given, atomic=ATOMIC)
    assert run.input_shapes == ((1, 7), (1, 7, 1))
    assert run.input_dtypes == ("int64", "float32")
    assert paths(run) == ["embed", "mul", "mul@2"]
    assert run.calls[1].inputs == (1, "input")


@dataclass
class Answer:
    logits: torch.Tensor
    hidden: torch.Tensor


OUTPUTS = {
    "tuple": (lambda x: (x + 1, x * 2), ((1, 4), (1, 4))),
    "list": (lambda x: [x + 1], ((1, 4),)),
    "dict": (lambda x: {"a": x + 1, "b": [x.sum(1)]}, ((1, 4), (1,))),
    "dataclass": (lambda x: Answer(x + 1, x.unsqueeze(0)), ((1, 4), (1, 1, 4))),
    "nothing": (lambda x: None, ()),
}


@pytest.mark.parametrize(("forward", "shapes"), OUTPUTS.values(), ids=OUTPUTS)
def test_outputs_of_every_kind(forward, shapes):
    assert traced(Function(forward), (1, 4)).output_shapes == shapes


def test_the_inputs_may_be_real_tensors_and_stay_so():
    given = torch.randn(1, 3, 8, 8)
    before = given.clone()
    trace(Tiny(), (given,), atomic=ATOMIC)
    assert given.device.type == "cpu"
    assert torch.equal(given, before)


# The model comes back as it was.


def fingerprint(model: nn.Module) -> dict:
    """Everything that a trace might change."""
    return {
        "parameters": {name: id(parameter) for name, parameter in model.named_parameters()},
        "buffers": {name: id(buffer) for name, buffer in model.named_buffers()},
        "devices": {name: tensor.device.type for name, tensor in model.state_dict().items()},
        "trainable": {name: parameter.requires_grad for name, parameter in model.named_parameters()},
        "training": {name: module.training for name, module in model.named_modules()},
        "hooks": {name: (len(m._forward_hooks), len(m._forward_pre_hooks)) for name, m in model.named_modules()},
        "attributes": {name: sorted(vars(module)) for name, module in model.named_modules()},
        "order": [list(module._parameters) for module in model.modules()],
    }


@pytest.mark.parametrize("train", [False, True])
def test_the_model_is_untouched(train):
    model = Tiny()
    model.body.eval()
    model.stem.weight.requires_grad_(False)
    model.head.register_forward_hook(lambda *_: None)
    values = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    before = fingerprint(model)
    traced(model, (2, 3, 8, 8), train=train)
    assert fingerprint(model) == before
    assert all(torch.equal(tensor, values[name]) for name, tensor in model.state_dict().items())


class Forgetful(nn.Module):
    """Writes into itself in its forward."""

    def __init__(self):
        super().__init__()
        self.f = nn.Linear(4, 4)
        self.calls = 0
        self.seen = {"shapes": 0}
        self.history = ["made"]
        self.register_buffer("mean", torch.zeros(4))

    def forward(self, x):
        self.calls += 1
        self.seen["shapes"] += 1
        self.history.append(x)
        self.last = x
        self.mean = self.mean * 0.9 + x.mean(0)
        return self.f(x)


def test_what_the_forward_writes_into_the_model_is_undone():
    model = Forgetful()
    mean = model.mean
    traced(model, (2, 4))
    assert model.calls == 0
    assert model.seen == {"shapes": 0}
    assert model.history == ["made"]
    assert not hasattr(model, "last")
    assert model.mean is mean
    assert model.mean.device.type == "cpu"


def test_a_module_that_is_compiled_in_place_is_a_layer_like_any_other():
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    plain = [(call.path, call.type) for call in traced(model, (1, 4)).calls]
    model[0].compile()
    assert [(call.path, call.type) for call in traced(model, (1, 4)).calls] == plain
    assert model[0]._compiled_call_impl is not None


def test_the_model_is_untouched_when_the_forward_fails():
    model = Tiny()
    before = fingerprint(model)
    with pytest.raises(ForwardFailed):
        traced(model, (1, 4, 8, 8))
    assert fingerprint(model) == before
    assert all(one.__module__.startswith("torch") for one in (nn.Module.__call__, nn.Module._call_impl))
    assert model(torch.randn(1, 3, 8, 8)).shape == (1, 2)


def test_the_random_state_is_untouched():
    def forward(x):
        random.random()
        return x + torch.rand(4) + torch.nn.functional.dropout(x, training=True)

    torch.manual_seed(5)
    random.seed(5)
    expected = torch.rand(3), random.random()
    torch.manual_seed(5)
    random.seed(5)
    traced(Function(forward), (1, 4), train=True)
    assert torch.equal(torch.rand(3), expected[0])
    assert random.random() == expected[1]


def test_the_gradient_mode_is_untouched():
    traced(Tiny(), (1, 3, 8, 8))
    assert torch.is_grad_enabled()
    assert Tiny()(torch.randn(1, 3, 8, 8)).requires_grad


def test_a_traced_model_still_works_on_real_numbers():
    model = Tiny().eval()
    given = torch.randn(1, 3, 8, 8)
    before = model(given)
    traced(model, (1, 3, 16, 16))
    assert torch.equal(model(given), before)


# Odd models.


class Stray(nn.Module):
    """Keeps a tensor as a plain attribute, which `.to("meta")` would miss."""

    def __init__(self):
        super().__init__()
        self.scale = torch.ones(4)
        self.table = torch.randn(2, 4)
        self.f = nn.Linear(4, 4)

    def forward(self, x):
        return self.f(x * self.scale)


class StrayIntoLayer(Stray):
    def forward(self, x):
        return self.f(self.table) + x


@pytest.mark.parametrize(("cls", "expected"), [(Stray, ["mul", "f"]), (StrayIntoLayer, ["f", "add"])])
def test_a_stray_real_tensor_follows_the_others_to_meta(cls, expected):
    model = cls()
    run = traced(model, (2, 4))
    assert paths(run) == expected
    assert "constant" in run.calls[0].inputs
    assert model.scale.device.type == model.table.device.type == "cpu"


def test_a_tensor_made_in_the_forward_is_a_constant():
    run = traced(Function(lambda x: x + torch.arange(4) + torch.zeros(4, device=x.device)), (1, 4))
    assert [call.inputs for call in run.calls if call.type == "add"] == [("input", "constant"), (1, "constant")]


def test_parameters_passed_to_functions_are_named():
    weight = nn.Parameter(torch.empty(5, 3))
    run = traced(Function(lambda m, x: F.linear(x, m.w), w=weight), (1, 3))
    assert run.calls[0].args[1].parameter == "w"
    assert run.calls[0].inputs == ("input",)


def test_real_weights_are_not_copied_and_not_computed_with():
    model = nn.Sequential(nn.Linear(2000, 2000), nn.ReLU())
    model[0].weight.data.fill_(float("nan"))
    run = traced(model, (1, 2000))
    assert run.calls[0].flops == 2 * 2000 * 2000


def test_a_layer_of_160_gigabytes_takes_no_memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with torch.device("meta"):
        model = nn.Linear(200_000, 200_000)
    run = traced(model, (64, 200_000))
    assert run.calls[0].flops == 2 * 64 * 200_000**2
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert after - before < 100_000  # kB


def test_the_callback_sees_every_call():
    told = []
    run = traced(Tiny(), (1, 3, 8, 8), on_call=told.append)
    assert tuple(told) == run.calls


# A forward that fails.


def failure(model: nn.Module, *shapes: tuple[int, ...]) -> ForwardFailed:
    with pytest.raises(ForwardFailed) as caught:
        traced(model, *shapes)
    return caught.value


def test_a_failure_names_the_layer_and_its_input():
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Sequential(nn.Conv2d(4, 8, 3)))
    broke = failure(model, (1, 3, 9, 9))
    assert broke.path == "1.0"
    assert broke.module is model[1][0]
    assert broke.shapes == ((1, 8, 7, 7),)


def test_a_failing_function_names_the_module_that_called_it():
    broke = failure(nn.Sequential(nn.ReLU(), Function(lambda x: x.view(7, 7))), (1, 3))
    assert broke.path == "1"


def test_an_error_that_the_model_handles_itself_is_none():
    def forward(model, x):
        try:
            return model.f(x)
        except RuntimeError:
            return model.g(x)

    run = traced(Function(forward, f=nn.Linear(5, 2), g=nn.Linear(4, 2)), (1, 4))
    assert paths(run) == ["g"]


def test_a_step_that_depends_on_values_ends_the_trace_there():
    run = traced(Function(lambda m, x: m.g(m.f(x) * x.sum().item()), f=nn.Linear(3, 4), g=nn.Linear(4, 2)), (1, 3))
    assert paths(run)[:2] == ["f", "sum"]
    assert "g" not in paths(run)
    assert isinstance(run.stopped.cause, RuntimeError)


def test_a_trace_that_came_to_its_end_was_not_stopped():
    assert traced(Tiny(), (1, 3, 8, 8)).stopped is None
