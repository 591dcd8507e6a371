"""Bytes are those of the tensors' own data types, wherever they are asked for."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from explainer.derive.pipeline import walk_model
from explainer.homework.grading.grade import grade
from explainer.homework.mistakes import diagnose, wrong_answers
from explainer.homework.parameter_bytes import element_sizes
from explainer.homework.questions import find, questions
from explainer.homework.worksheets.question_text import asked
from explainer.homework.worksheets.sheet import Item
from explainer.walkthrough.model import Walkthrough


class Net(nn.Module):
    """A layer that is called, one that never is, shared weights, and a parameter used directly."""

    def __init__(self, dtypes: tuple[torch.dtype, ...]) -> None:
        super().__init__()
        first, second, third = dtypes
        self.a = nn.Linear(4, 4).to(first)
        self.unused = nn.Sequential(nn.Linear(8, 2).to(second), nn.Linear(2, 3).to(third))
        self.scale = nn.Parameter(torch.ones(4, dtype=second))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.a(self.a(x)) * self.scale


def walk_of(model: nn.Module, dtype: torch.dtype) -> Walkthrough:
    return walk_model(model, (torch.empty(1, 4, dtype=dtype),), {}, name="Net", source="x")


def own_bytes(parameters: object) -> int:
    return sum(parameter.numel() * parameter.itemsize for parameter in parameters)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "dtypes",
    [
        (torch.float32, torch.float32, torch.float32),
        (torch.float16, torch.float16, torch.float16),
        (torch.float64, torch.float16, torch.float32),
        (torch.bfloat16, torch.float32, torch.float64),
    ],
)
def test_every_bytes_question_counts_the_tensors_own_bytes(dtypes: tuple[torch.dtype, ...]) -> None:
    model = Net(dtypes)
    walk = walk_of(model, dtypes[0])
    expected = {
        "a.bytes": own_bytes(model.a.parameters()),
        "unused.0.bytes": own_bytes(model.unused[0].parameters()),
        "unused.1.bytes": own_bytes(model.unused[1].parameters()),
        "unused.bytes": own_bytes(model.unused.parameters()),
        "total.bytes": own_bytes(model.parameters()),
    }
    for name, value in expected.items():
        question = find(walk, name)
        assert question.value == value, name
        assert grade(question, str(value)).verdict == "correct"
    assert find(walk, "total.params.bytes").value == expected["total.bytes"]


def test_a_layer_with_two_data_types_says_both() -> None:
    layer = nn.Linear(4, 4).half()
    layer.bias = nn.Parameter(torch.zeros(4))
    model = nn.Sequential(layer)
    walk = walk_model(model, (torch.empty(1, 4, device="meta"),), {}, name="Net", source="x", tolerant=True)
    question = next((found for found in questions(walk) if found.name == "total.bytes"), None)
    assert question is not None and question.value == 16 * 2 + 4 * 4
    said = asked(Item(1, question, "number", 1)).find
    assert "16-bit parameter takes 2 bytes" in said.en and "32-bit parameter takes 4 bytes" in said.en
    assert "每个16位参数占2字节，每个32位参数占4字节，" in said.zh
    assert grade(question, "16*2+4*4").verdict == "equivalent" and grade(question, "48").verdict == "correct"
    assert {("units.bits",), ("totals.layer_twice",)} <= {wrong.mistakes for wrong in wrong_answers(question)}


def test_bytes_given_for_parameters_are_known_in_any_data_type() -> None:
    for dtype, size in ((torch.float16, 2), (torch.float32, 4), (torch.float64, 8)):
        walk = walk_of(Net((dtype, dtype, dtype)), dtype)
        (found, *_) = diagnose(find(walk, "a.params"), 20 * size)
        assert found.id == "units.bytes_for_count" and f"divide by {size}" in found.message.en
        assert element_sizes(walk.layers[0].owned) == [size]
