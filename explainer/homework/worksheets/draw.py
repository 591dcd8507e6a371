"""Which questions a sheet asks: other questions of a model, or layers drawn by the rules' own samplers.

What is drawn for a topic is rejected where it would be no good question: too large for the level, options that the level
does not know, or sizes that coincide (with as many input as output channels, taking one for the other goes unseen).

    level 1   square kernels, one group, no dilation, one direction, one layer; answers below 100,000 (costs a million)
    level 2   groups or dilation, two layers or directions, batches; below 10,000,000
    level 3   whatever the samplers give; below 1,000,000,000
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from random import Random
from typing import Any

import torch
from torch import nn

from explainer.errors import UserError
from explainer.formula.derivation import Derivation
from explainer.formula.tree import Number, Symbol, symbols
from explainer.homework.question import Quantity, Question, find
from explainer.homework.worksheets.distractors import wrong_values
from explainer.homework.worksheets.handy_numbers import Tidy, by_hand
from explainer.homework.worksheets.sheet import Style
from explainer.homework.worksheets.sheet_id import SheetId
from explainer.homework.worksheets.topics import Topic
from explainer.i18n.bilingual import Bi
from explainer.rules import Rule, default_registry
from explainer.vocabulary.symbols import bias
from explainer.walkthrough.model import Layer, Walkthrough

Drawn = tuple[Question, Style]

_MOST_ADDENDS = 20
_TRIES, _EACH, _UNSUITED = 4000, 500, 8
_WITHOUT_FORMULA = ("pool", "act")
_COSTS = ("macs", "flops", "activations")
_BY_LEVEL: dict[int, tuple[Quantity, ...]] = {
    1: ("params", "shape", "macs", "bytes"),
    2: ("params", "shape", "macs", "bytes", "weights", "bias", "activations"),
    3: ("params", "shape", "macs", "bytes", "weights", "bias", "activations", "flops"),
}
_LARGEST = {1: 10**5, 2: 10**7, 3: 10**9}
_LARGEST_OF_MODEL = {1: 10**8, 2: 10**10, 3: 10**15}

NOTHING = Bi(
    zh="“{name}”里没有可以出的题：它没有一层既有规则又与PyTorch核对一致。",
    en="There is nothing to ask of '{name}': none of its layers has a rule and agrees with PyTorch.",
)
NO_LAYER = Bi(
    zh="在难度{level}下出不了足够多互不相同的“{topic}”题：请减少题数，或提高难度。",
    en="There are not enough different questions on '{topic}' at level {level}: ask for fewer, or raise the level.",
)


class Alone(nn.Module):
    """One drawn layer as a network, under the name of its question."""

    def __init__(self, name: str, layer: nn.Module) -> None:
        super().__init__()
        self.add_module(name, layer)

    def forward(self, *inputs: torch.Tensor) -> Any:
        (layer,) = self.children()
        return layer(*inputs)


def from_topics(topics: Sequence[Topic], source: SheetId) -> list[Drawn]:
    """A layer and a question on it for every place of the sheet. Raises UserError if there are not enough."""
    drawn: list[Drawn] = []
    seen: set[str] = set()
    for at, style in enumerate(_styles(source), start=1):
        able = [topic for topic in topics if style != "formula" or topic.key not in _WITHOUT_FORMULA]
        fitting: Style = style if able else "number"
        topic = (able or topics)[(at - 1) % len(able or topics)]
        drawn.append((_drawn(topic, fitting, at, source, seen), fitting))
    return drawn


def from_model(walk: Walkthrough, source: SheetId) -> list[Drawn]:
    """Questions of the model in its order, no two that are worked alike. Raises UserError if there are none."""
    random = source.random("questions")
    pool = _pool(walk, source.level)
    styles = _styles(source)
    picked: list[tuple[int, Question, Style]] = []
    seen: set[str] = set()
    for style in styles:
        found = _picked(walk, pool, style, random, seen, picked)
        if found is None and style != "number":
            found = _picked(walk, pool, "number", random, seen, picked)
        if found is not None:
            picked.append(found)
    if not picked:
        raise UserError(NOTHING.format(name=walk.name))
    if source.level == 3 and len(picked) > 2 and picked[0][2] == "number":
        picked[0] = _in_all(walk, random) or picked[0]
    order: dict[Style, int] = {"number": 0, "choice": 1, "formula": 2}
    return [(question, style) for _, question, style in sorted(picked, key=lambda x: (order[x[2]], x[0]))]


def _styles(source: SheetId) -> list[Style]:
    """One style a question; mixed: about half numbers, then choices, then formulas."""
    if source.style != "mixed":
        return [source.style] * source.count
    formulas, options = source.count // 5, (3 * source.count + 5) // 10
    numbers = source.count - formulas - options
    mixed: list[tuple[Style, int]] = [("number", numbers), ("choice", options), ("formula", formulas)]
    return [style for style, n in mixed for _ in range(n)]


# ------------------------------------------------------------------ of a model


def _pool(walk: Walkthrough, level: int) -> dict[Quantity, list[Layer]]:
    """The layers that can be asked for each quantity."""
    pool: dict[Quantity, list[Layer]] = {quantity: [] for quantity in _BY_LEVEL[level]}
    for layer in walk.layers:
        if layer.call.op is None or layer.params is None or not layer.checked:
            continue
        changes = bool(layer.call.shapes) and layer.call.shapes[:1] != layer.call.output_shapes[:1]
        biased = bool(layer.params.values.get(bias)) and layer.parameters is not None
        fits = {
            "params": True,
            "bytes": layer.value > 0,
            "weights": biased,
            "bias": biased,
            "shape": bool(layer.shape) and changes,
            "activations": bool(layer.shape) and changes,
            "macs": layer.macs is not None and layer.macs.value > 0,
            "flops": layer.macs is not None and layer.macs.value > 0,
        }
        for quantity, layers in pool.items():
            if fits[quantity] and _small(quantity, layer, _LARGEST_OF_MODEL[level]):
                layers.append(layer)
    return {quantity: layers for quantity, layers in pool.items() if layers}


def _small(quantity: Quantity, layer: Layer, largest: int) -> bool:
    if quantity in ("macs", "flops"):
        return layer.macs is not None and layer.macs.value < 10 * largest
    return layer.value < largest


def _picked(
    walk: Walkthrough,
    pool: dict[Quantity, list[Layer]],
    style: Style,
    random: Random,
    seen: set[str],
    before: list[tuple[int, Question, Style]],
) -> tuple[int, Question, Style] | None:
    """A question worked like none before; quantities that were asked less often come first."""
    asked = [question.quantity for _, question, _ in before]
    quantities = list(pool)
    random.shuffle(quantities)
    for quantity in sorted(quantities, key=asked.count):
        layers = list(pool[quantity])
        random.shuffle(layers)
        for layer in layers:
            if quantity == "params" and not layer.value and (style == "formula" or "nothing" in seen):
                continue
            question = _of(walk, layer.path, quantity)
            if question is None or _worked(question) in seen or not _suits(question, style):
                continue
            seen |= {_worked(question)} | ({"nothing"} if quantity == "params" and not layer.value else set())
            return layer.index, question, style
    return None


def _in_all(walk: Walkthrough, random: Random) -> tuple[int, Question, Style] | None:
    """A question on the whole network, the last of the numbers, if it is small enough to add up."""
    if sum(layer.counted > 0 for layer in walk.layers) > _MOST_ADDENDS:
        return None
    question = _of(walk, "total", random.choice(("params", "bytes")))
    return (len(walk.layers) + 1, question, "number") if question is not None else None


def _of(walk: Walkthrough, path: str, quantity: Quantity) -> Question | None:
    try:
        return find(walk, f"{path}.{quantity}")
    except UserError:  # a formula that has no bias by itself
        return None


def _worked(question: Question) -> str:
    """What is written down in answering: two questions with the same are one."""
    from explainer.formula.printing import ascii_formula

    lines = [f"{name}{ascii_formula(size.substituted)}" for name, size in question.sizes]
    kind = question.layer.type if question.layer else question.name
    return f"{kind} {question.quantity} {' '.join(lines)}"


def _suits(question: Question, style: Style) -> bool:
    """A formula to write down; for a multiple choice, wrong answers to offer."""
    if style == "choice":
        return len(wrong_values(question, 2)) == 2
    if style == "number":
        return True
    return not question.is_shape and not isinstance(question.derivation.symbolic, Number | Symbol)


# ------------------------------------------------------------------- of topics


def _drawn(topic: Topic, style: Style, at: int, source: SheetId, seen: set[str]) -> Question:
    """Layers until one makes a good question."""
    random = source.random("question", at, topic.key)
    quantity = _quantity(topic, style, random, source.level, at, "nothing" in seen)
    rules = {rule.name: rule for rule in default_registry().rules}
    names = topic.rules_at(source.level)
    tried = unsuited = turns = 0
    for _ in range(_TRIES):
        tried += 1
        if tried > _EACH or unsuited > _UNSUITED:  # nothing comes of this quantity: another one
            tried, unsuited, turns = 0, 0, turns + 1
            quantity = _quantity(topic, style, random, source.level, at + turns, "nothing" in seen)
        question = _attempt(rules[random.choice(names)], quantity, at, random, source.level)
        if question is None or _worked(question) in seen:
            continue
        if not _suits(question, style):
            unsuited += 1
            continue
        seen |= {_worked(question)} | ({"nothing"} if not question.is_shape and not question.value else set())
        return question
    raise UserError(NO_LAYER.format(level=source.level, topic=topic.title))


def _quantity(topic: Topic, style: Style, random: Random, level: int, at: int, zero_asked: bool) -> Quantity:
    """What is asked: each kind in turn, beginning anywhere; that nothing is learned is asked once."""
    known = [quantity for quantity in topic.quantities if quantity in _BY_LEVEL[level] or topic.key in ("units", "act")]
    if style == "formula":
        known = [quantity for quantity in known if quantity not in ("shape", "bias")]
    if topic.key in ("pool", "act") and zero_asked:
        known = [quantity for quantity in known if quantity != "params"]
    return (known or ["params"])[(at + random.randrange(2)) % len(known or "p")]


def _attempt(rule: Rule, quantity: Quantity, at: int, random: Random, level: int) -> Question | None:
    """One layer from the rule's sampler, if it is a good one."""
    sample = rule.sample(Tidy(random, level))
    with torch.device("meta"):
        layer = sample.build()
    if not isinstance(layer, nn.Module) or not by_hand(layer, sample.input_shapes, level):
        return None
    walk = _walked(f"q{at}", layer.eval(), sample.inputs())
    if walk is None or not walk.layers or not walk.layers[0].checked:
        return None
    question = _of(walk, f"q{at}", quantity)
    return question if question is not None and _good(question, level) else None


def _walked(name: str, layer: nn.Module, inputs: tuple[Any, ...]) -> Walkthrough | None:
    from explainer.derive.pipeline import walk_model

    try:
        return walk_model(Alone(name, layer), inputs, {}, name=name, source="topic")
    except UserError:  # a size the layer does not take
        return None


def _good(question: Question, level: int) -> bool:
    """Small enough, something to work out, and no sizes that hide a mistake."""
    layer = question.walk.layers[0]
    largest = max(size.value for _, size in question.sizes)
    if largest >= _LARGEST[level] * (10 if question.quantity in _COSTS else 1):
        return False
    if question.quantity == "weights" and question.value == layer.value:
        return False
    if question.is_shape:
        return layer.call.shapes[:1] != layer.call.output_shapes[:1] and _distinct(question, layer)
    nothing_learned = question.quantity == "params" and layer.kind.name in ("POOLING", "ACTIVATION", "DROPOUT")
    return (question.value > 9 or nothing_learned) and _distinct(question, layer)


_OPTIONS = {"s", "p", "d", "g", "o", "b", "P", "B", "n", "dirs", "gates", "projections", "in", "appended", "e", "heads"}


def _distinct(question: Question, layer: Layer) -> bool:
    """The question's own sizes tell apart, and the layer's (as many channels out as in hide which was counted)."""
    learned = layer.params is not None and layer.value > 0
    return tells_apart([size for _, size in question.sizes]) and (
        not learned or (layer.params is not None and tells_apart([layer.params]))
    )


def tells_apart(derivations: Sequence[Derivation]) -> bool:
    """No two sizes of different meaning are equal or 1, so that taking one for the other gives another number."""
    groups: dict[str, set[int]] = {}
    for size in derivations:
        for symbol in symbols(size.symbolic):
            value = size.values[symbol]
            base, _, index = symbol.name.partition("_")
            if base in _OPTIONS or (base == "N" and value == 1):
                continue
            meaning = "image" + index if base in "DHWL" else base if base == "k" else symbol.name
            groups.setdefault(meaning, set()).add(value)
    if any(1 in values for meaning, values in groups.items() if meaning != "imageout"):
        return False
    return all(not one & other for one, other in combinations(groups.values(), 2))
