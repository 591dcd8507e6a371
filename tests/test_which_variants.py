"""A number of parameters that the model has when it is built a little otherwise; one number however it is written."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from torch import nn

from explainer.ledger.identify.number_reader import read
from explainer.ledger.identify.search import fits, varied
from explainer.probing.variants import variants
from explainer.source.recipe import MadeBy

SPEC = importlib.util.spec_from_file_location("unet_example", Path(__file__).parents[1] / "examples" / "unet.py")
assert SPEC is not None and SPEC.loader is not None
UNET = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(UNET)


@pytest.mark.parametrize(
    ("text", "changes", "params"),
    [
        ("31 M", {"feature_scale": 1}, 31_030_658),
        ("28 M", {"transposed": False, "feature_scale": 1}, 28_941_698),
        ("7,759,521", {"classes": 1}, 7_759_521),
    ],
)
def test_the_u_net_of_many_sizes(text: str, changes: dict[str, object], params: int) -> None:
    left = fits(text)
    found = variants(MadeBy(UNET.UNet, {}), lambda count: left(count) is not None)
    assert any(one.changes == changes and one.params == params for one in found)
    assert len({tuple(one.changes.items()) for one in found}) == len(found)
    match = varied(params, changes, left(params) or 0)  # type: ignore[arg-type]
    assert match.value == params and all(name in match.label.en and name in match.label.zh for name in changes)


def test_what_cannot_be_built_again_has_no_variants() -> None:
    assert variants(None, lambda count: True) == ()
    assert variants(MadeBy(lambda: nn.Linear(2, 3), {}), lambda count: True) == ()


def test_a_value_that_does_not_suit_the_model_is_passed_over() -> None:
    def make(width: int = 4) -> nn.Module:
        if width > 4:
            raise ValueError(width)
        return nn.Linear(width, 1, bias=False)

    assert [one.params for one in variants(MadeBy(make, {}), lambda count: True)] == [2, 1]


@pytest.mark.parametrize(
    ("text", "digits"), [("110M", 2), ("300M", 1), ("110.0M", None), ("111M", None), ("138357540", 8)]
)
def test_zeros_that_only_fill_the_places(text: str, digits: int | None) -> None:
    rounded = read(text).rounded
    assert (rounded.digits if rounded else None) == digits
