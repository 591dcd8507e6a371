"""Number formats, and what a training computes and takes: against torch's own counter, and against figures known from elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from explainer.api import explain, load
from explainer.cli.console import main
from explainer.cost.cost import cost_of
from explainer.cost.plan import Plan, plan_of
from explainer.cost.precision import Precision
from explainer.cost.sharding import Sharding
from explainer.cost.training_steps import TrainingSteps
from explainer.errors import UserError
from explainer.walkthrough.measured import KvCache


class Blocks(nn.Module):
    """Convolutions in a list, then a linear layer."""

    def __init__(self, frozen: bool = False) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU()) for _ in range(4)
        )
        self.head = nn.Linear(8, 10)
        if frozen:
            self.head.weight.requires_grad_(False)
            self.head.bias.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x.mean((2, 3)))


class Attends(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, 16)
        self.q, self.k = nn.Linear(16, 16), nn.Linear(16, 16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.embed(x)
        return self.q(x) @ self.k(x).transpose(1, 2)


def _counted(model: nn.Module, given: torch.Tensor) -> int:
    with FlopCounterMode(display=False) as counter:
        model(given).sum().backward()
    return counter.get_total_flops()


@pytest.mark.parametrize(
    ("model", "given"),
    [
        (Blocks(), torch.ones(2, 3, 16, 16)),
        (Blocks(frozen=True), torch.ones(2, 3, 16, 16)),
        (Attends(), torch.ones(2, 7, dtype=torch.int64)),
        (nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 6)), torch.ones(3, 4)),
    ],
)
def test_a_step_is_what_torch_counts(model: nn.Module, given: torch.Tensor) -> None:
    steps = TrainingSteps(cost_of(explain(model, inputs=[given], show="memory").walkthrough))
    assert steps.step is not None and steps.step.value == _counted(model, given)


def _planned(**plan: Any) -> dict[str, Any]:
    return explain(Blocks(), (2, 3, 16, 16), lang="zh,en", **plan).to_dict()["cost"]  # type: ignore[no-any-return]


@pytest.mark.parametrize(("dtype", "each"), [("float32", 4), ("float16", 2), ("bfloat16", 2)])
def test_a_format_is_of_weights_and_activations(dtype: str, each: int) -> None:
    usual, found = _planned(), _planned(dtype=dtype)["in_format"]
    params = sum(p.numel() for p in Blocks().parameters())
    assert found["parameters_bytes"]["value"] == each * params
    assert found["activations_bytes"]["value"] * 4 == usual["activations_bytes"] * each
    buffers = usual["peak"]["weights_bytes"] - 4 * params
    assert found["peak_bytes"]["value"] == usual["peak_bytes"] * each // 4 + each * params + buffers
    assert found["gradients_bytes"]["value"] == each * params and found["adam_bytes"]["value"] == 2 * each * params
    assert found["saved_for_backward_bytes"]["value"] <= usual["training"]["saved_for_backward_bytes"]


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_what_a_format_foretells_is_what_a_model_of_that_format_has(dtype: str) -> None:
    half = {"float16": torch.float16, "float64": torch.float64}[dtype]
    usual = explain(Blocks(), (2, 3, 16, 16), show="memory")
    real = explain(Blocks().to(half), inputs=[torch.ones(2, 3, 16, 16, dtype=half)], show="memory")
    for source, target in ((usual, "float16"), (real, "float16")):
        found = Precision(cost_of(source.to_dict() and source.walkthrough), target)  # type: ignore[arg-type]
        assert found.parameters.value == 2 * source.totals.torch_params
        assert found.activations is not None and found.kept is not None
    one, other = (Precision(cost_of(source.walkthrough), "float16") for source in (usual, real))
    assert one.activations == other.activations and one.kept == other.kept


@pytest.mark.parametrize(("dtype", "bits"), [("int8", 8), ("int4", 4)])
def test_an_integer_format_is_of_the_weights_alone(dtype: str, bits: int) -> None:
    usual, found = _planned(), _planned(dtype=dtype)["in_format"]
    params = sum(p.numel() for p in Blocks().parameters())
    assert found["weights_only"] and found["parameters_bytes"]["value"] == -(-params * bits // 8)
    assert found["activations_bytes"]["value"] == usual["activations_bytes"]
    assert (
        found["gradients_bytes"] is None and found["adam_bytes"] is None and found["saved_for_backward_bytes"] is None
    )


def test_whole_numbers_keep_their_size() -> None:
    model = nn.Sequential(nn.Conv2d(3, 3, 1), nn.MaxPool2d(2))
    cost = explain(model, (1, 3, 8, 8), dtype="float16").to_dict()["cost"]
    kept = cost["in_format"]["saved_for_backward_bytes"]["value"]
    indices = 8 * 3 * 4 * 4  # int64
    assert kept == (cost["training"]["saved_for_backward_bytes"] - indices) // 2 + indices


def test_llama_s_cache_of_one_token() -> None:
    """Llama-3-8B in bfloat16: 32 layers, 8 of 32 heads of 128 numbers."""
    cache = KvCache(
        layers=32, heads=8, head_size=128, queries=32, length=128, batch=1, bytes_each=4, measured_bytes=None
    )
    walk = explain(Blocks(), (1, 3, 8, 8)).walkthrough
    found = replace(walk, measured=replace(walk.measured, done=frozenset({"kv_cache"}), kv_cache=cache))
    for dtype, token in (("bfloat16", 131_072), ("float32", 262_144), ("int4", 262_144)):
        derived = Precision(cost_of(found), dtype).cache_of_a_token  # type: ignore[arg-type]
        assert derived is not None and derived.value == token


def test_tokens_checkpoint_and_shards() -> None:
    found = _planned(tokens="300B", checkpoint=True, shards=3)["training"]
    params = sum(p.numel() for p in Blocks().parameters())
    assert found["tokens"]["flops"]["value"] == 6 * params * 300 * 10**9
    assert found["tokens"]["flops"]["symbolic"].replace(" ", "") == "6*N*D"
    points = found["checkpoint"]
    assert points["segments"] == 4
    image = 2 * 8 * 16 * 16 * 4
    assert points["saved_for_backward_bytes"]["substituted"].split("+")[0] == str(4 * image)
    assert points["saved_for_backward_bytes"]["value"] < found["saved_for_backward_bytes"]
    again = 4 * 2 * (2 * 8 * 16 * 16) * (8 * 9)
    assert points["step_flops"]["value"] == found["step_flops"]["value"] + again
    stages = [found["shards"]["adam_bytes_per_device"][str(number)]["value"] for number in range(4)]
    weights = 4 * params
    third, two = -(-weights // 3), -(-2 * weights // 3)
    assert stages == [4 * weights, 2 * weights + two, weights + third + two, 2 * third + two]


def test_shares_that_do_not_come_out_even() -> None:
    states = Sharding(10, 10, 20, 3)
    assert [states.stage(number).value for number in range(4)] == [40, 27, 21, 15]


@pytest.mark.parametrize(
    ("text", "value"), [("300B", 300 * 10**9), ("3000亿", 3 * 10**11), ("1.4T", 14 * 10**11), (7, 7), ("1万亿", 10**12)]
)
def test_tokens_as_people_write_them(text: str | int, value: int) -> None:
    assert plan_of(tokens=text).tokens == value


@pytest.mark.parametrize(
    "wrong",
    [{"dtype": "float8"}, {"tokens": "many"}, {"tokens": 0}, {"tokens": "0.5"}, {"shards": 0}, {"shards": True}],
)
def test_wrong_plans_are_sentences(wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError) as found:
        plan_of(**wrong)
    assert found.value.message.zh.endswith("。") and found.value.message.en.endswith(".")


def test_torch_s_own_name_is_a_format_and_nothing_is_no_plan() -> None:
    assert plan_of("torch.float16").dtype == "float16" and not Plan() and plan_of(shards=1)


def test_the_same_from_the_lesson_s_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.py").write_text(
        "from torch import nn\nclass Net(nn.Sequential):\n    def __init__(self):\n        super().__init__(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3))\n"
        "EXAMPLE_INPUT = (1, 3, 8, 8)\n"
    )
    plan = ["--dtype", "bfloat16", "--tokens", "1T", "--checkpoint", "--shards", "4"]
    assert (
        main([f"{tmp_path}/net.py:Net", *plan, "-o", f"{tmp_path}/a.json", "-o", f"{tmp_path}/a.md", "--lang", "zh,en"])
        == 0
    )
    assert (
        main([f"{tmp_path}/a.json", *plan, "-o", f"{tmp_path}/b.json", "-o", f"{tmp_path}/b.md", "--lang", "zh,en"])
        == 0
    )
    assert (tmp_path / "a.md").read_text().replace("a.files", "b.files") == (tmp_path / "b.md").read_text()
    first, second = (json.loads((tmp_path / name).read_text())["cost"] for name in ("a.json", "b.json"))
    assert first == second
    text = (tmp_path / "a.md").read_text()
    for said in ("ZeRO-3", "6N", "梯度检查点", "bfloat16"):
        assert said in text
    again = load(tmp_path / "a.json", dtype="int4", lang="en")
    assert "for the parameters alone" in again.to_markdown()
    capsys.readouterr()
    assert main([f"{tmp_path}/net.py:Net", "--dtype", "int2", "--lang", "en"]) == 2
    assert "no number format" in capsys.readouterr().err
