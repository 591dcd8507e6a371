"""Which questions a sheet asks of a model: none worked alike, each quantity in turn."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from explainer.errors import UserError
from explainer.homework.question import Question, Style
from explainer.homework.worksheets.sheet_id import VERSION, WITH_WHOLES, SheetId
from explainer.homework.worksheets.suitable import BY_LEVEL, alike, question_of, suits, worked
from explainer.homework.worksheets.wholes import wholes
from explainer.i18n.bilingual import Bi
from explainer.vocabulary.quantity import Quantity
from explainer.vocabulary.symbols import bias
from explainer.walkthrough.model import Layer, Walkthrough

Drawn = tuple[Question, Style]

_MOST_ADDENDS = 20
_LARGEST_OF_MODEL = {1: 10**8, 2: 10**10, 3: 10**15}

NOTHING = Bi(
    zh="“{name}”里没有可以出的题：它没有一层既有规则又与PyTorch核对一致。",
    en="There is nothing to ask of '{name}': none of its layers has a rule and agrees with PyTorch.",
)


def from_model(walk: Walkthrough, source: SheetId) -> list[Drawn]:
    """Questions of the model in its order, no two that are worked alike. Raises UserError if there are none."""
    random = source.random("questions")
    pool = _pool(walk, source.level)
    styles = styles_of(source)
    picked: list[tuple[int, Question, Style]] = []
    seen: set[str] = set()
    for style in styles:
        told = worked if source.version < VERSION else alike
        found = _picked(walk, pool, style, random, seen, picked, told)
        if found is None and style != "number":
            found = _picked(walk, pool, "number", random, seen, picked, told)
        if found is not None:
            picked.append(found)
    if not picked:
        raise UserError(NOTHING.format(name=walk.name))
    if source.level == 3 and len(picked) > 2 and picked[0][2] == "number":
        picked[0] = _in_all(walk, random) or picked[0]
    if source.version >= WITH_WHOLES:
        picked = _with_wholes(walk, source, picked)
    order: dict[Style, int] = {"number": 0, "choice": 1, "formula": 2}
    return [(question, style) for _, question, style in sorted(picked, key=lambda x: (order[x[2]], x[0]))]


def _with_wholes(
    walk: Walkthrough, source: SheetId, picked: list[tuple[int, Question, Style]]
) -> list[tuple[int, Question, Style]]:
    """The last ones give way to questions on more than a layer, which end their part of the sheet."""
    more: list[tuple[int, Question, Style]] = []
    for at, question in enumerate(wholes(walk, source)):
        style: Style = "choice" if source.style == "choice" and suits(question, "choice") else "number"
        more.append((len(walk.layers) + 2 + at, question, style))
    kept = min(len(picked), source.count - len(more))
    numbers = [one for one in picked if one[2] != "formula"]
    gone = numbers[len(numbers) - (len(picked) - kept) :] if len(picked) > kept else []
    return [one for one in picked if one not in gone] + more


def styles_of(source: SheetId) -> list[Style]:
    """One style a question; mixed: about half numbers, then choices, then formulas."""
    if source.style != "mixed":
        return [source.style] * source.count
    formulas, options = source.count // 5, (3 * source.count + 5) // 10
    numbers = source.count - formulas - options
    mixed: list[tuple[Style, int]] = [("number", numbers), ("choice", options), ("formula", formulas)]
    return [style for style, n in mixed for _ in range(n)]


def _pool(walk: Walkthrough, level: int) -> dict[Quantity, list[Layer]]:
    """The layers that can be asked for each quantity."""
    pool: dict[Quantity, list[Layer]] = {quantity: [] for quantity in BY_LEVEL[level]}
    for layer in walk.layers:
        if layer.call.kind == "function" or layer.params is None or not layer.checked:
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
    told: Callable[[Question], str],
) -> tuple[int, Question, Style] | None:
    """A question like none before (told: by its working, or by kind and answer); quantities that were asked less often come first."""
    asked = [question.quantity for _, question, _ in before]
    quantities = list(pool)
    random.shuffle(quantities)
    for quantity in sorted(quantities, key=asked.count):
        layers = list(pool[quantity])
        random.shuffle(layers)
        for layer in layers:
            if quantity == "params" and not layer.value and (style == "formula" or "nothing" in seen):
                continue
            question = question_of(walk, layer.path, quantity)
            if question is None or told(question) in seen or not suits(question, style):
                continue
            seen |= {told(question)} | ({"nothing"} if quantity == "params" and not layer.value else set())
            return layer.index, question, style
    return None


def _in_all(walk: Walkthrough, random: Random) -> tuple[int, Question, Style] | None:
    """A question on the whole network, the last of the numbers, if it is small enough to add up."""
    if sum(layer.counted > 0 for layer in walk.layers) > _MOST_ADDENDS:
        return None
    question = question_of(walk, "total", random.choice(("params", "bytes")))
    return (len(walk.layers) + 1, question, "number") if question is not None else None
