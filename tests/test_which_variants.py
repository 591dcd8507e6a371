"""A number of parameters that the model has when it is built a little otherwise; one number however it is written."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from nets import measured, zoo_walk
from torch import nn

from explainer.counters.predict import with_counters
from explainer.ledger.identify.number_reader import read
from explainer.ledger.identify.search import fits, varied, which
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
    fit = left(params)
    assert fit is not None
    match = varied(params, changes, fit)
    assert match.fit == ("cut" if text == "28 M" else "exact" if "," in text else "rounded")
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


class Settings:
    """A configuration as transformers has them."""

    def __init__(
        self,
        width: int = 64,
        depth: int = 4,
        pad_token_id: int = 7,
        bias: bool = True,
        stages: tuple[int, ...] = (1, 2),
    ) -> None:
        self.width, self.depth, self.bias, self.stages = width, depth, bias, stages


def _made(settings: Settings) -> nn.Module:
    layers = [nn.Linear(settings.width, settings.width, settings.bias) for _ in range(settings.depth)]
    return nn.Sequential(*layers, *(nn.Linear(1, 1, False) for _ in range(sum(settings.stages))))


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("16,387", {"bias": False}),
        ("8,323", {"depth": 2}),
        ("66,051", {"width": 128}),
        ("16,645", {"stages[1]": 4}),
        ("65,539", {"bias": False, "width": 128}),
    ],
)
def test_the_settings_of_a_configuration_are_varied(text: str, changes: dict[str, object]) -> None:
    left = fits(text)
    found = variants(MadeBy(_made, {}, configuration=Settings), lambda count: left(count) is not None)
    assert changes in [dict(one.changes) for one in found]


def test_a_setting_that_leaves_the_parameters_alone_is_tried_once() -> None:
    tried: list[int] = []

    def make(width: int = 4, rate: float = 0.5, switch: bool = True) -> nn.Module:
        tried.append(1)
        return nn.Linear(width, 1, bias=False)

    assert variants(MadeBy(make, {}), lambda count: False) == ()
    assert len(tried) == 1 + 1 + 1 + 4  # as it is, the switch, the rate, four widths: nothing left to pair


def test_a_number_of_another_model_is_said_to_be_one() -> None:
    walk = measured(zoo_walk("resnet18"), "counters")
    walk = with_counters(walk.trace, walk)
    best = which(walk, "138.36 M params")[0]
    assert (best.value, best.fit) == (138_357_544, "rounded")
    assert "another model, VGG16" in best.label.en and "另一个模型VGG16" in best.label.zh
