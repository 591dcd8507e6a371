"""Questions on random layers, drawn from the rules' own samplers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import torch
from torch import nn

from explainer.derive.pipeline import walk_model
from explainer.homework.question import Question
from explainer.homework.questions import find
from explainer.rules import Rule, Sample, default_registry
from explainer.vocabulary.quantity import Quantity
from explainer.walkthrough.model import Layer, Walkthrough

NUMBERS: tuple[Quantity, ...] = ("params", "weights", "bias", "macs", "flops", "activations", "bytes")
TRIES = 200


class Alone(nn.Module):
    """One layer, or one function, as a model: its path is `layer`, or the function's name."""

    def __init__(self, built: Callable[..., Any]) -> None:
        super().__init__()
        if isinstance(built, nn.Module):
            self.layer = built
        self.called = built if not isinstance(built, nn.Module) else None

    def forward(self, *inputs: torch.Tensor) -> Any:
        return self.called(*inputs) if self.called is not None else self.layer(*inputs)


def sample_walk(sample: Sample, name: str = "layer") -> Walkthrough:
    """The walkthrough of a rule's example by itself."""
    return walk_model(Alone(sample.made()), sample.inputs(), {}, name=name, source="sample", real=sample.real)


def random_layer(random: Random, rule: Rule) -> tuple[Walkthrough, Layer] | None:
    """A random layer of that rule, explained; None if its figures cannot be derived."""
    walk = sample_walk(rule.sample(random), rule.name)
    found = next((layer for layer in walk.layers if layer.rule and layer.rule.name == rule.name), None)
    if found is None or found.params is None or not walk.agrees:
        return None
    return walk, found


def random_question(
    random: Random,
    quantities: Sequence[Quantity] = (*NUMBERS, "shape"),
    rules: Sequence[Rule] | None = None,
    *,
    trivial: bool = False,
) -> Question:
    """A question on a random layer of a random rule. The same `random`, the same question.

    trivial: also figures that are a bare number by themselves (the 0 parameters of an activation) and shapes that stay.
    Raises LookupError if `TRIES` layers gave no such question.
    """
    known = list(rules if rules is not None else default_registry().rules)
    for _ in range(TRIES):
        drawn = random_layer(random, random.choice(known))
        if drawn is None:
            continue
        walk, layer = drawn
        asked = list(quantities)
        random.shuffle(asked)
        for quantity in asked:
            question = _asked(walk, layer, quantity)
            if question is not None and (trivial or _needs_thought(question)):
                return question
    raise LookupError(f"no question on {', '.join(quantities)} in {TRIES} layers")


def _asked(walk: Walkthrough, layer: Layer, quantity: Quantity) -> Question | None:
    from explainer.errors import UserError

    try:
        return find(walk, f"{layer.path}.{quantity}")
    except UserError:
        return None


def _needs_thought(question: Question) -> bool:
    """Something is to be worked out: the formula has an operation."""
    return any(size.substituted.children() for _, size in question.sizes)
