"""What comes back from a submission's process: any JSON is figures or refused, and what is said of it acts on nothing."""

from __future__ import annotations

import json
from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from explainer.comparison.differences import compare_facts
from explainer.comparison.facts import Facts, Strange, facts_of, from_json
from explainer.comparison.report import document, lines
from explainer.comparison.report_json import to_dict
from explainer.derive.pipeline import walk_model
from explainer.i18n.bilingual import LANGS
from explainer.render.markdown import to_markdown


def _reference() -> Facts:
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(), nn.Flatten())
    walk = walk_model(net, (torch.empty(1, 1, 8, 8, device="meta"),), {}, name="Net", source="x")
    return facts_of(walk, ["1,1,8,8:float32"])


REFERENCE = _reference()
NAUGHTY = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["\x1b[2J", "\u202e", "<script>", "{0}", "{layer}", "%s", "\ud800", "=1+1", "`" * 50, "conv2d", "POOLING"]
    ),
)
NUMBERS = st.one_of(st.integers(-3, 9), st.integers(), st.floats(), st.booleans(), st.none())
ANY = st.recursive(
    st.one_of(NUMBERS, NAUGHTY),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAUGHTY, inner, max_size=3)),
    max_leaves=8,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += _places(inner, (*path, key))
    return found


PLAIN = json.loads(json.dumps(REFERENCE.to_dict()))
PLACES = _places(PLAIN)


@settings(max_examples=150)
@given(changes=st.lists(st.tuples(st.integers(0, len(PLACES) - 1), ANY), min_size=1, max_size=4))
def test_figures_with_parts_replaced(changes: list[tuple[int, Any]]) -> None:
    data = json.loads(json.dumps(PLAIN))
    for at, value in changes:
        *way, last = PLACES[at]
        inside = data
        try:
            for key in way:
                inside = inside[key]
            inside[last] = value
        except (KeyError, TypeError, IndexError):
            continue  # an earlier change took the place away
    try:
        found = from_json(data)
    except Strange:
        return
    comparison = compare_facts(REFERENCE, found)
    said = "".join(line[lang] for line in lines(comparison) for lang in LANGS)
    said += json.dumps(to_dict(comparison, "zh"), ensure_ascii=False) + to_markdown(document(comparison, ("zh", "en")))
    assert not {"\x1b", "\u202e", "\ud800"} & set(said)
    said.encode("utf-8")


@settings(max_examples=100)
@given(data=ANY)
def test_any_json(data: Any) -> None:
    try:
        from_json(data)
    except Strange:
        return
    raise AssertionError(data)
