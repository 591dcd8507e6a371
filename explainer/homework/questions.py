"""Which questions a network has: the parameters, shape and cost of each part, and the totals."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from explainer.errors import UserError
from explainer.formula.derivation import Derivation, derive
from explainer.formula.normal_form import slope
from explainer.formula.tree import Env, Expr, Number, product, total
from explainer.homework.not_known import of_part, of_sum
from explainer.homework.one_token import ACTIVE, MET, macs_of_one_token
from explainer.homework.parameter_bytes import bytes_of_all, bytes_of_layer
from explainer.homework.question import QUANTITIES, Part, Question, blocks_of, parsed, used_directly
from explainer.i18n.bilingual import Bi, same, words_in_a_row
from explainer.i18n.printable import visible
from explainer.vocabulary.quantity import Quantity
from explainer.vocabulary.symbols import bias
from explainer.walkthrough.model import Layer, Walkthrough

UNKNOWN = Bi(
    zh="没有名为“{name}”的题目{near}。题目写作“层的路径.量”，例如 {example}；量可以是 {quantities}。",
    en="There is no question '{name}'{near}. A question is written 'path of the layer.quantity', for example {example}; the "
    "quantities are {quantities}.",
)
NEAR = Bi(zh="，相近的有 {names}", en=" (did you mean {names}?)")


def find(walk: Walkthrough, name: str) -> Question:
    """The question of that name. Raises UserError if there is none, with the names most like it."""
    path, quantity = parsed(name.strip())
    question = _question(walk, path, quantity, name.strip()) if quantity else None
    question = _of_one_token(walk, name.strip()) or question
    if question is None:
        known = [found.name for found in questions(walk)]
        near = difflib.get_close_matches(name, known, 3)
        hint = NEAR.format(names=words_in_a_row(near)) if near else same("")
        example = known[0] if known else "features.0.params"
        raise UserError(
            UNKNOWN.format(name=visible(name), near=hint, example=example, quantities=words_in_a_row(QUANTITIES))
        )
    return question


def questions(walk: Walkthrough) -> Iterator[Question]:
    """Every question that can be asked of a model: each layer's, the containers' and the totals."""
    paths = [layer.path for layer in walk.layers] + [part.path for part in walk.uncalled]
    containers = dict.fromkeys(parent for path in paths for parent in _parents(path))
    for path in [*paths, *containers, *blocks_of(walk), "total"]:
        for quantity in QUANTITIES:
            question = _question(walk, path, quantity, f"{path}.{quantity}" if path else quantity)
            if question is not None:
                yield question
    yield from filter(None, (_of_one_token(walk, name) for name in ACTIVE))


def _of_one_token(walk: Walkthrough, name: str) -> Question | None:
    """`total.active`, `total.active.macs`: what one token uses of a mixture of experts."""
    quantity = ACTIVE.get(name)
    if quantity is None or walk.active is None:
        return None
    if quantity == "params":
        return Question(name, quantity, walk, (("", walk.active.derivation),))
    macs = macs_of_one_token(walk)
    return Question(name, quantity, walk, (("", macs),)) if macs else Question(name, quantity, walk, (), undecided=MET)


def _parents(path: str) -> list[str]:
    steps = path.partition("@")[0].split(".")
    return [".".join(steps[:i]) for i in range(1, len(steps))]


def _question(walk: Walkthrough, path: str, quantity: Quantity, name: str) -> Question | None:
    if "*" in path and (block := blocks_of(walk).get(path)) is not None:
        path = block
    everything: tuple[Part, ...] = (*walk.layers, *walk.uncalled)
    part = next((part for part in everything if part.path == path), None)
    if part is not None:
        sizes, why = _of_layer(part, quantity), of_part(walk, part, quantity)
        return Question(name, quantity, walk, sizes, layer=part, undecided=why) if sizes or why else None
    parts = tuple(part for part in everything if path == "total" or part.path.startswith(f"{path}."))
    if not parts:
        return None
    derivation, why = _summed(walk, path, parts, quantity), of_sum(walk, parts, quantity, whole=path == "total")
    sizes = (("", derivation),) if derivation else ()
    return Question(name, quantity, walk, sizes, parts=parts, undecided=why) if sizes or why else None


def _of_layer(part: Part, quantity: Quantity) -> tuple[tuple[str, Derivation], ...]:
    if part.params is None:
        return ()
    if quantity == "shape":
        return part.shape if isinstance(part, Layer) else ()
    derivation = _number(part, part.params, quantity)
    return (("", derivation),) if derivation else ()


def _number(part: Part, params: Derivation, quantity: Quantity) -> Derivation | None:
    match quantity:
        case "params":
            return params
        case "weights" | "bias":
            return _split(part, params, quantity)
        case "bytes":
            return bytes_of_layer(part, params)
    if not isinstance(part, Layer):
        return None
    if quantity == "activations":
        sizes = part.shape
        values = {symbol: n for _, size in sizes for symbol, n in size.values.items()}
        return derive(product([size.symbolic for _, size in sizes]), values) if sizes else None
    if part.macs is None:
        return None
    return part.macs if quantity == "macs" else derive(2 * part.macs.symbolic, part.macs.values)


def _split(part: Part, params: Derivation, quantity: Quantity) -> Derivation | None:
    """Weights and biases apart: the formula at bias 0, and the rest. None where there is no bias in the formula."""
    formula = part.parameters.formula if isinstance(part, Layer) and part.parameters else None
    if formula is None or bias not in params.values:
        return None
    without: Env = {**params.values, bias: 0}
    weights = derive(formula, without)
    if quantity == "weights":
        return weights
    if not params.values[bias]:
        return None
    found = _per_bias(formula, params.values)
    if found is None:
        return None
    several = params.values[bias] != 1  # a recurrent layer has two biases a unit
    return derive(product([bias, found]) if several else found, params.values)


def _per_bias(formula: Expr, values: Env) -> Expr | None:
    """What the bias is multiplied by, as a product of the formula's own symbols: C_out."""
    found = slope(formula, bias)
    if found is None:
        return None
    count, powers = found
    by_name = {symbol.name: symbol for symbol in values}
    if any(name not in by_name or power != 1 for name, power in powers):
        return None
    numbers: list[Expr] = [Number(count)] if count != 1 else []
    return product([*numbers, *(by_name[name] for name, _ in sorted(powers))])


def _summed(walk: Walkthrough, path: str, parts: tuple[Part, ...], quantity: Quantity) -> Derivation | None:
    """A container's or the network's figure as the sum of its layers'."""
    raw = used_directly(walk, path)
    if quantity == "bytes":
        return bytes_of_all(parts, raw)
    addends: list[int] = []
    if quantity == "params":
        addends = [part.counted for part in parts if part.counted] + [part.params for part in raw]
    elif quantity in ("macs", "flops"):
        factor = 1 if quantity == "macs" else 2
        addends = [factor * part.macs.value for part in parts if isinstance(part, Layer) and part.macs]
    if not addends:
        return None
    return derive(total([Number(addend) for addend in addends]), {})
