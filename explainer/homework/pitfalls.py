"""The mistakes that are likeliest on a network's own figures, for its handout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from explainer.document.exercises import Pitfall
from explainer.homework.mistakes.diagnosis import variants
from explainer.homework.question import Question
from explainer.homework.questions import find
from explainer.lesson.macs import for_one
from explainer.vocabulary.kind import Kind
from explainer.walkthrough.model import Layer, Walkthrough

MOST = 4
_ASKED = (
    (Kind.CONVOLUTION, "params"),
    (Kind.LINEAR, "params"),
    (Kind.NORMALIZATION, "params"),
    (Kind.CONVOLUTION, "macs"),
    (Kind.POOLING, "shape"),
    (Kind.CONVOLUTION, "shape"),
    (Kind.EMBEDDING, "params"),
    (Kind.RECURRENT, "params"),
    (Kind.ATTENTION, "params"),
    (Kind.ATTENTION, "macs"),
    (Kind.LINEAR, "macs"),
    (Kind.TRANSPOSED, "params"),
    (Kind.TRANSPOSED, "shape"),
    (Kind.TRANSPOSED, "macs"),
)


def pitfalls_of(walk: Walkthrough) -> tuple[Pitfall, ...]:
    """At most four, each a different mistake on a different figure; nothing that is a slip of the pen."""
    found: list[Pitfall] = []
    seen: set[str] = set()
    for question in _questions(walk):
        for one in sorted(variants(question), key=lambda variant: -variant.weight):
            if one.mistake.kind == "slip" or one.mistake.id in seen or len(one.message.zh) > 160:
                continue
            seen.add(one.mistake.id)
            found.append(Pitfall(question.text, one.message))
            break
        if len(found) == MOST:
            break
    return tuple(found)


def _questions(walk: Walkthrough) -> Iterator[Question]:
    for kind, quantity in _ASKED:
        layer = next((one for one in walk.layers if one.kind is kind and _says(one, quantity)), None)
        if layer is not None and layer.path and layer.rule is not None:
            yield _for_one(find(walk, f"{layer.path}.{quantity}"))


def _for_one(question: Question) -> Question:
    """Of one example, as the lesson's own formulas are: without a batch of 1. A question of another name, since what comes of it is kept."""
    if question.quantity != "macs":
        return question
    sizes = tuple((name, for_one(one)) for name, one in question.sizes)
    return replace(question, name=f"{question.name} of one", sizes=sizes)


def _says(layer: Layer, quantity: str) -> bool:
    """Whether there is something to get wrong: a formula with more than one number."""
    if quantity == "shape":
        return bool(layer.shape) and layer.call.input_shapes[:1] != layer.call.output_shapes[:1]
    derivation = layer.params if quantity == "params" else layer.macs
    return derivation is not None and bool(derivation.value) and bool(derivation.steps)
