"""Layers drawn for a topic, with a teacher's numbers or by the rules' own samplers, until each makes a good question.

What is drawn is rejected where it would be no good question: too large for the level, options that the level does not know,
or sizes that coincide (with as many input as output channels, taking one for the other goes unseen).

    level 1   square kernels, one group, no dilation, one direction, one layer
    level 2   groups or dilation, two layers or directions, batches
    level 3   whatever the samplers give
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

from torch import nn

from explainer.drawing.by_hand import by_hand
from explainer.drawing.handy_random import HandyRandom
from explainer.drawing.single_layer import walk_layer
from explainer.drawing.textbook import DRAWS
from explainer.errors import UserError
from explainer.homework.question import Question, Style
from explainer.homework.worksheets.choose import Drawn, styles_of
from explainer.homework.worksheets.sheet_id import VERSION, SheetId
from explainer.homework.worksheets.suitable import BY_LEVEL, alike, is_good, question_of, suits, worked
from explainer.homework.worksheets.topics import Topic
from explainer.i18n.bilingual import Bi
from explainer.rules import Rule, Sample, default_registry
from explainer.vocabulary.quantity import Quantity

_TRIES, _EACH, _UNSUITED = 4000, 500, 8
_WITHOUT_FORMULA = ("pool", "act")

NO_LAYER = Bi(
    zh="在难度{level}下出不了足够多互不相同的“{topic}”题：请减少题数，或提高难度。",
    en="There are not enough different questions on '{topic}' at level {level}: ask for fewer, or raise the level.",
)


def from_topics(topics: Sequence[Topic], source: SheetId) -> list[Drawn]:
    """A layer and a question on it for every place of the sheet. Raises UserError if there are not enough."""
    drawn: list[Drawn] = []
    seen: set[str] = set()
    turns: Counter[str] = Counter()
    for at, style in enumerate(styles_of(source), start=1):
        able = [topic for topic in topics if style != "formula" or topic.key not in _WITHOUT_FORMULA]
        fitting: Style = style if able else "number"
        topic = (able or topics)[(at - 1) % len(able or topics)]
        drawn.append((_drawn(topic, fitting, at, turns[topic.key], source, seen), fitting))
        turns[topic.key] += 1
    return drawn


def _drawn(topic: Topic, style: Style, at: int, turn: int, source: SheetId, seen: set[str]) -> Question:
    """Layers until one makes a good question. turn: how many of this topic stand before it."""
    random = source.random("question", at, topic.key)
    first = source.version < VERSION  # the draw as it was
    start = turn + source.random("turns", topic.key).randrange(8)
    rules = {rule.name: rule for rule in default_registry().rules}
    names = topic.rules_at(source.level)

    def next_quantity(turns: int) -> Quantity:
        known = _known(topic, style, source.level, zero_asked="nothing" in seen)
        offset = at + turns + random.randrange(2) if first else start + turns
        return known[offset % len(known)]

    quantity = next_quantity(0)
    tried = unsuited = turns = 0
    for _ in range(_TRIES):
        tried += 1
        if tried > _EACH or unsuited > _UNSUITED:  # nothing comes of this quantity: another one
            tried, unsuited, turns = 0, 0, turns + 1
            quantity = next_quantity(turns)
        rule = rules[random.choice(names)]
        sample = _older_sample(rule, random, source.level) if first else _sample(rule, random, source.level)
        question = _question(sample, quantity, at, source.level)
        if question is None or worked(question) in seen or (not first and alike(question) in seen):
            continue
        if not suits(question, style):
            unsuited += 1
            continue
        seen |= {worked(question), alike(question)}
        seen |= {"nothing"} if not question.is_shape and not question.value else set()
        return question
    raise UserError(NO_LAYER.format(level=source.level, topic=topic.title))


def _known(topic: Topic, style: Style, level: int, *, zero_asked: bool) -> list[Quantity]:
    """What is asked, in turn; that nothing is learned is asked once."""
    known = [quantity for quantity in topic.quantities if quantity in BY_LEVEL[level] or topic.key in ("units", "act")]
    if style == "formula":
        known = [quantity for quantity in known if quantity not in ("shape", "bias")]
    if topic.key in ("pool", "act") and zero_asked:
        known = [quantity for quantity in known if quantity != "params"]
    return known or ["params"]


def _sample(rule: Rule, random: Random, level: int) -> Sample:
    draw = DRAWS.get(rule.name)
    return draw(random, level) if draw is not None else _older_sample(rule, random, level)


def _older_sample(rule: Rule, random: Random, level: int) -> Sample:
    return rule.sample(HandyRandom(random, level))


def _question(sample: Sample, quantity: Quantity, at: int, level: int) -> Question | None:
    """A question on one layer, if it is a good one."""
    layer = sample.made()
    if not isinstance(layer, nn.Module) or not by_hand(layer, sample.input_shapes, level):
        return None
    walk = walk_layer(f"q{at}", layer.eval(), sample.inputs())
    if walk is None or not walk.layers or not walk.layers[0].checked:
        return None
    question = question_of(walk, f"q{at}", quantity)
    return question if question is not None and is_good(question, level) else None
