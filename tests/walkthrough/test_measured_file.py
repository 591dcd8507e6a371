"""What was measured goes to a file and comes back; a stranger's measurements are bounded."""

from __future__ import annotations

import json

import pytest
import torch
from nets import measured, meta, walked, zoo_walk
from torch import nn

from explainer.api import Explanation
from explainer.derive.pipeline import walk_model
from explainer.measure.measure import ORDER
from explainer.recognition.recognise import with_ideas
from explainer.rules import default_registry
from explainer.walkthrough.file.limits import Refused
from explainer.walkthrough.file.read import from_bytes, from_plain
from explainer.walkthrough.file.write import to_plain

EVERYTHING = ("params", "shape", "macs", "memory", "receptive-field")


class Stops(nn.Module):
    def forward(self, x):
        return x[x > 0] + 1


def gpt2():
    transformers = pytest.importorskip("transformers")
    model = transformers.GPT2Model(transformers.GPT2Config(n_layer=2, n_embd=48, n_head=4, vocab_size=100))
    return walk_model(model, (meta(2, 24, dtype=torch.int64),), {}, name="gpt2", source="test")


WALKS = {
    "resnet18": lambda: zoo_walk("resnet18"),
    "lstm": lambda: walked(nn.LSTM(8, 16, batch_first=True), (2, 7, 8)),
    "attention": lambda: walked(nn.TransformerEncoderLayer(16, 2, 32), (5, 2, 16)),
    "gpt2": gpt2,
    "stopped": lambda: walked(Stops(), (4, 4)),
}


@pytest.mark.parametrize("name", WALKS)
def test_all_measurements_come_back_and_make_the_same_pages(name):
    walk = measured(WALKS[name](), *ORDER)
    walk = with_ideas(walk, walk.trace, None, default_registry())
    batch = bool(walk.measured.batches)
    back = from_bytes(Explanation(walk, ("en",)).to_json().encode())
    assert back.measured == walk.measured
    assert to_plain(back) == to_plain(walk)
    assert Explanation(back, ("en",)).to_json() == Explanation(walk, ("en",)).to_json()
    for langs in (("zh",), ("en",), ("zh", "en")):
        pages = {
            Explanation(one, langs, show=EVERYTHING, measure=True, batch=batch).to_markdown() for one in (walk, back)
        }
        assert len(pages) == 1


def changed(key, value):
    """A small walkthrough with one measurement changed; `key` is a path of keys and numbers."""
    walk = measured(walked(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()), (1, 3, 8, 8)), *ORDER)
    plain = json.loads(json.dumps(to_plain(walk)))
    at = plain["measured"]
    *way, last = key
    for step in way:
        at = at[step]
    at[last] = value
    return plain


HOSTILE = {
    "a number too large": (("peak", "activations_bytes"), 10**50),
    "a count too large": (("training", "trainable"), [[4, 10**50]]),
    "bytes kept too large": (("training", "kept", "by_call"), {"0": 10**50}),
    "a long path": (("peak", "at"), "x" * 100_000),
    "a long note": (("in_symbols", "notes"), [{"zh": "x" * 100_000, "en": "y"}]),
    "a relation that there is not": (("peak", "written", 0, "relation"), "stolen"),
    "a want of nobody's": (("done",), ["everything"]),
    "training that is not there": (("training",), None),
    "formulas that are not there": (("in_symbols",), None),
    "a peak that is not there": (("peak",), None),
    "a power too high": (("in_symbols", "macs", "terms", 0, 0, 0), 10**6),
    "a power below zero": (("in_symbols", "macs", "terms", 0, 0, 0), -1),
    "a power too many": (("in_symbols", "macs", "terms", 0, 0), [1, 1, 1, 1]),
    "a coefficient by zero": (("in_symbols", "macs", "terms", 0, 1), "1/0"),
    "a size that is not there": (("in_symbols", "sizes"), {}),
    "a total of nobody's": (("batches", 0, "changes", 0, "key"), "surprise"),
    "a batch of nothing": (("batches", 0, "after"), 0),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_strangers_measurements_are_refused(name):
    assert from_plain(changed(("file_on_disk",), 7)).measured.file_on_disk == 7
    with pytest.raises(Refused):
        from_plain(changed(*HOSTILE[name]))


def test_braces_in_a_strangers_measurements_are_only_braces():
    plain = changed(("in_symbols", "notes"), [{"zh": "{0.__class__}", "en": "{x}"}])
    plain["measured"]["peak"]["at"] = "{y}"
    page = Explanation(from_plain(plain), ("zh", "en"), show=EVERYTHING).to_markdown()
    assert "{x}" in page
    assert "{y}" in page
