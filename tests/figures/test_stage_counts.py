"""A stage of the picture says as many blocks as the network has there, whatever its blocks are made of."""

from __future__ import annotations

import re

import pytest

from explainer.figures.blocks.grouping import stages_of
from tests.nets import zoo_walk

# Places are the stage's own: features.4–6 are three blocks, whether a block is a chain of convolutions or not.
NUMBERED = ("mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small")
LISTED = {
    "regnet_y_400mf": {"trunk_output.block2": 3, "trunk_output.block3": 6, "trunk_output.block4": 6},
    "efficientnet_b0": {"features.0–1": 2, "features.2": 2, "features.3": 2, "features.4–5": 6, "features.6–8": 6},
    "efficientnet_v2_s": {"features.0–1": 3, "features.2": 4, "features.4–5": 15},
    "resnet50": {"layer1": 3, "layer2": 4, "layer3": 6, "layer4": 3},
}


def _counts(name: str) -> dict[str, int]:
    return {stage.name: len(stage.blocks) for stage in stages_of(zoo_walk(name))}


@pytest.mark.parametrize("name", NUMBERED)
def test_places_in_a_list_are_as_many_blocks(name: str) -> None:
    counts = _counts(name)
    ranges = {stage: re.fullmatch(r"features\.(\d+)–(\d+)", stage) for stage in counts}
    meant = {stage: int(found[2]) - int(found[1]) + 1 for stage, found in ranges.items() if found}
    assert len(meant) > 1
    assert {stage: counts[stage] for stage in meant} == meant


@pytest.mark.parametrize("name", LISTED)
def test_lists_of_blocks_are_as_long_as_they_are(name: str) -> None:
    counts = _counts(name)
    assert {stage: counts.get(stage) for stage in LISTED[name]} == LISTED[name]
