"""Inputs of every kind: shapes and values as typed, and what a file's `example_input()` or `EXAMPLE_INPUT` says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import explainer
from explainer.cli.console import main
from explainer.errors import UserError
from explainer.source import InputSpec, InputValue, load, parse_input, static_inputs, texts_of

TYPED = {
    "n=int:3": InputValue(3, "n"),
    "int:-3": InputValue(-3),
    "scale=float:2.5": InputValue(2.5, "scale"),
    "name=str:a=b:c": InputValue("a=b:c", "name"),
    "flag=bool:True": InputValue(True, "flag"),
    "flag=bool:no": InputValue(False, "flag"),
    "mask=none": InputValue(None, "mask"),
    "None": InputValue(None),
    "(1, 3):int64": InputSpec((1, 3), "int64"),
    "t=():int64": InputSpec((), "int64", "t"),
    "[(1,5),(2,5)]": InputValue([InputSpec((1, 5)), InputSpec((2, 5))]),
    "batch={'x': (1,5), 'ids': '1,7:int64', 'n': 3, 'how': 'sum'}": InputValue(
        {"x": InputSpec((1, 5)), "ids": InputSpec((1, 7), "int64"), "n": 3, "how": "sum"}, "batch"
    ),
    "[[(1,5)], [3, 4]]": InputValue([[InputSpec((1, 5))], [3, 4]]),
    "((1,5), (2,5))": InputValue((InputSpec((1, 5)), InputSpec((2, 5)))),
}


@pytest.mark.parametrize(("text", "meant"), TYPED.items())
def test_values_and_nested_shapes_as_typed(text: str, meant: Any) -> None:
    found = parse_input(text)
    assert found == meant
    (again,) = texts_of([found])
    assert parse_input(again) == meant


@pytest.mark.parametrize("text", ["[1, 3, 8, 8]", "torch.Size([1, 3, 8, 8])", "[1,3,8,8]"])
def test_a_shape_as_torch_prints_it(text: str) -> None:
    assert parse_input(text) == parse_input("1,3,8,8")
    assert parse_input("sizes=[1, 3, 8, 8]") == InputValue([1, 3, 8, 8], "sizes")
    assert texts_of([InputValue([1, 3, 8, 8])]) == []


@pytest.mark.parametrize(
    "text", ["n=int:a", "n=int:1.5", "x=float:one", "f=bool:maybe", "[(1,", "{1: (0,3)}", "[f()]", "n=:3", "integer:3"]
)
def test_values_that_are_none(text: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_input(text)
    assert text in caught.value.message.zh or "(0, 3)" in caught.value.message.zh or "0,3" in caught.value.message.zh
    assert caught.value.message.en


NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 3), nn.Linear(4, 3)

    def forward({forward}):
        {body}

{example}
"""
TAKES = {
    "a dictionary as one argument": ("self, batch", "return self.a(batch['x']) * batch['m']", "{'x': torch.ones(2, 4), 'm': 2}"),
    "a dictionary of keywords": ("self, x, m=1", "return self.a(x) * m", "{'x': torch.ones(2, 4), 'm': 2}"),
    "a dictionary for **": ("self, **batch", "return self.a(batch['x'])", "{'x': torch.ones(2, 4)}"),
    "a list as one argument": ("self, views", "assert type(views) is list; return self.a(views[0]) + self.b(views[1])", "[torch.ones(2, 4)] * 2"),
    "a list in a list": ("self, views", "assert type(views) is list; return self.a(views[0])", "[[torch.ones(2, 4)]]"),
    "a list of the arguments": ("self, x, y", "return self.a(x) + self.b(y)", "[torch.ones(2, 4)] * 2"),
    "a tuple of the arguments": ("self, x, n", "assert n == 3; return self.a(x)", "(torch.ones(2, 4), 3)"),
    "args and kwargs": ("self, *xs, scale, **more", "assert more['how'] == 's'; return self.a(sum(xs)) * scale", "((torch.ones(2, 4),) * 2, {'scale': 2.0, 'how': 's'})"),
    "a shape": ("self, x", "assert x.shape == (2, 4); return self.a(x)", "(2, 4)"),
    "shapes": ("self, x, y", "return self.a(x) + self.b(y)", "((2, 4), (1, 4))"),
    "a tensor": ("self, x", "return self.a(x.float())", "torch.ones(2, 4, dtype=torch.float64)"),
    "a number": ("self, n", "return self.a(torch.ones(n, 4))", "(torch.tensor(3).item(), )[0] and {'n': 3}"),
    "texts": ("self, texts", "return self.a(torch.ones(len(texts), 4))", "['a b', 'c']"),
    "a tuple of a shape and more is a value": ("self, x, size", "assert size == (2, 2); return self.a(x)", "(torch.ones(2, 4), (2, 2))"),
    "an object": ("self, b", "return self.a(b.x)", "type('B', (), {'x': torch.ones(2, 4)})()"),
}  # fmt: skip


@pytest.mark.parametrize("way", ["EXAMPLE_INPUT = {}", "def example_input(): return {}"])
@pytest.mark.parametrize("case", TAKES)
def test_what_a_file_may_give(case: str, way: str, tmp_path: Path) -> None:
    forward, body, example = TAKES[case]
    path = tmp_path / "net.py"
    path.write_text(NET.format(forward=forward, body=body, example=way.format(example)))
    lesson = explainer.explain_source(f"{path}:Net")
    assert lesson.totals.params == 30
    assert lesson.to_dict()["calls"], "the forward pass took place"


def test_values_keep_their_values_and_a_batch_repeats_them(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(
        NET.format(
            forward="self, x, n",
            body="return self.a(x)",
            example="EXAMPLE_INPUT = (torch.arange(8.).view(2, 4), torch.tensor([5, 3]))",
        )
    )
    (x, n), _ = static_inputs(load(str(path)), [], batch=5)
    assert n.tolist() == [5, 3, 5, 3, 5]
    assert x[:, 0].tolist() == [0, 4, 0, 4, 0]


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("def example_input(): return 1 / 0", "ZeroDivisionError"),
        ("def example_input(x): return x", "example_input()"),
        ("EXAMPLE_INPUT = (1, 0)", "1,0"),
    ],
)
def test_an_example_that_fails_is_a_sentence(
    broken: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.py"
    path.write_text(NET.format(forward="self, x", body="return self.a(x)", example=broken))
    for lang in ("zh", "en"):
        assert main([str(path), "--lang", lang]) == 2
        said = capsys.readouterr()
        assert says in said.err and said.err.count("\n") == 1 and said.out == ""
    assert main([str(path), "--input", "2,4", "-o", str(tmp_path / "x.md")]) == 0, "nobody minds where --input is given"


def test_one_tensor_or_one_dictionary_is_one_input() -> None:
    linear = torch.nn.Linear(4, 2)
    one: Any = torch.zeros(3, 4)
    assert explainer.explain(linear, inputs=one).walkthrough.run.input_shapes == ((3, 4),)

    class Net(torch.nn.Module):
        def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
            return torch.relu(batch["x"])

    many: Any = {"x": torch.zeros(3, 4)}
    assert explainer.explain(Net(), inputs=many).walkthrough.run.input_shapes == ((3, 4),)


NUMBERS = {
    "a negative size": (-1, 4),
    "a fraction": (1.5, 4),
    "text": "1,4",
    "nothing at all": None.__class__,
    "too large": (2**63, 4),
    "much too large": [(2**40, 2**40)],
    "truth": (True, 4),
    "a number": 4,
    "a list of texts": ["1,4"],
    "a list of a list of texts": [["1", "4"]],
}


@pytest.mark.parametrize("size", NUMBERS.values(), ids=NUMBERS)
def test_an_input_size_that_is_none(size: Any) -> None:
    with pytest.raises(UserError) as caught:
        explainer.explain(torch.nn.Linear(4, 2), size)
    assert caught.value.message.zh.endswith("。") and caught.value.message.en.endswith(".")


@pytest.mark.parametrize("batch", [0, -1, 2**63, 1.5, "3"])
def test_a_batch_that_is_none(batch: Any) -> None:
    with pytest.raises(UserError, match="batch"):
        explainer.explain_source("alexnet", batch=batch)
